"""The rules of a running engine: every point in its order, every row and stretch once, over restarts and late files."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from opsconsole.alerts.alert import Transition
from opsconsole.engine.clock import SiteClock
from opsconsole.engine.past_moves import PastMoves, Tell
from opsconsole.engine.replay import Replay
from opsconsole.engine.ruling import Ruling, Tick
from opsconsole.engine.watch import AlertWatch
from opsconsole.journal.journal import Journal
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.due import Plan
from opsconsole.kpis.ruling.insights import Insights
from opsconsole.site.model import Clock
from opsconsole.tables import health, touched
from opsconsole.tables.store import Store
from tests.kpis.plant import SCHEMAS
from tests.pasts import COMBINED, DELAYS, EVERY, LENGTH, OCCURRENCES, ROWS, RULES, START, Row, site

FIRST = START.timestamp()
Told = list[tuple[float, str, str]]


class Live:
    """A site's tables, journal and rules, as an engine has them; rows come when they are put, time when it is told."""

    def __init__(self, folder: Path, binding: Binding, mode: str = "wall") -> None:
        self.folder, self.binding, self.mode = folder, binding, mode
        folder.mkdir()
        self.store = Store.open(folder / "tables.duckdb")
        self.told: Told = []
        self.number = 0
        with contextlib.closing(self.store.cursor()) as cursor:
            for name, columns in SCHEMAS.items():
                listed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
                cursor.execute(f"CREATE TABLE {name} ({listed})")
        self._open(FIRST)

    def _open(self, wall: float) -> None:
        self.journal = Journal.open(self.folder / "journal.sqlite")
        self.watch = AlertWatch(self.binding.site, self.journal)
        self.watch.configure(self.binding.site, dt.datetime.fromtimestamp(wall, dt.UTC))
        self.watch.listen(self._hear)
        self.ruling = Ruling(self.watch, self.folder / "ruled.json")
        self.started = wall

    def _hear(self, transitions: Sequence[Transition]) -> None:
        self.told += [(each.at, each.alert.id, each.what) for each in transitions]

    def restart(self, wall: float, *, killed: bool = False) -> None:
        if not killed:
            self.ruling.close()
        self.journal.close()
        self._open(wall)

    def close(self) -> None:
        self.journal.close()
        self.store.close()

    def put(self, rows: list[Row]) -> None:
        """Rows of one file, all at once, as the feed commits them."""
        if not rows:
            return
        with contextlib.closing(self.store.cursor()) as cursor:
            cursor.execute("BEGIN")
            stamps = []
            for row in rows:
                self.number += 1
                stamp = (START + dt.timedelta(seconds=row.at)).replace(tzinfo=None)
                stamps.append(str(stamp))
                cursor.execute(
                    "INSERT INTO cycles (ts, _time, _file, _line, line, qty, scrap, station) VALUES (?,?,1,?,?,?,?,?)",
                    [stamp, stamp, self.number, row.line, row.qty, row.scrap, row.station],
                )
            touched.note(cursor, {"cycles": [(min(stamps), max(stamps))]})
            cursor.execute("COMMIT")

    def rewrite(self) -> None:
        """The file is read anew: its rows get other places and say the same."""
        with contextlib.closing(self.store.cursor()) as cursor:
            cursor.execute("BEGIN")
            cursor.execute("UPDATE cycles SET _file = _file + 1, _line = _line + 1000")
            found = touched.of(cursor, "cycles", "true")
            touched.note(cursor, {"cycles": found})
            cursor.execute("COMMIT")

    def tick(self, wall: float, insights: Insights | None = None) -> None:
        """Evaluate until nothing is left, by what was found off the tick."""
        clock = SiteClock(Clock(mode=self.mode), "Europe/Berlin", FIRST)  # type: ignore[arg-type]
        clock.newest = wall if self.mode == "data" else None
        while True:
            with contextlib.closing(self.store.cursor()) as cursor:
                health.at(cursor, wall)
                cursor.execute("BEGIN TRANSACTION READ ONLY")
                if not self.ruling.run(cursor, self.binding, Tick(clock, wall, self.started, {}, {}, insights), None):
                    return

    def backtest(self, last: float, first: float = FIRST, tell: Tell = lambda _done, _doing: None) -> Told:
        """What a backtest of the same rows finds; `ways`: how."""
        names = list(self.binding.rules)
        with contextlib.closing(self.store.cursor()) as cursor:
            past = PastMoves(cursor, Plan(self.binding), names, tell, marks=self.watch)
            replay = Replay(self.binding, {name: past.grid(name) for name in names})
            found = [each for _, told in replay.run(past.of(first, last), last) for each in told]
        self.ways = past.ways
        return sorted((each.at, each.alert.id, each.what) for each in found)


@contextlib.contextmanager
def live(folder: Path, rules: dict[str, str], mode: str = "wall", head: str = "") -> Iterator[Live]:
    folder.mkdir(parents=True)
    running = Live(folder / "state", site(folder, rules, f"alert_from: all\n{head}"), mode)
    try:
        yield running
    finally:
        running.close()


STEPS = st.lists(st.tuples(st.integers(1, 8), st.sampled_from(["go", "go", "restart", "kill"])), min_size=2, max_size=6)


@settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # making a failing example smaller takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(ROWS, STEPS, st.data())
def test_backtest_and_live_give_the_same_over_restarts(
    tmp_path_factory: object, rows: list[Row], steps: list[tuple[int, str]], data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(list(RULES)), min_size=1, max_size=3, unique=True))
    rules = {name: RULES[name] % data.draw(DELAYS) for name in chosen} | OCCURRENCES
    rules |= {"rows": RULES["rows"] % "for: 4m", "mean": RULES["mean"] % "", "both": COMBINED["both"] % "clear: 6m"}
    folder = tmp_path_factory.mktemp("live") / "site"  # type: ignore[attr-defined]
    with live(folder, rules) as running:
        at, waiting = 0, sorted(rows, key=lambda row: row.at)
        for points, what in [(0, "go"), *steps, (LENGTH // EVERY, "go")]:
            at = min(at + points * EVERY, LENGTH)
            running.put([row for row in waiting if row.at <= at])
            waiting = [row for row in waiting if row.at > at]
            if what != "go":
                running.restart(FIRST + at, killed=what == "kill")
            running.tick(FIRST + at)
        assert sorted(running.told) == running.backtest(FIRST + LENGTH)


SINGLE = {"single": OCCURRENCES["single"]}
TUMBLING = {"tumbling": OCCURRENCES["tumbling"]}


def counts(running: Live) -> dict[str, int]:
    found = {alert.id: alert.facts.count for alert in running.watch.ranked()}
    return {name: count for name, count in found.items() if count}


def test_each_row_counts_once_though_it_is_seen_again_comes_late_or_is_read_anew(tmp_path: Path) -> None:
    with live(tmp_path / "site", SINGLE) as running:
        running.put([Row(60, "A", 1, 5, 1), Row(60, "A", 1, 5, 1), Row(200, "B", 1, 9, 1), Row(100, "A", 1, 0, 1)])
        running.tick(FIRST + 600)
        running.tick(FIRST + 900)
        assert counts(running) == {"single{line=A}": 2, "single{line=B}": 1}, "two equal rows are two"
        running.rewrite()
        running.tick(FIRST + 1200)
        assert counts(running) == {"single{line=A}": 2, "single{line=B}": 1}
        running.put([Row(30, "A", 2, 7, 1)])
        running.tick(FIRST + 1500)
        assert counts(running)["single{line=A}"] == 3, "a late row counts"
        for killed in (False, True):
            running.restart(FIRST + 1600, killed=killed)
            running.put([Row(1550 + killed, "B", 3, 4, 1)])
            running.rewrite()
            running.tick(FIRST + 1800 + 300 * killed)
        assert counts(running) == {"single{line=A}": 3, "single{line=B}": 3}


def test_a_stretch_that_is_over_is_looked_at_again_when_rows_for_it_come_late(tmp_path: Path) -> None:
    with live(tmp_path / "site", TUMBLING) as running:
        running.tick(FIRST)
        running.put([Row(60, "A", 1, 5, 1)])
        running.tick(FIRST + 600)
        assert counts(running) == {}, "one row is too few"
        running.put([Row(120, "A", 1, 5, 1)])
        running.tick(FIRST + 900)
        assert counts(running) == {"tumbling{line=A}": 1}
        running.put([Row(130, "A", 1, 5, 1)])
        running.restart(FIRST + 1000)
        running.tick(FIRST + 1200)
        assert counts(running) == {"tumbling{line=A}": 1}, "one stretch is one occurrence"
        assert "Sat 28 Mar 22:50-23:00" in running.watch.ranked()[0].text


def test_nothing_is_skipped_where_the_clock_of_the_data_goes_on_by_hours_at_once(tmp_path: Path) -> None:
    rules = {"rows": RULES["rows"] % "", **TUMBLING, **SINGLE}
    with live(tmp_path / "site", rules, mode="data") as running:
        running.tick(FIRST)
        running.put([Row(700, "A", 1, 5, 1), Row(710, "A", 1, 5, 1), Row(4000, "A", 1, 5, 1), Row(9000, "B", 1, 0, 1)])
        running.tick(FIRST + 9000)
        assert [what for _, name, what in running.told if name == "rows{line=A}"] == ["raised", "cleared"] * 2
        assert sorted(running.told) == running.backtest(FIRST + 9000)


def test_a_clock_that_jumps_back_counts_nothing_twice(tmp_path: Path) -> None:
    with live(tmp_path / "site", {**SINGLE, **TUMBLING}) as running:
        running.tick(FIRST)
        running.put([Row(60, "A", 1, 5, 1), Row(70, "A", 1, 5, 1)])
        running.tick(FIRST + 1200)
        before = counts(running)
        assert before == {"single{line=A}": 2, "tumbling{line=A}": 1}
        running.tick(FIRST + 300)
        running.tick(FIRST + 1500)
        assert counts(running) == before


def test_outside_its_hours_a_rule_is_not_evaluated_and_its_alerts_end(tmp_path: Path) -> None:
    rules = {"rows": "{source: cycles, rows: scrap > 3, within: 2h, during: [Late]}"}
    with live(tmp_path / "site", rules) as running:
        # 21:50 in Berlin: ten minutes before the shift ends
        late = dt.datetime(2026, 3, 27, 20, 50, tzinfo=dt.UTC).timestamp()
        why: list[str] = []
        running.watch.listen(lambda transitions: why.extend(each.why for each in transitions))
        running.put([Row(round(late - FIRST) - 60, "A", 1, 5, 1)])
        running.tick(late)
        running.tick(late + 1200)
        told = [(round(at - late), what) for at, _, what in running.told]
        assert told == [(0, "raised"), (600, "cleared")]
        assert why[-1] == "outside its hours"
