"""A picture that stands still: what waits is counted, what is critical is told, and alerts can be acted on."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.engine.messages import AskAlert, AskBreakdown, AskPage, AskSnapshot, Changes, Command
from tests.console import canned
from tests.console.canned import NOW
from tests.console.harness import Session, console

SIZES = pytest.mark.parametrize(("cells", "lines"), [(60, 20), (80, 24), (160, 50)])


def worse(person: Session, value: float) -> None:
    """OEE is another now, and time has gone on."""
    kpi = replace(person.engine.state.kpis[0], value=value)
    site = replace(
        person.app.travel.live.site or canned.site(), data_version=int(value * 10), at=NOW + 60, wall=NOW + 60
    )
    person.engine.change(Changes(site=site, kpis=[kpi]))


@SIZES
async def test_nothing_moves_until_one_goes_on_and_then_all_of_it_is_there(
    tmp_path: Path, cells: int, lines: int
) -> None:
    async with console(tmp_path, cells, lines) as person:
        if lines > 40:
            await person.sees("history")  # the detail of an alert, where there is room for it, is asked for by itself
        await person.press("p")
        assert person.lines()[0].startswith(" PAUSED since 10:52 · p goes on · nothing new")
        assert "reverse" in person.styles("PAUSED")
        body = person.lines()[1:]
        worse(person, 11.1)
        await person.until(lambda: "1 KPI changed" in person.lines()[0])
        worse(person, 12.2)
        await person.until(lambda: person.app.travel.live.kpis["oee"].value == 12.2, "the second change")
        person.app.ticking.tick()
        await person.pilot.pause()
        assert "1 KPI changed" in person.lines()[0], "what differs is counted, not how often"
        assert person.lines()[1:] == body
        assert {len(line) for line in person.lines()} == {cells}
        await person.press("p")
        assert "PAUSED" not in person.text()
        assert "12.2 %" in person.text()


async def test_what_is_critical_is_told_and_an_alert_that_is_acted_on_shows_it(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("2")
        await person.press("p")
        seen = person.engine.state.alerts[0]
        assert seen.state == "UNACK"
        body = person.lines()[1:]
        fire = replace(seen, id="fire", text="Fire in hall\x1b[2J 2", priority="critical")
        low = replace(seen, id="lamp", text="A lamp is out", priority="low")
        person.engine.state = replace(person.engine.state, alerts=[*person.engine.state.alerts, fire, low])
        person.engine.change(Changes(alerts=[fire, low]))
        await person.until(lambda: "▲ critical since: Fire in hall" in person.lines()[0])
        assert "\x1b" not in person.text()
        assert "critical" in person.styles("PAUSED")
        assert person.lines()[1:] == body
        await person.press("a")
        await person.until(lambda: any(isinstance(ask, Command) for ask in person.engine.asked))
        await person.until(lambda: any(line.startswith("▸ ▲C ACK") for line in person.lines()), "what became of it")
        assert "Fire in hall" not in "\n".join(person.lines()[1:]), "the others stay as they were"
        await person.press("p")
        await person.until(lambda: "Fire in hall" in "\n".join(person.lines()[1:]))
        assert "A lamp is out" in person.text()


async def test_what_is_opened_meanwhile_is_of_the_moment_at_which_it_was_paused(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("p")
        worse(person, 11.1)
        await person.until(lambda: "1 KPI changed" in person.lines()[0])
        await person.press("3", "enter")
        await person.until(lambda: AskBreakdown("oee", "line", at=NOW) in person.engine.asked)
        assert "52.4 %" in person.text()
        await person.press("p")
        await person.until(lambda: person.last(AskBreakdown).at is None)
        assert "11.1 %" in person.text()
        assert not any(isinstance(ask, AskSnapshot) for ask in person.engine.asked), "it is no past moment"


@pytest.mark.parametrize("keys", ["1", "2", "2\r"])
async def test_what_is_known_of_an_alert_is_of_that_moment_until_one_acts_on_it(tmp_path: Path, keys: str) -> None:
    async with console(tmp_path, 160, 50) as person:
        await person.press("p")
        held = person.app.pause.at
        assert held
        before = len(person.engine.asked)
        await person.press(*["enter" if key == "\r" else key for key in keys])
        first = person.engine.state.alerts[0].id
        await person.until(lambda: AskAlert(first, at=held) in person.engine.asked[before:], "the alert as it was")
        await person.until(
            lambda: {ask.of.at for ask in person.engine.asked[before:] if isinstance(ask, AskPage)} == {held}
        )
        await person.press("a")
        await person.until(lambda: AskAlert(first) in person.engine.asked[before:], "what became of it")


async def test_in_the_past_there_is_nothing_to_hold_and_a_lost_engine_is_told(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press(":")
        await person.type("at 03:40")
        await person.press("enter")
        await person.until(lambda: "AS OF" in person.lines()[0])
        await person.press("p")
        assert "it stands still already" in person.lines()[-1]
        await person.press("0", "p")
        assert "PAUSED" in person.lines()[0]
        await person.engine.stop()
        await person.until(lambda: "ENGINE LOST" in person.lines()[0])
        assert "PAUSED since 10:52" in person.lines()[0]
