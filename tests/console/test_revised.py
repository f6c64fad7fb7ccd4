"""Late rows that changed the past are said on the KPI's screen."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from opsconsole.engine.messages import Changes, Revision
from tests.console.canned import kpis, snapshot
from tests.console.harness import console

LATE = Revision("Night \x1b[31mTue 23 Jun", 0, 28800, 84.2, 29100, 83.9, 12)


async def test_a_kpi_says_what_its_last_period_was(tmp_path: Path) -> None:
    first = replace(kpis()[0], revised=LATE)
    async with console(tmp_path, state=snapshot(kpis=[first, *kpis()[1:]])) as session:
        await session.press("3", "enter")
        await session.sees("Tue 23 Jun: 83.9 %, revised from 84.2 % (12 late rows)")
        assert "\x1b" not in session.text()
        session.engine.change(Changes(kpis=[replace(first, revised=None)]))
        await session.until(lambda: "revised from" not in session.text())
