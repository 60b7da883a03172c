"""Postfix as a receiving server: one instance, a listener with its own chain files for each address."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .daemon import Daemon, run


@dataclass(frozen=True, slots=True)
class Listener:
    """One Postfix smtpd on port 25 of one address.

    chain_files -- PEM files, key first; one for each certificate type.
    starttls -- whether it is offered. Offered without any chain file, Postfix answers 454.
    options -- further parameters of this smtpd, which win over the others.
    seconds -- how long it waits before it greets (Exim only).
    """

    address: str
    chain_files: tuple[Path, ...]
    starttls: bool = True
    options: tuple[tuple[str, str], ...] = ()
    seconds: int = 0

    @property
    def log_name(self) -> str:
        """What this listener's lines in the mail log begin with."""
        return f"smtpd-at-{self.address.replace(':', '-')}"

    def master_line(self) -> str:
        """The service in the syntax of master(5)."""
        options = {
            "smtpd_tls_security_level": "may" if self.starttls else "none",
            "smtpd_tls_chain_files": ",".join(map(str, self.chain_files)),
            "syslog_name": self.log_name,
        } | dict(self.options)
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{address}:25 inet n - n - - smtpd\n" + "".join(
            f"    -o {{ {key} = {value} }}\n" for key, value in options.items()
        )


def postfix(folder: Path, listeners: list[Listener], lookout: str) -> Daemon:
    """One Postfix instance with all the listeners; it greets, speaks STARTTLS, and relays nothing.

    lookout -- an address no situation uses: whether Postfix is ready is asked there.
    """
    for part in ("config", "queue", "data"):
        (folder / part).mkdir(parents=True)
    run(["chown", "postfix", str(folder / "data")])
    config = folder / "config"
    (config / "main.cf").write_text(
        f"""compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = mail.test
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = all
alias_maps =
alias_database =
local_recipient_maps =
smtpd_peername_lookup = no
notify_classes =
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_relay_restrictions = reject
smtpd_recipient_restrictions = reject
smtpd_tls_loglevel = 1
"""
    )
    (config / "master.cf").write_text(
        """postlog unix-dgram n - n - 1 postlogd
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
rewrite unix - - n - - trivial-rewrite
"""
        + "".join(listener.master_line() for listener in (*listeners, Listener(lookout, ())))
    )
    run(["postfix", "-c", str(config), "check"])
    master = Path(run(["postconf", "-c", str(config), "-h", "daemon_directory"]).strip()) / "master"
    return Daemon(
        "postfix",
        [str(master), "-c", str(config), "-s"],
        folder / "mail.log",
        greets_smtp(lookout),
    )


def greets_smtp(address: str) -> Callable[[], bool]:
    """Ready when port 25 of this address greets."""

    def ready() -> bool:
        try:
            with socket.create_connection((address, 25), timeout=2.0) as connection:
                return connection.recv(4) == b"220 "
        except OSError:
            return False

    return ready
