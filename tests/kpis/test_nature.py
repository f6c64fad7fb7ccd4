"""Tests of `opsconsole.kpis.nature`: between what a KPI lies, by its expression and its past."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.nature import ends
from tests.kpis.plant import bound

SITE = """\
kpis:
  stops: {source: cycles, value: count(*), window: 1h}
  share: {source: cycles, value: 100 * count(*) FILTER (WHERE scrap > 0) / count(*), unit: "%", window: 1h}
  per_line: {source: cycles, value: count(*) / count(line), window: 1h}
  cost: {source: cycles, value: avg(cost), window: 1h}
  scrap: {source: cycles, value: 100 * sum(scrap) / sum(qty), range: [0, 100], window: 1h}
"""


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Binding:
    folder: Path = tmp_path_factory.mktemp("nature")
    return bound(folder, SITE)


@pytest.mark.parametrize(
    ("kpi", "past", "found"),
    [
        ("stops", [3.0, 900.0], (0.0, math.inf)),
        ("share", [2.0, 100.0, np.nan], (0.0, 100.0)),
        ("per_line", [0.5, 1.0], (0.0, 1.0)),
        ("per_line", [0.5, 12.0], (0.0, math.inf)),
        ("cost", [3.0, 4.0], (-math.inf, math.inf)),
        ("scrap", [3.0, 4.0], (0.0, 100.0)),
    ],
)
def test_between_what_a_kpi_lies(site: Binding, kpi: str, past: list[float], found: tuple[float, float]) -> None:
    assert ends(site.kpis[kpi], np.array([past])) == found
