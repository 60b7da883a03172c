"""Names as people type them, and text from the network as people may see it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dane_check.errors import UsageError
from dane_check.names import is_address, is_address_literal, is_host_name, parse_domain, safe


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("example.org", "example.org"),
        (" Example.ORG. ", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("_dmarc.example.org", "_dmarc.example.org"),
        ("org", "org"),
    ],
)
def test_a_name_becomes_its_a_labels(typed: str, meant: str) -> None:
    """R6531-a: lower case, A-labels, no trailing dot."""
    assert parse_domain(typed) == meant


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "no domain name given"),
        ("user@example.org", "part after the @"),
        ("https://example.org/", "bare domain name"),
        ("192.0.2.1", "is an address"),
        ("2001:db8::1", "is an address"),
        ("a..b", "empty label"),
        ("-a.example", "letters, digits and inner hyphens"),
        ("a b.example", "letters, digits and inner hyphens"),
        ("x" * 64 + ".example", "letters, digits and inner hyphens"),
        (".".join(["abcdefgh"] * 30), "longer than"),
        ("xn--a.example", "cannot be decoded"),
        ("a\u200db.example", "no valid internationalised name"),
    ],
)
def test_what_is_no_name_is_refused_in_one_line(typed: str, says: str) -> None:
    """S1-02: exit 2, and the sentence says what is wrong."""
    with pytest.raises(UsageError, match=says) as refused:
        parse_domain(typed)
    assert "\n" not in str(refused.value)


@given(st.text(max_size=300))
def test_any_text_is_a_name_or_a_usage_error(typed: str) -> None:
    """No other exception, and nothing unprintable in the message."""
    try:
        meant = parse_domain(typed)
    except UsageError as refused:
        said = str(refused)
    else:
        said = meant
        assert meant.isascii()
        assert parse_domain(meant) == meant
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) <= 0x9F for character in said)


def test_address_literals_are_told_from_names() -> None:
    """S1-01: [192.0.2.1] and [IPv6:…] are destinations to which DANE does not apply."""
    assert is_address_literal("[192.0.2.1]")
    assert is_address_literal("[IPv6:2001:db8::1]")
    assert not is_address_literal("192.0.2.1")
    assert is_address("192.0.2.1")
    assert not is_address("example.org")


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("mx.example", True),
        ("mx_1.example", True),
        ("mx", False),
        ("localhost", False),
        ("a.localhost", False),
        ("192.0.2.1", False),
        ("-x.example", False),
        ("x-.example", False),
        ("a" * 64 + ".example", False),
    ],
)
def test_mail_hosts_have_host_names(name: str, host: bool) -> None:
    """S1-20."""
    assert is_host_name(name) is host


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"\x1b]8;;http://x\x07", r"\x1b]8;;http://x\x07"),
        ("\u202eevil", r"\u{202e}evil"),
        ("line\u2028break\r\n", r"line\u{2028}break\x0d\x0a"),
        (b"\xff\x9b", r"\xff\x9b"),
        ("\x9b2J", r"\x9b2J"),
        ("\ud800", r"\u{d800}"),
        ("back\\slash", "back\\\\slash"),
        ("[link=file:///etc/passwd]", "[link=file:///etc/passwd]"),
    ],
)
def test_text_from_the_network_cannot_steer_a_terminal(raw: str | bytes, shown: str) -> None:
    """Threats T-26."""
    assert safe(raw) == shown


@given(st.one_of(st.text(), st.binary()), st.integers(min_value=1, max_value=600))
def test_shown_text_is_short_and_plain(raw: str | bytes, limit: int) -> None:
    """L-23, for any octets."""
    shown = safe(raw, limit)
    assert len(shown) <= limit
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) <= 0x9F or 0xD800 <= ord(c) <= 0xDFFF for c in shown)
