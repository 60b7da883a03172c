"""Whatever is written in `report/` steers neither a terminal, nor a log, nor a program (threats T-26 … T-28)."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import string
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

import dane_check.report
from dane_check.errors import UsageError
from dane_check.findings import CATALOGUE, About, Code, Finding, remedy, sentence
from dane_check.report.json import check_to_line
from dane_check.report.text import TextOptions, check_to_text
from tests.hostile.making import Making, hints_of
from tests.report.hostile import PAYLOADS, everywhere
from tests.report.test_hostile_text import harmless, strings

Writer = Callable[..., str]

# Public functions of report/ that give text, and why that text is no document.
NO_DOCUMENT = {
    "catalogue.code_to_text": "our own words about our own codes",
    "catalogue.codes_to_markdown": "our own words about our own codes",
    "catalogue.codes_to_text": "our own words about our own codes",
    "formats.line": "part of a document, escaped on the way into it",
    "formats.unknown_line": "part of a document, escaped on the way into it",
    "json.dumped": "any value as ASCII; the documents made with it are tried",
    "json.moment": "a moment",
    "schemas.schema_text": "a file of ours",
    "styled.render": "what makes lines safe; tried with every document of lines",
    "words.counted": "part of a line, which `styled.render` makes safe",
    "words.key_names": "part of a line, which `styled.render` makes safe",
    "words.mark": "a mark",
    "words.moment": "a moment",
    "words.shortened": "part of a line, which `styled.render` makes safe",
    "words.validity": "two dates",
    "words.answer": "part of a line, which `styled.render` makes safe",
    "words.zone_owner": "part of a line, which `styled.render` makes safe",
}
FACTS = sorted(
    {
        name
        for entry in CATALOGUE.values()
        for template in (entry.says, entry.remedy)
        for _, name, _, _ in string.Formatter().parse(template)
        if name and name.isidentifier()
    }
)
# Each payload by itself, and all of them at once in every variant of what a value can be.
TRIALS = [(payload[:1000], 0) for payload in PAYLOADS.values()]
TRIALS += [("".join(payload[:100] for payload in PAYLOADS.values()), variant) for variant in range(4)]
_JSON = ("_to_json", "check_to_line", "checks_to_text")
FIXED: dict[str, object] = {
    "options": TextOptions(verbose=True, explain=True),
    "colour": False,
    "zone": "example.org",  # typed, and parsed
    "RecordSet.owner": "_25._tcp.mx.example.org",  # of records that were made, for names that were typed
    "DomainCheck.evidence": None,  # a check has it beside what is written of it
    "TlsaRecord.usage": 3,
    "TlsaRecord.selector": 1,
    "TlsaRecord.matching_type": 1,
    "TlsaRecord.data": bytes(32),
    "MalformedTlsa.rdata": bytes(2),
    "EnvironmentReport.versions": (("OpenSSL", "4.0.3"),),  # hostile ones stand in tests/report
    # Words of ours, which no octet of the network reaches:
    "rdtype": "MX",
    "CertificateFacts.certificate_sha256": "ab" * 32,
    "CertificateFacts.spki_sha256": "ab" * 32,
    "DomainVerdict.tlsrpt": "dnssec-invalid",
    "EndpointVerdict.tlsrpt": "validation-failure",
    "HostVerdict.tlsrpt": "validation-failure",
    "Rehearsal.reason": "incomplete",
    "AliasHop.via": "CNAME",
    "LookupView.cause": "limit",
    "LookupView.kind": "data",
    "LookupView.rdtype": "MX",
    "LookupView.status": "bogus",
    "Named.key": "EC P-256",
    "Named.role": "current",
    "Record.rdtype": "MX",
    "RecordView.state": "usable",
    "SenderView.profile": "Postfix",
    "DomainCheck.timings": {"verdict": 0.5},
    "SignedBy.algorithm": "ECDSAP256SHA256",
    "Why.fault": "timeout",
    "Why.rcode": "SERVFAIL",
}


def writers() -> Iterator[tuple[str, Writer]]:
    """Every public function in `report/` that is annotated to return text."""
    for module in pkgutil.iter_modules(dane_check.report.__path__):
        loaded = importlib.import_module(f"dane_check.report.{module.name}")
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            own = function.__module__ == loaded.__name__ and not name.startswith("_")
            if own and function.__annotations__.get("return") in ("str", str):
                yield f"{module.name}.{name}", function


WRITERS = dict(writers())
DOCUMENTS = {name: function for name, function in WRITERS.items() if name not in NO_DOCUMENT}


def made_for(function: Writer, payload: str, variant: int) -> dict[str, object]:
    """Arguments for a writer, from its annotations."""
    making = Making(payload, variant, _fixed(payload))
    hints = hints_of(function)
    return {name: making.of(hints[name], name) for name in inspect.signature(function).parameters}


def _fixed(payload: str) -> dict[str, object]:
    from dane_check.check.environment import Ability, Tried
    from tests.report.examples import ABILITIES

    tried = dict.fromkeys(ABILITIES, Tried(Ability.FAILS, payload, payload))
    facts = tuple((name, payload) for name in FACTS)
    return FIXED | {"EnvironmentReport.tried": tried, "Finding.facts": facts}


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_every_function_that_gives_text_is_tried_or_is_no_document(name: str) -> None:
    """A new writer is tried as soon as it is there; an exception needs its reason here."""
    assert name in DOCUMENTS or NO_DOCUMENT[name]


def test_the_list_of_exceptions_is_no_longer_than_it_must_be() -> None:
    assert set(NO_DOCUMENT) <= set(WRITERS)


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_no_text_of_the_network_steers_whoever_shows_it(name: str) -> None:
    """Hostile in every place at once."""
    written = 0
    for payload, variant in TRIALS:
        try:
            text = DOCUMENTS[name](**made_for(DOCUMENTS[name], payload, variant))
        except UsageError as refused:
            text = str(refused)
        written += bool(text)
        assert harmless(text), repr(text)
        if name.endswith(_JSON) and text.startswith("{"):
            assert text.isascii()
            assert all(harmless(one) and "\n" not in one for one in strings(json.loads(text)))
    assert written > len(PAYLOADS)


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_no_finding_passes_its_facts_on_unseen(payload: str) -> None:
    """Every code that there is, with hostile facts, in text and in JSON."""
    about = About(*([payload[:120]] * 5))
    facts = tuple((name, payload[:120]) for name in FACTS)
    for code in Code:
        found = Finding(code, CATALOGUE[code].severities[0], about, facts)
        check = replace(everywhere("x"), diagnostics=(found,))
        check = replace(check, verdict=replace(check.verdict, findings=(found,)))
        assert sentence(found) is not None
        assert remedy(found) is not None
        assert harmless(check_to_text(check, TextOptions(verbose=True)))
        assert all(harmless(one) for one in strings(json.loads(check_to_line(check))))
