"""A KPI over a range that a person looks at, and over time: both equal to what a plain loop over the rows gives."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from opsconsole.kpis.behind import behind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.compare import compare
from opsconsole.kpis.drill import breakdown, measure_among, subject_of_kpi, subject_of_source, within_range
from opsconsole.kpis.moved import moved
from opsconsole.kpis.ranged import level, over_range
from opsconsole.kpis.series import series
from tests.kpis.plant import NOON, UTC, ago, bound, database, put, rows

SITE = """\
kpis:
  scrap:
    source: cycles
    value: 100.0 * sum(scrap) / sum(qty)
    better: lower
    warning: 15
    critical: 30
    window: 1h
    by: [line]
    targets: [{where: {line: "1"}, warning: 5, critical: 90}]
  output: {source: cycles, value: sum(qty), better: higher, target: 70, warning: 60, window: shift, by: [line]}
  made: {source: cycles, value: sum(qty), window: day, cumulative: true}
  typical: {source: cycles, value: median(qty), better: higher, warning: 3, window: 1h}
  share: {value: scrap * 2, better: lower, warning: 50, window: 1h}
  stops: {source: cycles, value: count(*), window: 1h}
  ordered: {source: orders, value: count(*)}
"""


class Row(NamedTuple):
    """One row of the plant's cycles."""

    at: dt.datetime
    line: str
    qty: int
    scrap: int


# every 20 minutes over four days, with a gap of an hour, and nothing round about the numbers
CYCLES = [
    Row(ago(minutes=20 * at), str(at % 3), 3 + at * 7 % 5, at * 11 % 4) for at in range(3 * 24 * 4) if not 60 <= at < 63
]


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Binding:
    folder: Path = tmp_path_factory.mktemp("ranged")
    return bound(folder, SITE)


@pytest.fixture(name="cursor", scope="module")
def _cursor() -> duckdb.DuckDBPyConnection:
    cursor = database()
    for row in CYCLES:
        put(cursor, row.at, line=row.line, qty=row.qty, scrap=row.scrap)
    return cursor


def scrap(start: dt.datetime, end: dt.datetime, line: str | None = None) -> float | None:
    """The scrap ratio of the rows from a moment to before another, added up one by one."""
    kept = [row for row in CYCLES if start <= row.at < end and line in (None, row.line)]
    return 100.0 * sum(row.scrap for row in kept) / sum(row.qty for row in kept) if kept else None


RANGES = [
    (ago(hours=30), ago(hours=22)),
    (ago(hours=8), NOON + dt.timedelta(hours=5)),  # as far as it has come: now is in it
    (ago(hours=20, minutes=55), ago(hours=20)),  # the gap
    (ago(hours=24 * 30), ago(hours=80)),  # begins before there are rows
]


@pytest.mark.parametrize(("start", "end"), RANGES)
def test_all_figures_are_those_of_the_range(
    site: Binding, cursor: duckdb.DuckDBPyConnection, start: dt.datetime, end: dt.datetime
) -> None:
    chosen = over_range(site, "scrap", start, end, NOON).binding
    value = scrap(start, min(end, NOON + dt.timedelta(seconds=1)))
    measure = measure_among(cursor, chosen, "scrap", {}, NOON)
    assert measure.value == pytest.approx(value) if value is not None else measure.value is None
    assert (measure.start, measure.end) == (start.timestamp(), pytest.approx(min(end, NOON).timestamp(), abs=1e-5))
    split = breakdown(cursor, chosen, "scrap", "line", {}, NOON)
    for line, found in zip(split.members, split.values, strict=True):
        assert found == pytest.approx(scrap(start, min(end, NOON + dt.timedelta(seconds=1)), line))
    text = behind(chosen, "scrap", "value", {}, NOON)
    assert cursor.execute(text).fetchall()[0][0] == (pytest.approx(value) if value is not None else None)
    page = rows(cursor, chosen, subject_of_kpi(chosen, "scrap", NOON), {})
    assert page.total == measure.rows
    whole = within_range(subject_of_source(site, "cycles"), site, start, end, NOON)
    assert rows(cursor, site, whole, {}).total == measure.rows


def test_it_is_compared_with_as_long_before_and_the_same_hours(
    site: Binding, cursor: duckdb.DuckDBPyConnection
) -> None:
    start, end = ago(hours=30), ago(hours=22)
    chosen = over_range(site, "scrap", start, end, NOON).binding
    found = {each.against: each for each in compare(cursor, chosen, "scrap", {}, NOON, 3).comparisons}
    day, hours = dt.timedelta(days=1), dt.timedelta(hours=8)
    assert found["before"].value == pytest.approx(scrap(start - hours, start))
    assert (found["before"].label, found["day"].label) == ("8 h before", "the same hours Mon 22 Jun")
    assert found["day"].value == pytest.approx(scrap(start - day, end - day))
    assert found["week"].reason.startswith("the source's rows do not reach back"), "no such rows are made up"
    assert found["best"].periods == 2, "the same hours of the days before, as far as there are rows"
    moving = moved(cursor, chosen, "scrap", {}, NOON)
    assert (moving.value, moving.previous) == (
        pytest.approx(scrap(start, end)),
        pytest.approx(scrap(start - day, end - day)),
    )
    assert sum(mover.contribution or 0.0 for mover in moving.dimensions[0].movers) == pytest.approx(moving.change)
    # a whole day against the whole day before
    chosen = over_range(site, "scrap", midnight(23), midnight(24), NOON).binding
    measure = measure_among(cursor, chosen, "scrap", {}, NOON)
    assert measure.previous_label == "the day before"
    assert measure.previous == pytest.approx(scrap(midnight(22), midnight(23)))


def midnight(day: int) -> dt.datetime:
    """The first moment of a day of June in Berlin."""
    return dt.datetime(2026, 6, day, tzinfo=UTC) - dt.timedelta(hours=2)


def test_what_grows_with_the_range_is_judged_over_its_own_length_only(
    site: Binding, cursor: duckdb.DuckDBPyConnection
) -> None:
    def judged(kpi: str, start: dt.datetime, end: dt.datetime) -> tuple[str, float | None, str]:
        chosen = over_range(site, kpi, start, end, NOON)
        measure = measure_among(cursor, chosen.binding, kpi, {}, NOON)
        return measure.status, measure.limits.warning, chosen.note.partition(":")[0].partition(" by")[0]

    early = (midnight(23) + dt.timedelta(hours=6), midnight(23) + dt.timedelta(hours=14))
    assert judged("output", *early) == ("good", 60.0, "")  # a whole shift is what its limits are for
    assert judged("output", early[0], early[1] - dt.timedelta(hours=1)) == ("nolimit", None, "not judged")
    assert judged("output", midnight(22), midnight(24)) == ("nolimit", None, "not judged")
    assert judged("scrap", *early)[1:] == (15.0, "judged")
    assert judged("share", *early)[1:] == (50.0, "judged"), "one made of ratios is one"
    assert judged("typical", *early) == ("good", 3.0, "judged")
    assert judged("scrap", ago(hours=1), NOON)[1:] == (15.0, ""), "as long as its window"
    assert judged("stops", *early) == ("nolimit", None, ""), "it has none: there is nothing to say"
    assert [name for name in site.kpis if level(site.kpis[name])] == ["scrap", "typical", "share"]
    members = breakdown(
        cursor, over_range(site, "output", midnight(22), midnight(24), NOON).binding, "output", "line", {}, NOON
    )
    assert set(members.statuses) == {"nolimit"}


def test_rows_without_times_are_in_any_range(site: Binding, cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute("INSERT INTO orders (id) VALUES (1), (2)")
    chosen = over_range(site, "ordered", ago(hours=1), NOON, NOON)
    assert measure_among(cursor, chosen.binding, "ordered", {}, NOON).value == 2.0
    assert "no times" in chosen.note
    with pytest.raises(ValueError, match="no times"):
        series(cursor, site, "ordered", {}, NOON, ago(hours=1), NOON, 10)


@pytest.mark.parametrize(("start", "end"), RANGES)
@pytest.mark.parametrize("most", [1, 7, 100])
def test_a_course_is_cut_into_round_buckets_that_add_up(
    site: Binding, cursor: duckdb.DuckDBPyConnection, start: dt.datetime, end: dt.datetime, most: int
) -> None:
    found = series(cursor, site, "scrap", {"line": "1"}, NOON, start, end, most)
    assert 1 <= len(found.values) <= most
    assert found.edges[0] <= start.timestamp()
    assert found.edges[-1] >= min(end, NOON).timestamp()
    stop = min(end, NOON + dt.timedelta(seconds=1))
    for at, value in enumerate(found.values):
        first, last = (dt.datetime.fromtimestamp(each, UTC) for each in found.edges[at : at + 2])
        # now, and what lies on the last edge, is in the last bucket
        last = last + dt.timedelta(seconds=1) if at == len(found.values) - 1 else last
        known = scrap(max(first, start), min(last, stop), "1")
        assert value == (pytest.approx(known) if known is not None else None)
        assert found.statuses[at] == status(known)
    inside = [each.timestamp() for each in (start, min(end, NOON), CYCLES[-1].at)]
    cut = {
        at for at in range(len(found.values)) if any(found.edges[at] < each < found.edges[at + 1] for each in inside)
    }
    assert cut <= set(found.partial)


def test_rows_that_come_by_the_hour_leave_no_holes(site: Binding) -> None:
    cursor = database()
    for hour in range(21):
        put(cursor, ago(hours=hour), line="1", qty=1, scrap=0)
    found = series(cursor, site, "stops", {}, NOON, ago(hours=20), NOON, 60)
    assert (found.step, len(found.values)) == (3600.0, 20)
    assert all(found.rows)
    cursor.execute("DELETE FROM cycles WHERE hour(_time) % 7 <> 0")
    assert series(cursor, site, "stops", {}, NOON, ago(hours=20), NOON, 60).step < 3600.0, "too few to tell"


def status(value: float | None) -> str:
    """By the limits of line 1."""
    if value is None:
        return "nodata"
    return "critical" if value > 90 else "warning" if value > 5 else "good"


def test_buckets_of_what_grows_are_not_held_against_the_limits_of_a_shift(
    site: Binding, cursor: duckdb.DuckDBPyConnection
) -> None:
    found = series(cursor, site, "output", {}, NOON, ago(hours=8), NOON, 16)
    assert set(found.statuses) == {"nolimit"}
    assert found.judged == "not judged: the limits are for shift"
    running = series(cursor, site, "made", {}, NOON, ago(hours=4), ago(hours=1), 30)
    kept = [row.qty for row in CYCLES if ago(hours=4) <= row.at < ago(hours=1)]
    assert running.values[-1] == sum(kept), "it runs up from the beginning of what is shown"
    assert running.values == sorted(running.values, key=lambda value: value or 0.0)
    # of a past moment what came later is not there
    then = series(cursor, site, "scrap", {}, ago(hours=6), ago(hours=8), NOON, 50, ago(hours=6))
    assert (then.edges[-1], then.last) == (ago(hours=6).timestamp(), ago(hours=6).timestamp())
