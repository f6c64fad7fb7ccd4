"""Panels on the screen: what each shows, where Enter leads, how they adapt, and what a change repaints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.console.panels import heading
from opsconsole.console.panels.kinds import KINDS, make
from opsconsole.console.text import plain
from opsconsole.engine.messages import AskMarks, AskPage, Changes, TableOf
from opsconsole.site.layout_keys import PANEL_KINDS
from opsconsole.site.model import Layout, LayoutRow, Panel, placed
from tests.console import cannedalerts, cannedlayouts
from tests.console.canned import HOUR, NOW
from tests.console.cannedlayouts import CAUSES, WALL
from tests.console.harness import console


def test_every_kind_of_the_format_has_its_panel() -> None:
    assert {"kpi", *KINDS} == set(PANEL_KINDS)
    shown = {panel.kind for layout in (WALL, CAUSES) for _, panel in placed(layout)}
    assert shown >= set(KINDS) - {
        "breakdown",
        "goals",
        "attention",
        "sources",
        "flow",
    }  # those are on other screens of the tests
    for kind in KINDS:
        panel = make(None, Panel(kind, of="oee", by="line"))  # type: ignore[arg-type]  # nothing is asked of it yet
        assert panel.kind == kind


async def test_a_wall_of_large_figures_a_chart_with_its_notes_a_clock_and_the_shift(tmp_path: Path) -> None:
    async with console(tmp_path, 100, 32, cannedlayouts.snapshot(CAUSES)) as at:
        at.engine.answers["marks"] = cannedlayouts.marks()
        at.engine.change(Changes(site=cannedlayouts.snapshot(WALL).site))
        await at.sees("ben: ordered a tip␛[2J  (2 notes)")
        assert at.last(AskMarks).kpi == "oee"
        assert at.last(AskMarks).since == NOW - 8 * HOUR
        foot = at.row("└─")
        assert foot.count("◇") == 2
        for text in ("██████  ██████", "Early · team A · 06:00–14:00", "61 %  3 h 08 left", "next Late 14:00 · team B"):
            assert text in at.text()
        for text in ("─ Site time ─", "Wed 24 Jun 2026 · Europe/Berlin", "3 of 5", "1 ▲C  line 3"):
            assert text in at.text()
        # the crosshair tells value and note of its bucket, and leaves the chart at its ends
        await at.press("tab", "tab")
        assert "━ OEE  ▲C 52.4 %" in at.text()
        await at.press("left", "left")
        assert "━ OEE  10:22–10:37" in at.text()
        assert "┊" in at.text()
        await at.press(*["left"] * 16)
        await at.sees("06:52 ana: checked wire feed")
        await at.press("enter")
        await at.sees("Wall › OEE")


async def test_causes_bars_pareto_lines_heat_and_rows(tmp_path: Path) -> None:
    async with console(tmp_path, 160, 50, cannedlayouts.snapshot(CAUSES)) as at:
        await at.sees("newest 5 of 12 304 rows")
        assert at.last(AskPage) == AskPage(TableOf(source="cycles"), limit=5)
        text = at.text()
        assert "2 of 6 make 88 %" in text
        stair = re.search(r"no material (┄+)(█+) +240 min +38 % +Σ 88 %", text)
        assert stair is not None
        assert abs(len(stair[2]) / len(stair[1]) - 240 / 310) < 0.05  # it begins where the one before it ended
        for shown in ("╎ ≥ 85", "═ line 3", "▲ 52.0 ██", "not there any more", "Call 4711."):
            assert shown in text
        assert "ts                  station qty" in text
        # a critical alert stays in sight on a layout without an alert list
        assert "▲C Line 3 weld" in at.lines()[2]
        await at.press("enter")
        await at.sees("line line 3 › rows")
        await at.press("escape", "tab", "tab", "tab", "tab")
        await at.press("enter")
        assert at.app.history.current.address.view == "rows"
        assert at.app.history.current.address.name == "cycles"


@pytest.mark.parametrize(("cells", "lines"), [(60, 20), (40, 12), (80, 60), (220, 60)])
async def test_every_size_keeps_critical_alerts_in_sight_and_the_console_alive(
    tmp_path: Path, cells: int, lines: int
) -> None:
    async with console(tmp_path, cells, lines, cannedlayouts.snapshot(CAUSES)) as at:
        await at.sees("▲C Line 3")
        at.engine.change(Changes(site=cannedlayouts.snapshot(WALL).site))
        await at.sees("Alerts  3 open")
        assert "▲C Line 3" in at.text()
        assert all(len(line) == cells for line in at.lines())


async def test_a_value_that_changes_repaints_its_own_cells(tmp_path: Path) -> None:
    layout = Layout("one", (LayoutRow((Panel("number", of="oee"), Panel("gauge", of="oee"), Panel("clock"))),))
    async with console(tmp_path, 120, 30, cannedlayouts.snapshot(layout)) as at:
        before = "".join(at.lines())
        oee = next(kpi for kpi in at.engine.state.kpis if kpi.name == "oee")
        at.engine.change(Changes(kpis=[replace(oee, value=52.5)]))
        await at.sees("52.5 %")
        changed = sum(one != other for one, other in zip(before, "".join(at.lines()), strict=True))
        assert 0 < changed < 40  # the last of the large digits, and the values in the headings


async def test_in_a_flood_the_panel_is_by_incident_and_folds_open(tmp_path: Path) -> None:
    layout = Layout("wall", (LayoutRow((Panel("alerts"),)),))
    state = cannedalerts.snapshot(
        cannedalerts.flooded(), site={"layouts": [layout]}, counts=cannedalerts.flood().counts
    )
    async with console(tmp_path, 100, 30, state) as at:
        await at.sees("consequences")
        pane = at.app.history.current.pane
        assert pane is not None
        assert len(pane.all) < 12
        pane.point(next(row.key for row in pane.all if row.key.startswith("+") and row.key != "+low"))
        await at.press("enter")
        await at.until(lambda: len(pane.all) > 15, "what was folded")
        assert "- 11 consequences" in at.text()
        assert at.app.history.current.behind(pane.cursor or "") != [pane.cursor]  # keys act on what is folded
        await at.press("left")
        await at.until(lambda: len(pane.all) < 12, "it to be folded again")
        await at.press("up", "enter")
        assert at.app.history.current.address.view == "alert"


def test_a_heading_leaves_out_what_would_be_cut_to_nothing_and_cuts_what_still_says_something() -> None:
    note = [("▲C 52.4 %", "critical"), ("  ↓ 6.2", ""), (" · 1 more below", "dim")]
    assert plain(heading("OEE by line", note, 36, False)) == "─ OEE by line  ▲C 52.4 %  ↓ 6.2 ────"
    assert "· 1 more below" in plain(heading("OEE by line", note, 60, False))
    long = [("row 1 of 12", ""), (" · 1 cell did not fit: shown raw", "warning")]
    assert plain(heading("Rows", long, 40, False)).endswith("…")
