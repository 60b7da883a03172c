"""One domain, by every tool, against `dane-check lab serve --real-ports` at several distances."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import tools
from tests.bench.measuring import Run, Tool, cpu, environment, in_turn, median_ratio, once, ratio, table, wall
from tests.bench.world import DUAL, GOOD, SIBLINGS, Place, own_zone, playing, same_zone

RUNS = {0: 9, 20: 9, 70: 11, 100: 11}  # by delay, milliseconds
NEAR_AND_FAR = (0, 20, 70)  # enough for the lesser races, and less to wait for
assert max(RUNS.values()) < SIBLINGS

WARM_HERE, WARM_BESIDE = "warm, same zone", "warm, next zone"
FINGER = "posttls-finger"


@dataclass
class Found:
    """Runs by delay and tool, of each of the four races."""

    good: dict[int, dict[str, list[Run]]] = field(default_factory=dict)
    dual: dict[int, dict[str, list[Run]]] = field(default_factory=dict)
    warm: dict[int, dict[str, list[Run]]] = field(default_factory=dict)
    lookup: dict[int, dict[str, list[Run]]] = field(default_factory=dict)


def measure(danetool: str | None) -> Found:
    """All of it; about three minutes."""
    found = Found()
    for delay, runs in RUNS.items():
        with TemporaryDirectory() as name:
            folder = Path(name)
            environ = environment(folder)
            with playing(folder, delay, environ) as place:
                finger = tools.posttls_finger(place, GOOD, folder)
                dual_finger = tools.posttls_finger(place, DUAL, folder)
                owner = f"_25._tcp.mx.{GOOD}"
                by_dnssec = [tools.delv(place, owner, folder), tools.unbound_host(place, owner, folder)]
                others = [tools.danetool(place, f"mx.{GOOD}", folder, danetool), tools.by_hand(place, GOOD)]
                good = _there(tools.ours(place, GOOD), finger, *others)
                found.good[delay] = in_turn(good, environ, runs)
                if delay not in NEAR_AND_FAR:
                    continue
                found.dual[delay] = in_turn(_there(tools.ours(place, DUAL), dual_finger), environ, runs)
                found.lookup[delay] = in_turn(_there(tools.our_lookup(place, owner), *by_dnssec), environ, runs)
                found.warm[delay] = _warm(place, environ, runs, finger)
    return found


def _there(*wanted: Tool | None) -> list[Tool]:
    return [tool for tool in wanted if tool is not None]


def _warm(place: Place, environ: Mapping[str, str], runs: int, finger: Tool | None) -> dict[str, list[Run]]:
    """Domains that a `Checker` has not met, in a known zone and beside it; in turn with a whole posttls-finger."""
    found: dict[str, list[Run]] = {WARM_HERE: [], WARM_BESIDE: []} | ({FINGER: []} if finger else {})
    with _checker(place, environ) as ask:
        for domain in (GOOD, same_zone(runs), own_zone(runs)):
            ask(domain)
        for number in range(runs):
            found[WARM_HERE].append(ask(same_zone(number)))
            found[WARM_BESIDE].append(ask(own_zone(number)))
            if finger:
                found[FINGER].append(once(finger, environ))
    return found


@contextmanager
def _checker(place: Place, environ: Mapping[str, str]) -> Iterator[Callable[[str], Run]]:
    command = [sys.executable, "-m", "tests.bench.warm", place.resolver, str(place.anchors)]
    with subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, said = process.stdin, process.stdout

        def ask(domain: str) -> Run:
            asked.write(f"{domain}\n")
            word, *times = said.readline().split()
            if word != "protected":
                raise RuntimeError(f"{domain} is {word}, not protected")
            return Run(*map(float, times))

        yield ask
        asked.close()


def document(found: Found) -> str:
    """The sections of docs/performance.md."""
    return "\n".join([*_goals(found), _cold(found), _warm_section(found), _lookup(found)])


def _goals(found: Found) -> list[str]:
    """What is aimed at, beside the median ratio to posttls-finger; empty where that is not installed."""
    wanted = [("the whole command", found.good, "dane-check", {20: 1.8, 70: 1.0, 100: 1.0})]
    wanted.append(("a `Checker` that is warm, known zone", found.warm, WARM_HERE, {20: 0.75}))
    wanted.append(("a `Checker` that is warm, next zone", found.warm, WARM_BESIDE, {20: 0.75}))
    rows = [
        [what, f"{delay} ms", f"{most:.2f}", f"{reached:.2f}", "yes" if reached <= most else "no"]
        for what, races, name, goals in wanted
        for delay, most in goals.items()
        if FINGER in races.get(delay, {})
        for reached in [median_ratio(*(_walls(races[delay], one) for one in (name, FINGER)))]
    ]
    head = ["what", "delay", "at most", "measured", "reached"]
    text = f"""## Goals

One domain, in times of a whole `posttls-finger`, at some distance. The sections below say how it was measured.

{table(head, rows)}"""
    return [text] if rows else []


def _cold(found: Found) -> str:
    return f"""## One domain, cold

From nothing to the verdict on one mail domain with one host, as a whole process, against `dane-check lab serve
--real-ports --authenticates` with the delay given before each DNS reply, SMTP reply and TLS flight. Medians; ratios are
medians of the ratios of runs in the same round, quartiles in brackets. CPU is user and system time of the process.

{_races(found.good, "dane-check")}
What each does is not the same. `dane-check` validates DNSSEC from the root (three zones' keys and two DS sets), holds
two sessions with every address, so that a second certificate cannot hide, and says goodbye. `posttls-finger` believes
the AD bit of its resolver, which here costs nothing to set, and holds one session. `danetool` validates by libunbound,
is told the mail host and not the domain, and leaves after the handshake. `dig` and `openssl s_client` in a row believe
the AD bit, ask for MX, A and TLSA, and leave after the handshake.

A server with two certificates, RSA and ECDSA, and a record for each: `dane-check` sees both, `posttls-finger` one.

{_races(found.dual, "dane-check")}"""


def _warm_section(found: Found) -> str:
    return f"""## One domain, warm

A program that holds a `Checker` asks for a domain it has not met, with a mail host it has not met: in a zone whose
keys it knows, or in a zone of its own below one it knows. The libraries are loaded. Beside it `posttls-finger` as a
whole process, in the same rounds: it has no other form. The ratios are to `posttls-finger`.

{_races(found.warm, WARM_HERE, WARM_BESIDE)}"""


def _lookup(found: Found) -> str:
    return f"""## One lookup, cold

`_25._tcp.mx.{GOOD} TLSA` validated from the root down, as a whole process; no mail server is asked. `delv` and
`unbound-host` are compiled programs that start in a few milliseconds.

{_races(found.lookup, "dane-check lookup")}"""


def _races(found: dict[int, dict[str, list[Run]]], *own: str) -> str:
    """Times by tool and delay; then the ratio of each of our own to posttls-finger, or to every other tool."""
    delays = list(found)
    names = list(found[delays[0]])
    head = ["median", *(f"{delay} ms" for delay in delays), f"CPU at {delays[0]} ms"]
    rows = [
        [f"`{name}`", *(f"{wall(found[delay][name]):.0f} ms" for delay in delays), _cpu(found[delays[0]][name])]
        for name in names
    ]
    ratios = [
        [f"{one} / `{other}`", *(_ratio(found[delay], one, other) for delay in delays), ""]
        for one in own
        for other in names
        if other not in own
    ]
    return table(head, [*rows, *ratios])


def _cpu(runs: list[Run]) -> str:
    return f"{cpu(runs):.0f} ms"


def _ratio(found: dict[str, list[Run]], one: str, other: str) -> str:
    return ratio(_walls(found, one), _walls(found, other))


def _walls(found: dict[str, list[Run]], name: str) -> list[float]:
    return [run.wall for run in found[name]]
