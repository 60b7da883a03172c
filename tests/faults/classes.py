"""What a fault does to a step, and which verdicts are allowed then. Nothing here has seen an engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_GOOD_EXIT = 0


class Effect(StrEnum):
    """What a fault does to the octets of a step."""

    NONE = "none"  # all that is needed comes, whole and in time
    ADDED = "added"  # what is needed comes whole, and something behind or beside it that nothing vouches for
    WITHHELD = "withheld"  # what is needed does not come, or not in time, or cannot be read
    CUT = "cut"  # the peer ends in an orderly way before it has said all
    CHANGED = "changed"  # what comes is not what was said
    UNSIGNED = "unsigned"  # what comes is not what was said, and nobody had signed it


class Class(StrEnum):
    """The verdicts that are allowed, and so the promise that a cell holds the engine to."""

    CALM = "calm"  # the calm verdict, to the last endpoint
    TRANSIENT = "transient"  # calm or undetermined
    TRANSIENT_OCTETS = "transient, octets"  # calm, undetermined, or broken as S4-A03 to S4-A08 say
    WITHHELD = "withheld"  # undetermined, or calm where that is not protected; never exit 0
    CHANGED = "changed"  # undetermined, broken, or calm where that is not protected; never exit 0
    ONE_FAMILY = "changed, one family"  # as changed, or partial: the other family is as it was (S2-06)
    UNVOUCHED = "unvouched"  # calm, undetermined or broken: the octets are not those that the verdict rests on
    UNSIGNED = "unsigned"  # anything but exit 0: in an unsigned zone nobody can tell


@dataclass(frozen=True, slots=True)
class Step:
    """What the matrix has to know of a step.

    rests -- whether the verdict rests on it at all. tls_duty -- whether the session owes TLS to the host, so that
    its failing has the rows S4-A03 … S4-A08. dns -- a question; otherwise a turn of a session. one_family -- the
    question is for the addresses of one family of a host that has others.
    """

    rests: bool
    tls_duty: bool = False
    dns: bool = False
    one_family: bool = False


def class_of(step: Step, effect: Effect, *, lasting: bool) -> Class:
    """The class of a cell."""
    if effect is Effect.NONE or not step.rests:
        return Class.CALM
    if effect is Effect.UNSIGNED:
        return Class.UNSIGNED
    if not lasting:
        octets = not step.dns and step.tls_duty and effect is not Effect.WITHHELD
        return Class.TRANSIENT_OCTETS if octets else Class.TRANSIENT
    match effect:
        case Effect.ADDED:
            return Class.UNVOUCHED
        case Effect.WITHHELD:
            return Class.WITHHELD
        case _:
            return Class.ONE_FAMILY if step.one_family else Class.CHANGED


def allowed(which: Class, calm: str) -> Iterable[str]:
    """The domain verdicts that a class allows; `calm` is that of the calm run."""
    match which:
        case Class.CALM:
            return {calm}
        case Class.TRANSIENT:
            return {calm, "undetermined"}
        case Class.TRANSIENT_OCTETS | Class.UNVOUCHED:
            return {calm, "undetermined", "broken"}
        case Class.WITHHELD:
            return {calm, "undetermined"} - {"protected"}
        case Class.CHANGED:
            return {calm, "undetermined", "broken"} - {"protected"}
        case Class.ONE_FAMILY:
            return {calm, "undetermined", "broken", "partial"} - {"protected"}
        case Class.UNSIGNED:
            return {"partial", "unprotected", "broken", "undetermined", "not-applicable"}
