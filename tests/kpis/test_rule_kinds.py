"""Every kind of rule against the same computed by hand: changes, comparisons, recovery, due dates, silent groups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb
import pytest
from msgspec.structs import replace

from opsconsole.kpis.drill import subject_of_rule
from opsconsole.kpis.observation import Evaluation, Observation
from opsconsole.kpis.rules import Arrivals, evaluate_rules

from .plant import COLUMNS, NOON, ago, bound, problems_of, put, quick_database, rows
from .test_rules import FRESH, NOW, Totals, alerts

KPIS = """\
kpis:
  scrap: {source: cycles, title: Scrap, value: 100 * sum(scrap) / sum(qty), unit: "%", better: lower, window: 1h}
  output: {source: cycles, value: sum(qty), window: 2h}
  count: {source: cycles, value: count(*), window: 1h}
  daily: {source: cycles, value: sum(qty), window: day}
  total: {source: cycles, value: sum(qty), window: all}
rules:
"""


def found_by(db: duckdb.DuckDBPyConnection, folder: Path, rules: str, **more: object) -> Evaluation:
    return evaluate_rules(db, bound(folder, KPIS + rules), NOON, FRESH, **more)  # type: ignore[arg-type]


def said_of(found: Evaluation, rule: str) -> dict[tuple[str | None, ...], Observation]:
    return {tuple(one.labels.values()): one for one in found.observations if one.rule == rule}


# --- changes -----------------------------------------------------------------------------------------------------


def test_how_much_a_value_changed_within_so_long(tmp_path: Path) -> None:
    db = quick_database()
    # output over two hours, now and half an hour ago, by hand:
    put(db, ago(2, 20), line="A", qty=40)  # left the window since
    put(db, ago(1), line="A", qty=10)  # in both
    put(db, ago(0, 10), line="A", qty=100)  # came since
    put(db, ago(1), line="B", qty=50)
    put(db, ago(2, 20), line="C", qty=7)  # has no value now: sum() of nothing is none
    put(db, ago(9), line="A", qty=0)  # the source reaches back
    rules = """\
  up: {kpi: output, when: "> 50", change: 30m, by: line}
  more: {kpi: output, when: "> 100 %", change: 30m, by: line, priority: low}
  all: {kpi: output, when: "!= 0", change: 30m}
"""
    found = found_by(db, tmp_path, rules)
    up, more = said_of(found, "up"), said_of(found, "more")
    assert {key: one.value for key, one in up.items()} == {("A",): 60.0, ("B",): 0.0, ("C",): None}
    assert up["A",].text == "output +60 in 30 min (50 → 110), over 50 · line A"
    assert up["A",].priority == "warning"
    assert up["C",].quality == "stale"
    assert more["A",].value == 120.0
    assert more["A",].text == "output +120 % in 30 min (50 → 110), over 100 % · line A"
    # over all: A and B and C then 107, now 160
    assert said_of(found, "all")[()].value == 53.0


def test_a_change_is_only_told_where_the_rows_reach_back(tmp_path: Path) -> None:
    db = quick_database()
    put(db, ago(0, 50), qty=10)
    rules = '  up: {kpi: output, when: "> 1", change: 30m}\n  of_all: {kpi: total, when: "> 1", change: 30m}\n'
    found = found_by(db, tmp_path, rules)
    assert said_of(found, "up")[()].quality == "stale"
    put(db, ago(3), qty=1)
    put(db, ago(0, 10), qty=4)
    found = found_by(db, tmp_path, rules)
    assert said_of(found, "up")[()].value == 4.0 + 10 - 10  # what came since, in the window of two hours
    assert said_of(found, "of_all")[()].value == 4.0


def test_a_count_that_had_none_changed_from_zero(tmp_path: Path) -> None:
    db = quick_database()
    put(db, ago(4), line="A")
    put(db, ago(0, 10), line="B")
    found = found_by(db, tmp_path, '  r: {kpi: count, when: "> 0", change: 1h, by: line}\n')
    assert said_of(found, "r")["B",].value == 1.0
    percent = found_by(db, tmp_path, '  r: {kpi: count, when: "> 1 %", change: 1h, by: line}\n')
    assert said_of(percent, "r")["B",].quality == "stale"  # nobody can say by how many percent


def test_a_day_that_has_just_begun_has_no_value_of_before(tmp_path: Path) -> None:
    db = quick_database()
    midnight = dt.datetime(2026, 6, 23, 22, tzinfo=dt.UTC)  # of Berlin
    for minutes in (-600, -5, 2, 8):
        put(db, midnight + dt.timedelta(minutes=minutes), qty=10)
    binding = bound(tmp_path, KPIS + '  r: {kpi: daily, when: "> 1", change: 5m}\n')
    early = evaluate_rules(db, binding, midnight + dt.timedelta(minutes=4), FRESH)
    assert (early.verdicts["r"].quality, early.observations) == ("stale", [])
    later = evaluate_rules(db, binding, midnight + dt.timedelta(minutes=10), FRESH)
    assert said_of(later, "r")[()].value == 10.0


def test_a_value_against_that_of_another_period(tmp_path: Path) -> None:
    db = quick_database()
    for days, qty in ((0, 30), (1, 20), (7, 50), (8, 1)):
        put(db, ago(24 * days + 0.5), line="A", qty=qty, scrap=3)
    put(db, ago(1.5), line="A", qty=100, scrap=50)  # an hour before
    rules = """\
  day: {kpi: scrap, when: "< -4", against: day, by: line}
  week: {kpi: scrap, when: "> 50 %", against: week, by: line}
  before: {kpi: scrap, when: "< -1", against: before}
"""
    found = found_by(db, tmp_path, rules)
    day, week = said_of(found, "day")["A",], said_of(found, "week")["A",]
    assert day.value == pytest.approx(100 * 3 / 30 - 100 * 3 / 20)
    assert day.text == "Scrap -5 % against the same 1 h yesterday (15 % → 10 %), under -4 % · line A"
    assert week.value == pytest.approx(100 * (10 - 6) / 6)
    assert said_of(found, "before")[()].value == pytest.approx(10 - 50)


def test_comparisons_that_a_window_never_has_are_refused(tmp_path: Path) -> None:
    rules = """\
  a: {kpi: total, when: "> 1", against: week}
  b: {kpi: month, when: "> 1", against: week}
  c: {kpi: untimed, when: "> 1", change: 1h}
  d: {kpi: output, when: "outside 2..4", deadband: 1}
"""
    kpis = KPIS.replace(
        "rules:",
        "  month: {source: cycles, value: sum(qty), window: month}\n"
        "  untimed: {source: orders, value: count(*)}\nrules:",
    )
    assert [str(each) for each in problems_of(tmp_path, kpis + rules)] == [
        "site.yaml:17:41 `against`: `total` is about all rows, so there is no period before",
        "site.yaml:18:41 `against`: a window of month is never compared with that of a week earlier",
        "site.yaml:19:42 `change`: the rows of `untimed` have no time column",
        "site.yaml:20:52 `deadband`: 1 is at least half of the range, so that it would never be over",
    ]


# --- deadband and recovery ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "held", "over"),
    [
        ("> 10", 8.5, 8.0), ("< 10", 11.5, 12.0), (">= 10", 8.0, 7.5), ("outside 4..20", 5.5, 6.0),
        ("inside 4..8", 10.0, 10.5),
    ],
)  # fmt: skip
def test_a_deadband_holds_what_was_raised(tmp_path: Path, when: str, held: float, over: float) -> None:
    """A value by so much on the good side of the limit is over, one nearer to it is held."""
    binding = bound(tmp_path, KPIS + f'  r: {{kpi: scrap, when: "{when}", deadband: 2, priority: critical}}\n')
    for value, kept in ((held, "critical"), (over, None)):
        db = quick_database()
        put(db, ago(0, 30), qty=200, scrap=round(value * 2))
        (one,) = evaluate_rules(db, binding, NOON, FRESH).observations
        assert (one.value, one.priority, one.kept) == (value, None, kept)


def test_a_deadband_moves_each_of_a_kpis_own_limits(tmp_path: Path) -> None:
    binding = bound(
        tmp_path,
        KPIS.replace("window: 1h}\n  output", "warning: 3, critical: 5, window: 1h}\n  output")
        + "  own: {kpi: scrap, deadband: 1}\n  to_recover: {kpi: scrap, recover: '< 1'}\n",
    )
    kept = {6: ("critical", "warning"), 5: ("critical", "warning"), 4: ("warning", "warning"),
            3: ("warning", "warning"), 2: (None, "warning"), 1: (None, "warning"), 0: (None, None)}  # fmt: skip
    for value, expected in kept.items():
        db = quick_database()
        put(db, ago(0, 30), qty=100, scrap=value)
        found = evaluate_rules(db, binding, NOON, FRESH)
        assert (said_of(found, "own")[()].kept, said_of(found, "to_recover")[()].kept) == expected


def test_a_band_around_a_target_has_a_deadband_too(tmp_path: Path) -> None:
    card = "value: avg(qty), better: target, target: 30, tolerance: 4, window: 1h"
    kpis = f"kpis:\n  takt: {{source: cycles, {card}}}\nrules:\n"
    binding = bound(tmp_path, kpis + "  r: {kpi: takt, deadband: 1.5}\n")
    for value, priority, kept in (
        (35, "warning", "warning"),
        (33, None, "warning"),
        (27, None, "warning"),
        (32, None, None),
    ):
        db = quick_database()
        put(db, ago(0, 30), qty=value)
        (one,) = evaluate_rules(db, binding, NOON, FRESH).observations
        assert (one.priority, one.kept) == (priority, kept)
    assert "the distance from the target that is allowed" in str(
        problems_of(tmp_path, kpis + "  r: {kpi: takt, deadband: 4}\n")
    )


def test_rows_are_over_when_a_later_one_has_recovered(tmp_path: Path) -> None:
    rule = "  hot: {source: cycles, rows: qty > 80, recover: qty < 70, within: 1h, by: line}\n"
    binding = bound(tmp_path, KPIS + rule)
    db = quick_database()
    for line, minutes, qty in (
        ("raised", 10, 81), ("over", 90, 81), ("over", 30, 69), ("held", 90, 81), ("held", 30, 75), ("again", 30, 69),
        ("again", 20, 81), ("gone", 90, 81),
    ):  # fmt: skip
        put(db, ago(0, minutes), line=line, qty=qty)
    found = evaluate_rules(db, binding, NOON, FRESH)
    said = {key[0]: (one.priority, one.kept) for key, one in said_of(found, "hot").items()}
    assert said == {
        "raised": ("warning", None),
        "over": (None, None),
        "held": (None, "warning"),
        "again": ("warning", None),
    }
    # a group of which nothing is heard is not said to be well
    assert found.verdicts["hot"].absent == "stale"
    twice = bound(tmp_path, KPIS + rule.replace("within: 1h", "within: 1h, at_least: 2"))
    kept = said_of(evaluate_rules(db, twice, NOON, FRESH), "hot")
    assert {key[0] for key, one in kept.items() if one.kept} == {"raised", "held", "again"}


# --- due dates ------------------------------------------------------------------------------------------------------


def test_what_is_due_and_not_done(tmp_path: Path) -> None:
    """`ts` is in the site's zone: 14:00 in Berlin is noon UTC. The time of the row does not matter."""
    rules = """\
  late: {source: cycles, due: ts, unless: scrap = 1, by: line}
  soon: {source: cycles, due: TS, unless: scrap = 1, ahead: 30m, at_least: 2}
"""
    db = quick_database()
    local = dt.datetime(2026, 6, 24, 14, 0)
    for line, minutes, done in (("A", 0, 0), ("B", 1, 0), ("C", -600, 1), ("D", -60, None), ("E", 31, 0), ("F", 30, 0)):
        put(db, None, line=line, scrap=done, ts=local + dt.timedelta(minutes=minutes))
    put(db, None, line="G", scrap=0)
    found = found_by(db, tmp_path, rules, alert_from=NOON)
    assert {key[0] for key in said_of(found, "late")} == {"A", "D"}
    assert said_of(found, "late")["D",].text == "1 row past due by ts · line D"
    assert said_of(found, "soon")[()].value == 4.0
    assert said_of(found, "soon")[()].text == "4 rows due within 30 min by TS"
    binding = bound(tmp_path, KPIS + rules)
    page = rows(db, binding, subject_of_rule(binding, "late", NOON), {"line": "A"})
    assert page.total == 1


def test_a_date_is_due_until_its_last_moment(tmp_path: Path) -> None:
    from opsconsole.kpis.bind import bind

    from .plant import SCHEMAS, load

    db = quick_database()
    db.execute("ALTER TABLE cycles ADD COLUMN promised DATE")
    db.execute("INSERT INTO cycles (promised) VALUES ('2026-06-24')")
    loaded = load(tmp_path, "rules:\n  r: {source: cycles, due: promised}\n  bad: {source: cycles, due: text}\n")
    binding, problems = bind(loaded, {**SCHEMAS, "cycles": {**COLUMNS, "promised": "DATE"}})
    assert [str(each) for each in problems] == [
        "site.yaml:10:30 `due`: `text` is VARCHAR, expected a time, a date or seconds since 1970"
    ]
    end = dt.datetime(2026, 6, 24, 22, tzinfo=dt.UTC)  # midnight in Berlin
    assert evaluate_rules(db, binding, end - dt.timedelta(seconds=1), FRESH).observations == []
    assert "r" in alerts(evaluate_rules(db, binding, end, FRESH).observations)


# --- silence of groups ----------------------------------------------------------------------------------------------


def test_a_group_that_was_there_falls_silent(tmp_path: Path) -> None:
    rule = "  hush: {source: cycles, silent: 30m, within: 6h, by: [line, station]}\n"
    db = quick_database()
    for line, minutes in (("fresh", 10), ("edge", 30), ("silent", 31), ("silent", 90), (None, 40), ("forgotten", 360)):
        put(db, ago(0, minutes), line=line, station=1)
    put(db, ago(0, -5), line="later", station=1)
    binding = bound(tmp_path, KPIS + rule)
    found = evaluate_rules(db, binding, NOON, FRESH, ago(0, 5))
    assert set(alerts(found.observations)) == {"hush['silent', '1']", "hush[None, '1']"}
    one = alerts(found.observations)["hush['silent', '1']"]
    assert (one.value, one.limit) == (1860.0, 1800.0)
    assert one.text == "cycles has been silent for more than 30 min · line silent, station 1"
    # one that is forgotten is not back: its alert stays, as missing data
    assert found.verdicts["hush"].absent == "stale"
    put(db, ago(0, 2), line="silent", station=1)
    back = evaluate_rules(db, binding, NOON, FRESH)
    assert said_of(back, "hush")["silent", "1"].priority is None


def test_groups_of_a_stale_source_are_not_known(tmp_path: Path) -> None:
    db, binding = quick_database(), bound(tmp_path, KPIS + "  hush: {source: cycles, silent: 30m, by: line}\n")
    put(db, ago(2), line="A")
    site = binding.site
    cycles = replace(site.sources["cycles"], fresh_within=900.0)
    stale = replace(binding, site=replace(site, sources=site.sources | {"cycles": cycles}))
    late = Arrivals(totals={"cycles": Totals(last_arrival=NOW - 901)}, wall=NOW, started=NOW)
    assert evaluate_rules(db, stale, NOON, late).verdicts["hush"].quality == "stale"
    assert "hush['A']" in alerts(evaluate_rules(db, stale, NOON, FRESH).observations)


# --- what is said at all --------------------------------------------------------------------------------------------


def test_nothing_is_said_of_instances_that_nobody_waits_for(tmp_path: Path) -> None:
    rules = """\
  high: {kpi: output, when: "> 5", by: line}
  hot: {source: cycles, rows: qty > 5, recover: qty < 3, by: line}
  hush: {source: cycles, silent: 30m, by: line}
  part: {kpi: count, when: "> 5", by: line}
  both: {combine: part and high}
"""
    db = quick_database()
    for line, qty in (("A", 9), ("B", 4), ("C", 4), ("D", None)):
        put(db, ago(0, 20), line=line, qty=qty)
    open_ones: Mapping[str, Collection[dict[str, str | None]]] = {
        "high": [{"line": "B"}, {"line": "D"}, {"line": "gone"}], "hot": [{"line": "C"}], "hush": [{"line": "C"}],
    }  # fmt: skip
    whole = found_by(db, tmp_path, rules.replace("  both: {combine: part and high}\n", ""))
    less = found_by(db, tmp_path, rules.replace("part and high", "part"), watched=open_ones)
    said = {f"{one.rule} {one.labels['line']}" for one in less.observations}
    assert said == {"high A", "high B", "high D", "hot A", "hot C", "hush C", *(f"part {line}" for line in "ABCD")}
    both = {(one.rule, tuple(one.labels.values())): one for one in whole.observations}
    assert all(both[one.rule, tuple(one.labels.values())] == one for one in less.observations)
    assert less.verdicts["both"].combine
    assert less.verdicts["high"] == whole.verdicts["high"]


def test_rows_that_came_late_count_from_then_on(tmp_path: Path) -> None:
    rules = '  up: {kpi: output, when: "> 1", change: 30m}\n  two: {source: cycles, rows: qty > 1, at_least: 2}\n'
    binding = bound(tmp_path, KPIS + rules)
    db = quick_database()
    put(db, ago(5), qty=1)
    put(db, ago(0, 10), qty=9)
    put(db, ago(1), qty=3)
    first = evaluate_rules(db, binding, NOON, FRESH)
    assert (said_of(first, "up")[()].value, said_of(first, "two")) == (9.0, {})
    put(db, ago(0, 50), qty=100)  # before both moments: it changes what was, and is an alert's row all the same
    later = evaluate_rules(db, binding, NOON, FRESH)
    assert said_of(later, "up")[()].value == 9.0
    assert said_of(later, "up")[()].text == "output +9 in 30 min (103 → 112), over 1"
    assert said_of(later, "two")[()].value == 2.0
