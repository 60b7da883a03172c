"""What one match costs, beside OpenSSL's own DANE verification of the same case as a whole process.

`python -m tests.bench.matching` prints the table alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dane_check import match
from dane_check.tlsa.record import TlsaRecord
from tests.pki import HOST, NOW, Made, make_ca, make_leaf, rsa_key
from tests.tlsa.chains import record

MATCHES = 100
RUNS = 7

_PROOFS = ("verification: ok", "dane tlsa")

Chain = tuple[Made, ...]


@dataclass(frozen=True)
class Case:
    """Records, and the chains that a server has: one a certificate type, ECDSA first."""

    name: str
    records: tuple[TlsaRecord, ...]
    chains: tuple[Chain, ...]


@dataclass(frozen=True)
class Cost:
    """CPU milliseconds, for all chains of the case; of OpenSSL None where it is not installed."""

    name: str
    match_ms: float
    openssl_ms: float | None


def cases() -> list[Case]:
    """Each authenticates every chain it has."""
    root = make_ca("Root")
    issuer = make_ca("Issuer", issuer=root)
    leaf, rsa_leaf = make_leaf(issuer=issuer), make_leaf(issuer=issuer, key=rsa_key())
    chain, rsa_chain = (leaf, issuer, root), (rsa_leaf, issuer, root)
    leaf_record, anchor = record((3, 1, 1), leaf), record((2, 1, 1), root)
    three = (leaf_record, record((3, 1, 1), rsa_leaf), anchor)
    return [
        Case("`3 1 1`, one ECDSA certificate", (leaf_record,), ((leaf,),)),
        Case("`2 1 1`, three ECDSA certificates", (anchor,), (chain,)),
        Case("three records, ECDSA and RSA chain of three", three, (chain, rsa_chain)),
    ]


def _match_cost(case: Case) -> float:
    chains = [[one.der for one in chain] for chain in case.chains]

    def all_chains() -> None:
        for chain in chains:
            assert match(case.records, chain, [HOST], now=NOW).outcome == "authenticated"

    all_chains()  # loads the libraries
    spent = []
    for _ in range(RUNS):
        begun = time.process_time()
        for _ in range(MATCHES):
            all_chains()
        spent.append(time.process_time() - begun)
    return 1000 * median(spent) / MATCHES


def _write(folder: Path, name: str, chain: Chain) -> tuple[Path, Path]:
    certificates, key = folder / f"{name}.pem", folder / f"{name}.key"
    certificates.write_bytes(b"".join(one.certificate.public_bytes(Encoding.PEM) for one in chain))
    key.write_bytes(chain[0].key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificates, key


@contextmanager
def _server(case: Case) -> Iterator[str]:
    """Address and port of an `openssl s_server` with the chains of the case."""
    with TemporaryDirectory() as folder:
        options: list[str] = []
        for prefix, chain in zip(("", "d"), case.chains, strict=False):
            certificates, key = _write(Path(folder), f"{prefix}chain", chain)
            options += [f"-{prefix}cert", str(certificates), f"-{prefix}key", str(key)]
            options += [f"-{prefix}cert_chain", str(certificates)] if len(chain) > 1 else []
        command = ["openssl", "s_server", "-accept", "127.0.0.1:0", *options]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            lines = (line.split() for line in process.stdout)
            yield next(words[1] for words in lines if words[:1] == ["ACCEPT"] and len(words) > 1)
        finally:
            process.terminate()
            process.communicate(timeout=10)


def _verification(where: str, records: Sequence[TlsaRecord], types: str) -> float:
    """CPU seconds of one `openssl s_client` that verified the server by DANE, from its start to its end.

    types -- the signature algorithms it offers; the server must have used the first.
    """
    command = ["openssl", "s_client", "-brief", "-verify_return_error", "-connect", where, "-sigalgs", types]
    command += ["-dane_tlsa_domain", HOST]
    for one in records:
        command += ["-dane_tlsa_rrdata", one.to_text()]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, **quiet) as process:
        assert process.stdout is not None
        said = process.stdout.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    kind = types.lower()[:3]  # "ecd" or "rsa", however the version at hand spells the rest
    if process.returncode != 0 or not all(one in said.lower() for one in (*_PROOFS, f"signature type: {kind}")):
        raise RuntimeError(f"openssl s_client did not verify the server by DANE: {said}")
    return usage.ru_utime + usage.ru_stime


def _openssl_cost(case: Case) -> float | None:
    if shutil.which("openssl") is None:
        return None
    types = ("ECDSA+SHA256", "RSA-PSS+SHA256:ECDSA+SHA256")[: len(case.chains)]
    with _server(case) as where:
        spent = [sum(_verification(where, case.records, one) for one in types) for _ in range(RUNS)]
    return 1000 * median(spent)


def measure() -> list[Cost]:
    """Medians of several runs for each case."""
    return [Cost(case.name, _match_cost(case), _openssl_cost(case)) for case in cases()]


def _version() -> str:
    """Of the command, which need not be that of the library that Python is linked with."""
    if shutil.which("openssl") is None:
        return ""
    said = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout
    return f" {said.split()[1]}"


def table(costs: Sequence[Cost]) -> str:
    """The costs as a part of docs/performance.md."""
    lines = [
        "## One match",
        "",
        "CPU of `dane_check.match` for a case, all its chains together, the libraries being loaded; beside it user and",
        "system time of `openssl s_client` as a whole process, one for each chain: its start, a TLS handshake on",
        "loopback and the DANE verification. The two columns are not the same work and are not to be divided.",
        "",
        f"| case | `match` | `openssl s_client`{_version()}, whole process |",
        "|---|---:|---:|",
    ]
    for one in costs:
        beside = "not installed" if one.openssl_ms is None else f"{one.openssl_ms:.1f} ms"
        lines.append(f"| {one.name} | {one.match_ms:.2f} ms | {beside} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table(measure()))
