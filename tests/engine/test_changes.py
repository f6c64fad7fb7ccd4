"""Changes that people mark: who, what, when, of which KPI; taken back, kept through restarts; whether they helped."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from msgspec.structs import replace

from opsconsole.engine.core import Core
from opsconsole.engine.helped import report
from opsconsole.engine.identity import Peer
from opsconsole.engine.insight.marked import changes_of
from opsconsole.engine.jobs import Desk, Job, ReportError
from opsconsole.engine.messages import ChangeMark, Command, Done
from opsconsole.engine.watch import AlertWatch
from opsconsole.journal.journal import Journal
from opsconsole.kpis.binding import Binding
from opsconsole.site.model import Kpi
from opsconsole.tables.store import Store
from tests.engine.plant import ANA, BOB, NOW, SITE, Plant
from tests.kpis.plant import NOON, bound, database

KPIS = replace(SITE, kpis={"scrap": Kpi("scrap", "cycles", "count(*)", by=("line",)), "oee": Kpi("oee", "cycles")})


@pytest.fixture(name="marking")
def _marking(tmp_path: Path) -> Plant:
    return Plant(tmp_path, KPIS)


def mark(plant: Plant, text: str = "new tip", *, by: Peer = ANA, **given: object) -> Done:
    given = {"kpis": ["scrap"], "text": text, **given}
    return plant.do("change", change=ChangeMark(**given), by=by)  # type: ignore[arg-type]


def test_a_change_is_in_the_journal_with_who_what_and_when(marking: Plant) -> None:
    done = mark(marking, "  new   tip ", where={"line": "3"})
    assert (done.applied, done.said) == (["c1"], "change c1 marked · scrap (line 3): new tip")
    mark(marking, at=NOW - 3_600.0, by=BOB)
    first, second = marking.watch.marked()
    assert (second.id, second.by, second.at, second.text) == ("c1", "ana", NOW + 1, "new tip")
    assert (first.id, first.by, first.at) == ("c2", "bob", NOW - 3_600.0)
    assert marking.recorded("change") == [("ana", "changed", "c1"), ("bob", "changed", "c2")]
    assert marking.journal.verify() is None


def test_it_is_kept_through_a_restart(marking: Plant) -> None:
    mark(marking)
    mark(marking)
    marking.do("drop-change", change=ChangeMark(id="c1"))
    before = marking.watch.marked()
    marking.restart()
    assert marking.watch.marked() == before
    assert [each.id for each in before] == ["c2"]
    assert mark(marking).applied == ["c3"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": " "}, "say what was changed"),
        ({"text": "x" * 201}, "what was changed is said in 200 characters at most"),
        ({"kpis": []}, "say which KPI it should move"),
        ({"kpis": ["scrp"]}, "there is no KPI scrp"),
        ({"where": {"station": "2"}}, "scrap has no dimension station: it has line"),
        ({"kpis": ["oee"], "where": {"line": "2"}}, "oee has no dimension line: it has none"),
        ({"at": NOW + 90_000}, "a change is marked once it has been made: it is 2023-11-14 22:13 at the site"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(marking: Plant, given: dict[str, object], said: str) -> None:
    done = mark(marking, **given)  # type: ignore[arg-type]
    assert (done.applied, done.said) == ([], said)
    assert marking.watch.marked() == []
    assert marking.recorded("change") == []


def test_undo_takes_back_the_last_that_one_did_oneself(marking: Plant) -> None:
    marking.see("late", "A")
    marking.do("ack", "late{line=A}")
    mark(marking)
    mark(marking, by=BOB)
    done = marking.do("undo")
    assert (done.applied, done.said) == (["c1"], "change c1 taken back · scrap: new tip")
    assert [each.id for each in marking.watch.marked()] == ["c2"]
    assert marking.do("undo").applied == ["late{line=A}"]
    assert marking.do("undo", by=BOB).applied == ["c2"]
    assert marking.recorded("change")[2:] == [("ana", "taken back", "c1"), ("bob", "taken back", "c2")]


def test_taking_back_what_is_not_there(marking: Plant) -> None:
    mark(marking)
    marking.do("drop-change", change=ChangeMark(id="c1"))
    assert marking.do("drop-change", change=ChangeMark(id="c1")).said == "it was taken back already"
    assert marking.do("drop-change", change=ChangeMark(id="c9")).said == "there is no change c9; :helped lists them"


def test_others_ask_for_the_changes_of_a_kpi(marking: Plant) -> None:
    mark(marking, "for all", kpis=["scrap", "oee"], at=NOW - 20)
    mark(marking, "line 1", where={"line": "1"}, at=NOW - 10)
    texts = [each.text for each in changes_of(marking.watch, "scrap")]
    assert texts == ["for all", "line 1"]
    assert [each.text for each in changes_of(marking.watch, "scrap", {"line": "1"})] == ["for all", "line 1"]
    assert [each.text for each in changes_of(marking.watch, "scrap", {"line": "2"})] == ["for all"]
    assert [each.text for each in changes_of(marking.watch, "scrap", until=NOW - 15)] == ["for all"]
    assert [(each.at, each.who) for each in changes_of(marking.watch, "oee")] == [(NOW - 20, "ana")]


# --- did it help ---


class _Core:
    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        self.site = binding.site

    def now(self) -> dt.datetime:
        return NOON


class _Store:
    def __init__(self) -> None:
        self.db = database()

    def cursor(self) -> object:
        return self.db.cursor()


FILE = """\
kpis:
  scrap: {source: cycles, value: 100.0 * sum(scrap) / sum(qty), unit: "%", better: lower, window: 1h, by: [line]}
"""
CHANGED = NOON - dt.timedelta(hours=48)


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Desk:
    """Line 1 made 6 % of scrap and makes 2 % since the change; line 2 makes 6 % all along; 144 hours."""
    store, rng = _Store(), np.random.default_rng(7)
    rows = []
    for hour in range(144):
        time = NOON - dt.timedelta(hours=144 - hour, minutes=-10)
        for line in ("1", "2"):
            share = 0.02 if line == "1" and time >= CHANGED else 0.06
            rows.append((time.replace(tzinfo=None), line, 1_000, int(rng.binomial(1_000, share))))
    store.db.executemany("INSERT INTO cycles (_time, line, qty, scrap) VALUES (?, ?, ?, ?)", rows)
    journal = Journal.open(tmp_path / "journal.sqlite")
    binding = bound(tmp_path, FILE)
    watch = AlertWatch(binding.site, journal)
    watch.configure(binding.site, NOON)
    return Desk(cast(Core, _Core(binding)), cast(Store, store), watch, tmp_path, {})


def marked(desk: Desk, at: dt.datetime, **where: str) -> None:
    wanted = ChangeMark(kpis=["scrap"], where=where, at=at.timestamp(), text="new tip")
    assert desk.watch.command(Command("change", change=wanted), ANA, NOON).applied


def told(desk: Desk, **options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = report(desk, Job(1), dict(options))["changes"]
    return found


def test_a_change_that_helped_and_one_that_did_not(desk: Desk) -> None:
    marked(desk, CHANGED, line="1")
    marked(desk, CHANGED, line="2")
    other, one = told(desk)
    assert one["verdict"] == "helped"
    assert one["mean"]["low"] < -4.0 < one["mean"]["high"] < 0
    assert one["said"].startswith("Helped: scrap fell ")
    assert "points (95 %: " in one["said"]
    assert "without a change: less than " in one["said"]
    assert (one["step"], one["after"], one["horizon"]) == (3_600.0, 48, 48)
    assert other["verdict"] == "cannot tell"
    assert other["said"].startswith("Cannot tell: scrap moved by ")


def test_the_points_of_one_with_what_would_have_been(desk: Desk) -> None:
    marked(desk, CHANGED, line="1")
    (found,) = told(desk, change="c1", kpi="scrap")
    points = found["points"]
    after = points["values"][points["at"] :]
    assert points["starts"][points["at"]] == CHANGED.timestamp()
    assert len(points["expected"]) == len(points["low"]) == len(points["high"]) == len(after) == 48
    assert all(low > value for low, value in zip(points["low"], after, strict=True))
    assert "points" not in told(desk)[0]


def test_the_stretch_in_which_it_was_made_is_on_neither_side(desk: Desk) -> None:
    marked(desk, CHANGED + dt.timedelta(minutes=30), line="1")
    (found,) = told(desk, change="c1", kpi="scrap")
    points = found["points"]
    assert points["values"][points["at"] - 1] is None
    assert points["starts"][points["at"]] == (CHANGED + dt.timedelta(hours=1)).timestamp()


def test_another_change_ends_the_stretch_that_is_looked_at(desk: Desk) -> None:
    marked(desk, CHANGED, line="1")
    marked(desk, CHANGED + dt.timedelta(hours=4), line="1")
    second, first = told(desk)
    assert (first["verdict"], first["reason"]) == ("not enough", "4 points after the change, 6 are needed")
    assert first["note"] == "up to the next change of it"
    # 4 points since the other change are too few, so that what lies before it is looked at as well, and said
    assert second["note"] == "an earlier change lies in the stretch before"


def test_too_early_to_tell_and_what_is_not_there(desk: Desk) -> None:
    marked(desk, NOON - dt.timedelta(hours=2), line="1")
    (found,) = told(desk)
    assert found["said"] == "Not enough: 2 points after the change, 6 are needed"
    with pytest.raises(ReportError, match="there is no change c7"):
        told(desk, change="c7")
    assert told(desk, kpi="oee") == []


def test_a_long_time_is_looked_at_in_longer_stretches(desk: Desk) -> None:
    """Of hours 140 would lie after the change: points are 4 hours."""
    marked(desk, NOON - dt.timedelta(hours=130), line="1")
    (found,) = told(desk, change="c1", kpi="scrap")
    assert found["step"] == 4 * 3_600.0
    assert not math.isnan(found["points"]["values"][-1] or 0.0)
