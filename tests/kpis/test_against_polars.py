"""Figures against an independent computation in Polars, on random data."""

from __future__ import annotations

import datetime as dt
import functools
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.drill import breakdown
from opsconsole.kpis.evaluate import evaluate
from opsconsole.kpis.rules import Arrivals, evaluate_rules

from .plant import NOON, SCHEMAS, load, quick_database

NOW = NOON.replace(tzinfo=None)
EVERY = pl.lit(value=True)


def total(name: str) -> pl.Expr:
    """A sum as SQL means it: of no values there is none."""
    return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum())


# Expression, filter; and the same in Polars, written from what they mean.
KPIS: dict[str, tuple[str, str, pl.Expr, pl.Expr]] = {
    "rate": ("100 * sum(scrap) / sum(qty)", "true", 100 * total("scrap") / total("qty"), EVERY),
    "rate_b": (
        "100.0 * count(*) FILTER (WHERE scrap > 2) / count(scrap)",
        "true",
        100.0 * (pl.col("scrap") > 2).sum() / pl.col("scrap").count(),
        EVERY,
    ),
    "mean": ("avg(qty)", "station = 1", pl.col("qty").mean(), pl.col("station") == 1),
    "n": ("count(*)", "station <> 1", pl.len(), pl.col("station") != 1),
    "distinct": ("count(DISTINCT text)", "true", pl.col("text").drop_nulls().n_unique(), EVERY),
    "median": ("median(qty)", "line IS NOT NULL", pl.col("qty").median(), pl.col("line").is_not_null()),
    "top": ("max(qty) - min(qty)", "true", pl.col("qty").max() - pl.col("qty").min(), EVERY),
}  # fmt: skip


@functools.cache
def binding() -> Binding:
    text = "kpis:\n" + "".join(
        f"  {name}: {{source: cycles, value: '{value}', where: '{where}', window: 6h, by: [line, station]}}\n"
        for name, (value, where, _, _) in KPIS.items()
    )
    text += 'rules:\n  r: {kpi: rate, when: "> 3", by: [line, station]}\n'
    text += "  s: {source: cycles, rows: scrap > 2, within: 6h, at_least: 2, by: [line, station]}\n"
    with tempfile.TemporaryDirectory() as folder:
        bound, problems = bind(load(Path(folder), text, "rows:\n- [{grid: rate, by: line}]\n"), SCHEMAS)
    assert not problems
    return bound


small = st.one_of(st.none(), st.integers(0, 6))
row = st.tuples(
    st.one_of(st.none(), st.integers(-60, 60 * 20).map(lambda minutes: NOW - dt.timedelta(minutes=minutes))),
    st.sampled_from([None, "", "A", "B", "null"]),
    st.sampled_from([None, 1, 2]),
    small,
    small,
    st.sampled_from([None, "x", "y"]),
)


def fill(rows: list[tuple[Any, ...]]) -> tuple[duckdb.DuckDBPyConnection, pl.DataFrame]:
    db = quick_database()
    schema = {"_time": pl.Datetime("us"), "line": pl.String, "station": pl.Int64}
    schema |= {"qty": pl.Int64, "scrap": pl.Int64, "text": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    if rows:
        lists = ", ".join(f"unnest(CAST(? AS {SCHEMAS['cycles'][name]}[]))" for name in schema)
        cells = [list(column) for column in zip(*rows, strict=True)]
        db.execute(f"INSERT INTO cycles ({', '.join(schema)}, _file, _line) SELECT {lists}, 1, 1", cells)
    return db, frame


def value_of(frame: pl.DataFrame, expression: pl.Expr) -> float | None:
    """The value of a group with rows."""
    found = frame.select(expression).item()
    if found is None:
        return None
    found = float(found)
    return found if abs(found) != float("inf") and found == found else None


def close(left: float | None, right: float | None) -> bool:
    if left is None or right is None:
        return left is right
    return left == pytest.approx(right, rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.lists(row, max_size=40))
def test_values_rows_and_members_equal_polars(rows: list[tuple[Any, ...]]) -> None:
    db, frame = fill(rows)
    measures = evaluate(db, binding(), NOON)
    start = NOW - dt.timedelta(hours=6)
    now = frame.filter((pl.col("_time") > start) & (pl.col("_time") <= NOW))
    before = frame.filter((pl.col("_time") > start - dt.timedelta(hours=6)) & (pl.col("_time") <= start))
    first, last = frame["_time"].min(), frame["_time"].max()
    delivered = last is not None and last >= start - dt.timedelta(hours=6)
    comparable = first is not None and first <= start - dt.timedelta(hours=6 * 0.95)
    for name, (_, _, expression, where) in KPIS.items():
        found = measures.kpis[name]
        kept, earlier = now.filter(where), before.filter(where)
        zero = 0.0 if name in {"n", "distinct"} else None
        missing = zero if delivered else None
        assert found.rows == len(kept)
        assert close(found.value, value_of(kept, expression) if len(kept) else missing), name
        # of a source that was silent even before the stretch nobody knows whether nothing happened in it
        followed = last is not None and last >= start - dt.timedelta(hours=12)
        nothing = zero if followed else None
        expected = (value_of(earlier, expression) if len(earlier) else nothing) if comparable else None
        assert close(found.previous, expected), name
        for by in ("line", "station"):
            split = found.splits[by]
            groups = {None if key is None else str(key): part for (key,), part in kept.group_by(by)}
            gone = {None if key is None else str(key) for (key,), _ in earlier.group_by(by)} - set(groups)
            assert set(split.members) == set(groups) | (gone if missing is not None else set())
            assert split.total == len(split.members)
            for member, value, count in zip(split.members, split.values, split.rows, strict=True):
                part = groups.get(member)
                assert count == (len(part) if part is not None else 0)
                assert close(value, value_of(part, expression) if part is not None else missing), (name, by, member)
            drilled = breakdown(db, binding(), name, by, {}, NOON)
            assert (drilled.members, drilled.values, drilled.previous) == (split.members, split.values, split.previous)


@settings(max_examples=20, deadline=None)
@given(st.lists(row, max_size=40))
def test_trend_and_grid_equal_polars(rows: list[tuple[Any, ...]]) -> None:
    db, frame = fill(rows)
    measures = evaluate(db, binding(), NOON)
    for name, (_, _, expression, where) in KPIS.items():
        found = measures.kpis[name]
        kept = frame.filter(where & (pl.col("_time") > NOW - dt.timedelta(hours=6)) & (pl.col("_time") <= NOW))
        assert found.trend_start is not None
        for index, value in enumerate(found.trend):
            at = dt.datetime.fromtimestamp(found.trend_start + index * found.trend_step, dt.UTC).replace(tzinfo=None)
            until = at + dt.timedelta(seconds=found.trend_step)
            last = index == len(found.trend) - 1
            ends = (pl.col("_time") < until) | (pl.lit(last) & (pl.col("_time") == until))
            part = kept.filter((pl.col("_time") >= at) & ends)
            if len(part):
                assert close(value, value_of(part, expression)), (name, index)
            else:
                assert value in ({None, 0.0} if name in {"n", "distinct"} else {None})
    (grid,) = measures.grids
    kept = frame.filter((pl.col("_time") > NOW - dt.timedelta(hours=6)) & (pl.col("_time") <= NOW))
    assert grid.starts == [(NOON - dt.timedelta(hours=hours)).timestamp() for hours in range(6, 0, -1)]
    for member, values in zip(grid.members, grid.values, strict=True):
        for hour, value in zip(range(6, 0, -1), values, strict=True):
            at = NOW - dt.timedelta(hours=hour)
            until = at + dt.timedelta(hours=1)
            part = kept.filter(
                pl.col("line").eq_missing(member)
                & (pl.col("_time") >= at)
                & ((pl.col("_time") < until) | ((pl.col("_time") == NOW) & (hour == 1)))
            )
            assert close(value, value_of(part, KPIS["rate"][2]) if len(part) else None)


@settings(max_examples=20, deadline=None)
@given(st.lists(row, max_size=40))
def test_rules_by_two_labels_equal_polars(rows: list[tuple[Any, ...]]) -> None:
    db, frame = fill(rows)
    found = evaluate_rules(db, binding(), NOON, Arrivals(totals={}, wall=0.0, started=0.0))
    kept = frame.filter((pl.col("_time") > NOW - dt.timedelta(hours=6)) & (pl.col("_time") <= NOW))
    rates: dict[tuple[str | None, str | None], float | None] = {}
    counts: dict[tuple[str | None, str | None], int] = {}
    for (line, station), part in kept.group_by("line", "station"):
        key = (line, None if station is None else str(station))
        rates[key] = value_of(part, KPIS["rate"][2])
        counts[key] = len(part.filter(pl.col("scrap") > 2))
    seen = {(one.labels["line"], one.labels["station"]): one for one in found.observations if one.rule == "r"}
    assert set(seen) == set(rates)
    for key, one in seen.items():
        rate = rates[key]
        assert close(one.value, rate)
        assert one.quality == ("stale" if rate is None else "good")
        assert (one.priority is not None) == (rate is not None and rate > 3)
    hits = {(one.labels["line"], one.labels["station"]): one.value for one in found.observations if one.rule == "s"}
    assert hits == {key: float(count) for key, count in counts.items() if count >= 2}
