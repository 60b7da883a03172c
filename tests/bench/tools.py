"""This tool and its peers, each as its users run it against the world of `tests.bench.world`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.bench.measuring import DANE_CHECK, Tool
from tests.bench.world import Place
from tests.interop.jail import jail

# What a careful person types: every answer must have AD=1, and the records are put to OpenSSL.
_BY_HAND = r"""
asked() { dig "@$resolver" +noall +comments +answer +nosplit +dnssec "$1" "$2" |
  awk -v rdtype="$2" '/^;; flags:.* ad[; ]/ {ad = 1} ad && $4 == rdtype {$1 = $2 = $3 = $4 = ""; print}'; }
mx=$(asked "$domain" MX | sort -n | awk '{sub(/\.$/, "", $2); print $2; exit}')
set -- $(asked "$mx" A)
asked "_25._tcp.$mx" TLSA | sed 's/.*/-dane_tlsa_rrdata "&"/' | xargs openssl s_client -brief -starttls smtp \
  -connect "$1:25" -verify_return_error -dane_tlsa_domain "$mx"
"""


def ours(place: Place, domain: str) -> Tool:
    """The whole command on one domain."""
    return Tool("dane-check", (DANE_CHECK, domain, "-q", *_world(place)), "PROTECTED")


def our_lookup(place: Place, name: str) -> Tool:
    """`dane-check lookup` of one TLSA set."""
    return Tool("dane-check lookup", (DANE_CHECK, "lookup", *_world(place)[:4], name, "TLSA"), "SECURE")


def _world(place: Place) -> tuple[str, ...]:
    return ("--resolver", place.resolver, "--trust-anchor", str(place.anchors), "--allow-reserved")


def posttls_finger(place: Place, domain: str, folder: Path) -> Tool | None:
    """Postfix's probe, in a jail whose resolver is the lab's."""
    start = finger_command(place.resolver, folder)
    return Tool("posttls-finger", (*start, domain), "Verified TLS connection established") if start else None


def finger_command(resolver: str, folder: Path) -> list[str]:
    """The beginning of a command that ends with a domain; empty where it is not installed."""
    program = shutil.which("posttls-finger")
    if program is None:
        return []
    files = {
        **_resolv_conf(resolver),
        "/etc/postfix/main.cf": "compatibility_level = 3.6\nmyhostname = client.bench\ninet_interfaces = 127.0.0.1\n",
    }
    options = ("-c", "-l", "dane", "-L", "summary")
    return [*jail(folder / "posttls-finger", Path(program), program, files), *options]


def danetool(place: Place, host: str, folder: Path, program: str | None) -> Tool | None:
    """GnuTLS's tool on one mail host: it knows no MX. Its libunbound validates, from a root key at a fixed path."""
    if program is None:
        return None
    files = {
        **_resolv_conf(place.resolver),
        "/etc/hosts": "127.0.0.1 localhost\n",
        "/usr/share/dns/root.key": place.anchors.read_text(),
    }
    start = jail(folder / "danetool", Path(program), "/usr/bin/danetool", files)
    options = ("--check", host, "--proto", "tcp", "--port", "25", "--starttls-proto", "smtp", "--local-dns")
    return Tool("danetool", (*start, *options), "Verification: Certificate matches.")


def by_hand(place: Place, domain: str) -> Tool | None:
    """`dig` and `openssl s_client` in a row."""
    if not all(shutil.which(program) for program in ("dig", "openssl", "awk", "xargs")):
        return None
    script = f"resolver={place.resolver} domain={domain}{_BY_HAND}"
    return Tool("dig, openssl s_client", ("sh", "-c", script), "DANE TLSA 3 1 1")


def delv(place: Place, name: str, folder: Path) -> Tool | None:
    """BIND's validator on one TLSA set."""
    if not shutil.which("delv"):
        return None
    tag, algorithm, digest_type, digest = place.digest.split()
    keys = folder / "delv.keys"
    keys.write_text(f'trust-anchors {{ "." static-ds {tag} {algorithm} {digest_type} "{digest}"; }};\n')
    command = ("delv", f"@{place.resolver}", "-a", str(keys), "+root=.", name, "TLSA")
    return Tool("delv", command, "fully validated")


def unbound_host(place: Place, name: str, folder: Path) -> Tool | None:
    """Unbound's library on one TLSA set."""
    if not shutil.which("unbound-host"):
        return None
    configuration = folder / "unbound.conf"
    configuration.write_text(
        f'server:\n trust-anchor-file: "{place.anchors}"\n do-not-query-localhost: no\n'
        f'forward-zone:\n name: "."\n forward-addr: {place.resolver}\n'
    )
    command = ("unbound-host", "-v", "-D", "-C", str(configuration), "-t", "TLSA", name)
    return Tool("unbound-host", command, "(secure)")


def _resolv_conf(resolver: str) -> dict[str, str]:
    return {"/etc/resolv.conf": f"nameserver {resolver}\noptions edns0 trust-ad\n"}


def danetool_program(folder: Path) -> str | None:
    """Where danetool is: installed, or unpacked here from Debian's package; None where neither can be."""
    found = shutil.which("danetool")
    if found or not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return found
    script = Path(__file__).with_name("get-danetool")
    done = subprocess.run([script, folder / "gnutls-bin"], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def versions(danetool: str | None) -> list[str]:
    """Of the peers that are there, in their own words."""
    asked: tuple[tuple[str, Sequence[str], str], ...] = (
        ("Postfix (posttls-finger)", ("postconf", "-h", "mail_version"), r"(\S+)"),
        ("GnuTLS (danetool)", (danetool or "danetool", "--version"), r"(\d+\.\d+\.\d+)"),
        ("dig and delv", ("delv", "-v"), r"delv (\S+)"),
        ("OpenSSL's command", ("openssl", "version"), r"OpenSSL (\S+)"),
        ("unbound-host", ("unbound-host", "-h"), r"[Vv]ersion (\d\S+)"),
    )
    return [f"{name} {found}" for name, command, pattern in asked if (found := _version(command, pattern))]


def _version(command: Sequence[str], pattern: str) -> str | None:
    if not (os.path.isfile(command[0]) or shutil.which(command[0])):
        return None
    said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    found = re.search(pattern, said.stdout + said.stderr)
    return found[1] if found else None
