"""Polars frames scanned by DuckDB against Polars itself: 2.0.0 has known faults there, and the readers rest on it.

Frames as readers make them and worse: sliced, of many chunks, with nulls, with categories, empty; asked with filters,
sums and the largest few.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import duckdb
import polars as pl
import pytest

SEEDS = 40
START = dt.datetime(2026, 6, 24, 6)


def values(chance: random.Random, kind: str, count: int) -> list[Any]:
    """Values of a type, one in six of them null."""
    makers: dict[str, Callable[[], Any]] = {
        "whole": lambda: chance.randint(-(2**62), 2**62),
        "small": lambda: chance.randint(-5, 5),
        "real": lambda: chance.choice([0.0, -0.0, 1e308, -1e-308, chance.uniform(-1e6, 1e6)]),
        "flag": lambda: chance.random() < 0.5,
        "text": lambda: chance.choice(
            ["", "a", "Größe", "京都", "x" * 40, f"v{chance.randint(0, 50)}", "12 characters"]
        ),
        "category": lambda: chance.choice(["weld", "press", "paint", "", "a longer category than twelve"]),
        "day": lambda: START.date() + dt.timedelta(chance.randint(-9000, 9000)),
        "moment": lambda: START + dt.timedelta(microseconds=chance.randint(-(10**15), 10**15)),
    }
    make = makers[kind]
    return [None if chance.random() < 1 / 6 else make() for _ in range(count)]


TYPES: dict[str, Any] = {
    "whole": pl.Int64,
    "small": pl.Int16,
    "real": pl.Float64,
    "flag": pl.Boolean,
    "text": pl.String,
    "category": pl.Categorical,
    "day": pl.Date,
    "moment": pl.Datetime("us"),
}


def frame(chance: random.Random) -> pl.DataFrame:
    """A frame of all types: put together from chunks, then perhaps sliced, filtered, or with a column all null."""
    chunks = []
    for _ in range(chance.choice([1, 1, 2, 5])):
        count = chance.choice([0, 1, 7, 2047, 2048, 2049, 5000])
        columns = {kind: pl.Series(kind, values(chance, kind, count), dtype=type_) for kind, type_ in TYPES.items()}
        chunks.append(pl.DataFrame(columns))
    made = pl.concat(chunks, rechunk=chance.random() < 0.3)
    if chance.random() < 0.6 and made.height > 3:
        made = made.slice(chance.randint(1, made.height // 2), chance.randint(1, made.height))
    if chance.random() < 0.3:
        made = made.filter(pl.col("small").fill_null(0) > chance.randint(-5, 4))
    if chance.random() < 0.3:
        kind = chance.choice(list(TYPES))
        made = made.with_columns(pl.lit(None, dtype=TYPES[kind]).alias(kind))
    return made.with_row_index("n")


def rows(found: list[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    """Rows whatever their order; -0.0 is 0.0."""
    return Counter(tuple(0.0 if isinstance(v, float) and v == 0 else v for v in row) for row in found)


def conditions(chance: random.Random, made: pl.DataFrame) -> list[tuple[str, pl.Expr]]:
    """Filters in SQL and in Polars' own words."""
    number, text = chance.randint(-4, 4), f"v{chance.randint(0, 50)}"
    moment = START + dt.timedelta(seconds=chance.randint(-(10**8), 10**8))
    day = moment.date()
    real = chance.uniform(-1e5, 1e5)
    return [
        (f"small > {number}", pl.col("small") > number),
        (f"small IN ({number}, 3) OR flag", pl.col("small").is_in([number, 3]) | pl.col("flag")),
        (f"text = '{text}'", pl.col("text") == text),
        (f"text < '{text}' AND NOT flag", (pl.col("text") < text) & ~pl.col("flag")),
        ("text IS NULL", pl.col("text").is_null()),
        ("category = 'weld'", pl.col("category") == "weld"),
        ("category IS NOT NULL AND small <> 0", pl.col("category").is_not_null() & (pl.col("small") != 0)),
        (f"moment >= TIMESTAMP '{moment}'", pl.col("moment") >= moment),
        (f"day < DATE '{day}'", pl.col("day") < day),
        (f"real BETWEEN {real!r} AND {abs(real) * 2!r}", pl.col("real").is_between(real, abs(real) * 2)),
        (f"n >= {made.height // 2}", pl.col("n") >= made.height // 2),
    ]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_duckdb_reads_a_frame_as_polars_does(seed: int) -> None:
    chance = random.Random(seed)
    made = frame(chance)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("made", made)
        assert rows(connection.execute("SELECT * FROM made").fetchall()) == rows(made.rows()), f"seed {seed}"
        for sql, expression in conditions(chance, made):
            found = connection.execute(f"SELECT * FROM made WHERE {sql}").fetchall()
            assert rows(found) == rows(made.filter(expression).rows()), f"seed {seed}: {sql}"
        for kind in ("whole", "moment", "text"):
            largest = connection.execute(
                f"SELECT {kind} FROM made WHERE {kind} IS NOT NULL ORDER BY {kind} DESC LIMIT 7"
            ).fetchall()
            expected = sorted((v for v in made[kind].to_list() if v is not None), reverse=True)[:7]
            assert [row[0] for row in largest] == expected, f"seed {seed}: the largest of {kind}"
        counted = connection.execute("SELECT category, count(*), count(text), sum(small) FROM made GROUP BY ALL")
        grouped = made.group_by("category").agg(
            pl.len(), pl.col("text").count(), pl.when(pl.col("small").count() > 0).then(pl.col("small").sum())
        )
        assert rows(counted.fetchall()) == rows(grouped.rows()), f"seed {seed}: groups"
        total = connection.execute("SELECT sum(real) FROM made WHERE abs(real) < 1e7").fetchall()[0][0]
        plain = made.filter(pl.col("real").abs() < 1e7)["real"]
        assert math.isclose(total or 0.0, plain.sum() or 0.0, rel_tol=1e-9, abs_tol=1e-6), f"seed {seed}: sum"
        connection.execute("CREATE TABLE kept AS SELECT * FROM made")
        assert rows(connection.execute("SELECT * FROM kept").fetchall()) == rows(made.rows()), f"seed {seed}: kept"
