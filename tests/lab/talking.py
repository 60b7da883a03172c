"""A client of the lab's mail servers made of asyncio and ssl alone."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field

from cryptography import x509

from dane_check.lab import Lab


@dataclass
class Client:
    """One connection to a scenario's server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    pending: bytes = field(default=b"")

    @classmethod
    async def connect(cls, lab: Lab, server: str = "mx", domain: str = "one.test") -> Client:
        """To the first address of a server, where it really is."""
        there = lab.map.endpoints[lab.addresses(domain)[server][0]]
        assert there is not None
        return cls(*await asyncio.open_connection(there.address, there.port))

    async def reply(self) -> str:
        """One whole reply, line feeds between its lines."""
        lines = []
        while True:
            line = (await self.reader.readline()).decode("utf-8", "surrogateescape").rstrip("\r\n")
            lines.append(line)
            if line[3:4] != "-":
                return "\n".join(lines)

    async def say(self, line: str) -> str:
        """A command and the reply to it."""
        self.writer.write(line.encode() + b"\r\n")
        return await self.reply()

    async def start_tls(self, sni: str | None = None, **limits: ssl.TLSVersion) -> ssl.SSLObject:
        """EHLO, STARTTLS and the handshake; verification is off."""
        await self.reply()
        await self.say("EHLO client.example")
        assert (await self.say("STARTTLS")).startswith("220")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        for name, value in limits.items():
            setattr(context, name, value)
        await self.writer.start_tls(context, server_hostname=sni or "")
        found = self.writer.get_extra_info("ssl_object")
        assert isinstance(found, ssl.SSLObject)
        return found

    def close(self) -> None:
        """Closes at once."""
        self.writer.close()


def leaf(tls: ssl.SSLObject) -> x509.Certificate:
    """The certificate served."""
    der = tls.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der)
