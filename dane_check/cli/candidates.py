"""Candidates as people have them: zone files with all they include, chains for one host or for all, keys to come."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dane_check.cli.files import read_octets, read_text, shown_path
from dane_check.cli.sources import of_files, of_keys
from dane_check.errors import UsageError
from dane_check.limits import DEFAULT
from dane_check.names import parse_domain

if TYPE_CHECKING:
    from dane_check.rehearsal.candidates import CandidateChain
    from dane_check.rehearsal.rollover.situation import NextKey
    from dane_check.rehearsal.zone.text import ZoneFile, ZoneText


def read_zone_file(path: str, origin: str | None) -> ZoneFile:
    """The zone file at `path`, and what it includes. Raises UsageError with file and line."""
    from dane_check.rehearsal.zone.text import read_zone

    name = parse_domain(origin) if origin is not None else None
    return read_zone(_zone_text(path), name, None if path == "-" else _included)


def _included(file: str, within: str) -> ZoneText:
    """A file by the name it is included with: relative to the file that names it."""
    return _zone_text(os.path.join(os.path.dirname(within), file))


def _zone_text(path: str) -> ZoneText:
    from dane_check.rehearsal.zone.text import ZoneText

    text = read_text(path, DEFAULT.input.zone_octets)
    return ZoneText("standard input" if path == "-" else path, text)


def read_chain(given: str) -> CandidateChain:
    """`[HOST=]FILE`: a PEM bundle, or a single certificate as DER. Raises UsageError."""
    from dane_check.rehearsal.candidates import chain_from_der, chain_from_pem

    host, file = _host_and_file(given)
    source = shown_path(file)
    octets = read_octets(file, DEFAULT.input.file_octets)
    if not octets.strip():
        raise UsageError(f"{source} is empty; give a file with PEM certificates, such as fullchain.pem")
    if octets[:1] == b"\x30":  # a DER SEQUENCE; no text file of certificates begins with a zero
        return chain_from_der((octets,), source, host=host)
    return chain_from_pem(octets.decode("latin-1"), source, host)  # whatever stands around the certificates


def _host_and_file(given: str) -> tuple[str | None, str]:
    """A file whose name has an equals sign is given with its folder: ./a=b.pem."""
    host, equals, file = given.partition("=")
    if not equals or "/" in host:
        return None, given
    return parse_domain(host), file


def read_keys(keys: list[str], requests: list[str]) -> tuple[NextKey, ...]:
    """The keys to come, of which nothing but the public half is kept. Raises UsageError."""
    from dane_check.rehearsal.rollover.situation import NextKey
    from dane_check.tlsa.generate import is_public_key

    found = [NextKey.of(one.chain[0], one.name) for one in of_keys(keys)]
    for one in of_files(requests):
        if len(one.chain) > 1 or not is_public_key(one.chain[0]):
            raise UsageError(f"{one.name} holds a certificate; give it with --chain")
        found.append(NextKey.of(one.chain[0], one.name))
    return tuple(found)
