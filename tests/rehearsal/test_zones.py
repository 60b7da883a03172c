"""PF-f: zone files from end to end: whole zones and lines of one, signed or not, alone or in place of another."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dane_check import Rehearsal, Settings, UsageError, rehearse_sync
from dane_check.findings import Code
from dane_check.lab.dns_world.signing import Period
from dane_check.lab.keys import KeyKind
from dane_check.ports import KeyType
from dane_check.rehearsal.candidates import chain_from_pem
from dane_check.rehearsal.live import rehearse_unasked
from dane_check.rehearsal.moments import Fate, Order
from dane_check.rehearsal.outcome import Would
from dane_check.rehearsal.plan import plan
from dane_check.report.junit import rehearsal_to_junit
from dane_check.report.rehearsal import rehearsal_to_text
from dane_check.report.rehearsal_json import rehearsal_to_json
from dane_check.report.text import TextOptions
from tests.rehearsal.made import HOST, NOW, chain, codes, pem, record
from tests.rehearsal.test_candidates import assert_one_line
from tests.rehearsal.test_in_the_lab import rehearsed
from tests.rehearsal.zones import ds_of, keys_of, signed, zone

OLD, NEW, RSA = chain("old"), chain("new"), chain("rsa", KeyKind.RSA)
EE_OLD, EE_NEW, EE_RSA = record("3 1 1", OLD), record("3 1 1", NEW), record("3 1 1", RSA)
KEYS = keys_of()


def tlsa(*records: str, host: str = "mx") -> str:
    return "".join(f"_25._tcp.{host} TLSA {one}\n" for one in records)


def mail(*records: str) -> str:
    """The zone of a mail domain with one mail host and these records."""
    return zone(f"@ MX 10 mx\nmx A 192.0.2.1\nmx AAAA 2001:db8::1\n{tlsa(*records)}")


def play(text: str, *chains: Any, **more: Any) -> Rehearsal:
    """The zone against the chains, nobody asked."""
    given = [one if isinstance(one, str) or not hasattr(one, "pem") else pem(one) for one in chains]
    settings = Settings(now=more.pop("now", NOW))
    return rehearse_sync(zone=text, chains=given, offline=True, settings=settings, **more)


class TestOffline:
    """Everything candidate, and nobody asked."""

    def test_pf_a_a_zone_and_its_chain_need_nobody(self) -> None:
        """PF-a: the mail domain, its host, and both of its addresses come from the file."""
        found = play(mail(EE_NEW), NEW)
        assert (found.would, found.exit_status) == (Would.BE_PROTECTED, 0)
        assert [one.domain for one in found.mail] == ["example.org"]
        assert [one.address for one in found.hosts[0].verdict.endpoints] == ["192.0.2.1", "2001:db8::1"]
        assert found.hosts[0].assumed == "the zone is assumed to be signed; nobody was asked"

    def test_d_44_a_zone_whose_mail_hosts_have_no_address_would_break_mail(self) -> None:
        """D-44: a dot forgotten at the end of an MX target; protected hosts do not make up for it."""
        found = play(mail(EE_NEW).replace("MX 10 mx", "MX 10 mx.example.org"), NEW)
        assert (found.would, found.exit_status) == (Would.BE_BROKEN, 1)
        assert {one.host: one.would for one in found.hosts}[HOST] is Would.BE_PROTECTED
        assert "No mail could be delivered to example.org" in found.sentence
        assert Code.MX_NONE in codes(found)

    def test_d_44_no_mail_is_meant_where_nothing_says_so(self) -> None:
        """D-44: null MX, or neither MX nor address: there is nothing to break."""
        for lines in ("@ MX 0 .\n", ""):
            found = play(zone(lines), NEW, mail=["example.org"])
            assert found.exit_status == 5

    def test_records_of_another_key_would_break(self) -> None:
        """The file is judged, not read approvingly."""
        assert play(mail(EE_OLD), NEW).exit_status == 1

    def test_a_zone_without_records_would_protect_nobody(self) -> None:
        """Proven absence, by the file."""
        assert play(mail(), NEW).would is Would.BE_UNPROTECTED

    def test_malformed_records_are_a_diagnosis(self) -> None:
        """dnspython would have refused the file."""
        found = play(mail("3 1 1 abcd", "\\# 2 0301"), NEW)
        assert found.would is Would.BE_UNPROTECTED
        assert {Code.TLSA_MALFORMED, Code.TLSA_DIGEST_LENGTH} <= codes(found)

    def test_a_host_of_another_zone_cannot_be_told(self) -> None:
        """Nobody was asked for its addresses."""
        found = play(zone(f"@ MX 10 mx.example.net.\n{tlsa(EE_NEW)}"), NEW)
        assert {one.host: one.would for one in found.hosts}["mx.example.net"] is Would.CANNOT_TELL

    def test_an_alias_within_the_zone_is_followed(self) -> None:
        """R7672-2.2.3-d: the TLSA name leads to records of another name."""
        text = zone(f"@ MX 10 mx\nmx A 192.0.2.1\n_25._tcp.mx CNAME _dane\n_dane TLSA {EE_NEW}\n")
        assert play(text, NEW).would is Would.BE_PROTECTED

    def test_a_wildcard_answers_for_the_host(self) -> None:
        """R6698-A2.1.3-a: as it would once it is published."""
        found = play(zone(f"@ MX 10 mx\nmx A 192.0.2.1\n*._tcp.mx TLSA {EE_NEW}\n"), NEW)
        assert found.would is Would.BE_PROTECTED
        assert Code.TLSA_WILDCARD_RECORD in codes(found)

    def test_a_null_mx_is_nothing_to_protect(self) -> None:
        """RFC 7505: exit 5, as in a check."""
        assert play(zone("@ MX 0 .\n"), NEW, mail=["example.org"]).exit_status == 5

    def test_a_loop_of_aliases_would_break(self) -> None:
        """R7672-2.1.3-f: all links are of the signed zone."""
        text = zone("@ MX 10 mx\nmx A 192.0.2.1\n_25._tcp.mx CNAME b\nb CNAME _25._tcp.mx\n")
        assert play(text, NEW).exit_status == 1

    def test_a_slip_of_the_hand_in_the_zone_is_found(self) -> None:
        """field-notes: a missing dot leaves the host without records, and the finding says which line."""
        text = zone(f"@ MX 10 mx\nmx A 192.0.2.1\n_25._tcp.mx.example.org TLSA {EE_NEW}\n")
        found = play(text, NEW)
        assert (found.would, found.exit_status, found.reason) == (Would.BE_UNPROTECTED, 1, "publisher-rules")
        assert codes(found) >= {Code.TLSA_MISPLACED, Code.TLSA_ABSENT}

    def test_what_is_wrong_in_lines_of_a_zone_is_told_too(self) -> None:
        """Without a SOA record as with one: other services, TTLs, and owners that nobody asks for."""
        lines = f"_25._tcp.{HOST}. TLSA {EE_NEW}\n_25.{HOST}. TLSA {EE_NEW}\n_587._tcp.{HOST}. TLSA {EE_NEW}\n"
        found = play(lines, NEW)
        assert {one.code for one in found.remarks} == {Code.TLSA_MISPLACED, Code.ZONE_OTHER_SERVICES}
        assert (found.would, found.exit_status) == (Would.BE_PROTECTED, 1)

    @pytest.mark.parametrize(
        ("lines", "words"),
        [
            (f"_25.{HOST}. TLSA {EE_NEW}\n", f"belong at _25._tcp.{HOST}"),
            (f"_587._tcp.{HOST}. TLSA {EE_NEW}\n", "no TLSA records for port 25"),
            (f"{HOST}. A 192.0.2.1\n", "no TLSA records for port 25"),
        ],
    )
    def test_lines_for_nobody_are_refused_with_the_reason(self, lines: str, words: str) -> None:
        """The caller's mistake, and what to do."""
        with pytest.raises(UsageError, match=words):
            play(lines, NEW)

    def test_a_mistyped_digest_is_diagnosed(self) -> None:
        """The line that was meant stands in the finding."""
        typo = EE_NEW[:-1] + ("0" if EE_NEW[-1] != "0" else "1")
        assert Code.TLSA_TYPO in codes(play(mail(typo), NEW))

    def test_the_library_and_an_origin(self) -> None:
        """Relative names of a fragment belong to the origin that is given."""
        found = play(tlsa(EE_NEW), NEW, origin="example.org")
        assert ([one.host for one in found.hosts], found.exit_status) == ([HOST], 0)


class TestChainsPerHost:
    """Chains for one host beside those for all, each with its key types."""

    TEXT = zone(
        f"@ MX 10 mx\n@ MX 20 mx2\nmx A 192.0.2.1\nmx2 A 192.0.2.2\n{tlsa(EE_NEW)}{tlsa(EE_OLD, EE_RSA, host='mx2')}"
    )

    def of(self, made: Any, host: str | None) -> Any:
        return chain_from_pem(pem(made), "f", host)

    def test_each_host_gets_its_own(self) -> None:
        """PF-c: RSA and ECDSA at the second host."""
        given = [self.of(NEW, HOST), self.of(OLD, "mx2.example.org"), self.of(RSA, "mx2.example.org")]
        found = play(self.TEXT, *given)
        assert found.exit_status == 0
        types = {one.host: {e.key_type for e in one.verdict.endpoints} for one in found.hosts}
        assert types == {HOST: {KeyType.ECDSA}, "mx2.example.org": {KeyType.ECDSA, KeyType.RSA}}

    def test_one_for_all_gives_way_to_the_host_s_own_of_its_type(self) -> None:
        """The general ECDSA chain is not served where there is another."""
        found = play(self.TEXT, self.of(NEW, None), self.of(OLD, "mx2.example.org"), self.of(RSA, "mx2.example.org"))
        assert found.exit_status == 0

    def test_two_of_a_kind_for_one_host_are_refused(self) -> None:
        """A server serves one of a kind."""
        with pytest.raises(UsageError, match=r"for mx2\.example\.org"):
            play(self.TEXT, self.of(OLD, "mx2.example.org"), self.of(NEW, "mx2.example.org"))


class TestDifference:
    """Two zones: what changes, in which order, and what caches hold meanwhile."""

    def change(self, old: str, new: str, *chains: Any, serving: Any = None) -> Rehearsal:
        return play(new, *chains, old_zone=old, serving=[pem(serving)] if serving else [])

    def test_r7671_8_1_a_the_record_first_and_then_the_key(self) -> None:
        """R7671-8.1-a: before, in between and after, for both addresses."""
        found = self.change(mail(EE_OLD), mail(EE_OLD, EE_NEW), NEW, serving=OLD)
        assert found.exit_status == 0
        assert {one.address for one in found.hosts[0].moments} == {"192.0.2.1", "2001:db8::1"}
        for one in found.hosts[0].moments:
            assert (one.before, one.after, one.order) == (Fate.AUTHENTICATES, Fate.AUTHENTICATES, Order.RECORDS_FIRST)
            assert [met.fate for met in one.overlap] == [Fate.REFUSES, Fate.AUTHENTICATES]
        assert Code.ROLLOVER_WINDOW_OPEN in codes(found)

    def test_r7671_8_c_both_at_once_leave_no_safe_order(self) -> None:
        """R7671-8-c: the old record goes with the old key."""
        found = self.change(mail(EE_OLD), mail(EE_NEW), NEW, serving=OLD)
        assert (found.exit_status, found.reason) == (1, "publisher-rules")
        assert {one.order for one in found.hosts[0].moments} == {Order.NEVER}
        assert Code.ROLLOVER_GAP in codes(found)

    def test_a_leftover_that_goes_is_no_gap(self) -> None:
        """What is served now is named by the new set: the records can go first, whatever they have dropped."""
        leftover = record("3 1 1", chain("leftover"))
        found = self.change(mail(EE_OLD, leftover), mail(EE_OLD, EE_NEW), NEW, serving=OLD)
        assert found.exit_status == 0
        assert Code.ROLLOVER_GAP not in codes(found)

    def test_records_alone_are_one_step(self) -> None:
        """The chain stays, and is said to be served now by nobody else's word."""
        found = self.change(mail(EE_NEW), mail(EE_NEW, EE_OLD), NEW, serving=NEW)
        assert {one.order for one in found.hosts[0].moments} == {Order.ONE_STEP}

    def test_an_address_that_comes_is_rehearsed_too(self) -> None:
        """The zone changes where mail goes, not what it finds in TLSA."""
        new = mail(EE_NEW).replace("192.0.2.1", "192.0.2.9")
        found = self.change(mail(EE_NEW), new, NEW)
        assert [one.address for one in found.hosts[0].verdict.endpoints] == ["192.0.2.9", "2001:db8::1"]

    def test_two_equal_zones_are_nothing_to_rehearse(self) -> None:
        """One sentence, before anything is judged."""
        with pytest.raises(UsageError, match="the same answers"):
            self.change(mail(EE_NEW), mail(EE_NEW), NEW)

    def test_lines_that_go_leave_the_host_without_records(self) -> None:
        """Of two fragments the second has nothing for the host any more."""
        lines = f"_25._tcp.{HOST}. TLSA {EE_NEW}\n"
        other = f"_25._tcp.mx2.example.org. TLSA {EE_NEW}\n"
        found = self.change(lines + other, other, NEW)
        assert {one.host: one.would for one in found.hosts} == {
            HOST: Would.BE_UNPROTECTED,
            "mx2.example.org": Would.BE_PROTECTED,
        }

    def test_a_fragment_replaces_no_whole_zone(self) -> None:
        """Of what is left out of it nobody can say whether it goes."""
        with pytest.raises(UsageError, match="two of a kind"):
            self.change(mail(EE_NEW), f"_25._tcp.{HOST}. TLSA {EE_NEW}\n", NEW)


class TestSigned:
    """A signed file is validated: what does not hold would break."""

    def test_its_own_keys_and_the_ds_record_make_it_secure(self) -> None:
        """The report says what the chain of trust began with."""
        found = play(signed(mail(EE_NEW), KEYS), NEW, ds=[ds_of(KEYS)])
        assert found.exit_status == 0
        assert found.hosts[0].assumed == "zone is validated from the DS record that was given for example.org"

    def test_without_a_ds_record_its_own_keys_are_assumed_and_it_is_said(self) -> None:
        """Nobody is asked for the parent's."""
        found = play(signed(mail(EE_NEW), KEYS), NEW)
        assert found.exit_status == 0
        assert "is assumed" in (found.hosts[0].assumed or "")

    @pytest.mark.parametrize(
        ("text", "ds"),
        [
            (signed(mail(EE_NEW), KEYS, period=Period.EXPIRED), KEYS),
            (signed(mail(EE_NEW), KEYS, without="TLSA"), KEYS),
            (signed(mail(EE_NEW), KEYS), keys_of(seed="another")),
        ],
        ids=["expired", "incomplete", "wrong DS"],
    )
    def test_what_does_not_validate_would_be_broken(self, text: str, ds: Any) -> None:
        """Every validating sender would defer."""
        found = play(text, NEW, ds=[ds_of(ds)])
        assert (found.would, found.exit_status) == (Would.BE_BROKEN, 1)

    def test_a_ds_record_for_an_unsigned_file_is_refused(self) -> None:
        """Nothing could be validated from it."""
        with pytest.raises(UsageError, match="--ds is for a zone file with signatures"):
            play(mail(EE_NEW), NEW, ds=[ds_of(KEYS)])


class TestInTheWorld:
    """A candidate zone over a world: what it holds comes from the file, its standing and all else from the world."""

    DOMAIN = "ee-matches.test"

    def text(self, published: tuple[str, ...], *more: str, mx: str = "mx") -> str:
        head = f"$ORIGIN {self.DOMAIN}.\n$TTL 300\n@ SOA ns h 1 2 3 4 300\n@ NS ns\n@ MX 10 {mx}\n"
        return head + "mx A 192.0.2.1\n" + tlsa(*published, *more)

    def play(self, domain: str, text: Any) -> Rehearsal:
        return rehearsed(domain, lambda texts, now: plan(zone=text(texts, now)))[0]

    def test_the_servers_are_asked_at_the_addresses_of_the_file(self) -> None:
        """The zone is proven signed, so that its file counts as published in it."""
        found = self.play(self.DOMAIN, lambda texts, now: self.text(texts))
        assert (found.would, found.exit_status) == (Would.BE_PROTECTED, 0)
        assert "is proven signed" in (found.hosts[0].assumed or "")
        assert found.mail[0].mx is not None

    def test_a_key_the_servers_do_not_have_would_break(self) -> None:
        """The candidate records against the servers as they are, both eras."""
        found = self.play(self.DOMAIN, lambda texts, now: self.text((EE_OLD,)))
        assert found.exit_status == 1
        assert {(one.before, one.after) for one in found.hosts[0].moments} == {(Fate.AUTHENTICATES, Fate.REFUSES)}

    def test_an_unsigned_world_makes_no_file_secure(self) -> None:
        """What is published in an unsigned zone protects nobody."""

        def text(texts: tuple[str, ...], now: datetime) -> str:
            return self.text((EE_OLD,)).replace(self.DOMAIN, "unsigned.test")

        found = self.play("unsigned.test", text)
        assert (found.would, found.exit_status) == (Would.BE_UNPROTECTED, 3)
        assert Code.ADDR_INSECURE in codes(found)

    @pytest.mark.parametrize(("seed", "would"), [("", Would.BE_PROTECTED), ("another", Would.BE_BROKEN)])
    def test_a_signed_file_is_validated_from_the_ds_record_of_the_parent(self, seed: str, would: Would) -> None:
        """The zone of the lab has the keys without a seed; other keys would be unknown to every validator."""

        def text(texts: tuple[str, ...], now: datetime) -> str:
            return signed(self.text(texts), keys_of(f"{self.DOMAIN}.", seed, at=now))

        found = self.play(self.DOMAIN, text)
        assert found.would is would
        assert found.hosts == () or "that is published" in (found.hosts[0].assumed or "")

    def test_a_signed_file_of_a_zone_without_a_ds_record_protects_nobody(self) -> None:
        """Missing DS: an island, however well it is signed."""

        def text(texts: tuple[str, ...], now: datetime) -> str:
            plain = self.text((EE_OLD,)).replace(self.DOMAIN, "unsigned.test")
            return signed(plain, keys_of("unsigned.test.", at=now))

        found = self.play("unsigned.test", text)
        assert found.would is Would.BE_UNPROTECTED

    def test_a_host_of_another_zone_is_asked_for(self) -> None:
        """Its addresses and records are the world's."""
        found = self.play(
            self.DOMAIN, lambda texts, now: self.text(texts, mx=f"mx.{self.DOMAIN}.\n@ MX 20 elsewhere.invalid.")
        )
        words = {one.host: one.would for one in found.hosts}
        assert words["elsewhere.invalid"] in {Would.NOT_APPLICABLE, Would.CANNOT_TELL}
        assert words[f"mx.{self.DOMAIN}"] is Would.BE_PROTECTED


NAMES = st.sampled_from(
    ["@", "mx", "mx2", "*", "*.mx", "_25._tcp.mx", "*._tcp.mx", "_tcp.mx", "sub", "mx.example.org", "a.b"]
)
DATA = st.one_of(
    st.sampled_from(
        [
            "A 192.0.2.1",
            "AAAA 2001:db8::1",
            "MX 10 mx",
            "MX 0 .",
            "MX 20 mx.example.net.",
            "CNAME mx",
            "CNAME @",
            "CNAME away.example.net.",
            "DNAME sub",
            "NS ns",
            "TXT x",
            "DNSKEY 257 3 13 AAAA",
            "DNSKEY 0 3 99 AAAA",
            "DS 1 13 2 ab",
            "NSEC mx A",
            "NSEC3 1 0 0 - " + "0" * 32 + " A",
            "NSEC3 7 0 65535 abcd " + "0" * 32 + " A",
            "RRSIG A 13 2 3600 20260401000000 20260201000000 1 example.org. AAAA",
            "SOA ns h 1 2 3 4 5",
            f"TLSA {EE_NEW}",
            f"TLSA {EE_OLD}",
            "TLSA 3 1 1 ab",
            "TLSA \\# 0",
        ]
    ),
    st.builds("TLSA {} {} {} {}".format, st.integers(0, 4), st.integers(0, 2), st.integers(0, 3), st.just("ab" * 32)),
)
LINES = st.lists(st.tuples(NAMES, DATA).map(" ".join), max_size=12).map("\n".join)


class TestAnyZone:
    """Whatever stands in a file ends in a value with its words, or in a UsageError."""

    @given(LINES, st.none() | LINES)
    @settings(deadline=None)
    def test_any_zone_ends_well(self, new: str, old: str | None) -> None:
        """Nothing escapes, and every outcome can be told as text, as JSON and as JUnit, without a control character."""
        try:
            asked = plan(
                mail=["example.org"],
                zone=zone(new),
                old_zone=zone(old) if old is not None else None,
                chains=[pem(NEW)],
                offline=True,
            )
        except UsageError as error:
            assert_one_line(str(error))
            return
        found = asyncio.run(rehearse_unasked(asked, Settings(now=NOW), NOW))
        for line in rehearsal_to_text(found, TextOptions(verbose=True, explain=True)).split("\n"):
            assert_one_line(line)
        assert '"rehearsal"' in rehearsal_to_json(found)
        assert "testsuites" in rehearsal_to_junit(found)
