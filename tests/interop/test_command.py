"""The command's other promises, kept in the real world: options, several domains, evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .command import Command
from .private_network import ADDRESSES6
from .resolvers import At, unbound
from .world import DS_OF_NOTHING, NO_NAMESPACE, World, running

pytestmark = pytest.mark.interop

OPTIONS = [
    ("W-10", "one-of-two-matches.test", ("--strict",), "protected", 1),
    ("W-47", "good.test", ("-4",), "protected", 0),
    ("D-11", "rsasha1.test", ("--allow-sha1",), "protected", 0),
    ("S3-11", "denied-nsec3.test", ("--require-dane",), "broken", 1),
    ("S3-12", "pkix-only.test", ("--require-dane",), "broken", 1),
    ("S1-05", "unsigned.test", ("--require-dane",), "broken", 1),
    ("D-18", "good.test", ("--no-connect",), "undetermined", 4),
    ("D-10", "denied-many-iterations.test", ("--nsec3-iterations", "150"), "unprotected", 3),
    ("R4035-5.3.1-e", "good.test", ("--at", "2001-01-01T00:00:00Z"), "undetermined", 4),
]


@pytest.mark.parametrize(
    ("domain", "options", "verdict", "status"),
    [pytest.param(*case[1:], id=f"{case[0]}-{' '.join(case[2])}") for case in OPTIONS],
)
def test_an_option_changes_the_verdict_as_its_rule_says(
    domain: str, options: tuple[str, ...], verdict: str, status: int, dane_check: Command
) -> None:
    """Each option gives the verdict and the exit status of its rule."""
    checked = dane_check.run("domain", domain, *dane_check.world_options(), "--allow-reserved", *options)
    assert (checked.domain["verdict"], checked.status) == (verdict, status)


def test_the_resolver_may_be_asked_over_ipv6(dane_check: Command, world: World) -> None:
    """A resolver at an IPv6 address gives the same verdict."""
    if not world.ipv6:
        pytest.skip(NO_NAMESPACE)
    at = At(ADDRESSES6[0])
    more = f"    do-ip6: yes\n    access-control: {at.address}/128 allow\n"
    with running(unbound(world.folder / "unbound6", at, world.roots, more)):
        anchor = str(world.roots.anchor)
        checked = dane_check.run(
            "domain", "good.test", "--resolver", str(at), "--trust-anchor", anchor, "--allow-reserved"
        )
    assert (checked.domain["verdict"], checked.status) == ("protected", 0)


def test_another_root_key_is_our_trouble(dane_check: Command, tmp_path: Path) -> None:
    """Behind a trust anchor that signs nothing here no domain is broken: nothing can be judged (W-39)."""
    anchor = tmp_path / "other.anchor"
    anchor.write_text(f". IN DS {DS_OF_NOTHING}\n")
    resolver = str(dane_check.world.resolvers["unbound"])
    checked = dane_check.run(
        "domain", "good.test", "--resolver", resolver, "--trust-anchor", str(anchor), "--allow-reserved"
    )
    assert (checked.domain["verdict"], checked.status) == ("undetermined", 4)
    assert "trust-anchor-problem" in {one["code"] for one in checked.domain["findings"]}


def test_reserved_addresses_are_left_alone_unless_allowed(dane_check: Command) -> None:
    """Without --allow-reserved no loopback address is connected to (S4-A01b)."""
    checked = dane_check.run("domain", "good.test", *dane_check.world_options())
    assert (checked.results, checked.status) == (frozenset({"skipped"}), 4)


def test_several_domains_exit_with_the_worst(dane_check: Command) -> None:
    """Over many domains the worst counts, and a domain DANE does not apply to does no harm (D-9)."""
    options = (*dane_check.world_options(), "--allow-reserved")
    well = dane_check.run("domain", "good.test", "null-mx.test", *options)
    mixed = dane_check.run("domain", "good.test", "mismatch.test", "unsigned.test", "port-closed.test", *options)
    assert {one["verdict"] for one in well.document["domains"]} == {"protected", "not-applicable"}
    assert (well.status, mixed.status) == (0, 1)


RECORDED = "good anchor-served mismatch dual-one-pinned expired-signature unsigned starttls-refused lame knot-online"


@pytest.mark.parametrize("name", RECORDED.split())
def test_evidence_replays_to_the_same_verdict(name: str, dane_check: Command, tmp_path: Path) -> None:
    """What was recorded against real servers is judged offline as it was judged live."""
    file = tmp_path / "evidence.json"
    options = (*dane_check.world_options(), "--allow-reserved", "--evidence", str(file))
    live = dane_check.run("domain", f"{name}.test", *options)
    replayed = dane_check.run("replay", str(file))
    assert (_judged(replayed.domain), replayed.status) == (_judged(live.domain), live.status)


def _judged(domain: dict[str, Any]) -> dict[str, Any]:
    """The document without what stands beside the verdict; lookups of one host are listed as they came in."""
    hosts = [{**host, "lookups": sorted(host["lookups"], key=lambda one: one["rdtype"])} for host in domain["hosts"]]
    return {key: value for key, value in domain.items() if key not in {"timings", "diagnostics"}} | {"hosts": hosts}
