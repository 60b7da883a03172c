"""A zone that changes while it is watched: TLSA records are replaced by dynamic updates, and the verdict follows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

import pytest

from .command import Command
from .updates import Updatable
from .world import World

pytestmark = pytest.mark.interop

_PATIENCE: Final = 10  # looks, a second apart


@pytest.fixture
def updatable(world: World) -> Iterator[Updatable]:
    """The zone that tests may change, as it was and as it shall be again."""
    yield world.updatable
    world.updatable.publish(world.updatable.current)


def _verdict(dane_check: Command, updatable: Updatable, resolver: str) -> tuple[str, int]:
    checked = dane_check.run("domain", updatable.domain, *dane_check.world_options(resolver), "--allow-reserved")
    return checked.domain["verdict"], checked.status


def _settled(dane_check: Command, updatable: Updatable, resolver: str, word: str) -> tuple[str, int]:
    """The verdict once the resolver has dropped what it held: an absence has the TTL of the SOA record."""
    for _ in range(_PATIENCE):
        if (found := _verdict(dane_check, updatable, resolver))[0] == word:
            break
        time.sleep(1)
    return found


@pytest.mark.parametrize("resolver", ["unbound", "bind"])
def test_the_verdict_follows_each_update(updatable: Updatable, resolver: str, dane_check: Command) -> None:
    """The record of a key that is not served breaks the domain, the right one beside it mends it, and without any the
    domain is unprotected."""
    seen, words = [], ("protected", "broken", "protected", "unprotected")
    for records in (
        [updatable.current],
        [updatable.future],
        [updatable.current, updatable.future],
        [],
    ):
        updatable.publish(*records)
        seen.append(_settled(dane_check, updatable, resolver, words[len(seen)]))
    assert seen == [("protected", 0), ("broken", 1), ("protected", 0), ("unprotected", 3)]


def test_nsupdate_does_the_same(updatable: Updatable, dane_check: Command) -> None:
    """What BIND's own nsupdate publishes is seen as well."""
    name = updatable.tlsa_name
    updatable.nsupdate(f"add {name} 0 TLSA {updatable.future}", f"delete {name} TLSA {updatable.current}")
    assert _settled(dane_check, updatable, "unbound", "broken") == ("broken", 1)
    updatable.nsupdate(f"add {name} 0 TLSA {updatable.current}")
    assert _settled(dane_check, updatable, "unbound", "protected") == ("protected", 0)
