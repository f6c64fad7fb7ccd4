"""Late rows change the past, and it shows: real files, tables and ledger; only the clock is told."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.engine import revised
from opsconsole.engine.core import Core
from opsconsole.engine.messages import Revision, Snapshot
from opsconsole.engine.place import Place
from opsconsole.engine.revised import Revisions
from opsconsole.engine.sitefile import SiteFile
from opsconsole.engine.telling import revised_words
from opsconsole.engine.watch import AlertWatch
from opsconsole.journal.journal import Journal
from opsconsole.kpis.bind import bind
from opsconsole.kpis.closed import Closed
from opsconsole.site.parse import load_site
from opsconsole.tables import derived
from opsconsole.tables.feed import Feed
from opsconsole.tables.store import Store
from tests.waiting import until

SITE = """\
site: Plant
timezone: Europe/Berlin
calendar:
  shifts: [{name: Early, start: "06:00", end: "14:00"}, {name: Late, start: "14:00", end: "22:00"}]
sources:
  cycles: {files: data/*.csv, time: ts}
  slow: {files: slow/*.csv, time: ts, fresh_within: 3h}
  brief: {files: brief/*.csv, time: ts, retain: 9000d}
  pieces: {sql: "SELECT ts, qty FROM cycles UNION ALL SELECT ts, qty FROM slow", time: ts}
  stops: {files: stops/*.csv, time: ts, until: ended}
kpis:
  made: {source: cycles, value: sum(qty), window: shift}
  share: {source: cycles, value: 100.0 * sum(scrap) / sum(qty), window: shift}
  daily: {source: cycles, value: sum(qty), window: day}
  lately: {source: cycles, value: sum(qty), window: 8h}
  ever: {source: cycles, value: sum(qty), window: all}
  slowly: {source: slow, value: sum(qty), window: shift}
  fading: {source: brief, value: sum(qty), window: shift}
  per_slow: 100 * made / slowly
  together: {source: pieces, value: sum(qty), window: shift}
  stood: {source: stops, value: sum(_seconds), window: shift}
"""
HEAD = "ts,qty,scrap\n"
DAY_BEFORE = "2024-06-23 05:00,1,0\n"


class Plant:
    """A site's files and tables, and what is said of its past."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("data", "slow", "brief", "stops", "state"):
            (root / folder).mkdir()
        self.write("data/a.csv", HEAD + DAY_BEFORE + "2024-06-24 06:00,10,1\n2024-06-24 13:00,30,1\n")
        self.write("slow/a.csv", HEAD + DAY_BEFORE + "2024-06-24 07:00,100,0\n")
        self.write("brief/a.csv", HEAD + "2024-06-24 05:59,1,0\n2024-06-24 07:00,100,0\n")
        self.write("stops/a.csv", "ts,ended\n2024-06-24 05:00,2024-06-24 06:10\n")
        (root / "site.yaml").write_text(SITE)
        loaded = load_site(root)
        assert loaded.site is not None, loaded.problems
        self.store = Store.open(root / "state/tables.duckdb")
        sources = {name: replace(each, settle=0.1) for name, each in loaded.site.sources.items()}
        self.feed = Feed(self.store, root, sources, "Europe/Berlin", lambda: None, None)
        self.feed.start()
        assert self.feed.wait_settled(20)
        self.revisions = Revisions(root / "periods.json")

    def write(self, path: str, text: str) -> None:
        (self.root / path).write_text(text)

    def settle(self) -> None:
        """Have what was written taken."""
        self.feed.poke()
        assert self.feed.wait_settled(20)

    def look(self, clock: str, date: str = "2024-06-24", wall: float = 1.8e9) -> dict[str, Revision]:
        """What has changed at a time of day in Berlin."""
        loaded = load_site(self.root)
        assert loaded.site is not None, loaded.problems
        cursor = self.store.cursor()
        try:
            binding, problems = bind(loaded, self.store.schemas())
            assert not problems, problems
            derived.keep(self.store, {name: view.sql for name, view in binding.views.items()})
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            return self.revisions.look(cursor, binding, dt.datetime.fromisoformat(f"{date}T{clock}+02:00"), wall)
        finally:
            cursor.close()

    def close(self) -> None:
        self.feed.stop()
        self.store.close()


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    made = Plant(tmp_path)
    yield made
    made.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The KPIs that were computed of closed periods, look by look."""
    found: list[list[str]] = []
    real: Callable[..., dict[str, Closed]] = revised.closed_values

    def counted(cursor: object, binding: object, names: list[str], stretch: object) -> dict[str, Closed]:
        found.append(list(names))
        return real(cursor, binding, names, stretch)

    monkeypatch.setattr(revised, "closed_values", counted)
    return found


def test_late_rows_show_what_the_last_shift_was(plant: Plant) -> None:
    assert plant.look("14:02") == {}  # nothing is late yet: sources have five minutes
    plant.write("data/b.csv", HEAD + "2024-06-24 13:59,60,3\n")
    plant.settle()
    assert plant.look("14:06") == {}
    plant.write("data/c.csv", HEAD + "2024-06-24 09:00,100,5\n2024-06-24 09:01,100,0\n2024-06-24 15:00,7,0\n")
    plant.settle()
    found = plant.look("15:10")
    assert sorted(found) == ["made", "share"]
    assert (found["made"].was, found["made"].value, found["made"].rows) == (100.0, 300.0, 2)
    assert (found["share"].was, round(found["share"].value or 0, 2)) == (5.0, 3.33)
    berlin = dt.timezone(dt.timedelta(hours=2))
    start, end, noted = (
        dt.datetime.fromtimestamp(each, berlin)
        for each in (found["made"].start, found["made"].end, found["made"].noted)
    )
    assert (f"{start:%H:%M}", f"{end:%H:%M}", f"{noted:%H:%M}") == ("06:00", "14:00", "14:06")
    assert revised_words(found["made"], "pcs", None) == "Early Mon 24 Jun: 300 pcs, revised from 100 pcs (2 late rows)"
    # an engine that is started anew goes on from what was noted
    plant.revisions = Revisions(plant.root / "periods.json")
    assert plant.look("15:11") == found
    # with the next shift over, it is the last one
    assert "made" not in plant.look("22:06")
    assert plant.look("00:06", "2024-06-25") == {}


def test_rows_that_go_and_values_that_change_are_told(plant: Plant) -> None:
    plant.look("14:06")
    plant.write("data/a.csv", HEAD + DAY_BEFORE + "2024-06-24 06:00,10,1\n2024-06-24 13:00,31,1\n")
    plant.settle()
    changed = plant.look("14:30")["made"]
    assert (changed.was, changed.value, changed.rows) == (40.0, 41.0, 0)
    assert "(rows changed)" in revised_words(changed, "", None)
    plant.write("data/a.csv", HEAD + DAY_BEFORE + "2024-06-24 06:00,10,1\n")
    plant.settle()
    fewer = plant.look("14:31")["made"]
    assert (fewer.value, fewer.rows) == (10.0, -1)
    assert revised_words(fewer, "", None) == "Early Mon 24 Jun: 10, revised from 40 (1 row fewer)"
    plant.write("data/a.csv", HEAD + DAY_BEFORE)
    plant.settle()
    assert (
        revised_words(plant.look("14:32")["made"], "", None)
        == "Early Mon 24 Jun: no value, revised from 40 (2 rows fewer)"
    )
    plant.write("data/a.csv", HEAD + DAY_BEFORE + "2024-06-24 06:00,10,1\n2024-06-24 13:00,30,1\n")
    plant.settle()
    assert plant.look("14:33") == {}  # as it was


def test_what_reads_alike_is_not_said() -> None:
    assert revised_words(Revision("Early", 0, 1, 84.21, 2, 84.24, 1), "%", 1) == ""
    assert (
        revised_words(Revision("Early", 0, 1, 84.21, 2, 84.26, 1), "%", 1)
        == "Early: 84.3 %, revised from 84.2 % (1 late row)"
    )


def test_a_source_has_the_time_it_has_to_deliver(plant: Plant) -> None:
    plant.look("14:06")
    plant.write("slow/b.csv", HEAD + "2024-06-24 08:00,50,0\n")
    plant.settle()
    assert plant.look("16:59") == {}
    assert plant.look("17:01") == {}  # noted now, with what came in the three hours
    plant.write("slow/c.csv", HEAD + "2024-06-24 08:00,50,0\n")
    plant.settle()
    found = plant.look("17:02")
    assert (found["slowly"].was, found["slowly"].value) == (150.0, 200.0)
    # one over two sources waits for the slower, and so does what is made of both
    assert found["per_slow"].value == 20.0
    assert found["together"].was == 190.0


def test_a_period_is_computed_again_only_when_it_was_touched(plant: Plant, asked: list[list[str]]) -> None:
    plant.look("17:06")
    assert sorted(name for names in asked for name in names) == [
        *("daily", "fading", "made", "per_slow", "share", "slowly", "stood", "together"),
    ]
    asked.clear()
    plant.look("17:07")
    plant.write("data/b.csv", HEAD + "2024-06-24 16:30,5,0\n")  # of the shift that runs
    plant.settle()
    plant.look("17:08")
    assert [name for names in asked for name in names] == ["together"]  # made by SQL: nobody knows of what
    asked.clear()
    plant.write("data/c.csv", HEAD + "2024-06-24 13:59,5,0\n")
    plant.settle()
    assert sorted(plant.look("17:09")) == ["made", "per_slow", "share", "together"]
    assert sorted(name for names in asked for name in names) == ["made", "per_slow", "share", "together"]


def test_rows_that_last_into_a_period_touch_it(plant: Plant) -> None:
    plant.look("14:06")
    plant.write("stops/a.csv", "ts,ended\n2024-06-24 05:00,2024-06-24 06:40\n")
    plant.settle()
    found = plant.look("14:07")["stood"]
    assert (found.was, found.value) == (600.0, 2400.0)


def test_a_period_without_a_value_is_noted_when_it_has_one(plant: Plant) -> None:
    assert plant.look("22:06") == {}
    plant.write("data/b.csv", HEAD + "2024-06-24 16:30,5,0\n")
    plant.settle()
    assert plant.look("22:30") == {}
    plant.write("data/c.csv", HEAD + "2024-06-24 17:30,5,0\n")
    plant.settle()
    assert (plant.look("22:31")["made"].was, plant.look("22:31")["made"].value) == (5.0, 10.0)


def test_rows_that_leave_by_their_age_are_no_news_of_the_past(plant: Plant) -> None:
    plant.look("14:06")
    plant.write("brief/a.csv", HEAD + "2024-06-24 05:59,1,0\n2024-06-24 07:00,50,0\n")
    plant.settle()
    start = dt.datetime(2024, 6, 24, 4, tzinfo=dt.UTC).timestamp()
    assert "fading" in plant.look("14:50", wall=start + 8999 * 86400)
    assert "fading" not in plant.look("14:50", wall=start + 9001 * 86400)


def test_an_edited_kpi_is_another_measure(plant: Plant) -> None:
    plant.look("14:06")
    text = (plant.root / "site.yaml").read_text()
    plant.write(
        "site.yaml", text.replace("made: {source: cycles, value: sum(qty)", "made: {source: cycles, value: count(*)")
    )
    assert plant.look("14:07") == {}
    plant.write("data/b.csv", HEAD + "2024-06-24 08:00,5,0\n")
    plant.settle()
    assert (plant.look("14:08")["made"].was, plant.look("14:08")["made"].value) == (2.0, 3.0)


def test_a_file_that_cannot_be_read_or_written_stops_nothing(plant: Plant, caplog: pytest.LogCaptureFixture) -> None:
    plant.write("periods.json", '{"made": {"was": 3}')
    with caplog.at_level(logging.WARNING):
        plant.revisions = Revisions(plant.root / "periods.json")
        assert "periods that are over are noted anew" in caplog.text
        (plant.root / "periods.new").mkdir()
        assert plant.look("14:06") == {}
        assert "cannot be written" in caplog.text
    plant.write("data/b.csv", HEAD + "2024-06-24 08:00,5,0\n")
    plant.settle()
    assert plant.look("14:07")["made"].value == 45.0


def test_the_engine_tells_it_in_its_snapshots(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "site.yaml").write_text(
        "clock: data\n"
        'calendar: {shifts: [{name: Early, start: "06:00", end: "14:00"}]}\n'
        "sources: {cycles: {files: data/*.csv, time: ts, settle: 100ms}}\n"
        "kpis: {made: {source: cycles, value: sum(qty), window: shift}}\n"
    )
    (tmp_path / "data/a.csv").write_text(HEAD + "2024-06-24 06:00,10,1\n2024-06-24 14:06,30,1\n")
    place = Place(tmp_path / "site.yaml", tmp_path / "state")
    place.make()
    file = SiteFile(place)
    loaded = file.load()
    assert loaded.site is not None
    store, journal = Store.open(place.tables), Journal.open(place.journal)
    snapshots: list[Snapshot] = []
    watch = AlertWatch(loaded.site, journal)
    core = Core(file, loaded, store, watch, snapshots.append, stays=True, revisions=Revisions(place.periods))
    feed = Feed(store, tmp_path, loaded.site.sources, "UTC", core.data_changed, None)
    try:
        core.attach(feed)
        feed.start()
        core.start()
        until(lambda: snapshots and snapshots[-1].kpis[0].value == 10 and place.periods.exists())
        assert snapshots[-1].kpis[0].revised is None
        (tmp_path / "data/b.csv").write_text(HEAD + "2024-06-24 09:00,5,0\n")
        feed.poke()
        until(lambda: snapshots[-1].kpis[0].revised is not None)
        found = snapshots[-1].kpis[0].revised
        assert found is not None
        assert (found.label, found.was, found.value, found.rows) == ("Early Mon 24 Jun", 10.0, 15.0, 1)
    finally:
        core.stop()
        feed.stop()
        store.close()
        journal.close()
