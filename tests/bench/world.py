"""The signed world of one domain at a time, played by `dane-check lab serve --real-ports`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measuring import DANE_CHECK

GOOD, DUAL = "good.bench", "dual.bench"
SIBLINGS = 12  # domains of each kind for `warm`

# Not `test.`: Unbound's library, which danetool validates with, answers for that itself.
_HEAD = """id = "bench"
domain = "bench"
says = "Good mail domains to measure with."
rule = []
[[zone]]
records = ""
"""
_ZONE = """[[zone]]
name = "{name}"
records = \"\"\"
{records}
\"\"\"
"""
_SERVER = """[[server]]
name = "{name}"
host = "{host}"
"""
_HOST = "{mx}          A {{{server}.A}}\n_25._tcp.{mx} TLSA 3 1 1 {{{server}.ee}}"
_DUAL = "@ MX 10 mx\nmx A {dual.A}\n_25._tcp.mx TLSA 3 1 1 {dual.ee-ecdsa}\n_25._tcp.mx TLSA 3 1 1 {dual.ee-rsa}"


def same_zone(number: int) -> str:
    """A mail domain in the zone of `GOOD`, with a host and an address of its own."""
    return f"d{number}.{GOOD}"


def own_zone(number: int) -> str:
    """A mail domain with a zone of its own beside that of `GOOD`."""
    return f"own{number}.bench"


def scenario() -> str:
    """TOML: `GOOD`; `DUAL`, with a certificate of each type; and the siblings."""
    numbers = range(SIBLINGS)
    good = ["@ MX 10 mx", _HOST.format(mx="mx", server="good")]
    good += [f"d{n} MX 10 h{n}\n" + _HOST.format(mx=f"h{n}", server=f"h{n}") for n in numbers]
    zones = [(GOOD, "\n".join(good)), (DUAL, _DUAL)]
    zones += [(own_zone(n), "@ MX 10 mx\n" + _HOST.format(mx="mx", server=f"o{n}")) for n in numbers]
    servers = [("good", f"mx.{GOOD}")]
    servers += [(f"h{n}", f"h{n}.{GOOD}") for n in numbers] + [(f"o{n}", f"mx.{own_zone(n)}") for n in numbers]
    text = _HEAD + "".join(_ZONE.format(name=name, records=records) for name, records in zones)
    text += "".join(_SERVER.format(name=name, host=host) for name, host in servers)
    text += _SERVER.format(name="dual", host=f"mx.{DUAL}")
    text += "".join(f'[[server.certificate]]\nkey = "{key}"\n' for key in ("ecdsa", "rsa"))
    return f'{text}[expect]\nverdict = "protected"\nexit = 0\n'


@dataclass(frozen=True)
class Place:
    """A lab that is up: its resolver at port 53, and a file of its trust anchors."""

    resolver: str
    anchors: Path

    @property
    def digest(self) -> str:
        """Key tag, algorithm, digest type and digest of the first DS record."""
        return " ".join(self.anchors.read_text().splitlines()[0].rsplit(maxsplit=4)[1:])


@contextmanager
def playing(folder: Path, delay: int, environ: Mapping[str, str]) -> Iterator[Place]:
    """The world with so many milliseconds before each reply."""
    file, anchors = folder / "bench.toml", folder / "anchors"
    file.write_text(scenario())
    options = ("--real-ports", "--authenticates", "--delay", str(delay), "--scenario", str(file))
    process = subprocess.Popen([DANE_CHECK, "lab", "serve", *options], env=environ, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        resolver, found = "", ""
        for line in process.stdout:
            if line.startswith("resolver "):
                resolver = line.split()[1].rpartition(":")[0]
            elif line.startswith("trust anchor "):
                found += line.removeprefix("trust anchor ")
            else:
                break
        if not found:
            raise RuntimeError("the lab did not start")
        anchors.write_text(found)
        yield Place(resolver, anchors)
    finally:
        process.terminate()
        process.wait(10)
