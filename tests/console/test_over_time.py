"""A KPI over time: crosshair, zoom, going on beyond the edge, what was said then, and where Enter leads."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.console.draw import course
from opsconsole.console.draw.course import Course, bucket_at
from opsconsole.console.text import plain
from opsconsole.engine.messages import AskMarks, AskPage, AskSeries
from tests.console import canned, cannedtime
from tests.console.canned import HOUR, NOW
from tests.console.harness import Session, console

SIZES = pytest.mark.parametrize(("cells", "lines"), [(60, 20), (80, 24), (160, 50)])


async def over_time(person: Session) -> None:
    """Open OEE over time."""
    await person.press(":")
    await person.type("kpi oee over time")
    await person.press("enter")
    await person.sees("a column is")


def length(ask: AskSeries) -> float:
    """How long a stretch was asked for, in hours."""
    return (ask.end - ask.start) / HOUR


@SIZES
async def test_a_crosshair_tells_values_and_what_was_said_then(tmp_path: Path, cells: int, lines: int) -> None:
    async with console(tmp_path, cells, lines) as person:
        await over_time(person)
        first = person.last(AskSeries)
        assert (first.kpi, length(first), first.where) == ("oee", 8.0, {})
        assert 8 <= first.most <= cells
        await person.until(lambda: person.last(AskMarks).kpi == "oee")
        view = person.app.history.current
        series = view.over_time.series  # type: ignore[attr-defined]
        await person.press("left")
        last = len(series.values) - 1
        assert "Wed 24 Jun 10:" in person.text()
        assert f"≈ {series.values[-1]:.1f} %" in person.text(), "it is covered in part"
        assert f"{series.values[last]:.1f} %" in person.text()
        for _ in range(40):
            if bucket_at(series, NOW - 1.5 * HOUR) == view.over_time.place():  # type: ignore[attr-defined]
                break
            await person.press("left")
        assert "▲ Line 3 weld: OEE under 60 % raised" in "\n".join(person.lines()[-6:])
        while bucket_at(series, NOW - 1.5 * HOUR + 600) != view.over_time.place():  # type: ignore[attr-defined]
            await person.press("right")
        if lines > 20:
            assert "c ben: gun␛[2J" in "\n".join(person.lines()[-6:])
        axis = next(line for line in person.lines() if "└" in line)
        assert "c" in axis or "▲" in axis
        while series.values[view.over_time.place()] is not None:  # type: ignore[attr-defined]
            await person.press("left")
        assert "no value: a gap" in person.text()
        assert {len(line) for line in person.lines()} == {cells}


async def test_zoom_is_around_the_crosshair_and_the_edge_is_no_end(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await over_time(person)
        await person.press("left", "left", "left", "left", "left", "left")
        cross = person.app.history.current.over_time.cross  # type: ignore[attr-defined]
        await person.press("+")
        await person.until(lambda: length(person.last(AskSeries)) == 4.0)
        ask = person.last(AskSeries)
        assert ask.start < cross < ask.end
        assert "zoomed" in person.text()
        await person.until(lambda: "asking" not in person.text())
        await person.press("+", "+")
        await person.until(lambda: length(person.last(AskSeries)) == 1.0)
        await person.until(lambda: "asking" not in person.text())
        before = person.last(AskSeries).start
        await person.press(*["left"] * 60)
        await person.until(lambda: person.last(AskSeries).start < before)
        assert length(person.last(AskSeries)) == pytest.approx(1.0)
        for _ in range(12):
            await person.press("+")
        assert "that is as close as it goes" in person.lines()[-1]
        for _ in range(25):
            await person.press("_")
        assert "that is all there is" in person.lines()[-1]
        await person.until(lambda: person.last(AskSeries).start == NOW - cannedtime.REACH)
        assert person.last(AskSeries).end == pytest.approx(NOW)
        await person.press("T")
        assert "2026-05-25" in person.lines()[-1] or "2026-05-25" in person.lines()[-3], "it can be made the range"
        await person.press("escape", "escape")
        await person.until(lambda: "zoomed" not in person.text())
        assert person.app.history.current.address.view == "kpi", "Esc pops one thing: the zoom before the screen"
        await person.press("_", "end")
        await person.press("right")
        await person.until(lambda: "nothing further" in person.lines()[-1])


async def test_enter_goes_to_that_moment_and_its_rows_are_those_of_the_bucket(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await over_time(person)
        await person.press("left", "enter")
        assert "that stretch is not over yet" in person.lines()[-1]
        await person.press("left")
        bucket = person.app.history.current.over_time.bucket()  # type: ignore[attr-defined]
        await person.press("d")
        await person.until(lambda: person.last(AskPage).of.start == bucket[0])
        assert person.last(AskPage).of.end == bucket[1]
        assert "RANGE Wed 24 Jun 10:" in person.text()
        await person.press("escape", "enter")
        await person.until(lambda: "AS OF Wed 24 Jun 10:" in person.lines()[0])
        assert "RANGE" not in person.text()
        last = person.app.travel.seconds(person.app.travel.at)
        assert last == pytest.approx(bucket[1], abs=1e-4)
        assert last < bucket[1]


def drawn(cells: int = 60, lines: int = 14, **changes: object) -> list[str]:
    """OEE of eight hours, in a picture."""
    kpi = replace(canned.kpis()[0], **changes)
    series = cannedtime.series(AskSeries("oee", NOW - 8 * HOUR, NOW, course.columns(kpi, cells)), NOW)
    return [plain(line) for line in course.draw(Course(series, kpi, timezone="Europe/Berlin"), cells, lines)]


def test_limits_are_lines_and_the_good_side_of_the_axis_is_double() -> None:
    lines = drawn()
    assert {len(line) for line in lines} == {60}
    target, critical = (next(line for line in lines if word in line) for word in ("target 85", "critical 60"))
    assert "┄" in target
    assert lines.index(target) < lines.index(critical)
    sides = [next(each for each in line if each in "║┤│") for line in lines[:-2]]
    assert sides[0] == "║"
    assert sides[-1] != "║"
    around = drawn(better="target", target=70.0, warning=8.0, critical=None)
    assert sum("warning" in line for line in around) == 2, "both sides of a target"
    assert "≈" in lines[-2], "what is covered in part says so"
    assert "06:00" in lines[-1]


def test_a_course_without_values_says_so() -> None:
    kpi = canned.kpis()[0]
    empty = cannedtime.series(AskSeries("oee", NOW - 4.8 * HOUR, NOW - 4.2 * HOUR, 20), NOW)
    assert set(empty.values) == {None}
    lines = [plain(line) for line in course.draw(Course(empty, kpi), 60, 10)]
    assert "no values in this stretch" in lines[0]
    assert len(lines) == 10
