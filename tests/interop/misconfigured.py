"""Recursive resolvers that are set up wrongly: real programs, and what that does to whoever validates behind them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from .daemon import Daemon
from .resolvers import At, Roots, powerdns, unbound

REDIRECTED = "good.test"
LIE = f"""    local-zone: "{REDIRECTED}." redirect
    local-data: "{REDIRECTED}. 300 IN A 127.0.0.1"
"""
DENIED = f"""    local-zone: "{REDIRECTED}." always_nxdomain
"""
PORTAL = """    local-zone: "." redirect
    local-data: ". 300 IN A 127.0.0.1"
"""


POLICY = """$TTL 300
@ SOA localhost. nobody.localhost. 1 3600 600 86400 300
@ NS localhost.
{name} CNAME .
*.{name} CNAME .
"""


def _policy_zone(folder: Path, at: At, roots: Roots) -> Daemon:
    """An Unbound with a response policy zone that says one domain does not exist, and says so nowhere."""
    zone = folder.with_suffix(".zone")
    zone.write_text(POLICY.format(name=REDIRECTED))
    more = f"""    module-config: "respip validator iterator"
rpz:
    name: "policy."
    zonefile: "{zone}"
"""
    return unbound(folder, at, roots, more)


def _forwarder(folder: Path, at: At, roots: Roots, beyond: At) -> Daemon:
    """An Unbound that asks another resolver, and hands on what it gets."""
    more = f"""    module-config: "iterator"
forward-zone:
    name: "."
    forward-addr: {beyond.address}@{beyond.port}"""
    return unbound(folder, at, roots, more)


def answers_anything(at: At) -> Callable[[], bool]:
    """Ready when there is a reply, whatever it says."""

    def ready() -> bool:
        try:
            dns.query.udp(dns.message.make_query("test.", "SOA"), at.address, timeout=0.5, port=at.port)
        except (OSError, dns.exception.DNSException):
            return False
        return True

    return ready


def misconfigured(folder: Path, prefix: str, roots: Roots) -> tuple[dict[str, At], list[Daemon]]:
    """Where each of them listens, and the servers behind that."""
    names = (
        "strips",
        "forwards-to-stripping",
        "no-tcp",
        "refuses",
        "portal",
        "redirects",
        "denies",
        "deaf-to-cd",
        "nobody",
        "policy-zone",
    )
    places = {name: At(f"{prefix}.{host}") for host, name in enumerate(names, 40)}
    no_tcp = "    do-tcp: no\n    edns-buffer-size: 4096\n    max-udp-size: 4096\n"
    makers: dict[str, Callable[[Path, At, Roots], Daemon]] = {
        "strips": partial(powerdns, dnssec="off"),
        "forwards-to-stripping": partial(_forwarder, beyond=places["strips"]),
        "no-tcp": partial(unbound, more=no_tcp),
        "refuses": partial(
            unbound, more="    access-control: 127.0.0.0/8 refuse\n", ready=answers_anything(places["refuses"])
        ),
        "redirects": partial(unbound, more=LIE),
        "denies": partial(unbound, more=DENIED),
        "portal": partial(unbound, more=PORTAL, ready=answers_anything(places["portal"])),
        "deaf-to-cd": partial(unbound, more="    ignore-cd-flag: yes\n"),
        "policy-zone": _policy_zone,
    }
    return places, [make(folder / name, places[name], roots) for name, make in makers.items()]
