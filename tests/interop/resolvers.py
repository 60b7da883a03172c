"""Recursive resolvers, each validating from our trust anchor and starting at our root server only.

The command asks with CD set, so a validating resolver must hand out even what it holds for bogus.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .daemon import Daemon, answers_dns


@dataclass(frozen=True, slots=True)
class Roots:
    """Where a resolver starts: the address of the root server, and what is trusted.

    ds -- the DS RDATA of the root: tag, algorithm, digest type, digest.
    anchor -- a file with the same as a DS record.
    """

    server: str
    ds: str
    anchor: Path

    def write_hints(self, folder: Path) -> Path:
        """A root hints file that names our root server alone."""
        hints = folder / "root.hints"
        hints.write_text(f". 3600 IN NS a.root.test.\na.root.test. 3600 IN A {self.server}\n")
        return hints


@dataclass(frozen=True, slots=True)
class At:
    """Where a resolver listens; as text, what `--resolver` takes."""

    address: str
    port: int = 53

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    def answers(self) -> Callable[[], bool]:
        """Ready when the resolver here has walked down to `test.`."""
        return answers_dns(self.address, "test.", port=self.port)


Resolver = Callable[[Path, At, Roots], Daemon]


def unbound(folder: Path, at: At, roots: Roots, more: str = "", ready: Callable[[], bool] | None = None) -> Daemon:
    """Unbound; `more` are further lines of its configuration, which begin in the clause `server`."""
    folder.mkdir()
    config = folder / "unbound.conf"
    config.write_text(
        f"""server:
    interface: {at.address}
    port: {at.port}
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
    root-hints: "{roots.write_hints(folder)}"
    trust-anchor-file: "{roots.anchor}"
    local-zone: "test." nodefault
    module-config: "validator iterator"
    infra-host-ttl: 60
    outbound-msg-retry: 3
{more}
remote-control:
    control-enable: no
"""
    )
    return Daemon(
        f"unbound at {at}",
        ["unbound", "-d", "-p", "-c", str(config)],
        folder / "unbound.log",
        ready or at.answers(),
    )


def bind(folder: Path, at: At, roots: Roots) -> Daemon:
    """BIND."""
    folder.mkdir()
    tag, algorithm, digest_type, digest = roots.ds.split()
    config = folder / "named.conf"
    config.write_text(
        f"""options {{
    directory "{folder}";
    pid-file none;
    session-keyfile none;
    listen-on port {at.port} {{ {at.address}; }};
    listen-on-v6 {{ none; }};
    allow-query {{ 127.0.0.0/8; }};
    recursion yes;
    dnssec-validation yes;
    empty-zones-enable no;
}};
controls {{ }};
trust-anchors {{ . static-ds {tag} {algorithm} {digest_type} "{digest}"; }};
zone "." {{ type hint; file "{roots.write_hints(folder)}"; }};
"""
    )
    return Daemon(
        f"named at {at}",
        ["named", "-g", "-n", "1", "-4", "-c", str(config)],
        folder / "named.log",
        at.answers(),
    )


def powerdns(folder: Path, at: At, roots: Roots, dnssec: str = "validate") -> Daemon:
    """PowerDNS Recursor; `dnssec` is what it makes of signatures, and "off" leaves them out of its answers."""
    folder.mkdir()
    (folder / "recursor.lua").write_text(f'clearDS(".")\naddDS(".", "{roots.ds}")\n')
    (folder / "recursor.conf").write_text(
        f"""local-address={at.address}
local-port={at.port}
config-dir={folder}
socket-dir={folder}
hint-file={roots.write_hints(folder)}
lua-config-file={folder}/recursor.lua
dnssec={dnssec}
dont-query=
allow-from=127.0.0.0/8
query-local-address=0.0.0.0
daemon=no
disable-syslog=yes
write-pid=no
threads=1
security-poll-suffix=
"""
    )
    return Daemon(
        f"pdns_recursor at {at}",
        ["pdns_recursor", f"--config-dir={folder}"],
        folder / "recursor.log",
        at.answers(),
    )


def knot_resolver(folder: Path, at: At, roots: Roots) -> Daemon:
    """Knot Resolver."""
    folder.mkdir()
    config = folder / "kresd.conf"
    config.write_text(
        f"""net.listen('{at.address}', {at.port})
net.ipv6 = false
modules.unload('priming')
modules.unload('ta_signal_query')
modules.load('hints')
option('ALLOW_LOCAL', true)
policy.add(policy.suffix(policy.PASS, {{ todname('test.') }}))
trust_anchors.remove('.')
trust_anchors.add_file('{roots.anchor}', true)
hints.root({{ ['a.root.test.'] = {{ '{roots.server}' }} }})
cache.open(10 * MB, 'lmdb://{folder}/cache')
"""
    )
    return Daemon(
        f"kresd at {at}",
        ["kresd", "-n", "-q", "-c", str(config), str(folder)],
        folder / "kresd.log",
        at.answers(),
    )


RESOLVERS: dict[str, Resolver] = {
    "unbound": unbound,
    "bind": bind,
    "powerdns": powerdns,
    "knot-resolver": knot_resolver,
}
