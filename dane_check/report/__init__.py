"""Verdicts as text, as JSON, as documents with a schema: pure functions of values, nothing is asked or written here."""
