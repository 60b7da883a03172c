"""A path from a leaf to a trust anchor: which one OpenSSL would build, and whether it holds.

`build` finds the path, `rules` are those we judge ourselves, `openssl` asks OpenSSL for the rest, and
`judge` puts them together. Nothing here knows what a TLSA record is.
"""
