"""Writes fixtures/dnssec-corpus: the replies of every attack, as octets, with what they come to.

`python -m tests.dnssec.corpus NAME …` adds the attacks named, or all that are not there yet; what is there stays as
it is, for it is a record of what once was sent. A case found by fuzzing is added by hand in the same form.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path

from dane_check.ports import Heard, NoReply, Question, Server
from dane_check.wire.message import Message
from tests.dnssec.attacks import ATTACKS, Attack
from tests.dnssec.world import NOW

FOLDER = Path(__file__).parents[2] / "fixtures" / "dnssec-corpus"
_MOST_OCTETS = 40_000  # a whole case; what is larger is told by its attack alone


class Listening:
    """A transport over another; keeps the first reply to every question."""

    def __init__(self, attack: Attack) -> None:
        self._attack = attack
        self.heard: dict[Question, Message] = {}

    async def ask(self, question: Question, server: Server) -> Heard:
        if (known := self.heard.get(question)) is not None:
            return known
        heard = await self._attack.recursive.ask(question, server)
        if not isinstance(heard, NoReply):
            self.heard[question] = heard
        return heard


def case(name: str) -> dict[str, object] | None:
    """One attack as a record; None where it is too large to keep, or is made of silence."""
    random.seed(name)  # dnspython shuffles the records of a set
    attack = ATTACKS[name]()
    listening = Listening(attack)
    resolver = attack.recursive.resolver(**attack.options)
    resolver._questions._transport = listening
    lookup = asyncio.run(resolver.lookup(attack.name, attack.rdtype))
    replies = [
        (str(q.name), str(q).split()[-1], b"\0\0".hex() + m.octets[2:].hex()) for q, m in listening.heard.items()
    ]
    if sum(len(octets) // 2 for _, _, octets in replies) > _MOST_OCTETS:
        return None
    return {
        "about": name,
        "now": attack.options.get("now", NOW),
        "anchors": attack.recursive.world.anchor(),
        "name": attack.name,
        "type": attack.rdtype,
        "expected": [lookup.status, lookup.kind, lookup.why and lookup.why.cause.value],
        "replies": sorted(replies),
    }


def main(names: list[str]) -> None:
    """Adds what is not there yet."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names or ATTACKS:
        path = FOLDER / f"{name}.json"
        if (name in names or not path.exists()) and (found := case(name)) is not None:
            path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
