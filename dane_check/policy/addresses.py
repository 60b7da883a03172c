"""Special-purpose addresses: where a mail server on the Internet cannot be (threats T-23).

The table is ours, after the IANA IPv4 and IPv6 Special-Purpose Address Registries and the multicast and
unassigned space beside them: Python's `is_global` takes several of these blocks for global. Blocks that carry
an IPv4 address inside are judged by that address, so that none of them is a way around the table.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

_IPV4: Final = tuple(
    (IPv4Network(block), name)
    for block, name in (
        ("0.0.0.0/8", "this network (RFC 791)"),
        ("10.0.0.0/8", "private use (RFC 1918)"),
        ("100.64.0.0/10", "shared address space, CGNAT (RFC 6598)"),
        ("127.0.0.0/8", "loopback (RFC 1122)"),
        ("169.254.0.0/16", "link-local (RFC 3927)"),
        ("172.16.0.0/12", "private use (RFC 1918)"),
        ("192.0.0.0/24", "IETF protocol assignments (RFC 6890)"),
        ("192.0.2.0/24", "documentation, TEST-NET-1 (RFC 5737)"),
        ("192.31.196.0/24", "AS112 (RFC 7535)"),
        ("192.52.193.0/24", "AMT (RFC 7450)"),
        ("192.88.99.0/24", "6to4 relay anycast (RFC 7526)"),
        ("192.168.0.0/16", "private use (RFC 1918)"),
        ("192.175.48.0/24", "AS112 (RFC 7534)"),
        ("198.18.0.0/15", "benchmarking (RFC 2544)"),
        ("198.51.100.0/24", "documentation, TEST-NET-2 (RFC 5737)"),
        ("203.0.113.0/24", "documentation, TEST-NET-3 (RFC 5737)"),
        ("224.0.0.0/4", "multicast (RFC 5771)"),
        ("255.255.255.255/32", "limited broadcast (RFC 919)"),
        ("240.0.0.0/4", "reserved (RFC 1112)"),
    )
)

_IPV6: Final = tuple(
    (IPv6Network(block), name)
    for block, name in (
        ("::/128", "unspecified (RFC 4291)"),
        ("::1/128", "loopback (RFC 4291)"),
        ("::ffff:0:0/96", "IPv4-mapped (RFC 4291)"),
        ("::/96", "IPv4-compatible (RFC 4291)"),
        ("64:ff9b:1::/48", "local-use NAT64 (RFC 8215)"),
        ("100::/64", "discard-only (RFC 6666)"),
        ("100:0:0:1::/64", "dummy prefix (RFC 9780)"),
        ("2001::/32", "Teredo (RFC 4380)"),
        ("2001:2::/48", "benchmarking (RFC 5180)"),
        ("2001:10::/28", "ORCHID (RFC 4843)"),
        ("2001:20::/28", "ORCHIDv2 (RFC 7343)"),
        ("2001:db8::/32", "documentation (RFC 3849)"),
        ("2001::/23", "IETF protocol assignments (RFC 2928)"),
        ("2620:4f:8000::/48", "AS112 (RFC 7534)"),
        ("3fff::/20", "documentation (RFC 9637)"),
        ("5f00::/16", "segment routing (RFC 9602)"),
        ("fc00::/7", "unique local (RFC 4193)"),
        ("fe80::/10", "link-local (RFC 4291)"),
        ("fec0::/10", "site-local (RFC 3879)"),
        ("ff00::/8", "multicast (RFC 4291)"),
    )
)

_NAT64: Final = IPv6Network("64:ff9b::/96")
_6TO4: Final = IPv6Network("2002::/16")
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")


def reserved(address: str) -> str | None:
    """The special-purpose block that holds `address`, by name; None for an address of the public Internet.

    NAT64 and 6to4 addresses are as special as the IPv4 address inside. Raises ValueError for what is no IP
    address literal.
    """
    parsed = ip_address(address)
    return _reserved_ipv4(parsed) if isinstance(parsed, IPv4Address) else _reserved_ipv6(parsed)


def _reserved_ipv4(address: IPv4Address) -> str | None:
    return next((name for block, name in _IPV4 if address in block), None)


def _reserved_ipv6(address: IPv6Address) -> str | None:
    if address in _NAT64:
        return _inside("NAT64", int(address) & 0xFFFFFFFF)
    if address in _6TO4:
        return _inside("6to4", int(address) >> 80 & 0xFFFFFFFF)
    named = next((name for block, name in _IPV6 if address in block), None)
    if named is None and address not in _GLOBAL_UNICAST:
        return "outside global unicast (RFC 4291)"
    return named


def _inside(form: str, ipv4: int) -> str | None:
    named = _reserved_ipv4(IPv4Address(ipv4))
    return None if named is None else f"{form} of {named}"
