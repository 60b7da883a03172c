"""Is it us? Behind a resolver that is set up wrongly nothing is judged, and the finding says whose trouble it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dns.flags
import dns.message
import dns.query
import pytest

from .command import Checked, Command
from .daemon import Daemon
from .misconfigured import misconfigured
from .resolvers import RESOLVERS, At
from .world import World, running

pytestmark = pytest.mark.interop

# resolver, domain, the code that says it is us
CASES = [
    ("strips", "good.test", "env-resolver-no-dnssec"),
    ("strips", "mismatch.test", "env-resolver-no-dnssec"),
    ("strips", "unsigned.test", "env-resolver-no-dnssec"),
    ("forwards-to-stripping", "good.test", "env-resolver-no-dnssec"),
    ("no-tcp", "needs-tcp.test", "env-dns-tcp-blocked"),
    ("refuses", "good.test", "env-resolver-unusable"),
    ("portal", "good.test", "env-resolver-no-dnssec"),
    ("redirects", "good.test", "env-resolver-lies"),
    ("denies", "good.test", "env-resolver-lies"),
    ("policy-zone", "good.test", "env-resolver-lies"),
    ("nobody", "good.test", "env-resolver-unusable"),
]


@pytest.fixture(scope="module")
def places(world: World) -> Iterator[dict[str, At]]:
    """Where the misconfigured resolvers of this world listen."""
    folder = world.folder / "misconfigured"
    folder.mkdir()
    found, daemons = misconfigured(folder, world.prefix, world.roots)
    with running(*daemons):
        yield found


def _check(dane_check: Command, resolver: At, domain: str) -> Checked:
    anchor = str(dane_check.world.roots.anchor)
    return dane_check.run("domain", domain, "--resolver", str(resolver), "--trust-anchor", anchor, "--allow-reserved")


def _findings(domain: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = [*domain["findings"], *(one for host in domain["hosts"] for one in host["findings"])]
    return {one["code"]: one for one in found}


@pytest.mark.parametrize(("resolver", "domain", "code"), CASES)
def test_a_misconfigured_resolver_is_named_and_nothing_is_judged(
    resolver: str, domain: str, code: str, places: dict[str, At], dane_check: Command
) -> None:
    """The verdict is undetermined, nobody is connected to, and one finding names the resolver and the next step."""
    checked = _check(dane_check, places[resolver], domain)
    assert (checked.domain["verdict"], checked.status, checked.results) == ("undetermined", 4, frozenset())
    found = _findings(checked.domain)
    assert code in found, (list(found), checked.domain["sentence"])
    assert found[code]["remedy"]


@pytest.mark.parametrize(
    ("domain", "verdict", "status"),
    [("good.test", "protected", 0), ("unsigned.test", "unprotected", 3), ("expired-signature.test", "undetermined", 4)],
)
def test_a_resolver_that_ignores_cd_hides_what_is_bogus(
    domain: str, verdict: str, status: int, places: dict[str, At], dane_check: Command
) -> None:
    """Where a resolver ignores CD, what validates is judged as ever, and what is bogus cannot be told."""
    checked = _check(dane_check, places["deaf-to-cd"], domain)
    assert (checked.domain["verdict"], checked.status) == (verdict, status)


@pytest.mark.parametrize(
    "domain", ["good.test", "unsigned.test", "bad-signature.test", "expired-signature.test", "nowhere.test"]
)
@pytest.mark.parametrize("resolver", RESOLVERS)
def test_no_answer_from_recursion_carries_aa(resolver: str, domain: str, world: World) -> None:
    """D-42 rests on it: fetched now or kept, good or bogus, what a resolver had from others never has AA."""
    for rdtype in ("MX", "DNSKEY", "DS", "MX", "DNSKEY", "DS"):
        query = dns.message.make_query(domain, rdtype, want_dnssec=True)
        query.flags |= dns.flags.CD
        at = world.resolvers[resolver]
        reply, _ = dns.query.udp_with_fallback(query, at.address, timeout=10, port=at.port)
        assert not reply.flags & dns.flags.AA, rdtype


def test_other_domains_are_judged_behind_a_resolver_that_lies_about_one(
    places: dict[str, At], dane_check: Command
) -> None:
    """A local zone for one domain does no harm to another."""
    checked = _check(dane_check, places["redirects"], "mismatch.test")
    assert (checked.domain["verdict"], checked.status) == ("broken", 1)


def test_every_misconfigured_resolver_was_at_work(places: dict[str, At], world: World) -> None:
    """Each of them answers, but for the one that is not there: no test above passed for want of a server."""
    assert {case[0] for case in CASES} <= set(places)
    assert not Daemon("nobody", [], world.folder / "none", places["nobody"].answers()).ready()
