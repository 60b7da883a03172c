"""What was heard, by whom and when, so that any verdict can be judged again offline."""

from dane_check.evidence.record import DnsExchange, Evidence, Handshake

__all__ = ["DnsExchange", "Evidence", "Handshake"]
