"""Sender profiles: what differs between senders at one host, told beside a verdict that it never changes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dane_check.findings import About
from dane_check.policy.authentication import judge_chain
from dane_check.policy.base_domain import Duty, Requirement
from dane_check.policy.endpoint import Circumstances, Judged, judge_refusal, type_missing
from dane_check.policy.host import Group, host_verdict
from dane_check.policy.profiles import PROFILES, sender_views
from dane_check.policy.verdict import HostVerdict, HostWord, SenderOutcome
from dane_check.ports import Fault, HandshakeFailure, KeyType, Refusal, ServedChain, Stage, TlsFacts
from dane_check.tlsa.record import TlsaRecord
from tests.pki import HOST, NOW, Made, make_ca, make_leaf, rsa_key
from tests.tlsa.chains import record, wrong

ACCEPTS, REFUSES, CANNOT_TELL = SenderOutcome.ACCEPTS, SenderOutcome.REFUSES, SenderOutcome.CANNOT_TELL
EC, RSA = KeyType.ECDSA, KeyType.RSA
FIRST, SECOND = "192.0.2.1", "192.0.2.2"
TLS = TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", None)
SIMULATED = TlsFacts("", "", None)

ROOT = make_ca("Root")
LEAF = make_leaf(issuer=ROOT)
RSA_LEAF = make_leaf(issuer=ROOT, key=rsa_key())
CN_LEAF = make_leaf(issuer=ROOT, dns_names=None)
SELF_SIGNED = make_leaf()
OTHER = make_leaf("other.test", issuer=ROOT)
GOOD, RSA_GOOD, STRONGER = record((3, 1, 1), LEAF), record((3, 1, 1), RSA_LEAF), wrong((3, 1, 2))
BARE, ANCHOR, WHOLE = record((2, 1, 0), ROOT), record((2, 1, 1), ROOT), record((2, 0, 0), ROOT)


def required(*records: TlsaRecord, duty: Duty = Duty.AUTHENTICATE) -> Requirement:
    return Requirement(duty, HOST, records, (3600,) * len(records))


def place(requirement: Requirement, address: str = FIRST) -> Circumstances:
    about = About("example.test", HOST, address)
    return Circumstances(about, address, 25, requirement, HOST, True, True, (HOST,), (), NOW)


def serving(
    requirement: Requirement, *chain: Made, key_type: KeyType = EC, address: str = FIRST, tls: TlsFacts = TLS
) -> Judged:
    served = ServedChain(tuple(one.der for one in chain), key_type, tls)
    return judge_chain(place(requirement, address), served)


def silent(requirement: Requirement, refusal: Refusal = Refusal.NOT_CONNECTED, address: str = SECOND) -> Judged:
    stage = Stage.CONNECT if refusal is Refusal.NOT_CONNECTED else Stage.STARTTLS
    return judge_refusal(place(requirement, address), HandshakeFailure(stage, refusal, Fault.TIMEOUT))


def untested(requirement: Requirement, *types: KeyType) -> Judged:
    found = type_missing(place(requirement), frozenset(types), None)
    assert found is not None
    return found


def outcomes(*judged: Judged) -> dict[str, SenderOutcome]:
    return {view.profile: view.outcome for view in sender_views(judged)}


def all_but(usual: SenderOutcome, **others: SenderOutcome) -> dict[str, SenderOutcome]:
    """Every profile with its outcome, the usual one unless named."""
    named = {name.replace("_", "-"): outcome for name, outcome in others.items()}
    assert named.keys() <= {profile.name for profile in PROFILES}
    return {profile.name: usual for profile in PROFILES} | named


class TestWhatIsMatched:
    """One ECDSA certificate at one address; whoever wants RSA is refused by it, whatever else holds."""

    TABLE = (
        pytest.param((GOOD,), (LEAF, ROOT), all_but(ACCEPTS, rsa_only=REFUSES), id="3 1 1"),
        pytest.param((wrong((3, 1, 1)),), (LEAF, ROOT), all_but(REFUSES), id="nothing matches"),
        pytest.param((GOOD, STRONGER), (LEAF, ROOT), all_but(REFUSES, no_agility=ACCEPTS), id="agility conflict"),
        pytest.param(
            (GOOD, STRONGER, ANCHOR), (LEAF, ROOT), all_but(ACCEPTS, rsa_only=REFUSES), id="agility, but an anchor"
        ),
        pytest.param((BARE,), (LEAF,), all_but(ACCEPTS, rsa_only=REFUSES, no_bare_key=REFUSES), id="bare key"),
        pytest.param((BARE,), (LEAF, ROOT), all_but(ACCEPTS, rsa_only=REFUSES), id="its certificate is served"),
        pytest.param((BARE, GOOD), (LEAF,), all_but(ACCEPTS, rsa_only=REFUSES), id="bare key beside 3 1 1"),
        pytest.param(
            (record((2, 1, 0), SELF_SIGNED),),
            (SELF_SIGNED,),
            all_but(ACCEPTS, rsa_only=REFUSES, no_bare_key=REFUSES),
            id="bare key of a self-signed leaf",
        ),
        pytest.param(
            (ANCHOR,), (CN_LEAF, ROOT), all_but(ACCEPTS, rsa_only=REFUSES, no_common_name=REFUSES), id="common name"
        ),
        pytest.param(
            (ANCHOR, record((3, 1, 1), CN_LEAF)),
            (CN_LEAF, ROOT),
            all_but(ACCEPTS, rsa_only=REFUSES),
            id="common name, but 3 1 1",
        ),
    )

    @pytest.mark.parametrize(("records", "chain", "expected"), TABLE)
    def test_each_profile(
        self, records: Sequence[TlsaRecord], chain: Sequence[Made], expected: dict[str, SenderOutcome]
    ) -> None:
        """RFC 7671 §5.2.3 and §9, RFC 7672 §3.2.3: only who lacks the one thing that authenticates differs."""
        assert outcomes(serving(required(*records), *chain)) == expected

    def test_a_certificate_in_full_beside_a_bare_key_leaves_a_doubt(self) -> None:
        """A-12: what other records do beside a 2 0 0 was judged for the set only, and nobody is promised anything."""
        requirement = required(BARE, WHOLE)
        assert outcomes(serving(requirement, LEAF)) == all_but(ACCEPTS, rsa_only=REFUSES, no_bare_key=CANNOT_TELL)

    def test_the_deciding_endpoint_is_named(self) -> None:
        """Address, certificate type and why."""
        said = {view.profile: view.because for view in sender_views([serving(required(GOOD, STRONGER), LEAF)])}
        assert said["openssl"] == f"{FIRST} ECDSA: mismatch (agility)"
        assert said["no-agility"] == f"{FIRST} ECDSA: a record that digest agility sets aside matches"
        assert said["rsa-only"] == f"{FIRST}: no RSA certificate"


class TestCertificateTypes:
    """S4-A22, D-15: a sender meets the certificates of the types that it offers."""

    def test_both_match(self) -> None:
        requirement = required(GOOD, RSA_GOOD)
        both = serving(requirement, LEAF), serving(requirement, RSA_LEAF, key_type=RSA)
        assert outcomes(*both) == all_but(ACCEPTS)

    def test_the_one_that_is_stale_refuses_its_own_senders(self) -> None:
        """Who takes either type may be served the stale one; that it will be is not known."""
        requirement = required(GOOD)
        both = serving(requirement, LEAF), serving(requirement, RSA_LEAF, key_type=RSA)
        assert outcomes(*both) == all_but(CANNOT_TELL, ecdsa_only=ACCEPTS, rsa_only=REFUSES)

    def test_the_stale_one_served_to_everybody_refuses_everybody_else(self) -> None:
        """The first session offered every type, as such senders do, and was handed the stale certificate."""
        requirement = required(RSA_GOOD)
        both = serving(requirement, LEAF), serving(requirement, RSA_LEAF, key_type=RSA)
        assert outcomes(*both) == all_but(REFUSES, rsa_only=ACCEPTS)

    def test_of_candidate_chains_none_is_served_first(self) -> None:
        """A rehearsal negotiates nothing, so the order of its chains decides nothing."""
        requirement = required(RSA_GOOD)
        chains = [
            serving(requirement, LEAF, tls=SIMULATED),
            serving(requirement, RSA_LEAF, key_type=RSA, tls=SIMULATED),
        ]
        for order in (chains, chains[::-1]):
            assert outcomes(*order) == all_but(CANNOT_TELL, rsa_only=ACCEPTS, ecdsa_only=REFUSES)

    def test_a_type_that_was_not_tested_is_not_judged(self) -> None:
        requirement = required(GOOD)
        judged = serving(requirement, LEAF), untested(requirement, RSA, KeyType.EDDSA)
        assert outcomes(*judged) == all_but(CANNOT_TELL, ecdsa_only=ACCEPTS)

    def test_a_type_that_was_seen_stands_whatever_else_was_not_tested(self) -> None:
        requirement = required(GOOD, RSA_GOOD)
        judged = (
            serving(requirement, LEAF),
            serving(requirement, RSA_LEAF, key_type=RSA),
            untested(requirement, KeyType.EDDSA),
        )
        assert outcomes(*judged) == all_but(CANNOT_TELL, ecdsa_only=ACCEPTS, rsa_only=ACCEPTS)

    def test_a_certificate_of_an_unknown_type_is_no_proof_of_absence(self) -> None:
        judged = serving(required(GOOD), LEAF, key_type=KeyType.UNKNOWN)
        assert outcomes(judged) == all_but(ACCEPTS, ecdsa_only=CANNOT_TELL, rsa_only=CANNOT_TELL)


class TestAddresses:
    """A host is as good as its worst address; a refusal is certain, silence is not."""

    def test_an_address_that_is_silent_cannot_be_told(self) -> None:
        requirement = required(GOOD)
        assert outcomes(serving(requirement, LEAF), silent(requirement)) == all_but(CANNOT_TELL, rsa_only=REFUSES)

    def test_an_address_without_starttls_is_refused_by_all(self) -> None:
        requirement = required(GOOD)
        judged = serving(requirement, LEAF), silent(requirement, Refusal.NO_STARTTLS)
        assert outcomes(*judged) == all_but(REFUSES)

    def test_one_address_with_another_certificate_is_refused(self) -> None:
        requirement = required(GOOD)
        views = sender_views([serving(requirement, LEAF), serving(requirement, OTHER, address=SECOND)])
        assert (views[0].outcome, views[0].because) == (REFUSES, f"{SECOND} ECDSA: mismatch (dane-no-match)")

    def test_addresses_that_could_not_be_looked_up_are_missing(self) -> None:
        """D-2: nobody is said to accept what was not seen."""
        views = sender_views([serving(required(GOOD), LEAF)], not_looked_up=True)
        assert {view.profile: view.outcome for view in views} == all_but(CANNOT_TELL, rsa_only=REFUSES)


class TestHosts:
    """The views stand with a host that is to be authenticated, and change nothing else of it."""

    def host(self, *groups: Group, floor: HostWord | None = None) -> HostVerdict:
        about = About("example.test", HOST)
        return host_verdict(about, 10, groups, floor=floor, findings=(), lookups=(), complete=True)

    def test_one_view_for_each_profile_in_the_order_of_the_table(self) -> None:
        requirement = required(GOOD)
        host = self.host(Group(requirement, (serving(requirement, LEAF),)))
        assert [view.profile for view in host.senders] == [profile.name for profile in PROFILES]
        assert host.word is HostWord.DANE_OK

    @pytest.mark.parametrize("duty", [Duty.ENCRYPT, Duty.OPPORTUNISTIC])
    def test_without_that_duty_there_are_none(self, duty: Duty) -> None:
        requirement = required(GOOD, duty=duty)
        assert self.host(Group(requirement, (serving(requirement, LEAF),))).senders == ()

    def test_a_floor_of_the_lookups_holds_for_the_senders_too(self) -> None:
        requirement = required(GOOD)
        host = self.host(Group(requirement, (serving(requirement, LEAF),)), floor=HostWord.DNS_ERROR)
        assert host.senders[0].outcome is CANNOT_TELL

    @pytest.mark.parametrize("published", [(GOOD,), (RSA_GOOD,), (GOOD, RSA_GOOD), (GOOD, STRONGER), (ANCHOR,)])
    @pytest.mark.parametrize("reachable", [True, False])
    def test_the_first_profile_accepts_exactly_what_the_verdict_does(
        self, published: Sequence[TlsaRecord], reachable: bool
    ) -> None:
        """Two words for one thing must not disagree."""
        requirement = required(*published)
        judged = [serving(requirement, LEAF, ROOT), serving(requirement, RSA_LEAF, ROOT, key_type=RSA)]
        host = self.host(Group(requirement, (*judged, *([] if reachable else [silent(requirement)]))))
        assert (host.senders[0].outcome is ACCEPTS) == (host.word is HostWord.DANE_OK)


def test_profiles_have_names_of_their_own_and_a_source() -> None:
    """The table is what users read: nothing in it is empty, nothing twice."""
    assert len({profile.name for profile in PROFILES}) == len(PROFILES)
    assert all(profile.sentence and profile.source for profile in PROFILES)
    assert PROFILES[0].name == "openssl"
