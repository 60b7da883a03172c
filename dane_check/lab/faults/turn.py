"""What one turn of a peer becomes: the octets that follow one another until we speak again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

_ENDLESS_LINE = b"220-and so on\r\n"


class StreamTrouble(StrEnum):
    """What can happen to one connection, or to one turn of the peer; "from" is the fault's `octet`."""

    REFUSE = "refuse"  # no connection
    DROP = "drop"  # silence; of a connection: no answer to the SYN
    DELAY = "delay"  # `seconds` later
    TRUNCATE = "truncate"  # an orderly end from there on
    DUPLICATE = "duplicate"  # everything twice
    REORDER = "reorder"  # what stands from there on first, then what stood before it
    CORRUPT = "corrupt"  # bits of that octet flipped
    RESET = "reset"  # StreamBroken(RESET) from there on
    SLOW_LORIS = "slow-loris"  # one octet each `seconds`
    ENDLESS = "endless"  # lines of a reply that never ends, in place of what was said
    HALF_OPEN = "half-open"  # silence from there on
    OVERSIZED = "oversized"  # TLS with a chain beyond all bounds, by an impostor in the server's place


class Then(Enum):
    """What follows on the octets of a turn."""

    GO_ON = "go on"
    END = "end"
    RESET = "reset"
    SILENCE = "silence"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Turn:
    """The octets to be read, `seconds` before each read (of one octet each if `single`), and what follows."""

    octets: bytes
    then: Then = Then.GO_ON
    seconds: float = 0
    single: bool = False


def spoiled(trouble: StreamTrouble, said: bytes, at: int, mask: int, seconds: float) -> Turn:
    """What becomes of a turn in which the peer said `said`; `at` is the octet that the trouble begins with."""
    match trouble:
        case StreamTrouble.DROP:
            return Turn(b"", Then.SILENCE)
        case StreamTrouble.DELAY:
            return Turn(said, seconds=seconds)
        case StreamTrouble.TRUNCATE:
            return Turn(said[:at], Then.END)
        case StreamTrouble.DUPLICATE:
            return Turn(said + said)
        case StreamTrouble.REORDER:
            return Turn(said[at:] + said[:at])
        case StreamTrouble.CORRUPT:
            return Turn(said[:at] + bytes(octet ^ mask for octet in said[at : at + 1]) + said[at + 1 :])
        case StreamTrouble.RESET:
            return Turn(said[:at], Then.RESET)
        case StreamTrouble.SLOW_LORIS:
            return Turn(said, seconds=seconds, single=True)
        case StreamTrouble.ENDLESS:
            return Turn(_ENDLESS_LINE * 64, Then.AGAIN)
        case StreamTrouble.HALF_OPEN:
            return Turn(said[:at], Then.SILENCE)
        case StreamTrouble.REFUSE | StreamTrouble.OVERSIZED:
            return Turn(said)  # these befall a connection, not what is said in it
