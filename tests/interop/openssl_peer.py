"""OpenSSL's own commands as judge: one handshake on loopback for each set of records, by the code senders run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dane_check.tlsa.outcome import Outcome
from tests.pki import PrivateKey

OPENSSL = shutil.which("openssl")
SECONDS = 20.0
# No trust store, and none of the machine's own settings, which may raise the security level.
ALONE = ("-no-CAfile", "-no-CApath", "-no-CAstore")
ENVIRONMENT = {**os.environ, "OPENSSL_CONF": "/dev/null", "LC_ALL": "C"}

_LISTENS = re.compile(r"ACCEPT 127\.0\.0\.1:(\d+)")
_MATCHED = re.compile(r"^DANE TLSA (\d+ \d+ \d+) .* at depth (\d+)$", re.MULTILINE)
_REFUSED = re.compile(r"^verify error:num=(\d+):(.*)$", re.MULTILINE)
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_NONE_USABLE = "Failed to import any TLSA records"


class NoOpinion(Exception):
    """OpenSSL neither accepted nor refused: the message holds all that it said."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a sender with OpenSSL makes of one chain and one set of records.

    depth -- where a record matched, 0 = leaf; None where none authenticated.
    """

    outcome: Outcome
    depth: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Server:
    """A running `openssl s_server` that serves one chain."""

    port: int

    def judged(self, records: Sequence[str], name: str, at: int) -> Opinion:
        """The outcome of a handshake at this moment (seconds since 1970), as a sender that must authenticate."""
        rrset = [part for record in records for part in ("-dane_tlsa_rrdata", record)]
        said = self._connect(
            *("-brief", "-verify_return_error", "-attime", str(at), "-cipher", "DEFAULT@SECLEVEL=1"),
            *("-dane_tlsa_domain", name, "-dane_ee_no_namechecks", *rrset),
        )
        return _opinion(said)

    def served(self) -> tuple[str, ...]:
        """PEM of the certificates that reach a client, in order."""
        said = self._connect("-showcerts", "-cipher", "DEFAULT@SECLEVEL=0")
        return tuple(_BLOCK.findall(said))

    def _connect(self, *options: str) -> str:
        command = [str(OPENSSL), "s_client", "-connect", f"127.0.0.1:{self.port}", *ALONE, *options]
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
            timeout=SECONDS,
            check=False,
        )
        return ended.stdout.decode("utf-8", "replace")


@contextmanager
def serving(chain: Sequence[str], key: PrivateKey, folder: Path) -> Iterator[Server]:
    """Serves these PEM certificates, the leaf first, exactly as they stand."""
    (folder / "leaf.pem").write_text(chain[0])
    (folder / "rest.pem").write_text("\n".join(chain[1:]))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    rest = ("-cert_chain", "rest.pem") if chain[1:] else ()
    command = [str(OPENSSL), "s_server", "-accept", "127.0.0.1:0", "-www", *ALONE, "-cipher", "DEFAULT@SECLEVEL=0"]
    with subprocess.Popen(
        [*command, "-cert", "leaf.pem", "-key", "key.pem", *rest],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=ENVIRONMENT,
    ) as process:
        try:
            yield Server(_port(process))
        finally:
            process.kill()


def version() -> str:
    """The OpenSSL that judges, such as `OpenSSL 3.0.22`."""
    said = subprocess.run([str(OPENSSL), "version"], capture_output=True, text=True, check=True).stdout
    return " ".join(said.split()[:2])


def _port(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line.decode("utf-8", "replace")
        if (found := _LISTENS.search(said)) is not None:
            return int(found[1])
    raise NoOpinion(f"openssl s_server does not serve this chain:\n{said}")


def _opinion(said: str) -> Opinion:
    """Authenticated only where nothing was refused, the result is good, and a record is named as the reason."""
    refused = _REFUSED.search(said)
    if refused is not None:
        return Opinion(Outcome.FAILED, None, f"{refused[2]} (OpenSSL error {refused[1]})")
    if _NONE_USABLE in said:
        return Opinion(Outcome.NO_USABLE_TLSA, None, "no record is usable")
    matched = _MATCHED.search(said)
    if matched is None or "Verification: OK" not in said:
        raise NoOpinion(said)
    return Opinion(Outcome.AUTHENTICATED, int(matched[2]), f"{matched[1]} matched at depth {matched[2]}")
