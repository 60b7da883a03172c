"""Evidence as text: it comes back as it was, and nothing else is taken for it."""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dane_check.errors import UsageError
from dane_check.evidence import DnsExchange, Evidence, Handshake
from dane_check.evidence.file import from_text, to_text
from dane_check.limits import DEFAULT
from dane_check.ports import Fault, HandshakeFailure, NoReply, Refusal, SmtpReply, Stage
from dane_check.report.schemas import schema_text
from tests.evidence.samples import ANY_EVIDENCE, MESSAGES, NOW, REQUEST, SERVER, evidence, question

VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema_text("evidence")))


class TestRoundTrip:
    """What is written is read back as the equal value."""

    @settings(max_examples=150, deadline=None)
    @given(ANY_EVIDENCE)
    def test_any_evidence_comes_back_equal(self, taken: Evidence) -> None:
        text = to_text(taken)
        assert from_text(text) == taken
        assert text.isascii()

    @settings(max_examples=40, deadline=None)
    @given(ANY_EVIDENCE)
    def test_any_evidence_fits_the_published_schema(self, taken: Evidence) -> None:
        VALIDATOR.validate(json.loads(to_text(taken)))

    def test_every_kind_of_answer_and_outcome_survives(self) -> None:
        refused = HandshakeFailure(
            Stage.STARTTLS, Refusal.STARTTLS_REFUSED, Fault.CLOSED, SmtpReply(454, (b"\x1b[2J\r\xff", b"")), "no"
        )
        answers = [DnsExchange(question("example.org.", 1), SERVER, heard) for heard in MESSAGES]
        silence = DnsExchange(question("Example.ORG.", 28), SERVER, NoReply(Fault.TIMEOUT, "3 tries"))
        taken = evidence(
            exchanges=(*answers, silence),
            handshakes=(Handshake(REQUEST, refused),),
        )
        assert from_text(to_text(taken)) == taken

    def test_the_moment_is_written_in_utc(self) -> None:
        elsewhere = NOW.astimezone(timezone(timedelta(hours=5)))
        assert json.loads(to_text(evidence(now=elsewhere)))["now"] == "2026-03-01T12:00:00Z"

    def test_control_characters_of_a_server_stand_escaped_in_the_file(self) -> None:
        assert "\x1b" not in to_text(evidence())

    def test_a_setting_json_has_no_word_for_is_refused_when_writing(self) -> None:
        with pytest.raises(ValueError, match="object"):
            to_text(evidence(settings=(("limits", object()),)))


def damaged(path: str, value: Any) -> str:
    """Whole evidence with one field replaced; `path` is dotted."""
    document = json.loads(to_text(evidence()))
    *way, last = (int(part) if part.isdigit() else part for part in path.split("."))
    place = document
    for part in way:
        place = place[part]
    place[last] = value
    return json.dumps(document)


DAMAGES = [
    ("now", "yesterday"),
    ("now", "2026-03-01T12:00:00"),
    ("now", 7),
    ("domains", "example.org"),
    ("domains.0", None),
    ("domains.0", "\ud800"),
    ("anchors.0", 1),
    ("servers.0.address", "example.org"),
    ("servers.0.port", 65536),
    ("servers.0.port", True),
    ("servers.0.extra", 1),
    ("settings", []),
    ("settings.ipv4", {"a": 1}),
    ("exchanges.0", []),
    ("exchanges.0.name", "example.org"),
    ("exchanges.0.name", "exämple.org."),
    ("exchanges.0.name", "a" * 64 + ".org."),
    ("exchanges.0.name", "\\300."),
    ("exchanges.0.type", -1),
    ("exchanges.0.type", 1.5),
    ("exchanges.0.reply", "not base64"),
    ("exchanges.0.reply", "AAAA"),
    ("exchanges.0.reply", ""),
    ("exchanges.0.reply", 5),
    ("exchanges.0.extra", 5),
    ("handshakes.0.address", "mx1"),
    ("handshakes.0.key_types", ["dsa"]),
    ("handshakes.0.key_types.0", ["rsa"]),
    ("handshakes.0.served", None),
    ("handshakes.0.served.certificates.0", "%"),
    ("handshakes.0.served.smtp.greeting.code", 1000),
    ("handshakes.0.served.smtp.greeting.lines.0", "€"),
    ("handshakes.0.served.smtp.noop", None),
    ("handshakes.0.failure", {}),
    ("extra", 1),
]


class TestHostileText:
    """Whatever is no evidence is refused with one sentence, never with anything but a UsageError."""

    @pytest.mark.parametrize(("path", "value"), DAMAGES)
    def test_a_damaged_field_is_named(self, path: str, value: Any) -> None:
        with pytest.raises(UsageError, match="damaged") as caught:
            from_text(damaged(path, value))
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("field", ["now", "exchanges", "servers", "settings"])
    def test_a_missing_field_is_named(self, field: str) -> None:
        document = json.loads(to_text(evidence()))
        del document[field]
        with pytest.raises(UsageError, match=field):
            from_text(json.dumps(document))

    @pytest.mark.parametrize(
        "text",
        ["", "{", "null", "[]", "7", '"evidence"', "{}", '{"kind": "check", "schema": 1}', "[" * 100_000, "1" * 5000],
    )
    def test_a_foreign_file_is_refused(self, text: str) -> None:
        with pytest.raises(UsageError):
            from_text(text)

    def test_a_newer_schema_asks_for_a_newer_program(self) -> None:
        with pytest.raises(UsageError, match="newer dane-check"):
            from_text(damaged("schema", 2))

    @pytest.mark.parametrize("schema", [0, -1, True, "1", None, 1.0])
    def test_a_schema_that_never_was_is_refused(self, schema: Any) -> None:
        with pytest.raises(UsageError):
            from_text(damaged("schema", schema))

    @pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e999"])
    def test_a_number_that_is_none_is_refused(self, constant: str) -> None:
        text = to_text(evidence()).replace('"nsec3_iterations": 50', f'"nsec3_iterations": {constant}')
        assert constant in text
        with pytest.raises(UsageError):
            from_text(text)

    def test_a_name_that_stands_twice_is_refused(self) -> None:
        text = to_text(evidence())
        with pytest.raises(UsageError, match="twice"):
            from_text(text.replace('"kind": "evidence",', '"kind": "evidence", "kind": "evidence",'))

    def test_nesting_without_end_is_refused(self) -> None:
        deep = "[" * 2000 + "]" * 2000
        text = to_text(evidence()).replace('"nsec3_iterations": 50', f'"nsec3_iterations": {deep}')
        with pytest.raises(UsageError):
            from_text(text)

    def test_a_file_beyond_the_limit_is_not_parsed(self) -> None:
        with pytest.raises(UsageError, match="larger"):
            from_text(" " * (DEFAULT.input.evidence_octets + 1))

    @settings(max_examples=300, deadline=None)
    @given(st.data())
    def test_mutated_evidence_is_read_or_refused_but_never_crashes(self, data: st.DataObject) -> None:
        text = to_text(evidence())
        start = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 30))
        mutated = text[:start] + data.draw(st.text(max_size=8)) + text[start + length :]
        try:
            read = from_text(mutated)
        except UsageError:
            return
        assert isinstance(read, Evidence)
