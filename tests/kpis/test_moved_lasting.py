"""Rows that last, compared and explained: seconds of a stretch, members by their share of it, and the SQL of it."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pytest

from opsconsole.kpis.behind import behind
from opsconsole.kpis.compare import compare
from opsconsole.kpis.dimensions import dimensions
from opsconsole.kpis.drill import breakdown, measure_among
from opsconsole.kpis.moved import moved
from tests.kpis.test_lasting import NOON, SHARE, Stay, among, bound, filled, share

KPIS = f"""\
  down: {{source: states, value: {SHARE}, better: lower, window: 2h, by: [machine]}}
  hours: {{source: states, value: sum(_seconds) / 3600, where: _seconds > 60, window: 2h, by: [machine]}}
  ever: {{source: states, value: sum(_seconds), window: all}}
"""


def before(hours: float) -> dt.datetime:
    return NOON - dt.timedelta(hours=hours)


STAYS = [
    Stay("a", "up", before(200), before(3)),
    Stay("a", "down", before(3), before(1.5)),
    Stay("a", "up", before(1.5), None),
    Stay("b", "up", before(30), before(2.25)),
    Stay("b", "down", before(2.25), before(0.25)),
    Stay("b", "up", before(0.25), None),
]


def test_seconds_of_each_stretch_are_compared_and_explained(tmp_path: Path) -> None:
    binding, cursor = bound(tmp_path, KPIS), filled(STAYS)
    now = share(among(STAYS, before(2), NOON))
    then = share(among(STAYS, before(4), before(2)))
    assert now is not None
    assert then is not None
    compared = compare(cursor, binding, "down", {}, NOON, likes=3)
    assert compared.value == pytest.approx(now)
    assert compared.comparisons[0].value == pytest.approx(then)
    found = moved(cursor, binding, "down", {}, NOON)
    assert found.change == pytest.approx(now - then)
    movers = found.dimensions[0].movers
    assert [mover.name for mover in movers] == ["b", "a"]
    assert math.fsum(mover.contribution or 0.0 for mover in movers) == pytest.approx(now - then)
    assert [mover.verdict for mover in movers] == ["worse", "better"]
    assert [each.name for each in dimensions(cursor, binding, "down", NOON)] == ["machine", "state"]


@pytest.mark.parametrize("kpi", ["down", "hours", "ever"])
def test_the_sql_gives_the_same(tmp_path: Path, kpi: str) -> None:
    binding, cursor = bound(tmp_path, KPIS), filled(STAYS)
    known = measure_among(cursor, binding, kpi, {"machine": "a"}, NOON).value
    assert known is not None
    assert cursor.execute(behind(binding, kpi, "value", {"machine": "a"}, NOON)).fetchall() == [(pytest.approx(known),)]
    split = breakdown(cursor, binding, kpi, "machine", {}, NOON)
    found = cursor.execute(behind(binding, kpi, "breakdown", {}, NOON, "machine")).fetchall()
    assert {row[0]: row[1] for row in found} == pytest.approx(dict(zip(split.members, split.values, strict=True)))
