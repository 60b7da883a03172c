"""RFC 5321 §4.1.1.1 and §3.1: the greeting, EHLO, and HELO only where EHLO is refused."""

from __future__ import annotations

import pytest

from dane_check.network.starttls import Phase, Send, Stop, after
from dane_check.ports import Refusal, SmtpReply

OFFERED = SmtpReply(250, (b"mx", b"STARTTLS"))


def reply(code: int, *lines: bytes) -> SmtpReply:
    return SmtpReply(code, lines or (b"",))


class TestGreeting:
    """The server speaks first."""

    @pytest.mark.parametrize("code", [220, 250])
    def test_a_welcome_is_answered_with_ehlo(self, code: int) -> None:
        """Any 2yz greeting is a welcome, as senders take it."""
        assert after(Phase.GREETING, reply(code), "me.example") == Send(b"EHLO me.example\r\n", Phase.EHLO)

    @pytest.mark.parametrize("code", [450, 554])
    def test_a_refusal_is_answered_with_quit(self, code: int) -> None:
        """A 4yz or 5yz greeting ends the session politely (S4-A02)."""
        assert after(Phase.GREETING, reply(code), "me") == Stop(Refusal.GREETING_REJECTED, polite=True)

    def test_421_is_not_answered(self) -> None:
        """After 421 the server is closing the channel already (§3.8)."""
        assert after(Phase.GREETING, reply(421), "me") == Stop(Refusal.GREETING_REJECTED, polite=False)

    def test_a_3yz_greeting_is_no_smtp(self) -> None:
        """No greeting asks for more input."""
        assert after(Phase.GREETING, reply(354), "me") == Stop(Refusal.PROTOCOL_ERROR, polite=True)


class TestHello:
    """HELO only tells a server without EHLO from one that refuses us."""

    @pytest.mark.parametrize("code", [500, 502, 450, 354])
    def test_a_refused_ehlo_is_followed_by_helo(self, code: int) -> None:
        """Whatever is neither welcome nor 421 makes us try HELO."""
        assert after(Phase.EHLO, reply(code), "me") == Send(b"HELO me\r\n", Phase.HELO)

    def test_421_to_ehlo_ends_the_session(self) -> None:
        """421 is a server that is going away, not one without EHLO (S4-A03b)."""
        assert after(Phase.EHLO, reply(421), "me") == Stop(Refusal.EHLO_REJECTED, polite=False)

    def test_a_server_that_takes_only_helo_has_no_ehlo(self) -> None:
        """EHLO refused and HELO taken is S4-A03."""
        assert after(Phase.HELO, reply(250), "me") == Stop(Refusal.NO_EHLO, polite=True)

    @pytest.mark.parametrize(("code", "polite"), [(550, True), (421, False)])
    def test_a_server_that_refuses_both_rejects_us(self, code: int, polite: bool) -> None:
        """EHLO and HELO refused is S4-A03b."""
        assert after(Phase.HELO, reply(code), "me") == Stop(Refusal.EHLO_REJECTED, polite)

    def test_a_server_that_takes_only_helo_is_never_asked_for_tls(self) -> None:
        """Even where the reply to HELO names STARTTLS, extensions exist only under EHLO."""
        assert after(Phase.HELO, OFFERED, "me") == Stop(Refusal.NO_EHLO, polite=True)
