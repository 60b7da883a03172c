"""First sights: what is noted, what is believed, and what becomes of a file that is not."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dane_check.rehearsal.rollover.situation import AtServer
from dane_check.rehearsal.rollover.state import Sightings, StateTrouble, default_path, load, save
from tests.rollover.made import HOUR, NEW, NOW, NS1, NS2, OLD, TTL, at, host, record, records

ONE, TWO = record("3 1 1", OLD), record("3 1 1", NEW)


def seen(sightings: Sightings, now: datetime, *servers: AtServer) -> Sightings:
    return sightings.after([host([ONE], servers=servers)], now)


def first_seen(sightings: Sightings, now: datetime, *servers: AtServer) -> list[datetime | None]:
    """Of every record of every server, in their order."""
    shown = sightings.shown_in(host([ONE], servers=servers), now)
    return [one.since for server in shown.servers for one in server.records]


class TestSights:
    """A record has an age at each server, as long as it stands there without a break."""

    def test_the_first_sight_stays_the_first(self) -> None:
        """Each server has its own."""
        one = seen(Sightings(), NOW, at(NS1, ONE))
        two = seen(one, NOW + HOUR, at(NS1, ONE, TWO), at(NS2, ONE))
        assert first_seen(two, NOW + HOUR, at(NS1, ONE, TWO), at(NS2, ONE)) == [NOW, NOW + HOUR, NOW + HOUR]

    def test_what_was_never_noted_has_no_age(self) -> None:
        """Nor has the record of another owner."""
        one = seen(Sightings(), NOW, at(NS1, ONE))
        other = host([ONE], servers=(at(NS1, ONE),), owner="_25._tcp.mx.example.net")
        assert one.shown_in(other, NOW).servers[0].records[0].since is None

    def test_a_record_that_was_away_begins_anew(self) -> None:
        """Caches may hold the set without it."""
        sights = seen(Sightings(), NOW, at(NS1, ONE))
        sights = seen(sights, NOW + HOUR, at(NS1, TWO))
        sights = seen(sights, NOW + 2 * HOUR, at(NS1, ONE, TWO))
        assert first_seen(sights, NOW + 2 * HOUR, at(NS1, ONE, TWO)) == [NOW + 2 * HOUR, NOW + HOUR]

    def test_a_server_that_gave_no_answer_changes_nothing(self) -> None:
        """Silence is no absence."""
        sights = seen(Sightings(), NOW, at(NS1, ONE))
        silent = AtServer(NS1, trouble="timeout")
        assert seen(sights, NOW + HOUR, silent) == sights

    @pytest.mark.parametrize(
        ("later", "cached"), [(timedelta(seconds=2 * TTL - 1), 1), (timedelta(seconds=2 * TTL), 0)]
    )
    def test_what_is_gone_is_cached_for_two_ttls(self, later: timedelta, cached: int) -> None:
        """R7671-8-c: from when it was first seen to be missing."""
        sights = seen(seen(Sightings(), NOW, at(NS1, ONE)), NOW + HOUR, at(NS1, TWO))
        shown = sights.shown_in(host([TWO], servers=(at(NS1, TWO),)), NOW + HOUR + later)
        assert len(shown.servers[0].gone) == cached

    def test_a_lowered_ttl_counts_when_the_longer_one_has_run_out(self) -> None:
        """Sets with the long TTL are in caches still."""
        sights = seen(Sightings(), NOW, at(NS1, ONE))
        lowered = at(NS1, ONE, ttl=60)
        soon = seen(sights, NOW + HOUR, lowered)
        late = seen(soon, NOW + 3 * HOUR, lowered)
        ttls = [one.shown_in(host([ONE], servers=(lowered,)), NOW).servers[0].records[0].ttl for one in (soon, late)]
        assert ttls == [TTL, 60]

    def test_what_came_back_with_a_lowered_ttl_keeps_the_longer_one_as_long(self) -> None:
        """The set that it was in may be in caches still, without what came beside it."""
        sights = seen(seen(Sightings(), NOW, at(NS1, ONE)), NOW + HOUR, at(NS1, TWO, ttl=60))
        back = at(NS1, ONE, TWO, ttl=60)
        sights = seen(sights, NOW + 2 * HOUR, back)
        shown = sights.shown_in(host([ONE], servers=(back,)), NOW + 2 * HOUR)
        assert [(one.since, one.ttl) for one in shown.servers[0].records] == [
            (NOW + 2 * HOUR, TTL),
            (NOW + HOUR, 60),
        ]

    def test_a_ttl_is_seen_to_be_lowered_when_it_is_seen(self) -> None:
        """Not when the longer one was seen last: a cache may have asked a second before."""
        sights = seen(Sightings(), NOW, at(NS1, ONE))
        lowered = at(NS1, ONE, ttl=60)
        sights = seen(sights, NOW + 48 * HOUR, lowered)
        assert sights.shown_in(host([ONE], servers=(lowered,)), NOW).servers[0].records[0].ttl == TTL

    @pytest.mark.parametrize(("later", "former"), [(2 * HOUR - HOUR / 3600, 1), (2 * HOUR, 0)])
    def test_a_server_that_is_none_any_more_is_not_forgotten_at_once(self, later: timedelta, former: int) -> None:
        """It may have been one that lagged behind, and caches may have asked it."""
        sights = seen(Sightings(), NOW, at(NS1, ONE, TWO), at(NS2, ONE))
        shown = sights.shown_in(host([ONE], servers=(at(NS1, ONE, TWO),)), NOW + later)
        assert [one.server for one in shown.servers if one.trouble] == [NS2] * former

    def test_what_nobody_saw_for_a_year_is_forgotten(self) -> None:
        """The file does not grow for ever."""
        sights = seen(Sightings(), NOW, at(NS1, ONE))
        assert not seen(sights, NOW + timedelta(days=401)).entries


class TestFile:
    """A small file, of which nothing is believed that cannot be."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "deep" / "down" / "rollover.json"

    @pytest.fixture
    def sights(self) -> Sightings:
        return seen(seen(Sightings(), NOW, at(NS1, ONE, TWO), at(NS2, ONE)), NOW + HOUR, at(NS1, TWO))

    def test_what_is_written_is_what_is_read(self, path: Path, sights: Sightings) -> None:
        """Folders are made, and nobody else may look."""
        save(path, sights)
        loaded = load(path, NOW + 2 * HOUR)
        assert (loaded.sightings, loaded.remarks) == (sights, ())
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    def test_no_file_yet_is_no_trouble(self, path: Path) -> None:
        """Every state has a beginning."""
        assert load(path, NOW) == type(load(path, NOW))(Sightings())

    def test_writing_leaves_nothing_beside_the_file(self, path: Path, sights: Sightings) -> None:
        """In one step, also over an older one."""
        save(path, Sightings())
        save(path, sights)
        assert [one.name for one in path.parent.iterdir()] == ["rollover.json"]

    def test_a_link_in_its_place_is_replaced_and_never_followed(
        self, path: Path, sights: Sightings, tmp_path: Path
    ) -> None:
        """Nobody can have another file overwritten."""
        other = tmp_path / "other"
        other.write_text("kept")
        path.parent.mkdir(parents=True)
        path.symlink_to(other)
        save(path, sights)
        assert other.read_text() == "kept"
        assert not path.is_symlink()

    @pytest.mark.parametrize(
        "damage",
        [
            lambda text: "",
            lambda text: text[:-30],
            lambda text: "[" * 100_000,
            lambda text: text.replace('"schema": 1', '"schema": 2'),
            lambda text: text.replace("rollover-state", "evidence"),
            lambda text: text.replace('"ttl": 3600', '"ttl": -1', 1),
            lambda text: text.replace('"ttl": 3600', '"ttl": true', 1),
            lambda text: text.replace("+00:00", "", 1),
            lambda text: text.replace('"owner": "_25', '"owner": 1, "x": "', 1),
            lambda text: "ä",
            lambda text: json.dumps({"schema": 1, "kind": "rollover-state", "seen": 7}),
        ],
    )
    def test_a_damaged_file_is_set_aside_said_and_not_trusted(
        self, damage: Callable[[str], str], path: Path, sights: Sightings
    ) -> None:
        """Nothing is lost that people might want to look at, and nothing of it counts."""
        save(path, sights)
        damaged = damage(path.read_text())
        path.write_text(damaged, encoding="utf-8")
        loaded = load(path, NOW + 2 * HOUR)
        assert loaded.sightings == Sightings()
        assert len(loaded.remarks) == 1
        assert "set aside" in loaded.remarks[0]
        assert not path.exists()
        (aside,) = path.parent.iterdir()
        assert aside.read_text(encoding="utf-8") == damaged

    def test_a_changed_record_is_damage(self, path: Path, sights: Sightings) -> None:
        """Each record stands beside its digest."""
        save(path, sights)
        table = json.loads(path.read_text())
        table["seen"][0]["record"] = "00" * 35
        path.write_text(json.dumps(table))
        assert load(path, NOW + 2 * HOUR).sightings == Sightings()

    @pytest.mark.parametrize("mode", [0o620, 0o602])
    def test_a_file_that_others_may_write_to_is_not_trusted(self, mode: int, path: Path, sights: Sightings) -> None:
        """Whoever writes there could have a key switched too early."""
        save(path, sights)
        path.chmod(mode)
        loaded = load(path, NOW + 2 * HOUR)
        assert loaded.sightings == Sightings()
        assert "written to by others" in loaded.remarks[0]

    def test_a_clock_that_went_back_is_noticed(self, path: Path, sights: Sightings) -> None:
        """What lies ahead counts for nothing; what lies behind stays."""
        save(path, sights)
        loaded = load(path, NOW + HOUR / 2)
        assert "the clock went back" in loaded.remarks[0]
        assert all(one.last <= NOW + HOUR / 2 for one in loaded.sightings.entries.values())
        assert len(loaded.sightings.entries) < len(sights.entries)

    def test_what_cannot_be_read_or_written_is_one_sentence(self, tmp_path: Path, sights: Sightings) -> None:
        """The caller decides what to do without it."""
        with pytest.raises(StateTrouble, match="cannot be read"):
            load(tmp_path, NOW)
        (tmp_path / "file").write_text("")
        with pytest.raises(StateTrouble, match="cannot be written"):
            save(tmp_path / "file" / "rollover.json", sights)

    def test_a_pipe_does_not_hang(self, tmp_path: Path) -> None:
        """No regular file, no state."""
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(StateTrouble):
            load(tmp_path / "pipe", NOW)

    def test_times_of_another_zone_are_the_same_moments(self, path: Path) -> None:
        """They are written and compared in UTC."""
        save(path, seen(Sightings(), NOW, at(NS1, ONE)))
        assert all(one.first.tzinfo is UTC for one in load(path, NOW).sightings.entries.values())


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "/home/me/.local/state/dane-check/rollover.json"),
        ({"XDG_STATE_HOME": "/var/state"}, "/var/state/dane-check/rollover.json"),
        ({"XDG_STATE_HOME": "relative"}, "/home/me/.local/state/dane-check/rollover.json"),
    ],
)
def test_the_file_stands_where_xdg_says(environ: dict[str, Any], expected: str) -> None:
    """A relative path counts as none."""
    assert default_path(environ, Path("/home/me")) == Path(expected)


def test_records_are_values() -> None:
    """The helper and the state speak of the same octets."""
    (one,) = records(ONE)
    assert next(iter(seen(Sightings(), NOW, at(NS1, ONE)).entries.values())).data == one.rdata
