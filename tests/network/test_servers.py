"""Name servers as people and resolv.conf write them."""

from __future__ import annotations

import pytest

from dane_check.errors import UsageError
from dane_check.network.dns import parse_server, system_resolvers
from dane_check.ports import Server


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("192.0.2.1", Server("192.0.2.1", 53)),
        ("192.0.2.1:5353", Server("192.0.2.1", 5353)),
        ("2001:db8::1", Server("2001:db8::1", 53)),
        ("[2001:db8::1]", Server("2001:db8::1", 53)),
        ("[::1]:5353", Server("::1", 5353)),
        ("::1", Server("::1", 53)),
        (" 127.0.0.1 ", Server("127.0.0.1", 53)),
        ("fe80::1%eth0", Server("fe80::1%eth0", 53)),
        ("127.0.0.1:65535", Server("127.0.0.1", 65535)),
    ],
)
def test_the_written_forms_are_understood(text: str, server: Server) -> None:
    """ADDRESS, ADDRESS:PORT, [v6]:PORT and bare v6 name a server; the port is 53 unless given."""
    assert parse_server(text) == server


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ns.example.org",
        "ns.example.org:53",
        "192.0.2.1:",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "192.0.2.1:5x",
        "192.0.2.1:٥٣",
        "192.0.2.300",
        "[::1]53",
        "[::1",
        "[::1]:",
        "[]",
        "[]:53",
        "[",
        "::1]:53",
        "192.0.2.1:-5",
        "192.0.2.1 53",
    ],
)
def test_anything_else_is_the_callers_mistake(text: str) -> None:
    """One sentence says what was wrong and how to write it."""
    with pytest.raises(UsageError, match="write it as 192"):
        parse_server(text)


def test_resolv_conf_names_the_resolvers_in_order() -> None:
    """Only `nameserver` lines with an address count, each once, comments and other lines not at all."""
    text = """
# made by something
; nameserver 192.0.2.9
search example.org
nameserver 192.0.2.1
nameserver\t2001:db8::53   # the other
nameserver 192.0.2.1
nameserver fe80::1%eth0
nameserver not-an-address
nameserver
options edns0 trust-ad
"""
    assert system_resolvers(text) == (Server("192.0.2.1"), Server("2001:db8::53"), Server("fe80::1%eth0"))


def test_a_resolv_conf_without_resolvers_names_none() -> None:
    """No `nameserver` line, no server: nothing is guessed."""
    assert system_resolvers("") == ()
    assert system_resolvers("domain example.org\n") == ()
