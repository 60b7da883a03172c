"""Lists of domains, as people and other programs write them (threats T-30, limits L-22)."""

from __future__ import annotations

import pytest

from dane_check.cli.lists import DomainList, read_list
from dane_check.errors import UsageError
from dane_check.limits import InputLimits

NASTY = b"\r\n".join(
    [
        b"\xef\xbb\xbf# domains of ours",  # 1: BOM and comment
        b"example.org",
        b"  example.net.  ",
        b"",
        b"EXAMPLE.org",  # 5: twice
        b"b\xc3\xbccher.example",
        b"xn--bcher-kva.example",  # 7: twice in the other spelling
        b"user@example.org",  # 8: bad
        b"https://example.org/path",  # 9: bad
        b"192.0.2.1",  # 10: bad
        b"[192.0.2.1]",
        b"[IPv6:2001:db8::1]",
        b"-oProxyCommand=x",  # 13: bad
        b"--json",  # 14: bad
        b"@/etc/passwd",  # 15: bad
        b"*.example.org",  # 16: bad
        b"example.org # the first again",
        b"a..b",  # 18: bad
        b"x" * 2000,  # 19: bad
        b"caf\xe9.example",  # 20: bad
        b"exa\x00mple.org",  # 21: bad
        b"$(id).example",  # 22: bad
        b"../../etc/passwd",  # 23: bad
        b"example.com,example.edu",  # 24: bad
        b"_dmarc.example.com",
        b"\xe2\x80\xaeexample.com",  # 26: bad
        b"last.example",
    ]
)


class TestNastyList:
    """Twenty-seven lines: each is a domain, nothing, or named with its number."""

    def test_the_good_names_come_in_order_and_once(self) -> None:
        assert read_list(NASTY).names == (
            "example.org",
            "example.net",
            "xn--bcher-kva.example",
            "[192.0.2.1]",
            "[IPv6:2001:db8::1]",
            "_dmarc.example.com",
            "last.example",
        )

    def test_the_bad_lines_are_named_by_number(self) -> None:
        bad = [line.number for line in read_list(NASTY).bad]
        assert bad == [8, 9, 10, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 26]

    def test_what_is_said_of_them_can_be_printed(self) -> None:
        said = [line.why for line in read_list(NASTY).bad]
        assert all(one.isprintable() and one for one in said)
        assert max(map(len, said)) < 250


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_every_kind_of_line_ending_is_one(ending: bytes) -> None:
    """LF, CRLF and CR end a line."""
    assert read_list(b"a.example" + ending + b"b.example" + ending).names == ("a.example", "b.example")


@pytest.mark.parametrize("octets", [b"", b"\n\n", b"# nothing\n", b"\xef\xbb\xbf"])
def test_a_list_may_be_empty(octets: bytes) -> None:
    """Blank lines and comments name nothing, and are not errors."""
    assert read_list(octets) == DomainList(())


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_named_as_such(codec: str) -> None:
    """A list from a spreadsheet is refused as a whole, with the cure."""
    with pytest.raises(UsageError, match="UTF-8"):
        read_list("example.org\n".encode(codec))


def test_a_list_with_too_many_lines_is_refused() -> None:
    """L-22: so many lines and no more."""
    limits = InputLimits(list_lines=3)
    assert len(read_list(b"a.b\nc.d\ne.f\n", limits).names) == 3
    with pytest.raises(UsageError, match="3 lines"):
        read_list(b"a.b\nc.d\ne.f\ng.h\n", limits)


def test_a_list_that_is_too_large_is_refused() -> None:
    """L-22: so many octets and no more."""
    limits = InputLimits(list_octets=10)
    assert read_list(b"abcdef.org", limits).names == ("abcdef.org",)
    with pytest.raises(UsageError, match="larger"):
        read_list(b"abcdefg.org", limits)


def test_a_long_line_loses_itself_only() -> None:
    """L-22: a line of more than 1024 octets is bad, a comment of any length within them is not."""
    found = read_list(b"a.example # " + b"x" * 1000 + b"\n" + b"b.example # " + b"x" * 1013 + b"\nc.example")
    assert found.names == ("a.example", "c.example")
    assert [(line.number, line.why) for line in found.bad] == [(2, "longer than 1024 octets")]
