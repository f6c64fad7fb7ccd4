"""The factory's drift is announced by a forecast before it is critical; the lead is printed with `-s`.

The rule is one that a site would write; what it finds is computed on the plant's own files at each ten minutes, from
what was known by then.
"""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from opsconsole.demo.incidents import DRIFT, ZONE, seconds
from opsconsole.demo.packs import pack
from opsconsole.engine.insight.outlook import Outlook, Outlooks
from opsconsole.insight.forecast import Forecast
from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.site.parse import load_site
from tests.demo.plantfiles import at, drops_until, tables, write_until

LIKELY = 0.8
AHEAD = 7200.0
WELD = (DRIFT.labels["line"], DRIFT.labels["station"])


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    root = tmp_path_factory.mktemp("announced")
    write_until(root, at(14), drops_until(at(14)))
    db = tables(root)
    db.execute(
        "CREATE OR REPLACE TABLE cycles AS SELECT *, 1 AS _file, row_number() OVER () AS _line, "
        f"CAST(timezone('UTC', timezone('{ZONE}', CAST(ts AS TIMESTAMP))) AS TIMESTAMP) AS _time FROM cycles"
    )
    return db


@pytest.fixture(scope="module")
def plant(db: duckdb.DuckDBPyConnection) -> Binding:
    schema = {name: kind for name, kind, *_ in db.execute("DESCRIBE cycles").fetchall()}
    return bind(load_site(pack("factory").layouts), {"cycles": schema})[0]


def outlooks(db: duckdb.DuckDBPyConnection, plant: Binding, kept: Outlooks, now: dt.datetime) -> list[Outlook]:
    moment = dt.datetime.fromtimestamp(seconds(now), dt.UTC)
    return kept.of(db, plant, plant.kpis["cycle_time"], moment, ahead=AHEAD, by=("line", "station"), until=moment)


def test_the_drift_is_announced_before_it_is_critical(db: duckdb.DuckDBPyConnection, plant: Binding) -> None:
    kept = Outlooks()
    announced: dict[tuple[str | None, ...], dt.datetime] = {}
    crossed: dt.datetime | None = None
    said: Outlook | None = None
    now = at(11, 30)
    while crossed is None and now < at(14):
        for each in outlooks(db, plant, kept, now):
            assert isinstance(each.forecast, Forecast)
            crossing = each.crosses("critical", AHEAD)
            assert crossing is not None
            if crossing.crossed:
                assert each.members == WELD
                crossed = now
            elif crossing.probability > LIKELY and each.members not in announced:
                announced[each.members] = now
                said = each
        now += dt.timedelta(minutes=10)
    assert crossed is not None
    assert set(announced) == {WELD}  # and no station that is well
    lead = crossed - announced[WELD]
    assert lead >= dt.timedelta(minutes=30)
    assert said is not None
    crossing = said.crosses("critical", AHEAD)
    assert crossing is not None
    first, last = said.moment(crossing.soonest), said.moment(crossing.latest)
    assert first is not None
    assert first - 600 <= seconds(crossed) <= (last or said.end + AHEAD)
    print(
        f"announced at {announced[WELD]:%H:%M}, critical at {crossed:%H:%M}: {lead.total_seconds() / 60:.0f} min ahead"
    )
