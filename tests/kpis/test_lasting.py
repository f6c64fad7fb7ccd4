"""Rows that last, against an independent computation in Python: overlaps of windows, buckets and open ends."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.drill import subject_of_kpi
from opsconsole.kpis.evaluate import evaluate
from opsconsole.kpis.rules import Arrivals, evaluate_rules
from opsconsole.site.parse import load_site
from tests.kpis.plant import rows

UTC = dt.UTC
OWN = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
COLUMNS = {"machine": "VARCHAR", "state": "VARCHAR", "ended": "TIMESTAMP", "begun": "TIMESTAMP", **OWN}
SITE = """\
site: Plant
timezone: Europe/Berlin
calendar:
  shifts: [{name: Early, start: "06:00", end: "14:00"}, {name: Late, start: "14:00", end: "22:00"}]
sources:
  states: {files: s/*.csv, time: begun, until: ended, dimensions: [machine], timezone: UTC}
kpis:
"""
SHARE = "100 * sum(_seconds) FILTER (state = 'down') / sum(_seconds)"
NOON = dt.datetime(2026, 6, 24, 12, 7, 31, tzinfo=UTC)


class Stay(NamedTuple):
    machine: str
    state: str
    begun: dt.datetime | None
    ended: dt.datetime | None


def bound(folder: Path, kpis: str, rules: str = "") -> Binding:
    (folder / "site.yaml").write_text(SITE + kpis + rules)
    loaded = load_site(folder)
    assert loaded.site is not None, [str(problem) for problem in loaded.problems]
    binding, problems = bind(loaded, {"states": COLUMNS})
    assert not problems, [str(problem) for problem in problems]
    return binding


def filled(stays: list[Stay]) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(":memory:")
    for setting in ("TimeZone = 'UTC'", "error_on_division_by_zero = false", "threads = 1"):
        db.execute(f"SET {setting}")
    db.execute(f"CREATE TABLE states ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})")
    for number, stay in enumerate(stays, 1):
        begun, ended = (each.replace(tzinfo=None) if each is not None else None for each in stay[2:])
        db.execute(
            "INSERT INTO states VALUES (?, ?, ?, ?, 1, ?, ?)", [stay.machine, stay.state, ended, begun, number, begun]
        )
    return db


def among(stays: list[Stay], start: dt.datetime, end: dt.datetime, *, closed: bool = False) -> list[tuple[Stay, float]]:
    """The rows that reach into a stretch, with their seconds, worked out one by one."""
    found = []
    for stay in stays:
        if stay.begun is None or stay.begun > end or (stay.begun == end and not closed):
            continue
        if stay.begun >= start or stay.ended is None or stay.ended > start:
            until = min(stay.ended or end, end)
            found.append((stay, max(0.0, (until - max(stay.begun, start)).total_seconds())))
    return found


def share(found: list[tuple[Stay, float]]) -> float | None:
    total = sum(seconds for _, seconds in found)
    down = [seconds for stay, seconds in found if stay.state == "down"]
    return 100 * sum(down) / total if total and down else None


def random_stays(seed: int, count: int = 120) -> list[Stay]:
    chance = random.Random(seed)
    stays = []
    for _ in range(count):
        begun = NOON - dt.timedelta(minutes=chance.randint(-90, 4000))
        lasts = chance.choice([None, 0, 1, 30, 90, 600, 3000])
        ended = begun + dt.timedelta(minutes=lasts) if lasts is not None else None
        stays.append(Stay(chance.choice("ABC"), chance.choice(["up", "down"]), begun, ended))
    return [*stays, Stay("A", "up", None, NOON)]


@pytest.mark.parametrize("window", ["8h", "shift", "day", "3d"])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_is_that_of_the_parts_within_its_stretch(tmp_path: Path, window: str, seed: int) -> None:
    layout = tmp_path / "layouts"
    layout.mkdir()
    (layout / "overview.yaml").write_text("rows:\n- [{grid: down, by: machine}]\n")
    kpis = f'  down: {{source: states, value: "{SHARE}", window: {window}}}\n'
    kpis += f"  n: {{source: states, value: count(*), window: {window}}}\n"
    kpis += f"  up_h: {{source: states, value: sum(_seconds) / 3600, where: state = 'up', window: {window}}}\n"
    kpis += f"  long: {{source: states, value: count(*), where: _seconds > 3600, window: {window}}}\n"
    binding = bound(tmp_path, kpis)
    stays = random_stays(seed)
    found = evaluate(filled(stays), binding, NOON)
    down, counted, hours, long = (found.kpis[name] for name in ("down", "n", "up_h", "long"))
    assert down.start is not None
    assert down.trend_start is not None
    start, end = (dt.datetime.fromtimestamp(at, UTC) for at in (down.start, NOON.timestamp()))
    inside = among(stays, start, end, closed=True)
    assert len(inside) > 5
    assert down.value == pytest.approx(share(inside))
    assert counted.value == len(inside)
    assert hours.value == pytest.approx(sum(seconds for stay, seconds in inside if stay.state == "up") / 3600)
    assert long.value == sum(seconds > 3600 for _, seconds in inside)
    split = down.splits["machine"]
    for member, value in zip(split.members, split.values, strict=True):
        assert value == pytest.approx(share([each for each in inside if each[0].machine == member]))
    for at, value in enumerate(down.trend):
        first = dt.datetime.fromtimestamp(down.trend_start + at * down.trend_step, UTC)
        last = min(first + dt.timedelta(seconds=down.trend_step), end)
        assert value == pytest.approx(share(among(stays, max(first, start), last, closed=last == end))), at
    heat = found.grids[0]
    for member, line in zip(heat.members, heat.values, strict=True):
        for begun, value in zip(heat.starts, line, strict=True):
            first = dt.datetime.fromtimestamp(begun, UTC)
            last = min(first + dt.timedelta(seconds=heat.step), end)
            part = among(stays, max(first, start), last, closed=last == end)
            assert value == pytest.approx(share([each for each in part if each[0].machine == member]))


def test_the_stretch_before_is_clipped_likewise(tmp_path: Path) -> None:
    binding = bound(tmp_path, "  up: {source: states, value: sum(_seconds), window: 2h}\n")
    hour = dt.timedelta(hours=1)
    stays = [Stay("A", "up", NOON - 30 * hour, NOON - 29 * hour), Stay("A", "up", NOON - 3 * hour, None)]
    found = evaluate(filled(stays), binding, NOON).kpis["up"]
    assert (found.value, found.previous) == (7200, 3600)


def test_what_goes_on_lasts_until_now_where_all_rows_are_meant(tmp_path: Path) -> None:
    binding = bound(tmp_path, "  up: {source: states, value: sum(_seconds), window: all}\n")
    hour = dt.timedelta(hours=1)
    stays = [Stay("A", "up", NOON - 5 * hour, NOON - 4 * hour), Stay("A", "up", NOON - 2 * hour, None)]
    db = filled(stays)
    assert evaluate(db, binding, NOON).kpis["up"].value == 3 * 3600
    past = NOON - 1.5 * hour
    assert evaluate(db, binding, past, past).kpis["up"].value == 1.5 * 3600


def test_a_running_total_counts_what_lasts_up_to_each_bucket(tmp_path: Path) -> None:
    kpis = "  up: {source: states, value: sum(_seconds), window: 8h, cumulative: true}\n"
    binding = bound(tmp_path, kpis + "  n: {source: states, value: count(*), window: 8h, cumulative: true}\n")
    stays = random_stays(3, 40)
    found = evaluate(filled(stays), binding, NOON)
    total, counted = found.kpis["up"], found.kpis["n"]
    assert total.trend_start is not None
    first = dt.datetime.fromtimestamp(total.trend_start, UTC)
    for at, (seconds, count) in enumerate(zip(total.trend, counted.trend, strict=True)):
        last = min(first + dt.timedelta(seconds=(at + 1) * total.trend_step), NOON)
        part = among(stays, first, last, closed=last == NOON)
        assert seconds == pytest.approx(sum(each for _, each in part))
        assert count == len([1 for stay, _ in part if stay.begun != last or last == NOON])


def test_a_day_of_25_hours_has_25_hours(tmp_path: Path) -> None:
    binding = bound(tmp_path, "  up: {source: states, value: sum(_seconds) / 3600, window: day}\n")
    night = dt.datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)  # the clocks go back; the day ends at 23:00 UTC
    db = filled([Stay("A", "up", night - dt.timedelta(days=3), None)])
    assert evaluate(db, binding, night).kpis["up"].value == pytest.approx(25, abs=0.001)
    night = dt.datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)
    db = filled([Stay("A", "up", night - dt.timedelta(days=3), None)])
    assert evaluate(db, binding, night).kpis["up"].value == pytest.approx(23, abs=0.001)


def test_the_rows_behind_a_number_are_those_that_reach_into_its_window(tmp_path: Path) -> None:
    kpis = "  long: {source: states, value: count(*), where: _seconds >= 3600, window: 2h}\n"
    binding = bound(tmp_path, kpis)
    hour = dt.timedelta(hours=1)
    stays = [
        Stay("A", "up", NOON - 30 * hour, None),
        Stay("B", "up", NOON - 3 * hour, NOON - 1.5 * hour),
        Stay("C", "up", NOON - 9 * hour, NOON - 1 * hour),
        Stay("D", "up", NOON - 9 * hour, NOON - 2 * hour),
    ]
    db = filled(stays)
    page = rows(db, binding, subject_of_kpi(binding, "long", NOON), {})
    assert (page.total, page.data[0]) == (2, ["C", "A"])
    assert evaluate(db, binding, NOON).kpis["long"].value == 2


def test_a_rule_sees_what_lasts_within_its_time(tmp_path: Path) -> None:
    rules = "rules:\n  stuck: {source: states, rows: state = 'down' AND _seconds > 1200, within: 1h, by: [machine]}\n"
    binding = bound(tmp_path, "  n: {source: states, value: count(*)}\n", rules)
    minute = dt.timedelta(minutes=1)
    stays = [
        Stay("A", "down", NOON - 600 * minute, NOON - 50 * minute),  # ten minutes of it
        Stay("B", "down", NOON - 600 * minute, NOON - 30 * minute),
        Stay("C", "down", NOON - 21 * minute, None),
        Stay("D", "down", NOON - 19 * minute, None),
    ]
    found = evaluate_rules(filled(stays), binding, NOON, Arrivals({}, 0.0, 0.0))
    assert {each.labels.get("machine") for each in found.observations if each.priority} == {"B", "C"}


def test_what_ends_rows_is_checked_with_its_place(tmp_path: Path) -> None:
    def problems(**columns: Any) -> list[str]:
        loaded = load_site(tmp_path)
        return [str(problem) for problem in bind(loaded, {"states": {**COLUMNS, **columns}})[1]]

    (tmp_path / "site.yaml").write_text(SITE + "  n: {source: states, value: sum(_seconds)}\n")
    assert problems() == []
    assert problems(ended="VARCHAR")[0].startswith("site.yaml:6:48 `until`: `ended` is VARCHAR, expected a time")
    assert "has a column `_seconds` of its own" in problems(_seconds="DOUBLE")[0]
    (tmp_path / "site.yaml").write_text(
        SITE.replace("until: ended", "until: end") + "  n: {source: states, value: sum(_seconds)}\n"
    )
    assert [each.partition(" ")[2] for each in problems()] == ["`states` has no column `end`, did you mean `ended`?"]
