"""One scripted SMTP server behind one address, listening on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from typing import Protocol

from dane_check.lab.mail.script import At, Notes, Port, Script
from dane_check.lab.mail.tls import Credentials, TlsStream, Wire

__all__ = ["Plain", "SmtpServer"]

_LINE = 4096  # octets of one command; more ends the session
_COMMANDS = 100


class _Over(Exception):
    """The session ends here, as scripted or because the client left."""


class Plain(Wire, Protocol):
    """A connection as a session needs it."""

    def reset(self) -> None:
        """Ends with RST: no lingering, pending data thrown away."""
        ...

    def close(self) -> None:
        """Ends in an orderly way."""
        ...


class SmtpServer:
    """Plays `script` to everyone who connects; `name` and `address` are for the notes only.

    host -- the name in the usual greeting. seconds -- delay of every reply and TLS flight, twice for the
    greeting, which stands for the connection set-up too.
    """

    def __init__(
        self, name: str, address: str, host: str, script: Script, credentials: Credentials, seconds: float = 0
    ) -> None:
        self.name = name
        self.address = address
        self.script = script
        self.notes: list[Notes] = []
        self._host = host
        self._credentials = credentials
        self._seconds = seconds
        self._server: asyncio.Server | None = None
        self._held: list[socket.socket] = []
        self._sessions: set[asyncio.Task[None]] = set()

    async def start(self, address: str = "127.0.0.1", port: int = 0) -> int:
        """Listens, or keeps a port closed or filled, as the script says; returns the port."""
        if self.script.port is not Port.OPEN:
            self._held = _hold(address, port, silent=self.script.port is Port.BLACKHOLE)
            return int(self._held[0].getsockname()[1])
        self._server = await asyncio.start_server(self._accept, address, port, backlog=64)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stops listening and ends what is going on."""
        for held in self._held:
            held.close()
        if self._server:
            self._server.close()
        for task in self._sessions:
            task.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.hold(_Tcp(reader, writer))

    async def hold(self, plain: Plain) -> None:
        """One session, to its end, with whoever is on the other side."""
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        notes = Notes(self.name, self.address)
        self.notes.append(notes)
        paced = _Paced(plain, self._seconds)
        try:
            try:
                await _Session(self._host, self.script, self._credentials, notes, paced).run()
            finally:
                await paced.arrived()
        except (_Over, ConnectionError, EOFError, ssl.SSLError):
            pass  # every end is a good end here; the notes tell how far it came
        except asyncio.CancelledError:
            pass  # the lab closes; nobody waits for this task's result
        finally:
            self._sessions.discard(task)
            plain.close()


class _Paced:
    """The connection, and the distance to the client: what is sent arrives later, in order, and nobody waits for it.

    Two flights that are sent one right after the other arrive so, as they do over a long line.
    """

    def __init__(self, plain: Plain, seconds: float) -> None:
        self._plain = plain
        self._seconds = seconds
        self._on_the_way: asyncio.Task[None] | None = None
        self.reset = plain.reset
        self.receive = plain.receive

    async def send(self, octets: bytes) -> None:
        if not self._seconds:
            await self._plain.send(octets)
            return
        due = asyncio.get_running_loop().time() + self._seconds
        self._on_the_way = asyncio.create_task(self._deliver(octets, due, self._on_the_way))

    async def _deliver(self, octets: bytes, due: float, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        with contextlib.suppress(ConnectionError):  # the client is gone: its right
            await self._plain.send(octets)

    async def arrived(self) -> None:
        """Waits until everything that was sent is there."""
        if self._on_the_way is not None:
            await asyncio.wait({self._on_the_way})

    async def pause(self) -> None:
        if self._seconds:
            await asyncio.sleep(self._seconds)


class _Tcp:
    """A connection over TCP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def receive(self) -> bytes:
        return await self._reader.read(16384)

    async def send(self, octets: bytes) -> None:
        self._writer.write(octets)
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        """Ends with RST: no lingering, pending data thrown away."""
        raw = self._writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


class _Session:
    """One client's session, from greeting to QUIT."""

    def __init__(self, host: str, script: Script, credentials: Credentials, notes: Notes, plain: _Paced) -> None:
        self._host = host
        self._script = script
        self._credentials = credentials
        self._notes = notes
        self._plain = plain
        self._wire: Wire = plain
        self._buffer = b""

    async def run(self) -> None:
        await self._cut(At.GREETING)
        await self._plain.pause()
        await self._say(self._script.greeting or f"220 {self._host} ESMTP lab")
        for _ in range(_COMMANDS):
            line = await self._command()
            verb = line.split(" ", 1)[0].upper()
            if verb == "STARTTLS" and self._notes.tls is None:
                await self._starttls()
            else:
                await self._obey(verb)

    async def _obey(self, verb: str) -> None:
        match verb:
            case "EHLO":
                await self._cut(At.EHLO)
                await self._say(self._ehlo())
            case "HELO":
                await self._say(self._script.helo or f"250 {self._host}")
            case "QUIT":
                await self._say(f"221 2.0.0 {self._host} bye")
                raise _Over
            case "NOOP" | "RSET":
                await self._say("250 2.0.0 ok")
            case _:
                await self._say("502 5.5.1 the lab takes no mail")

    def _ehlo(self) -> str:
        script = self._script
        if self._notes.tls is not None:
            kept = [word for word in script.capabilities if word != "STARTTLS"]
            return script.ehlo_after_tls or _reply(self._host, kept)
        return script.ehlo or _reply(self._host, script.capabilities)

    async def _starttls(self) -> None:
        await self._cut(At.STARTTLS)
        said = self._script.starttls or "220 2.0.0 ready to start TLS"
        await self._say(said, self._script.inject)
        if said.startswith("220"):
            await self._shake_hands()

    async def _shake_hands(self) -> None:
        if At.HANDSHAKE in (self._script.closes, self._script.resets, self._script.silent):
            await self._plain.receive()
            await self._cut(At.HANDSHAKE)
        if self._script.garbage:
            await self._plain.receive()
            await self._plain.send(_octets(self._script.garbage))
            raise _Over
        tls = TlsStream(self._plain, self._credentials.context(self._note_sni))
        self._notes.tls = await tls.shake_hands()
        self._wire, self._buffer = tls, b""

    def _note_sni(self, name: str | None) -> None:
        self._notes.sni = name

    async def _cut(self, at: At) -> None:
        """Ends the session here, or holds it for ever, if the script says so."""
        if self._script.resets is at:
            self._plain.reset()
            raise _Over
        if self._script.closes is at:
            raise _Over
        while self._script.silent is at:
            if not await self._wire.receive():
                raise _Over

    async def _command(self) -> str:
        while b"\n" not in self._buffer:
            octets = await self._wire.receive()
            if not octets or len(self._buffer) > _LINE:
                raise _Over
            self._buffer += octets
        line, self._buffer = self._buffer.split(b"\n", 1)
        text = line.rstrip(b"\r").decode("latin-1")
        self._notes.commands.append(text)
        return text

    async def _say(self, text: str, more: str = "") -> None:
        if self._script.seconds:
            await asyncio.sleep(self._script.seconds)
        lines = b"".join(_octets(line) + b"\r\n" for line in text.split("\n"))
        await self._wire.send(lines + _octets(more))


def _reply(host: str, capabilities: tuple[str, ...] | list[str]) -> str:
    lines = [host, *capabilities]
    return "\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"])


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _hold(address: str, port: int, *, silent: bool) -> list[socket.socket]:
    """A port that nobody listens on; or one whose queue is full, so that further SYNs are left unanswered."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    held = [socket.socket(family)]
    held[0].bind((address, port))
    if silent:
        held[0].listen(0)
        for _ in range(4):
            client = socket.socket(family)
            client.setblocking(False)
            client.connect_ex(held[0].getsockname())
            held.append(client)
    return held
