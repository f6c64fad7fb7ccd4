"""Every kind of KPI against an independent computation in Polars, on random rows with gaps, over DST days too."""

from __future__ import annotations

import datetime as dt
import functools
import tempfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.evaluate import evaluate
from opsconsole.kpis.measures import Measure
from opsconsole.site.parse import load_site

BERLIN = ZoneInfo("Europe/Berlin")
TIMES = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
SCHEMAS = {
    "made": {"ts": "TIMESTAMP", "line": "VARCHAR", "qty": "BIGINT", "scrap": "BIGINT", "busy": "DOUBLE", **TIMES},
    "costs": {"ts": "TIMESTAMP", "line": "VARCHAR", "eur": "DOUBLE", "item": "VARCHAR", **TIMES},
}
SITE = """\
timezone: Europe/Berlin
calendar: {shifts: [{name: Night, start: "22:00", end: "06:00"}, {name: Day, start: "06:00", end: "22:00"}]}
sources:
  made: {files: m.csv, time: ts, dimensions: [line]}
  costs: {files: c.csv, time: ts, dimensions: [line]}
kpis:
  ratio: {source: made, value: 100 * sum(scrap) / sum(qty), window: WINDOW}
  good: {source: made, value: sum(qty) - sum(scrap), where: scrap < 4, window: WINDOW}
  speed: {source: made, value: sum(qty) / sum(busy), window: WINDOW}
  derived: {value: ratio * speed + good, window: WINDOW}
  spent: {source: costs, value: sum(eur), window: WINDOW}
  across: {value: spent / good, window: WINDOW}
  running: {source: made, value: count(DISTINCT qty), window: WINDOW, cumulative: true}
  p90: {source: costs, value: 'quantile_cont(eur, 0.9)', window: WINDOW}
  kinds: {source: costs, value: count(DISTINCT item), window: WINDOW}
  last: {source: costs, value: 'arg_max(eur, _time)', window: WINDOW}
"""


@functools.cache
def binding(window: str) -> Binding:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "site.yaml").write_text(SITE.replace("WINDOW", window))
        bound, problems = bind(load_site(Path(folder)), SCHEMAS)
    assert not problems, problems
    return bound


WINDOWS = ("6h", "all", "day", "month", "shift", "week")
# the night the clocks are put forward, the one they are put back, and one in summer
NIGHTS = [dt.datetime(2026, 3, 29, 0, 0), dt.datetime(2026, 10, 25, 0, 0), dt.datetime(2026, 6, 24, 0, 0)]
minutes = st.integers(0, 60 * 26)
numbers = st.one_of(st.none(), st.integers(0, 8))
made = st.tuples(
    minutes, st.sampled_from([None, "A", "B", "C"]), numbers, numbers, st.one_of(st.none(), st.integers(1, 9))
)
costs = st.tuples(minutes, st.sampled_from([None, "A", "B"]), numbers, st.sampled_from([None, "x", "y", "z"]))


def fill(night: dt.datetime, made_rows: list[Any], cost_rows: list[Any]) -> tuple[Any, pl.DataFrame, pl.DataFrame]:
    start = night.replace(tzinfo=BERLIN).astimezone(dt.UTC).replace(tzinfo=None)
    db = duckdb.connect(":memory:")
    for setting in ("error_on_division_by_zero", "ieee_floating_point_ops"):
        db.execute(f"SET {setting} = false")
    for name, columns in SCHEMAS.items():
        db.execute(f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})")
    frames = []
    for name, columns, rows in (
        ("made", ("line", "qty", "scrap", "busy"), made_rows),
        ("costs", ("line", "eur", "item"), cost_rows),
    ):
        stamped = [(start + dt.timedelta(minutes=row[0]), *row[1:]) for row in rows]
        if stamped:
            marks = ", ".join(f"(1, 1, {', '.join('?' * (len(columns) + 1))})" for _ in stamped)
            listed = ", ".join(("_file", "_line", "_time", *columns))
            db.execute(f"INSERT INTO {name} ({listed}) VALUES {marks}", [cell for row in stamped for cell in row])
        text = {"line", "item"}
        schema = {"_time": pl.Datetime("us")} | {
            column: pl.String if column in text else pl.Float64 for column in columns
        }
        frames.append(
            pl.DataFrame(
                [(row[0], *[float(c) if isinstance(c, int) else c for c in row[1:]]) for row in stamped],
                schema=schema,
                orient="row",
            )
        )
    return db, frames[0], frames[1]


def total(frame: pl.DataFrame, column: str) -> float | None:
    kept = frame[column].drop_nulls()
    return float(kept.sum()) if len(kept) else None


def over(above: float | None, below: float | None, scale: float = 1.0) -> float | None:
    return None if above is None or below is None or below == 0 else scale * above / below


def both(*values: float | None) -> list[float] | None:
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None


def expected(name: str, made: pl.DataFrame, costs: pl.DataFrame) -> float | None:
    """What a KPI is, written from what it means."""
    kept = made.filter(pl.col("scrap") < 4)
    qty, scrap = total(kept, "qty"), total(kept, "scrap")
    good = None if qty is None or scrap is None else qty - scrap
    ratio = over(total(made, "scrap"), total(made, "qty"), 100)
    speed = over(total(made, "qty"), total(made, "busy"))
    eur = costs["eur"].drop_nulls().sort()
    if name == "derived":
        parts = both(ratio, speed, good)
        return None if parts is None else parts[0] * parts[1] + parts[2]
    if name == "p90":
        return None if not len(eur) else eur.quantile(0.9, "linear")
    if name == "last":
        known = costs.filter(pl.col("eur").is_not_null())
        # of rows at the same moment any may be the last
        return None if not len(known) else known.filter(pl.col("_time") == pl.col("_time").max())["eur"].to_list()
    return {
        "ratio": ratio,
        "good": good,
        "speed": speed,
        "spent": total(costs, "eur"),
        "across": over(total(costs, "eur"), good),
        "running": float(made["qty"].drop_nulls().n_unique()) if len(made) else None,
        "kinds": float(costs["item"].drop_nulls().n_unique()) if len(costs) else None,
    }[name]


def same(found: float | None, wanted: Any) -> bool:
    if isinstance(wanted, list):
        return found in wanted
    if found is None or wanted is None:
        return found is wanted
    return found == pytest.approx(wanted, rel=1e-9)


def inside(frame: pl.DataFrame, measure: Measure, now: dt.datetime, moving: bool) -> pl.DataFrame:
    if measure.start is None:
        return frame
    start = dt.datetime.fromtimestamp(measure.start, dt.UTC).replace(tzinfo=None)
    low = pl.col("_time") > start if moving else pl.col("_time") >= start
    return frame.filter(low & (pl.col("_time") <= now.replace(tzinfo=None)))


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(WINDOWS),
    st.sampled_from(NIGHTS),
    st.lists(made, max_size=30),
    st.lists(costs, max_size=20),
    st.integers(60, 60 * 26),
)
def test_every_kind_at_every_level(window: str, night: dt.datetime, m: list[Any], c: list[Any], at: int) -> None:
    db, frame, spent = fill(night, m, c)
    now = night.replace(tzinfo=BERLIN).astimezone(dt.UTC) + dt.timedelta(minutes=at)
    measures = evaluate(db, binding(window), now).kpis
    for name, found in measures.items():
        rows = inside(frame, found, now, window == "6h")
        bills = inside(spent, found, now, window == "6h")
        own = bills if name in {"p90", "kinds", "last", "spent"} else rows
        wanted = expected(name, rows, bills)
        if len(own) or name == "across":
            assert same(found.value, wanted), name
        if wanted is None:
            assert found.value in (None, 0.0)  # a count of nothing is believed where the source delivers
            assert found.status == "novalue" or found.rows == 0
        split = found.splits["line"]
        for member, value in zip(split.members, split.values, strict=True):

            def of(frame: pl.DataFrame, member: str | None = member) -> pl.DataFrame:
                return frame.filter(pl.col("line").eq_missing(pl.lit(member, pl.String)))

            if len(of(own)):
                assert same(value, expected(name, of(rows), of(bills))), (name, member)
    assert_running(measures["running"], frame)
    parts = measures["good"].splits["line"].values
    if measures["good"].value is not None and None not in parts:
        assert sum(value or 0 for value in parts) == measures["good"].value


def assert_running(found: Measure, frame: pl.DataFrame) -> None:
    """Each point of a cumulative trend is the value from the window's start to the end of its bucket."""
    if found.trend_start is None or found.start is None:
        return
    start = dt.datetime.fromtimestamp(found.start, dt.UTC).replace(tzinfo=None)
    first = dt.datetime.fromtimestamp(found.trend_start, dt.UTC).replace(tzinfo=None)
    end = dt.datetime.fromtimestamp(found.end or 0, dt.UTC).replace(tzinfo=None)
    for at, value in enumerate(found.trend[:-1]):
        edge = first + dt.timedelta(seconds=found.trend_step * (at + 1))
        kept = frame.filter(
            (pl.col("_time") >= max(start, first)) & (pl.col("_time") < edge) & (pl.col("_time") <= end)
        )
        if len(kept) and found.trend_step < 86400:
            assert value == kept["qty"].drop_nulls().n_unique()
    if found.trend and found.trend[-1] is not None and first <= start:
        assert found.trend[-1] == found.value
