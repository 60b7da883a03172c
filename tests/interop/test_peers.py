"""The same world seen by others: delv validates the TLSA record, posttls-finger sends by DANE.

First the peers are asked alone: the world is what its table says. Then our command must agree with them.
posttls-finger is not asked where it has no DANE to follow: it falls back to the public CAs there.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from _pytest.mark import ParameterSet

from .command import Command
from .exim import WITH_EXIM
from .peers import delv, posttls_finger, posttls_finger_command
from .world import World

pytestmark = pytest.mark.interop

# domain: delv's word about _25._tcp.mx, the number of records, what posttls-finger makes of it
PEERS = {
    "good.test": ("secure", 1, "verified"),
    "expired-leaf.test": ("secure", 1, "verified"),
    "anchor-served.test": ("secure", 1, "verified"),
    "next-hop-name.test": ("secure", 1, "verified"),
    "rsa-only.test": ("secure", 1, "verified"),
    "dual.test": ("secure", 2, "verified"),
    "one-of-two-matches.test": ("secure", 2, "verified"),
    "wildcard.test": ("secure", 1, "verified"),
    "many-iterations.test": ("secure", 1, "verified"),
    "knot-signed.test": ("secure", 1, "verified"),
    "knot-online.test": ("secure", 1, "verified"),
    "exim-rsa.test": ("secure", 1, "verified"),
    "exim-dual.test": ("secure", 1, "verified"),
    "exim-mismatch.test": ("secure", 1, "untrusted"),
    "exim-lost-chain.test": ("secure", 1, "no-tls"),
    "mismatch.test": ("secure", 1, "untrusted"),
    "anchor-not-served.test": ("secure", 1, "untrusted"),
    "wrong-name.test": ("secure", 1, "untrusted"),
    "chain-expired.test": ("secure", 1, "untrusted"),
    "agility.test": ("secure", 2, "untrusted"),
    "no-starttls.test": ("secure", 1, "no-tls"),
    "starttls-refused.test": ("secure", 1, "no-tls"),
    "handshake-fails.test": ("secure", 1, "no-tls"),
    "expired-signature.test": ("failed", 0, "tlsa-failed"),
    "changed-record.test": ("failed", 0, "tlsa-failed"),
    "wrong-ds.test": ("failed", 0, None),
    "unsigned.test": ("insecure", 1, None),
    "no-ds.test": ("insecure", 1, None),
    "unknown-algorithm.test": ("insecure", 1, None),
    "denied-and-no-starttls.test": ("denied", 0, None),
    "denied-nsec3.test": ("denied", 0, None),
    "denied-knot-nsec3.test": ("denied", 0, None),
    "denied-knot-online.test": ("denied", 0, None),
}


def _param(domain: str, *rest: object) -> ParameterSet:
    return pytest.param(domain, *rest, id=domain, marks=[WITH_EXIM] if domain.startswith("exim-") else [])


by_delv = pytest.mark.parametrize(
    ("domain", "word", "count"), [_param(domain, word, count) for domain, (word, count, _) in PEERS.items()]
)
by_postfix = pytest.mark.parametrize(
    ("domain", "word"), [_param(domain, word) for domain, (_, _, word) in PEERS.items() if word is not None]
)


@by_delv
def test_delv_finds_the_world_as_built(domain: str, word: str, count: int, world: World) -> None:
    """delv validates, denies or refuses the TLSA RRset of each situation as the table says."""
    answer = delv(world, f"_25._tcp.mx.{domain}")
    assert (answer.word, len(answer.records)) == (word, count)


@by_postfix
def test_posttls_finger_finds_the_world_as_built(domain: str, word: str, finger: Callable[[str], str]) -> None:
    """Postfix verifies, refuses or fails to look up each situation as the table says."""
    assert finger(domain) == word


SECURE = [_param(domain) for domain, (word, _, _) in PEERS.items() if word == "secure"]


@pytest.mark.parametrize("domain", SECURE)
def test_we_see_the_records_delv_validates(domain: str, world: World, dane_check: Command) -> None:
    """The TLSA records we judge are exactly those that delv found secure."""
    (host,) = dane_check.domain(domain).domain["hosts"]
    assert {published["record"] for published in host["tlsa"]} == delv(world, f"_25._tcp.mx.{domain}").records


@by_postfix
def test_we_agree_with_postfix(domain: str, word: str, finger: Callable[[str], str], dane_check: Command) -> None:
    """We call a host authenticated where Postfix verifies it, and nowhere else."""
    assert (dane_check.domain(domain).results == {"authenticated"}) == (finger(domain) == "verified")


@pytest.fixture(scope="module")
def finger(world: World) -> Callable[[str], str]:
    """posttls-finger, one run for each domain."""
    command = posttls_finger_command(world)
    seen: dict[str, str] = {}

    def ask(domain: str) -> str:
        if domain not in seen:
            seen[domain] = posttls_finger(command, domain)
        return seen[domain]

    return ask
