"""From a number to its members, to its rows, to file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsconsole.kpis.drill import breakdown, subject_of_kpi, subject_of_rule

from .plant import NOON, ago, bound, put, quick_database, rows

SITE = """\
kpis:
  scrap: {source: cycles, value: 100 * sum(scrap) / sum(qty), where: qty > 0, window: 8h, by: [line]}
rules:
  big: {source: cycles, rows: scrap > 5, within: 1h, by: [line]}
  hush: {source: cycles, silent: 30m}
  high: {kpi: scrap, when: "> 5"}
"""


def test_a_breakdown_within_chosen_members(tmp_path: Path) -> None:
    db, binding = quick_database(), bound(tmp_path, SITE)
    put(db, ago(20), qty=1)
    for line, station, scrap in (("A", 1, 1), ("A", 2, 5), (None, 1, 9), ("A", 2, 7), ("O'Hara", 1, 3)):
        put(db, ago(1), line=line, station=station, qty=100, scrap=scrap)
    found = breakdown(db, binding, "scrap", "station", {"line": "A"}, NOON)
    assert (found.members, found.values, found.rows) == (["2", "1"], [6.0, 1.0], [2, 1])
    assert breakdown(db, binding, "scrap", "station", {"line": None}, NOON).values == [9.0]
    assert breakdown(db, binding, "scrap", "station", {"LINE": "O'Hara", "station": "1"}, NOON).values == [3.0]
    assert breakdown(db, binding, "scrap", "station", {"line": "Z"}, NOON).members == []


@pytest.mark.parametrize(("kpi", "by"), [("nope", "line"), ("scrap", "nope")])
def test_unknown_names_are_said(tmp_path: Path, kpi: str, by: str) -> None:
    with pytest.raises(LookupError, match="nope"):
        breakdown(quick_database(), bound(tmp_path, SITE), kpi, by, {}, NOON)


def test_the_rows_behind_a_kpi_are_those_it_was_made_of(tmp_path: Path) -> None:
    db, binding = quick_database(), bound(tmp_path, SITE)
    put(db, ago(8), qty=1)
    put(db, ago(7), qty=0)
    put(db, ago(6), qty=3, line="A")
    put(db, ago(5), qty=4, line="B")
    assert rows(db, binding, subject_of_kpi(binding, "scrap", NOON), {}).lines == [4, 3]
    assert rows(db, binding, subject_of_kpi(binding, "scrap", NOON), {"line": "A"}).lines == [3]
    assert rows(db, binding, subject_of_rule(binding, "high", NOON), {"line": "A"}).lines == [3]


def test_the_rows_behind_a_rule(tmp_path: Path) -> None:
    db, binding = quick_database(), bound(tmp_path, SITE)
    put(db, ago(1), scrap=9)
    put(db, ago(0, 50), scrap=9)
    put(db, ago(0, 40), scrap=5)
    put(db, ago(0, 30), scrap=6)
    assert rows(db, binding, subject_of_rule(binding, "big", NOON), {}).lines == [4, 2]
    assert rows(db, binding, subject_of_rule(binding, "big", NOON, ago(0, 45)), {}).lines == [4]
    assert rows(db, binding, subject_of_rule(binding, "hush", NOON), {}).total == 4
