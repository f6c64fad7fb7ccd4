"""The figures of a real year of flights, known from elsewhere."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from opsconsole.kpis.bind import bind
from opsconsole.kpis.evaluate import evaluate
from opsconsole.site.parse import load_site

from .plant import NOON

FLIGHTS = Path(__file__).parents[2] / "seeds" / "airport" / "flights.parquet"
SITE = """\
site: Airport
timezone: America/New_York
sources:
  flights: {files: "*.parquet", time: time_hour, dimensions: [carrier, origin]}
kpis:
  flights: {source: flights, value: count(*), window: all}
  cancelled: {source: flights, value: count(*), where: dep_time IS NULL, window: all}
  delay: {source: flights, value: avg(dep_delay), unit: min, window: all}
  on_time_arrived:
    source: flights
    value: 100 * count(*) FILTER (WHERE arr_delay < 15) / count(arr_delay)
    window: all
    better: higher
  on_time_scheduled:
    source: flights
    value: 100 * count(*) FILTER (WHERE arr_delay < 15) / count(*)
    window: all
    better: higher
"""


def test_the_figures_of_a_year(tmp_path: Path) -> None:
    db = duckdb.connect(":memory:")
    db.execute(
        "CREATE TABLE flights AS SELECT *, 1::INTEGER AS _file, row_number() OVER () AS _line, "
        "time_hour::TIMESTAMP AS _time FROM read_parquet(?)",
        [str(FLIGHTS)],
    )
    schema = dict(
        db.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'flights'").fetchall()
    )
    (tmp_path / "site.yaml").write_text(SITE)
    binding, problems = bind(load_site(tmp_path), {"flights": schema})
    assert not problems
    found = evaluate(db, binding, NOON).kpis
    assert found["flights"].value == 336_776
    assert found["cancelled"].value == 8_255
    assert found["delay"].value == pytest.approx(12.64, abs=0.005)
    assert found["on_time_arrived"].value == pytest.approx(75.53, abs=0.005)
    assert found["on_time_scheduled"].value == pytest.approx(73.42, abs=0.005)
    carriers = found["flights"].splits["carrier"]
    assert (carriers.total, sum(carriers.rows)) == (16, 336_776)
    assert found["on_time_arrived"].leader.startswith("worst: carrier ")
