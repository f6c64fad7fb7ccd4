"""A range of time and the pause through the real program, on a terminal with a real engine behind it."""

from __future__ import annotations

from tests.program.conftest import SiteFolder
from tests.waiting import until


def test_a_kpi_over_a_range_and_a_picture_that_stands_still(site: SiteFolder) -> None:
    with site.terminal() as terminal:
        terminal.shows("100 pcs", "Scrap ratio ◆W")
        terminal.press(":kpi pieces during 2026-06-24 06:00..06:01\r")
        terminal.shows("RANGE Wed 24 Jun", "50 pcs")  # the row of 06:01 is in the range that begins there
        terminal.press("\x7f")
        terminal.shows("100 pcs")
        terminal.press("p")
        terminal.shows(" PAUSED since", "nothing new", "100 pcs")
        site.append("2026-06-24 06:02:00,1,25,0\n")
        assert until(lambda: site.json("snapshot")["kpis"][0]["value"] == 125, every=0.2)
        terminal.shows(" PAUSED since", "changed", "100 pcs")
        terminal.press("p")
        terminal.shows("125 pcs")
