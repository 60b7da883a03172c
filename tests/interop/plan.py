"""What a situation is, and what it may ask of the world before anything is started."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .front import Rule
from .mail_servers import Listener
from .pki import Credential, authority
from .private_network import ADDRESSES6
from .zones import Zone


class Plan:
    """What the situations ask for, collected before anything is started."""

    def __init__(self, prefix: str, folder: Path) -> None:
        self._folder = folder
        self._free: Iterator[str] = (f"{prefix}.{number}" for number in range(61, 255))
        self._free6: Iterator[str] = iter(ADDRESSES6[2:])
        self.lookout, self.crooked_lookout = f"{prefix}.58", f"{prefix}.59"
        self.closed, self.closed6 = f"{prefix}.60", ADDRESSES6[1]
        self.listeners: list[Listener] = []
        self.by_exim: list[Listener] = []
        self.crooked: dict[str, str] = {}
        self.faults: list[Rule] = []
        self.zones: list[Zone] = []
        self.parent_records: list[str] = []
        self.anchor = authority("Interop CA")

    def build(self, situation: Situation) -> tuple[Listener, ...]:
        """Adds what one situation needs, and returns its mail servers."""
        before, before_exim = len(self.listeners), len(self.by_exim)
        situation.build(self, situation.domain)
        return (*self.listeners[before:], *self.by_exim[before_exim:])

    def serve(
        self,
        *chains: tuple[Credential, ...],
        starttls: bool = True,
        v6: bool = False,
        more: dict[str, str] | None = None,
    ) -> str:
        """The address of a mail server with these chains, one for each certificate type; leaf first.

        Without a chain it offers STARTTLS and then answers 454. `more` are further parameters of its smtpd.
        """
        address = next(self._free6 if v6 else self._free)
        files = self._chain_files(address, chains)
        self.listeners.append(Listener(address, files, starttls, tuple((more or {}).items())))
        return address

    def serve_by_exim(self, *chains: tuple[Credential, ...], seconds: int = 0) -> str:
        """As `serve`, by Exim and GnuTLS; it greets after so many seconds."""
        address = next(self._free)
        self.by_exim.append(Listener(address, self._chain_files(address, chains), seconds=seconds))
        return address

    def serve_from(self, missing: str) -> str:
        """The address of a mail server whose chain file is not there: it accepts STARTTLS with no certificate."""
        address = next(self._free)
        self.listeners.append(Listener(address, (self._folder / missing,)))
        return address

    def misbehave(self, way: str) -> str:
        """The address of a crooked mail server; `way` is one of `crooked.WAYS`."""
        address = next(self._free)
        self.crooked[address] = way
        return address

    def fault(self, name: str, rdtype: str, fate: str) -> None:
        """What the front does to questions for this name and type; the zone must be `fronted`."""
        self.faults.append(Rule(f"{name}.", rdtype, fate))

    def zone(self, origin: str, records: str, **wrong: object) -> None:
        """Adds a zone; the keywords are the fields of `Zone`."""
        self.zones.append(Zone(f"{origin}.", records, **wrong))  # type: ignore[arg-type]

    def _chain_files(self, address: str, chains: tuple[tuple[Credential, ...], ...]) -> tuple[Path, ...]:
        return tuple(self._chain_file(f"{address}-{n}.pem", chain) for n, chain in enumerate(chains))

    def _chain_file(self, name: str, chain: tuple[Credential, ...]) -> Path:
        file = self._folder / name
        file.write_bytes(chain[0].key_pem() + b"".join(link.certificate_pem() for link in chain))
        return file


@dataclass(frozen=True, slots=True)
class Situation:
    """One domain: the rule it shows and what must come out.

    results -- the endpoint results that must be seen, over all endpoints; empty: no connection may be made.
    timeout -- seconds for one mail session, where the default would be a long wait.
    flaps -- what else may come out, as verdict, exit status and results, where name servers of one zone differ and the
        resolver may ask either.
    """

    rule: str
    verdict: str
    exit_status: int
    results: frozenset[str]
    build: Callable[[Plan, str], None]
    under: str = "test"
    timeout: float | None = None
    flaps: tuple[tuple[str, int, frozenset[str]], ...] = ()
    ipv6: bool = False

    @property
    def needs_exim(self) -> bool:
        return self.domain.startswith("exim-")

    @property
    def domain(self) -> str:
        return f"{self.build.__name__.replace('_', '-')}.{self.under}"

    @property
    def says(self) -> str:
        return (self.build.__doc__ or "").strip()

    @property
    def first_sentence(self) -> str:
        return self.says.splitlines()[0]

    @property
    def outcomes(self) -> frozenset[tuple[str, int, frozenset[str]]]:
        """Every verdict, exit status and set of endpoint results that may come out: one, unless it flaps."""
        return frozenset({(self.verdict, self.exit_status, self.results), *self.flaps})


SITUATIONS: list[Situation] = []


def situation(
    rule: str, verdict: str, exit_status: int, *results: str, **more: object
) -> Callable[[Callable[[Plan, str], None]], Callable[[Plan, str], None]]:
    """Puts the decorated function into the table; the keywords are the further fields of `Situation`."""

    def enter(build: Callable[[Plan, str], None]) -> Callable[[Plan, str], None]:
        case = Situation(rule, verdict, exit_status, frozenset(results), build, **more)  # type: ignore[arg-type]
        SITUATIONS.append(case)
        return build

    return enter


def one_host(address: str, record: str) -> str:
    """The usual zone: one MX host, one address, one TLSA record (or none)."""
    family = "AAAA" if ":" in address else "A"
    return f"@ MX 10 mx\nmx {family} {address}\n" + (f"_25._tcp.mx {record}\n" if record else "")
