"""The lab's zones are signed and deny as the RFCs have it, by dnspython's arithmetic and by their own contents."""

from __future__ import annotations

import dns.dnssec
import dns.flags
import dns.name
import dns.rcode
import dns.rdatatype
import pytest
from dns.dnssectypes import DSDigest
from dns.message import Message

from dane_check import Lookup, lookup
from dane_check.lab import Lab
from tests.lab.asking import NOW, answers, ask, find, in_lab, scenario, verified, zone

HOST = "@ MX 10 mx\nmx A {A}\n_25._tcp.mx TLSA 3 1 1 {ee}\n*.wild A 192.0.2.200\n"


@pytest.mark.parametrize("algorithm", [8, 13, 14, 15])
class TestAlgorithms:
    def test_every_answer_is_signed_by_the_zone(self, algorithm: int) -> None:
        """Positive answers carry signatures that dnspython verifies, for each algorithm the lab signs with."""
        mx, address, tlsa, keys = answers(
            zone(HOST, f"algorithm = {algorithm}"),
            "one.test MX",
            "mx.one.test A",
            "_25._tcp.mx.one.test TLSA",
            "one.test DNSKEY",
        )
        found = [verified(reply.answer, keys, "one.test") for reply in (mx, address, tlsa, keys)]
        assert found == [
            {"one.test. MX"},
            {"mx.one.test. A"},
            {"_25._tcp.mx.one.test. TLSA"},
            {"one.test. DNSKEY"},
        ]

    def test_the_parent_vouches_for_the_key(self, algorithm: int) -> None:
        """The DS record comes from the parent, is signed by it, and is the digest of the zone's KSK."""
        ds, parent, keys = answers(
            zone(HOST, f"algorithm = {algorithm}"), "one.test DS", "test DNSKEY", "one.test DNSKEY"
        )
        assert verified(ds.answer, parent, "test") == {"one.test. DS"}
        ksk = next(key for key in find(keys.answer, "one.test", "DNSKEY") or [] if key.flags == 257)
        made = dns.dnssec.make_ds("one.test.", ksk, DSDigest.SHA256)
        assert list(find(ds.answer, "one.test", "DS") or []) == [made]


def test_the_trust_anchor_is_the_ds_of_the_root_key() -> None:
    """One of the two DS texts of the anchor names the key that signs the root's DNSKEY set."""

    async def act(lab: Lab) -> tuple[Message, tuple[str, ...]]:
        return await ask(lab.resolver, ". DNSKEY"), lab.trust_anchor

    keys, anchors = in_lab(zone(HOST), act)
    assert verified(keys.answer, keys, ".") == {". DNSKEY"}
    dnskey = find(keys.answer, ".", "DNSKEY") or []
    named = {f". IN DS {dns.dnssec.make_ds('.', key, DSDigest.SHA256)}" for key in dnskey}
    assert len(named & set(anchors)) == 1
    assert len(anchors) == 2


def covers(reply: Message, keys: Message) -> set[str]:
    """The verified records of a denial as `owner TYPE`."""
    return verified(reply.authority, keys, "one.test")


class TestNsec:
    """RFC 4035 §3.1.3: which NSEC records a denial carries."""

    def test_no_data_shows_the_types_of_the_name(self) -> None:
        """NODATA carries SOA and the NSEC of the name, whose types lack the one asked for."""
        reply, keys = answers(zone(HOST), "mx.one.test AAAA", "one.test DNSKEY")
        assert (reply.rcode(), reply.answer) == (dns.rcode.NOERROR, [])
        assert covers(reply, keys) == {"one.test. SOA", "mx.one.test. NSEC"}
        nsec = find(reply.authority, "mx.one.test", "NSEC")
        assert nsec is not None
        assert nsec[0].to_text() == "_25._tcp.mx.one.test. A RRSIG NSEC"

    def test_an_unknown_name_is_covered_and_so_is_the_wildcard(self) -> None:
        """NXDOMAIN carries NSECs that cover the name and the wildcard at the closest encloser."""
        reply, keys = answers(zone(HOST), "nn.one.test A", "one.test DNSKEY")
        assert reply.rcode() == dns.rcode.NXDOMAIN
        assert covers(reply, keys) == {"one.test. SOA", "one.test. NSEC", "_25._tcp.mx.one.test. NSEC"}

    def test_an_empty_non_terminal_exists(self) -> None:
        """A name that has nothing but names below it is NODATA, covered by the NSEC before it."""
        reply, keys = answers(zone(HOST), "_tcp.mx.one.test TLSA", "one.test DNSKEY")
        assert reply.rcode() == dns.rcode.NOERROR
        assert covers(reply, keys) == {"one.test. SOA", "mx.one.test. NSEC"}

    def test_a_wildcard_answer_proves_that_nothing_is_closer(self) -> None:
        """The RRset is signed with the wildcard's label count, and an NSEC covers the name."""
        reply, keys = answers(zone(HOST), "a.b.wild.one.test A", "one.test DNSKEY")
        assert verified(reply.answer, keys, "one.test") == {"a.b.wild.one.test. A"}
        rrsig = find(reply.answer, "a.b.wild.one.test", "RRSIG", "A")
        assert rrsig is not None
        assert rrsig[0].labels == 3
        assert covers(reply, keys) == {"*.wild.one.test. NSEC"}

    def test_the_record_of_a_name_is_answered_to_those_who_ask_for_it(self) -> None:
        """NSEC is data of its own name, at the apex and at a wildcard too, with its signature."""
        for name in ("one.test", "mx.one.test", "*.wild.one.test"):
            reply, keys = answers(zone(HOST), f"{name} NSEC", "one.test DNSKEY")
            assert verified(reply.answer, keys, "one.test") == {f"{name}. NSEC"}, name

    def test_an_empty_non_terminal_has_none(self) -> None:
        """And that is proven by the one that covers it."""
        reply, keys = answers(zone(HOST), "_tcp.mx.one.test NSEC", "one.test DNSKEY")
        assert (reply.rcode(), reply.answer) == (dns.rcode.NOERROR, [])
        assert covers(reply, keys) == {"one.test. SOA", "mx.one.test. NSEC"}

    @pytest.mark.parametrize(
        ("question", "kind", "more"),
        [
            ("mx.one.test NSEC", "data", ""),
            ("one.test NSEC", "data", ""),
            ("a.wild.one.test NSEC", "data", ""),
            ("_tcp.mx.one.test NSEC", "nodata", ""),
            ("nn.one.test NSEC", "nxdomain", ""),
            ("mx.one.test NSEC", "nodata", 'denial = "nsec3"'),
        ],
    )
    def test_what_is_answered_to_the_type_validates(self, question: str, kind: str, more: str) -> None:
        """Data or denial, with NSEC3 as well, is secure."""

        async def act(lab: Lab) -> Lookup:
            name, rdtype = question.split()
            return await lookup(name, rdtype, resolver=str(lab.resolver), trust_anchor=lab.trust_anchor, now=NOW)

        found = in_lab(zone(HOST, more), act)
        assert (found.status, found.kind) == ("secure", kind)


class TestNsec3:
    """RFC 5155 §7.2: which NSEC3 records a denial carries."""

    NSEC3 = 'denial = "nsec3"\niterations = 3\nsalt = "beef"'

    def hashed(self, name: str) -> str:
        return dns.dnssec.nsec3_hash(name, "beef", 3, 1).lower() + ".one.test."

    def span(self, reply: Message, name: str) -> list[str]:
        """Owners of the NSEC3 records of a reply that cover a name's hash."""
        wanted = dns.dnssec.nsec3_hash(name, "beef", 3, 1).lower()
        found = []
        for rrset in reply.authority:
            if rrset.rdtype == dns.rdatatype.NSEC3:
                first, last = rrset.name.labels[0].decode(), rrset[0].to_text().split()[4].lower()
                if first < wanted < last or (first >= last and (wanted > first or wanted < last)):
                    found.append(rrset.name.to_text())
        return found

    def test_no_data_is_the_matching_record(self) -> None:
        """NODATA carries the NSEC3 whose owner is the name's hash."""
        reply, keys = answers(zone(HOST, self.NSEC3), "mx.one.test AAAA", "one.test DNSKEY")
        assert covers(reply, keys) == {"one.test. SOA", f"{self.hashed('mx.one.test')} NSEC3"}

    def test_an_unknown_name_has_the_three_proofs(self) -> None:
        """NXDOMAIN matches the closest encloser and covers the next closer name and the wildcard."""
        reply, keys = answers(zone(HOST, self.NSEC3), "a.nn.one.test A", "one.test DNSKEY")
        assert reply.rcode() == dns.rcode.NXDOMAIN
        assert f"{self.hashed('one.test')} NSEC3" in covers(reply, keys)
        assert self.span(reply, "nn.one.test")
        assert self.span(reply, "*.one.test")

    def test_an_empty_non_terminal_has_a_record_of_its_own(self) -> None:
        """Empty non-terminals are hashed too, with no types."""
        (reply,) = answers(zone(HOST, self.NSEC3), "_tcp.mx.one.test TLSA")
        nsec3 = find(reply.authority, self.hashed("_tcp.mx.one.test"), "NSEC3")
        assert nsec3 is not None
        assert nsec3[0].windows == ()

    def test_the_chain_is_a_ring_over_all_names(self) -> None:
        """Following the next hashes from any record comes round to it after every name of the zone."""
        names = ["one.test", "mx.one.test", "_tcp.mx.one.test", "_25._tcp.mx.one.test", "wild.one.test"]
        asked = [f"{name} TXT" for name in [*names, "*.wild.one.test"]]
        replies = answers(zone(HOST, self.NSEC3), *asked)
        following = {}
        for reply in replies:
            for rrset in reply.authority:
                if rrset.rdtype == dns.rdatatype.NSEC3:
                    following[rrset.name.labels[0].decode()] = rrset[0].to_text().split()[4].lower()
        assert len(following) == len(asked)
        assert sorted(following) == sorted(following.values())

    def test_opt_out_leaves_unsigned_delegations_out(self) -> None:
        """With opt-out the DS denial of an unsigned child is a closest-encloser proof with the flag set."""
        text = '[[zone]]\ndenial = "nsec3-opt-out"\n[[zone]]\nname = "child.one.test"\nsigned = false\n'
        reply, keys = answers(scenario(text), "child.one.test DS", "one.test DNSKEY")
        proofs = {r.name.to_text(): r[0] for r in reply.authority if r.rdtype == dns.rdatatype.NSEC3}
        assert {proof.flags for proof in proofs.values()} == {1}
        assert dns.dnssec.nsec3_hash("child.one.test", None, 0, 1).lower() + ".one.test." not in proofs
        assert len(covers(reply, keys)) == 1 + len(proofs)


def test_aliases_are_followed_across_zones() -> None:
    """CNAME and DNAME chains are put together in one answer, each link with its own zone's signature."""
    text = """
[[zone]]
records = \"\"\"
a CNAME b.old
old DNAME two.test.
\"\"\"
[[zone]]
name = "two.test"
records = "b A 192.0.2.9"
"""
    reply, one, two = answers(scenario(text), "a.one.test A", "one.test DNSKEY", "two.test DNSKEY")
    assert verified(reply.answer, one, "one.test") == {"a.one.test. CNAME", "old.one.test. DNAME"}
    assert verified(reply.answer, two, "two.test") == {"b.two.test. A"}
    made = find(reply.answer, "b.old.one.test", "CNAME")
    assert made is not None
    assert made[0].target == dns.name.from_text("b.two.test")
    assert find(reply.answer, "b.old.one.test", "RRSIG", "CNAME") is None


def test_an_unsigned_zone_has_a_proven_insecure_delegation() -> None:
    """Nothing in the zone is signed, and its parent proves with a signed NSEC that there is no DS."""
    address, ds, keys = answers(zone(HOST, "signed = false"), "mx.one.test A", "one.test DS", "test DNSKEY")
    assert [rrset.rdtype for rrset in address.answer] == [dns.rdatatype.A]
    assert verified(ds.authority, keys, "test") == {"test. SOA", "one.test. NSEC"}
    nsec = find(ds.authority, "one.test", "NSEC")
    assert nsec is not None
    assert nsec[0].to_text().split()[1:] == ["NS", "RRSIG", "NSEC"]


def test_signatures_are_kept_from_those_who_do_not_ask() -> None:
    """Without DO a reply holds no RRSIG and no NSEC; with DO, over TCP, it holds both and never AD."""

    async def act(lab: Lab) -> tuple[Message, Message]:
        plain = await ask(lab.resolver, "mx.one.test AAAA", dnssec=False)
        return plain, await ask(lab.resolver, "mx.one.test AAAA", tcp=True)

    plain, full = in_lab(zone(HOST), act)
    assert [rrset.rdtype for rrset in plain.authority] == [dns.rdatatype.SOA]
    assert {rrset.rdtype for rrset in full.authority} == {
        dns.rdatatype.SOA,
        dns.rdatatype.NSEC,
        dns.rdatatype.RRSIG,
    }
    assert not full.flags & dns.flags.AD
    assert full.flags & dns.flags.RA


def test_what_does_not_fit_is_truncated() -> None:
    """An answer above the EDNS size comes with TC=1 and empty over UDP, and whole over TCP."""

    async def act(lab: Lab) -> tuple[Message, Message]:
        name = "_25._tcp.mx.one.test TLSA"
        return await ask(lab.resolver, name), await ask(lab.resolver, name, tcp=True)

    full = "_25._tcp.mx TLSA 3 0 0 {ee}\n_25._tcp.mx TLSA 2 0 0 {ca}\n_25._tcp.mx TLSA 2 0 0 {ta}"
    by_udp, by_tcp = in_lab(zone(f"mx A {{A}}\n{full}"), act)
    assert by_udp.flags & dns.flags.TC
    assert by_udp.answer == []
    assert len(find(by_tcp.answer, "_25._tcp.mx.one.test", "TLSA") or []) == 3


def test_the_same_moment_makes_the_same_world() -> None:
    """Two labs at one moment answer with the same octets, so that fixtures can be made again."""
    first, second = (answers(zone(HOST), "_25._tcp.mx.one.test TLSA", "nn.one.test A") for _ in range(2))
    assert [m.to_text().split("\n", 1)[1] for m in first] == [m.to_text().split("\n", 1)[1] for m in second]


def test_questions_are_logged() -> None:
    """The lab remembers what it was asked, and which of it was about a scenario."""

    async def act(lab: Lab) -> tuple[list[str], list[str]]:
        await ask(lab.resolver, "mx.one.test A")
        await ask(lab.resolver, "other.example A")
        return [str(a) for a in lab.dns_log], [str(a) for a in lab.asked("one.test")]

    assert in_lab(zone(HOST), act) == (["mx.one.test. A", "other.example. A"], ["mx.one.test. A"])
