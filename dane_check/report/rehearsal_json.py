"""A rehearsal as JSON; the shape stands in schema/rehearsal.schema.json."""

from __future__ import annotations

from typing import Any

from dane_check.names import safe
from dane_check.policy.verdict import LookupView
from dane_check.rehearsal.candidates import CandidateChain
from dane_check.rehearsal.moments import EndpointMoments
from dane_check.rehearsal.outcome import Expectation, HostRehearsal, MailRehearsal, PlannedFate, Rehearsal, Switch
from dane_check.rehearsal.zone.text import ZoneFile
from dane_check.report.bounded import Allowance
from dane_check.report.json import (
    certificate_to_json,
    document,
    dumped,
    finding_to_json,
    host_to_json,
    moment,
    view_to_json,
)
from dane_check.report.styled import visible

Json = dict[str, Any]


def rehearsal_to_json(rehearsed: Rehearsal) -> str:
    """The document of kind `rehearsal`."""
    plan = rehearsed.plan
    return dumped(
        document(
            "rehearsal",
            now=moment(rehearsed.now),
            would=rehearsed.would.value,
            readiness=rehearsed.readiness and rehearsed.readiness.value,
            exit_status=rehearsed.exit_status,
            reason=rehearsed.reason,
            sentence=visible(rehearsed.sentence),
            offline=plan.offline,
            port=plan.port,
            domains=[visible(domain) for domain in plan.domains],
            records=plan.records and [visible(record.to_text()) for record in plan.records],
            previous=plan.previous and [visible(record.to_text()) for record in plan.previous],
            zone=plan.zone and _zone(plan.zone),
            old_zone=plan.old_zone and _zone(plan.old_zone),
            ds=[safe(text, 1000) for text in plan.ds],
            ttl=plan.ttl,
            chains=[_chain(rehearsed, index, chain) for index, chain in enumerate(plan.chains)],
            planned=[{"source": visible(key.source), "key_type": key.key_type.value} for key in plan.planned],
            switch=rehearsed.switch and _switch(rehearsed.switch),
            mail=[_mail(one) for one in rehearsed.mail],
            hosts=[_host(host) for host in rehearsed.hosts],
            remarks=[finding_to_json(one) for one in rehearsed.remarks],
        )
    )


def _zone(file: ZoneFile) -> Json:
    return {"source": safe(file.source, 200), "origin": visible(file.name), "signed": file.is_signed}


def _chain(rehearsed: Rehearsal, index: int, chain: CandidateChain) -> Json:
    allowance = Allowance()
    certificates = [certificate_to_json(one, allowance) for one in rehearsed.certificates[index]]
    return {
        "source": visible(chain.source),
        "host": chain.host and visible(chain.host),
        "key_type": chain.key_type.value,
        "remarks": [visible(remark) for remark in chain.remarks],
        "certificates": certificates,
    }


def _switch(switch: Switch) -> Json:
    return {"seconds": switch.seconds, "not_before": switch.not_before and moment(switch.not_before)}


def _mail(one: MailRehearsal) -> Json:
    return {
        "domain": visible(one.domain),
        "would": one.would.value,
        "exit_status": one.exit_status,
        "reason": one.reason and visible(one.reason),
        "mx": _lookup(one.mx),
        "hosts": [visible(host) for host in one.hosts],
        "findings": [finding_to_json(found) for found in one.findings],
    }


def _lookup(view: LookupView | None) -> Json | None:
    return None if view is None else view_to_json(view)


def _host(host: HostRehearsal) -> Json:
    """As in a check, with the words of a rehearsal in place of the verdict's."""
    judged = host_to_json(host.verdict)
    del judged["verdict"], judged["preference"], judged["findings"]
    return {
        "host": judged.pop("host"),
        "domain": host.domain and visible(host.domain),
        "would": host.would.value,
        "exit_status": host.exit_status,
        "assumed": host.assumed and visible(host.assumed),
        "ttl": host.ttl,
        "moments": [_moments(one) for one in host.moments],
        "planned": [_planned(one) for one in host.planned],
        "expectations": [_expectation(one) for one in host.expectations],
        "lines": [visible(line) for line in host.lines],
        **judged,
        "findings": [finding_to_json(one) for one in host.findings],
    }


def _moments(one: EndpointMoments) -> Json:
    return {
        "address": visible(one.address),
        "port": one.port,
        "key_type": one.key_type and one.key_type.value,
        "before": one.before.value,
        "overlap": [
            {"records": met.records.value, "chain": met.chain.value, "fate": met.fate.value} for met in one.overlap
        ],
        "after": one.after.value,
        "order": one.order.value,
    }


def _planned(one: PlannedFate) -> Json:
    return {
        "source": visible(one.source),
        "key_type": one.key_type.value,
        "fate": one.fate.value,
        "record": one.record and visible(one.record),
        "line": one.line and visible(one.line),
    }


def _expectation(one: Expectation) -> Json:
    return {"scheme": str(one.scheme), "met": one.met}
