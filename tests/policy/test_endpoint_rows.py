"""Requirements §19.4: a session without a certificate, under each of the three duties, is one row of the table."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dane_check.findings import About, Code, Severity
from dane_check.policy.base_domain import Duty, Requirement
from dane_check.policy.endpoint import Circumstances, judge_refusal, skipped, type_missing
from dane_check.policy.verdict import EndpointResult as Result
from dane_check.policy.verdict import HostWord as Word
from dane_check.ports import NAMED_KEY_TYPES, Fault, HandshakeFailure, KeyType, Refusal, SmtpReply, Stage

A, E, O = Duty.AUTHENTICATE, Duty.ENCRYPT, Duty.OPPORTUNISTIC  # noqa: E741 - the table's own names


def circumstances(duty: Duty) -> Circumstances:
    return Circumstances(
        About("example.test", "mx.test", "192.0.2.1"),
        "192.0.2.1",
        25,
        Requirement(duty, None if duty is O else "mx.test"),
        server_name="mx.test",
        vouched=True,
        mx_secure=True,
        reference_names=("mx.test",),
        unaccepted_names=(),
        certificates_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def failure(refusal: Refusal, stage: Stage = Stage.HANDSHAKE, fault: Fault | None = None) -> HandshakeFailure:
    return HandshakeFailure(stage, refusal, fault, SmtpReply(454, (b"not now",)))


UNDER_A = {
    Refusal.NOT_CONNECTED: (Result.UNREACHABLE, Word.UNREACHABLE),
    Refusal.RESERVED_ADDRESS: (Result.SKIPPED, Word.UNREACHABLE),
    Refusal.GREETING_REJECTED: (Result.SMTP_REFUSED, Word.UNREACHABLE),
    Refusal.EHLO_REJECTED: (Result.SMTP_REFUSED, Word.UNREACHABLE),
    Refusal.NO_EHLO: (Result.NO_STARTTLS, Word.DANE_FAIL),
    Refusal.NO_STARTTLS: (Result.NO_STARTTLS, Word.DANE_FAIL),
    Refusal.STARTTLS_MANGLED: (Result.NO_STARTTLS, Word.DANE_FAIL),
    Refusal.STARTTLS_REFUSED: (Result.STARTTLS_REFUSED, Word.DANE_FAIL),
    Refusal.STARTTLS_INJECTION: (Result.STARTTLS_INJECTION, Word.DANE_FAIL),
    Refusal.PROTOCOL_ERROR: (Result.PROTOCOL_ERROR, Word.UNREACHABLE),
    Refusal.BROKEN_OFF: (Result.UNREACHABLE, Word.UNREACHABLE),
    Refusal.TLS_ALERT: (Result.TLS_FAILED, Word.DANE_FAIL),
    Refusal.TLS_GARBAGE: (Result.TLS_FAILED, Word.DANE_FAIL),
    Refusal.TLS_BROKEN_OFF: (Result.TLS_FAILED, Word.UNREACHABLE),
}
IN_CLEAR = {Result.NO_STARTTLS, Result.STARTTLS_REFUSED, Result.STARTTLS_INJECTION, Result.TLS_FAILED}


def test_the_table_has_a_row_for_every_refusal() -> None:
    """No way for a session to end is without its row."""
    assert set(UNDER_A) == set(Refusal)


@pytest.mark.parametrize("duty", [A, E])
@pytest.mark.parametrize("refusal", list(Refusal))
def test_where_tls_is_demanded(refusal: Refusal, duty: Duty) -> None:
    """R7671-10.3-b, R7672-1.3.1-a: S4-A01 … A08, S4-E02 … E04: without TLS the host is refused, without a word from it
    we cannot tell."""
    verdict = judge_refusal(circumstances(duty), failure(refusal)).verdict
    assert (verdict.result, verdict.word) == UNDER_A[refusal]


@pytest.mark.parametrize("refusal", list(Refusal))
def test_where_nothing_is_demanded(refusal: Refusal) -> None:
    """S4-O02, S4-O03: mail flows, in clear if need be; the host is no-dane either way."""
    verdict = judge_refusal(circumstances(O), failure(refusal)).verdict
    expected = UNDER_A[refusal][0]
    assert verdict.word is Word.NO_DANE
    assert verdict.result is (Result.CLEARTEXT if expected in IN_CLEAR else expected)


@pytest.mark.parametrize("refusal", [Refusal.NO_STARTTLS, Refusal.TLS_ALERT, Refusal.STARTTLS_INJECTION])
def test_the_same_fault_weighs_less_where_nothing_is_demanded(refusal: Refusal) -> None:
    """The finding is an outage under A and only unprotected under O."""
    severities = [judge_refusal(circumstances(duty), failure(refusal)).findings[0].severity for duty in (A, O)]
    assert severities == [Severity.OUTAGE, Severity.UNPROTECTED]


def test_a_server_that_hangs_up_on_starttls_has_refused_it() -> None:
    """Threats T-6; silence or a reset there leaves us not knowing."""
    outcomes = [
        judge_refusal(circumstances(A), failure(Refusal.BROKEN_OFF, Stage.STARTTLS, fault)).verdict.result
        for fault in (Fault.CLOSED, Fault.RESET, Fault.TIMEOUT)
    ]
    assert outcomes == [Result.STARTTLS_REFUSED, Result.UNREACHABLE, Result.UNREACHABLE]


def test_a_chain_beyond_the_limits_was_not_judged() -> None:
    """L-17, D-28: what we would not look at is not broken."""
    verdict = judge_refusal(circumstances(A), failure(Refusal.TLS_GARBAGE, fault=Fault.TOO_LARGE)).verdict
    assert (verdict.result, verdict.word) == (Result.TLS_FAILED, Word.UNREACHABLE)


def test_a_machine_without_ipv6_is_not_the_hosts_fault() -> None:
    """D-17: the endpoint is unreachable, and the finding is made once, for the whole domain."""
    judged = judge_refusal(circumstances(A), failure(Refusal.NOT_CONNECTED, Stage.CONNECT, Fault.NO_FAMILY))
    assert (judged.verdict.result, judged.verdict.reason, judged.findings) == (Result.UNREACHABLE, "no-family", ())


@pytest.mark.parametrize(("duty", "word"), [(A, Word.UNREACHABLE), (E, Word.UNREACHABLE), (O, Word.NO_DANE)])
def test_what_is_left_out_folds_like_unreachable(duty: Duty, word: Word) -> None:
    """D-18, S4-A01b, S4-E04, S4-O03."""
    verdict = skipped(circumstances(duty), "-4").verdict
    assert (verdict.result, verdict.word, verdict.reason) == (Result.SKIPPED, word, "incomplete")


class TestSecondCertificateType:
    """S4-A22: the second handshake, which offers only the type not seen."""

    OTHERS = NAMED_KEY_TYPES - {KeyType.RSA}

    def test_an_alert_means_there_is_no_other(self) -> None:
        """S4-A07b: nothing to say."""
        assert type_missing(circumstances(A), self.OTHERS, failure(Refusal.TLS_ALERT)) is None

    @pytest.mark.parametrize(
        "outcome",
        [
            None,
            failure(Refusal.TLS_BROKEN_OFF),
            failure(Refusal.STARTTLS_REFUSED),
            failure(Refusal.NOT_CONNECTED),
            failure(Refusal.NO_STARTTLS),
        ],
    )
    def test_anything_else_means_not_tested(self, outcome: HandshakeFailure | None) -> None:
        """The address cannot be better than undetermined; no handshake left is no better."""
        judged = type_missing(circumstances(A), self.OTHERS, outcome)
        assert judged is not None
        assert (judged.verdict.result, judged.verdict.word) == (Result.NOT_TESTED, Word.UNREACHABLE)
        assert judged.verdict.key_type in self.OTHERS
        assert [one.code for one in judged.findings] == [Code.ALG_NOT_TESTED]


def test_what_the_server_said_is_escaped() -> None:
    """Threats T-26: a reply reaches the findings printable."""
    reply = SmtpReply(554, (b"\x1b[2J go away \xe2\x80\xae",))
    refused = HandshakeFailure(Stage.GREETING, Refusal.GREETING_REJECTED, reply=reply)
    said = judge_refusal(circumstances(A), refused)
    assert "\x1b" not in said.findings[0].fact["reply"]
    assert "\u202e" not in said.verdict.detail
