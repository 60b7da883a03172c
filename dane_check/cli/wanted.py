"""What `dane-check domain` is asked about: domains, a list of them, or one host."""

from __future__ import annotations

from dataclasses import dataclass

from dane_check.cli.files import read_octets
from dane_check.cli.lists import DomainList, destination, read_list
from dane_check.cli.output import complain
from dane_check.errors import UsageError
from dane_check.limits import DEFAULT


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be checked: domains, or one host on a port."""

    names: tuple[str, ...] = ()
    host: str | None = None
    port: int = 25
    some_were_bad: bool = False

    @property
    def subjects(self) -> tuple[str, ...]:
        """The names that will be asked about; an address literal is none."""
        return (self.host,) if self.host else tuple(name for name in self.names if not name.startswith("["))

    @property
    def described(self) -> str:
        """For the progress line."""
        return self.host or (self.names[0] if len(self.names) == 1 else f"{len(self.names)} domains")


def wanted(names: list[str], host: str | None, list_file: str | None = None) -> Wanted:
    """What the arguments ask for; - reads a list from standard input. Raises UsageError."""
    if host is not None:
        if names or list_file is not None:
            raise UsageError("--host stands instead of a domain; leave out one of the two")
        return _relay(host)
    if list_file is not None:
        if names:
            raise UsageError("--input stands instead of domains; leave out one of the two")
        return _listed(read_list(read_octets(list_file, DEFAULT.input.list_octets)))
    if not names:
        raise UsageError("no domain given; name one, such as: dane-check example.org")
    if names == ["-"]:
        return _listed(read_list(read_octets("-", DEFAULT.input.list_octets)))
    if "-" in names:
        raise UsageError("- reads a list from standard input; give it alone")
    return Wanted(tuple(dict.fromkeys(destination(name) for name in names)))


def _listed(found: DomainList) -> Wanted:
    for line in found.bad:
        complain(f"line {line.number}: {line.why}")
    if not found.names and not found.bad:
        raise UsageError("the list names no domain; give one a line")
    return Wanted(found.names, some_were_bad=bool(found.bad))


def _relay(typed: str) -> Wanted:
    from dane_check.names import parse_domain

    name, colon, port = typed.strip().rpartition(":")
    if not colon:
        return Wanted(host=parse_domain(typed))
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        raise UsageError("--host takes a name and a port from 1 to 65535, such as relay.example.org:587")
    return Wanted(host=parse_domain(name), port=int(port))
