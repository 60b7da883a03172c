"""Name servers and resolvers as people write them."""

from __future__ import annotations

import ipaddress
from typing import Final

from dane_check.errors import UsageError
from dane_check.ports import Server

_SHOWN: Final = 80


def parse_server(text: str) -> Server:
    """The server meant by `ADDRESS`, `ADDRESS:PORT`, `[ADDRESS]:PORT` or a bare IPv6 address; port 53 if none.

    Raises UsageError with one sentence that says what to write instead.
    """
    address, port = _split(text.strip())
    if not _is_address(address) or (port is not None and not _is_port(port)):
        raise UsageError(
            f"{text[:_SHOWN]!r} is not the address of a name server; write it as 192.0.2.1, 192.0.2.1:5353, "
            "2001:db8::1 or [2001:db8::1]:5353"
        )
    return Server(address, 53 if port is None else int(port))


def system_resolvers(resolv_conf_text: str) -> tuple[Server, ...]:
    """The `nameserver` lines of a resolv.conf, in order and each once; lines that name no address are left out."""
    fields = (line.split() for line in resolv_conf_text.splitlines())
    named = (words[1] for words in fields if len(words) >= 2 and words[0] == "nameserver")
    return tuple(dict.fromkeys(Server(address) for address in named if _is_address(address)))


def _split(text: str) -> tuple[str, str | None]:
    if text.startswith("["):
        address, bracket, rest = text[1:].partition("]")
        if rest.startswith(":"):
            return address, rest[1:]
        return (address if bracket and not rest else "", None)
    if text.count(":") == 1:
        address, _, port = text.partition(":")
        return address, port
    return text, None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= 65535
