"""Worlds made to exhaust whoever judges them, one function each; `python -m tests.hostile.worlds NAME` measures one.

Each is played in a process of its own, so that its peak of memory is its own. What is printed is one JSON object:
`peak_kib` (ru_maxrss), `cpu_seconds`, `outcome`, and `work`, the sum of what was done by kind.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

Work = Counter[str]
Played = tuple[str, Work]
WORLDS: dict[str, Callable[[], Played]] = {}
BYTES_OF_A_BIG_CERTIFICATE = 64 * 1024


def world(play: Callable[[], Played]) -> Callable[[], Played]:
    """Registers a world under its name; its docstring says what is in it."""
    WORLDS[play.__name__.replace("_", "-")] = play
    return play


# --- whole checks ------------------------------------------------------------------------------------


def _checked(records: str, chain: tuple[bytes, ...] = ()) -> Played:
    """A check of example.org. with these records; every mail server serves `chain`."""
    from dane_check import Checker, Settings
    from dane_check.ports import KeyType, ProbeOutcome, ProbeRequest, ServedChain, TlsFacts
    from dane_check.tlsa.path.judge import Work as PathWork
    from tests.check.liars import LEAF, Resolver, Watch, honest
    from tests.dnssec.world import World

    made = World()
    made.add("org.")
    made.add("example.org.", records)
    resolver, work = Resolver(made, honest), Work()
    served = ServedChain(chain or (LEAF.der,), KeyType.ECDSA, TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", None))

    class Prober:
        async def probe(self, request: ProbeRequest) -> ProbeOutcome:
            work["sessions"] += 1
            return served

    async def run() -> str:
        settings = Settings(resolver="192.0.2.53", trust_anchor=tuple(made.anchor()))
        async with Checker(settings, dns=resolver, prober=Prober(), clock=Watch()) as checker:
            check = await checker.domain("example.org", record=True)
        _written(check)
        return check.verdict.word.value

    with _Counting(PathWork, work):
        outcome = asyncio.run(run())
    work["questions"] = len(resolver.asked)
    return outcome, work


def _written(check: object) -> None:
    """Everything a command could make of it: what is written counts as well."""
    from dane_check.evidence.file import to_text
    from dane_check.report.json import checks_to_text
    from dane_check.report.text import TextOptions, check_to_text

    assert check_to_text(check, TextOptions(verbose=True, explain=True))  # type: ignore[arg-type]
    assert checks_to_text([check])  # type: ignore[list-item]
    assert to_text(check.evidence)  # type: ignore[attr-defined]


class _Counting:
    """Counts what is spent of L-18 while it lasts."""

    def __init__(self, counted: type, work: Work) -> None:
        self._counted, self._work, self._spend = counted, work, counted.spend  # type: ignore[attr-defined]

    def __enter__(self) -> None:
        def spend(its: object, signatures: int) -> bool:
            granted = bool(self._spend(its, signatures))
            self._work["path signatures"] += signatures if granted else 0
            return granted

        self._counted.spend = spend  # type: ignore[attr-defined]

    def __exit__(self, *_: object) -> None:
        self._counted.spend = self._spend  # type: ignore[attr-defined]


@world
def records_1000_of_mx() -> Played:
    """990 MX records, each of another host; 20 are judged."""
    hosts = "\n".join(f"@ MX 10 mx{n}" for n in range(990))
    addresses = "\n".join(f"mx{n} A 198.41.0.{n % 250}\n_25._tcp.mx{n} TLSA 3 1 1 {n:064x}" for n in range(20))
    return _checked(f"{hosts}\n{addresses}")


@world
def records_1000_of_a() -> Played:
    """990 addresses of one host; 8 are judged."""
    addresses = "\n".join(f"mx A 198.{n // 250 + 20}.0.{n % 250}" for n in range(990))
    return _checked(f"@ MX 10 mx\n{addresses}\n_25._tcp.mx TLSA 3 1 1 {'ab' * 32}")


@world
def tlsa_64_whole_certificates() -> Played:
    """64 TLSA records, each with another whole certificate in it, beside a chain of 20."""
    from tests.pki import make_ca

    records = "\n".join(f"_25._tcp.mx TLSA 2 0 0 {make_ca(f'Root {n}').der.hex()}" for n in range(64))
    return _checked(f"@ MX 10 mx\nmx A 198.41.0.4\n{records}", _chain_of_20())


@world
def tlsa_64_digests() -> Played:
    """64 TLSA records of all usages, none of which matches, beside a chain of 20."""
    records = "\n".join(f"_25._tcp.mx TLSA {2 + n % 2} {n // 2 % 2} 1 {n:064x}" for n in range(64))
    return _checked(f"@ MX 10 mx\nmx A 198.41.0.4\n{records}", _chain_of_20())


def _chain_of_20() -> tuple[bytes, ...]:
    from tests.tlsa.test_limits import deep_chain

    return tuple(deep_chain(19))


@world
def chain_of_20_at_64_kib() -> Played:
    """20 certificates of 64 KiB each, from a prober that lets them through; ours refuses what is beyond L-17."""
    return _checked(f"@ MX 10 mx\nmx A 198.41.0.4\n_25._tcp.mx TLSA 2 0 1 {'ab' * 32}", _big_chain(20))


@world
def chain_of_2_at_50_kib() -> Played:
    """Two certificates that only just fit into L-17, full of names: all of them are looked at."""
    return _checked(f"@ MX 10 mx\nmx A 198.41.0.4\n_25._tcp.mx TLSA 2 0 1 {'ab' * 32}", _big_chain(2, 50_000))


def _big_chain(length: int, octets: int = BYTES_OF_A_BIG_CERTIFICATE) -> tuple[bytes, ...]:
    from tests.pki import assemble, make_ca, make_leaf, subject_alt_name

    spki = make_leaf("mx.example.org").spki
    names = subject_alt_name(*[b"x" * 60] * ((octets - 600) // 62))
    return tuple(assemble(spki=spki, signer=make_ca(f"CA {n}"), extensions=names) for n in range(length))


# --- matches -----------------------------------------------------------------------------------------


def _matched(records: list[object], chain: list[bytes], names: tuple[str, ...] = ("mx.example.test",)) -> Played:
    from dane_check.tlsa.match import match
    from dane_check.tlsa.path.judge import Work as PathWork
    from tests.pki import NOW

    work = Work(records=len(records))
    with _Counting(PathWork, work):
        report = match(records, chain, names, now=NOW)  # type: ignore[arg-type]
    return f"{report.outcome.value} {report.reason.value if report.reason else ''}".strip(), work


@world
def rsa_of_8192_bits() -> Played:
    """64 records with bare keys of 8192 bits, each of which might have signed the leaf."""
    from dane_check.tlsa.record import TlsaRecord
    from tests.pki import assemble, make_leaf

    leaf = assemble(spki=make_leaf().spki, signed_with=lambda signed: b"\1" * 1024, algorithm=_SHA256_WITH_RSA)
    return _matched([TlsaRecord(2, 1, 0, _rsa_8192(number)) for number in range(64)], [leaf])


_SHA256_WITH_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")


def _rsa_8192(number: int) -> bytes:
    from dane_check.tlsa.der import BIT_STRING, INTEGER, encode
    from tests.pki import sequence

    modulus = b"\0" + ((1 << 8191) + 2 * number + 1).to_bytes(1024, "big")
    numbers = sequence(encode(INTEGER, modulus), encode(INTEGER, b"\1\0\1"))
    return sequence(bytes.fromhex("300d06092a864886f70d0101010500"), encode(BIT_STRING, b"\0", numbers))


@world
def rsa_of_16384_bits() -> Played:
    """The same beyond L-18: nothing is computed."""
    from tests.pki import assemble, make, make_ca
    from tests.tlsa.chains import record
    from tests.tlsa.test_limits import rsa_spki

    root = make_ca("Root")
    issuer = assemble(spki=rsa_spki(16384), subject=root.name.public_bytes())
    return _matched([record((2, 0, 1), issuer)], [make("x", issuer=root).der, issuer])


@world
def name_constraint_bomb() -> Played:
    """1000 names under 700 constraints: 700000 comparisons, if anybody made them."""
    from cryptography import x509

    from tests.pki import make_ca, make_leaf
    from tests.tlsa.chains import record

    permitted = [x509.DNSName(f"n{number}.test") for number in range(700)]
    root = make_ca("Constrained", more=[(x509.NameConstraints(permitted, None), True)])
    leaf = make_leaf(issuer=root, dns_names=[f"a.n{number}.test" for number in range(1000)])
    return _matched([record((2, 1, 1), root)], [leaf.der, root.der], ("a.n1.test",))


@world
def names_100_000() -> Played:
    """A leaf with 100000 alternative names, beyond L-17 and L-18 both."""
    from tests.pki import assemble, make_ca, make_leaf, subject_alt_name
    from tests.tlsa.chains import record

    root, names = make_ca("Root"), subject_alt_name(*[b"x"] * 100_000)
    leaf = assemble(spki=make_leaf().spki, signer=root, extensions=names)
    return _matched([record((2, 1, 1), root)], [leaf, root.der])


@world
def cross_sign_loops() -> Played:
    """Six CAs of one name that all sign each other, nineteen times, with a record for each certificate."""
    from tests.tlsa.chains import record, tangled

    leaf, *tangle = tangled()
    return _matched([record((2, 0, 1), one) for one in tangle], [leaf, *tangle])


@world
def thousand_certificates() -> Played:
    """A chain of a thousand, which L-17 cuts at twenty."""
    from tests.pki import make_ca, make_leaf
    from tests.tlsa.chains import record

    leaf = make_leaf()
    return _matched([record((3, 1, 1), leaf)], [leaf.der, *[make_ca("Elsewhere").der] * 1000])


@world
def huge_serial_numbers() -> Played:
    """Twenty certificates with serial numbers of 4000 octets."""
    from dane_check.tlsa.der import INTEGER, encode
    from dane_check.tlsa.record import TlsaRecord
    from tests.pki import assemble, make_leaf

    plain = assemble(spki=make_leaf().spki)
    huge = plain.replace(bytes.fromhex("02020457"), encode(INTEGER, b"\x7f" * 4000), 1)
    return _matched([TlsaRecord(3, 1, 1, bytes(32)), TlsaRecord(2, 1, 1, bytes(32))], [huge] * 20)


@world
def der_without_end() -> Played:
    """A leaf of nested, indefinite and overlong lengths; `3 0 1` over the octets decides all the same."""
    import hashlib

    from dane_check.tlsa.record import TlsaRecord

    leaf = b"\x30\x80" * 8_000
    named = TlsaRecord(3, 0, 1, hashlib.sha256(leaf).digest())
    return _matched([named, TlsaRecord(2, 0, 1, bytes(32))], [leaf, b"\x30\x84\xff\xff\xff\xff" * 4_000])


# --- lookups -----------------------------------------------------------------------------------------


def _attacked(row: str) -> Played:
    """Every attack of one row of the threat model, one after the other."""
    from tests.dnssec.attacks import ATTACKS
    from tests.dnssec.test_attacks import TABLE, run

    work, outcomes = Work(), set()
    names = [name for name, (threat, *_) in TABLE.items() if threat == row]
    for name in names:
        lookup, done = run(ATTACKS[name]())
        outcomes.add(lookup.status)
        kinds = ("questions", "signatures", "names hashed", "hash rounds", "digests")
        for kind, count in zip(kinds, done, strict=True):
            work[f"most {kind}"] = max(work[f"most {kind}"], count)
    return f"{len(names)} attacks: {', '.join(sorted(outcomes))}", work


@world
def keytrap() -> Played:
    """T-13: colliding keys, failing signatures, DS records of one tag, in every combination that is known."""
    return _attacked("T-13")


@world
def nsec3() -> Played:
    """T-14: 65535 iterations, names of 128 labels, long salts, padded proofs."""
    return _attacked("T-14")


@world
def aliases_and_sets() -> Played:
    """T-15: loops, chains, names that grow, sets and messages that are too large."""
    return _attacked("T-15")


def measured(name: str) -> dict[str, object]:
    """Plays one world in this process, and tells what it took."""
    started = time.process_time()
    outcome, work = WORLDS[name]()
    return {
        "peak_kib": _peak_kib(),
        "cpu_seconds": round(time.process_time() - started, 2),
        "outcome": outcome,
        "work": dict(sorted(work.items())),
    }


def _peak_kib() -> int:
    """The most memory this program has held; `ru_maxrss` would count the process that started it as well."""
    try:
        lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
    except OSError:  # not Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """What one world took."""

    peak_kib: int
    cpu_seconds: float
    outcome: str
    work: dict[str, int]


def played(name: str) -> Measured:
    """One world in a process of its own. Raises CalledProcessError where it does not come to an end."""
    import os
    import subprocess

    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "DANE_CHECK_RESOLVER": "127.0.0.1:9",
    }
    command = [sys.executable, "-m", "tests.hostile.worlds", name]
    done = subprocess.run(command, capture_output=True, env=environ, check=True, timeout=120)
    return Measured(**json.loads(done.stdout))


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1])))
