"""Rules found off the tick, backtested: as the engine would have found them, by what was known at each moment."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from opsconsole.engine.insight import past_looks, runner
from opsconsole.engine.insight.runner import Runner
from opsconsole.kpis.binding import Binding
from tests.engine.test_ruling import Live, Told
from tests.insight.flow.sim import office
from tests.kpis.plant import bound

FIRST = dt.datetime(2026, 6, 24, 6, 0, tzinfo=dt.UTC)
HOUR = 3600.0
DAYS = 9
SITE = """\
alert_from: all
every: 10m
kpis:
  cost: {source: cycles, value: avg(cost), window: 1h, unit: EUR, better: lower, critical: 70}
  rows: {source: cycles, value: count(*), window: 10m}
rules:
  soon: {kpi: cost, forecast: "crosses critical within 2h, probability > 0.5", by: line, clear: 20m}
  chart: {kpi: cost, control: default, by: line, priority: critical}
  odd: {kpi: cost, anomaly: 4 per week, by: line}
  fewer: {kpi: rows, anomaly: 4 per week, for: 10m}
  machines: {source: cycles, anomaly: 2 per week, columns: [qty, scrap, cost], by: line, during: [Early]}
  both: {combine: "chart and odd", by: [line]}
"""


def plant() -> pl.DataFrame:
    """Rows of two lines every five minutes of nine days and ten hours; costs of line B rise from the second of these
    hours to the sixth, and are as before from the seventh; for an hour no rows come."""
    chance = np.random.default_rng(8)
    times = np.arange(-DAYS * 24 * HOUR, 10 * HOUR, 300.0) + 60.0
    times = times[(times < 7.6 * HOUR) | (times > 8.4 * HOUR)]
    load = np.sin(2 * np.pi * times / 86_400)
    frames = []
    for line in ("A", "B"):
        late = np.where((times > HOUR) & (times < 7 * HOUR), np.clip((times - HOUR) / HOUR, 0, 5), 0.0)
        frames.append(
            pl.DataFrame(
                {
                    "at": times,
                    "line": line,
                    "qty": np.round(1000 + 100 * load + 10 * chance.normal(size=len(times))).astype(int),
                    "scrap": np.round(200 + 20 * load + 5 * chance.normal(size=len(times))).astype(int),
                    "cost": 50 + 3 * load + chance.normal(size=len(times)) + (5 * late if line == "B" else 0.0),
                }
            )
        )
    return pl.concat(frames).sort("at", "line")


class Engine(Live):
    """A running engine whose looks are made when its rules are evaluated."""

    def __init__(self, folder: Path, binding: Binding) -> None:
        super().__init__(folder, binding)
        self.begin(FIRST.timestamp())

    def begin(self, wall: float) -> None:
        self.looking = Runner(self.store, self.watch, lambda: None)
        self.started = wall

    def fill(self, rows: pl.DataFrame) -> None:
        stamp = pl.lit(FIRST.replace(tzinfo=None)) + pl.duration(microseconds=(pl.col("at") * 1e6).cast(pl.Int64))
        made = rows.with_columns(ts=stamp, _time=stamp).drop("at")
        with contextlib.closing(self.store.cursor()) as cursor:
            cursor.register("made", made.to_arrow())
            cursor.execute("INSERT INTO cycles BY NAME SELECT *, 1 AS _file, 1 AS _line FROM made")
            cursor.unregister("made")

    def go(self, wall: float, *, lags: bool = False) -> None:
        """A tick; with `lags` what is looked at while it runs is known at the next one."""
        now = dt.datetime.fromtimestamp(wall, dt.UTC)
        if lags:
            self.tick(wall, self.looking.found)
        self.looking._scene = runner._Scene(self.binding, now, 1.0)
        self.looking.work()
        if not lags:
            self.tick(wall, self.looking.found)


@pytest.fixture(autouse=True)
def _no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_GAP", 0.0)


@contextlib.contextmanager
def engine(folder: Path, text: str) -> Iterator[Engine]:
    folder.mkdir(exist_ok=True)
    running = Engine(folder / "state", bound(folder, text))
    try:
        yield running
    finally:
        running.close()


def played(running: Engine, rows: pl.DataFrame, start: float, end: float, step: float, *, lags: bool = False) -> None:
    """Time goes on from `start` to `end` (seconds after FIRST), and rows come when it is their time."""
    at, done = start, -np.inf
    while at <= end:
        running.fill(rows.filter((pl.col("at") > done) & (pl.col("at") <= at)))
        running.go(FIRST.timestamp() + at, lags=lags)
        at, done = at + step, at


def backtested(running: Engine, hours: float) -> Told:
    return running.backtest(FIRST.timestamp() + hours * HOUR, FIRST.timestamp())


def test_a_backtest_raises_and_clears_what_the_engine_did(tmp_path: Path) -> None:
    with engine(tmp_path, SITE) as running:
        played(running, plant(), 0.0, 9 * HOUR, 600.0)
        assert sorted(running.told) == backtested(running, 9)
        raised = [name for _, name, what in sorted(running.told) if what == "raised"]
        assert raised[:5] == ["machines{line=B}", "odd{line=B}", "both{line=B}", "chart{line=B}", "soon{line=B}"]
        assert {what for _, name, what in running.told if name == "fewer"} == {"raised", "stale", "good"}


def test_moments_differ_by_a_look_and_a_step_at_most(tmp_path: Path) -> None:
    """An engine looks while its clock goes on, and what it finds counts from the next point of its grid on."""
    with engine(tmp_path, SITE) as running:
        played(running, plant(), 7.0, 4 * HOUR, 600.0, lags=True)
        running.go(FIRST.timestamp() + 4 * HOUR, lags=True)
        expected = backtested(running, 4)
        told = sorted(running.told, key=lambda each: (each[1], each[0]))
        assert [each[1:] for each in told] == [
            each[1:] for each in sorted(expected, key=lambda each: (each[1], each[0]))
        ]
        apart = [
            late - at
            for (late, *_), (at, *_) in zip(told, sorted(expected, key=lambda each: (each[1], each[0])), strict=True)
        ]
        assert len(apart) >= 4
        assert all(0 <= each <= 60 + 600 for each in apart), "a look is due each minute, a step has ten"


def test_what_was_learnt_is_the_same_after_a_restart(tmp_path: Path) -> None:
    """Plans and what is usual are found at moments of the day, whenever the engine was started."""
    site = "\n".join(line for line in SITE.splitlines() if "machines" not in line)
    with engine(tmp_path, site) as running:
        rows = plant()
        played(running, rows, 0.0, 3 * HOUR - 600, 600.0)
        running.restart(FIRST.timestamp() + 3 * HOUR)
        running.begin(FIRST.timestamp() + 3 * HOUR)
        played(running, rows.filter(pl.col("at") > 3 * HOUR - 600), 3 * HOUR, 5 * HOUR, 600.0)
        assert sorted(running.told) == backtested(running, 5)


def test_what_came_later_changes_nothing_of_before(tmp_path: Path) -> None:
    with engine(tmp_path / "a", SITE) as known, engine(tmp_path / "b", SITE) as whole:
        known.fill(plant().filter(pl.col("at") <= 3 * HOUR))
        whole.fill(plant())
        assert backtested(known, 3) == backtested(whole, 3)
        assert backtested(whole, 3)


def test_looks_that_are_left_out_would_have_found_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with engine(tmp_path, SITE) as running:
        running.fill(plant().filter(pl.col("at") > 2 * HOUR - 9 * 86_400))
        found = running.backtest(FIRST.timestamp() + 9 * HOUR, FIRST.timestamp() + 6 * HOUR)
        looks: list[int] = []
        monkeypatch.setattr(past_looks._Depends, "on", lambda _self, _now: looks.append(1))
        assert running.backtest(FIRST.timestamp() + 9 * HOUR, FIRST.timestamp() + 6 * HOUR) == found
        assert len(looks) > 700
        assert {name for _, name, _ in found} >= {"soon{line=B}", "odd{line=B}", "fewer"}


# --- cases of a flow --------------------------------------------------------------------------------------------

CASES = """\
alert_from: all
every: 10m
flows:
  cases: {source: cycles, case: text, activity: line, time: ts, done: send, sla: 60h}
rules:
  late: {flow: cases, late: probability > 0.7, priority: low, for: 20m}
  many: {flow: cases, wip: cases > P50}
  stuck: {flow: cases, bottleneck: share > 80 %}
"""


def town_hall() -> pl.DataFrame:
    """The steps of 250 cases; 12 days after the first of them are the moment FIRST."""
    steps = office(250).steps.select(text="case", line="activity", ts="start")
    begun = steps["ts"].min() + dt.timedelta(days=12)  # type: ignore[operator]
    return steps.select("text", "line", at=(pl.col("ts") - begun).dt.total_microseconds() / 1e6).sort("at")


def test_cases_that_will_be_late_are_those_that_the_engine_told_of(tmp_path: Path) -> None:
    with engine(tmp_path, CASES) as running:
        played(running, town_hall(), 0.0, 16 * HOUR, 600.0)
        expected = sorted(running.told)
        assert expected == backtested(running, 16)
        assert {(name.partition("{")[0], what) for _, name, what in expected} == {
            (name, what) for name in ("late", "many", "stuck") for what in ("raised", "cleared")
        }


def test_over_a_long_past_moments_of_cases_are_searched_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with engine(tmp_path, CASES) as running:
        running.fill(town_hall())
        expected = backtested(running, 30)
        monkeypatch.setattr(past_looks, "SELDOM", 31)
        calls: list[float] = []
        first = FIRST.timestamp()
        found = running.backtest(first + 30 * HOUR, first, lambda done, _doing: calls.append(done))
        assert [each for each in found if each[1] != "many"] == [each for each in expected if each[1] != "many"]
        assert set(found) <= set(expected), "to the minute"
        missed = sorted(set(expected) - set(found))
        pairs = list(zip(missed[::2], missed[1::2], strict=True))
        assert 1 <= len(pairs) < len(expected) / 4
        assert all(end[0] - begin[0] < HOUR for begin, end in pairs), "over between two looks"
        assert running.ways["late"].how == "looked at each 1 h, moments of changes to 10 min"
        assert len(expected) > 10
        assert running.ways["late"].points < 180, "at the rhythm of the engine it would be as many"
        assert calls == sorted(calls)
