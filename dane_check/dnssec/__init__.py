"""Is this answer true? DNSSEC validation from a configured trust anchor to the answer (RFC 4033-4035, 5155, 6840)."""
