"""The matcher beside OpenSSL: random chains and records, each put to both, and both must answer alike.

Where they differ on purpose, a numbered decision of docs/requirements.md says so, and the difference must
vanish with the one thing that the decision is about. Every other difference fails, with what is needed to
see it again.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography import x509

from dane_check.limits import DEFAULT, Limits
from dane_check.tlsa.match import MatchReport, match
from dane_check.tlsa.outcome import Outcome

from .openssl_peer import OPENSSL, Opinion, Server, serving, version
from .oracle import Case, Scene, scenes

pytestmark = [pytest.mark.interop, pytest.mark.skipif(OPENSSL is None, reason="there is no openssl command")]

SEED = os.environ.get("DANE_CHECK_ORACLE_SEED", "dane_check")
CASES = int(os.environ.get("DANE_CHECK_ORACLE_CASES", "500"))
AT_ONCE = 4
SHOWN = 3  # differences in full, for one failure may have many


@dataclass(frozen=True)
class Question:
    """A case as it is put to one of the two."""

    chain: tuple[bytes, ...]
    records: tuple[str, ...]
    name: str
    now: datetime
    limits: Limits = DEFAULT

    def to_us(self) -> MatchReport:
        """Our judgement."""
        return match(self.records, self.chain, [self.name], now=self.now, limits=self.limits)

    def to_openssl(self, server: Server) -> Opinion:
        """OpenSSL's judgement; where no record is left there is none that is usable."""
        if not self.records:
            return Opinion(Outcome.NO_USABLE_TLSA, None, "no record is left")
        return server.judged(self.records, self.name, int(self.now.timestamp()))


Judge = Callable[[Question], MatchReport]


@dataclass(frozen=True)
class Pair:
    """One case as it is put to us and to OpenSSL, which is the same but for what a decision changes."""

    ours: Question
    theirs: Question


def pkix_usages_unusable(pair: Pair) -> Pair:
    """OpenSSL knows usages 0 and 1, which for SMTP are as good as absent (RFC 7672 §3.1.3)."""
    usable = tuple(one for one in pair.theirs.records if one.split()[0] not in ("0", "1"))
    return replace(pair, theirs=replace(pair.theirs, records=usable))


def last_second_included(pair: Pair) -> Pair:
    """OpenSSL before version 4 takes a certificate for expired in the very second of its notAfter."""
    return replace(pair, ours=replace(pair.ours, now=pair.ours.now + timedelta(seconds=1)))


def worst_order_counts(pair: Pair) -> Pair:
    """Records come in any order, and of several certificates in full OpenSSL tries the first."""
    return replace(pair, theirs=replace(pair.theirs, records=pair.theirs.records[::-1]))


def any_depth(pair: Pair) -> Pair:
    """The command `s_client` has no bound that a chain here reaches; Postfix, and so we, stop at 9."""
    return replace(pair, ours=replace(pair.ours, limits=replace(DEFAULT, path=replace(DEFAULT.path, depth=100))))


def whole_labels_only(pair: Pair) -> Pair:
    """By OpenSSL's default a wildcard may be part of a label; Postfix and Exim switch that off.

    A name that begins otherwise is beyond such a wildcard, and not beyond one that is a whole label.
    """
    name = f"0{pair.theirs.name}" if _has_partial_wildcard(pair.theirs.chain[0]) else pair.theirs.name
    return replace(pair, theirs=replace(pair.theirs, name=name))


def _has_partial_wildcard(leaf: bytes) -> bool:
    certificate = x509.load_der_x509_certificate(leaf)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    return any(re.match(r"[^*]+\*|\*[^.]", name) for name in names.get_values_for_type(x509.DNSName))


DECISIONS: dict[str, Callable[[Pair], Pair]] = {
    "A-3": pkix_usages_unusable,
    "A-10": last_second_included,
    "A-12": worst_order_counts,
    "L-18": any_depth,
    "R7672-3.2.3-c": whole_labels_only,
}


@dataclass(frozen=True)
class Difference:
    """A case that the two judged differently. `decisions` are those it vanishes with; empty: it must not be."""

    scene: Scene
    case: Case
    ours: MatchReport
    theirs: Opinion
    decisions: tuple[str, ...]

    def __str__(self) -> str:
        records = "\n".join(f"    -dane_tlsa_rrdata '{record}' \\" for record in self.case.records)
        at = int(self.case.now.timestamp())
        return "\n".join(
            [
                f"=== {self.case.label}: OpenSSL {self.theirs.outcome}: {self.theirs.detail}",
                f"    dane_check {self.ours.outcome}: {self.ours.reason}: {self.ours.detail}",
                f"openssl s_client -connect 127.0.0.1:PORT -brief -verify_return_error -attime {at} \\",
                "    -no-CAfile -no-CApath -no-CAstore -cipher DEFAULT@SECLEVEL=1 -dane_ee_no_namechecks \\",
                f"{records}\n    -dane_tlsa_domain {self.case.name}    # {self.case.now:%Y-%m-%dT%H:%M:%SZ}",
                *(f"# {one.subject} issued by {one.issuer}\n{pem}" for one, pem in self.scene.described()),
            ]
        )


# These make us refuse more than OpenSSL, so they excuse no acceptance.
STRICTER = {"A-12", "L-18", "R7672-3.2.3-c"}


def explained(asked: Question, server: Server, judge: Judge) -> tuple[str, ...]:
    """The fewest decisions with which both answer alike; none where nothing explains the difference."""
    accepted = judge(asked).as_deployed is Outcome.AUTHENTICATED
    able = [name for name in DECISIONS if not (accepted and name in STRICTER)]
    for size in range(1, len(able) + 1):
        for names in combinations(able, size):
            pair = Pair(asked, asked)
            for name in names:
                pair = DECISIONS[name](pair)
            if agree(judge(pair.ours), pair.theirs.to_openssl(server)):
                return names
    return ()


def agree(ours: MatchReport, theirs: Opinion) -> bool:
    """The same outcome, with the whole set at hand (D-36), and where OpenSSL matched, a record of ours does as well.

    Not always the same record: where several name one certificate, each may be reported.
    """
    depths = {one.depth for one in ours.records if one.alone is Outcome.AUTHENTICATED}
    return ours.as_deployed == theirs.outcome and (theirs.depth is None or theirs.depth in depths | {ours.depth})


def differences(scene: Scene, judge: Judge = Question.to_us) -> list[Difference]:
    """Serves the chain, puts every question about it to both, and keeps where they differ."""
    found = []
    with TemporaryDirectory() as folder, serving(scene.pem, scene.key, Path(folder)) as server:
        assert server.served() == scene.pem, f"{scene.label}: OpenSSL serves another chain than was meant"
        for case in scene.cases:
            asked = Question(scene.chain, case.records, case.name, case.now)
            theirs, ours = asked.to_openssl(server), judge(asked)
            if not agree(ours, theirs):
                found.append(Difference(scene, case, ours, theirs, explained(asked, server, judge)))
    return found


def all_differences() -> list[Difference]:
    """What this run's seed brings to light, over a few chains at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [one for found in pool.map(differences, scenes(SEED, CASES)) for one in found]


def summary(found: list[Difference]) -> str:
    """One line: how many cases, and what explains the differences."""
    counted = Counter(" with ".join(one.decisions) for one in found)
    unexplained = counted.pop("", 0)
    reasons = ", ".join(f"{number} explained by {name}" for name, number in sorted(counted.items()))
    return f"oracle: {CASES} cases, {unexplained} unexplained, {reasons or '0 explained'} (seed {SEED}, {version()})"


class TestTheMatcherBesideOpenSsl:
    """RFC 6698 §2.1 and §4.1, RFC 7671 §5 and §9, as deployed senders do it."""

    @pytest.mark.timeout(60 + CASES // 10)
    def test_both_judge_alike(self, record_property: Callable[[str, object], None]) -> None:
        """Outcome and depth are those of a real handshake, but for decisions that are named."""
        found = all_differences()
        record_property("summary", summary(found))
        unexplained = [one for one in found if not one.decisions]
        assert not unexplained, "\n\n".join(map(str, unexplained[:SHOWN]))


class TestTheOracleItself:
    """A comparison that could not fail would say nothing."""

    def test_a_matcher_that_only_compares_is_found_out(self) -> None:
        """Who takes every certificate that a record names for an authenticated server is refused by OpenSSL."""

        def careless(asked: Question) -> MatchReport:
            report = asked.to_us()
            named = any(one.depth is not None for one in report.records)
            return replace(report, outcome=Outcome.AUTHENTICATED) if named else report

        found = [one for some in scenes("careless", 60) for one in differences(some, careless)]
        unexplained = [one for one in found if not one.decisions]
        assert {(one.theirs.outcome, one.ours.outcome) for one in unexplained} == {("failed", "authenticated")}
        assert "BEGIN CERTIFICATE" in str(unexplained[0])

    def test_the_same_seed_gives_the_same_cases(self) -> None:
        """A difference can be looked at again on another machine."""
        once, again = (list(scenes("again", 20)) for _ in range(2))
        assert [(one.chain, one.cases) for one in once] == [(one.chain, one.cases) for one in again]
