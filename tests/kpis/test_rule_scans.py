"""Rules that share a scan say what each would say by itself, and none takes anything from another."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.rules import evaluate_rules
from opsconsole.kpis.ruling import figures as figures_module
from opsconsole.kpis.ruling import outcome as outcome_module
from opsconsole.kpis.ruling import rows as rows_module
from opsconsole.kpis.ruling import silence as silence_module
from opsconsole.kpis.when import When, parse_when

from .plant import NOON, ago, bound, put, quick_database
from .test_rules import FRESH, alerts

BY: list[tuple[str, ...]] = [(), ("line",), ("station",), ("line", "station"), ("station", "line")]
WITHIN = [600, 900, 3600, 7200]
CONDITIONS = {"qty > 5": lambda row: row["qty"] is not None and row["qty"] > 5,
              "scrap is null": lambda row: row["scrap"] is None}  # fmt: skip

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "minutes": st.integers(-5, 130),
            "line": st.sampled_from(["A", "B", None]),
            "station": st.sampled_from([1, 2, None]),
            "qty": st.sampled_from([1, 6, 9, None]),
            "scrap": st.sampled_from([0, 1, None]),
        }
    ),
    max_size=25,
)
RULES = st.lists(
    st.tuples(
        st.sampled_from(sorted(CONDITIONS)), st.sampled_from(WITHIN), st.sampled_from(BY), st.integers(1, 4)
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


def fill(db: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> None:
    db.execute("DELETE FROM cycles")
    for row in rows:
        put(db, ago(0, row["minutes"]), **{name: value for name, value in row.items() if name != "minutes"})


def text_of(value: Any) -> str | None:
    return None if value is None else str(value)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, RULES, st.sampled_from([None, 20, 70]))
def test_counts_of_rows_by_any_labels_and_lengths(
    tmp_path: Path, rows: list[dict[str, Any]], rules: list[tuple[str, int, tuple[str, ...], int]], start: int | None
) -> None:
    text = "rules:\n" + "".join(
        f"  r{at}: {{source: cycles, rows: {condition}, within: {within}s, by: [{', '.join(by)}], at_least: {least}}}\n"
        for at, (condition, within, by, least) in enumerate(rules)
    )
    db, binding = quick_database(), bound(tmp_path, text)
    fill(db, rows)
    alert_from = ago(0, start) if start is not None else None
    found = evaluate_rules(db, binding, NOON, FRESH, alert_from)
    for at, (condition, within, by, least) in enumerate(rules):
        counted: Counter[tuple[str | None, ...]] = Counter(
            tuple(text_of(row[name]) for name in by)
            for row in rows
            if 0 <= row["minutes"] < within / 60
            and (start is None or row["minutes"] <= start)
            and CONDITIONS[condition](row)
        )
        expected = {members: count for members, count in counted.items() if count >= least}
        said = {tuple(one.labels[name] for name in by): one.value for one in found.observations if one.rule == f"r{at}"}
        assert said == expected, (condition, within, by, least)


COMPARISONS = ["< 3", "<= 3", "> 3", ">= 3", "= 3", "!= 3", "outside 2..4", "inside 2..4", "> -1", "< -1"]


@settings(deadline=None)
@given(st.lists(st.integers(-2, 6).map(float), max_size=12), st.sampled_from(COMPARISONS), st.sampled_from([0.0, 0.5]))
def test_who_is_beyond_a_limit_is_found_by_bisection(values: list[float], text: str, by: float) -> None:
    when = parse_when(text)
    assert isinstance(when, When)
    when = when.wider(by)
    ordered = sorted(values)
    places = [place for each in when.among(ordered) for place in each]
    assert [ordered[place] for place in places] == [value for value in ordered if when.met(value)]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.lists(st.tuples(st.sampled_from(COMPARISONS), st.sampled_from(BY)), min_size=1, max_size=6))
def test_values_of_kpis_by_any_labels(
    tmp_path: Path, rows: list[dict[str, Any]], rules: list[tuple[str, tuple[str, ...]]]
) -> None:
    text = "kpis:\n  k: {source: cycles, value: sum(qty) - 3, window: 1h}\nrules:\n" + "".join(
        f"  r{at}: {{kpi: k, when: '{when}', by: [{', '.join(by)}]}}\n" for at, (when, by) in enumerate(rules)
    )
    db, binding = quick_database(), bound(tmp_path, text)
    fill(db, rows)
    found = evaluate_rules(db, binding, NOON, FRESH, watched={})
    for at, (text, by) in enumerate(rules):
        sums: dict[tuple[str | None, ...], float] = {}
        for row in rows:
            if 0 <= row["minutes"] < 60 and row["qty"] is not None:
                members = tuple(text_of(row[name]) for name in by)
                sums[members] = sums.get(members, -3.0) + row["qty"]
        when = parse_when(text)
        assert when is not None
        expected = {members: value for members, value in sums.items() if when.met(value)}
        said = {tuple(one.labels[name] for name in by): one.value for one in found.observations if one.rule == f"r{at}"}
        assert said == expected, (text, by)


class Watching:
    """A cursor that counts the queries that read a table."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self.db = db
        self.scans: list[str] = []

    def execute(self, query: str, parameters: Any = None) -> Any:
        if 'FROM "cycles"' in query and not query.startswith("SELECT count(*), min(_time)"):
            self.scans.append(query)
        return self.db.execute(query, parameters)


def many(tmp_path: Path) -> Binding:
    rules = "".join(
        f"  r{at}: {{source: cycles, rows: qty > {at % 7}, within: {30 + at % 3 * 15}m, at_least: {at % 5 + 1}, "
        f"by: [{', '.join(BY[at % 5])}]}}\n"
        for at in range(60)
    )
    on_kpi = "".join(f"  k{at}: {{kpi: k, when: '> {at}', by: [{', '.join(BY[at % 5])}]}}\n" for at in range(60))
    kpi = "kpis:\n  k: {source: cycles, value: sum(qty), window: 1h}\n"
    return bound(tmp_path, f"{kpi}rules:\n{rules}{on_kpi}")


def test_many_rules_take_few_scans(tmp_path: Path) -> None:
    db, binding = quick_database(), many(tmp_path)
    for minutes in range(50):
        put(db, ago(0, minutes), line="AB"[minutes % 2], station=minutes % 3, qty=minutes % 9)
    cursor = Watching(db)
    found = evaluate_rules(cursor, binding, NOON, FRESH)
    assert len(cursor.scans) == 2
    assert len(alerts(found.observations)) > 200


def test_a_rule_that_fails_among_many_is_lost_alone(tmp_path: Path) -> None:
    text = "rules:\n" + "".join(
        f"  r{at}: {{source: cycles, rows: {'text::INTEGER > 3' if at == 23 else f'qty > {at}'}}}\n" for at in range(40)
    )
    db, binding = quick_database(), bound(tmp_path, text)
    put(db, ago(0, 5), qty=100, text="x")
    cursor = Watching(db)
    found = evaluate_rules(cursor, binding, NOON, FRESH)
    assert set(alerts(found.observations)) == {*(f"r{at}" for at in range(40) if at != 23), "error:r23"}
    assert [name for name, verdict in found.verdicts.items() if verdict.quality == "error"] == ["r23"]
    assert len(cursor.scans) < 14  # by halves, not one by one


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    for module in (outcome_module, rows_module, figures_module, silence_module):
        monkeypatch.setattr(module, "INSTANCES", 20)
    return 20


def test_a_careless_rule_takes_nothing_from_others(tmp_path: Path, few: int) -> None:
    """Of the careless one so many are watched as may be, the same ones each time; of the others all."""
    text = """\
kpis: {k: {source: cycles, value: sum(qty), window: 1h}}
rules:
  each: {source: cycles, rows: qty > 0, by: station}
  often: {source: cycles, rows: qty > 0, by: station, at_least: 2}
  other: {source: cycles, rows: qty > 8, by: station}
  kpi: {kpi: k, when: "> 0", by: station}
  hush: {source: cycles, silent: 1m, by: station}
"""
    db, binding = quick_database(), bound(tmp_path, text)
    for station in range(100):
        put(db, ago(0, 5), station=station, qty=9 if station >= 90 else 1)
    put(db, ago(0, 6), station=99, qty=1)
    found = evaluate_rules(db, binding, NOON, FRESH)
    said = Counter(one.rule for one in found.observations)
    assert said == {"each": few, "often": 1, "other": 10, "kpi": few, "hush": few, "many:each": 1, "many:kpi": 1,
                    "many:hush": 1}  # fmt: skip
    assert "100 instances; only 20 of them" in alerts(found.observations)["many:each"].text
    # those beyond are not known: an open alert of one of them is not back to normal
    assert {found.verdicts[name].absent for name in ("each", "kpi", "hush")} == {"stale"}
    assert {found.verdicts[name].absent for name in ("often", "other")} == {"normal"}
    put(db, ago(0, 1), station=95, qty=100)
    again = evaluate_rules(db, binding, NOON, FRESH)
    watched = [{one.labels["station"] for one in each.observations if one.rule == "each"} for each in (found, again)]
    assert watched[0] == watched[1]


def test_a_thousand_rules_with_nothing_to_say_make_nothing(tmp_path: Path) -> None:
    text = "kpis: {k: {source: cycles, value: sum(qty), window: 1h}}\nrules:\n" + "".join(
        f"  r{at}: {{kpi: k, when: '> {at + 10}', by: station}}\n" for at in range(1000)
    )
    db, binding = quick_database(), bound(tmp_path, text)
    for station in range(50):
        put(db, ago(0, 5), station=station, qty=11 if station == 7 else 1)
    found = evaluate_rules(db, binding, NOON, FRESH, watched={})
    assert [(one.rule, one.labels) for one in found.observations] == [("r0", {"station": "7"})]
    assert len(found.verdicts) == 1000
    assert found.at == (NOON + dt.timedelta()).timestamp()
