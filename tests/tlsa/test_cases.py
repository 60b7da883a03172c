"""The shared matcher cases, judged by OpenSSL's own DANE code: every one must come out the same."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dane_check.tlsa.certificate import split_pem
from dane_check.tlsa.match import MatchReport, match

OURS = Path(__file__).parents[2] / "fixtures" / "tlsa-cases" / "cases.json"
# More cases of the same kind may lie in a folder named by the environment.
FOLDERS = [OURS, *map(Path, filter(None, os.environ.get("DANE_CHECK_TLSA_CASES", "").split(os.pathsep)))]
CASES = [case for path in FOLDERS for case in json.loads(path.read_text("ascii"))["cases"]]


def run(case: dict[str, Any]) -> MatchReport:
    return match(
        case["tlsa"],
        [split_pem(text)[0] for text in case["chain"]],
        case["reference_names"],
        now=datetime.fromisoformat(case["now"]),
        service=case["protocol"],
        roots=[split_pem(text)[0] for text in case["trust_store"]],
    )


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
class TestAgainstOpenSsl:
    """fixtures/tlsa-cases/README.md says how a tool is to be compared."""

    def test_the_outcome_is_that_of_senders(self, case: dict[str, Any]) -> None:
        """The set authenticates the chain exactly where it does for a sender with OpenSSL."""
        assert run(case).outcome == case["expect"]["outcome"]

    def test_every_record_is_judged_alone(self, case: dict[str, Any]) -> None:
        """State and outcome of each record are those it has when it is published by itself."""
        found = [(report.state, report.alone) for report in run(case).records]
        assert found == [(one["state"], one.get("alone")) for one in case["expect"]["records"]]

    def test_a_match_stands_where_openssl_found_it(self, case: dict[str, Any]) -> None:
        """Each record that authenticates alone does so at OpenSSL's depth in the built path."""
        for found, wanted in zip(run(case).records, case["expect"]["records"], strict=True):
            if wanted.get("alone") == "authenticated":
                assert found.depth == wanted["depth"]

    def test_a_failure_has_the_class_of_openssl(self, case: dict[str, Any]) -> None:
        """A failed set is blamed on the same class of problem."""
        assert run(case).reason == case["expect"].get("reason")

    def test_the_reported_match_is_one_of_those_that_authenticate(self, case: dict[str, Any]) -> None:
        """An authenticated set names a record that would authenticate alone, and its depth."""
        report = run(case)
        if report.matched is None:
            assert report.outcome != "authenticated"
        else:
            assert report.records[report.matched].alone == "authenticated"
            assert report.depth == report.records[report.matched].depth


def test_the_fixtures_are_all_there() -> None:
    """Nothing of the shared set is left out silently."""
    assert len(json.loads(OURS.read_text("ascii"))["cases"]) == 150
