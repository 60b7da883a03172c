"""From the world to a plan and an answer: zones that are validated, servers that are asked, chains that are served."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from dane_check import Checker
from dane_check.lab.memory import MemoryLab
from dane_check.ports import Fault, KeyType
from dane_check.rehearsal.rollover.gather import sharing
from dane_check.rehearsal.rollover.guard import Permission
from dane_check.rehearsal.rollover.plan import RolloverPlan, plan_rollover
from dane_check.rehearsal.rollover.situation import Next, RolloverState, Standing
from dane_check.rehearsal.rollover.state import Sightings
from tests.rollover.made import ALONE, HOUR, NOW, made, record, to
from tests.rollover.world import DOMAIN, MX, SECOND, WAIT, Apart, lab, run, tlsa

NEW = made("new", host=MX)
OLD_RECORD, NEW_RECORD = "3 1 1 {ee}", record("3 1 1", NEW)
ONE, BOTH = tlsa(OLD_RECORD), tlsa(OLD_RECORD, NEW_RECORD)


def gathered(world: MemoryLab, goal: Next, *hosts: str, transport: Apart | None = None, **more: Any) -> RolloverState:
    asked = sharing(**({"names": hosts or (MX,)} | more))

    async def act(checker: Checker) -> RolloverState:
        return await checker.rollover_state(asked, goal)

    return run(world, act, transport)


def answered(
    world: MemoryLab,
    seen: Sightings = Sightings(),  # noqa: B008 - frozen
    transport: Apart | None = None,
    at: datetime = NOW,
    goal: Next | None = None,
    **more: Any,
) -> tuple[Permission, Sightings]:
    """The guard's answer at a moment, and what was seen by then."""
    coming = goal or to(NEW)

    async def act(checker: Checker) -> tuple[Permission, Sightings]:
        state = await checker.rollover_state(sharing(**({"names": (MX,)} | more)), coming)
        after = seen.after(state.hosts, at)
        state = replace(state, hosts=tuple(after.shown_in(host, at) for host in state.hosts))
        return await checker.may_switch(state, coming, at=at), after

    return run(world, act, transport)


class TestState:
    """What a plan starts from."""

    def test_records_servers_and_chains(self) -> None:
        """Published on both servers, with its TTL, and served."""
        (host,) = gathered(lab(ONE), to(NEW)).hosts
        assert (host.standing, host.owner, host.ttl, host.port) == (Standing.SECURE, f"_25._tcp.{MX}", 3600, 25)
        assert [len(one.records) for one in host.servers] == [1, 1]
        assert [one.key_type for one in host.served] == [KeyType.ECDSA]
        assert host.expires is not None
        assert host.negative_ttl is None

    def test_no_records_yet_and_for_how_long_that_is_remembered(self) -> None:
        """RFC 2308 §5."""
        (host,) = gathered(lab(""), to(NEW)).hosts
        assert (host.standing, host.published, host.ttl) == (Standing.ABSENT, (), None)
        assert host.negative_ttl
        assert [one.records for one in host.servers] == [(), ()]

    def test_nobody_is_connected_to_where_that_was_asked(self) -> None:
        """--no-connect."""
        (host,) = gathered(lab(ONE), to(NEW), connect=False).hosts
        assert (host.served, host.unreached) == ((), ())

    def test_the_hosts_of_a_mail_domain_count_where_the_certificate_covers_them(self) -> None:
        """The others serve something else; they are named."""
        world = lab(ONE + "@ MX 20 backup\nbackup A 203.0.113.77\n")
        state = gathered(world, to(NEW), names=(), domains=(DOMAIN,))
        assert [host.host for host in state.hosts] == [MX]
        assert state.hosts[0].names == (MX, DOMAIN)
        assert any(f"backup.{DOMAIN}" in remark for remark in state.remarks)

    def test_names_of_the_certificate_with_records_are_found(self) -> None:
        """Hosts that nobody named share the certificate all the same."""
        state = gathered(lab(ONE), to(NEW), names=())
        assert [host.host for host in state.hosts] == [MX]

    def test_names_of_the_certificate_without_records_are_no_mail_hosts(self) -> None:
        """A web server needs no permission."""
        state = gathered(lab(ONE), to(made("www", host=f"www.{DOMAIN}")), names=())
        assert (state.hosts, state.troubles) == ((), ())

    def test_a_wildcard_covers_what_is_named_only(self) -> None:
        """Which hosts it stands for, only their owner knows."""
        state = gathered(lab(ONE), to(made("wild", host=f"*.{DOMAIN}")), domains=(DOMAIN,), names=())
        assert [host.host for host in state.hosts] == [MX]
        assert any(f"*.{DOMAIN}" in remark for remark in state.remarks)

    def test_a_name_whose_lookup_fails_is_trouble(self) -> None:
        """It might be a mail host with records."""
        world = lab(ONE, more='[[zone]]\nname = "bad.roll.test"\nrecords = "@ A 203.0.113.9"\nds = "wrong"')
        state = gathered(world, to(made("bad", host="mx.bad.roll.test")), names=())
        assert len(state.troubles) == 1

    def test_records_behind_an_alias_stand_at_its_end(self) -> None:
        """R7672-2.2.3-k: lines beside the CNAME would be none; the servers of both names have a say."""
        more = '[[zone]]\nname = "shared.roll.test"\nrecords = "ta TLSA 3 1 1 {ee}"'
        (host,) = gathered(lab("_25._tcp.mx CNAME ta.shared.roll.test.\n", more), to(NEW)).hosts
        assert (host.owner, host.alias) == ("ta.shared.roll.test", f"_25._tcp.{MX}")
        assert [len(one.records) for one in host.servers] == [1, 1]

    def test_a_host_that_was_named_counts_whatever_the_certificate_says(self) -> None:
        """RFC 7671 §5.1: names mean nothing to DANE-EE(3); it is said all the same."""
        state = gathered(lab(ONE), to(made("elsewhere", host="elsewhere.test")))
        assert [host.host for host in state.hosts] == [MX]
        assert any("does not cover" in remark for remark in state.remarks)

    def test_d_23_a_clock_that_cannot_be_right_ends_it_before_any_question(self) -> None:
        """D-23: no age means anything by such a clock."""

        async def act(checker: Checker) -> RolloverState:
            inner = await checker._run(record=False)
            inner.clock_is_suspect = True
            return await checker.rollover_state(sharing((MX,)), to(NEW))

        state = run(lab(ONE), act)
        assert state.hosts == ()
        assert plan_rollover(state, to(NEW), NOW).exit_status == 4

    def test_other_ports_are_hosts_of_their_own(self) -> None:
        """Each has its own records."""
        state = gathered(lab(ONE), to(NEW), ports=(25, 587), connect=False)
        assert [(host.port, host.standing) for host in state.hosts] == [(25, Standing.SECURE), (587, Standing.ABSENT)]

    def test_an_unsigned_host_is_told_apart_from_one_without_records(self) -> None:
        """DANE begins with DNSSEC."""
        world = lab("", more='[[zone]]\nname = "plain.roll.test"\nsigned = false\nrecords = "mx A {A}"')
        (host,) = gathered(world, to(ALONE), "mx.plain.roll.test").hosts
        assert host.standing is Standing.INSECURE


def test_the_plan_of_a_world() -> None:
    """From lookups to steps."""

    async def act(checker: Checker) -> RolloverPlan:
        return plan_rollover(await checker.rollover_state(sharing((MX,)), to(NEW)), to(NEW), NOW)

    plan = run(lab(ONE), act)
    assert [step.act.value for step in plan.steps] == ["publish", "wait", "switch", "check", "remove"]


class TestGuard:
    """R7671-8.1-a: from no to yes, at the right moment and not before."""

    def test_no_then_not_yet_then_yes(self) -> None:
        """The record is not there, was seen just now, is ripe."""
        before, seen = answered(lab(ONE))
        assert (before.exit_status, before.not_before) == (1, None)
        fresh, seen = answered(lab(BOTH), seen, at=NOW + HOUR)
        assert (fresh.exit_status, fresh.not_before) == (1, NOW + HOUR + WAIT)
        early, seen = answered(lab(BOTH), seen, at=NOW + HOUR + WAIT - HOUR / 3600)
        assert early.exit_status == 1
        ripe, _ = answered(lab(BOTH), seen, at=NOW + HOUR + WAIT)
        assert ripe.exit_status == 0

    def test_a_server_that_lags_behind_holds_up_the_switch(self) -> None:
        """A sender that asks it would refuse the new key."""
        world = lab(BOTH)
        _, seen = answered(world)
        lagging, seen = answered(world, seen, Apart(world, {SECOND: lab(ONE)}), at=NOW + WAIT)
        assert (lagging.exit_status, lagging.not_before) == (1, None)
        assert SECOND in lagging.sentence
        back, _ = answered(world, seen, at=NOW + WAIT + HOUR)
        assert back.not_before == NOW + 2 * WAIT + HOUR

    def test_a_server_that_is_silent_leaves_it_open(self) -> None:
        """4, and what was seen before stays seen."""
        world = lab(BOTH)
        _, seen = answered(world)
        silent, seen = answered(world, seen, Apart(world, {SECOND: Fault.TIMEOUT}), at=NOW + WAIT)
        assert silent.exit_status == 4
        assert answered(world, seen, at=NOW + WAIT)[0].exit_status == 0

    def test_a_chain_without_its_issuer_would_break_a_ta_record(self) -> None:
        """The record is there and old enough, and the new chain does not hold by it."""
        world = lab(tlsa("2 1 1 {ca}"))
        _, seen = answered(world)
        permission, _ = answered(world, seen, at=NOW + WAIT)
        assert permission.exit_status == 1

    def test_a_host_without_records_is_a_no_when_it_was_named(self) -> None:
        """Somebody believes that it has some."""
        assert answered(lab(""))[0].exit_status == 1

    def test_nothing_named_and_nothing_found_cannot_be_told(self) -> None:
        """A certificate of a web server, say."""
        goal = to(made("www", host=f"www.{DOMAIN}"))
        assert answered(lab(ONE), goal=goal, names=())[0].exit_status == 4
