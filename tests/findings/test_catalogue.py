"""The catalogue: every code has its entry, and every sentence can be said."""

from __future__ import annotations

import string

import pytest

from dane_check.findings import CATALOGUE, About, Code, Severity, finding, remedy, sentence

TLSRPT = {
    "starttls-not-supported",
    "certificate-host-mismatch",
    "certificate-expired",
    "certificate-not-trusted",
    "validation-failure",
    "tlsa-invalid",
    "dnssec-invalid",
    "dane-required",
}


def test_every_code_has_exactly_one_entry() -> None:
    """Nothing can be found that cannot be said."""
    assert set(CATALOGUE) == set(Code)


@pytest.mark.parametrize("code", list(Code))
def test_an_entry_is_whole(code: Code) -> None:
    """A sentence, a source, and words of RFC 8460 that exist; several severities need a word on when."""
    entry = CATALOGUE[code]
    assert entry.says.endswith(".")
    assert entry.source
    assert entry.tlsrpt in TLSRPT | {None}
    assert len(set(entry.severities)) == len(entry.severities) > 0


@pytest.mark.parametrize("code", list(Code))
def test_templates_hold_plain_names_only(code: Code) -> None:
    """No format specification or attribute access, so that no fact can break a sentence."""
    for template in (CATALOGUE[code].says, CATALOGUE[code].remedy):
        for _, name, specification, conversion in string.Formatter().parse(template):
            assert name is None or (name.isidentifier() and not specification and conversion is None)


def test_facts_fill_the_sentence_and_the_remedy() -> None:
    """Facts and what the finding is about are both at hand."""
    said = finding(Code.TLSA_MISMATCH, About("example.test", "mx.test", "192.0.2.1"), count=2, suggested="3 1 1 ab")
    assert (
        sentence(said) == "No usable TLSA record of mx.test (2 in all) matches the certificate that 192.0.2.1 serves."
    )
    assert remedy(said).endswith("3 1 1 ab")


def test_a_fact_with_braces_stays_as_it_is() -> None:
    """Text from outside is never read as a template."""
    said = finding(Code.MX_BOGUS, About("example.test"), why="{0} {about.__class__} {")
    assert "{0} {about.__class__} {" in sentence(said)


def test_a_severity_must_be_one_the_catalogue_allows() -> None:
    """A code says how bad it can be; nobody may say otherwise."""
    with pytest.raises(ValueError, match="never has severity"):
        finding(Code.MX_BOGUS, About("example.test"), Severity.HYGIENE)
