"""Derived sources in a running engine: views over tables that grow, change their types, come and go."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.engine.core import Core
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import (
    Answer,
    Ask,
    AskLine,
    AskPage,
    AskQuery,
    Lines,
    Snapshot,
    Table,
    TableOf,
    TablePage,
)
from opsconsole.engine.place import Place
from opsconsole.engine.queries import Queries
from opsconsole.engine.sitefile import SiteFile
from opsconsole.engine.watch import AlertWatch
from opsconsole.journal.journal import Journal
from opsconsole.tables import health
from opsconsole.tables.feed import Feed
from opsconsole.tables.store import Store
from tests.waiting import until

FILES = """\
site: Plant
timezone: Europe/Berlin
clock: data
sources:
  events: {files: data/events*.csv, time: ts, settle: 100ms, scan: {hot: 100ms, full: 1s}}
  machines: {files: data/machines*.csv, settle: 100ms, fresh_within: 1h}
"""
DERIVED = """\
  states:
    title: Stays
    sql: |
      SELECT machine, state, _time AS begun,
             lead(_time) OVER (PARTITION BY machine ORDER BY _time) AS ended
      FROM events
    time: begun
    until: ended
    dimensions: [machine]
  placed: {sql: "SELECT e.*, m.* FROM events e LEFT JOIN machines m ON m.id = e.machine", time: ts, dimensions: [hall]}
  halls: {sql: "SELECT hall, count(*) AS n FROM placed GROUP BY ALL"}
"""
KPIS = """\
kpis:
  down: {source: states, value: "100 * sum(_seconds) FILTER (state = 'down') / sum(_seconds)", window: all}
  changes: {source: placed, value: count(*), window: day, by: [hall]}
"""
EVENTS = (
    "ts,machine,state\n2026-06-24 08:00,1,up\n2026-06-24 09:00,1,down\n2026-06-24 10:00,1,up\n2026-06-24 12:00,2,up\n"
)
ANA = Peer(pid=1, uid=1, gid=1, user="ana")


class Running:
    """An engine without a socket; `seen` is its latest snapshot."""

    def __init__(self, root: Path, text: str) -> None:
        (root / "data").mkdir(exist_ok=True)
        self.root = root
        self.seen: Snapshot | None = None
        self.write(text)
        place = Place(root / "site.yaml", root / "state")
        place.make()
        file = SiteFile(place)
        loaded = file.load()
        assert loaded.site is not None
        self.store = Store.open(place.tables)
        self.journal = Journal.open(place.journal)
        watch = AlertWatch(loaded.site, self.journal)
        self.core = Core(file, loaded, self.store, watch, self._take, stays=True)
        site = loaded.site
        self.feed = Feed(self.store, root, site.sources, site.timezone, lambda: self.core.data_changed(), None)
        self.core.attach(self.feed)
        self.queries = Queries(self.store, self.core, watch, root, place.state)
        self.core.start()
        self.feed.start()

    def _take(self, snapshot: Snapshot) -> None:
        self.seen = snapshot

    def write(self, text: str) -> None:
        (self.root / "site.yaml").write_text(text)

    def kpi(self, name: str) -> float | None:
        return next((kpi.value for kpi in self.seen.kpis if kpi.name == name), None) if self.seen else None

    def ask(self, body: Ask) -> Answer:
        return asyncio.run(self.queries.handle(body, ANA))

    def found(self, sql: str) -> list[list[object]] | None:
        """What a query gives, by columns; None while it cannot be answered."""
        answer = self.ask(AskQuery(sql=sql))
        return answer.data if isinstance(answer, Table) else None

    def close(self) -> None:
        self.feed.stop()
        self.core.stop()
        self.queries.close()
        self.store.close()
        self.journal.close()


@contextlib.contextmanager
def running(root: Path, text: str) -> Iterator[Running]:
    made = Running(root, text)
    try:
        yield made
    finally:
        made.close()


SEVERAL = """\
kpis:
  n: {source: events, value: count(*), window: all, by: []}
  m: {source: machines, value: count(*), by: []}
  each: {value: n / m, better: lower, warning: 1, window: all}
"""


def test_rows_behind_a_kpi_over_several_sources_say_whose_they_are(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/events.csv").write_text(EVENTS)
    (tmp_path / "data/machines.csv").write_text("id,hall\n1,north\n2,south\n")
    with running(tmp_path, FILES + SEVERAL) as engine:
        until(lambda: engine.kpi("each") == 2 and bool(engine.seen and engine.seen.alerts))
        assert engine.seen is not None
        (alert,) = engine.seen.alerts
        for body in (AskPage(TableOf(kpi="each")), AskPage(TableOf(alert=alert.id))):
            page = engine.ask(body)
            assert isinstance(page, TablePage)
            note = "rows of events only; those of the other sources are behind m"
            assert (page.source, page.total, page.note) == ("events", 4, note)


def test_a_derived_source_is_a_source_like_all_others(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/events.csv").write_text(EVENTS)
    with running(tmp_path, FILES + DERIVED + KPIS) as engine:
        until(lambda: engine.kpi("down") is not None)
        assert engine.kpi("down") == pytest.approx(100 * 1 / 4)  # 2 hours and what goes on until 12:00, 1 of it down
        assert engine.seen is not None
        by = {source.name: source for source in engine.seen.sources}
        assert (by["placed"].status, by["placed"].note) == ("nodata", "waits for the first file of machines")
        assert (by["states"].made_of, by["states"].files) == (["events"], 0)
        (tmp_path / "data/machines.csv").write_text("id,hall\n1,north\n2,south\n")
        until(lambda: engine.kpi("changes") == 4)
        by = {source.name: source for source in engine.seen.sources}
        assert by["halls"].made_of == ["placed"]
        assert by["halls"].last_arrival == min(by["events"].last_arrival or 0, by["machines"].last_arrival or 0)

        page = engine.ask(AskPage(TableOf(kpi="changes", where={"hall": "south"})))
        assert isinstance(page, TablePage)
        assert (page.files, page.lines, page.note) == (["data/events.csv"], [5], "")
        behind = engine.ask(AskLine(source="placed", file="data/events.csv", line=5))
        assert isinstance(behind, Lines)
        assert behind.text[behind.at - behind.first] == "2026-06-24 12:00,2,up"
        page = engine.ask(AskPage(TableOf(source="halls")))
        assert isinstance(page, TablePage)
        assert (sorted(zip(*page.data, strict=True)), page.files, page.lines) == (
            [("north", 3), ("south", 1)], ["", ""], [0, 0],
        )  # fmt: skip
        assert page.note == "computed from placed: a row stands in no single line of a file"
        assert (engine.found("SELECT count(*) AS n, list_sort(list(state)) FROM states") or [[]])[0] == [4]


def test_views_bear_tables_that_change_and_names_that_change_hands(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/events.csv").write_text(EVENTS)
    (tmp_path / "data/machines.csv").write_text("id,hall\n1,north\n2,south\n")
    with running(tmp_path, FILES + DERIVED + KPIS) as engine:
        until(lambda: engine.kpi("changes") == 4)
        # a machine that is no number: both tables are made anew with text, under the views
        (tmp_path / "data/events2.csv").write_text("ts,machine,state,shift\n2026-06-24 11:00,X9,down,late\n")
        (tmp_path / "data/machines2.csv").write_text("id,hall\nX9,west\n")
        until(lambda: engine.kpi("changes") == 5)
        until(lambda: engine.found("SELECT machine FROM placed WHERE hall = 'west' AND shift = 'late'") == [["X9"]])

        # a derived source becomes one of files, one of files a derived one, and one goes
        (tmp_path / "data/states.csv").write_text("ts,machine\n2026-06-24 11:30,7\n")
        engine.write(
            FILES.replace("machines:", "machine_list:")
            + '  machines: {sql: "SELECT id, upper(hall) AS hall FROM machine_list"}\n'
            + "  states: {files: data/states.csv, time: ts, settle: 100ms}\n"
            + "kpis: {seven: {source: states, value: max(machine), window: all}}\n"
        )
        until(lambda: engine.kpi("seven") == 7)
        until(lambda: engine.found("SELECT hall FROM machines ORDER BY 1") == [["NORTH", "SOUTH", "WEST"]])


def test_what_would_take_for_ever_ends_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LONGEST", 0.3)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/events.csv").write_text(EVENTS)
    text = (
        FILES
        + '  all: {sql: "SELECT e.state, a.range * b.range AS x FROM events e, range(900000) a, range(900000) b"}\n'
    )
    text += "kpis:\n  endless: {source: all, value: sum(x)}\n  n: {source: events, value: count(*), window: all}\n"
    with running(tmp_path, text) as engine:
        until(lambda: engine.kpi("n") == 4)
        assert engine.seen is not None
        endless = next(kpi for kpi in engine.seen.kpis if kpi.name == "endless")
        assert (endless.value, endless.status) == (None, "nodata")
        assert "time" in endless.reason.lower()


def test_what_was_left_of_an_earlier_site_is_cleared_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/events.csv").write_text(EVENTS)
    with running(tmp_path, FILES + DERIVED + KPIS) as engine:
        until(lambda: engine.kpi("down") is not None)
    (tmp_path / "data/states.csv").write_text("ts,machine\n2026-06-24 11:30,7\n")
    text = (
        FILES + "  states: {files: data/states.csv, time: ts}\nkpis: {seven: {source: states, value: max(machine)}}\n"
    )
    with running(tmp_path, text) as engine:
        until(lambda: engine.kpi("seven") == 7)
