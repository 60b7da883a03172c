"""Threats T-23: special-purpose addresses, after the IANA registries, are told by block."""

from __future__ import annotations

import pytest

from dane_check.policy.addresses import reserved

RESERVED = {
    "0.0.0.0": "this network",
    "0.1.2.3": "this network",
    "10.0.0.1": "private use",
    "10.255.255.255": "private use",
    "100.64.0.1": "CGNAT",
    "100.127.255.255": "CGNAT",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "169.254.169.254": "link-local",
    "172.16.0.1": "private use",
    "172.31.255.255": "private use",
    "192.0.0.8": "IETF protocol assignments",
    "192.0.0.170": "IETF protocol assignments",
    "192.0.2.25": "documentation",
    "192.88.99.1": "6to4 relay",
    "192.168.1.1": "private use",
    "198.18.0.1": "benchmarking",
    "198.19.255.255": "benchmarking",
    "198.51.100.7": "documentation",
    "203.0.113.9": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "limited broadcast",
    "::": "unspecified",
    "::1": "loopback",
    "::ffff:127.0.0.1": "IPv4-mapped",
    "::ffff:8.8.8.8": "IPv4-mapped",
    "::127.0.0.1": "IPv4-compatible",
    "64:ff9b::7f00:1": "NAT64 of loopback",
    "64:ff9b::a9fe:a9fe": "NAT64 of link-local",
    "64:ff9b::c0a8:101": "NAT64 of private use",
    "64:ff9b:1::1": "local-use NAT64",
    "100::1": "discard-only",
    "100:0:0:1::1": "dummy prefix",
    "2001::1": "Teredo",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": "Teredo",
    "2001:2::1": "benchmarking",
    "2001:10::1": "ORCHID",
    "2001:20::1": "ORCHIDv2",
    "2001:1::1": "IETF protocol assignments",
    "2001:db8::25": "documentation",
    "2002:7f00:1::": "6to4 of loopback",
    "2002:a00:1::1": "6to4 of private use",
    "2002:e000:1::1": "6to4 of multicast",
    "3fff:fff::1": "documentation",
    "4000::1": "outside global unicast",
    "5f00::1": "segment routing",
    "fc00::1": "unique local",
    "fd12:3456::1": "unique local",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "febf::1": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "ff0e::1": "multicast",
}

PUBLIC = (
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "192.0.3.1",
    "192.169.0.1",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2001:db7::1",
    "2001:db9::1",
    "2002:101:101::1",
    "2a00:1450::1",
    "3ffe::1",
    "64:ff9b::101:101",
)


@pytest.mark.parametrize(("address", "block"), RESERVED.items())
def test_special_purpose_addresses_are_named(address: str, block: str) -> None:
    """An address in a special-purpose block, or with one inside, is reserved and says why."""
    named = reserved(address)
    assert named is not None
    assert named.startswith(block) or block in named


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_not_reserved(address: str) -> None:
    """The neighbours of every block are ordinary addresses."""
    assert reserved(address) is None


@pytest.mark.parametrize("text", ["", "mx.example.org", "127.1", "0x7f.0.0.1", "127.0.0.01"])
def test_what_is_no_literal_is_not_judged(text: str) -> None:
    """Abbreviated, octal and hexadecimal forms are no addresses: they raise instead of passing."""
    with pytest.raises(ValueError, match="does not appear to be"):
        reserved(text)
