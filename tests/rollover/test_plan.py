"""The plan of a key change: RFC 7671 §8 and RFC 7672 §4, played through."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from dane_check import UsageError
from dane_check.rehearsal.candidates import CandidateChain, Record
from dane_check.rehearsal.rollover.edits import Change
from dane_check.rehearsal.rollover.naming import combinations, is_named, naming, usable_ones
from dane_check.rehearsal.rollover.plan import Act, RolloverPlan, plan_rollover
from dane_check.rehearsal.rollover.situation import AtServer, Gone, Holder, Next, RolloverState, Standing
from tests.rollover.made import (
    ALONE,
    HOST,
    HOUR,
    MOVED,
    NEW,
    NOW,
    NS1,
    NS2,
    OLD,
    OWNER,
    RENEWED,
    RSA,
    TTL,
    at,
    host,
    key_of,
    record,
    state,
    to,
)

ALL_SCHEMES = ("3 1 1", "3 0 1", "2 1 1", "2 0 1", "3 1 2")


def planned(current: RolloverState, goal: Next, now: datetime = NOW) -> RolloverPlan:
    return plan_rollover(current, goal, now)


def acts(plan: RolloverPlan) -> list[str]:
    return [step.act.value for step in plan.steps]


def lines(plan: RolloverPlan, act: Act) -> list[str]:
    """What the steps of one kind say to add (+) and to remove (-)."""
    edits = [edit for step in plan.steps if step.act is act for edit in step.edits]
    return [f"+{edit.line(one)}" for edit in edits for one in edit.add] + [
        f"-{edit.old_line(one)}" for edit in edits for one in edit.remove
    ]


def line(text: str, ttl: int = TTL) -> str:
    return f"{OWNER}. {ttl} IN TLSA {text}"


class TestNewKey:
    """R7671-8.1-a, R7672-4-a, R7672-4-b: current and next, two TTLs, the switch, and the retired one away."""

    def test_publish_wait_switch_check_remove(self) -> None:
        """R7671-8.1-a: the five steps, each with its moment and its lines."""
        old, new = record("3 1 1", OLD), record("3 1 1", NEW)
        plan = planned(state(host([old], OLD)), to(NEW))
        assert acts(plan) == ["publish", "wait", "switch", "check", "remove"]
        assert lines(plan, Act.PUBLISH) == ["+" + line(new)]
        assert lines(plan, Act.REMOVE) == ["-" + line(old)]
        assert [step.not_before for step in plan.steps] == [NOW, *[NOW + 2 * HOUR] * 4]
        assert (plan.exit_status, plan.changes) == (0, (Change.KEY,))

    def test_each_step_says_what_to_run_before_it(self) -> None:
        """The set as it would stand, the guard, and the check."""
        old, new = record("3 1 1", OLD), record("3 1 1", NEW)
        publish, _, switch, check, remove = planned(state(host([old], OLD)), to(NEW)).steps
        assert publish.commands == (f"dane-check preflight --name {HOST} --tlsa '{old}' --tlsa '{new}'",)
        assert switch.commands == (f"dane-check rollover --may-switch --name {HOST} --chain new.pem",)
        assert check.commands == (f"dane-check --host {HOST}",)
        assert remove.commands == (f"dane-check preflight --name {HOST} --tlsa '{new}'",)

    @pytest.mark.parametrize("holder", [NEW, key_of(NEW)])
    def test_a_key_alone_gives_the_same_records_as_its_certificate(self, holder: Holder) -> None:
        """R7672-4-a: the record can be published before the certificate is there."""
        plan = planned(state(host([record("3 1 1", OLD)], OLD)), to(holder))
        assert lines(plan, Act.PUBLISH) == ["+" + line(record("3 1 1", NEW))]

    def test_the_greater_ttl_counts(self) -> None:
        """Caches hold the old set by its old TTL; a shorter new one helps later."""
        current = state(host([record("3 1 1", OLD)], OLD))
        short, long = planned(current, to(NEW, ttl=60)), planned(current, to(NEW, ttl=7200))
        assert short.steps[1].not_before == NOW + 2 * HOUR
        assert long.steps[1].not_before == NOW + 4 * HOUR
        assert "TTL 60" in short.steps[0].says
        assert lines(short, Act.PUBLISH) == ["+" + line(record("3 1 1", NEW), 60)]

    def test_every_combination_in_use_gets_its_record(self) -> None:
        """R7671-8-a, R7671-8.3-a: both digests, for both keys."""
        both = [record("3 1 1", OLD), record("3 1 2", OLD)]
        plan = planned(state(host(both, OLD)), to(NEW))
        assert lines(plan, Act.PUBLISH) == ["+" + line(record(one, NEW)) for one in ("3 1 1", "3 1 2")]

    def test_a_new_issuer_is_published_before_it_signs(self) -> None:
        """R7672-4-c: the old anchor goes after the switch, and stays while anything hangs on it."""
        plan = planned(state(host([record("2 1 1", OLD)], OLD)), to(MOVED))
        assert lines(plan, Act.PUBLISH) == ["+" + line(record("2 1 1", MOVED))]
        assert Change.ISSUER in plan.changes
        assert "while any server still serves" in plan.steps[-1].says

    def test_a_new_key_of_the_same_issuer_needs_no_record(self) -> None:
        """2 1 1 names the issuer: nothing to publish and nothing to wait for."""
        plan = planned(state(host([record("2 1 1", OLD)], OLD)), to(NEW))
        assert acts(plan) == ["switch", "check"]
        assert plan.sentence.startswith("No record has to change")

    def test_two_key_types_are_both_covered(self) -> None:
        """PF-c: what stays is not forgotten, and what comes beside it is named."""
        one, two = record("3 1 1", OLD), record("3 1 1", RSA)
        plan = planned(state(host([one, two], OLD, RSA)), to(NEW))
        assert lines(plan, Act.PUBLISH) == ["+" + line(record("3 1 1", NEW))]
        assert lines(plan, Act.REMOVE) == ["-" + line(one)]
        first = planned(state(host([one], OLD)), to(OLD, RSA))
        assert lines(first, Act.PUBLISH) == ["+" + line(two)]
        assert lines(first, Act.REMOVE) == []

    def test_hosts_that_share_a_certificate_switch_together(self) -> None:
        """PF-b: published for both, and the switch waits for the longer TTL."""
        second = replace(
            host([record("3 1 1", OLD)], OLD, host="mx2.example.org", ttl=7200), owner="_25._tcp.mx2.example.org"
        )
        plan = planned(state(host([record("3 1 1", OLD)], OLD), second), to(NEW))
        assert acts(plan) == ["publish", "wait", "switch", "check", "remove"]
        assert len(plan.steps[0].edits) == 2
        assert plan.steps[2].not_before == NOW + 4 * HOUR
        assert plan.steps[2].commands[0].count("--name") == 2


class TestRenewal:
    """The key stays."""

    def test_the_same_key_needs_nothing(self) -> None:
        """3 1 1 names the key, not the certificate."""
        plan = planned(state(host([record("3 1 1", OLD)], OLD)), to(RENEWED))
        assert (acts(plan), plan.changes) == (["switch", "check"], (Change.CERTIFICATE,))
        assert plan.steps[0].not_before == NOW

    def test_a_record_of_the_certificate_needs_its_successor_all_the_same(self) -> None:
        """3 0 1 names the certificate."""
        plan = planned(state(host([record("3 0 1", OLD)], OLD)), to(RENEWED))
        assert acts(plan) == ["publish", "wait", "switch", "check", "remove"]

    def test_what_is_served_and_named_needs_nothing_at_all(self) -> None:
        """The plan has no step."""
        plan = planned(state(host([record("3 1 1", OLD)], OLD)), to(OLD))
        assert (plan.steps, plan.exit_status) == ((), 0)
        assert plan.sentence == "The next chain is served, and the records name it."


def seen(*first_sights: tuple[str, datetime], gone: tuple[Gone, ...] = ()) -> AtServer:
    """A server with these records, each seen first at its own moment."""
    held = (at(NS1, text, since=since).records[0] for text, since in first_sights)
    return AtServer(NS1, tuple(held), gone, ttl=TTL)


class TestTooEarly:
    """R7671-8.1-a: what went into service before caches had its record is told, for as long as they may lack it."""

    BOTH = (record("3 1 1", OLD), record("3 1 1", NEW))
    AGES_AGO = NOW - 24 * HOUR

    def served_new(self, *servers: AtServer, published: Sequence[str] = BOTH) -> RolloverPlan:
        return planned(state(host(published, NEW, servers=servers)), to(NEW))

    def test_it_says_until_when_and_the_way_back(self) -> None:
        """The record came ten minutes ago: caches may lack it for fifty more, and until then the old one stays."""
        old, new = self.BOTH
        plan = self.served_new(seen((old, self.AGES_AGO), (new, NOW - timedelta(minutes=10))))
        until = NOW + timedelta(minutes=50)
        assert plan.sentence.startswith(f"The switch came too early: until {until:%Y-%m-%d %H:%M} UTC")
        assert "serve it again" in plan.sentence
        assert [step.not_before for step in plan.steps if step.act is Act.REMOVE] == [until]

    def test_a_record_that_took_the_place_of_another_is_too_early_as_well(self) -> None:
        """The old one is gone, and caches hold it still."""
        old, new = self.BOTH
        gone = Gone(at(NS1, old).records[0].record, NOW + HOUR, TTL)
        plan = self.served_new(seen((new, NOW), gone=(gone,)), published=[new])
        assert "too early" in plan.sentence

    def test_the_way_back_ends_the_harm_at_once(self) -> None:
        """What is served has no record, and the old chain has: nobody waits for caches, and nothing says so."""
        plan = planned(state(host([record("3 1 1", OLD)], NEW)), to(OLD))
        assert plan.sentence.endswith("switch at once.")
        assert (acts(plan), plan.remarks) == (["switch", "check"], ())
        forward = planned(state(host([record("3 1 1", OLD)], NEW)), to(NEW))
        assert any("until what they hold" in remark for remark in forward.remarks)

    @pytest.mark.parametrize(
        "first_sights",
        [
            (AGES_AGO, NOW - HOUR),
            (NOW, NOW),
            (NOW, AGES_AGO),
        ],
        ids=["a TTL ago", "both at first sight", "the old one is younger"],
    )
    def test_it_says_nothing_of_what_no_cache_lacks(self, first_sights: tuple[datetime, datetime]) -> None:
        """Nor of what was never seen without it."""
        plan = self.served_new(seen(*zip(self.BOTH, first_sights, strict=True)))
        assert plan.sentence == "The next chain is served already; only records change."
        assert plan.steps[-1].not_before == NOW


class TestBegunAlready:
    """A plan starts where things stand."""

    both = (record("3 1 1", OLD), record("3 1 1", NEW))

    def test_published_a_while_ago_goes_on_with_the_switch(self) -> None:
        """Two TTLs have passed on every server."""
        servers = tuple(at(ns, *self.both, since=NOW - 3 * HOUR) for ns in (NS1, NS2))
        plan = planned(state(host(self.both, OLD, servers=servers)), to(NEW))
        assert acts(plan) == ["switch", "check", "remove"]
        assert plan.steps[0].not_before == NOW

    def test_published_a_moment_ago_waits_for_the_last_server(self) -> None:
        """What counts is when the last one had it."""
        servers = (at(NS1, *self.both, since=NOW - 3 * HOUR), at(NS2, *self.both, since=NOW - HOUR))
        plan = planned(state(host(self.both, OLD, servers=servers)), to(NEW))
        assert acts(plan) == ["wait", "switch", "check", "remove"]
        assert plan.steps[0].not_before == NOW + HOUR

    @pytest.mark.parametrize(
        "servers",
        [(), (at(NS1, *both),), (at(NS1, *both, since=NOW - 9 * HOUR), at(NS2, both[0], since=NOW - 9 * HOUR))],
    )
    def test_published_nobody_knows_when_waits_from_now(self, servers: tuple[object, ...]) -> None:
        """An age that was never noted, or a server that lacks the record, counts as none."""
        plan = planned(state(host(self.both, OLD, servers=servers)), to(NEW))
        assert plan.steps[0].not_before == NOW + 2 * HOUR

    def test_switched_already_is_cleaned_up(self) -> None:
        """R7672-4-b: the retired record goes once the check is well."""
        plan = planned(state(host(self.both, NEW)), to(NEW))
        assert acts(plan) == ["check", "remove"]
        assert lines(plan, Act.REMOVE) == ["-" + line(self.both[0])]


class TestTooLate:
    """The switch came first, or something else is served: senders refuse mail now."""

    def test_switched_without_its_record(self) -> None:
        """Publish now; senders go on refusing until their caches have dropped the old set."""
        plan = planned(state(host([record("3 1 1", OLD)], NEW)), to(NEW))
        assert (acts(plan), plan.exit_status, plan.broken) == (["publish", "check", "remove"], 1, (HOST,))
        assert plan.steps[0].not_before == NOW
        assert "serve it again at once" in plan.sentence
        assert any("until 2026-03-01 13:00 UTC" in remark for remark in plan.remarks)

    def test_what_is_to_come_is_named_and_what_is_served_is_not(self) -> None:
        """Waiting would help nobody: the switch mends it."""
        plan = planned(state(host([record("3 1 1", NEW)], OLD)), to(NEW))
        assert (acts(plan), plan.exit_status) == (["switch", "check"], 1)
        assert plan.steps[0].not_before == NOW

    def test_neither_is_named(self) -> None:
        """Both records at once."""
        plan = planned(state(host([record("3 1 1", ALONE)], OLD)), to(NEW))
        assert lines(plan, Act.PUBLISH) == ["+" + line(record("3 1 1", one)) for one in (OLD, NEW)]
        assert plan.exit_status == 1


class TestOtherNumbers:
    """R7671-8.1-b, R7671-8.1-c: the numbers for the chain in use first, the key afterwards."""

    def test_numbers_alone(self) -> None:
        """2 1 1 to 3 1 1 with the chain in use: no switch and no wait."""
        plan = planned(state(host([record("2 1 1", OLD)], OLD)), to(OLD, scheme="3-1-1"))
        assert acts(plan) == ["publish", "remove", "check"]
        assert lines(plan, Act.PUBLISH) == ["+" + line(record("3 1 1", OLD))]
        assert lines(plan, Act.REMOVE) == ["-" + line(record("2 1 1", OLD))]

    def test_numbers_and_key_one_after_the_other(self) -> None:
        """R7671-8.1-b: never both at once."""
        plan = planned(state(host([record("3 0 1", OLD)], OLD)), to(NEW, scheme="3-1-1"))
        assert acts(plan) == ["publish", "remove", "publish", "wait", "switch", "check", "remove"]
        assert lines(plan, Act.PUBLISH) == ["+" + line(record("3 1 1", one)) for one in (OLD, NEW)]

    def test_r7671_8_2_a_ee_to_ta_goes_by_a_second_ee_record(self) -> None:
        """R7671-8.2-a: the TA record comes when the old key is gone."""
        plan = planned(state(host([record("3 1 1", OLD)], OLD)), to(NEW, scheme="2-1-1"))
        assert acts(plan) == ["publish", "wait", "switch", "check", "remove", "publish", "remove"]
        assert lines(plan, Act.PUBLISH) == ["+" + line(record(one, NEW)) for one in ("3 1 1", "2 1 1")]
        assert Change.EE_TO_TA in plan.changes

    def test_ta_to_ee_names_the_key_in_use_first(self) -> None:
        """The next chain has no issuer that a record could name."""
        plan = planned(state(host([record("2 1 1", OLD)], OLD)), to(ALONE, scheme="3-1-1"))
        assert acts(plan) == ["publish", "remove", "publish", "wait", "switch", "check", "remove"]
        assert Change.TA_TO_EE in plan.changes

    def test_r7671_8_3_a_a_digest_is_added_for_each_key(self) -> None:
        """R7671-8.3-a: SHA2-512 beside SHA2-256."""
        plan = planned(state(host([record("3 1 1", OLD)], OLD)), to(OLD, scheme="3-1-1+3-1-2"))
        assert lines(plan, Act.PUBLISH) == ["+" + line(record("3 1 2", OLD))]
        assert plan.changes == (Change.DIGEST,)

    def test_r7671_8_3_a_a_record_whose_key_is_not_known_cannot_get_the_new_digest(self) -> None:
        """R7671-8.3-a, R7671-9-b: agility would put it aside, so it goes in the same edit."""
        unknown = record("3 1 1", ALONE)
        plan = planned(state(host([record("3 1 1", OLD), unknown], OLD)), to(OLD, scheme="3-1-1+3-1-2"))
        assert "-" + line(unknown) in lines(plan, Act.PUBLISH)

    def test_r7671_8_3_a_a_digest_is_removed_whole(self) -> None:
        """R7671-8.3-a: every record of it."""
        both = [record(one, OLD) for one in ("3 1 1", "3 1 2")]
        plan = planned(state(host(both, OLD)), to(OLD, scheme="3-1-1"))
        assert lines(plan, Act.REMOVE) == ["-" + line(both[1])]


class TestFirstRecords:
    """A host without any: nobody can be refused."""

    def test_current_and_next_are_published_together(self) -> None:
        """R7672-4-a, and the negative TTL is told."""
        plan = planned(state(host([], OLD)), to(NEW))
        assert lines(plan, Act.PUBLISH) == ["+" + line(record("3 1 1", one)) for one in (OLD, NEW)]
        assert plan.changes == (Change.FIRST,)
        assert lines(plan, Act.REMOVE) == ["-" + line(record("3 1 1", OLD))]
        assert plan.sentence.endswith("then remove what names nothing any more.")
        assert any("600 seconds" in remark for remark in plan.remarks)

    def test_nothing_is_removed_where_everything_stays_in_service(self) -> None:
        """An RSA chain is to be served beside that of today, and no removal is spoken of."""
        plan = planned(state(host([], OLD)), to(OLD, RSA))
        assert acts(plan) == ["publish", "wait", "switch", "check"]
        assert plan.sentence == "Publish first, switch two TTLs later."

    def test_what_is_served_and_cannot_be_named_is_replaced_first(self) -> None:
        """A record that does not name what is served would have it refused."""
        plan = planned(state(host([], ALONE)), to(NEW, scheme="2-1-1"))
        assert acts(plan) == ["switch", "check", "publish"]


class TestNoPlan:
    """What is not known, or not there, is said."""

    def test_without_a_host_it_says_how_to_name_one(self) -> None:
        """Where the certificate covers no mail host of the domain that was given."""
        plan = planned(state(), to(NEW))
        assert (plan.steps, plan.exit_status) == ((), 4)
        assert "--name" in plan.sentence

    def test_a_failed_lookup_gives_no_plan(self) -> None:
        """A failure is never "no records"."""
        unknown = host([], standing=Standing.UNKNOWN, why="SERVFAIL")
        plan = planned(state(host([record("3 1 1", OLD)], OLD), unknown), to(NEW))
        assert (plan.steps, plan.exit_status) == ((), 4)

    def test_a_server_that_does_not_show_its_chain_gives_no_plan(self) -> None:
        """Its key might be named by nothing."""
        plan = planned(state(host([record("3 1 1", OLD)], unreached=("timeout",))), to(NEW))
        assert (plan.steps, plan.exit_status) == ((), 4)

    def test_an_unsigned_zone_has_no_part_in_it(self) -> None:
        """DANE begins with DNSSEC; the other hosts get their plan."""
        unsigned = host([], standing=Standing.INSECURE, why="no DS", host="mx2.example.org")
        assert planned(state(unsigned), to(NEW)).exit_status == 3
        mixed = planned(state(host([record("3 1 1", OLD)], OLD), unsigned), to(NEW))
        assert mixed.exit_status == 0
        assert any("mx2.example.org" in remark for remark in mixed.remarks)

    @pytest.mark.parametrize(
        ("holder", "scheme", "published"),
        [
            (ALONE, "2-1-1", "3 1 1"),
            (key_of(NEW), "3-0-1", "3 1 1"),
            (key_of(NEW), "2-1-1", "2 1 1"),
            (ALONE, "", "2 1 1"),
        ],
    )
    def test_what_cannot_be_made_is_a_usage_error(self, holder: Holder, scheme: str, published: str) -> None:
        """One sentence that says what to give instead."""
        with pytest.raises(UsageError, match="give the whole chain"):
            planned(state(host([record(published, OLD)], OLD)), to(holder, scheme=scheme))

    def test_leftovers_are_told_and_not_touched_before_the_switch(self) -> None:
        """It may be a spare key; only its owner knows."""
        spare = record("3 1 1", ALONE)
        plan = planned(state(host([record("3 1 1", OLD), spare], OLD)), to(NEW))
        assert all(spare not in one for one in lines(plan, Act.REMOVE))
        assert any(spare in remark for remark in plan.remarks)

    def test_the_end_of_the_calendar_is_no_end_of_ours(self) -> None:
        """A date that cannot be written is none."""
        plan = planned(
            state(host([record("3 1 1", OLD)], OLD, ttl=2**31 - 1)), to(NEW), datetime.max.replace(tzinfo=NOW.tzinfo)
        )
        assert plan.steps[2].not_before is None


def told(plan: RolloverPlan) -> Iterator[tuple[datetime, tuple[Record, ...], bool]]:
    """Each moment of the plan: the set that is published from then on, and whether the switch is made."""
    published = plan.state.hosts[0].published
    switched = False
    yield plan.now - timedelta(days=30), published, switched
    for step in plan.steps:
        assert step.not_before is not None
        for edit in step.edits:
            assert set(edit.remove) <= set(published)
            published = tuple(one for one in (*published, *edit.add) if one not in edit.remove)
            assert set(published) == set(edit.after)
        switched = switched or step.act is Act.SWITCH
        yield step.not_before, published, switched


def held(history: Sequence[tuple[datetime, tuple[Record, ...], bool]], now: datetime) -> list[tuple[Record, ...]]:
    """Every set that a cache may hold at `now`: those that were the published one within the last TTL."""
    ends = [moment for moment, _, _ in history[1:]] + [now]
    return [
        published
        for (since, published, _), end in zip(history, ends, strict=True)
        if since <= now and end >= now - timedelta(seconds=TTL)
    ]


@cache
def is_whole(records: tuple[Record, ...], served: CandidateChain) -> bool:
    """Whether senders accept the chain, whichever of the combinations they go by."""
    named = combinations(naming(usable_ones(records), served, (HOST,), NOW))
    return set(named) == set(combinations(usable_ones(records))) and is_named(records, served, (HOST,), NOW)


STARTS = [(one,) for one in ALL_SCHEMES] + list(itertools.combinations(ALL_SCHEMES, 2))[::3]
GOALS = STARTS[1::2]
COMING = {"renewed": RENEWED, "new": NEW, "moved": MOVED, "alone": ALONE, "rsa": RSA}


@pytest.mark.parametrize("coming", COMING)
@pytest.mark.parametrize("start", STARTS, ids=lambda start: "+".join(start).replace(" ", ""))
def test_r7671_8_4_a_no_sender_is_ever_refused_while_a_plan_is_carried_out(start: tuple[str, ...], coming: str) -> None:
    """R7671-8-a, R7671-8.4-a: whatever caches hold, every combination names what is served at that moment."""
    current = state(host([record(one, OLD) for one in start], OLD))
    refused = 0
    for wanted in GOALS:
        goal = to(COMING[coming], scheme="+".join(wanted).replace(" ", "-"))
        try:
            plan = planned(current, goal)
        except UsageError:
            refused += 1
            continue
        history = list(told(plan))
        for place, (now, published, switched) in enumerate(history):
            served = COMING[coming] if switched else OLD
            for records in [published, *held(history[: place + 1], now)]:
                assert is_whole(records, served), (plan.steps, place)
        assert set(map(str, combinations(usable_ones(history[-1][1])))) == set(map(str, goal.schemes))
    assert refused < len(GOALS) or (coming == "alone" and all(one.startswith("2") for one in start))


class TestWhatCannotBeSeen:
    """Nothing is removed that somebody may need."""

    both = (record("3 1 1", OLD), record("3 1 1", NEW))

    @pytest.mark.parametrize("more", [{"alias": OWNER, "owner": "ta.example.org"}, {"unreached": ("timeout",)}])
    def test_idle_records_stay_where_others_may_rest_on_them(self, more: dict[str, Any]) -> None:
        """Hosts that share a set by an alias; an address that could not be asked."""
        plan = planned(state(host(self.both, NEW, **more)), to(NEW))
        assert Act.REMOVE not in [step.act for step in plan.steps]
        assert any(self.both[0] in remark for remark in plan.remarks)

    def test_a_server_that_was_not_asked_keeps_what_is_published(self) -> None:
        """--no-connect: what it serves is taken to be named."""
        plan = planned(state(host(self.both[:1])), to(NEW))
        assert acts(plan) == ["publish", "wait", "switch", "check"]
        assert any("was not asked" in remark for remark in plan.remarks)

    def test_the_lines_stand_where_the_alias_leads(self) -> None:
        """A record beside a CNAME would be none."""
        shared = host(self.both[:1], OLD, alias=OWNER, owner="ta.example.org")
        plan = planned(state(shared), to(NEW))
        assert lines(plan, Act.PUBLISH) == [f"+ta.example.org. {TTL} IN TLSA {self.both[1]}"]


def test_nothing_stands_before_a_switch_that_mends() -> None:
    """Senders refuse already: the guard would only cost time."""
    plan = planned(state(host([record("3 1 1", NEW)], OLD)), to(NEW))
    assert plan.steps[0].commands == ()
