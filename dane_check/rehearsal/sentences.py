"""The closing sentence of a rehearsal."""

from __future__ import annotations

from typing import Final

from dane_check.rehearsal.outcome import MailRehearsal, Readiness, Would

_SENTENCES: Final = {
    Would.BE_PROTECTED: "Senders that use DANE would authenticate {what}.",
    Would.BE_BROKEN: "Senders that use DANE would refuse {what}: do not publish or deploy this.",
    Would.BE_PARTIAL: "DANE would protect part of the way only; see above for what is missing.",
    Would.BE_UNPROTECTED: "Mail would flow, but DANE would not protect it.",
    Would.CANNOT_TELL: "Nothing is proven wrong, but not everything could be judged from here.",
    Would.NOT_APPLICABLE: "There is nothing for DANE to protect.",
}
_REASONS: Final = {
    "publisher-rules": "Senders would authenticate {what}, but rules for publishers are not kept; see above.",
    "expectation": "Senders would authenticate {what}, but not by the records that were expected.",
}
_READY: Final = {
    Readiness.READY: "Publish the lines above: senders that use DANE would authenticate {what}. Before a key changes, "
    "ask dane-check rollover.",
    Readiness.NOT_READY: "Do not publish TLSA records yet; see above for what stands in the way.",
    Readiness.CANNOT_TELL: "Nothing is proven to stand in the way, but not everything could be judged from here.",
    Readiness.NOT_APPLICABLE: "There is nothing for DANE to protect.",
}


NOWHERE: Final = "no-usable-mx"  # the reason of a domain whose MX hosts are all without address
_LOST: Final = "No mail could be delivered to {domain}, for no mail host of it has an address: do not publish this."
_PUBLISHED: Final = "There are records already, and senders that use DANE authenticate {what} by them."


def closing(
    would: Would,
    reason: str | None,
    readiness: Readiness | None,
    *,
    hosts: int,
    mail: tuple[MailRehearsal, ...],
    lines: bool = False,
) -> str:
    """One sentence for everything together; `lines`: there is something to publish for the first time."""
    what = {1: "this mail host", 2: "both mail hosts"}.get(hosts, f"all {hosts} mail hosts")
    if readiness is not None:
        published = readiness is Readiness.READY and not lines
        return (_PUBLISHED if published else _READY[readiness]).format(what=what)
    if would is Would.BE_BROKEN:
        lost = next((one for one in mail if one.would is would and one.reason == NOWHERE), None)
        if lost is not None:
            return _LOST.format(domain=lost.domain)
        what = "this mail host" if hosts == 1 else "a mail host"
        what = what if hosts or not mail else "mail to this domain"
    template = _REASONS[reason] if reason and would is Would.BE_PROTECTED else _SENTENCES[would]
    return template.format(what=what)
