"""One domain whose zone can be changed while everything runs: knotd takes dynamic updates and signs what changes.

Its TTLs are 0, so that no resolver remembers, and what was updated is what is seen next.
"""

from __future__ import annotations

from dataclasses import dataclass

import dns.query
import dns.rcode
import dns.tsig
import dns.tsigkeyring
import dns.update

from .daemon import run
from .name_servers import UPDATE_KEY
from .pki import leaf, tlsa
from .plan import Plan, one_host

DOMAIN = "updated.test"


@dataclass(frozen=True, slots=True)
class Updatable:
    """The zone, where it is served, and TLSA RDATA to put into it.

    tlsa_name -- where the TLSA records of its only MX host stand.
    current, future -- the RDATA, without the type, that names the key that is served, and another one.
    """

    domain: str
    server: str
    tlsa_name: str
    current: str
    future: str

    def publish(self, *rdata: str) -> None:
        """Replaces the TLSA RRset by these records in one dynamic update (RFC 2136); by nothing if there are none."""
        keyring = dns.tsigkeyring.from_text({UPDATE_KEY.name: UPDATE_KEY.secret})
        update = dns.update.UpdateMessage(f"{self.domain}.", keyring=keyring, keyalgorithm=dns.tsig.HMAC_SHA256)
        update.delete(f"{self.tlsa_name}.", "TLSA")
        for one in rdata:
            update.add(f"{self.tlsa_name}.", 0, "TLSA", one)
        reply = dns.query.tcp(update, self.server, timeout=10)
        assert reply.rcode() == dns.rcode.NOERROR, dns.rcode.to_text(reply.rcode())

    def nsupdate(self, *lines: str) -> None:
        """The same by BIND's nsupdate, as an operator would do it: lines such as "add NAME 0 TLSA …"."""
        script = "\n".join((f"server {self.server}", f"zone {self.domain}", *lines, "send", ""))
        key = f"{UPDATE_KEY.algorithm}:{UPDATE_KEY.name}:{UPDATE_KEY.secret}"
        run(["nsupdate", "-y", key], given=script)


def plan_updatable(plan: Plan, server: str) -> Updatable:
    """Puts the zone and its mail server into the world."""
    served, other = leaf(f"mx.{DOMAIN}"), leaf(f"mx.{DOMAIN}")
    current, future = (tlsa(3, 1, 1, cert) for cert in (served, other))
    plan.zone(DOMAIN, one_host(plan.serve((served,)), current), signer="knot", updates=True, ttl=0)
    rdata = (record.removeprefix("TLSA ") for record in (current, future))
    return Updatable(DOMAIN, server, f"_25._tcp.mx.{DOMAIN}", *rdata)
