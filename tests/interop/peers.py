"""What others say about the same world: delv of the DNSSEC, posttls-finger of the whole path."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .world import World

NO_NAMESPACE = "mount namespaces are refused here, and posttls-finger reads /etc/resolv.conf only"


@dataclass(frozen=True, slots=True)
class Validated:
    """delv's word about one question, and the TLSA RDATA it saw as "usage selector matching-type hex"."""

    word: str  # "secure", "denied", "insecure" or "failed"
    records: frozenset[str]


def delv(world: World, name: str) -> Validated:
    """The TLSA RRset at `name` as delv validates it, with our anchor, through our resolver."""
    tag, algorithm, digest_type, digest = world.roots.ds.split()
    keys = world.folder / "delv.keys"
    keys.write_text(f'trust-anchors {{ . static-ds {tag} {algorithm} {digest_type} "{digest}"; }};\n')
    done = subprocess.run(
        ["delv", f"@{world.resolvers['unbound'].address}", "-a", str(keys), "+root=.", "+nosplit", name, "TLSA"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return Validated(_delv_word(done.stdout + done.stderr), _delv_records(done.stdout))


def _delv_word(text: str) -> str:
    sentences = {
        "; negative response, fully validated": "denied",
        "; negative response, unsigned answer": "insecure",
        "; fully validated": "secure",
        "; unsigned answer": "insecure",
        ";; resolution failed: failure": "failed",
    }
    return next((word for sentence, word in sentences.items() if sentence in text), f"unknown: {text}")


def _delv_records(text: str) -> frozenset[str]:
    found = re.findall(r"^[^;]\S*\s+\d+\s+IN\s+TLSA\s+(\d+ \d+ \d+) ([0-9A-F ]+)$", text, re.MULTILINE)
    return frozenset(f"{numbers} {data.replace(' ', '').lower()}" for numbers, data in found)


def namespaces_allowed() -> bool:
    """Whether we may mount something that only our own child process sees."""
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


def posttls_finger(world: World, domain: str) -> str:
    """ "verified", "untrusted", "tlsa-failed" or "no-tls": how Postfix, sending by DANE, gets on with this domain.

    It reads /etc/resolv.conf only, so it runs in a mount namespace where that file names our resolver.
    """
    conf = _write(
        world.folder / "resolv.conf", f"nameserver {world.resolvers['unbound'].address}\noptions edns0 trust-ad\n"
    )
    script = 'mount --bind "$1" /etc/resolv.conf && exec posttls-finger -c -l dane -L summary "$2"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", str(conf), domain],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    text = done.stdout + done.stderr
    if "TLSA lookup error" in text:
        return "tlsa-failed"
    if "Verified TLS connection established" in text:
        return "verified"
    return "untrusted" if "Untrusted TLS connection established" in text else "no-tls"


def _write(file: Path, text: str) -> Path:
    file.write_text(text)
    return file
