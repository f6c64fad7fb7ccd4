"""Control limits, forecast and anomalies on a KPI's own chart: switched by a key, told by signs and words, kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from opsconsole.console.draw import course, layers
from opsconsole.console.draw.course import Course
from opsconsole.console.engine_link import EngineLink
from opsconsole.console.memory import Memory
from opsconsole.console.program import Console
from opsconsole.console.signs import to_ascii
from opsconsole.console.text import plain, width
from opsconsole.engine.messages import AskReport, AskSeries, KpiState, Report, Snapshot
from opsconsole.site.layout_words import WordsError, read_panel, yaml_panel
from opsconsole.site.model import Layout, LayoutRow, Panel
from tests.console import canned, cannedlayouts, cannedtime
from tests.console.canned import NOW, CannedEngine
from tests.console.harness import Session, console
from tests.console.test_reports import enter

HOUR = 3600.0
PAST, AHEAD = 30, 8
SIZES = pytest.mark.parametrize(("cells", "lines"), [(60, 20), (80, 24), (160, 50)])
SENTENCE = "OEE crosses critical 60 % at about 14:20 (80 %: 13:50–15:10), 83 % likely by 18:55"


def answer(*draw: str, step: float = HOUR, **changes: Any) -> dict[str, Any]:
    """OEE of thirty hours, sinking in the last ones; one of them signals, one is unusual, two are both."""
    ends = [NOW - step * (PAST - 1 - at) for at in range(PAST)]
    values: list[float | None] = [*(80.0 + at % 3 for at in range(PAST - 3)), 74.0, 71.0, 68.0]
    values[5] = None

    def point(at: int, **more: Any) -> dict[str, Any]:
        return {"start": ends[at] - step, "end": ends[at], "value": values[at], **more}

    crossing = {
        "name": "critical", "limit": 60.0, "below": True, "crossed": False, "probability": 0.83, "said": SENTENCE,
    }  # fmt: skip
    made: dict[str, Any] = {
        "limits": {
            "lacking": "", "kind": "XmR", "of": "1h", "end": ends, "lower": [72.5] * PAST, "centre": [81.0] * PAST,
            "upper": [88.0] * PAST,
            "signals": [point(at, words=["a point beyond 3 σ"]) for at in (PAST - 3, PAST - 1)],
        },
        "forecast": {
            "lacking": "", "of": "1h", "step": step, "ahead": [NOW + step * (at + 1) for at in range(AHEAD)],
            "point": [67.0 - at for at in range(AHEAD)], "low": [62.0 - 2 * at for at in range(AHEAD)],
            "high": [72.0 for _ in range(AHEAD)], "interval": 0.8, "crossings": [crossing],
        },
        "anomalies": {
            "lacking": "", "rule": "odd", "per_week": 2.0,
            "found": [point(10, expected=81.0), point(PAST - 3, expected=81.0)],
        },
    }  # fmt: skip
    points = {"start": [end - step for end in ends], "end": ends, "value": values, "length": step}
    told = {
        "kpi": "oee", "where": {}, "now": NOW, "timezone": "Europe/Berlin", "step": step, "every": 60.0,
        "judged": True, "level": True, "points": points,
    }  # fmt: skip
    return {**told, **{name: made[name] if name in draw else None for name in made}, **changes}


EVERYTHING = ("limits", "forecast", "anomalies")


def oee() -> KpiState:
    return next(kpi for kpi in canned.kpis() if kpi.name == "oee")


def drawn(told: dict[str, Any], cells: int = 80, lines: int = 16) -> list[str]:
    made = layers.own_chart(told, oee(), "Europe/Berlin", cells, lines)
    text = [plain(line) for line in made]
    assert len(text) == lines
    assert {width(line) for line in text} == {cells}
    return text


# --- the picture ---


@pytest.mark.parametrize(("cells", "lines"), [(60, 11), (80, 14), (120, 24)])
def test_each_sign_has_its_place(cells: int, lines: int) -> None:
    text = "\n".join(drawn(answer(*EVERYTHING), cells, lines))
    for sign in ("•", "x", "*", "#", "╌", "░", "┊"):
        assert sign in text, f"{sign}\n{text}"
    assert "critical 60" in text


def test_what_comes_lies_right_of_what_was_and_what_is_not_wanted_is_not_there() -> None:
    for line in drawn(answer("forecast"))[:-4]:
        if "┊" in line:
            past, _, coming = line.partition("┊")
            assert not set("╌░") & set(past), line
            assert "•" not in coming, line
    limits = "\n".join(drawn(answer("limits")))
    assert "─ ─ ─" in limits
    assert "────" in limits, "the centre"
    assert not set("╌░*#") & set(limits)
    assert "x" not in "\n".join(drawn(answer("anomalies"))).replace("expected", "")


def test_where_a_line_lies_and_a_point_signals() -> None:
    text = drawn(answer("limits"), 80, 20)
    rows = {name: next(at for at, line in enumerate(text) if f" {name} " in line) for name in ("upper", "lower")}
    assert rows["upper"] < rows["lower"]
    last = max(at for at, line in enumerate(text) if "x" in line.partition("critical")[0] and set("│┤║") & set(line))
    assert last > rows["lower"], "the signal of 68 % lies below the lower limit of 72.5 %"


def test_in_ascii_and_without_colour_all_is_told_apart() -> None:
    signs = [to_ascii(sign) for sign in ("•", "x", "*", "#", "╌", "░", "┊", "┄", "─", " ")]
    assert len(set(signs)) == len(signs)
    assert all(sign.isascii() for sign in signs)


def test_limits_are_not_laid_over_columns_that_they_are_not_for() -> None:
    kpi = oee()
    series = cannedtime.series(AskSeries("oee", NOW - 8 * HOUR, NOW, 48), NOW)
    assert series.step < HOUR

    def over(**changes: Any) -> tuple[str, str]:
        told = answer("limits", **changes)
        of = Course(series, kpi, timezone="Europe/Berlin")
        picture = "\n".join(plain(line) for line in layers.draw(of, told, 80, 20))
        return picture, "\n".join(plain(line) for line in layers.beneath(of, told, 80, 4))

    picture, said = over()
    assert "─ ─ ─" in picture
    assert "control limits are of 1h points; shorter columns vary more" in said
    picture, said = over(level=False)
    assert "─ ─ ─" not in picture
    assert "not drawn over columns of another length" in said


def test_a_stretch_that_ended_long_ago_has_nothing_to_come() -> None:
    series = cannedtime.series(AskSeries("oee", NOW - 20 * HOUR, NOW - 12 * HOUR, 24), NOW)
    picture = layers.draw(Course(series, oee(), timezone="Europe/Berlin"), answer("forecast"), 80, 14)
    assert not any(set("╌░") & set(plain(line)) for line in picture)


def test_what_there_is_not_is_said_in_its_place() -> None:
    lacking: dict[str, Any] = {name: {"lacking": f"no {name} yet"} for name in EVERYTHING}
    text = "\n".join(drawn(answer(**lacking)))
    assert "control limits: no limits yet" in text
    assert "forecast: no forecast yet" in text
    assert "anomalies: no anomalies yet" in text
    assert "•" in text, "its points are drawn"
    empty = {"start": [], "end": [], "value": [], "length": HOUR}
    assert "no values yet" in drawn(answer("limits", points=empty))[0]


def test_the_words_say_what_comes_with_its_interval() -> None:
    told = answer("forecast")
    assert SENTENCE in " ".join(" ".join(drawn(told, 120)).split())
    told["forecast"]["crossings"] = []
    assert "forecast for Wed 24 Jun 18:52: 60.0 % (80 %: 48.0 % to 72.0 %)" in "\n".join(drawn(told, 100))


# --- the screen ---


def engine(person: Session) -> None:
    person.engine.answers["report"] = lambda ask: Report(1, 1.0, result=answer(*ask.options["draw"]))


def asked(person: Session) -> list[list[str]]:
    return [ask.options["draw"] for ask in person.engine.asked if isinstance(ask, AskReport) and ask.kind == "overlay"]


@SIZES
async def test_a_key_draws_each_and_takes_it_off_again(tmp_path: Path, cells: int, lines: int) -> None:
    async with console(tmp_path, cells, lines) as person:
        engine(person)
        await enter(person, "kpi oee by line")
        await person.sees("OEE")
        before = person.lines()[:-1]
        assert asked(person) == [], "quiet until it is wanted"
        await person.press("F")
        await person.sees("crosses critical 60 % at about 14:20")
        text = person.text()
        assert "13:50–15:10" in text
        assert set("╌░┊•") <= set(text)
        assert "drawn on KPIs' charts: the forecast" in text
        await person.press("C")
        await person.sees("a point beyond 3 σ")
        await enter(person, "draw-anomalies")
        await person.sees("unusual")
        assert "#" in person.text()
        assert person.last(AskReport).options == {"kpi": "oee", "where": {}, "draw": [*EVERYTHING], "at": None}
        assert {len(line) for line in person.lines()} == {cells}
        await person.press("C", "F", "A")
        assert "nothing more is drawn on KPIs' charts" in person.lines()[-1]
        assert person.lines()[:-1] == before
        assert asked(person)[:3] == [["forecast"], ["limits", "forecast"], [*EVERYTHING]]


@SIZES
async def test_over_time_has_them_too_with_the_crosshair(tmp_path: Path, cells: int, lines: int) -> None:
    async with console(tmp_path, cells, lines) as person:
        engine(person)
        await enter(person, "kpi oee over time")
        await person.sees("a column is")
        wide = person.last(AskSeries).most
        await person.press("C", "F", "A")
        await person.sees("crosses critical 60 % at about 14:20")
        assert set("╌░┊") <= set(person.text())
        await person.until(lambda: person.last(AskSeries).most < wide, "fewer columns, so that there is room ahead")
        await person.until(lambda: "asking" not in person.text())
        await person.press("left")
        await person.sees("x a point beyond 3 σ")
        assert "crosses critical" not in "\n".join(person.lines()[-6:]), "what is under the crosshair is told"
        assert {len(line) for line in person.lines()} == {cells}


async def test_it_is_asked_for_again_when_there_can_be_news_and_not_before(tmp_path: Path) -> None:
    clock = [NOW]
    async with console(tmp_path, wall=lambda: clock[0]) as person:
        engine(person)
        await enter(person, "kpi oee by line")
        await person.press("F")
        await person.sees("crosses critical")
        view = person.app.history.current
        view.layered._asked = (view.layered._asked[0], -10.0)  # type: ignore[attr-defined]

        def look() -> None:
            view.draw(80, 20)

        clock[0] += 3600.0
        look()
        await person.pilot.pause()
        assert len(asked(person)) == 1, "no row has come"
        model = person.app.model
        assert model.site is not None
        model.site = replace(model.site, data_version=model.site.data_version + 1)
        clock[0] -= 3590.0
        look()
        await person.pilot.pause()
        assert len(asked(person)) == 1, "rows have come, but ten seconds change nothing"
        clock[0] += 60.0
        look()
        await person.until(lambda: len(asked(person)) == 2, "asked once more")
        look()
        await person.pilot.pause()
        assert len(asked(person)) == 2
        await person.press("r")
        await person.until(lambda: len(asked(person)) == 3, "r asks at once")


async def test_why_there_is_nothing_is_said_below_the_chart(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        person.engine.answers["report"] = lambda ask: Report(
            1, 1.0, trouble="its rows have no times, so it has no past"
        )
        await enter(person, "kpi oee by line")
        await person.press("C")
        await person.sees("its rows have no times, so it has no past")
        assert "▁" in person.text() or "█" in person.text(), "the trend stays"


async def test_the_next_console_draws_what_was_drawn(tmp_path: Path) -> None:
    file = tmp_path / "where.json"
    for keys, seen in ((("C", "F"), ()), ((), ("limits", "forecast"))):
        async with CannedEngine(tmp_path) as canned_engine:
            link = EngineLink(canned_engine.place, start=False)
            app = Console(link, wall=lambda: NOW, memory=Memory(file, "/p"))
            async with app.run_test(size=(80, 24)) as pilot:
                person = Session(canned_engine, app, pilot)
                engine(person)
                await person.until(lambda app=app: app.model.site is not None, "a snapshot")
                assert app.layers.on == seen
                await enter(person, "kpi oee by line")
                await person.press(*keys)
                await person.sees("crosses critical")


# --- a layout ---


def plant(*draw: str) -> Snapshot:
    chart = Panel("chart", of="oee", draw=draw)
    return cannedlayouts.snapshot(Layout("overview", (LayoutRow((chart,)),), title="Overview"))


@SIZES
async def test_a_layout_has_what_it_asks_for(tmp_path: Path, cells: int, lines: int) -> None:
    async with CannedEngine(tmp_path, plant("limits", "forecast")) as canned_engine:
        canned_engine.answers["report"] = lambda ask: Report(1, 1.0, result=answer(*ask.options["draw"]))
        app = Console(EngineLink(canned_engine.place, start=False), wall=lambda: NOW)
        async with app.run_test(size=(cells, lines)) as pilot:
            person = Session(canned_engine, app, pilot)
            await person.sees("crosses critical 60 % at about 14:20")
            text = person.text()
            assert {"x", "╌", "░", "┊"} <= set(text)
            assert "*" not in text
            assert "OEE  ▲C 52.4 %" in text
            assert {len(line) for line in person.lines()} == {cells}
            assert asked(person) == [["limits", "forecast"]]
            await person.press("left", "F", "enter")
            await person.until(lambda: app.history.current.address.view == "kpi", "Enter leads to the KPI")


async def test_a_layout_without_them_asks_for_none(tmp_path: Path) -> None:
    async with console(tmp_path, 100, 32, plant()) as person:
        await person.sees("OEE")
        assert asked(person) == []


@pytest.mark.parametrize(
    ("words", "yaml"),
    [
        ("chart oee draw limits", "{chart: oee, draw: [limits]}"),
        ("chart oee draw limits, forecast title Soon", "{chart: oee, draw: [limits, forecast], title: Soon}"),
    ],
)
def test_a_panel_in_words_and_in_yaml(words: str, yaml: str) -> None:
    assert yaml_panel(read_panel(words)) == yaml


def test_words_that_cannot_be_drawn() -> None:
    for words, why in (
        ("chart oee draw curves", "expected some of limits, forecast, anomalies, found `curves`"),
        ("chart oee by line draw limits", "is of the KPI itself"),
        ("bars oee draw limits", "`draw` has no meaning with `bars`"),
    ):
        with pytest.raises(WordsError, match=why):
            read_panel(words)


async def test_from_another_screen_it_is_said_where_it_shows(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        engine(person)
        await enter(person, "draw-limits")
        assert "drawn on KPIs' charts: control limits" in person.lines()[-1]
        await enter(person, "kpi oee by line")
        await person.sees("a point beyond 3 σ")


def test_a_chart_without_layers_is_as_it_was() -> None:
    assert layers.columns_for(None, oee(), 80) == course.columns(oee(), 80)
