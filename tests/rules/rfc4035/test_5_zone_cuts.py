"""RFC 4035 §5: where zones begin, found by DS questions (requirements ZC-a, ZC-b)."""

from __future__ import annotations

import dns.rdatatype as rrtype
import pytest

from dane_check.dnssec.lookup import Bogus, Cause, Indeterminate, Insecure, Lookup, Secure, SecureDenial
from tests.dnssec.recursive import Recursive, adding, replaced, servfail, silence, unsigned, with_rcode, without
from tests.dnssec.world import N, Nsec3Params, SigningKey, World, example, rrset, zone

BOTH = pytest.mark.parametrize("nsec3", [None, Nsec3Params()], ids=["nsec", "nsec3"])
TLSA = "_25._tcp.mx.example.org."


class TestNoCut:
    @BOTH
    @pytest.mark.parametrize(
        "records",
        [
            "",
            "_25._tcp.mx CNAME _dane.host\n_dane.host TLSA 3 1 1 " + "cd" * 32,
            "*._tcp.mx CNAME _dane.host\n_dane.host TLSA 3 1 1 " + "cd" * 32,
            "_tcp.mx DNAME _tcp.host\n_25._tcp.host TLSA 3 1 1 " + "cd" * 32,
        ],
        ids=["empty-non-terminal", "cname", "wildcard-cname", "dname"],
    )
    def test_stripped_signatures_below_names_of_every_kind_are_bogus(
        self, records: str, nsec3: Nsec3Params | None
    ) -> None:
        """The walk meets empty non-terminals, CNAME and DNAME in honest zones: none is a cut, none ends it."""
        world = World()
        world.add("org.", nsec3=nsec3)
        world.add("example.org.", f"mx A 192.0.2.1\n{records or '_25._tcp.mx TLSA 3 1 1 ' + 'ab' * 32}", nsec3=nsec3)
        recursive = Recursive(world)
        assert isinstance(recursive.lookup(TLSA, "TLSA"), Secure)
        forged = replaced([rrset(TLSA, "TLSA", "3 1 1 " + "00" * 32)])
        lookup = recursive.bend(TLSA, "TLSA", forged).lookup(TLSA, "TLSA")
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.SIGNATURE_MISSING

    def test_a_host_below_a_wildcard_alias_is_no_cut(self) -> None:
        """`*.example.com CNAME`: the DS question at the host comes back as an alias."""
        world = World()
        world.add("com.", "target A 192.0.2.1\n*.w CNAME target")
        lookup = (
            Recursive(world)
            .bend("host.w.com.", "A", replaced([rrset("host.w.com.", "A", "192.0.2.66")]))
            .lookup("host.w.com.", "A")
        )
        assert isinstance(lookup, Bogus)

    def test_an_alias_that_does_not_verify_shows_nothing(self) -> None:
        """A forged CNAME in a DS reply leads nowhere (bogus), and so does an unsigned one."""
        world = example()
        made = rrset("host.example.org.", "CNAME", "plain.example.org.")
        for answer in ([made], [made, zone(world).sign(made, SigningKey(812))]):
            lookup = (
                Recursive(world)
                .bend("host.example.org.", "DS", replaced(answer))
                .bend("host.example.org.", "A", replaced([rrset("host.example.org.", "A", "192.0.2.66")]))
                .lookup("host.example.org.", "A")
            )
            assert isinstance(lookup, Bogus)
            assert lookup.why.record == "host.example.org. DS"

    def test_a_dname_at_the_apex_leaves_no_cut_below(self) -> None:
        """The DS reply is the DNAME; a CNAME beside it must be what it says (R6672-a), or it shows nothing."""
        world = World()
        world.add("org.")
        own = world.add("d.org.", "@ DNAME e.org.")
        name, dname = "x.d.org.", own.sets[N("d.org."), rrtype.DNAME]
        recursive = Recursive(world).bend(name, "A", replaced([rrset(name, "A", "192.0.2.66")]))
        honest = recursive.lookup(name, "A")
        assert isinstance(honest, Bogus)
        assert (honest.why.cause, honest.why.record) == (Cause.SIGNATURE_MISSING, f"{name} A")
        answer = [dname, own.sign(dname), rrset(name, "CNAME", "plain.org.")]
        forged = recursive.bend(name, "DS", replaced(answer)).lookup(name, "A")
        assert isinstance(forged, Bogus)
        assert (forged.why.cause, forged.why.record) == (Cause.ALIAS_INVALID, f"{name} DS")

    @BOTH
    def test_a_zone_below_an_empty_non_terminal_is_found(self, nsec3: Nsec3Params | None) -> None:
        """An empty non-terminal is no cut, and the walk goes on below it."""
        world = World()
        world.add("org.", nsec3=nsec3)
        world.add("signed.e.org.", "host A 192.0.2.1")
        world.add("plain.e.org.", "host A 192.0.2.2", signed=False)
        assert isinstance(Recursive(world).lookup("host.signed.e.org.", "A"), Secure)
        assert isinstance(Recursive(world).lookup("host.plain.e.org.", "A"), Insecure)

    def test_nothing_lies_below_a_name_that_does_not_exist(self) -> None:
        """NXDOMAIN for the DS of `gone`: no cut below, so unsigned data there is bogus."""
        lookup = (
            Recursive(example())
            .bend("a.gone.example.org.", "A", replaced([rrset("a.gone.example.org.", "A", "192.0.2.66")]))
            .lookup("a.gone.example.org.", "A")
        )
        assert isinstance(lookup, Bogus)


class TestInsecureIsSticky:
    def test_junk_signatures_in_an_unsigned_child_are_not_bogus(self) -> None:
        """ZC-b: broken RRSIGs decide nothing; the DS chain does."""
        world = example()
        made = rrset("host.plain.example.org.", "A", "192.0.2.9")
        for junk in (
            zone(world).sign(made, SigningKey(813)),
            zone(world, "plain.example.org.").sign(made, SigningKey(813)),
        ):
            lookup = (
                Recursive(world)
                .bend("host.plain.example.org.", "A", replaced([made, junk]))
                .lookup("host.plain.example.org.", "A")
            )
            assert isinstance(lookup, Insecure)

    def test_a_signed_zone_below_an_unsigned_one_stays_insecure(self) -> None:
        """No chain leads there, whatever it publishes."""
        world = example()
        world.add("island.plain.example.org.", "host A 192.0.2.10")
        assert isinstance(Recursive(world).lookup("host.island.plain.example.org.", "A"), Insecure)

    def test_an_anchor_below_makes_it_secure_again(self) -> None:
        """ZC-b, R6840-5.10-a: the closest enclosing anchor is the one that counts."""
        world = example()
        world.add("island.plain.example.org.", "host A 192.0.2.10")
        anchors = [*world.anchor(), *world.anchor("island.plain.example.org.")]
        assert isinstance(Recursive(world).lookup("host.island.plain.example.org.", "A", anchors=anchors), Secure)

    def test_denials_in_an_unsigned_zone_are_answers(self) -> None:
        """R7672-2.1.1-g: insecure nodata and nxdomain, by the word of the reply."""
        recursive = Recursive(example())
        assert recursive.lookup("host.plain.example.org.", "AAAA").kind == "nodata"
        gone = recursive.lookup("gone.plain.example.org.", "A")
        assert (gone.status, gone.kind) == ("insecure", "nxdomain")


class TestFailures:
    def test_a_ds_question_that_the_walk_needs_and_that_fails_is_indeterminate(self) -> None:
        """SERVFAIL or silence at the cut."""
        for trouble in (servfail, silence):
            lookup = (
                Recursive(example()).bend("plain.example.org.", "DS", trouble).lookup("host.plain.example.org.", "A")
            )
            assert isinstance(lookup, Indeterminate)

    def test_below_the_signer_a_failed_ds_question_counts_for_nothing(self) -> None:
        """Neither for a good signature nor against a bad one."""
        world = example()
        recursive = Recursive(world).bend("mx.example.org.", "DS", servfail)
        assert isinstance(recursive.lookup("mx.example.org.", "A"), Secure)
        made = rrset("mx.example.org.", "A", "192.0.2.1")
        bad = recursive.bend("mx.example.org.", "A", replaced([made, zone(world).sign(made, SigningKey(814))]))
        assert isinstance(bad.lookup("mx.example.org.", "A"), Bogus)

    def test_the_parents_signature_inside_a_signed_child_is_bogus(self) -> None:
        """A secure DS set that arrived shows the cut, so that the parent's old signature below it is worth nothing."""
        world = example()
        made = rrset("child.example.org.", "MX", "10 evil.example.org.")
        lookup = (
            Recursive(world)
            .bend("child.example.org.", "MX", replaced([made, zone(world).sign(made)]))
            .lookup("child.example.org.", "MX")
        )
        assert isinstance(lookup, Bogus)
        assert lookup.why.cause is Cause.SIGNER_WRONG

    @pytest.mark.parametrize("rcode", [1, 2, 4, 5, 9])
    def test_any_other_rcode_is_a_failure(self, rcode: int) -> None:
        """FORMERR, SERVFAIL, NOTIMP, REFUSED, NOTAUTH: indeterminate, with the word."""
        lookup = Recursive(example()).bend("mx.example.org.", "A", with_rcode(rcode)).lookup("mx.example.org.", "A")
        assert isinstance(lookup, Indeterminate)
        assert lookup.why.cause is Cause.RCODE

    def test_silence_is_a_failure_with_its_fault(self) -> None:
        """No reply to the question itself."""
        lookup = Recursive(example()).bend("mx.example.org.", "A", silence).lookup("mx.example.org.", "A")
        assert isinstance(lookup, Indeterminate)
        assert (lookup.why.cause, lookup.why.fault) == (Cause.TRANSPORT, "timeout")


class TestAnotherTry:
    def test_an_incomplete_proof_is_asked_for_again(self) -> None:
        """R4035-4.7-a: NSEC stripped in the first reply only."""
        lookup = (
            Recursive(example())
            .bend("nix.example.org.", "A", without(rrtype.NSEC), adding())
            .lookup("nix.example.org.", "A")
        )
        assert isinstance(lookup, SecureDenial)

    @pytest.mark.parametrize(("name", "rdtype"), [("example.org.", "DS"), ("example.org.", "DNSKEY")])
    def test_so_is_a_link_of_the_chain(self, name: str, rdtype: str) -> None:
        """Signatures stripped from one reply of the chain."""
        bad = unsigned(rrtype.DS, rrtype.DNSKEY)
        assert isinstance(Recursive(example()).bend(name, rdtype, bad, adding()).lookup("mx.example.org.", "A"), Secure)

    def test_the_other_try_goes_to_another_server(self) -> None:
        """With two servers the second is asked before anything is called bogus."""
        recursive = Recursive(example()).bend("mx.example.org.", "A", unsigned(rrtype.A))
        assert isinstance(recursive.lookup("mx.example.org.", "A", servers=2), Bogus)
        about = [
            s.address
            for q, s in zip(recursive.asked, recursive.servers, strict=True)
            if q.name == N("mx.example.org.") and q.rdtype == rrtype.A
        ]
        assert about == ["192.0.2.1", "192.0.2.2"]

    def test_a_server_that_fails_is_passed_over(self) -> None:
        """Silence from the first, the answer from the second."""
        recursive = Recursive(example()).bend("mx.example.org.", "A", silence, adding())
        assert isinstance(recursive.lookup("mx.example.org.", "A", servers=2), Secure)
        single: Lookup = (
            Recursive(example()).bend("mx.example.org.", "A", silence, adding()).lookup("mx.example.org.", "A")
        )
        assert isinstance(single, Indeterminate)
