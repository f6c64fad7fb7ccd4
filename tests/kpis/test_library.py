"""Every entry of the library: its worked examples in a real DuckDB and in plain Python, and its roll-ups."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.evaluate import evaluate
from opsconsole.site.library.catalogue import ENTRIES
from opsconsole.site.library.elements import ELEMENTS
from opsconsole.site.library.shape import Cell, Entry
from opsconsole.site.parse import Loaded, load_site
from tests.kpis.plant import NOON, ago, bound, database, put

Rows = list[dict[str, Any]]
OWN = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}


def table(entry: Entry) -> str:
    return entry.id.replace(".", "_")


def columns(entry: Entry) -> dict[str, str]:
    kinds = {"number": "DOUBLE", "condition": "BOOLEAN", "any": "DOUBLE"}
    return {symbol.lower() + "_c": kinds[ELEMENTS[symbol].kind] for symbol in given(entry)} | OWN


def given(entry: Entry) -> list[str]:
    """The symbols that the examples give; the others are left to their defaults."""
    return sorted({symbol for vector in entry.vectors for symbol in vector.given.split()})


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """A site with every KPI of the library, each over a source of its own whose columns are its elements."""
    folder = tmp_path_factory.mktemp("library")
    lines = ["sources:"]
    for entry in ENTRIES.values():
        elements = ", ".join(f"{symbol}: {symbol.lower()}_c" for symbol in given(entry))
        lines.append(f"  {table(entry)}: {{files: a.csv, time: ts, elements: {{{elements}}}}}")
    lines += [
        "kpis:",
        *(f"  {table(entry)}: {{source: {table(entry)}, use: {entry.id}}}" for entry in ENTRIES.values()),
    ]
    (folder / "site.yaml").write_text("\n".join(lines))
    return load_site(folder)


@pytest.fixture(scope="module")
def binding(loaded: Loaded) -> Binding:
    found, problems = bind(loaded, {table(entry): {"ts": "TIMESTAMP", **columns(entry)} for entry in ENTRIES.values()})
    assert [str(problem) for problem in problems] == []
    return found


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    made = database()
    for entry in ENTRIES.values():
        listed = ", ".join(f"{name} {kind}" for name, kind in {**columns(entry), "g": "INTEGER"}.items())
        made.execute(f"CREATE TABLE {table(entry)} ({listed})")
    yield made
    made.close()


def fill(connection: duckdb.DuckDBPyConnection, entry: Entry, symbols: list[str], rows: list[tuple[Cell, ...]]) -> None:
    """The rows, an hour apart; put in backwards, so that an order by time shows."""
    connection.execute(f"DELETE FROM {table(entry)}")
    names = ", ".join([*(symbol.lower() + "_c" for symbol in symbols), "_file, _line, _time, g"])
    marks = ", ".join("?" for _ in symbols)
    query = (
        f"INSERT INTO {table(entry)} ({names}) VALUES ({marks}, 1, ?, TIMESTAMP '2026-06-24' + INTERVAL (?) HOUR, ?)"
    )
    for hour, row in reversed(list(enumerate(rows))):
        connection.execute(query, [*row, hour, hour, hour % 3])


def value_of(connection: duckdb.DuckDBPyConnection, entry: Entry, sql: str, source: str = "") -> float | None:
    found = connection.execute(f"SELECT ({sql})::DOUBLE FROM {source or table(entry)}").fetchall()[0][0]
    return None if found is None else float(found)


# --- the formulas once more, in plain Python -------------------------------------------------------------------


def total(rows: Rows, name: str) -> float | None:
    """A sum as SQL has it: of what is known, and nothing where nothing is."""
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) if known else None


def share(over: float | None, under: float | None, factor: float = 1.0) -> float | None:
    return None if over is None or not under else factor * over / under


def ratio(over: str, under: str, factor: float = 100.0) -> Callable[[Rows], float | None]:
    return lambda rows: share(total(rows, over), total(rows, under), factor)


def of_two(over: str, other: str) -> Callable[[Rows], float | None]:
    def reckoned(rows: Rows) -> float | None:
        first, second = total(rows, over), total(rows, other)
        return None if first is None or second is None else share(first, first + second, 100.0)

    return reckoned


def times(*factors: Callable[[Rows], float | None]) -> Callable[[Rows], float | None]:
    def reckoned(rows: Rows) -> float | None:
        found = [factor(rows) for factor in factors]
        return None if any(each is None for each in found) else 100.0 * math.prod(each or 0.0 for each in found)

    return reckoned


def planned(rows: Rows) -> float | None:
    made = [row["PRU"] * row["PQ"] for row in rows if row["PRU"] is not None and row["PQ"] is not None]
    return share(sum(made) if made else None, total(rows, "APT"))


def per_failure(what: str) -> Callable[[Rows], float | None]:
    return lambda rows: share(total(rows, what), (total(rows, "FE") or 0.0) + 1)


def otif(rows: Rows) -> float | None:
    due = [row for row in rows if row["DUE"]]
    return share(sum(1 for row in due if row["ON_TIME"] and row["IN_FULL"]), len(due), 100.0)


def turns(rows: Rows) -> float | None:
    counted = pl.DataFrame([row for row in rows if row["INV"] is not None], infer_schema_length=None)
    if counted.is_empty():
        return None
    level = counted.group_by("STOCKTAKE").agg(pl.col("INV").sum())["INV"].mean()
    return share(total(rows, "TH"), float(level))  # type: ignore[arg-type]


def capability(critical: bool, moving: bool) -> Callable[[Rows], float | None]:
    def reckoned(rows: Rows) -> float | None:
        values = pl.Series([row["X"] for row in rows], dtype=pl.Float64)
        limits = {(row["USL"], row["LSL"]) for row in rows}
        if len(limits) != 1 or len(values) < 2:
            return None
        ((upper, lower),) = limits
        sigma = float(values.diff().abs().mean() or 0.0) / 1.128 if moving else float(values.std() or 0.0)  # type: ignore[arg-type]
        if not critical:
            return share(upper - lower, 6 * sigma)
        mean = float(values.mean() or 0.0)  # type: ignore[arg-type]
        sides = [side for side in (upper and upper - mean, lower and mean - lower) if side is not None]
        return share(min(sides), 3 * sigma)

    return reckoned


AVAILABILITY, QUALITY = ratio("APT", "PBT", 1.0), ratio("GQ", "PQ", 1.0)
PLAIN: dict[str, Callable[[Rows], float | None]] = {
    "iso22400.worker_efficiency": ratio("APWT", "APAT"),
    "iso22400.allocation_ratio": ratio("AUBT", "AOET"),
    "iso22400.throughput_rate": ratio("PQ", "AOET", 1.0),
    "iso22400.allocation_efficiency": ratio("AUBT", "PBT"),
    "iso22400.utilization_efficiency": ratio("APT", "AUBT"),
    "iso22400.availability": ratio("APT", "PBT"),
    "iso22400.effectiveness": times(planned),
    "iso22400.oee": times(AVAILABILITY, planned, QUALITY),
    "iso22400.nee": times(ratio("AUPT", "PBT", 1.0), planned, QUALITY),
    "iso22400.setup_ratio": ratio("AUST", "AUPT"),
    "iso22400.technical_efficiency": of_two("APT", "ADET"),
    "iso22400.production_process_ratio": ratio("APT", "AOET"),
    "iso22400.quality_ratio": ratio("GQ", "PQ"),
    "iso22400.first_pass_yield": ratio("GP", "IP"),
    "iso22400.scrap_ratio": ratio("SQ", "PQ"),
    "iso22400.rework_ratio": ratio("RQ", "PQ"),
    "iso22400.fall_off_ratio": ratio("SQ", "PQ1"),
    "iso22400.actual_to_planned_scrap": ratio("SQ", "PSQ"),
    "iso22400.cm": capability(critical=False, moving=False),
    "iso22400.cmk": capability(critical=True, moving=False),
    "iso22400.cp": capability(critical=False, moving=True),
    "iso22400.cpk": capability(critical=True, moving=True),
    "iso22400.equipment_load_ratio": ratio("PQ", "EPC"),
    "iso22400.inventory_turns": turns,
    "iso22400.finished_goods_ratio": ratio("GQ", "CM"),
    "iso22400.integrated_goods_ratio": ratio("IGQ", "CM"),
    "iso22400.production_loss_ratio": ratio("PL", "CM"),
    "iso22400.storage_loss_ratio": ratio("STL", "CM"),
    "iso22400.other_loss_ratio": ratio("OL", "CM"),
    "iso22400.energy_consumption": ratio("E", "PQ", 1.0),
    "iso22400.mtbf": per_failure("TBF"),
    "iso22400.mttf": per_failure("TTF"),
    "iso22400.mttr": per_failure("TTR"),
    "iso22400.corrective_maintenance_ratio": of_two("CMT", "PMT"),
    "std.otif": otif,
    "std.teep": times(AVAILABILITY, planned, QUALITY, ratio("PBT", "CT", 1.0)),
}
NOT_SUMS = {
    *("iso22400.cm", "iso22400.cmk", "iso22400.cp", "iso22400.cpk"),
    "iso22400.inventory_turns",  # sums, but for the number of stocktakes
}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=list(ENTRIES))
def test_worked_examples_come_out(connection: duckdb.DuckDBPyConnection, binding: Binding, entry: Entry) -> None:
    sql = binding.kpis[table(entry)].value.text
    for vector in entry.vectors:
        symbols = vector.given.split()
        fill(connection, entry, symbols, list(vector.rows))
        expected = None if vector.expected is None else pytest.approx(vector.expected, rel=1e-12)
        assert value_of(connection, entry, sql) == expected, vector.worked
        assert PLAIN[entry.id]([dict(zip(symbols, row, strict=True)) for row in vector.rows]) == expected, vector.worked
    connection.execute(f"DELETE FROM {table(entry)}")
    assert value_of(connection, entry, sql) is None  # no rows are no value, never zero


def drawn(entry: Entry, chance: random.Random) -> list[tuple[Cell, ...]]:
    """Random rows, some of whose numbers are missing or zero."""

    def cell(symbol: str) -> Cell:
        if ELEMENTS[symbol].kind == "condition":
            return chance.choice([True, True, False, None])
        if symbol == "STOCKTAKE":
            return chance.randrange(4)
        if symbol in ("USL", "LSL"):
            return 120.0 if symbol == "USL" else 30.0
        return chance.choice([None, 0]) if chance.random() < 0.15 and symbol != "X" else chance.uniform(1, 100)

    return [tuple(cell(symbol) for symbol in given(entry)) for _ in range(60)]


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=list(ENTRIES))
def test_random_rows_agree_with_plain_python(
    connection: duckdb.DuckDBPyConnection, binding: Binding, entry: Entry
) -> None:
    rows = drawn(entry, random.Random(entry.id))
    fill(connection, entry, given(entry), rows)
    found = value_of(connection, entry, binding.kpis[table(entry)].value.text)
    reference = PLAIN[entry.id]([dict(zip(given(entry), row, strict=True)) for row in rows])
    assert reference is not None
    assert found == pytest.approx(reference, rel=1e-9)


@pytest.mark.parametrize("entry", [each for each in ENTRIES.values() if each.id not in NOT_SUMS], ids=lambda e: e.id)
def test_groups_roll_up_to_the_whole(connection: duckdb.DuckDBPyConnection, binding: Binding, entry: Entry) -> None:
    """The sums of groups, added up, give the value of all rows; a mean of the groups' values would not."""
    bound = binding.kpis[table(entry)]
    sums = sorted(set(re.findall(r"sum\(([^()]*)\)", bound.value.text)))
    inner = ", ".join(f"sum({text}) AS s{index}" for index, text in enumerate(sums))
    over = re.sub(r"sum\(([^()]*)\)", lambda found: f"sum(s{sums.index(found[1])})", bound.value.text)
    assert re.sub(r"sum\(s\d\)", "", over).count("(") < over.count("(")
    fill(connection, entry, given(entry), drawn(entry, random.Random(f"{entry.id} groups")))
    whole = value_of(connection, entry, bound.value.text)
    assert whole is not None
    rolled = value_of(connection, entry, over, f"(SELECT g, {inner} FROM {table(entry)} GROUP BY g)")
    assert rolled == pytest.approx(whole, rel=1e-9)
    groups = connection.execute(f"SELECT ({bound.value.text})::DOUBLE FROM {table(entry)} GROUP BY g").fetchall()
    assert sum(group[0] for group in groups) / len(groups) != pytest.approx(whole, rel=1e-9)


def test_what_the_engine_takes_it_apart_into_is_sums(binding: Binding) -> None:
    """Contributions and sealed days rest on it: only capabilities and counts of stocktakes are no sums."""
    other = set()
    for entry in ENTRIES.values():
        parts = binding.kpis[table(entry)].parts
        assert parts is not None
        if not all(aggregate.additive for aggregate in parts.aggregates):
            other.add(entry.id)
    assert other == NOT_SUMS


def test_the_engine_evaluates_them_by_window_member_and_bucket(tmp_path: Path) -> None:
    """Capabilities need their rows in order, turns count stocktakes: both in the one scan with all the others."""
    kpis = """\
kpis:
  cp: {source: cycles, use: iso22400.cp, window: 4h, by: line, elements: {X: cost, USL: 20, LSL: 5}}
  cpk: {source: cycles, use: iso22400.cpk, window: 4h, by: line, elements: {X: cost, USL: 20, LSL: 5}}
  turns: {source: cycles, use: iso22400.inventory_turns, window: 4h, by: line, elements: {TH: qty, INV: scrap}}
  scrap: {source: cycles, use: iso22400.scrap_ratio, window: 4h, by: line, elements: {SQ: scrap, PQ: qty}}
"""
    chance, connection = random.Random(4), database()
    rows: list[Rows] = [[], []]
    for minute in range(1, 240, 4):
        for line in (1, 2):
            cost, made = chance.randrange(800, 1700) / 100, chance.randrange(1, 50)
            put(connection, ago(minutes=minute), line=str(line), cost=cost, qty=made, scrap=minute % 3)
            rows[line - 1].insert(0, {"X": cost, "USL": 20.0, "LSL": 5.0, "PQ": made, "SQ": minute % 3})
            rows[line - 1][0] |= {"TH": made, "INV": minute % 3, "STOCKTAKE": minute}
    found = evaluate(connection, bound(tmp_path, kpis), NOON).kpis
    for name, entry in (("cp", "cp"), ("cpk", "cpk"), ("turns", "inventory_turns"), ("scrap", "scrap_ratio")):
        split = found[name].splits["line"]
        values = dict(zip(split.members, split.values, strict=True))
        for line in (1, 2):
            assert values[str(line)] == pytest.approx(PLAIN[f"iso22400.{entry}"](rows[line - 1]), rel=1e-9), name
        assert len([value for value in found[name].trend if value is not None]) > 10, name
    both = [row for pair in zip(*rows, strict=True) for row in pair]
    assert found["turns"].value == pytest.approx(turns(both), rel=1e-9)


def test_elements_may_be_the_seconds_of_states(tmp_path: Path) -> None:
    """The time elements of a machine whose states are stretches of time."""
    (tmp_path / "site.yaml").write_text("""\
sources:
  s: {files: a.csv, time: ts, until: ended, elements: {APT: CASE WHEN state = 'run' THEN _seconds ELSE 0 END}}
kpis:
  a: {source: s, use: iso22400.availability, window: 8h, elements: {PBT: _seconds}}
""")
    schema = {"ts": "TIMESTAMP", "ended": "TIMESTAMP", "state": "VARCHAR", **OWN}
    found, problems = bind(load_site(tmp_path), {"s": schema})
    assert problems == []
    assert found.kpis["a"].value.text == (
        "100 * sum((CASE WHEN state = 'run' THEN _seconds ELSE 0 END)) / sum(_seconds)"
    )


def test_a_fault_in_an_element_is_told_in_the_element(tmp_path: Path) -> None:
    head = "sources:\n  s: {files: a.csv, elements: {PQ: qty, SQ: scrp}}\nkpis:\n"
    lines = [
        "  a: {source: s, use: iso22400.scrap_ratio}",
        "  b: {source: s, use: iso22400.scrap_ratio, title: Again}",
        "  c: {source: s, use: iso22400.quality_ratio, elements: {GQ: qty - sum(scrap)}}",
        "  d: {source: s, use: iso22400.quality_ratio, elements: {GQ: name}}",
        "  e: {source: s, use: std.otif, elements: {ON_TIME: qty, IN_FULL: ok}}",
        "  f: {source: s, use: iso22400.quality_ratio, elements: {GQ: (SELECT 1)}}",
        "  g: {source: s, use: iso22400.rework_ratio, elements: {RQ: 'qty) + sum(scrap'}}",
        "  h: {source: s, use: iso22400.cp, elements: {X: qty, USL: 3, LSL: 1}}",
    ]
    (tmp_path / "site.yaml").write_text(head + "\n".join(lines))
    schemas = {"s": {"qty": "BIGINT", "scrap": "BIGINT", "name": "VARCHAR", "ok": "BOOLEAN"}}
    found, problems = bind(load_site(tmp_path), schemas)

    def at(line: int, under: str) -> str:
        return f"site.yaml:{line}:{(head + chr(10).join(lines)).splitlines()[line - 1].index(under) + 1} "

    told = [str(problem) for problem in problems]
    assert told == [
        at(2, "scrp") + "`s` has no column `scrp`, did you mean `scrap`?",
        at(6, "sum(") + "sum() is an aggregate; an element is about one row",
        at(7, "name") + "gives VARCHAR, expected a number; `columns` in its source can have it read as a number",
        at(8, "qty") + "gives BIGINT, expected a condition such as `column > 3`",
        at(9, "(SEL") + "a subquery is not allowed: an expression sees the rows of its source only",
        at(10, ") + sum") + 'SQL: syntax error at or near ")"',
        at(11, "iso") + "`s` has no column `_time`",
    ]
    assert set(found.broken) == set("abcdefgh")
