"""What rules cost: a thousand of them in one evaluation, beside SQL written by hand and beside a query for each."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import duckdb

from opsconsole.alerts.book import AlertBook
from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.rules import Arrivals, evaluate_rules
from opsconsole.site.parse import load_site
from opsconsole.tables import touched
from opsconsole.tables.store import Store
from tests.benchmarks.common import spread

END = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
RULES, DAYS = 1000, 100
LABELS = {"line": 12, "station": 40, "product": 100}
NUMBERS = ("qty", "scrap", "seconds", "power", "temp", "wait")
SCHEMA = {
    "ts": "TIMESTAMP", **dict.fromkeys(LABELS, "VARCHAR"), **dict.fromkeys(NUMBERS, "INTEGER"), "_file": "INTEGER",
    "_line": "BIGINT", "_time": "TIMESTAMP",
}  # fmt: skip
BY: tuple[tuple[str, ...], ...] = ((), ("line",), ("station",), ("product",), ("line", "station"))
KPIS = {
    "output": "sum(qty)", "scrapped": "100 * sum(scrap) / sum(qty)", "cycle": "avg(seconds)", "longest": "max(seconds)",
    "energy": "sum(power)", "per_piece": "sum(power) / sum(qty)", "hot": "max(temp)", "warm": "avg(temp)",
    "waiting": "avg(wait)", "waited": "sum(wait)", "lowest": "min(temp)", "events": "count(*)",
}  # fmt: skip
CONDITIONS = ("scrap > 97", "seconds > 98", "temp > 96", "wait > 98 AND qty < 50", "power > 98", "qty = 0")
Raised = set[tuple[str, ...]]


class Rule(NamedTuple):
    """A rule as an analyst would keep it: a figure, whom it is for, and a limit."""

    name: str
    figure: int
    by: tuple[str, ...]
    sign: str
    limit: float


def table(folder: Path, rows: int) -> Store:
    """A store with `rows` rows of a shop floor, evenly over the days before `END`; made once."""
    store = Store.open(folder / f"floor-{rows}" / "tables.duckdb")
    with store.cursor() as cursor:
        if not cursor.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'rows'").fetchall():
            labels = ", ".join(
                f"'{name} ' || (hash(i + {at}) % {many}) AS {name}" for at, (name, many) in enumerate(LABELS.items())
            )
            numbers = ", ".join(f"CAST(hash(i * {at + 3}) % 100 AS INTEGER) AS {n}" for at, n in enumerate(NUMBERS))
            last = END.replace(tzinfo=None).isoformat(sep=" ")
            back = f"to_microseconds(CAST(({rows} - 1 - i) * {DAYS * 86_400e6 / rows} AS BIGINT))"
            cursor.execute(
                f"CREATE TABLE rows AS SELECT t AS ts, {labels}, {numbers}, 1::INTEGER AS _file, i AS _line, "
                f"t AS _time FROM (SELECT i, TIMESTAMP '{last}' - {back} AS t FROM range({rows}) AS r(i)) ORDER BY t"
            )
            touched.whole(cursor, "rows")
            cursor.execute("CHECKPOINT")
    return store


def figures() -> list[str]:
    """All that rules look at, as SQL: the KPIs, and counts of rows that meet a condition."""
    return [*KPIS.values(), *(f"count(*) FILTER (WHERE {text})" for text in CONDITIONS)]


def within(hours: float) -> str:
    """The rows of the last so many hours."""
    end = END.replace(tzinfo=None)
    return f"_time > TIMESTAMP '{end - dt.timedelta(hours=hours)}' AND _time <= TIMESTAMP '{end}'"


def rules(cursor: duckdb.DuckDBPyConnection, hours: float) -> list[Rule]:
    """A thousand rules with limits of their own: each tenth is passed by about one group in fifty, the others not."""
    spreads = {}
    for by in BY:
        grouped = f" GROUP BY {', '.join(by)}" if by else ""
        found = cursor.execute(f"SELECT {', '.join(figures())} FROM rows WHERE {within(hours)}{grouped}").fetchall()
        spreads[by] = [sorted(float(value) for value in column) for column in zip(*found, strict=True)]
    made = []
    for at in range(RULES):
        figure, by = at % len(figures()), BY[at // len(figures()) % len(BY)]
        values, step = spreads[by][figure], at // (len(figures()) * len(BY))
        counted = figure >= len(KPIS)
        high = counted or step % 2 == 0
        rank = len(values) // 50 if at % 10 == 0 else 0
        more = 1 + step if counted and not rank else (step + 1) / 1000
        limit = (values[-1 - rank] if high else values[rank]) + (more if high else -more)
        sign = ">=" if counted else ">" if high else "<"
        made.append(Rule(f"r{at}", figure, by, sign, float(max(1, round(limit))) if counted else limit))
    return made


def site_of(folder: Path, made: list[Rule], hours: float) -> Binding:
    """A site with these rules, bound."""
    length = f"{hours:g}h"
    kpis = "".join(f"  {name}: {{source: rows, value: {text}, window: {length}}}\n" for name, text in KPIS.items())
    lines = []
    for rule in made:
        by = f"by: [{', '.join(rule.by)}]"
        if rule.figure < len(KPIS):
            lines.append(f"{{kpi: {list(KPIS)[rule.figure]}, when: '{rule.sign} {rule.limit!r}', {by}}}")
        else:
            condition = CONDITIONS[rule.figure - len(KPIS)]
            least = f"at_least: {rule.limit:.0f}, within: {length}"
            lines.append(f"{{source: rows, rows: {condition}, {least}, {by}}}")
    listed = "".join(f"  {rule.name}: {line}\n" for rule, line in zip(made, lines, strict=True))
    folder.mkdir(parents=True, exist_ok=True)
    source = "sources: {rows: {files: none.csv, time: ts, dimensions: [line]}}\n"
    (folder / "site.yaml").write_text(f"site: Bench\nalert_from: all\n{source}kpis:\n{kpis}rules:\n{listed}")
    (folder / "layouts").mkdir(exist_ok=True)
    (folder / "layouts" / "overview.yaml").write_text("rows:\n- [{kpi: output}]\n")
    binding, problems = bind(load_site(folder), {"rows": SCHEMA})
    assert not problems, problems[:3]
    return binding


def by_hand(cursor: duckdb.DuckDBPyConnection, hours: float) -> Raised:
    """One scan for all: GROUPING SETS, UNPIVOT, and a join with the table of rules."""
    labels = ", ".join(LABELS)
    listed = ", ".join(f"CAST({text} AS DOUBLE) AS f{at}" for at, text in enumerate(figures()))
    sets = ", ".join(f"({', '.join(by)})" for by in BY)
    found = cursor.execute(
        f"WITH g AS (SELECT GROUPING({labels}) AS mask, {labels}, {listed} FROM rows WHERE {within(hours)} "
        f"GROUP BY GROUPING SETS ({sets})), "
        f"u AS (UNPIVOT g ON {', '.join(f'f{at}' for at in range(len(figures())))} INTO NAME figure VALUE v) "
        f"SELECT name, {labels} FROM u JOIN kept_rules USING (mask, figure) "
        "WHERE (sign = '>' AND v > lim) OR (sign = '<' AND v < lim) OR (sign = '>=' AND v >= lim)"
    ).fetchall()
    return {(name, *(member for member in members if member is not None)) for name, *members in found}


def keep(cursor: duckdb.DuckDBPyConnection, made: list[Rule]) -> None:
    """The table of rules that the SQL by hand joins with."""
    names = list(LABELS)
    cursor.execute("CREATE OR REPLACE TEMP TABLE kept_rules (name TEXT, figure TEXT, mask INT, sign TEXT, lim DOUBLE)")
    cursor.executemany(
        "INSERT INTO kept_rules VALUES (?, ?, ?, ?, ?)",
        [
            (
                rule.name,
                f"f{rule.figure}",
                sum(1 << (len(names) - 1 - at) for at, name in enumerate(names) if name not in rule.by),
                rule.sign,
                rule.limit,
            )
            for rule in made
        ],
    )


def one_by_one(cursor: duckdb.DuckDBPyConnection, made: list[Rule], hours: float) -> Raised:
    """A query for each rule."""
    raised: Raised = set()
    for rule in made:
        members = ", ".join(rule.by) or "1"
        grouped = f" GROUP BY {', '.join(rule.by)}" if rule.by else ""
        found = cursor.execute(
            f"SELECT {members} FROM rows WHERE {within(hours)}{grouped} "
            f"HAVING {figures()[rule.figure]} {rule.sign} {rule.limit!r}"
        ).fetchall()
        raised |= {(rule.name, *(row if rule.by else ())) for row in found}
    return raised


class Ours:
    """An evaluation as the engine makes it."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, binding: Binding) -> None:
        self._cursor = cursor
        self._binding = binding
        self.book = AlertBook(binding.site)
        now = END.timestamp()
        self._arrivals = Arrivals({}, now, now)

    def evaluate(self) -> Raised:
        """All rules once; who is raised, but for members that have no rows any more, of which SQL by hand is silent."""
        found = evaluate_rules(self._cursor, self._binding, END, self._arrivals, watched=self.book.watched())
        return {
            (one.rule, *(member or "" for member in one.labels.values()))
            for one in found.observations
            if one.priority is not None and one.value
        }

    def through(self) -> None:
        """The same, through the book of alerts."""
        self.book.observe(evaluate_rules(self._cursor, self._binding, END, self._arrivals, watched=self.book.watched()))


def many_rules(folder: Path, rows: int) -> None:
    """A thousand rules over the last shift, and over all rows.

    Over all rows a query for each rule is made for each twentieth only: a thousand would take minutes.
    """
    store = table(folder, rows)
    for hours, runs, sample in ((8.0, 15, 1), (24.0 * DAYS, 3, 20)):
        with store.cursor() as cursor:
            made = rules(cursor, hours)
            keep(cursor, made)
            ours = Ours(cursor, site_of(folder / f"site-{hours:g}", made, hours))
            raised = ours.evaluate()
            assert raised == by_hand(cursor, hours)
            ours.through()
            own, hand, booked = [], [], []
            for _ in range(runs):  # in turn, so that what else the machine does falls on all alike
                own.append(once(ours.evaluate))
                hand.append(once(partial(by_hand, cursor, hours)))
                booked.append(once(ours.through))
            few = made[::sample]
            loop = once(partial(one_by_one, cursor, few, hours)) * len(made) / len(few)
            assert one_by_one(cursor, few[:50], hours) <= raised
        ratio = statistics.median(a / b for a, b in zip(own, hand, strict=True))
        print(
            f"| {RULES} rules over {hours:g} h of {rows / 1e6:g} M rows, {len(raised)} alerts | {spread(own)} "
            f"| {ratio:.2f}x SQL by hand ({spread(hand)}), 1/{loop / statistics.median(own):.0f} of a query each; "
            f"with the book {spread(booked)} |",
            flush=True,
        )
    store.close()


def once(work: Callable[[], object]) -> float:
    """Seconds that something takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


RULING: dict[str, Callable[[Path, int], None]] = {"rules": many_rules}
