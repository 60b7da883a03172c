"""RFC 3207 §4: STARTTLS only where it is advertised, and only 220 means go."""

from __future__ import annotations

import pytest

from dane_check.network.starttls import Go, Phase, Send, Stop, after, is_mangled, keywords
from dane_check.ports import Refusal, SmtpReply


def ehlo(*lines: bytes) -> SmtpReply:
    return SmtpReply(250, (b"mx.example.test", *lines))


class TestAdvertisement:
    """The keyword must stand in the EHLO reply."""

    @pytest.mark.parametrize("line", [b"STARTTLS", b"starttls", b"StartTLS ", b"STARTTLS x", b"STARTTLS\tx"])
    def test_an_advertised_starttls_is_used(self, line: bytes) -> None:
        """Keywords compare without regard to case, and what follows them does not matter."""
        step = after(Phase.EHLO, ehlo(b"SIZE 1", line, b"HELP"), "me")
        assert step == Send(b"STARTTLS\r\n", Phase.STARTTLS)

    @pytest.mark.parametrize(
        "reply",
        [
            ehlo(),
            ehlo(b"SIZE 1", b"HELP STARTTLS"),
            SmtpReply(250, (b"STARTTLS",)),
            ehlo(b"AUTH=STARTTLS"),
            ehlo(b""),
            ehlo(b"XCLIENT"),
        ],
    )
    def test_without_the_keyword_there_is_no_starttls(self, reply: SmtpReply) -> None:
        """A parameter, or the server's own name in the first line, advertises nothing (S4-A04)."""
        assert after(Phase.EHLO, reply, "me") == Stop(Refusal.NO_STARTTLS, polite=True)

    @pytest.mark.parametrize("line", [b"XXXXXXXA", b"XXXXXXXX", b"STARTTLSX", b"xSTARTTLS", b"XTARTTLS", b"STARTTLX"])
    def test_an_overwritten_keyword_is_mangled(self, line: bytes) -> None:
        """What a middlebox makes of STARTTLS is told from its absence."""
        assert after(Phase.EHLO, ehlo(b"SIZE 1", line), "me") == Stop(
            Refusal.STARTTLS_MANGLED, polite=True, detail=line.decode().upper()
        )

    def test_a_mangled_twin_does_not_hide_the_real_one(self) -> None:
        """Where the keyword stands too, it counts."""
        assert after(Phase.EHLO, ehlo(b"XXXXXXXA", b"STARTTLS"), "me") == Send(b"STARTTLS\r\n", Phase.STARTTLS)

    @pytest.mark.parametrize("keyword", [b"SIZE", b"8BITMIME", b"SMTPUTF8", b"CHUNKING", b"XFORWARD", b"XXX"])
    def test_ordinary_keywords_are_not_mangled(self, keyword: bytes) -> None:
        """Other extensions are no trace of STARTTLS."""
        assert not is_mangled(keyword)

    def test_keywords_are_the_first_words_after_the_first_line(self) -> None:
        """Parameters are cut off at a space, a tab or an equals sign."""
        assert keywords(ehlo(b"size 1", b"AUTH=LOGIN", b"dsn\tx", b"")) == (b"SIZE", b"AUTH", b"DSN")


class TestReply:
    """The reply to STARTTLS."""

    def test_220_means_go(self) -> None:
        """Only 220 starts TLS."""
        assert after(Phase.STARTTLS, SmtpReply(220, (b"go",)), "me") == Go()

    @pytest.mark.parametrize(
        ("code", "polite"), [(454, True), (501, True), (554, True), (250, True), (354, True), (421, False)]
    )
    def test_every_other_code_refuses(self, code: int, polite: bool) -> None:
        """454, 5yz and even another 2yz leave the session in clear, where it ends (S4-A05)."""
        assert after(Phase.STARTTLS, SmtpReply(code, (b"",)), "me") == Stop(Refusal.STARTTLS_REFUSED, polite)
