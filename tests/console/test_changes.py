"""Changes on the screen: marked by a command line, on charts, in a list with their verdicts, each with its chart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from opsconsole.console.change_words import ChangeError, change_of
from opsconsole.engine.messages import AskMarks, AskReport, ChangeMark, Changes, Command, Mark, Report, Snapshot
from tests.console.canned import NOW, snapshot
from tests.console.harness import Session, console

HOUR = 3_600.0
MARK = ChangeMark("c1", ["scrap"], {"line": "3"}, NOW - 2 * HOUR, "new \x1b[2Jtip", "ana")


async def enter(person: Session, line: str) -> None:
    await person.press(":")
    await person.type(line)
    await person.press("enter")


def marked() -> Snapshot:
    return snapshot(marked=[MARK])


def entry(verdict: str, **more: Any) -> dict[str, Any]:
    """As the engine's report has one."""
    span = {"value": -0.9, "low": -1.4, "high": -0.4}
    slope = {"value": 0.001, "low": -0.002, "high": 0.004}
    return {
        "id": "c1", "at": MARK.at, "text": MARK.text, "by": "ana", "where": {"line": "3"}, "kpi": "scrap",
        "title": "Scrap", "unit": "%", "decimals": 1, "better": "lower", "verdict": verdict,
        "said": "Helped: Scrap fell 0.9 points (95 %: 0.4–1.4) over the 30 h after; chance of such a fall without a "
        "change: 3 %", "note": "since the change before", "before": 60, "after": 30, "step": HOUR, "horizon": 30,
        "digits": 1, "mean": span, "level": span, "now": span, "total": span, "slope": slope, **more,
    }  # fmt: skip


def answer(ask: AskReport) -> Report:
    """All, or one with its points."""
    if "kpi" not in ask.options:
        early = {"mean": None, "level": None, "said": "Not enough: 2 points after the change, 6 are needed"}
        return Report(1, 1.0, result={"changes": [entry("helped"), entry("not enough", id="c2", **early)]})
    before, after = [3.0, 3.2, None] * 20, [2.1, 1.9, 2.0] * 10
    points = {
        "at": 60, "starts": [MARK.at + (at - 60) * HOUR for at in range(90)], "values": [*before, *after],
        "expected": [3.1] * 30, "low": [2.6] * 30, "high": [3.6] * 30,
    }  # fmt: skip
    return Report(2, 1.0, result={"changes": [entry("helped", points=points)]})


# --- what is typed ---


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("scrap new tip", ChangeMark(kpis=["scrap"], text="new tip")),
        ("scrap,oee line=3 new tip", ChangeMark(kpis=["scrap", "oee"], where={"line": "3"}, text="new tip")),
        ("scrap at 14:00: new tip", ChangeMark(kpis=["scrap"], at=14.0, text="new tip")),
        ("scrap at 14:00 new tip", ChangeMark(kpis=["scrap"], at=14.0, text="new tip")),
        ("scrap ben's tip", ChangeMark(kpis=["scrap"], text="ben's tip")),
        ('scrap station="press 2" tip', ChangeMark(kpis=["scrap"], where={"station": "press 2"}, text="tip")),
    ],
)
def test_what_is_typed(typed: str, wanted: ChangeMark) -> None:
    assert change_of(typed, {"scrap", "oee"}, moment) == wanted


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "of which KPI"),
        ("scrp new tip", "there is no KPI scrp"),
        ("scrap line=3", "say what was changed"),
        ("scrap at noon it", "`noon` is no moment"),
        ("scrap at 14:00", "say what was changed"),
    ],
)
def test_what_marks_no_change_is_told(typed: str, why: str) -> None:
    with pytest.raises(ChangeError, match=why):
        change_of(typed, {"scrap", "oee"}, moment)


def moment(typed: str) -> float:
    if typed != "14:00":
        raise ValueError(f"`{typed}` is no moment")
    return 14.0


# --- on the screen ---


async def test_a_change_is_marked_by_its_line(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await enter(person, "change scrap line=3 new tip")
        await person.until(lambda: any(isinstance(ask, Command) for ask in person.engine.asked))
        assert person.last(Command) == Command(
            "change", change=ChangeMark(kpis=["scrap"], where={"line": "3"}, text="new tip")
        )
        await enter(person, "change scrp new tip")
        assert "there is no KPI scrp" in person.lines()[-1]


async def test_on_its_screen_the_kpi_needs_no_name(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await enter(person, "kpi scrap where line=3")
        await enter(person, "change at -1h: new tip")
        await person.until(lambda: any(isinstance(ask, Command) for ask in person.engine.asked))
        change = person.last(Command).change
        assert change is not None
        assert (change.kpis, change.where, change.text) == (["scrap"], {"line": "3"}, "new tip")
        assert change.at == pytest.approx(NOW - HOUR, abs=60)


async def test_the_list_says_whether_each_helped(tmp_path: Path) -> None:
    async with console(tmp_path, 110, 24, marked()) as person:
        person.engine.answers["report"] = answer
        await enter(person, "helped")
        await person.sees("-0.9 points (-1.4 to -0.4)")
        assert " + " in person.row("-0.9 points")
        assert "…" in person.row("not enough")
        assert "Helped: Scrap fell 0.9 points (95 %: 0.4–1.4)" in person.text()
        assert "60 points before and 30 after" in person.text()
        assert "\x1b" not in person.text()
        await person.press("down")
        await person.sees("2 points after the change, 6 are needed")


async def test_of_one_the_chart_before_and_after_and_from_there_the_kpi(tmp_path: Path) -> None:
    async with console(tmp_path, 100, 30, marked()) as person:
        person.engine.answers["report"] = answer
        await enter(person, "helped")
        await person.sees("-0.9 points")
        await person.press("enter")
        await person.sees("without it")
        assert str(person.app.history.current.address) == "helped c1 scrap"
        assert person.last(AskReport).options == {"change": "c1", "kpi": "scrap"}
        assert "as it was" in person.text()
        assert "Δ" in person.row("└")
        assert "by now" in person.text()
        await person.press("enter")
        await person.until(lambda: person.app.history.current.address.view == "kpi")
        assert person.app.history.current.address.where == (("line", "3"),)


async def test_one_is_taken_back(tmp_path: Path) -> None:
    async with console(tmp_path, 110, 24, marked()) as person:
        person.engine.answers["report"] = answer
        await enter(person, "helped")
        await person.sees("-0.9 points")
        await person.press("x")
        assert "take back the change c1" in person.lines()[-1]
        await person.press("y")
        await person.until(lambda: any(isinstance(ask, Command) for ask in person.engine.asked))
        assert person.last(Command) == Command("drop-change", change=ChangeMark(id="c1"))
        asked = len([ask for ask in person.engine.asked if isinstance(ask, AskReport)])
        person.engine.change(Changes(marked=[]))
        await person.until(lambda: len([a for a in person.engine.asked if isinstance(a, AskReport)]) > asked)


async def test_charts_of_the_kpi_show_it(tmp_path: Path) -> None:
    async with console(tmp_path, 160, 50, marked()) as person:
        await enter(person, "kpi scrap")
        await person.sees("what moved it")
        axis = next(line for line in person.lines() if "└" in line)
        assert "Δ" in axis
        await enter(person, "kpi scrap where line=2")  # it was done to line 3
        await person.sees("line 2")
        assert not any("Δ" in line for line in person.lines() if "└" in line)


async def test_over_time_says_who_changed_what(tmp_path: Path) -> None:
    mark = Mark(NOW - HOUR, "changed", "", "scrap", "low", "ana", "new tip (line 3)")
    async with console(tmp_path, 100, 30, marked()) as person:
        person.engine.answers["marks"] = [mark]
        await enter(person, "kpi scrap over time")
        await person.until(lambda: any(isinstance(ask, AskMarks) for ask in person.engine.asked))
        await person.until(lambda: "Δ" in person.text(), "the sign")
        place = next(line for line in person.lines() if "Δ" in line)
        assert place.count("Δ") == 1
        again = len([ask for ask in person.engine.asked if isinstance(ask, AskMarks)])
        person.engine.change(Changes(marked=[MARK, replace(MARK, id="c2")]))
        await person.until(lambda: len([a for a in person.engine.asked if isinstance(a, AskMarks)]) > again)
