"""Whatever a server says, it steers neither the terminal, nor the log, nor the program that reads the JSON."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from itertools import product

import jsonschema
import pytest

from dane_check.check.environment import Ability, EnvironmentReport, Tried
from dane_check.dnssec.lookup import AliasHop, Bogus, Cause, Insecure, Link, Lookup, Proof, Record, Why
from dane_check.limits import DEFAULT
from dane_check.policy.verdict import DomainVerdict
from dane_check.report.doctor import doctor_to_json, doctor_to_text
from dane_check.report.json import check_to_line, checks_to_text
from dane_check.report.lookup import lookup_to_json, lookup_to_text
from dane_check.report.schemas import schema_text
from dane_check.report.text import TextOptions, check_to_text
from tests.report.examples import ABILITIES
from tests.report.hostile import PAYLOADS, everywhere

FORMS = [
    TextOptions(quiet=quiet, verbose=verbose, explain=explain)
    for quiet, verbose, explain in product((False, True), repeat=3)
]
payloads = pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())


def harmless(text: str) -> bool:
    """No control, format or separator character but newlines; no lone surrogate."""
    kinds = {unicodedata.category(character) for character in text.replace("\n", "")}
    return not kinds & {"Cc", "Cf", "Zl", "Zp", "Cs"}


def strings(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case list():
            return [one for item in value for one in strings(item)]
        case dict():
            return [one for item in value.values() for one in strings(item)]
    return []


def hostile_lookups(payload: str) -> list[Lookup]:
    why = Why(Cause.SIGNATURE_INVALID, payload, payload, payload, None, payload, (payload,))
    proof = Proof((Link(payload, payload, payload),))
    record = Record(payload, 300, b"\x00", payload, "TXT")
    hop = AliasHop(payload, payload, "insecure")
    return [Bogus(why, proof, (hop,)), Insecure("data", (record,), why, proof, (hop,))]


def hostile_machine(payload: str) -> EnvironmentReport:
    tried = dict.fromkeys(ABILITIES, Tried(Ability.FAILS, payload, payload))
    versions = (("dnspython", payload),)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return EnvironmentReport(now, payload, (payload,), (payload,), versions, tried)


class TestText:
    """The text reports."""

    @payloads
    def test_no_form_of_the_report_passes_anything_on(self, payload: str) -> None:
        check = everywhere(payload)
        assert all(harmless(check_to_text(check, form)) for form in FORMS)

    @payloads
    def test_with_colours_only_our_own_sequences_remain(self, payload: str) -> None:
        text = check_to_text(everywhere(payload), TextOptions(verbose=True, explain=True, colour=True))
        for style in ("31", "32", "33", "2", "1", "0"):
            text = text.replace(f"\x1b[{style}m", "")
        assert harmless(text)

    def test_a_newline_cannot_make_a_verdict_of_its_own(self) -> None:
        text = check_to_text(everywhere(PAYLOADS["newline"]), TextOptions(verbose=True))
        assert not any(line.startswith("BROKEN  fake") for line in text.splitlines())

    @payloads
    def test_lookups_and_doctor_pass_nothing_on_either(self, payload: str) -> None:
        for found in hostile_lookups(payload):
            assert harmless(lookup_to_text(payload, "TXT", found, explain=True))
        assert harmless(doctor_to_text(hostile_machine(payload)))

    def test_what_one_host_says_is_bounded(self) -> None:
        plain = len(check_to_text(everywhere("A"), TextOptions(verbose=True)))
        text = check_to_text(everywhere("A" * 500), TextOptions(verbose=True))
        assert len(text) < plain + 4 * DEFAULT.input.host_text_characters


class TestJson:
    """The JSON documents."""

    @payloads
    def test_the_document_is_ascii_fits_the_schema_and_keeps_its_structure(self, payload: str) -> None:
        validator = jsonschema.Draft202012Validator(json.loads(schema_text("check")))
        for text in (checks_to_text([everywhere(payload)]), check_to_line(everywhere(payload))):
            assert text.isascii()
            validator.validate(json.loads(text))

    @payloads
    def test_a_program_that_prints_a_field_is_not_steered(self, payload: str) -> None:
        found = strings(json.loads(checks_to_text([everywhere(payload)])))
        found += [one for lookup in hostile_lookups(payload) for one in strings(json.loads(_lookup(payload, lookup)))]
        found += strings(json.loads(doctor_to_json(hostile_machine(payload))))
        assert len(found) > 100
        assert all(harmless(one) and "\n" not in one for one in found)

    @payloads
    def test_one_check_is_one_line(self, payload: str) -> None:
        assert len(check_to_line(everywhere(payload)).splitlines()) == 1

    def test_text_of_the_network_is_escaped_exactly_once(self) -> None:
        check = json.loads(check_to_line(everywhere("a\\b\x1bc")))
        endpoint = check["hosts"][0]["endpoints"][0]
        assert endpoint["smtp"]["greeting"]["lines"][0] == r"a\\b\x1bc"
        assert endpoint["certificates"][0]["subject"] == r"a\\b\x1bc"

    def test_a_verdict_cannot_be_smuggled_in(self) -> None:
        check = json.loads(check_to_line(everywhere(PAYLOADS["json"])))
        assert check["verdict"] == "broken"


def _lookup(payload: str, found: Lookup) -> str:
    return lookup_to_json(payload, "TXT", found)


def test_the_example_really_is_hostile() -> None:
    """Every payload reaches the places a report draws from, so these tests can fail."""
    verdict: DomainVerdict = everywhere(PAYLOADS["escape"]).verdict
    assert "\x1b" in verdict.domain + verdict.sentence
