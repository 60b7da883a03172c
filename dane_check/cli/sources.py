"""What records are made of: files, private keys of which only the public half is read, and servers as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dane_check.cli.files import read_octets, readable_by_others, shown_path
from dane_check.cli.output import complain
from dane_check.errors import UsageError
from dane_check.limits import DEFAULT
from dane_check.names import parse_domain, safe
from dane_check.settings import Settings

if TYPE_CHECKING:
    from dane_check.check.served import Served
    from dane_check.tlsa.material import Material


@dataclass(frozen=True, slots=True)
class Source:
    """One chain, leaf first, or one key; what it came from, and in a rollover its role."""

    chain: tuple[bytes, ...]
    name: str
    role: str = ""


def of_files(paths: list[str], role: str = "") -> Iterator[Source]:
    """The chain of each file, and each of its public keys and requests. Raises UsageError."""
    for path in paths:
        found = _material(path, read_octets(path, DEFAULT.input.file_octets))
        shown = shown_path(path)
        if not found.chain and not found.keys:
            instead = "give it with --key" if found.has_secret else "give a certificate or a public key"
            raise UsageError(f"{shown} holds {' and '.join(dict.fromkeys(found.skipped))} only; {instead}")
        yield from _of_material(found, shown, role)


def of_keys(paths: list[str], role: str = "") -> Iterator[Source]:
    """The public half of the private key in each file. Raises UsageError."""
    for path in paths:
        yield _of_secret(path, read_octets(path, DEFAULT.input.file_octets), role)


def of_next(paths: list[str]) -> Iterator[Source]:
    """Whatever there is of the next key: a certificate, public key or request, or else the private key itself."""
    for path in paths:
        octets = read_octets(path, DEFAULT.input.file_octets)
        found = _material(path, octets)
        if not found.chain and not found.keys and found.has_secret:
            yield _of_secret(path, octets, "next")
        elif not found.chain and not found.keys:
            raise UsageError(f"{shown_path(path)} holds no certificate, public key, request or private key")
        else:
            yield from _of_material(found, shown_path(path), "next")


def _material(path: str, octets: bytes) -> Material:
    from dane_check.tlsa.material import read_material

    try:
        return read_material(octets)
    except UsageError as fault:
        raise UsageError(f"{shown_path(path)}: {fault}") from None


def _of_material(found: Material, shown: str, role: str) -> Iterator[Source]:
    from dane_check.tlsa.generate import strangers

    for label in dict.fromkeys(found.skipped):
        complain(f"{shown}: a block of type {label} was left alone")
    for place in strangers(found.chain):
        complain(f"certificate {place} of {shown} is not a CA's, and no record was made of it; give it in its own file")
    if found.chain:
        yield Source(found.chain, shown, role)
    for key in found.keys:
        yield Source((key,), shown, role)


def _of_secret(path: str, octets: bytes, role: str) -> Source:
    from dane_check.tlsa.material import public_half

    shown = shown_path(path)
    try:
        public = public_half(octets)
    except UsageError as fault:
        raise UsageError(f"{shown}: {fault}") from None
    if readable_by_others(path):
        complain(f"{shown}: others than its owner may read this private key; change that with chmod 600")
    return Source((public,), shown, role)


def parse_server(typed: str) -> tuple[str, int]:
    """The name and the port of `--from-server`. Raises UsageError."""
    name, colon, port = typed.strip().rpartition(":")
    if not colon:
        return parse_domain(typed), 25
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        raise UsageError("--from-server takes a name and a port from 1 to 65535, such as mx.example.org:587")
    return parse_domain(name), int(port)


def of_server(host: str, port: int, settings: Settings, in_lab: bool, lab_map: str | None) -> Iterator[Source]:
    """Every chain that a server serves now; why there are none, or fewer, goes to standard error."""
    import asyncio

    served = asyncio.run(_served(host, port, settings, in_lab, lab_map))
    for trouble in served.troubles:
        complain(safe(trouble, 400))
    if not served.chains:
        complain(f"{host} served no certificate, so there is nothing to make records of")
    elif not served.vouched:
        complain(f"the addresses of {host} are not signed; make sure that the certificate is its own")
    for chain in served.chains:
        yield Source(chain, f"{host}:{port}")


async def _served(host: str, port: int, settings: Settings, in_lab: bool, lab_map: str | None) -> Served:
    from dane_check.cli.progress import progress
    from dane_check.cli.world import opened

    async with opened(settings, in_lab, lab_map, (host,)) as checker, progress(lambda: f"asking {host}"):
        return await checker.served(host, port)
