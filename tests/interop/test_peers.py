"""The same world seen by posttls-finger, which sends as Postfix does; `differences.py` explains where it differs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .command import Checked, Command
from .differences import POSTTLS_FINGER, Difference
from .peers import Validated, delv, posttls_finger, posttls_finger_command
from .plan import Situation
from .situations import SITUATIONS
from .test_situations import params
from .world import World

pytestmark = pytest.mark.interop

WORDS = {
    "authenticated": "verified",
    **dict.fromkeys(("mismatch", "name-mismatch", "chain-expired", "chain-invalid", "ta-missing"), "unverified"),
    "encrypted": "encrypted",
    **dict.fromkeys(("cleartext", "no-starttls", "starttls-refused", "starttls-injection", "tls-failed"), "no-tls"),
    **dict.fromkeys(("unreachable", "smtp-refused", "protocol-error"), "no-session"),
}


def _our_words(checked: Checked) -> str:
    """What our endpoints say, in posttls-finger's words; where there is none, why."""
    if not checked.results:
        return "no-mail" if checked.domain["verdict"] == "not-applicable" else "lookup-failed"
    return ", ".join(sorted({WORDS[result] for result in checked.results}))


@pytest.mark.parametrize("case", params(SITUATIONS))
def test_posttls_finger_agrees_or_the_difference_is_explained(
    case: Situation, finger: Callable[[str], str], dane_check: Command, world: World
) -> None:
    """posttls-finger and we say the same of every situation, or what is said of it is in the table of differences; the
    TLSA records we judge are exactly those that delv finds secure at the same name."""
    checked = dane_check.situation(case)
    ours, theirs = _our_words(checked), finger(case.domain)
    explained = POSTTLS_FINGER.get(case.domain, Difference(theirs=ours, ours=ours, why="no difference"))
    assert (theirs, ours) == (explained.theirs, explained.ours), case.says
    for host in checked.domain["hosts"]:
        if host["tlsa"]:
            validated = delv(world, f"_25._tcp.{host['tlsa_base_domain']}")
            assert validated == Validated("secure", frozenset(one["record"] for one in host["tlsa"]))


@pytest.fixture(scope="module")
def finger(world: World) -> Callable[[str], str]:
    """posttls-finger in this world."""
    command = posttls_finger_command(world)
    return lambda domain: posttls_finger(command, domain)
