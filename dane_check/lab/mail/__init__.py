"""Scripted SMTP servers on loopback: what they say, what they serve, and what they saw."""
