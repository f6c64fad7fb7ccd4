"""Anomalies on the screen: the points with what was expected, the columns that moved, and the rows behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from opsconsole.console.address import Address, BadAddressError, parse
from opsconsole.engine.messages import AskReport, Report
from tests.console.harness import console
from tests.console.test_reports import enter
from tests.engine.insight.test_anomaly import HOUR, HOURS, SITE, put, reported, rows
from tests.kpis.plant import NOON, bound, database


@pytest.fixture(name="reports", scope="module")
def _reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    site, db = bound(tmp_path_factory.mktemp("anomaly"), SITE), database()
    put(db, rows(NOON - HOURS * HOUR, HOURS, 1))
    put(db, rows(NOON, 3, 2, high=12))
    return {name: reported(site, db, NOON + 3 * HOUR, of=name) for name in ("cost", "cycles")}


@pytest.mark.parametrize(("cells", "lines"), [(80, 24), (160, 50)])
async def test_a_kpis_screen(tmp_path: Path, reports: dict[str, Any], cells: int, lines: int) -> None:
    async with console(tmp_path, cells, lines) as person:
        person.engine.answers["report"] = lambda ask: Report(1, 1.0, result=reports["cost"])
        await enter(person, "anomalies cost")
        await person.sees("2 false alarms a week are acceptable")
        asked = person.last(AskReport)
        assert (asked.kind, asked.options) == ("anomalies", {"of": "cost", "where": {}, "at": None})
        text = person.text()
        assert "line B: " in text
        assert "•" in text
        assert "∘" in text
        assert "x" in text
        await person.press("enter")
        address = person.app.history.current.address
        assert (address.view, address.of, address.name, address.where) == ("rows", "kpi", "cost", (("line", "B"),))
        assert address.over == "2026-06-24 14:00..15:00"


async def test_a_sources_screen_names_what_moved(tmp_path: Path, reports: dict[str, Any]) -> None:
    async with console(tmp_path, 80, 24) as person:
        person.engine.answers["report"] = lambda ask: Report(1, 1.0, result=reports["cycles"])
        await enter(person, "anomalies cycles")
        await person.sees("1 component explains")
        assert "cost +" in person.text()
        assert "lasts" in person.text()
        await person.press("enter")
        address = person.app.history.current.address
        assert (address.view, address.of, address.name) == ("rows", "source", "cycles")
        assert address.where == (("line", "B"),)


def test_its_address() -> None:
    address = parse("anomalies cost where line=3")
    assert address == Address("anomalies", name="cost", where=(("line", "3"),))
    assert str(address) == "anomalies cost where line=3"
    with pytest.raises(BadAddressError, match="needs a KPI or a source"):
        parse("anomalies")
