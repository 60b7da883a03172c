"""May the switch be made now? Doubt is no yes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from dane_check.rehearsal.rollover.guard import Answer, Permission, may_switch
from dane_check.rehearsal.rollover.situation import AtServer, Gone, HostState, RolloverState, Standing
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
    RENEWED,
    RSA,
    TTL,
    at,
    host,
    record,
    records,
    state,
    to,
)

BOTH = (record("3 1 1", OLD), record("3 1 1", NEW))
RIPE = NOW - 2 * timedelta(seconds=TTL)


def ready(*servers: AtServer, **more: Any) -> HostState:
    """A host with both records, on two servers long enough unless others are given."""
    return host(BOTH, OLD, servers=servers or (at(NS1, *BOTH, since=RIPE), at(NS2, *BOTH, since=RIPE)), **more)


def asked(*hosts: HostState, rehearsed: int = 0, troubles: tuple[str, ...] = (), **more: Any) -> Permission:
    """The guard's answer for NEW, where a rehearsal of each host gives this exit status."""
    goal = more.pop("goal", to(NEW))
    statuses = {one.where: rehearsed for one in hosts}
    return may_switch(state(*hosts, troubles=troubles), goal, NOW, rehearsed=statuses, **more)


def test_yes_where_every_server_has_had_the_record_for_two_ttls() -> None:
    """R7671-8.1-a: to the second."""
    permission = asked(ready())
    assert (permission.answer, permission.exit_status, permission.not_before) == (Answer.YES, 0, None)
    assert HOST in permission.sentence


@pytest.mark.parametrize("server", [NS1, NS2])
@pytest.mark.parametrize("late", [timedelta(seconds=1), HOUR, 2 * HOUR])
def test_one_server_that_got_it_too_late_is_a_no_with_its_moment(server: str, late: timedelta) -> None:
    """The last server counts; the sentence says when to come back."""
    servers = (at(NS1, *BOTH, since=RIPE), at(NS2, *BOTH, since=RIPE))
    changed = tuple(at(server, *BOTH, since=RIPE + late) if one.server == server else one for one in servers)
    permission = asked(ready(*changed))
    assert (permission.answer, permission.exit_status) == (Answer.NO, 1)
    assert permission.not_before == NOW + late
    assert f"not before {NOW + late:%Y-%m-%dT%H:%M:%SZ}" in permission.sentence


def test_the_moment_is_never_too_early_by_a_part_of_a_second() -> None:
    """A hook that comes back at the time it was told gets a yes."""
    late = RIPE + timedelta(microseconds=1)
    permission = asked(ready(at(NS1, *BOTH, since=late)))
    assert "not before 2026-03-01T12:00:01Z" in permission.sentence


def test_an_age_that_nobody_noted_counts_from_now() -> None:
    """A lost state file costs two TTLs and no mail."""
    permission = asked(ready(at(NS1, *BOTH)))
    assert (permission.exit_status, permission.not_before) == (1, NOW + 2 * timedelta(seconds=TTL))


def test_a_longer_ttl_of_one_server_or_of_a_while_ago_counts() -> None:
    """Caches go by what they were given."""
    slow = AtServer(NS1, at(NS1, *BOTH, since=RIPE, ttl=2 * TTL).records, ttl=TTL)
    assert asked(ready(slow)).not_before == RIPE + 2 * timedelta(seconds=2 * TTL)


def test_a_server_without_the_record_is_a_no_without_a_moment() -> None:
    """Time does not mend it; somebody has to publish."""
    permission = asked(ready(at(NS1, *BOTH, since=RIPE), at(NS2, BOTH[0], since=RIPE)))
    assert (permission.exit_status, permission.not_before) == (1, None)
    assert NS2 in permission.sentence


@pytest.mark.parametrize("kept", [True, False])
def test_a_server_that_does_not_answer_cannot_be_told(kept: bool) -> None:
    """It may hold the old set; whoever asks it would refuse."""
    silent = AtServer(NS2, trouble=f"{NS2} did not answer: timeout")
    servers = (at(NS1, *BOTH, since=RIPE), silent) if kept else (silent,)
    permission = asked(ready(*servers))
    assert (permission.answer, permission.exit_status, permission.not_before) == (Answer.CANNOT_TELL, 4, None)


def test_a_no_outranks_what_cannot_be_told() -> None:
    """As in a verdict: 1 before 4."""
    silent = AtServer(NS2, trouble="timeout")
    assert asked(ready(at(NS1, BOTH[0], since=RIPE), silent)).exit_status == 1


@pytest.mark.parametrize(
    ("standing", "status"),
    [(Standing.ABSENT, 1), (Standing.INSECURE, 1), (Standing.UNKNOWN, 4)],
)
def test_a_host_without_secure_records(standing: Standing, status: int) -> None:
    """Nothing that could name the new certificate, or nobody knows."""
    bare = host([], OLD, standing=standing, why="because")
    assert asked(bare, ready(host="mx2.example.org")).exit_status == status


def test_without_any_host_nothing_can_be_told() -> None:
    """A certificate that covers no known host is no reason for a yes."""
    assert may_switch(RolloverState(()), to(NEW), NOW, rehearsed={}).exit_status == 4


def test_a_lookup_that_failed_while_hosts_were_sought_cannot_be_told() -> None:
    """The name might be a host with records."""
    assert asked(ready(), troubles=("SERVFAIL",)).exit_status == 4


@pytest.mark.parametrize(("rehearsed", "status"), [(0, 0), (1, 1), (3, 1), (4, 4)])
def test_dane_must_hold_after_the_switch(rehearsed: int, status: int) -> None:
    """What a rehearsal with the new chain says; partly protected is no yes either."""
    assert asked(ready(), rehearsed=rehearsed).exit_status == status


def test_a_host_that_nobody_rehearsed_cannot_be_told() -> None:
    """No answer is no yes."""
    assert may_switch(state(ready()), to(NEW), NOW, rehearsed={}).exit_status == 4


class TestWhatIsServedBeside:
    """Chains of other key types stay, and must be named as well."""

    def test_a_chain_that_stays_without_a_record_is_a_no(self) -> None:
        """PF-c: senders that ask for RSA would be refused."""
        beside = host(BOTH, OLD, RSA, servers=(at(NS1, *BOTH, since=RIPE),))
        assert asked(beside).exit_status == 1

    def test_a_chain_that_stays_with_its_record_is_none(self) -> None:
        """PF-c: all of them are named."""
        three = (*BOTH, record("3 1 1", RSA))
        beside = host(three, OLD, RSA, servers=(at(NS1, *three, since=RIPE),))
        assert asked(beside).exit_status == 0

    def test_a_server_that_shows_no_chain_cannot_be_told(self) -> None:
        """It may serve one of another type."""
        unseen = host(BOTH, servers=(at(NS1, *BOTH, since=RIPE),), unreached=("timeout",))
        assert asked(unseen).exit_status == 4

    def test_a_server_that_was_not_asked_is_taken_at_its_word(self) -> None:
        """--no-connect: it serves what is to come, and nothing else."""
        unseen = host(BOTH, servers=(at(NS1, *BOTH, since=RIPE),))
        assert asked(unseen).exit_status == 0

    def test_an_address_that_did_not_answer_beside_one_that_did_is_no_obstacle(self) -> None:
        """The host has shown what it serves."""
        assert asked(ready(unreached=("2001:db8::1: no-family",))).exit_status == 0


class TestCaches:
    """What a server held a while ago may be in a cache still."""

    def test_a_set_that_was_there_and_names_nothing_new_stands_in_the_way(self) -> None:
        """R7671-8-c, R7671-9-b: a SHA2-512 record of the old key, gone for a moment, puts the SHA2-256 ones aside."""
        (stale,) = records(record("3 1 2", OLD))
        until = NOW + timedelta(minutes=7)
        server = AtServer(NS1, at(NS1, *BOTH, since=RIPE).records, gone=(Gone(stale, until),), ttl=TTL)
        permission = asked(ready(server))
        assert (permission.exit_status, permission.not_before) == (1, until)

    def test_a_record_that_was_there_and_harms_nobody_does_not(self) -> None:
        """One record that matches is enough."""
        (stale,) = records(record("3 1 1", ALONE))
        server = AtServer(NS1, at(NS1, *BOTH, since=RIPE).records, gone=(Gone(stale, NOW + HOUR),), ttl=TTL)
        assert asked(ready(server)).exit_status == 0


class TestPublishedAt:
    """The operator's word for the age, never for the presence."""

    @pytest.mark.parametrize(("since", "status"), [(RIPE, 0), (RIPE + timedelta(seconds=1), 1), (NOW, 1)])
    def test_it_ages_what_is_there(self, since: datetime, status: int) -> None:
        """Two TTLs after that moment."""
        assert asked(ready(at(NS1, *BOTH)), published_at=since).exit_status == status

    def test_it_does_not_make_young_what_was_seen_before(self) -> None:
        """We know better."""
        assert asked(ready(), published_at=NOW).exit_status == 0

    def test_it_does_not_put_a_record_where_none_is(self) -> None:
        """A server that lacks it is a no."""
        assert asked(ready(at(NS1, BOTH[0])), published_at=NOW - 99 * HOUR).exit_status == 1


class TestOtherChains:
    """Not only 3 1 1."""

    @pytest.mark.parametrize(
        ("numbers", "goal", "status"),
        [
            ("3 1 1", RENEWED, 0),
            ("3 0 1", RENEWED, 1),
            ("2 1 1", NEW, 0),
            ("2 1 1", MOVED, 1),
            ("2 1 1", ALONE, 1),
        ],
    )
    def test_what_is_published_names_what_is_to_come(self, numbers: str, goal: Any, status: int) -> None:
        """By key, by certificate, by issuer."""
        held = record(numbers, OLD)
        one = host([held], OLD, servers=(at(NS1, held, since=RIPE),))
        assert asked(one, goal=to(goal)).exit_status == status
