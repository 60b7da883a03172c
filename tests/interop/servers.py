"""Starting and stopping real servers: own configuration, own folders, loopback addresses, by process group."""

from __future__ import annotations

import os
import signal
import socket
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


def answers_dns(address: str, name: str, rdtype: str = "SOA") -> Callable[[], bool]:
    """Ready when the server at this address says NOERROR, with data, to this question."""

    def ready() -> bool:
        query = dns.message.make_query(name, rdtype)
        try:
            reply = dns.query.udp(query, address, timeout=0.5)
        except (OSError, dns.exception.DNSException):
            return False
        return reply.rcode() == dns.rcode.NOERROR and bool(reply.answer)

    return ready


def greets_smtp(address: str) -> Callable[[], bool]:
    """Ready when port 25 of this address greets."""

    def ready() -> bool:
        try:
            with socket.create_connection((address, 25), timeout=2.0) as connection:
                return connection.recv(4) == b"220 "
        except OSError:
            return False

    return ready


# --- name servers ----------------------------------------------------------------------------------------


def nsd(folder: Path, address: str, zones: dict[str, Path]) -> Daemon:
    """NSD, authoritative for zone files that were signed beforehand."""
    folder.mkdir()
    config = folder / "nsd.conf"
    config.write_text(
        f"""server:
    ip-address: {address}@53
    username: ""
    chroot: ""
    zonesdir: "{folder}"
    database: ""
    pidfile: "{folder}/nsd.pid"
    zonelistfile: "{folder}/zone.list"
    xfrdfile: "{folder}/xfrd.state"
    xfrdir: "{folder}"
    cookie-secret-file: "{folder}/cookies"
    server-count: 1
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
remote-control:
    control-enable: no
"""
        + "".join(f'zone:\n    name: "{name}"\n    zonefile: "{file}"\n' for name, file in zones.items())
    )
    return Daemon(
        f"nsd at {address}",
        ["nsd", "-d", "-c", str(config)],
        folder / "nsd.log",
        answers_dns(address, next(iter(zones))),
    )


@dataclass(frozen=True, slots=True)
class KnotZone:
    """A zone that knotd signs by itself: from its file ("signing"), or each answer as it goes out ("online")."""

    file: Path
    online: bool = False
    nsec3: bool = False


def knot_config(folder: Path, address: str, zones: dict[str, KnotZone]) -> Path:
    """The folder and configuration of one knotd; `keymgr` works on the same file before knotd starts."""
    (folder / "db").mkdir(parents=True)
    config = folder / "knot.conf"
    text = f"""server:
    listen: {address}@53
    rundir: "{folder}"
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{folder}/db"
log:
  - target: stderr
    any: info
policy:
  - id: nsec
    algorithm: ecdsap256sha256
    single-type-signing: on
  - id: nsec3
    algorithm: ecdsap256sha256
    single-type-signing: on
    nsec3: on
    nsec3-iterations: 0
mod-onlinesign:
  - id: online
    policy: nsec
zone:
"""
    for name, zone in zones.items():
        text += f'  - domain: {name}\n    file: "{zone.file}"\n    zonefile-sync: -1\n    journal-content: none\n'
        if zone.online:
            text += "    module: mod-onlinesign/online\n"
        else:
            text += f"    dnssec-signing: on\n    dnssec-policy: {'nsec3' if zone.nsec3 else 'nsec'}\n"
    config.write_text(text)
    return config


def knot_ds(config: Path, zone: str) -> str:
    """Makes the zone's key before knotd starts and returns the SHA-256 DS RDATA the parent must publish."""
    keymgr = ["keymgr", "-c", str(config), zone]
    run([*keymgr, "generate", "algorithm=13", "ksk=yes", "zsk=yes"])
    lines = run([*keymgr, "ds"]).splitlines()
    return next(rdata for _, rdata in (line.split(" DS ", 1) for line in lines) if rdata.split()[2] == "2")


def knotd(config: Path, address: str, zone: str) -> Daemon:
    """Knot DNS with the configuration of `knot_config`."""
    return Daemon(
        f"knotd at {address}",
        ["knotd", "-c", str(config)],
        config.parent / "knot.log",
        answers_dns(address, zone, "DNSKEY"),
    )


def unbound(folder: Path, address: str, root: str, anchor: Path) -> Daemon:
    """Unbound, a validating resolver with our root server and our trust anchor only."""
    folder.mkdir()
    hints = folder / "root.hints"
    hints.write_text(f". 3600 IN NS a.root.test.\na.root.test. 3600 IN A {root}\n")
    config = folder / "unbound.conf"
    config.write_text(
        f"""server:
    interface: {address}
    port: 53
    access-control: 127.0.0.0/8 allow
    directory: "{folder}"
    chroot: ""
    username: ""
    pidfile: "{folder}/unbound.pid"
    use-syslog: no
    logfile: ""
    verbosity: 1
    val-log-level: 2
    num-threads: 1
    do-ip6: no
    do-not-query-localhost: no
    root-hints: "{hints}"
    trust-anchor-file: "{anchor}"
    local-zone: "test." nodefault
    module-config: "validator iterator"
    infra-host-ttl: 60
    outbound-msg-retry: 3
remote-control:
    control-enable: no
"""
    )
    return Daemon(
        f"unbound at {address}",
        ["unbound", "-d", "-p", "-c", str(config)],
        folder / "unbound.log",
        answers_dns(address, "test."),
    )


# --- mail servers ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listener:
    """One Postfix smtpd on port 25 of one address.

    chain_files -- PEM files, key first; one for each certificate type.
    starttls -- whether it is offered. Offered without any chain file, Postfix answers 454.
    """

    address: str
    chain_files: tuple[Path, ...]
    starttls: bool = True

    @property
    def log_name(self) -> str:
        """What this listener's lines in the mail log begin with."""
        return f"smtpd-at-{self.address}"

    def master_line(self) -> str:
        """The service in the syntax of master(5)."""
        options = {
            "smtpd_tls_security_level": "may" if self.starttls else "none",
            "smtpd_tls_chain_files": ",".join(map(str, self.chain_files)),
            "syslog_name": self.log_name,
        }
        return f"{self.address}:25 inet n - n - - smtpd\n" + "".join(
            f"    -o {key}={value}\n" for key, value in options.items()
        )


def postfix(folder: Path, listeners: list[Listener]) -> Daemon:
    """One Postfix instance with all the listeners; it greets, speaks STARTTLS, and relays nothing."""
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
inet_protocols = ipv4
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
        + "".join(listener.master_line() for listener in listeners)
    )
    run(["postfix", "-c", str(config), "check"])
    master = Path(run(["postconf", "-c", str(config), "-h", "daemon_directory"]).strip()) / "master"
    return Daemon(
        "postfix",
        [str(master), "-c", str(config), "-s"],
        folder / "mail.log",
        greets_smtp(listeners[-1].address),
    )


def run(command: list[str], folder: Path | None = None) -> str:
    """The standard output of a short command; its error output is in the exception if it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise DidNotStart(f"{' '.join(command)} gave {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
