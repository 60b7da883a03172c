"""The JSON documents: one shape for one domain and for many, and a schema that holds for all of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import jsonschema
import pytest

from dane_check.check.environment import Ability, EnvironmentReport, Tried
from dane_check.check.view import lookup_view
from dane_check.dnssec.lookup import (
    AliasHop,
    Bogus,
    Cause,
    Indeterminate,
    Insecure,
    Link,
    Lookup,
    Proof,
    Record,
    Secure,
    SecureDenial,
    SignedBy,
    Why,
)
from dane_check.findings import CATALOGUE, About, Finding
from dane_check.report.doctor import doctor_to_json
from dane_check.report.json import check_to_json, check_to_line, checks_to_text, moment, view_to_json
from dane_check.report.lookup import EXIT_STATUS, lookup_to_json
from dane_check.report.schemas import KINDS, schema_text
from tests.report.examples import ABILITIES, ALL, SERVED, broken, healthy, literal

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def validator(kind: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(schema_text(kind)))


def valid(kind: str, text: str) -> Any:
    document = json.loads(text)
    validator(kind).validate(document)
    return document


class TestChecks:
    """Documents of kind `check`."""

    @pytest.mark.parametrize("example", ALL)
    def test_every_example_fits_the_schema(self, example: str) -> None:
        valid("check", checks_to_text([ALL[example]()]))
        valid("check", check_to_line(ALL[example]()))

    def test_many_domains_are_one_document(self) -> None:
        document = valid("check", checks_to_text([example() for example in ALL.values()]))
        assert [list(document), document["schema"], document["kind"]] == [["schema", "kind", "domains"], 1, "check"]
        assert len(document["domains"]) == len(ALL)

    def test_a_line_is_the_same_element_with_schema_and_kind(self) -> None:
        line = json.loads(check_to_line(broken()))
        element = json.loads(checks_to_text([broken()]))["domains"][0]
        assert line == {"schema": 1, "kind": "check", **element}

    def test_the_element_has_the_keys_promised_in_this_order(self) -> None:
        element = check_to_json(healthy())
        assert list(element) == [
            "domain",
            "verdict",
            "exit_status",
            "unaudited_exit_status",
            "complete",
            "reason",
            "sentence",
            "mx",
            "hosts",
            "findings",
            "now",
            "certificates_at",
            "diagnostics",
            "timings",
        ]

    def test_a_verdict_reads_back_word_for_word(self) -> None:
        element = json.loads(check_to_line(broken()))
        host = element["hosts"][1]
        assert (element["verdict"], element["exit_status"], element["mx"]["status"]) == ("broken", 1, "secure")
        assert (host["host"], host["preference"], host["verdict"]) == ("mx2.example.org", 20, "dane-fail")
        assert [one["result"] for one in host["endpoints"]] == ["mismatch", "mismatch"]
        assert host["endpoints"][0]["publish"] == f"_25._tcp.mx2.example.org. IN TLSA 3 1 1 {SERVED}"
        assert host["findings"][0]["code"] == "tlsa-mismatch"

    def test_an_endpoint_that_authenticates_has_nothing_to_publish(self) -> None:
        hosts = check_to_json(healthy())["hosts"]
        assert {endpoint["publish"] for host in hosts for endpoint in host["endpoints"]} == {None}

    def test_timings_stand_beside_the_verdict_and_change_nothing_in_it(self) -> None:
        slow = replace(healthy(), timings={"total": 99.0})
        elements = [check_to_json(one) for one in (healthy(), slow)]
        assert [one.pop("timings") for one in elements] == [{"dns": 0.25, "total": 1.5}, {"total": 99.0}]
        assert elements[0] == elements[1]

    def test_without_an_mx_lookup_mx_is_null(self) -> None:
        assert check_to_json(literal())["mx"] is None

    def test_every_finding_of_the_catalogue_fits_the_schema(self) -> None:
        about = About("example.org")
        found = tuple(
            Finding(code, severity, about) for code, known in CATALOGUE.items() for severity in known.severities
        )
        check = healthy()
        valid("check", check_to_line(replace(check, verdict=replace(check.verdict, findings=found))))

    def test_times_are_utc_with_a_z(self) -> None:
        assert moment(NOW.astimezone(timezone(timedelta(hours=-7)))) == "2026-03-01T12:00:00Z"

    @pytest.mark.parametrize(
        "path", ["", "mx", "hosts.0", "hosts.0.endpoints.0", "hosts.0.tlsa.0", "hosts.0.lookups.0"]
    )
    def test_the_schema_refuses_a_field_nobody_knows(self, path: str) -> None:
        document = json.loads(check_to_line(healthy()))
        place = document
        for part in path.split(".") if path else []:
            place = place[int(part) if part.isdigit() else part]
        place["surprise"] = 1
        assert not validator("check").is_valid(document)

    def test_the_schema_refuses_a_field_left_out(self) -> None:
        document = json.loads(check_to_line(healthy()))
        del document["hosts"][0]["endpoints"][0]["result"]
        assert not validator("check").is_valid(document)


SIGNED = SignedBy("example.org.", 12345, "ECDSAP256SHA256", NOW, NOW + timedelta(days=20))
PROOF = Proof(
    (Link(".", ". DNSKEY", "is the trust anchor"), Link("example.org.", "example.org. MX", "is signed", SIGNED))
)
MX = Record("example.org", 3600, b"\x00\x0a\x00", "10 mx1.example.org.", "MX")
WHY = Why(
    Cause.TRANSPORT, "192.0.2.53 did not answer", "example.org.", "example.org. MX", "timeout", "SERVFAIL", ("EDE 22",)
)
LOOKUPS: dict[str, tuple[Lookup, int]] = {
    "secure": (Secure((MX,), PROOF, (AliasHop("a.example", "example.org", "secure"),), wildcard=True), 0),
    "nodata": (SecureDenial("nodata", PROOF), 0),
    "nxdomain": (SecureDenial("nxdomain", PROOF, compact=True), 0),
    "insecure": (Insecure("data", (MX,), Why(Cause.UNSIGNED_DELEGATION, "org. proves that there is no DS")), 3),
    "insecure-nodata": (Insecure("nodata", (), Why(Cause.UNSIGNED_DELEGATION, "org. proves that there is no DS")), 3),
    "bogus": (Bogus(Why(Cause.SIGNATURE_INVALID, "the signature is wrong"), PROOF), 1),
    "indeterminate": (Indeterminate(WHY), 4),
}


class TestLookups:
    """Documents of kind `lookup`."""

    @pytest.mark.parametrize("case", LOOKUPS)
    def test_every_outcome_fits_the_schema_and_has_its_exit_status(self, case: str) -> None:
        found, status = LOOKUPS[case]
        document = valid("lookup", lookup_to_json("example.org", "MX", found))
        assert document["exit_status"] == EXIT_STATUS[found.status] == status
        assert document["lookup"]["status"] == found.status
        assert document["lookup"]["kind"] == found.kind

    def test_the_chain_names_who_signed_and_until_when(self) -> None:
        links = json.loads(lookup_to_json("example.org", "MX", LOOKUPS["secure"][0]))["lookup"]["chain"]
        assert links[0]["signature"] is None
        assert links[1]["signature"]["key_tag"] == 12345
        assert links[1]["signature"]["expiration"] == "2026-03-21T12:00:00Z"

    def test_a_check_and_a_lookup_show_a_chain_alike(self) -> None:
        """One reader for both: the same objects, whichever document they stand in."""
        found, _ = LOOKUPS["secure"]
        alone = json.loads(lookup_to_json("example.org", "MX", found))["lookup"]["chain"]
        beside = view_to_json(lookup_view("example.org", "MX", found))["chain"]
        assert len(alone) > 1
        assert beside == alone


class TestDoctor:
    """Documents of kind `doctor`."""

    def test_every_ability_fits_the_schema(self) -> None:
        tried = {key: Tried(ability, "because") for key, ability in zip(ABILITIES, (*Ability, *Ability), strict=True)}
        report = EnvironmentReport(
            NOW, "system", ("192.0.2.53:53",), (". DS 1 8 2 ab",), (("OpenSSL", "4.0.3"),), tried
        )
        assert valid("doctor", doctor_to_json(report))["exit_status"] == 4


class TestSchemas:
    """The schemas that ship with the package."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_each_is_a_valid_schema_of_2020_12(self, kind: str) -> None:
        schema = json.loads(schema_text(kind))
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["$id"] == f"urn:dane-check:schema:{kind}:1"

    def test_no_other_kind_has_one(self) -> None:
        with pytest.raises(KeyError):
            schema_text("../../../pyproject")
