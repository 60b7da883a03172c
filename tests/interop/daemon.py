"""Starting and stopping real servers: own configuration, own folders, loopback addresses, by process group."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rcode

START_SECONDS = 20.0


class DidNotStart(Exception):
    """A server died or stayed silent; the message holds the end of its log."""


@dataclass(slots=True)
class Daemon:
    """One server in the foreground, in a process group of its own, which dies with us."""

    name: str
    command: list[str]
    log: Path
    ready: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Starts without waiting, so that all servers come up side by side."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Returns once the server answers; raises DidNotStart with its log if it does not."""
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            if self.process is None or self.process.poll() is not None:
                raise DidNotStart(f"{self.name} ended while starting\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise DidNotStart(f"{self.name} is silent after {START_SECONDS:.0f} s\n{self.last_words()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends the whole process group at once: nothing it holds is worth a farewell."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_words(self, lines: int = 40) -> str:
        """The end of the server's log, for error messages."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"--- {self.log.name}\n" + "\n".join(text.splitlines()[-lines:])


def answers_dns(address: str, name: str, rdtype: str = "SOA", port: int = 53) -> Callable[[], bool]:
    """Ready when the server at this address and port says NOERROR, with data, to this question."""

    def ready() -> bool:
        query = dns.message.make_query(name, rdtype)
        try:
            reply = dns.query.udp(query, address, timeout=0.5, port=port)
        except (OSError, dns.exception.DNSException):
            return False
        return reply.rcode() == dns.rcode.NOERROR and bool(reply.answer)

    return ready


def run(command: list[str], folder: Path | None = None, given: str | None = None) -> str:
    """The standard output of a short command, which reads `given`; its error output is in the exception if it fails."""
    done = subprocess.run(command, cwd=folder, input=given, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise DidNotStart(f"{' '.join(command)} gave {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
