"""What KPIs cost: a refresh of forty as history grows, against one query each and against SQL written by hand; and a
KPI over a hundred days from sealed states, against the same from the rows."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb

from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.evaluate import evaluate
from opsconsole.kpis.sealed import Sealed
from opsconsole.kpis.sealing import Sealing
from opsconsole.site.parse import load_site
from opsconsole.tables import touched
from opsconsole.tables.store import Store
from tests.benchmarks.common import spread

SIZES = (1_000_000, 10_000_000, 50_000_000)
PER_DAY = 100_000
GROUPS, KPIS, DAYS = 12, 40, 100
END = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
NUMBERS = [f"c{at}" for at in range(10)]
COLUMNS = {"ts": "TIMESTAMP", "line": "VARCHAR", **dict.fromkeys(NUMBERS, "INTEGER")}
SCHEMA = COLUMNS | {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}


def values() -> list[str]:
    """Forty expressions over ten columns: sums, ratios of sums, means, extremes."""
    made = []
    for at, name in enumerate(NUMBERS):
        other = NUMBERS[(at + 3) % 10]
        made += [f"sum({name})", f"100 * sum({name}) / sum({other})", f"avg({name})", f"max({name}) - min({name})"]
    return made[:KPIS]


def site_of(folder: Path, window: str, kpis: list[str]) -> Binding:
    """A site with these KPIs, bound."""
    listed = "".join(f"  k{at}: {{source: rows, value: {text}, window: {window}}}\n" for at, text in enumerate(kpis))
    source = "sources: {rows: {files: none.csv, time: ts, dimensions: [line]}}\n"
    (folder / "site.yaml").write_text(f"site: Bench\n{source}kpis:\n{listed}")
    (folder / "layouts").mkdir(exist_ok=True)
    (folder / "layouts" / "overview.yaml").write_text("rows:\n- [{kpi: k0}]\n")
    binding, problems = bind(load_site(folder), {"rows": SCHEMA})
    assert not problems
    return binding


def table(folder: Path, name: str, rows: int, seconds: float) -> Store:
    """A store with `rows` rows, one each so many seconds, the last at `END`; made once."""
    store = Store.open(folder / f"{name}-{rows}" / "tables.duckdb")
    with store.cursor() as cursor:
        if not cursor.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'rows'").fetchall():
            numbers = ", ".join(f"CAST(hash(i + {at}) % 100 AS INTEGER) AS {each}" for at, each in enumerate(NUMBERS))
            last = END.replace(tzinfo=None).isoformat(sep=" ")
            back = f"to_microseconds(CAST(({rows} - 1 - i) * {seconds * 1e6} AS BIGINT))"
            cursor.execute(
                f"CREATE TABLE rows AS SELECT t AS ts, 'line ' || (i % {GROUPS}) AS line, {numbers}, 1::INTEGER AS "
                f"_file, i AS _line, t AS _time FROM (SELECT i, TIMESTAMP '{last}' - {back} AS t FROM range({rows}) "
                "AS r(i)) ORDER BY t"
            )
            touched.whole(cursor, "rows")
            cursor.execute("CHECKPOINT")
    return store


def timed(work: Callable[[], object], runs: int = 9) -> list[float]:
    """Seconds of each run after one that warms up."""
    work()
    found = []
    for _ in range(runs):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return found


def by_hand(cursor: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    """The same figures as one refresh, as an analyst would ask for them: now and before by line, and by the hour."""
    listed = ", ".join(f"CAST({text} AS DOUBLE)" for text in texts)
    end = END.replace(tzinfo=None)
    for low, high in ((24, 0), (48, 24)):
        since, until = end - dt.timedelta(hours=low), end - dt.timedelta(hours=high)
        cursor.execute(
            f"SELECT line, count(*), {listed} FROM rows WHERE _time > TIMESTAMP '{since}' "
            f"AND _time <= TIMESTAMP '{until}' GROUP BY GROUPING SETS ((), (line))"
        ).fetchall()
    since = end - dt.timedelta(hours=24)
    cursor.execute(
        f"SELECT date_trunc('hour', _time) AS h, count(*), {listed} FROM rows WHERE _time > TIMESTAMP '{since}' "
        f"AND _time <= TIMESTAMP '{end}' GROUP BY h"
    ).fetchall()


def one_by_one(cursor: duckdb.DuckDBPyConnection, bindings: list[Binding]) -> None:
    """A refresh of each of several sites of one KPI."""
    for binding in bindings:
        evaluate(cursor, binding, END)


def refresh(folder: Path, _rows: int) -> None:
    """Forty KPIs over 24 hours, each by twelve lines, as history grows at an even pace."""
    texts = values()
    whole = site_of(folder, "24h", texts)
    single = [site_of(folder, "24h", [text]) for text in texts]
    medians = []
    for rows in SIZES:
        store = table(folder, "pace", rows, 86_400 / PER_DAY)
        with store.cursor() as cursor:
            ours = timed(partial(evaluate, cursor, whole, END))
            hand = timed(partial(by_hand, cursor, texts))
            each = timed(partial(one_by_one, cursor, single), runs=3)
        store.close()
        medians.append(statistics.median(ours))
        against = statistics.median(hand)
        loop = statistics.median(each)
        print(
            f"| {KPIS} KPIs × {GROUPS} groups, 24 h, at {rows // 1_000_000} M rows | {spread(ours)} "
            f"| {medians[-1] / against:.2f}x SQL by hand, 1/{loop / medians[-1]:.1f} of a query each |",
            flush=True,
        )
    print(f"| the slowest against the fastest size | {max(medians) / min(medians):.2f}x |", flush=True)


def long(folder: Path, _rows: int) -> None:
    """A ratio over a hundred days by twelve lines, at 50 M rows and at 1 M, from sealed days and from the rows."""
    binding = site_of(folder, f"{DAYS}d", ["100 * sum(c0) / sum(c1)"])
    medians = {}
    for rows in (SIZES[0], SIZES[-1]):
        store = table(folder, "dense", rows, DAYS * 86_400 / rows)
        sealed = Sealed()
        sealing = Sealing(sealed, store.cursor)
        with store.cursor() as cursor:
            evaluate(cursor, binding, END, sealed=sealed)
            begun = time.perf_counter()
            while sealing.due:
                sealing.work(0.2)
            built = time.perf_counter() - begun
            kept = timed(partial(evaluate, cursor, binding, END, sealed=sealed))
            raw = timed(partial(evaluate, cursor, binding, END), runs=3)
            same = evaluate(cursor, binding, END, sealed=sealed) == evaluate(cursor, binding, END)
        store.close()
        medians[rows] = statistics.median(kept)
        print(
            f"| a KPI over {DAYS} days at {rows // 1_000_000} M rows, sealed | {spread(kept)} "
            f"| {statistics.median(raw) / medians[rows]:.1f} times as fast as from the rows, equal: {same}; "
            f"built in {built:.1f} s |",
            flush=True,
        )
    print(f"| 50 M rows against 1 M | {medians[SIZES[-1]] / medians[SIZES[0]]:.2f}x |", flush=True)


FIGURES: dict[str, Callable[[Path, int], None]] = {"refresh": refresh, "long": long}
