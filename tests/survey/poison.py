"""Renderings that go wrong, in whichever process renders."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

from dane_check.check.outcome import DomainCheck
from dane_check.survey.element import Element, Rendering


@dataclass(frozen=True, slots=True)
class Poisoned(Rendering):
    """`deadly` ends the process that renders it, `faulty` meets a bug of ours."""

    deadly: str = ""
    faulty: str = ""

    def element(self, name: str, check: DomainCheck) -> Element:
        """See `Rendering`."""
        if name == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        if name == self.faulty:
            raise LookupError("a bug\nof two lines")
        return Rendering.element(self, name, check)


def unreadable() -> None:
    """Stands for a worker that cannot even read what it is to do."""
    raise SystemExit(3)


@dataclass(frozen=True, slots=True)
class Unreadable(Rendering):
    """Ends whoever unpacks it."""

    def __reduce__(self) -> tuple[object, tuple[()]]:
        return unreadable, ()
