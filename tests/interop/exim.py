"""Exim as a receiving server: other SMTP code than Postfix's, and GnuTLS where Postfix has OpenSSL.

Debian's packages of Exim and Postfix exclude each other, so Exim is unpacked and not installed (`get-exim`).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from .daemon import Daemon
from .jail import jail
from .mail_servers import Listener, greets_smtp

USER, UID = "Debian-exim", 64999  # the name is compiled into Debian's binary


def binary() -> Path | None:
    """The program named by EXIM4, or an installed one."""
    named = os.environ.get("EXIM4") or shutil.which("exim4")
    return Path(named) if named else None


WITH_EXIM = pytest.mark.skipif(
    binary() is None, reason="no Exim; EXIM4=$(tests/interop/get-exim FOLDER) unpacks one beside Postfix"
)


def exim(folder: Path, program: Path, listeners: list[Listener]) -> Daemon:
    """One Exim that listens for all these addresses and relays nothing."""
    account = f"{USER}:x:{UID}:"
    command = jail(
        folder,
        program,
        "/usr/sbin/exim4",
        {
            "/etc/exim4/exim4.conf": _configuration(listeners),
            "/etc/passwd": f"root:x:0:0::/:/\n{account}{UID}::/:/\n",
            "/etc/group": f"root:x:0:\n{account}\n",
        },
    )
    _place_chains(folder / "certificates", listeners)
    log = folder / "spool" / "mainlog"
    log.parent.mkdir()
    log.touch()
    for path in (log.parent, log):
        os.chown(path, UID, UID)
    return Daemon(
        "exim", [*command, "-bdf"], log, greets_smtp(next(one.address for one in listeners if not one.seconds))
    )


def _place_chains(folder: Path, listeners: list[Listener]) -> None:
    """Chain files by address and number, where the configuration looks for them."""
    folder.mkdir()
    for listener in listeners:
        for number, file in enumerate(listener.chain_files):
            if file.exists():
                shutil.copy(file, folder / f"{listener.address}-{number}.pem")


def _configuration(listeners: list[Listener]) -> str:
    first, second = (f"/certificates/$received_ip_address-{number}.pem" for number in (0, 1))
    return f"""primary_hostname = mail.test
local_interfaces = <; {" ; ".join(listener.address for listener in listeners)}
daemon_smtp_ports = 25
disable_ipv6
spool_directory = /spool
log_file_path = /spool/%slog
log_selector = +smtp_connection +incoming_interface
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 0
tls_advertise_hosts = *
tls_certificate = {first}${{if exists{{{second}}}{{:{second}}}}}
acl_smtp_connect = greeting
acl_smtp_rcpt = nobody

begin acl
greeting:
{"".join(_tarpit(listener) for listener in listeners)}  accept
nobody:
  deny
"""


def _tarpit(listener: Listener) -> str:
    if not listener.seconds:
        return ""
    here = f"${{if eq{{$received_ip_address}}{{{listener.address}}}}}"
    return f"  accept condition = {here}\n         delay = {listener.seconds}s\n"
