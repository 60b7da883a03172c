"""Servers on loopback that do exactly what a test says, each connection in a thread of its own."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

PATIENCE = 10.0  # seconds until a forgotten connection gives up; no test comes near


class Peer:
    """One accepted connection, as the server sees it. Nothing is read ahead."""

    def __init__(self, accepted: socket.socket, commands: list[bytes]) -> None:
        self.socket = accepted
        self.commands = commands

    def say(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def hear(self) -> bytes:
        """One line without its CRLF, noted among the commands; empty at the end of the stream."""
        line = bytearray()
        while not line.endswith(b"\n"):
            octet = self.socket.recv(1)
            if not octet:
                return b""
            line += octet
        self.commands.append(bytes(line).rstrip())
        return self.commands[-1]

    def greet(self, ehlo: bytes = b"250-mx.example.test\r\n250 STARTTLS\r\n") -> None:
        """The dialogue up to and including the client's answer to EHLO."""
        self.say(b"220 mx.example.test ESMTP\r\n")
        self.hear()
        self.say(ehlo)
        self.hear()

    def start_tls(self, context: ssl.SSLContext) -> None:
        """From the greeting to a finished handshake."""
        self.greet()
        self.say(b"220 go ahead\r\n")
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def hold(self) -> None:
        """Says nothing more until the client leaves."""
        while self.socket.recv(4096):
            pass

    def reset(self) -> None:
        """Closes with a RST instead of a FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()


Script = Callable[[Peer], None]


class ScriptedServer:
    """Runs `script` for every connection; `commands` are the lines the clients said."""

    def __init__(self, script: Script) -> None:
        self.commands: list[bytes] = []
        self.connections = 0
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    def wait(self) -> None:
        """Until every session begun so far has ended."""
        for thread in self._threads[1:]:
            thread.join(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(accepted,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, accepted: socket.socket) -> None:
        accepted.settimeout(PATIENCE)
        peer = Peer(accepted, self.commands)
        try:
            self._script(peer)
        except (OSError, ssl.SSLError):
            pass  # the client went away, or TLS failed: what the client made of it is the test
        finally:
            peer.socket.close()


@contextmanager
def closed_port(kind: int = socket.SOCK_STREAM) -> Iterator[int]:
    """A port of loopback on which nothing listens, kept from others for as long as the test lasts."""
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_DGRAM:
            holder.connect(("127.0.0.1", holder.getsockname()[1]))  # hears itself only: others are refused
        yield holder.getsockname()[1]


def has_ipv6() -> bool:
    """Whether this machine has ::1."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as trial:
            trial.bind(("::1", 0))
    except OSError:
        return False
    return True
