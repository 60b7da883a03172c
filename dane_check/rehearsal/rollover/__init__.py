"""A key change: what it starts from, its dated plan (RFC 7671 §8), and the guard before the switch."""
