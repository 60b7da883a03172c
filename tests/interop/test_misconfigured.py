"""Is it us? Behind a resolver that is set up wrongly nothing is judged, and the finding says whose trouble it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .command import Checked, Command
from .daemon import Daemon
from .misconfigured import misconfigured
from .resolvers import At
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


@pytest.mark.parametrize("resolver", ["redirects", "denies"])
def test_a_lie_about_one_domain_never_passes_for_its_answer(
    resolver: str, places: dict[str, At], dane_check: Command
) -> None:
    """A resolver that lies about one domain and says so nowhere cannot be told from a domain whose signatures are gone:
    what it invents is never believed, and nobody connects."""
    checked = _check(dane_check, places[resolver], "good.test")
    assert checked.domain["verdict"] in {"broken", "undetermined"}
    assert checked.results == frozenset()


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
