"""The scenario files say what they mean, and what they do not mean is refused by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dane_check.errors import UsageError
from dane_check.findings import Code
from dane_check.lab import Lab, Scenario, load_scenarios, read_scenario
from dane_check.lab.scenario import check_distinct
from dane_check.policy.verdict import DomainWord, EndpointResult, HostWord
from tests.lab.asking import scenario, zone

SCENARIOS = load_scenarios()
EACH = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.id)
REQUIREMENTS = Path(__file__).parents[2] / "docs" / "requirements.md"
WORKED = {f"W-{number:02}" for number in range(1, 49)}


@EACH
def test_every_file_is_about_its_own_domain(scenario: Scenario) -> None:
    """The domain lies in a zone of the scenario's own, or provably nowhere; the sentence is one sentence."""
    assert scenario.domain.endswith(f"{scenario.id}.test")
    assert re.fullmatch(r"[A-Z].*[.]", scenario.says)
    assert "\n" not in scenario.says
    assert scenario.rule


@EACH
def test_expectations_use_the_words_of_the_program(scenario: Scenario) -> None:
    """Verdicts, results and codes exist; a misspelt one could never be found, or never be missed."""
    expect = scenario.expect
    assert {str(expect.verdict)} <= {str(word) for word in DomainWord}
    assert set(expect.hosts.values()) <= {str(word) for word in HostWord}
    assert set(expect.endpoints.values()) <= {str(word) for word in EndpointResult}
    assert {*expect.findings, *expect.absent} <= {str(code) for code in Code}


def test_every_worked_case_has_a_scenario() -> None:
    """W-01 to W-48 of requirements §19.6 are all there."""
    assert {rule for one in SCENARIOS for rule in one.rule} >= WORKED


def test_no_two_scenarios_share_a_zone() -> None:
    """Zones belong to one scenario, so that all of them fit into one world."""
    names = [zone.name or one.domain for one in SCENARIOS for zone in one.zone]
    assert len(names) == len(set(names))


def refused(text: str) -> str:
    """The message with which a scenario's text is refused."""
    with pytest.raises(UsageError) as caught:
        scenario(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("colour = 1", "scenario: unknown key 'colour'"),
        ('[[zone]]\nnmae = "x"', "zone: unknown key 'nmae'; known are name, records"),
        ("[[server]]\nport = 25", "server: port: 25 is not one of open, closed, blackhole"),
        ('[[zone]]\nds = "bad"', "zone: ds: 'bad' is not one of good, none, wrong"),
        ('[[zone]]\nsigned = "no"', "zone: signed: 'no' is not bool"),
        ("[[zone]]\nalgorithm = true", "zone: algorithm: True is not int"),
        ('[[server]]\ncertificate = { leaf = "old" }', "leaf: 'old' is not one of expired"),
        ("[options]\ncolour = true", "options: unknown key 'colour'"),
        ("[[zone]", "not TOML"),
    ],
)
def test_mistakes_are_named(text: str, named: str) -> None:
    """The table, the key and what would be right stand in the message."""
    assert named in refused(text)


def test_a_missing_key_is_named() -> None:
    """A scenario without an expectation is none."""
    with pytest.raises(UsageError, match="'expect' is missing"):
        read_scenario('id = "a"\ndomain = "a.test"\nsays = "A."\nrule = []\n')


@pytest.mark.parametrize(
    ("records", "named"),
    [
        ("mx A {B}", "no certificate 'B'"),
        ("mx A {two.A}", "server 'two'"),
        ("mx A {a b}", "placeholder {a b}"),
        ("mx FOO bar", "is not OWNER [TTL] TYPE RDATA"),
        ("mx", "is not OWNER [TTL] TYPE RDATA"),
        ("mx A 300.1.1.1", "mx A 300.1.1.1"),
        ("mx TLSA 3 1 1 {ee-rsa}", "no certificate 'ee-rsa'"),
        ("mx TLSA 3 1 1 xyz", "mx TLSA 3 1 1 xyz"),
    ],
)
def test_records_that_cannot_be_are_named(records: str, named: str) -> None:
    """The lab refuses to start with a record it cannot make, and says which of which scenario."""
    with pytest.raises(UsageError) as caught:
        Lab([zone(records)])
    assert named in str(caught.value)
    assert "scenario made-up" in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ("mx A", "is not OWNER TYPE WORD"),
        ("mx A explode", "unknown fault 'explode'"),
        ("mx A delay", "a number goes with"),
        ("mx A drop 3", "a number goes with"),
    ],
)
def test_faults_that_cannot_be_are_named(fault: str, named: str) -> None:
    """A fault is OWNER TYPE WORD, with a number where the word needs one."""
    with pytest.raises(UsageError) as caught:
        Lab([zone("mx A {A}", f'faults = ["{fault}"]')])
    assert named in str(caught.value)


def test_one_id_and_one_domain_each() -> None:
    """Two scenarios with one id or one domain are refused."""
    with pytest.raises(UsageError, match="both claim id"):
        check_distinct((zone(""), zone("")))


def test_a_lab_without_a_time_zone_is_refused() -> None:
    """A naive moment means nothing."""
    with pytest.raises(UsageError, match="time zone"):
        Lab([], now=__import__("datetime").datetime(2026, 1, 1))


def test_a_lab_that_is_not_running_says_so() -> None:
    """Its addresses exist only while it runs."""
    with pytest.raises(UsageError, match="not running"):
        _ = Lab([]).resolver


def test_every_rule_is_one_of_the_requirements() -> None:
    """The ids a scenario claims to show stand in docs/requirements.md."""
    text = REQUIREMENTS.read_text("utf-8")
    claimed = {rule for one in SCENARIOS for rule in one.rule}
    assert {rule for rule in claimed if not re.search(rf"{re.escape(rule)}\b", text)} == set()
