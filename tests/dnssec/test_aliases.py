"""Aliases: CNAME and DNAME, chains across zones, loops (RFC 7672 §2.1.3, RFC 6672; R6672-a, -b)."""

from __future__ import annotations

import dns.name
import dns.rcode
import dns.rdatatype as rrtype
import dns.rrset
import dns.set
import pytest

from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Insecure, Secure, SecureDenial
from tests.dnssec.recursive import Recursive, adding, replaced, servfail, unsigned, without
from tests.dnssec.world import N, World, example, renamed, rrset, zone


def only_the_alias(reply: dns.message.Message) -> dns.message.Message:
    """The first link alone, as a resolver may send that does not chase."""
    first = reply.answer[0].name
    reply.answer = [one for one in reply.answer if one.name == first]
    reply.authority = []
    return reply


class TestChains:
    def test_each_hop_has_its_own_status(self) -> None:
        """R7671-7-a: A secure alias into an unsigned zone: the hop is secure, the answer is not (R7672-2.1.3-d)."""
        world = example()
        zone(world).put("out CNAME host.plain.example.org.")
        lookup = Recursive(world).lookup("out.example.org.", "A")
        assert isinstance(lookup, Insecure)
        assert [(hop.owner, hop.target, hop.status) for hop in lookup.aliases] == [
            ("out.example.org.", "host.plain.example.org.", "secure")
        ]

    def test_an_insecure_hop_taints_what_follows(self) -> None:
        """secure → insecure → secure is insecure, and says why."""
        world = example()
        zone(world).put("out CNAME alias.plain.example.org.")
        lookup = Recursive(world).lookup("out.example.org.", "A")
        assert isinstance(lookup, Insecure)
        assert lookup.why.cause is Cause.INSECURE_ALIAS
        assert [hop.status for hop in lookup.aliases] == ["secure", "insecure"]

    @pytest.mark.parametrize("hop", ["out.example.org.", "host.example.org."])
    def test_an_error_anywhere_is_the_error_of_all(self, hop: str) -> None:
        """R7672-2.1.3-c: also after an insecure hop."""
        world = example()
        zone(world).put("out CNAME alias.plain.example.org.")
        recursive = Recursive(world).bend("out.example.org.", "A", _unsigned_at(hop))
        lookup = recursive.bend("host.example.org.", "A", _unsigned_at(hop)).lookup("out.example.org.", "A")
        assert isinstance(lookup, Bogus)

    @pytest.mark.parametrize("rdtype", ["A", "AAAA"])
    def test_a_target_that_the_answer_lacks_is_asked_for(self, rdtype: str) -> None:
        """R7672-2.1.3-b: a bare alias is neither data nor nodata."""
        recursive = Recursive(example()).bend("alias.example.org.", rdtype, only_the_alias)
        lookup = recursive.lookup("alias.example.org.", rdtype)
        assert (lookup.status, lookup.kind) == ("secure", "data" if rdtype == "A" else "nodata")

    def test_a_wildcard_alias_without_its_target_is_no_denial(self) -> None:
        """The wildcard's proof in the authority section does not speak of the target."""
        world = example()
        zone(world).put("*.c CNAME host.plain.example.org.")

        def bend(reply: dns.message.Message) -> dns.message.Message:
            reply.answer = [one for one in reply.answer if one.name == N("y.c.example.org.")]
            return reply

        lookup = Recursive(world).bend("y.c.example.org.", "A", bend).lookup("y.c.example.org.", "A")
        assert (lookup.status, lookup.kind) == ("insecure", "data")

    def test_a_target_that_fails_is_a_failure(self) -> None:
        """SERVFAIL for the target: indeterminate, not nodata."""
        recursive = Recursive(example()).bend("alias.example.org.", "A", only_the_alias)
        lookup = recursive.bend("host.example.org.", "A", servfail).lookup("alias.example.org.", "A")
        assert isinstance(lookup, Indeterminate)

    def test_a_denied_target_is_a_secure_denial(self) -> None:
        """The alias is told, the denial is that of its target."""
        world = example()
        zone(world).put("out CNAME gone")
        lookup = Recursive(world).lookup("out.example.org.", "A")
        assert isinstance(lookup, SecureDenial)
        assert (lookup.kind, len(lookup.aliases)) == ("nxdomain", 1)

    def test_a_question_for_the_alias_itself_is_not_followed(self) -> None:
        """CNAME is data to those who ask for CNAME."""
        lookup = Recursive(example()).lookup("alias.example.org.", "CNAME")
        assert isinstance(lookup, Secure)
        assert (lookup.aliases, lookup.records[0].text) == ((), "host.example.org.")

    def test_eleven_hops_are_followed_and_twelve_are_not(self) -> None:
        """L-3, D-3: whether they come in one answer or each by itself."""
        world = World()
        links = "\n".join(f"a{n} CNAME a{n + 1}" for n in range(12))
        world.add("org.", f"{links}\na12 A 192.0.2.1")
        for recursive in (Recursive(world), Recursive(world)):
            for n in range(12):
                recursive.bend(f"a{n}.org.", "A", only_the_alias)
            assert isinstance(recursive.lookup("a1.org.", "A"), Secure)
            lookup = recursive.lookup("a0.org.", "A")
            assert isinstance(lookup, Indeterminate)
            assert lookup.why.cause is Cause.ALIAS_LIMIT


class TestLoops:
    def test_a_signed_loop_is_proven(self) -> None:
        """R7672-2.1.3-f: bogus."""
        world = World()
        world.add("org.", "a CNAME b\nb CNAME a\nself CNAME self")
        for name in ("a.org.", "self.org."):
            lookup = Recursive(world).lookup(name, "A")
            assert isinstance(lookup, Bogus)
            assert lookup.why.cause is Cause.ALIAS_LOOP

    def test_with_an_unsigned_link_it_may_be_anybodys(self) -> None:
        """Indeterminate, with the same cause."""
        world = example()
        zone(world).put("loop CNAME loop.plain.example.org.")
        zone(world, "plain.example.org.").put("loop CNAME loop.example.org.")
        lookup = Recursive(world).lookup("loop.example.org.", "A")
        assert isinstance(lookup, Indeterminate)
        assert lookup.why.cause is Cause.ALIAS_LOOP


class TestDname:
    """R7672-2.1.3-a: the DNAME is what is validated; the CNAME beside it is only compared."""

    def test_the_dname_is_validated_and_the_alias_is_told(self) -> None:
        """R6672-a: the synthesised CNAME needs no signature of its own."""
        lookup = Recursive(example()).lookup("x.dname.example.org.", "A")
        assert isinstance(lookup, Secure)
        assert [(hop.target, hop.via, hop.status) for hop in lookup.aliases] == [
            ("x.w.example.org.", "DNAME", "secure")
        ]

    def test_the_synthesised_alias_may_be_absent(self) -> None:
        """R6672-b: we substitute ourselves."""
        recursive = Recursive(example()).bend("x.dname.example.org.", "A", without(rrtype.CNAME))
        assert isinstance(recursive.lookup("x.dname.example.org.", "A"), Secure)

    def test_a_forged_alias_beside_a_signed_dname_is_bogus(self) -> None:
        """R6672-a: it must equal the substitution."""
        world = example()
        made = world.answer(N("x.dname.example.org."), rrtype.A).answer[:2]
        forged = replaced([*made, rrset("x.dname.example.org.", "CNAME", "host.plain.example.org.")])
        lookup = Recursive(world).bend("x.dname.example.org.", "A", forged).lookup("x.dname.example.org.", "A")
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.ALIAS_INVALID

    def test_an_unsigned_dname_is_bogus(self) -> None:
        """Its signature is what everything rests on."""
        recursive = Recursive(example()).bend("x.dname.example.org.", "A", unsigned(rrtype.DNAME))
        assert isinstance(recursive.lookup("x.dname.example.org.", "A"), Bogus)

    def test_a_dname_made_from_a_wildcard_is_refused(self) -> None:
        """R6672-b."""
        world = example()
        own = zone(world)
        own.put("*.v DNAME w")
        wild = own.sets[N("*.v.example.org."), rrtype.DNAME]
        answer = renamed([wild, own.sign(wild)], "y.v.example.org.")
        bend = replaced(answer, own.nsec(N("y.v.example.org.")))
        lookup = Recursive(world).bend("x.y.v.example.org.", "A", bend).lookup("x.y.v.example.org.", "A")
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.ALIAS_INVALID

    def test_a_name_that_grows_too_long_is_an_error(self) -> None:
        """R6672-b: YXDOMAIN, whether the resolver says so or we find it."""
        world = example()
        long = ".".join(["l" * 60] * 3)
        zone(world).put(f"grow DNAME {long}")
        dname = zone(world).sets[N("grow.example.org."), rrtype.DNAME]
        name = f"{'x' * 60}.grow.example.org."
        answer = [dname, zone(world).sign(dname)]
        for rcode in (0, dns.rcode.YXDOMAIN):
            lookup = Recursive(world).bend(name, "A", replaced(answer, rcode=rcode)).lookup(name, "A")
            assert isinstance(lookup, Indeterminate)
            assert (lookup.why.cause, lookup.why.rcode) == (Cause.RCODE, "YXDOMAIN")

    def test_the_alias_may_be_asked_for(self) -> None:
        """Type CNAME below a DNAME: the synthesised record, vouched for by the DNAME."""
        lookup = Recursive(example()).lookup("x.dname.example.org.", "CNAME")
        assert isinstance(lookup, Secure)
        assert [record.text for record in lookup.records] == ["x.w.example.org."]


class TestSeveralAliases:
    def test_two_cnames_at_one_name_are_bogus(self) -> None:
        """Signed or not, a name has one alias."""
        world = example()
        made = rrset("two.example.org.", "CNAME", "host.example.org.")
        dns.set.Set.add(made, rrset("two.example.org.", "CNAME", "mx.example.org.")[0])  # its own add keeps one
        bend = replaced([made, zone(world).sign(made)])
        lookup = Recursive(world).bend("two.example.org.", "A", bend).lookup("two.example.org.", "A")
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.ALIAS_INVALID

    def test_a_forged_alias_is_bogus(self) -> None:
        """An unsigned CNAME in a signed zone leads nowhere."""
        bend = replaced([rrset("mx.example.org.", "CNAME", "host.plain.example.org.")])
        lookup = Recursive(example()).bend("mx.example.org.", "A", bend).lookup("mx.example.org.", "A")
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.SIGNATURE_MISSING

    def test_an_alias_beside_the_data_changes_nothing(self) -> None:
        """Data of the name asked for is the answer."""
        bend = adding([rrset("mx.example.org.", "CNAME", "host.plain.example.org.")])
        assert isinstance(
            Recursive(example()).bend("mx.example.org.", "A", bend).lookup("mx.example.org.", "A"), Secure
        )


def _unsigned_at(name: str):  # type: ignore[no-untyped-def]
    def bend(reply: dns.message.Message) -> dns.message.Message:
        reply.answer = [one for one in reply.answer if not (one.name == N(name) and one.rdtype == rrtype.RRSIG)]
        return reply

    return bend
