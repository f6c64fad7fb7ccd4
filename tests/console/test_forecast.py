"""The forecast on the screen: the sentence, the chart whose future is dashed, how well it held, and its address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from opsconsole.console.address import Address, BadAddressError, parse
from opsconsole.console.draw.forecast import forecast_chart
from opsconsole.console.text import plain, width
from opsconsole.engine.insight.forecast_report import report as made
from opsconsole.engine.jobs import Job
from opsconsole.engine.messages import AskReport, Report
from tests.console.harness import console
from tests.console.test_reports import enter
from tests.engine.insight.test_forecasting import SITE, desk, filled
from tests.kpis.plant import bound


@pytest.fixture(name="report", scope="module")
def _report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    site = bound(tmp_path_factory.mktemp("forecast"), SITE)
    return made(desk(site, filled(4.0)), Job(1), {"kpi": "cost", "where": {"line": "B"}, "ahead": 7200.0})


@pytest.mark.parametrize(("cells", "lines"), [(80, 12), (40, 6), (160, 24)])
def test_what_comes_is_dashed_in_its_band(report: dict[str, Any], cells: int, lines: int) -> None:
    drawn = [plain(line) for line in forecast_chart(report, report["groups"][0], cells, lines)]
    assert len(drawn) == lines
    assert {width(line) for line in drawn} == {cells}
    text = "\n".join(drawn)
    assert "╌" in text
    assert "░" in text
    assert "critical 70" in text
    for line in drawn[:-2]:  # the past lies left of what comes
        assert "█" not in line[line.index("╌") :] if "╌" in line else True


def test_no_room_no_chart(report: dict[str, Any]) -> None:
    assert forecast_chart(report, report["groups"][0], 39, 20) == []
    assert forecast_chart(report, report["groups"][0], 80, 5) == []


@pytest.mark.parametrize(("cells", "lines"), [(80, 24), (160, 50)])
async def test_its_screen(tmp_path: Path, report: dict[str, Any], cells: int, lines: int) -> None:
    async with console(tmp_path, cells, lines) as person:
        person.engine.answers["report"] = lambda ask: Report(1, 1.0, result=report)
        await enter(person, "forecast cost where line=B")
        await person.sees("crosses critical 70 EUR at about")
        asked = person.last(AskReport)
        assert (asked.kind, asked.options) == ("forecast", {"kpi": "cost", "where": {"line": "B"}, "at": None})
        assert "80 % interval held" in person.text()
        assert "made of" in person.text()
        await person.press("enter")
        address = person.app.history.current.address
        assert (address.view, address.of, address.where) == ("rows", "kpi", (("line", "B"),))


async def test_too_little_past_is_said(tmp_path: Path, report: dict[str, Any]) -> None:
    lacking = {**report["groups"][0], "lacking": "not enough past: 20 known values, 41 needed"}
    async with console(tmp_path, 80, 24) as person:
        person.engine.answers["report"] = lambda ask: Report(1, 1.0, result={**report, "groups": [lacking]})
        await enter(person, "forecast cost")
        await person.sees("not enough past: 20 known values, 41 needed")


def test_its_address() -> None:
    address = parse("forecast oee where line=3 at 2026-06-24T10:00")
    assert address == Address("forecast", name="oee", where=(("line", "3"),), at="2026-06-24T10:00")
    assert str(address) == "forecast oee where line=3 at 2026-06-24T10:00"
    with pytest.raises(BadAddressError, match="needs a KPI"):
        parse("forecast")
