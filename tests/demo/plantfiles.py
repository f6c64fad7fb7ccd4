"""The factory's files as they lie on disk at a moment, looked at with DuckDB alone, not with the engine."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from pathlib import Path

import duckdb
import fastexcel

from opsconsole.demo.drops import Drop, write_history
from opsconsole.demo.factory import factory
from opsconsole.demo.incidents import seconds
from opsconsole.site.model import Kpi

DAY = dt.datetime(2026, 6, 24)


def at(hour: int, minute: int = 0) -> dt.datetime:
    """A moment of the day of the incidents, naive site time."""
    return DAY.replace(hour=hour, minute=minute)


def drops_until(moment: dt.datetime, seed: int = 1) -> list[Drop]:
    """What is written up to a moment."""
    end = seconds(moment)
    return list(itertools.takewhile(lambda drop: drop.at <= end, factory(seed)))


def write_until(root: Path, moment: dt.datetime, drops: list[Drop]) -> None:
    """The files as they are at a moment."""
    write_history(root, (drop for drop in drops if drop.at <= seconds(moment)), lambda stamp: stamp)


def tables(root: Path) -> duckdb.DuckDBPyConnection:
    """The files as tables, all moments naive site time, under the settings of the store."""
    db = duckdb.connect()
    db.execute("SET error_on_division_by_zero = false")
    db.execute("SET ieee_floating_point_ops = false")
    local = "CAST(regexp_replace({}, '[+]..:..$', '') AS TIMESTAMP) AS {}"
    moments = ", ".join(local.format(name, name) for name in ("ts", "due", "finished"))
    texts = "{'ts': 'VARCHAR', 'event': 'VARCHAR', 'order': 'VARCHAR', 'product': 'VARCHAR', 'line': 'BIGINT', "
    texts += "'qty': 'BIGINT', 'done': 'BIGINT', 'due': 'VARCHAR', 'finished': 'VARCHAR'}"
    db.execute(f"CREATE TABLE cycles AS FROM read_csv('{root}/data/cycles/*.csv')")
    db.execute(
        f"CREATE TABLE orders AS SELECT * REPLACE ({moments}) FROM read_json('{root}/data/orders/*.jsonl', "
        f"format='newline_delimited', columns={texts})"
    )
    db.execute(
        "CREATE TABLE maintenance AS "
        "SELECT * REPLACE (CAST(ts AT TIME ZONE 'UTC' AS TIMESTAMP) + INTERVAL 2 HOURS AS ts) "
        f"FROM read_parquet('{root}/data/maintenance/*.parquet')"
    )
    return workbook(db, root)


def workbook(db: duckdb.DuckDBPyConnection, root: Path) -> duckdb.DuckDBPyConnection:
    """The workbook alone as a table."""
    frame = fastexcel.read_excel(root / "data/quality/checks.xlsx").load_sheet("Checks").to_arrow()
    db.register("frame", frame)
    db.execute("CREATE TABLE quality AS FROM frame")
    return db


def values(
    db: duckdb.DuckDBPyConnection, kpi: Kpi, moments: Sequence[dt.datetime], by: tuple[str, ...] = ()
) -> list[tuple[dt.datetime, str, float]]:
    """A KPI of a moving window at moments, by labels joined with a space; '' without labels."""
    assert kpi.window.kind == "moving"
    key = " || ' ' || ".join(by) or "''"
    # all moments in one query: one for each took most of the time
    query = f"SELECT _now, CAST({key} AS VARCHAR), CAST({kpi.value} AS DOUBLE) FROM {kpi.source} "
    query += "JOIN (SELECT unnest(CAST($1 AS TIMESTAMP[])) AS _now) ON ts > _now - to_seconds($2) AND ts <= _now "
    query += f"WHERE ({kpi.where or 'true'}) GROUP BY ALL"
    rows = db.execute(query, [list(moments), kpi.window.seconds]).fetchall()
    return [(now, name, found) for now, name, found in rows if found is not None]


def value(db: duckdb.DuckDBPyConnection, kpi: Kpi, now: dt.datetime) -> float:
    """The same at one moment, without labels."""
    [(_, _, found)] = values(db, kpi, [now])
    return found
