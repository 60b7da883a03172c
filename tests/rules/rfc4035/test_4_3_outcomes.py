"""RFC 4035 §4.3 and §4.9: what a lookup can come to, and what a reply's header has no say in."""

from __future__ import annotations

from typing import get_args

import dns.flags
import dns.message
import dns.rdatatype as rrtype
import dns.rrset
import pytest

from dane_check.dnssec.lookup import Bogus, Cause, Lookup, Secure
from dane_check.ports import NoReply
from tests.dnssec.recursive import Recursive, replaced, servfail, silence, unsigned
from tests.dnssec.world import DAY, NOW, N, SigningKey, World, example, renamed, rrset, zone

MX_HOST = "mx.example.org."


@pytest.mark.parametrize(
    ("name", "bend", "status"),
    [
        (MX_HOST, None, "secure"),
        ("nix.example.org.", None, "secure"),
        ("host.plain.example.org.", None, "insecure"),
        ("gone.plain.example.org.", None, "insecure"),
        (MX_HOST, unsigned(rrtype.A), "bogus"),
        (MX_HOST, servfail, "indeterminate"),
        (MX_HOST, silence, "indeterminate"),
    ],
)
def test_every_lookup_comes_to_exactly_one_of_four(name: str, bend: object, status: str) -> None:
    """R4035-4.3-a, R7672-2.1.1-a, -2.1.1-g: secure, insecure, bogus or indeterminate; two have a kind, one needs no
    reason."""
    recursive = Recursive(example())
    if bend is not None:
        recursive.bend(name, "A", bend)  # type: ignore[arg-type]
    lookup = recursive.lookup(name, "A")
    assert lookup.status == status
    assert isinstance(lookup, get_args(Lookup))
    assert (lookup.kind is not None) is (status in {"secure", "insecure"})
    assert (lookup.why is None) is (status == "secure")


@pytest.mark.parametrize("flags", [0, dns.flags.AD, dns.flags.CD, dns.flags.AD | dns.flags.CD])
@pytest.mark.parametrize("with_do", [True, False])
def test_ad_cd_and_do_of_a_reply_are_disregarded(flags: int, with_do: bool) -> None:
    """R6840-5.7-a, R6840-5.6-a, R6698-4.1-e: AD, CD and DO of a reply change nothing, on good and bad data."""

    def flagged(reply: dns.message.Message) -> dns.message.Message | NoReply:
        reply.flags |= flags
        reply.use_edns(0 if with_do else -1, ednsflags=dns.flags.DO if with_do else 0)
        return reply

    assert Recursive(example()).bend(MX_HOST, "A", flagged).lookup(MX_HOST, "A").status == "secure"
    forged = Recursive(example()).bend(MX_HOST, "A", lambda reply: flagged(unsigned(rrtype.A)(reply)))  # type: ignore[arg-type]
    assert forged.lookup(MX_HOST, "A").status == "bogus"
    name = "host.plain.example.org."
    assert Recursive(example()).bend(name, "A", flagged).lookup(name, "A").status == "insecure"


def test_a_signature_of_another_owner_or_class_does_not_count() -> None:
    """R4035-5.3.1-a: a true RRSIG that stands at another name, or in class CH, signs nothing here."""
    world = example()
    made = rrset(MX_HOST, "A", "192.0.2.1")
    sigs = zone(world).sign(made)
    (elsewhere,) = renamed([sigs], "host.example.org.")
    chaos = dns.rrset.from_text(sigs.name, 3600, "CH", "RRSIG", sigs[0].to_text())
    for answer in ([made, elsewhere], [made, chaos]):
        lookup = Recursive(world).bend(MX_HOST, "A", replaced(answer)).lookup(MX_HOST, "A")
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.SIGNATURE_MISSING
    assert isinstance(Recursive(world).bend(MX_HOST, "A", replaced([made, sigs])).lookup(MX_HOST, "A"), Secure)


def test_records_are_ordered_as_octet_strings() -> None:
    """R4034-6.3-a: RDATA counts as left-justified octets: a shorter one before its continuation, 0x7f before 0x80."""
    world = example()
    texts = ['"b"', '"a" "b"', '"a"', '"aa"', '"\\127"', '"\\128"', '"\\255"', '""']
    for text in texts:
        zone(world).put(f"order TXT {text}")
    lookup = Recursive(world).lookup("order.example.org.", "TXT")
    assert isinstance(lookup, Secure)
    assert len(lookup.records) == len(texts)


def test_keys_may_be_more_than_sign() -> None:
    """R6840-6.x-a: the DNSKEY set is signed by the DS-matched key alone; the ZSK and a key of no use do no harm."""
    world = World()
    ksk, zsk, idle = SigningKey(801), SigningKey(802, flags=256), SigningKey(803, flags=0)
    org = world.add("org.", "mx A 192.0.2.1", keys=(ksk,))
    for key in (zsk, idle):
        org.put(f"@ DNSKEY {key.dnskey.to_text()}")
    recursive = Recursive(world)
    made = rrset("mx.org.", "A", "192.0.2.1")
    recursive.bend("mx.org.", "A", replaced([made, org.sign(made, zsk)]))
    lookup = recursive.lookup("mx.org.", "A")
    assert isinstance(lookup, Secure)
    signed_by = {link.rrset: link.signature.key_tag for link in lookup.proof.links if link.signature}  # type: ignore[union-attr]
    assert (signed_by["org. DNSKEY"], signed_by["mx.org. A"]) == (ksk.tag, zsk.tag)


@pytest.mark.parametrize("now", [NOW - 2 * DAY, NOW + 31 * DAY, NOW - 27 * 365 * DAY, NOW + 80 * 365 * DAY])
def test_a_wrong_clock_shows_at_the_root(now: int) -> None:
    """R4033-8.1-a, T-9: by a wrong clock the anchor's own zone fails, which is no domain's fault."""
    lookup = Recursive(example()).lookup(MX_HOST, "A", now=now)
    assert isinstance(lookup, Bogus)
    assert lookup.why.cause is Cause.ROOT_FAILURE
    assert "expired" in lookup.why.sentence or "not valid before" in lookup.why.sentence
    assert N(lookup.why.zone) == N(".")
