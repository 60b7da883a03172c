"""The only room that dials out: DNS over UDP and TCP, SMTP up to STARTTLS, and the TLS handshake.

It reports what it saw as values of `ports`; it never judges. Nothing the network does leaves it as an exception.
"""
