"""RFC 5321 §4.2: SMTP replies, strict on the code and lenient on the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dane_check.limits import SessionLimits
from dane_check.network.replies import NotAReply, ReplyReader
from dane_check.ports import Fault, SmtpReply

SMALL = SessionLimits(line_octets=32, lines_per_reply=4, plaintext_octets=200)


def read(octets: bytes, limits: SessionLimits = SMALL) -> SmtpReply | NotAReply | None:
    reader = ReplyReader(limits)
    reader.feed(octets)
    return reader.next_reply()


class TestReplies:
    """What a reply is."""

    def test_a_single_line_is_a_reply(self) -> None:
        """Three digits, a space and text make a reply."""
        assert read(b"220 mx ESMTP\r\n") == SmtpReply(220, (b"mx ESMTP",))

    def test_hyphens_join_lines_of_one_reply(self) -> None:
        """A hyphen after the code says that another line follows; the last has a space."""
        assert read(b"250-mx\r\n250-SIZE 1\r\n250 STARTTLS\r\n") == SmtpReply(250, (b"mx", b"SIZE 1", b"STARTTLS"))

    def test_a_bare_code_ends_a_reply(self) -> None:
        """The text may be missing altogether, space included (§4.2)."""
        assert read(b"250-mx\r\n250\r\n") == SmtpReply(250, (b"mx", b""))

    def test_any_octet_may_stand_in_the_text(self) -> None:
        """Text is kept as octets, whatever they are."""
        assert read(b"220 \xff\x00\x1b[2J\r\n") == SmtpReply(220, (b"\xff\x00\x1b[2J",))

    def test_a_bare_line_feed_ends_a_line(self) -> None:
        """A server that forgets CR is understood, as senders understand it."""
        assert read(b"250-mx\n250 STARTTLS\n") == SmtpReply(250, (b"mx", b"STARTTLS"))

    def test_an_unfinished_reply_is_none_yet(self) -> None:
        """Without its last line a reply is not there."""
        assert read(b"250-mx\r\n250 STARTTL") is None

    def test_octets_after_a_reply_stay_unread(self) -> None:
        """What follows a reply in the same segment is neither lost nor mixed into it."""
        reader = ReplyReader(SMALL)
        reader.feed(b"220 go\r\n250-FAKE\r\n")
        assert reader.next_reply() == SmtpReply(220, (b"go",))
        assert reader.unread == b"250-FAKE\r\n"


class TestNotReplies:
    """What no reply is, and the limits of L-15."""

    @pytest.mark.parametrize(
        "octets",
        [b"HTTP/1.1 400 Bad Request\r\n", b"\r\n", b"25\r\n", b"199 hm\r\n", b"620 hm\r\n", b"220x hm\r\n"],
    )
    def test_other_octets_are_malformed(self, octets: bytes) -> None:
        """A line without a reply code of 2yz to 5yz and a space or hyphen is not SMTP."""
        trouble = read(octets)
        assert isinstance(trouble, NotAReply)
        assert trouble.fault is Fault.MALFORMED

    @pytest.mark.parametrize("octets", [b"H", b"22a", b"\x16\x03\x01\x02\x00", b"\x15"])
    def test_foreign_octets_are_told_before_the_line_ends(self, octets: bytes) -> None:
        """Nobody waits for the end of a line that does not begin with a code."""
        assert isinstance(read(octets), NotAReply)

    def test_two_codes_in_one_reply_are_malformed(self) -> None:
        """All lines of a reply carry the same code (R5321-4.2-a)."""
        assert read(b"250-mx\r\n550 no\r\n") == NotAReply(Fault.MALFORMED, "codes 250 and 550 in one reply")

    @pytest.mark.parametrize("end", [b"", b"\r\n"])
    def test_a_line_beyond_the_limit_is_too_large(self, end: bytes) -> None:
        """A line longer than the limit fails, whether or not its end has come (R5321-4.5.3.1-a)."""
        trouble = read(b"220 " + b"x" * 29 + end)
        assert isinstance(trouble, NotAReply)
        assert trouble.fault is Fault.TOO_LARGE

    def test_a_line_of_exactly_the_limit_is_fine(self) -> None:
        """The limit counts CRLF and is inclusive."""
        assert read(b"220 " + b"x" * 26 + b"\r\n") == SmtpReply(220, (b"x" * 26,))

    def test_lines_are_counted(self) -> None:
        """The limit of lines per reply is inclusive; one more fails."""
        assert read(b"250-a\r\n" * 3 + b"250 a\r\n") == SmtpReply(250, (b"a",) * 4)
        trouble = read(b"250-a\r\n" * 4 + b"250 a\r\n")
        assert trouble == NotAReply(Fault.TOO_LARGE, "more than 4 lines in one reply")

    def test_octets_are_counted_over_all_replies(self) -> None:
        """Many small replies are bounded together."""
        reader = ReplyReader(SMALL)
        for _ in range(20):
            reader.feed(b"250 a\r\n")
            assert isinstance(reader.next_reply(), SmtpReply)
        reader.feed(b"250 a\r\n" * 10)
        assert reader.next_reply() == NotAReply(Fault.TOO_LARGE, "more than 200 octets before TLS")


@given(st.binary(max_size=400), st.integers(1, 7))
def test_the_same_octets_read_the_same_however_they_arrive(octets: bytes, step: int) -> None:
    """Segments do not matter: what is a reply, and what is not, is decided by the octets alone."""
    whole = read(octets)
    reader = ReplyReader(SMALL)
    piecewise = None
    for start in range(0, len(octets), step):
        reader.feed(octets[start : start + step])
        piecewise = reader.next_reply()
        if piecewise is not None:
            break
    if isinstance(whole, SmtpReply) or whole is None:
        assert piecewise == whole
    else:
        assert isinstance(piecewise, NotAReply) or whole.fault is Fault.TOO_LARGE


@given(st.lists(st.sampled_from([b"250-", b"250 ", b"550 ", b"x", b"\r\n", b"\n", b"\0", b"220"]), max_size=40))
def test_no_octets_raise(parts: list[bytes]) -> None:
    """Reading never raises, and either ends or asks for more."""
    reader = ReplyReader(SMALL)
    reader.feed(b"".join(parts))
    for _ in range(len(parts) + 1):
        reply = reader.next_reply()
        if reply is None or isinstance(reply, NotAReply):
            return
        assert 200 <= reply.code <= 599
        assert 0 < len(reply.lines) <= 4
    raise AssertionError("more replies than lines")
