"""The control chart on the screen: points and limits, signals that lead to rows, what rules cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from opsconsole.console.address import Address, BadAddressError, parse
from opsconsole.console.draw.control import control_chart
from opsconsole.console.text import plain, width
from opsconsole.engine.messages import AskReport, Report
from tests.console.harness import console
from tests.console.test_reports import enter
from tests.engine.insight.test_control import SITE, filled, told
from tests.kpis.plant import bound


@pytest.fixture(name="report", scope="module")
def _report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return told(bound(tmp_path_factory.mktemp("control"), SITE), filled(shift=8.0), kpi="cost")


@pytest.mark.parametrize(("cells", "lines"), [(80, 8), (40, 6), (160, 18)])
def test_the_chart_marks_signals_and_limits(report: dict[str, Any], cells: int, lines: int) -> None:
    drawn = [plain(line) for line in control_chart(report, cells, lines)]
    assert len(drawn) == lines
    assert {width(line) for line in drawn} == {cells}
    # the last point is the highest, and signals
    assert drawn[0].rstrip().endswith("x") or "x" in drawn[1]
    assert sum("┄" in line for line in drawn) >= (2 if lines > 6 else 1)
    assert any("─" in line for line in drawn[:-2])
    assert all("•" not in line for line in drawn[-2:])


def test_without_limits_there_are_points_only(tmp_path: Path) -> None:
    report = told(bound(tmp_path, SITE), filled(hours=12), kpi="cost")
    drawn = "\n".join(plain(line) for line in control_chart(report, 60, 10))
    assert "•" in drawn
    assert "┄" not in drawn


@pytest.mark.parametrize(("cells", "lines"), [(80, 24), (160, 50)])
async def test_its_screen(tmp_path: Path, report: dict[str, Any], cells: int, lines: int) -> None:
    async with console(tmp_path, cells, lines) as person:
        person.engine.answers["report"] = lambda ask: Report(1, 1.0, result=report)
        await enter(person, "control cost where line=A")
        await person.sees("X̄-S chart (means of subgroups)")
        asked = person.last(AskReport)
        assert (asked.kind, asked.options) == ("control", {"kpi": "cost", "where": {"line": "A"}, "at": None})
        assert "from the earliest steady stretch" in person.text()
        assert "Cpk 1.6" in person.text()
        assert "rule1" in person.text()
        if cells < 120:
            assert "false alarms a shift" not in person.text()
            await person.press("tab")
        assert "a shift of 8 h has 8.0 points" in person.text()


async def test_a_signal_leads_to_the_rows_behind_it(tmp_path: Path, report: dict[str, Any]) -> None:
    async with console(tmp_path, 160, 50) as person:
        person.engine.answers["report"] = lambda ask: Report(1, 1.0, result=report)
        await enter(person, "control cost")
        await person.sees("Signals")
        await person.press("enter")
        address = person.app.history.current.address
        assert (address.view, address.of, address.name) == ("rows", "kpi", "cost")
        assert address.over == "2026-06-24 13:00..14:00"


def test_its_address() -> None:
    address = parse("control oee where line=3 at 2026-06-24T10:00")
    assert address == Address("control", name="oee", where=(("line", "3"),), at="2026-06-24T10:00")
    assert str(address) == "control oee where line=3 at 2026-06-24T10:00"
    for line, why in (("control", "needs a KPI"), ("control oee line=3", "expected where")):
        with pytest.raises(BadAddressError, match=why):
            parse(line)
