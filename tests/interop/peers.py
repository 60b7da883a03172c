"""What others say about the same world: delv of the DNSSEC, posttls-finger of the whole path."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .jail import jail
from .world import World


@dataclass(frozen=True, slots=True)
class Validated:
    """delv's word about one question, and the TLSA RDATA it saw as "usage selector matching-type hex"."""

    word: str  # "secure", "denied", "insecure" or "failed"
    records: frozenset[str]


def delv(world: World, name: str, rdtype: str = "TLSA") -> Validated:
    """The RRset of this type at `name` as delv validates it, with our anchor, through our resolver."""
    tag, algorithm, digest_type, digest = world.roots.ds.split()
    keys = world.folder / "delv.keys"
    keys.write_text(f'trust-anchors {{ . static-ds {tag} {algorithm} {digest_type} "{digest}"; }};\n')
    done = subprocess.run(
        ["delv", f"@{world.resolvers['unbound'].address}", "-a", str(keys), "+root=.", "+nosplit", name, rdtype],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return Validated(_delv_word(done.stdout + done.stderr), _delv_records(done.stdout))


def _delv_word(text: str) -> str:
    """The worst thing delv says; an alias and its target each have a sentence."""
    sentences = {
        ";; resolution failed: failure": "failed",
        "unsigned answer": "insecure",
        ";; resolution failed: ncache": "denied",
        "; fully validated": "secure",
    }
    return next((word for sentence, word in sentences.items() if sentence in text), f"unknown: {text}")


def _delv_records(text: str) -> frozenset[str]:
    found = re.findall(r"^[^;]\S*\s+\d+\s+IN\s+TLSA\s+(\d+ \d+ \d+) ([0-9A-F ]+)$", text, re.MULTILINE)
    return frozenset(f"{numbers} {data.replace(' ', '').lower()}" for numbers, data in found)


def posttls_finger_command(world: World) -> list[str]:
    """posttls-finger in a jail where /etc/resolv.conf, the only place it looks in, names our resolver."""
    program = shutil.which("posttls-finger")
    assert program is not None
    resolver = world.resolvers["unbound"].address
    files = {
        "/etc/resolv.conf": f"nameserver {resolver}\noptions edns0 trust-ad\n",
        "/etc/postfix/main.cf": "compatibility_level = 3.6\nmyhostname = client.test\ninet_interfaces = 127.0.0.1\n",
    }
    return jail(world.folder / "posttls-finger", Path(program), program, files)


# What posttls-finger prints, the most telling first; in the order in which a session can end.
_FINGER_SAYS = {
    "TLSA lookup error": "lookup-failed",
    "try again": "lookup-failed",
    "does not accept mail": "no-mail",
    "Destination address lookup failed": "no-mail",
    "Failed to establish session": "no-session",
    "SMTP service not available": "no-session",
    "EHLO rejected": "no-session",
    "server greeting": "no-session",
    "Verified TLS connection established": "verified",
    "Trusted TLS connection established": "verified",  # its word where the MX records are insecure
}


def posttls_finger(command: list[str], domain: str) -> str:
    """How Postfix, sending by DANE, gets on with this domain.

    "verified", "unverified" (TLS, and the certificate is not the one the TLSA records name), "encrypted" (TLS without
    usable TLSA records), "no-tls", "no-session", "lookup-failed" or "no-mail".
    """
    done = subprocess.run(
        [*command, "-c", "-t", "6", "-T", "6", "-a", "ipv4", "-l", "dane", "-L", "summary,dane", domain],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    text = done.stdout + done.stderr
    for sentence, word in _FINGER_SAYS.items():
        if sentence in text:
            return word
    if "Untrusted TLS connection established" in text:
        by_dane = "DNSSEC-signed TLSA record" in text and "all TLSA records unusable" not in text
        return "unverified" if by_dane else "encrypted"
    return "no-tls" if "fatal" not in text or "while sending STARTTLS" in text else f"unknown: {text}"
