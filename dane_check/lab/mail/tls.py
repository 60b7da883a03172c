"""The server's side of TLS, with Python's own ssl module: another implementation than our client's.

The handshake is driven by hand between two memory BIOs, so that a flight can be delayed or replaced.
"""

from __future__ import annotations

import itertools
import os
import ssl
import tempfile
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from dane_check.lab.certificates import Chain
from dane_check.lab.mail.script import Script, TlsVersion

_T = TypeVar("_T")

_VERSIONS = {
    TlsVersion.V1_0: ssl.TLSVersion.TLSv1,
    TlsVersion.V1_1: ssl.TLSVersion.TLSv1_1,
    TlsVersion.V1_2: ssl.TLSVersion.TLSv1_2,
    TlsVersion.V1_3: ssl.TLSVersion.TLSv1_3,
}


@dataclass(frozen=True, slots=True)
class Presented:
    """A chain and the SNI value it is kept for; None for whatever has no chain of its own."""

    chain: Chain
    sni: str | None = None


class Wire(Protocol):
    """The connection below TLS."""

    async def receive(self) -> bytes:
        """Some octets; empty at the end."""
        ...

    async def send(self, octets: bytes) -> None:
        """Sends them all."""
        ...


class Credentials:
    """The TLS contexts of one server, made when first needed."""

    def __init__(self, presented: Iterable[Presented], script: Script = Script()) -> None:  # noqa: B008 - frozen
        self._presented = tuple(presented)
        self._script = script
        self._turns = itertools.cycle(self._presented) if script.alternates else None
        self._contexts: dict[str | None, ssl.SSLContext] = {}

    def context(self, note_sni: Callable[[str | None], None]) -> ssl.SSLContext:
        """A fresh context that reports the SNI value and picks the chains kept for it."""

        if self._turns is not None:
            return self._alternating(next(self._turns), note_sni)

        def chosen(tls: ssl.SSLObject, name: str | None, _first: ssl.SSLContext) -> None:
            note_sni(name)
            if name in {p.sni for p in self._presented}:
                tls.context = self._context(name)

        first = self._make(None)
        first.sni_callback = chosen
        return first

    def _alternating(self, presented: Presented, note_sni: Callable[[str | None], None]) -> ssl.SSLContext:
        context = self._with([presented])
        context.sni_callback = lambda _tls, name, _first: note_sni(name)
        return context

    def _context(self, sni: str | None) -> ssl.SSLContext:
        if sni not in self._contexts:
            self._contexts[sni] = self._make(sni)
        return self._contexts[sni]

    def _make(self, sni: str | None) -> ssl.SSLContext:
        return self._with([presented for presented in self._presented if presented.sni == sni])

    def _with(self, chosen: Iterable[Presented]) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:!aNULL:@SECLEVEL=0")  # weak keys and old versions are served on purpose
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            context.minimum_version = _VERSIONS[min(self._script.tls)]
            context.maximum_version = _VERSIONS[max(self._script.tls)]
        for presented in chosen:
            _load(context, presented.chain)
        return context


def _load(context: ssl.SSLContext, chain: Chain) -> None:
    """OpenSSL keeps one chain per kind of key; ssl takes them from files only."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "chain.pem")
        with open(path, "wb") as file:
            file.write(chain.leaf.key_pem() + chain.pem())
        context.load_cert_chain(path)


class TlsStream:
    """TLS over a `Wire`, server's side."""

    def __init__(self, wire: Wire, context: ssl.SSLContext) -> None:
        self._wire = wire
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def shake_hands(self) -> str | None:
        """The version agreed on. Raises ssl.SSLError, or EOFError if the client leaves."""
        await self._drive(self._tls.do_handshake)
        return self._tls.version()

    async def receive(self) -> bytes:
        """Some octets of the client's; empty at the end."""
        try:
            return bytes(await self._drive(lambda: self._tls.read(16384)))
        except (EOFError, ssl.SSLError):
            return b""

    async def send(self, octets: bytes) -> None:
        """Sends them all."""
        await self._drive(lambda: self._tls.write(octets))

    async def _drive(self, step: Callable[[], _T]) -> _T:
        """One step of OpenSSL's, with everything it wants to read and write in between."""
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                await self._flush()
                octets = await self._wire.receive()
                if not octets:
                    raise EOFError from None
                self._incoming.write(octets)
            except ssl.SSLError:
                await self._flush()  # the alert
                raise
            else:
                await self._flush()
                return done

    async def _flush(self) -> None:
        octets = self._outgoing.read()
        if octets:
            await self._wire.send(octets)
