"""How judgements are told: links of the chain of trust, and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import dns.edns
import dns.name
import dns.rcode
import dns.rdatatype

from dane_check.dnssec.algorithms import mnemonic, rsa_bits
from dane_check.dnssec.criteria import Criteria
from dane_check.dnssec.lookup import Cause, Link, SignedBy, Why
from dane_check.dnssec.rrset import nsec3_iterations, nsec3_salted
from dane_check.dnssec.signature import Refused, Verified
from dane_check.names import safe
from dane_check.ports import Heard, NoReply, Question
from dane_check.wire.message import ExtendedError, Message

_NOERROR, _NXDOMAIN, _YXDOMAIN = 0, 3, 6
_ALTERED = frozenset(
    {
        dns.edns.EDECode.FORGED_ANSWER,
        dns.edns.EDECode.BLOCKED,
        dns.edns.EDECode.CENSORED,
        dns.edns.EDECode.FILTERED,
    }
)


def link(verified: Verified, means: str, criteria: Criteria) -> Link:
    """The link that a verified RRset is."""
    signature = verified.signature
    signed_by = SignedBy(
        zone=str(signature.signer),
        key_tag=signature.key_tag,
        algorithm=mnemonic(signature.algorithm),
        inception=criteria.moment(signature.inception),
        expiration=criteria.moment(signature.expiration),
        key_bits=rsa_bits(verified.key.algorithm, verified.key.material),
    )
    rrset = verified.rrset
    is_ds = rrset.rdtype == dns.rdatatype.DS
    digests = {record.rdata[3] for record in rrset.records if is_ds and len(record.rdata) > 3}
    return Link(
        zone=str(signature.signer),
        rrset=str(rrset),
        means=means,
        signature=signed_by,
        nsec3_iterations=nsec3_iterations(rrset),
        nsec3_salted=nsec3_salted(rrset),
        ds_digests=tuple(sorted(digests)),
    )


def links(used: Sequence[Verified], means: str, criteria: Criteria) -> tuple[Link, ...]:
    """One link for each RRset of a proof."""
    return tuple(link(verified, means, criteria) for verified in used)


def too_many(used: Sequence[Verified], most: int) -> str:
    """The iterations of an NSEC3 proof that has too many, as a sentence goes on."""
    counts = [count for verified in used if (count := nsec3_iterations(verified.rrset)) is not None]
    return f"with {max(counts, default=0)} NSEC3 iterations, where {most} are accepted at most"


def why_refused(refused: Refused, zone: dns.name.Name, record: str, message: Message | None = None) -> Why:
    """The reason of a refusal, with what the resolver said about the reply as hints."""
    why = Why(refused.cause, refused.sentence, zone=str(zone), record=record)
    if message is None:
        return why
    altered = any(error.code in _ALTERED for error in message.extended_errors)
    return replace(why, hints=hints_of(message), altered=altered, authoritative=message.authoritative)


def trouble(question: Question, heard: Heard) -> Why | None:
    """Why what was heard is no answer, or None where it is one: NOERROR, NXDOMAIN, and YXDOMAIN with its DNAME."""
    if isinstance(heard, NoReply):
        detail = f" ({safe(heard.detail, 120)})" if heard.detail else ""
        sentence = f"no usable reply to {question} came: {heard.fault.value}{detail}"
        return Why(Cause.TRANSPORT, sentence, record=str(question), fault=heard.fault.value)
    if heard.truncated:
        sentence = f"the reply to {question} was cut short and could not be had whole"
        return Why(Cause.TRANSPORT, sentence, record=str(question), fault="truncated", hints=hints_of(heard))
    if heard.rcode in {_NOERROR, _NXDOMAIN} or (heard.rcode == _YXDOMAIN and heard.answer):
        return None
    rcode = dns.rcode.to_text(dns.rcode.Rcode.make(heard.rcode))
    sentence = f"the resolver answered {question} with {rcode}"
    return Why(Cause.RCODE, sentence, record=str(question), rcode=rcode, hints=hints_of(heard))


def hints_of(message: Message) -> tuple[str, ...]:
    """Extended DNS Errors as people read them (RFC 8914): never more than a hint."""
    return tuple(dict.fromkeys(_hint(error) for error in message.extended_errors))


def _hint(error: ExtendedError) -> str:
    try:
        name = dns.edns.EDECode(error.code).name.replace("_", " ").capitalize()
    except ValueError:
        name = "unknown"
    text = f": {safe(error.text)}" if error.text else ""
    return f"extended DNS error {error.code} ({name}){text}"
