"""A person at the keyboard: what is pressed, what is seen, what the engine is asked."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.console.actions import STACKS
from opsconsole.engine.messages import AskBreakdown, AskKpi, AskLine, AskPage, Changes, Command, Notice, Target
from opsconsole.engine.table_messages import TableOf
from tests.console import canned
from tests.console.harness import Session, console

SIZES = [(60, 20), (80, 24), (160, 50), (40, 12)]
OEE = "kpi:oee|line=3"


@pytest.mark.parametrize(("cells", "lines"), SIZES)
async def test_every_screen_fills_the_terminal_exactly(tmp_path: Path, cells: int, lines: int) -> None:
    async with console(tmp_path, cells, lines) as person:
        paths = [
            ("1",),
            ("2",),
            ("2", "enter"),
            ("2", "enter", "enter"),
            ("3",),
            ("3", "enter"),
            ("5",),
            ("8",),
            ("8", "enter"),
            ("?",),
        ]
        paths += [("1", "]"), ("3", "enter", "down", "enter", "enter")]
        for keys in paths:
            await person.press(*keys)
            screen = person.lines()
            assert len(screen) == lines, keys
            assert {len(line) for line in screen} == {cells}, keys
            assert person.app.history.current.stack in STACKS


@pytest.mark.parametrize(("cells", "lines"), SIZES)
async def test_the_critical_alert_and_the_kpis_are_in_sight_on_every_size(
    tmp_path: Path, cells: int, lines: int
) -> None:
    async with console(tmp_path, cells, lines) as person:
        assert "▲C Line 3 weld: OEE" in person.text()
        for value in ("52.4 %", "2.1 %", "88.5 %", "4 812 pcs"):
            assert value in person.text()
        assert "10:52" in person.lines()[0]


async def test_below_the_least_size_one_line_says_so(tmp_path: Path) -> None:
    async with console(tmp_path, 39, 12) as person:
        assert person.lines() == [" opsconsole needs 40x12; this is 39x12".ljust(39)]


async def test_from_an_alert_to_the_line_of_the_file_and_back(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("enter")
        assert "worst 49.0 %" in person.text()
        await person.press("enter")
        await person.sees("row 1 of 12 304 rows")
        assert person.last(AskPage).of == TableOf(alert=OEE)
        await person.press("down", "down", "enter")
        await person.sees("▸81218 │")
        ask = person.last(AskLine)
        assert (ask.file, ask.line) == ("cycles/2026-06-24.csv", 81_218)
        assert person.lines()[1].startswith(" Overview › Line 3 weld") or "› rows ›" in person.lines()[1]
        await person.press("escape")
        assert "▸ 2026-06-24 08:51:56" in person.text()
        await person.press("escape", "escape")
        assert "▸ ▲C Line 3 weld" in person.text()
        assert person.app.history.trail() == ["Overview"]


async def test_from_a_kpi_by_a_dimension_to_its_rows(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("3", "enter")
        await person.sees("by line")
        await person.sees("line 3")
        await person.press("b")
        await person.sees("station 3")
        assert AskBreakdown("oee", "station") in person.engine.asked
        await person.press("down", "enter")
        await person.sees("KPIs › OEE › station station 3")
        await person.sees("by line")
        assert AskKpi("oee", {"station": "station 3"}) in person.engine.asked
        await person.press("d")
        await person.sees("row 1 of 12 304 rows")
        assert person.last(AskPage).of == TableOf(kpi="oee", where={"station": "station 3"})
        assert "KPIs › OEE › station station 3 › rows" in person.lines()[1]
        await person.press("escape", "escape")
        assert "▸ ▲C  station 3" in person.text()


async def test_pages_come_as_the_cursor_nears_the_end(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("5", "enter")
        await person.sees("row 1 of 12 304 rows")
        await person.press(*["pagedown"] * 10)
        await person.until(lambda: person.last(AskPage).row == 200)
        await person.press("G")
        await person.sees("row 12 304 of 12 304 rows")
        await person.sees("▸ 2026-06-24 02:01:54")


async def test_acknowledging_acts_on_the_alert_under_the_cursor(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        assert "reverse" in person.styles("▲C Line 3")
        await person.press("a")
        await person.sees("acknowledged: Line 3 weld")
        assert person.last(Command) == Command("ack", [Target(OEE, 4)])
        await person.until(lambda: "ana" in person.row("▲C Line 3"))
        assert "reverse" not in person.styles("▲C Line 3")
        await person.press("U")
        await person.until(lambda: Command("unack", [Target(OEE, 5)]) in person.engine.asked)


async def test_marked_alerts_are_acknowledged_together(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("2", "space", "space")
        assert "2 marked" in person.text()
        await person.press("a")
        await person.sees("acknowledged: 1 of 2 alerts")
        assert Command("ack", [Target(OEE, 4), Target("late|order=4711", 2)]) in person.engine.asked
        assert "marked" not in person.text()


async def test_a_refused_command_says_why(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        person.engine.refuse = "the alert has moved on"
        await person.press("a")
        await person.sees("refused: the alert has moved on")


async def test_an_alert_that_closes_under_the_cursor_is_not_mistaken_for_the_next(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        person.engine.change(Changes(alerts_gone=[OEE]))
        await person.until(lambda: "▲C" not in person.text().split("Alerts  ")[1].split("Line ×")[0])
        asked = len(person.engine.asked)
        await person.press("a")
        assert "has just gone" in person.text()
        assert len(person.engine.asked) == asked
        await person.press("a")
        await person.until(lambda: Command("ack", [Target("late|order=4711", 2)]) in person.engine.asked)


async def test_a_cursor_that_nobody_moved_goes_with_the_worst_but_takes_no_key_at_once(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("2")
        new = replace(canned.alerts()[0], id="new", text="Line 1 has stopped", since=canned.NOW)
        person.engine.change(Changes(alerts=[new]))
        await person.sees("▸ ▲C UNACK   Line 1 has stopped")
        asked = len(person.engine.asked)
        await person.press("a")
        assert "look, and press again" in person.text()
        assert all(not isinstance(ask, Command) for ask in person.engine.asked[asked:])
        await person.press("a")
        await person.until(lambda: Command("ack", [Target("new", new.version)]) in person.engine.asked)


async def test_the_cursor_keeps_its_alert_when_a_worse_one_comes(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("2", "down", "down")
        new = replace(canned.alerts()[0], id="new", text="Line 1 has stopped", since=canned.NOW)
        person.engine.change(Changes(alerts=[new]))
        await person.sees("Line 1 has stopped")
        assert "▸ ◆W ACK     Quality file" in person.text()


async def test_escape_pops_one_thing_at_a_time(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("2", "space", "/")
        await person.type("line")
        assert "1 of 3 open" in person.text()
        await person.press("escape")
        assert person.app.prompt is None
        assert "1 of 3 open" in person.text()
        await person.press("escape")
        assert "3 of 3 open" in person.text()
        assert "1 marked" in person.text()
        await person.press("escape")
        assert "marked" not in person.text()
        assert "2 Alerts" in person.lines()[1]
        await person.press("escape")
        assert person.app.history.current.address.view == "overview"
        await person.press("escape")
        assert "this is the first view" in person.text()


async def test_the_filter_hides_and_the_hits_go_round(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("8", "/")
        await person.type("e !energy")
        await person.press("enter")
        shown = "\n".join(person.lines()[2:-2])
        assert "4 of 5, filter: e !energy" in shown
        assert "Energy meters" not in shown
        await person.press("escape", "/")
        await person.type("quality")
        await person.press("escape", "escape", "g", "n")
        assert "▸ ◌ST Quality checks" in person.text()


async def test_the_command_line_completes_runs_and_helps(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press(":")
        await person.type("kpi scr")
        assert person.lines()[-1].startswith(":kpi scrap")
        await person.press("tab", "enter")
        await person.until(lambda: str(person.app.history.current.address) == "kpi scrap")
        await person.press(":")
        await person.type("alrts")
        await person.press("enter")
        assert "no command `alrts`; did you mean `alerts`?" in person.text()
        await person.press(":")
        await person.type("rows source orders")
        await person.press("enter")
        await person.until(lambda: person.last(AskPage).of == TableOf(source="orders"))


async def test_the_palette_does_what_it_finds(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("ctrl+p")
        await person.type("orders on time")
        assert "▸ KPI: Orders on time" in person.text()
        await person.press("enter")
        await person.until(lambda: str(person.app.history.current.address) == "kpi on_time")


async def test_dash_goes_to_the_last_view_and_back_again(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("3", "down", "8")
        await person.press("-")
        assert "▸ ◆W  Orders on time" in person.text()
        await person.press("-")
        assert person.app.history.current.address.view == "sources"


async def test_layouts_turn_and_pin_what_is_critical(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("]")
        await person.sees("Call the tool shop")
        assert person.lines()[2].startswith(" ▲C Line 3 weld")
        await person.press("[")
        await person.sees("Line × hour")


async def test_help_shows_the_keys_of_the_screen_one_came_from(tmp_path: Path) -> None:
    async with console(tmp_path, 100, 60) as person:
        await person.press("2", "?")
        text = person.text()
        assert "In a list of alerts" in text
        assert "In tables of rows" not in text
        await person.press("escape", "5", "enter", "f1")
        assert "In tables of rows" in person.text()


async def test_copy_reaches_the_clipboard_and_says_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    async with console(tmp_path) as person:
        sent: list[str] = []
        driver = person.app._driver
        assert driver is not None
        monkeypatch.setattr(driver, "write", sent.append)
        await person.press("5", "enter")
        await person.sees("K2-9001")
        await person.press("right", "right", "right", "down", "y")
        assert "copied: K2-9001" in person.text()
        await person.press("Y")
        assert "copied: 1 row × 9 columns, with a header" in person.text()
        copied = [base64.b64decode(text[7:-1]).decode() for text in sent if text.startswith("\x1b]52")]
        assert copied[0] == "K2-9001"
        head, row = (line.split("\t") for line in copied[1].split("\n"))
        assert head[:3] == ["ts", "line", "station"]
        assert row[:3] == ["2026-06-24 08:51:58", "line 2", "weld"]


async def test_site_text_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    nasty = "[bold red]x[/] \x1b]52;c;aGk=\x07 \x1b[2J \u202eabc"
    state = canned.snapshot(
        kpis=[replace(kpi, title=nasty, unit="\x1b[m", leader=nasty) for kpi in canned.kpis()],
        alerts=[replace(alert, text=nasty, who="\x1b") for alert in canned.alerts()],
        sources=[replace(source, title=nasty, note=nasty) for source in canned.sources()],
        notices=[Notice("x", nasty)],
        site=canned.site(name=nasty, layouts=[replace(canned.LAYOUTS[0], title=nasty)]),
    )
    async with console(tmp_path, 120, 40, state) as person:
        for keys in (("1",), ("2",), ("enter",), ("3",), ("enter",), ("5",), ("enter",), ("8",), ("enter",), ("?",)):
            await person.press(*keys)
            assert not any(ord(char) < 32 and char != "\n" for char in person.text()), keys
            assert "\u202e" not in person.text()
        await person.press("1")
        assert "[bold red]x[/]" in person.text()


async def test_values_change_without_a_key(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        person.engine.change(Changes(kpis=[replace(canned.kpis()[1], value=4.4, status="warning")]))
        await person.sees("4.4 %")
        assert "Scrap ratio ◆W" in person.text()


async def test_lost_and_back_keeps_view_and_cursor(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("3", "down", "down")
        await person.engine.stop()
        await person.sees("ENGINE LOST")
        assert "▸ ●   Output" in person.text()
        assert person.app.canvas._muted[5]
        await person.press("up")
        person.engine.state = canned.snapshot(kpis=[replace(kpi, value=99.9) for kpi in canned.kpis()])
        await person.engine.start()
        await person.until(lambda: "ENGINE LOST" not in person.text() and "99.9 %" in person.text())
        assert "▸ ◆W  Orders on time" in person.text()
        assert not person.app.canvas._muted[5]


async def test_questions_without_an_engine_say_so(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.engine.stop()
        await person.sees("ENGINE LOST")
        await person.press("a")
        await person.sees("not done: the engine is not there")


async def test_an_engine_that_ends_on_purpose_says_why(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.engine.stop("stopped by ben")
        await person.sees("ENGINE STOPPED: stopped by ben")
        assert ":restart-engine" in person.lines()[0]


async def test_notices_stand_on_lines_of_their_own(tmp_path: Path) -> None:
    broken = Notice(
        "site", "site.yaml:14:9 unknown KPI `scrp`, did you mean `scrap`? Using the version of 10:31.", "warning"
    )
    async with console(tmp_path, state=canned.snapshot(notices=[broken], site=canned.site(draft=True))) as person:
        assert "site.yaml:14:9 unknown KPI" in person.lines()[2]
        assert "Using the version of 10:31." in " ".join(" ".join(person.lines()[2:4]).split())
        assert " DRAFT " in person.lines()[0]
        person.engine.change(Changes(notices=[]))
        await person.until(lambda: "site.yaml" not in person.text())


async def test_a_question_that_fails_shows_the_reason(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press(":")
        await person.type("rows kpi energy")
        await person.press("enter")
        await person.sees("the source meters has no rows yet")


async def test_critical_alerts_are_found_from_anywhere(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("8", "e")
        assert "▸ ▲C UNACK" in person.text()
        await person.press("down", "E")
        assert "▸ ▲C UNACK" in person.text()


async def test_the_clock_moves_by_whole_minutes(tmp_path: Path) -> None:
    moment = canned.NOW
    async with console(tmp_path, wall=lambda: moment) as person:
        assert 59 < person.app.ticking.until_next() <= 60.02
        moment = canned.NOW + 61
        person.app.ticking.tick()
        await person.sees("10:53")
        assert "12m" in (await opened(person))


async def opened(person: Session) -> str:
    await person.press("2")
    return person.text()


async def test_quit_leaves_with_zero(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("q")
        assert person.app.return_code == 0
