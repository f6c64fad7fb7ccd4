"""Scorecard and backtest on the screen: how far they are, what they say, and what leads on from them."""

from __future__ import annotations

from pathlib import Path

from opsconsole.engine.messages import AskReport, Report
from tests.console import cannedalerts, cannedreports
from tests.console.harness import Session, console


async def enter(person: Session, line: str) -> None:
    await person.press(":")
    await person.type(line)
    await person.press("enter")


async def test_a_scorecard_tells_what_is_missed_and_leads_to_what_can_be_tried(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.triage()) as person:
        person.engine.answers["report"] = cannedreports.answer
        await enter(person, "scorecard since=60d")
        await person.sees("50 %")
        assert "reads the record" in person.text()
        await person.sees("indicative: under 30 d")
        assert AskReport("scorecard", {"days": 60.0}) in person.engine.asked
        assert "▲C" in person.row("14.2, most 61")
        assert "weld desk" in person.text()
        assert "everything else" in person.text()
        await person.press("down")
        for text in ("91   63 %  drift", "half of its alerts are over within 5 min", "for: 5m"):
            assert text in person.text()
        await person.press("enter")
        assert str(person.app.history.current.address) == "backtest drift for=5m"


async def test_a_backtest_tells_what_a_change_saves(tmp_path: Path) -> None:
    async with console(tmp_path, 120, 40, cannedalerts.triage()) as person:
        person.engine.answers["report"] = lambda ask: Report(
            3, 1.0, result=cannedreports.backtest(ask.options["rules"], ask.options.get("changes", []))
        )
        await enter(person, "backtest")
        await person.sees("drift of line 3")
        await person.press("enter")
        await person.sees("40 alerts · on 10 days · median 5 min")
        assert "flood" in person.row("␛[2J0")
        await enter(person, "backtest drift since=10d for=10m")
        await person.sees("saves 28 alerts (70 %)")
        asked = person.last(AskReport)
        assert asked.options["changes"] == ["for: 10m"]
        assert asked.options["since"] == cannedalerts.NOW - 10 * 86_400
        await enter(person, "backtest for=10m")
        assert "name it, such as: backtest RULE for=10m" in person.lines()[-1]


async def test_a_report_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.triage()) as person:
        person.engine.answers["report"] = lambda _: Report(4, trouble="there is no rule `drft`; did you mean `drift`?")
        await enter(person, "backtest drft")
        await person.sees("did you mean `drift`?")


async def test_a_backtest_says_what_was_not_known(tmp_path: Path) -> None:
    def answer(ask: AskReport) -> Report:
        result = cannedreports.backtest(ask.options["rules"], [])
        never, partly = result["rules"][0], result["rules"][-1]
        partly |= {"unknown": 7200.0, "why": "its newest value is too old", "lacks": "of jobs only the latest is kept"}
        if never["rule"] == "drift":
            never |= {"count": 0, "occurrences": [], "unknown": 10 * 86_400.0, "why": "not enough past", "lacks": ""}
        return Report(3, 1.0, result=result)

    async with console(tmp_path, 120, 40, cannedalerts.triage()) as person:
        person.engine.answers["report"] = answer
        await enter(person, "backtest")
        await person.sees("drift of line 3")
        assert "unknown" in person.row("drift of line 3")
        await enter(person, "backtest drift")
        await person.sees("not known at any time: not enough past")
        assert "nothing could be said of it at any time" in person.text()
        assert "no alert" not in person.text()
        await enter(person, "backtest jam")
        await person.sees("not known for 2 h of it: its newest value is too old")
        assert "of jobs only the latest is kept" in person.text()
