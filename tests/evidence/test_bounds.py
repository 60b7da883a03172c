"""Evidence keeps the limits of a run that are not our own, and a replay judges by them."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dane_check import DomainCheck, Settings, UsageError, replay
from dane_check.evidence.bounds import limits_of, recorded_limits
from dane_check.evidence.file import from_text, to_text
from dane_check.limits import DEFAULT, UNHURRIED, DnsLimits, DomainLimits, Limits, PathLimits, SessionLimits
from dane_check.ports import KeyType, ProbeOutcome, ProbeRequest, ServedChain, TlsFacts
from tests.check.liars import HOST, Resolver, checked, honest
from tests.dnssec.world import World
from tests.evidence.samples import evidence
from tests.pki import NOW, make_ca, make_leaf

ISSUER = make_ca("Issuer")
LEAF = make_leaf(HOST, issuer=ISSUER, dns_names=[HOST])
RECORD = f"2 1 1 {hashlib.sha256(ISSUER.spki).hexdigest()}"

CHANGED: dict[str, Limits] = {
    "limits.dns.questions_per_domain": replace(DEFAULT, dns=DnsLimits(questions_per_domain=4)),
    "limits.dns.tlsa_records": replace(DEFAULT, dns=DnsLimits(tlsa_records=0)),
    "limits.domain.mx_hosts": replace(DEFAULT, domain=DomainLimits(mx_hosts=0)),
    "limits.domain.addresses_per_family": replace(DEFAULT, domain=DomainLimits(addresses_per_family=0)),
    "limits.session.chain_certificates": replace(DEFAULT, session=SessionLimits(chain_certificates=1)),
    "limits.path.signature_checks": replace(DEFAULT, path=PathLimits(signature_checks=0)),
}


class MailServer:
    """A `Prober`: the same leaf at every address, with the issuer that its record names."""

    async def probe(self, request: ProbeRequest) -> ProbeOutcome:
        tls = TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", None)
        return ServedChain((LEAF.der, ISSUER.der), KeyType.ECDSA, tls)


def mail_world() -> World:
    """example.org. with one mail host, authenticated through its issuer."""
    world = World()
    world.add("org.")
    world.add("example.org.", f"@ MX 10 mx\nmx A 198.41.0.4\n_25._tcp.mx TLSA {RECORD}")
    return world


def judged(limits: Limits) -> DomainCheck:
    """A check of that world, with its evidence."""
    resolver = Resolver(mail_world(), honest)
    return checked(resolver, record=True, prober=MailServer(), certificates_at=NOW, limits=limits)


def kept(limits: Limits) -> Any:
    return json.loads(to_text(evidence(settings=recorded_limits(limits))))["settings"]


def test_the_world_is_well_by_our_own_limits() -> None:
    """So that what differs below does so by a limit."""
    assert judged(DEFAULT).verdict.word == "protected"


def test_our_own_limits_are_not_kept() -> None:
    """Files of runs with the defaults are what they always were."""
    assert kept(DEFAULT) == {}
    assert limits_of(()) == DEFAULT


def test_only_what_differs_is_kept() -> None:
    """By area and name, as in `Limits`."""
    limits = Limits(dns=DnsLimits(alias_hops=3), path=PathLimits(depth=2))
    assert kept(limits) == {"limits.dns.alias_hops": 3, "limits.path.depth": 2}


def test_what_a_replay_has_no_use_for_is_not_kept() -> None:
    """It waits for nobody and spares nobody."""
    assert kept(Limits(run=UNHURRIED, dns=DnsLimits(lookup_seconds=1), session=SessionLimits(reply_seconds=2))) == {}


@pytest.mark.parametrize(("name", "limits"), CHANGED.items(), ids=CHANGED)
def test_a_replay_is_bounded_as_the_run_was(name: str, limits: Limits) -> None:
    """The verdict of a run whose limits cut it short is the same offline, and another one by the defaults."""
    check = judged(limits)
    assert check.evidence is not None
    taken = from_text(to_text(check.evidence))
    assert [one for one in taken.settings if one[0].startswith("limits.")] == list(recorded_limits(limits))
    (again,) = asyncio.run(replay(taken))
    assert again.verdict == check.verdict
    without = replace(taken, settings=tuple(one for one in taken.settings if one[0] != name))
    (otherwise,) = asyncio.run(replay(without))
    assert otherwise.verdict != check.verdict


def test_messages_are_read_by_the_limits_of_the_run() -> None:
    """What was heard under a wider limit is still evidence."""
    document = to_text(evidence(settings=(("limits.dns.message_records", 0),)))
    with pytest.raises(UsageError, match="too many questions or records"):
        from_text(document)


@pytest.mark.parametrize("value", [-1, True, "8", None, 1.5, 10 * DEFAULT.dns.alias_hops + 1])
@pytest.mark.parametrize("reader", [limits_of, lambda settings: from_text(to_text(evidence(settings=settings)))])
def test_what_is_no_limit_is_refused(value: Any, reader: Callable[[Any], object]) -> None:
    """A file may ask for ten times our own work, and no more."""
    with pytest.raises(UsageError, match=r"limits\.dns\.alias_hops, which is no whole number from 0 to 110"):
        reader((("limits.dns.alias_hops", value),))


def test_a_limit_nobody_knows_changes_nothing() -> None:
    """As with any other setting that a later program may write."""
    assert limits_of((("limits.dns.unheard_of", 3), ("ipv4", True))) == Settings().limits
