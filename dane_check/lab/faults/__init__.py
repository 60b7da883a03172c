"""Trouble on the way: wrappers at the ports that spoil one question or one turn of one session, once or always.

They know nothing of the lab's world and wrap any transport and any dialer, the live ones included. What is to
happen is a plan of values (`DnsFault`, `StreamFault`); `ErraticTransport` and `ErraticDialer` draw theirs from a
seed and a rate. docs/lab.md has the table of troubles.
"""

from dane_check.lab.faults.dns import DnsFault, DnsTrouble, FaultyTransport
from dane_check.lab.faults.erratic import ErraticDialer, ErraticTransport
from dane_check.lab.faults.stream import CONNECTION, FaultyDialer, StreamFault
from dane_check.lab.faults.turn import StreamTrouble

__all__ = [
    "CONNECTION",
    "DnsFault",
    "DnsTrouble",
    "ErraticDialer",
    "ErraticTransport",
    "FaultyDialer",
    "FaultyTransport",
    "StreamFault",
    "StreamTrouble",
]
