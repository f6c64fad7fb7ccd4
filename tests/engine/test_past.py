"""How things were: snapshots of past moments, and alerts as they stood by the journal."""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from opsconsole.engine.core import Core
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import (
    Answer,
    Ask,
    AskBreakdown,
    AskKpi,
    AskPage,
    AskSnapshot,
    Breakdown,
    Command,
    Failure,
    KpiAmong,
    Snapshot,
    TableOf,
    TablePage,
    Target,
)
from opsconsole.engine.place import Place
from opsconsole.engine.queries import Queries
from opsconsole.engine.sitefile import SiteFile
from opsconsole.engine.watch import AlertWatch
from opsconsole.journal.journal import Journal, JournalError
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.model import Kpi, Priority, Rule, Site, Source
from opsconsole.tables.feed import Feed
from opsconsole.tables.store import Store

SITE = """\
site: Plant
timezone: Europe/Berlin
calendar:
  shifts: [{name: Early, start: "06:00", end: "14:00"}, {name: Late, start: "14:00", end: "22:00"}]
sources:
  cycles: {files: data/cycles.csv, time: ts, dimensions: [line], fresh_within: 2h}
  parts: {files: data/parts.csv}
  orders: {files: data/orders.csv, time: ts}
kpis:
  made: {source: cycles, value: sum(qty), window: day, by: [line]}
  ever: {source: cycles, value: count(*), window: all}
  kinds: {source: parts, value: count(*)}
rules:
  late: {kpi: made, when: "< 5", by: [line]}
"""
CYCLES = "ts,line,qty\n2024-06-24 06:00,A,1\n2024-06-24 08:00,A,2\n2024-06-24 09:00,B,4\n2024-06-24 13:00,A,8\n"
ANA = Peer(pid=1, uid=1, gid=1, user="ana")


def at(text: str) -> float:
    """A moment of 24 June 2024 by the clocks of Berlin, in seconds since the epoch."""
    return dt.datetime.fromisoformat(f"2024-06-24T{text}+02:00").timestamp()


class Past:
    """An engine without a loop: what it knows of its site, and what it answers."""

    def __init__(self, root: Path) -> None:
        (root / "data").mkdir()
        (root / "site.yaml").write_text(SITE)
        (root / "data/cycles.csv").write_text(CYCLES)
        (root / "data/parts.csv").write_text("part\nbolt\nnut\n")
        (root / "data/orders.csv").write_text("ts,id\n2024-06-24 10:00,1\n")
        place = Place(root / "site.yaml", root / "state")
        place.make()
        file = SiteFile(place)
        loaded = file.load()
        assert loaded.site is not None
        self.store = Store.open(place.tables)
        self.journal = Journal.open(place.journal)
        sources = {name: replace(each, settle=0.1) for name, each in loaded.site.sources.items()}
        self.feed = Feed(self.store, root, sources, "Europe/Berlin", lambda: None, None)
        self.feed.start()
        assert self.feed.wait_settled(20)
        self.watch = AlertWatch(loaded.site, self.journal)
        self.core = Core(file, loaded, self.store, self.watch, lambda _: None, stays=True)
        self.queries = Queries(self.store, self.core, self.watch, root, place.state)

    def ask(self, body: Ask) -> Answer:
        return asyncio.run(self.queries.handle(body, ANA))

    def then(self, text: str) -> Snapshot:
        found = self.ask(AskSnapshot(at(text)))
        assert isinstance(found, Snapshot), found
        return found

    def observe(self, when: float, *lines: str) -> None:
        """The rule was evaluated: these lines are late."""
        seen = [Observation("late", {"line": line}, "warning", 3.0, 5.0, f"{line} is late") for line in lines]
        self.watch.observe(Evaluation(when, seen, {"late": Verdict(absent="normal")}))


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    made = Past(tmp_path_factory.mktemp("plant"))
    yield made
    made.feed.stop()
    made.queries.close()
    made.store.close()
    made.journal.close()


def test_a_snapshot_of_then_counts_rows_up_to_then_and_says_so(plant: Past) -> None:
    found = plant.then("09:30")
    assert found.site.as_of == found.site.at == at("09:30")
    assert found.site.speed == 0
    assert {kpi.name: kpi.value for kpi in found.kpis} == {"made": 7, "ever": 3, "kinds": 2}
    assert [kpi.name for kpi in found.kpis if kpi.undated] == ["kinds"]
    assert found.site.shift is not None
    assert (found.site.shift.name, found.site.shift.start, found.site.shift.end) == ("Early", at("06:00"), at("14:00"))
    assert found.site.ended[0] == at("22:00") - 86400
    assert plant.then("05:59").site.shift is None


def test_sources_have_the_rows_of_then_and_nothing_is_said_of_when_they_came_in(plant: Past) -> None:
    cycles, parts, orders = plant.then("09:30").sources
    assert (cycles.status, cycles.rows, cycles.last_event, cycles.last_arrival) == ("asof", 3, at("09:00"), None)
    assert (parts.status, parts.rows, parts.note) == ("asof", 2, "its rows have no times: all of them, as now")
    assert (orders.status, orders.rows, orders.note) == ("nodata", 0, "no rows up to then")


def test_a_source_that_was_silent_then_keeps_its_values_from_passing_for_good(plant: Past) -> None:
    found = plant.then("12:00")
    assert (found.kpis[0].value, found.kpis[0].status) == (7, "stale")
    assert found.sources[0].note == "no row for 3 h then, due within 2 h"
    assert plant.then("13:00").kpis[0].status == "nolimit"


def test_what_is_asked_further_is_of_then_too(plant: Past) -> None:
    then = at("09:30")
    split = plant.ask(AskBreakdown("made", "line", at=then))
    assert isinstance(split, Breakdown)
    assert dict(zip(split.members, split.values, strict=True)) == {"A": 3, "B": 4}
    assert split.at == then
    among = plant.ask(AskKpi("made", {"line": "A"}, at=then))
    assert isinstance(among, KpiAmong)
    assert (among.kpi.value, among.kpi.end) == (3, then)
    for of, count in ((TableOf(kpi="ever"), 3), (TableOf(source="cycles"), 3), (TableOf(source="orders"), 0)):
        rows = plant.ask(AskPage(replace(of, at=then)))
        assert isinstance(rows, TablePage)
        assert rows.total == count


def test_rows_without_times_say_that_they_are_those_of_now(plant: Past) -> None:
    for ask, note in (
        (AskPage(TableOf(source="parts", at=at("09:30"))), "its rows have no times: all of them, as now"),
        (AskPage(TableOf(source="parts")), ""),
        (AskPage(TableOf(source="cycles", at=at("09:30"))), ""),
    ):
        rows = plant.ask(ask)
        assert isinstance(rows, TablePage)
        assert rows.note == note


def test_what_is_not_yet_is_refused(plant: Past) -> None:
    soon = dt.datetime.now(dt.UTC).timestamp() + 60
    for ask in (AskSnapshot(soon), AskPage(TableOf(source="cycles", at=soon)), AskKpi("made", at=soon)):
        found = plant.ask(ask)
        assert isinstance(found, Failure)
        assert found.message.startswith("that moment is not yet: it is ")


def test_alerts_are_shown_as_they_stood(plant: Past) -> None:
    def standing(text: str) -> list[tuple[str, str, str]]:
        return [(alert.id, alert.state, alert.who) for alert in plant.then(text).alerts]

    assert plant.then("09:00").notices[0].text == ("No alert is on record yet; what was then is not known.")
    plant.observe(at("09:00"), "A")
    plant.observe(at("09:10"), "A", "B")
    (alert,) = [each for each in plant.watch.open_alerts() if each.id == "late{line=A}"]
    ack = Command("ack", [Target(alert.id, alert.version)])
    assert plant.watch.command(ack, ANA, dt.datetime.fromtimestamp(at("09:20"), dt.UTC)).applied == [alert.id]
    plant.observe(at("09:30"), "B")
    plant.observe(at("09:40"))
    assert standing("08:59") == []
    assert standing("09:00") == [("late{line=A}", "UNACK", "")]
    assert standing("09:19") == [("late{line=B}", "UNACK", ""), ("late{line=A}", "UNACK", "")]
    assert standing("09:20") == [("late{line=B}", "UNACK", ""), ("late{line=A}", "ACK", "ana")]
    assert standing("09:30") == [("late{line=B}", "UNACK", "")]
    assert standing("09:45") == [("late{line=B}", "RTNUN", "")]
    assert [notice.text for notice in plant.then("08:59").notices] == [
        "No alert is on record before 2024-06-24 09:00; what was then is not known."
    ]
    assert plant.then("09:00").notices == []
    assert plant.then("09:15").alerts[0].kpi == "made"
    rows = plant.ask(AskPage(TableOf(alert="late{line=A}", at=at("09:25"))))
    assert isinstance(rows, TablePage)
    assert rows.total == 2
    assert plant.ask(AskPage(TableOf(alert="late{line=C}", at=at("09:25")))) == Failure("there was no such alert then")


# --- the journal played back ------------------------------------------------------------------------------------

RULES = Site(
    name="Plant",
    sources={"cycles": Source(name="cycles", files=("*.csv",))},
    kpis={"made": Kpi(name="made", source="cycles", value="count(*)")},
    rules={"late": Rule(name="late", kpi="made", when="> 5", by=("line",), hold=20.0, clear=10.0)},
)
KEPT = ("id", "state", "priority", "since", "version", "who", "acked_at", "count", "kpi")
level = st.sampled_from(["none", "low", "warning", "critical", "absent", "stale"])
step = st.one_of(
    st.tuples(st.just("see"), st.dictionaries(st.sampled_from("AB"), level, max_size=2)),
    st.tuples(st.sampled_from(["ack", "unack"]), st.sampled_from("AB")),
)


@contextmanager
def watching() -> Iterator[AlertWatch]:
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal.open(Path(folder) / "journal.sqlite")
        try:
            yield AlertWatch(RULES, journal)
        finally:
            journal.close()


def standing(watch: AlertWatch, when: float | None = None) -> list[tuple[object, ...]]:
    alerts = watch.open_alerts() if when is None else watch.book_at(RULES, when).open()
    return [tuple(getattr(alert, name) for name in KEPT) for alert in alerts]


PRIORITIES: dict[str, Priority | None] = {"none": None, "low": "low", "warning": "warning", "critical": "critical"}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(step, st.integers(1, 30)), max_size=25))
def test_the_journal_gives_every_moment_back_as_it_stood(steps: list[tuple[tuple[str, object], int]]) -> None:
    with watching() as watch:
        now = 1_700_000_000.0
        stood: list[tuple[float, list[tuple[object, ...]]]] = [(now, [])]
        for (what, of), seconds in steps:
            now += seconds
            if isinstance(of, dict):
                seen = [
                    Observation("late", {"line": line}, PRIORITIES[found], 7.0, 5.0, f"{line} {found}")
                    for line, found in of.items()
                    if found in PRIORITIES
                ]
                quality: Verdict = Verdict("stale") if "stale" in of.values() else Verdict(absent="normal")
                watch.observe(Evaluation(now, seen, {"late": quality}))
            else:
                version = max((alert.version for alert in watch.open_alerts()), default=0)
                command = Command(what, [Target(f"late{{line={of}}}", version)])
                watch.command(command, ANA, dt.datetime.fromtimestamp(now, dt.UTC))
            stood.append((now, standing(watch)))
        for (when, expected), (until, _) in zip(stood, [*stood[1:], (now + 60, [])], strict=True):
            assert standing(watch, when) == expected
            assert standing(watch, until - 0.5) == expected


def test_what_a_full_disk_keeps_out_of_the_journal_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise JournalError("the disk is full")

    with watching() as watch:
        seen = Observation("late", {"line": "A"}, "warning", 7.0, 5.0, "A is late")
        watch.observe(Evaluation(1000.0, [seen], {"late": Verdict()}))
        monkeypatch.setattr(Journal, "append", full)
        watch.observe(Evaluation(1030.0, [seen], {"late": Verdict()}))
        assert [(alert.id, alert.since) for alert in watch.book_at(RULES, 1040.0).open()] == [("late{line=A}", 1030.0)]
        assert watch.book_at(RULES, 1029.0).open() == []
