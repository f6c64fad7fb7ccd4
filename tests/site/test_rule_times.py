"""`every` and `during` of a rule: what they are read as, and what does not fit to them."""

from __future__ import annotations

import datetime as dt

from opsconsole.site.hours import applies
from opsconsole.site.model import Site
from opsconsole.site.parse import Loaded, parse_site

HEAD = """\
timezone: Europe/Berlin
calendar:
  shifts: [{name: Early, start: "06:00", end: "14:00"}, {name: Night, start: "22:00", end: "06:00"}]
  holidays: {add: {2026-06-24: Local holiday}}
sources: {a: {files: a.csv, time: t}, b: {files: b.csv}}
kpis: {k: {source: a, value: avg(x), window: day}}
rules:
"""


def parsed(rules: str) -> Loaded:
    return parse_site((HEAD + rules).encode(), lambda folder: {})


def site(rules: str) -> Site:
    loaded = parsed(rules)
    assert loaded.site is not None, [str(problem) for problem in loaded.problems]
    return loaded.site


def wrong(rules: str) -> list[str]:
    return [problem.message for problem in parsed(rules).problems]


def test_a_step_of_its_own_and_single_rows() -> None:
    rules = site("  r: {source: b, rows: x > 1, every: row, by: [u]}\n  d: {kpi: k, when: '> 1', every: 1d}\n").rules
    assert (rules["r"].per_row, rules["r"].every) == (True, None)
    assert (rules["d"].per_row, rules["d"].every) == (False, 86400.0)


def test_what_does_not_fit_is_said_at_its_place() -> None:
    assert wrong("  r: {kpi: k, when: '> 1', every: rows}\n") == [
        "`every`: expected a duration such as 5m or 1d, or `row`, found `rows`"
    ]
    assert wrong("  r: {kpi: k, when: '> 1', every: row}\n") == ["`every`: `row` has a meaning only with `rows`"]
    assert wrong("  r: {source: a, rows: x > 1, every: row, at_least: 2}\n") == [
        "`at_least`: with `every: row` each row counts by itself"
    ]
    assert wrong("  r: {source: a, rows: x > 1, within: 5m, every: 5m, for: 10m}\n") == [
        "`for`: has no meaning here: each stretch of `every` is an occurrence that is over at once"
    ]
    assert wrong("  r: {kpi: k, when: '> 1', every: 1d, clear: 10m}\n") == [
        "`clear`: has no meaning here: each stretch of `every` is an occurrence that is over at once"
    ]
    assert wrong("  r: {kpi: k, when: '> 1', during: [Earlz]}\n") == [
        "`during`: unknown shift `Earlz`, did you mean `Early`?"
    ]
    assert wrong("  r: {source: a, rows: x > 1, every: row}\n  c: {combine: r}\n") == [
        "`combine`: `r` counts occurrences (`every`), which are over at once"
    ]
    assert wrong("  r: {source: a, rows: x > 1, within: 1h, every: 5m, for: 10m}\n") == []


def test_hours_are_those_of_shifts_as_they_are_worked() -> None:
    plant = site("  r: {kpi: k, when: '> 1'}\n")

    def at(text: str) -> dt.datetime:
        return dt.datetime.fromisoformat(text + "+02:00")

    assert applies(plant, (), at("2026-06-23T03:00"))
    assert applies(plant, ("Early",), at("2026-06-23T06:00"))
    assert not applies(plant, ("Early",), at("2026-06-23T14:00"))
    assert not applies(plant, ("Early",), at("2026-06-24T06:00")), "a holiday"
    assert applies(plant, ("Night",), at("2026-06-24T05:59")), "the night that began the day before goes on"
    assert applies(plant, ("working", "Early"), at("2026-06-23T23:00"))
    assert not applies(plant, ("working",), at("2026-06-23T15:00"))
