"""A fault of a scenario file does what its word says, and nothing to its neighbours."""

from __future__ import annotations

import asyncio

import dns.dnssec
import dns.exception
import dns.flags
import dns.rcode
import dns.rdatatype
import pytest
from dns.message import Message

from dane_check.lab import Lab, LabTransport
from dane_check.network.dns import UdpTransport
from dane_check.ports import Fault, NoReply, Question
from dane_check.wire.message import Message as WireMessage
from tests.lab.asking import NOW, answers, ask, find, in_lab, verified, zone

HOST = "@ MX 10 mx\nmx A {A}\n_25._tcp.mx TLSA 3 1 1 {ee}\n*.wild A 192.0.2.200"


def spoiled(fault: str, *questions: str) -> list[Message]:
    """Replies where one fault is declared."""
    return answers(zone(HOST, f'faults = ["{fault}"]'), *questions)


@pytest.mark.parametrize("rcode", ["servfail", "refused", "notimp", "formerr", "nxdomain"])
def test_an_rcode_is_all_there_is(rcode: str) -> None:
    """The reply has the code and no records; the same name's other types are not touched."""
    failed, fine = spoiled(f"mx A {rcode}", "mx.one.test A", "mx.one.test AAAA")
    assert (dns.rcode.to_text(failed.rcode()).lower(), failed.answer, failed.authority) == (rcode, [], [])
    assert fine.rcode() == dns.rcode.NOERROR


def test_an_rcode_strikes_whoever_comes_by_an_alias() -> None:
    """A fault at the end of an alias chain is the fate of the whole answer, as with a resolver."""
    text = zone("a CNAME b\nb A 192.0.2.7", 'faults = ["b A servfail"]')
    assert answers(text, "a.one.test A")[0].rcode() == dns.rcode.SERVFAIL


@pytest.mark.parametrize(("fault", "expired"), [("expired", True), ("not-yet-valid", False)])
def test_dates_of_signatures(fault: str, expired: bool) -> None:
    """The signature is right but for its dates."""
    reply, keys = spoiled(f"mx A {fault}", "mx.one.test A", "one.test DNSKEY")
    rrsig = find(reply.answer, "mx.one.test", "RRSIG", "A")
    assert rrsig is not None
    assert (rrsig[0].expiration < NOW.timestamp()) is expired
    assert (rrsig[0].inception > NOW.timestamp()) is not expired
    middle = NOW.fromtimestamp((rrsig[0].expiration + rrsig[0].inception) // 2, NOW.tzinfo)
    assert verified(reply.answer, keys, "one.test", middle) == {"mx.one.test. A"}


@pytest.mark.parametrize("fault", ["bad-signature", "forged"])
@pytest.mark.parametrize("question", ["mx.one.test A", "one.test MX"])
def test_broken_signatures(fault: str, question: str) -> None:
    """The signature is in date and does not verify."""
    owner = "@" if question.endswith("MX") else "mx"
    reply, keys = spoiled(f"{owner} {question.split()[1]} {fault}", question, "one.test DNSKEY")
    with pytest.raises(dns.dnssec.ValidationFailure):
        verified(reply.answer, keys, "one.test")


@pytest.mark.parametrize(("fault", "hours", "days"), [("expiring", 18, 29.75), ("long-lived", 88 * 24, 90)])
def test_signatures_that_hold_for_less_or_more_than_usual(fault: str, hours: int, days: float) -> None:
    """They verify; what is left of them, and their lifetime, are as docs/lab.md says."""

    reply, keys = spoiled(f"mx A {fault}", "mx.one.test A", "one.test DNSKEY")
    rrsig = find(reply.answer, "mx.one.test", "RRSIG", "A")
    assert rrsig is not None
    assert rrsig[0].expiration - NOW.timestamp() == hours * 3600
    assert rrsig[0].expiration - rrsig[0].inception == days * 86400
    assert verified(reply.answer, keys, "one.test") == {"mx.one.test. A"}


def test_unsigned_leaves_the_rrset_bare() -> None:
    """The RRset comes without its RRSIG."""
    (reply,) = spoiled("mx A unsigned", "mx.one.test A")
    assert [rrset.rdtype for rrset in reply.answer] == [dns.rdatatype.A]


def test_a_spoiled_denial_is_spoiled_for_its_question_only() -> None:
    """Every signature of the denial named is broken, and the same NSEC is fine in the next denial."""
    bad, good, keys = spoiled("mx AAAA bad-signature", "mx.one.test AAAA", "mx.one.test TXT", "one.test DNSKEY")
    with pytest.raises(dns.dnssec.ValidationFailure):
        verified(bad.authority, keys, "one.test")
    assert verified(good.authority, keys, "one.test") == {"one.test. SOA", "mx.one.test. NSEC"}


@pytest.mark.parametrize(("owner", "question"), [("mx", "mx.one.test AAAA"), ("x.wild", "x.wild.one.test A")])
def test_no_denial_takes_the_proof_away(owner: str, question: str) -> None:
    """NSEC records are missing from denials and from wildcard answers alike."""
    (reply,) = spoiled(f"{owner} {question.split()[1]} no-denial", question)
    assert dns.rdatatype.NSEC not in {rrset.rdtype for rrset in reply.authority}


def test_truncated_replies_cannot_be_had_over_tcp() -> None:
    """TC=1 over UDP; TCP is closed without an answer."""

    async def act(lab: Lab) -> Message:
        with pytest.raises(EOFError):
            await ask(lab.resolver, "mx.one.test A", tcp=True)
        return await ask(lab.resolver, "mx.one.test A")

    assert in_lab(zone(HOST, 'faults = ["mx A truncate"]'), act).flags & dns.flags.TC


def test_ad_and_extended_errors() -> None:
    """AD and EDE are set where declared, and the signatures stay what they are."""
    text = zone(HOST, 'faults = ["mx A ad", "mx A ede 9"]')
    reply, keys = answers(text, "mx.one.test A", "one.test DNSKEY")
    assert reply.flags & dns.flags.AD
    assert [int(error.code) for error in reply.extended_errors()] == [9]
    assert verified(reply.answer, keys, "one.test") == {"mx.one.test. A"}


def test_dropped_questions_are_never_answered() -> None:
    """Silence: the question is heard and logged, nothing comes back."""

    async def act(lab: Lab) -> list[str]:
        asking = asyncio.ensure_future(ask(lab.resolver, "mx.one.test A"))
        while not lab.dns_log:
            await asyncio.sleep(0)
        done, _ = await asyncio.wait([asking], timeout=0.05)
        asking.cancel()
        assert not done
        return [str(asked) for asked in lab.dns_log]

    assert in_lab(zone(HOST, 'faults = ["any any drop"]'), act) == ["mx.one.test. A"]


def test_in_one_process_nobody_waits_for_silence() -> None:
    """The lab's transport tells a time-out at once, logs the question, and passes on all others."""

    async def act(lab: Lab) -> tuple[object, object, int]:
        transport: LabTransport = lab.transport(UdpTransport())
        name = dns.name.from_text("mx.one.test")
        dropped = await transport.ask(Question(name, dns.rdatatype.A), lab.resolver)
        heard = await transport.ask(Question(name, dns.rdatatype.AAAA), lab.resolver)
        return dropped, heard, len(lab.dns_log)

    dropped, heard, logged = in_lab(zone(HOST, 'faults = ["mx A drop"]'), act)
    assert isinstance(dropped, NoReply)
    assert dropped.fault is Fault.TIMEOUT
    assert isinstance(heard, WireMessage)
    assert logged == 2


def test_delay_is_waited_for() -> None:
    """The reply comes not before the seconds declared."""

    async def act(lab: Lab) -> float:
        loop = asyncio.get_running_loop()
        before = loop.time()
        await ask(lab.resolver, "mx.one.test A")
        return loop.time() - before

    assert in_lab(zone(HOST, 'faults = ["mx A delay 0.05"]'), act) >= 0.05


def test_malformed_tlsa_records_are_served_octet_by_octet() -> None:
    """RDATA of two octets and a digest of 31 stand in the answer as written, and are signed as they are."""

    async def act(lab: Lab) -> object:
        question = Question(dns.name.from_text("_25._tcp.mx.one.test"), dns.rdatatype.TLSA)
        return await lab.transport(UdpTransport()).ask(question, lab.resolver)

    text = zone("mx A {A}\n_25._tcp.mx TLSA \\\\# 2 0301\n_25._tcp.mx TLSA 3 1 1 {ee!31}")
    heard = in_lab(text, act)
    assert isinstance(heard, WireMessage)
    tlsa = [record for record in heard.answer if record.rdtype == dns.rdatatype.TLSA]
    assert sorted(len(record.rdata) for record in tlsa) == [2, 34]


@pytest.mark.parametrize("owner", ["*.wild", "x.wild"])
def test_wildcard_answers_are_spoiled_by_either_name(owner: str) -> None:
    """A fault may name the wildcard or the name that was made from it."""
    reply, keys = spoiled(f"{owner} A bad-signature", "x.wild.one.test A", "one.test DNSKEY")
    with pytest.raises(dns.dnssec.ValidationFailure):
        verified(reply.answer, keys, "one.test")


def test_opt_out_is_signed_as_it_is_and_for_its_question_only() -> None:
    """The flag stands on the NSEC3 of that one answer, under a good signature, and an NSEC is left as it is."""
    text = zone(HOST, 'denial = "nsec3"\nfaults = ["mx AAAA opt-out"]')
    flagged, plain, keys = answers(text, "mx.one.test AAAA", "mx.one.test TXT", "one.test DNSKEY")
    for reply, flags in ((flagged, {1}), (plain, {0})):
        assert {r[0].flags for r in reply.authority if r.rdtype == dns.rdatatype.NSEC3} == flags
        assert len(verified(reply.authority, keys, "one.test")) == 2
    assert spoiled("mx AAAA opt-out", "mx.one.test AAAA")[0].rcode() == dns.rcode.NOERROR
