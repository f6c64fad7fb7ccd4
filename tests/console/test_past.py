"""Looking at past moments: going there, stepping, what is asked, and that what is live stays out of sight."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from opsconsole.console import fmt, travel
from opsconsole.console.actions import PAST, STACKS, Registry
from opsconsole.console.address import Address, parse
from opsconsole.console.history import History
from opsconsole.console.model import Model
from opsconsole.console.views.base import View
from opsconsole.console.words import complete
from opsconsole.engine.messages import (
    AskBreakdown,
    AskCompare,
    AskKpi,
    AskMoved,
    AskPage,
    AskSnapshot,
    Changes,
    Command,
    Failure,
    SiteState,
    TableOf,
)
from tests.console import canned
from tests.console.canned import HOUR, NOW
from tests.console.harness import Session, console

BOTH = pytest.mark.parametrize(("cells", "lines"), [(80, 24), (160, 50)])
AT_0340 = NOW - 7.2 * HOUR
YESTERDAY = NOW - 10 * HOUR - 52 * 60


async def go(person: Session, words: str, seen: str) -> None:
    """Type `:at …` and wait for the banner."""
    await person.press(":")
    await person.type(f"at {words}")
    await person.press("enter")
    await person.until(lambda: person.lines()[0].startswith(f" AS OF {seen} "), seen)


def moments(person: Session) -> list[float]:
    """The moments whose whole screens were asked for."""
    return [ask.at for ask in person.engine.asked if isinstance(ask, AskSnapshot)]


@BOTH
async def test_a_screen_is_put_to_a_moment_and_back_to_live(tmp_path: Path, cells: int, lines: int) -> None:
    async with console(tmp_path, cells, lines) as person:
        await go(person, "03:40", "Wed 24 Jun 03:40")
        assert moments(person) == [AT_0340]
        assert "Night 22:00–06:00" in person.lines()[0]
        assert "0 live" in person.lines()[0]
        assert "reverse" in person.styles("AS OF Wed")
        assert "7.20 %" in person.text()
        tiles, _, alerts = person.text().partition("Alerts  ")
        assert "52.4 %" not in tiles
        assert "Line 2 press: jam" in alerts
        assert "Line 3 weld" not in person.text()
        assert "stale" not in person.text()
        assert "≤ 5 sources by rows up to then" in person.text()
        assert {len(line) for line in person.lines()} == {cells}
        await person.press("0")
        assert person.lines()[0].startswith(" North plant  Early")
        assert "52.4 %" in person.text()
        assert "Line 3 weld" in person.text()


@pytest.mark.parametrize(
    ("words", "seen", "at"),
    [
        ("yesterday", "Tue 23 Jun 24:00", YESTERDAY),
        ("2026-06-23", "Tue 23 Jun 24:00", YESTERDAY),
        ("2026-06-23 10:00", "Tue 23 Jun 10:00", YESTERDAY - 14 * HOUR),
        ("2025-06-24", "Tue 24 Jun 2025 24:00", YESTERDAY - 364 * 24 * HOUR),
        ("-2h", "Wed 24 Jun 08:52", NOW - 2 * HOUR),
        ("shift -1", "Wed 24 Jun 06:00", canned.SHIFT),
    ],
)
async def test_moments_have_names(tmp_path: Path, words: str, seen: str, at: float) -> None:
    async with console(tmp_path, state=canned.snapshot(site=canned.site(ended=[canned.SHIFT]))) as person:
        await go(person, words, seen)
        assert moments(person) == [pytest.approx(at, abs=1e-4)]
        if seen.endswith("24:00") or words.startswith("shift"):
            assert moments(person)[0] < at  # the last moment of it, not the first of the next


async def test_what_is_no_moment_or_not_yet_is_said_and_nothing_asked(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        for words, why in (("noon", "is no moment"), ("2026-06-24 11:00", "lies ahead: it is 2026-06-24 10:52")):
            await person.press(":")
            await person.type(f"at {words}")
            await person.press("enter")
            assert why in person.lines()[-1]
        assert moments(person) == []
        person.engine.answers["then"] = Failure("the journal is damaged")
        await person.press(":")
        await person.type("at 03:40")
        await person.press("enter")
        await person.sees("the journal is damaged")
        assert person.lines()[0].startswith(" North plant")


@BOTH
async def test_what_happens_meanwhile_arrives_unseen_and_is_there_on_0(tmp_path: Path, cells: int, lines: int) -> None:
    async with console(tmp_path, cells, lines) as person:
        await go(person, "03:40", "Wed 24 Jun 03:40")
        if cells > 100:
            await person.sees("8 in 30 d")  # the detail of the alert has been answered: nothing is on its way
        before = person.lines()
        paints = count_refreshes(person)
        oee = person.engine.state.kpis[0]
        fire = replace(person.engine.state.alerts[0], id="fire", text="Fire in hall 2", priority="critical")
        person.engine.change(
            Changes(
                site=replace(canned.site(), data_version=8, at=NOW + 60, wall=NOW + 60),
                kpis=[replace(oee, value=11.1)],
                alerts=[fire],
                notices=[],
            )
        )
        await person.until(lambda: person.app.travel.live.kpis["oee"].value == 11.1, "the change")
        person.app.ticking.tick()
        await person.pilot.pause()
        assert person.lines() == before
        assert paints() == 0
        assert person.app.ticking.timer is None, "an idle console in the past has nothing to wake up for"
        await person.press("0")
        assert "11.1 %" in person.text()
        assert "Fire in hall 2" in person.text()
        assert person.app.ticking.timer is not None


def count_refreshes(person: Session) -> Callable[[], int]:
    """How often something was sent to the terminal from now on."""
    seen: list[Any] = []
    canvas = person.app.canvas
    refresh = canvas.refresh

    def noted(*regions: Any, **more: Any) -> Any:
        seen.append(regions)
        return refresh(*regions, **more)

    canvas.refresh = noted  # type: ignore[method-assign]
    return lambda: len(seen)


async def test_steps_go_by_a_bucket_or_a_window_and_only_the_last_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opsconsole.console.travel.REST", 1.0)  # keys come together on a busy machine too
    async with console(tmp_path) as person:
        await go(person, "03:40", "Wed 24 Jun 03:40")
        await person.press(*[","] * 20)
        assert person.lines()[0].startswith(" AS OF Wed 24 Jun 03:40 → Tue 23 Jun 22:40 …")
        assert "7.20 %" in person.text(), "the screen stays at the moment it shows"
        await person.until(lambda: person.lines()[0].startswith(" AS OF Tue 23 Jun 22:40 "))
        assert moments(person) == [AT_0340, AT_0340 - 20 * 900]
        assert "12.20 %" in person.text()
        await person.press(".")
        await person.until(lambda: "AS OF Tue 23 Jun 22:55 " in person.text())
        await person.press("{")
        await person.until(lambda: "AS OF Tue 23 Jun 14:55 " in person.text())
        await person.press("}", "}", ",")
        await person.until(lambda: "AS OF Wed 24 Jun 06:40 " in person.text())
        assert len(moments(person)) == 5
        await person.press("}")
        assert "that is not yet" in person.lines()[-1]
        assert len(moments(person)) == 5


async def test_stepping_follows_the_kpi_that_is_shown(tmp_path: Path) -> None:
    state = canned.snapshot()
    day = replace(state.kpis[1], window="day", trend_step=3600.0)
    async with console(tmp_path, state=replace(state, kpis=[state.kpis[0], day, *state.kpis[2:]])) as person:
        await go(person, "03:40", "Wed 24 Jun 03:40")
        await person.press(":")
        await person.type("kpi scrap")
        await person.press("enter", ",")
        await person.until(lambda: "AS OF Wed 24 Jun 02:40 " in person.text())
        await person.press("{")
        await person.until(lambda: "AS OF Tue 23 Jun 02:40 " in person.text())


@BOTH
async def test_every_view_shows_then_and_asks_for_then(tmp_path: Path, cells: int, lines: int) -> None:
    async with console(tmp_path, cells, lines) as person:
        await go(person, "03:40", "Wed 24 Jun 03:40")
        await person.press("2")
        assert "Line 2 press: jam" in person.text()
        assert "Line 3 weld" not in person.text()
        await person.until(lambda: AskKpi("oee", {"line": "2"}, AT_0340) in person.engine.asked)
        await person.press("3")
        assert "7.20 %" in person.row("OEE")
        assert "as now" in person.row("Energy per piece")
        await person.press("enter")
        await person.sees("line 3")
        assert AskBreakdown("oee", "line", at=AT_0340) in person.engine.asked
        await person.press("down", "enter")
        await person.sees("by station")
        assert AskKpi("oee", {"line": "line 3"}, AT_0340) in person.engine.asked
        await person.until(lambda: AskCompare("oee", {"line": "line 3"}, AT_0340) in person.engine.asked)
        assert AskMoved("oee", where={"line": "line 3"}, at=AT_0340) in person.engine.asked
        await person.press("d")
        await person.sees("row 1 of 12 304 rows")
        assert person.last(AskPage).of == ROWS
        await person.press("G")
        await person.until(lambda: (person.last(AskPage).row or 0) > 200)
        assert person.last(AskPage).of == ROWS
        await person.press("8")
        assert "≤   Machine cycles" in person.text()
        assert "·     ·      ·      10:51" in person.text(), "the files are those of now"
        assert "81 220 rows up to then, as known now" in person.text()
        assert moments(person) == [AT_0340]
        await person.press("enter")
        await person.sees("as they are now")
        await person.press("?")
        assert "Live again, on all screens" in person.text()
        assert all(line.startswith(" AS OF") for line in person.lines()[:1])


ROWS = TableOf(kpi="oee", where={"line": "line 3"}, at=AT_0340)


async def test_back_brings_back_the_moment_a_view_was_at(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press(":")
        await person.type("kpi oee by line at yesterday")
        await person.press("enter")
        await person.sees("AS OF Tue 23 Jun 24:00")
        assert "10.87 %" in person.text()
        await person.sees("line 3")
        (asked,) = [ask for ask in person.engine.asked if isinstance(ask, AskBreakdown)]
        assert asked.at == pytest.approx(YESTERDAY)
        await go(person, "03:40", "Wed 24 Jun 03:40")
        await person.press("down", "down", "d")
        await person.sees("row 1 of 12 304 rows")
        await go(person, "02:40", "Wed 24 Jun 02:40")
        await person.press("escape")
        assert person.lines()[0].startswith(" AS OF Wed 24 Jun 03:40 ")
        assert "7.20 %" in person.text()
        assert "▸     line 1" in person.text(), "as it was left"
        await person.press("escape")
        assert person.lines()[0].startswith(" North plant")
        assert "52.4 %" in person.text()
        await person.press("-")
        assert person.lines()[0].startswith(" AS OF Wed 24 Jun 03:40 ")
        assert len(moments(person)) == 3


async def test_0_makes_all_screens_live(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await go(person, "03:40", "Wed 24 Jun 03:40")
        await person.press("3", "enter")
        await go(person, "02:40", "Wed 24 Jun 02:40")
        await person.press("0")
        assert "52.4 %" in person.text()
        for _ in range(2):
            await person.press("escape")
            assert person.lines()[0].startswith(" North plant")
        assert "Line 3 weld" in person.text()
        assert person.app.history.trail() == ["Overview"]


async def test_a_moment_that_is_come_back_to_is_asked_for_anew_when_rows_came_in_since(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await go(person, "03:40", "Wed 24 Jun 03:40")
        await person.press("3")
        await go(person, "02:40", "Wed 24 Jun 02:40")
        person.engine.change(Changes(site=replace(canned.site(), data_version=8)))
        await person.until(lambda: person.app.travel.live.site == replace(canned.site(), data_version=8))
        person.engine.answers["then"] = late = canned.then(person.engine.state, AT_0340)
        late = replace(late, site=replace(late.site, data_version=8), kpis=[replace(late.kpis[0], value=99.0)])
        person.engine.answers["then"] = late
        await person.press("escape")
        assert person.lines()[0].startswith(" AS OF Wed 24 Jun 03:40 ")
        await person.sees("99.00 %")
        await person.press("r")
        await person.until(lambda: len(moments(person)) == 4)


async def test_a_screen_opened_in_the_past_has_figures_by_the_rows_that_its_answers_are_by(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await go(person, "03:40", "Wed 24 Jun 03:40")
        newer = replace(canned.site(), data_version=8)
        person.engine.change(Changes(site=newer))
        await person.until(lambda: person.app.travel.live.site == newer)
        late = canned.then(person.engine.state, AT_0340)
        late = replace(late, site=replace(late.site, data_version=8), kpis=[replace(late.kpis[0], value=99.0)])
        person.engine.answers["then"] = late
        await person.press("3")
        await person.sees("99.00 %")
        assert len(moments(person)) == 2
        await person.press("2")
        await person.pilot.pause()
        assert len(moments(person)) == 2


async def test_nothing_is_commanded_from_the_past(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await go(person, "03:40", "Wed 24 Jun 03:40")
        assert " ack " not in person.lines()[-1]
        assert " 0 live " in person.lines()[-1]
        for keys in (("a",), ("U",), (":", "a", "c", "k", "enter"), ("8", "R")):
            await person.press(*keys)
            assert person.lines()[-1].strip() == "you look at Wed 24 Jun 03:40; press 0 for live"
        await person.press("?")
        assert "Acknowledge" not in person.text().split("Commands")[0]
        await person.press("escape", "escape", "0", "a")
        await person.until(lambda: any(isinstance(ask, Command) for ask in person.engine.asked))
        assert len([ask for ask in person.engine.asked if isinstance(ask, Command)]) == 1


async def test_the_keys_of_the_past_mean_nothing_live(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        before = person.lines()
        await person.press("0", ",", ".", "{", "}")
        assert person.lines() == before
        assert moments(person) == []
    keys = {key for action in Registry().in_scopes((PAST,)) for key in action.keys}
    assert keys == {"0", ",", ".", "{", "}"}
    assert all(
        (Registry().find(key, stack) is None) == (PAST not in scopes)
        for key in keys
        for stack, scopes in STACKS.items()
    )


async def test_losing_the_engine_is_told_beside_the_moment(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await go(person, "03:40", "Wed 24 Jun 03:40")
        await person.engine.stop()
        await person.until(lambda: person.lines()[0].startswith(" AS OF Wed 24 Jun 03:40 · ENGINE LOST 0 s ago"))
        assert "7.20 %" in person.text()
        await person.press(":")
        await person.type("at 02:40")
        await person.press("enter")
        await person.sees("how it was at Wed 24 Jun 02:40 cannot be told")
        await person.engine.start()
        await person.until(lambda: person.lines()[0].startswith(" AS OF Wed 24 Jun 03:40 · 0 live"))


# --- parts ------------------------------------------------------------------------------------------------------


class Asking:
    """A program that has a screen put to another moment while it waits for an answer."""

    def __init__(self) -> None:
        self.meanwhile: Callable[[], None] = lambda: None
        self.asked: list[Any] = []

    def asked_at(self, at: str) -> float | None:
        return dt.datetime.fromisoformat(at).timestamp() if at else None

    async def ask(self, body: Any) -> Any:
        self.asked.append(body)
        self.meanwhile()
        return Failure("nothing")


def run(work: Awaitable[Any]) -> Any:
    """The outcome of a coroutine that never waits."""
    try:
        work.__await__().send(None)  # type: ignore[attr-defined]
    except StopIteration as done:
        return done.value
    raise AssertionError("it waited")


def test_an_answer_for_a_moment_that_was_left_is_dropped() -> None:
    program = Asking()
    view = View(program, Address("rows", name="oee", of="kpi", at="2026-06-24T03:40Z"))  # type: ignore[arg-type]
    assert run(view.ask(AskPage(TableOf(kpi="oee")))) is None
    assert view.trouble == "nothing"
    assert program.asked == [AskPage(TableOf(kpi="oee", at=dt.datetime(2026, 6, 24, 3, 40, tzinfo=dt.UTC).timestamp()))]
    program.meanwhile = lambda: setattr(view, "address", replace(view.address, at=""))
    view.trouble = ""
    assert run(view.ask(AskPage(TableOf(kpi="oee")))) is None
    assert view.trouble == ""
    run(view.ask(AskPage(TableOf(kpi="oee"))))
    assert program.asked[-1] == AskPage(TableOf(kpi="oee"))


@pytest.mark.parametrize(
    ("local", "zone", "shown"),
    [
        ("2026-06-24T03:40:00+02:00", "Europe/Berlin", "Wed 24 Jun 03:40"),
        ("2026-06-24T03:40:09+02:00", "Europe/Berlin", "Wed 24 Jun 03:40:09"),
        ("2026-06-24T13:59:59.999999+02:00", "Europe/Berlin", "Wed 24 Jun 14:00"),
        ("2026-06-23T23:59:59.999999+02:00", "Europe/Berlin", "Tue 23 Jun 24:00"),
        ("2026-06-24T00:00:00+02:00", "Europe/Berlin", "Wed 24 Jun 00:00"),
        ("2025-12-31T23:59:59.999999+01:00", "Europe/Berlin", "Wed 31 Dec 2025 24:00"),
        ("2026-03-29T01:59:59.999999+01:00", "Europe/Berlin", "Sun 29 Mar 03:00"),
    ],
)
def test_a_moment_is_shown_as_people_say_it(local: str, zone: str, shown: str) -> None:
    assert fmt.as_of(dt.datetime.fromisoformat(local).timestamp(), NOW, zone) == shown


@pytest.mark.parametrize(
    "line",
    [
        "overview at 2026-06-24T03:40",
        "overview stations at 2026-06-24T03:40",
        "alerts at 2026-06-24T03:40",
        "alert at at 2026-06-24T03:40",
        "source at at 2026-06-24",
        "sources at 2026-06-24",
        "line cycles at 5 at 2026-06-24",
        "quarantine cycles column=qty at 2026-06-24",
        "rows source cycles at 2026-06-24",
    ],
)
def test_every_view_can_be_addressed_at_a_moment(line: str) -> None:
    address = parse(line)
    assert address.at == line.rsplit(" ", 1)[1]
    assert str(address) == line
    assert parse(line.rsplit(" at ", 1)[0]).at == ""


def test_screens_that_become_the_same_are_one() -> None:
    views = [View(None, Address("alerts", at=at)) for at in ("2026-06-24", "2026-06-23")]  # type: ignore[arg-type]
    history = History(View(None, Address("overview")))  # type: ignore[arg-type]
    for view in views:
        history.open(view)
    history.put_to("")
    assert history.current is views[-1]
    assert history.back()
    assert history.current.address == Address("overview")


def test_the_site_of_then_stands_still() -> None:
    state: SiteState = canned.then(canned.snapshot(), AT_0340).site
    assert (state.speed, state.at, state.as_of) == (0.0, AT_0340, AT_0340)


@pytest.mark.parametrize("keys", [(), ("down",)])
async def test_coming_back_to_live_the_cursor_is_where_it_was(tmp_path: Path, keys: tuple[str, ...]) -> None:
    async with console(tmp_path) as person:
        await person.press(*keys)
        pane = person.app.history.current.pane
        assert pane is not None
        before = pane.cursor
        await go(person, "03:40", "Wed 24 Jun 03:40")
        assert pane.cursor == "jam"
        await person.press("0")
        assert pane.cursor == before
        await person.press("a")
        await person.until(lambda: any(isinstance(ask, Command) for ask in person.engine.asked), "no `look again`")


def test_moments_are_offered_as_they_are_typed() -> None:
    model = Model()
    model.load(canned.snapshot(site=canned.site(ended=[canned.SHIFT])))
    registry = Registry()
    assert complete("at ", registry, model) == ["at yesterday", "at -1h", "at -1d", "at shift -1", "at now"]
    assert complete("at s", registry, model) == ["at shift -1"]
    model.load(canned.snapshot())
    assert complete("at s", registry, model) == []


async def test_now_is_live(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await go(person, "03:40", "Wed 24 Jun 03:40")
        await person.press(":")
        await person.type("at now")
        await person.press("enter")
        assert person.lines()[0].startswith(" North plant")
        await go(person, "03:40", "Wed 24 Jun 03:40")
        await person.press(":")
        await person.type("alerts at now")
        await person.press("enter")
        assert person.lines()[0].startswith(" North plant")
        assert "Line 3 weld" in person.text()
        await person.press("escape")
        assert person.lines()[0].startswith(" AS OF Wed 24 Jun 03:40")
        assert len(moments(person)) == 1
        await person.press("0", ":", "a", "t", "enter")
        assert person.lines()[-1].startswith(":at "), "without words they are asked for"


async def test_a_moment_that_was_forgotten_is_asked_for_when_it_is_come_back_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(travel, "KEPT", 1)
    async with console(tmp_path) as person:
        await go(person, "03:40", "Wed 24 Jun 03:40")
        await person.press("3")
        await go(person, "02:40", "Wed 24 Jun 02:40")
        answered = person.engine._answer
        seen: list[str] = []

        def slowly(ask: Any) -> Any:
            if isinstance(ask, AskSnapshot):
                seen.append(person.text())
            return answered(ask)

        person.engine._answer = slowly  # type: ignore[method-assign]
        await person.press("escape")
        await person.sees("7.20 %")
        assert "asking how it was" in seen[0]
        assert "8.20 %" not in seen[0], "no moment's values under the name of another"
        assert len(moments(person)) == 3
