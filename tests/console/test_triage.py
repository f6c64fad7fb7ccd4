"""Triage from the keyboard: each command on one alert or on many, what is asked first, and what is said after."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.console.pane import Pane
from opsconsole.engine.messages import AlertState, Changes, Command, Done, Target
from opsconsole.site.model import Priority
from tests.console import cannedalerts
from tests.console.harness import Session, console

NOW = cannedalerts.NOW
OEE = "kpi:oee|line=3"
FIRST = Target(OEE, 4)


def commands(person: Session) -> list[Command]:
    """What the engine was told to do."""
    return [ask for ask in person.engine.asked if isinstance(ask, Command)]


async def told(person: Session, count: int = 1) -> Command:
    """The last of so many commands."""
    await person.until(lambda: len(commands(person)) == count, f"{count} commands")
    await person.pilot.pause()
    return commands(person)[-1]


def pane_of(person: Session) -> Pane:
    pane = person.app.history.current.pane
    assert pane is not None
    return pane


async def test_each_state_has_its_look_and_all_are_counted(tmp_path: Path) -> None:
    async with console(tmp_path, 100, 40, cannedalerts.triage()) as person:
        await person.press("2")
        heading = "9 of 9 open · unack 3 · shelved 1 · suppr 1 · out 1 · 6 in 10 min"
        assert heading in person.lines()[2]
        assert [line[2:12].strip() for line in person.lines()[4:13]] == [
            "▲C UNACK", "◆W UNACK", "◆W RTN-UN", "◆W ACK", "◆W LATCH", "◆W SHELVED", "▽L ACK", "▽L SUPPR",
            "▽L OUT",
        ]  # fmt: skip
        assert "reverse" in person.styles("▲C UNACK")
        assert "reverse" in person.styles("RTN-UN")
        assert "reverse" not in person.styles("◆W ACK")
        assert "until 13:52" in person.row("z Line 2 · door sensor")
        assert "dim" in person.styles("z Line 2")
        assert "~ Line 4" in person.text()
        assert "ben" in person.row("▲C UNACK"), "whose it is"


async def test_a_shelf_takes_a_time_and_a_reason_and_no_longer_than_allowed(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.triage()) as person:
        await person.press("2", "s")
        assert "shelve Line 3 weld" in person.lines()[-1]
        assert "at most 2h" in person.lines()[-2]
        await person.type("30m")
        await person.press("enter")
        assert "a shelf needs a reason" in person.lines()[-2]
        for _ in range(3):
            await person.press("backspace")
        await person.type("3h tip ordered")
        await person.press("enter")
        assert "too long: at most 2h" in person.lines()[-2]
        assert commands(person) == []
        await person.press("home", "delete", "delete")
        await person.type("1h")
        await person.press("enter")
        assert await told(person) == Command("shelve", [FIRST], text="tip ordered", until=NOW + 3600)
        await person.sees("shelved: Line 3 weld")
        assert "until 11:52" in person.row("▲C SHELVED")
        await person.press("g", "S")
        assert (await told(person, 2)).name == "unshelve"


async def test_what_chatters_is_shelved_by_one_key_and_enter(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.triage()) as person:
        await person.press("2", "down")
        await person.sees("shelves it for 1h")
        await person.press("s", "enter")
        found = await told(person)
        assert (found.targets, found.until, found.text) == ([Target("flutter{line=4}", 3)], NOW + 3600, "it chatters")


@pytest.mark.parametrize(
    ("keys", "typed", "wanted"),
    [
        ("a", "", Command("ack", [FIRST])),
        ("U", "", Command("unack", [FIRST])),
        ("A", "", Command("assign", [FIRST], to="ana")),
        ("R", "", Command("reset", [FIRST])),
        ("x e", "", Command("dispose", [FIRST], disposition="expected")),
        ("! y", "", Command("escalate", [FIRST])),
        ("c", "wire feed checked", Command("comment", [FIRST], text="wire feed checked")),
        (":", "assign ben", Command("assign", [FIRST], to="ben")),
        (":", "assign nobody", Command("assign", [FIRST])),
        (":", "oos being replaced", Command("out-of-service", [FIRST], text="being replaced")),
        (":", "return", Command("return", [FIRST])),
        (":", "close false-data was wet", Command("dispose", [FIRST], "was wet", disposition="false-data")),
        (":", "shelve once waits for tip", Command("shelve", [FIRST], text="waits for tip")),
        (":", "shelve end of shift part comes", Command("shelve", [FIRST], text="part comes", until=NOW + 11_280)),
        ("z", "", Command("undo")),
        ("Z", "", Command("redo")),
    ],
)  # fmt: skip
async def test_every_command_is_given_as_it_was_meant(tmp_path: Path, keys: str, typed: str, wanted: Command) -> None:
    state = cannedalerts.triage()
    state = replace(state, site=replace(state.site, longest_shelf={}))
    async with console(tmp_path, state=state) as person:
        await person.press("2", *keys.split())
        if typed:
            await person.type(typed)
            await person.press("enter")
        assert await told(person) == wanted


async def test_what_cannot_be_undone_is_asked_first(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.triage()) as person:
        await person.press("2", "!")
        assert "escalate Line 3 weld: OEE 52 % under 60 % for 11 min to the next step?  y / n" in person.lines()[-1]
        await person.press("enter")
        assert person.app.prompt is None
        await person.press("x", "escape", "x", "a", "c", "enter", "escape")
        assert commands(person) == []


async def test_a_prompt_is_about_the_alert_it_was_opened_on(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.triage()) as person:
        await person.press("2", "c")
        worse = cannedalerts.alert("fire", "Fire in the paint shop", priority="critical", ago=0)
        person.engine.change(Changes(alerts=[worse], alerts_gone=["scrap{line=1}"]))
        await person.sees("Fire in the paint shop")
        await person.type("looked at")
        await person.press("enter")
        assert (await told(person)).targets == [FIRST]


async def test_many_at_once_say_which_before_and_what_came_of_it(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.triage()) as person:
        await person.press("2", "space", "down", "down", "space", "a")
        assert (await told(person)).targets == [FIRST, Target("drift{line=3}", 3)]
        await person.sees("acknowledged: 1 of 2 alerts · 1 already so: ben has already acknowledged it")
        person.engine.refuse = "it has grown worse since you saw it, to critical"
        await person.press("g", "v", "down", "down")
        assert "3 marked: keys act on all of them" in person.text()
        await person.press("x", "t")
        await person.sees("3 refused: it has grown worse since you saw it, to critical")
        assert len(pane_of(person).marks) == 3, "what was refused stays marked"
        await person.press("u")
        assert not pane_of(person).marks


async def test_rows_like_this_one_are_marked(tmp_path: Path) -> None:
    async with console(tmp_path, 120, 30, cannedalerts.triage()) as person:
        await person.press("2", "*")
        for offer in ("r rule (1)", "s state UNACK (2)", "p critical (1)", "a weld (3)", "i incident (2)"):
            assert offer in person.lines()[-1]
        await person.press("a")
        assert pane_of(person).marks == {OEE, "drift{line=3}", "pump"}
        await person.press("escape")
        assert not pane_of(person).marks


async def test_while_rows_are_marked_nothing_is_sorted_anew(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.triage()) as person:
        await person.press("2", "space")
        before = [row.key for row in pane_of(person).rows]
        worse = [cannedalerts.alert(f"new{at}", f"New {at}", priority="critical", ago=0) for at in range(3)]
        person.engine.change(Changes(alerts=[*worse, replace(cannedalerts.every_state()[2], priority="critical")]))
        await person.until(lambda: len(pane_of(person).all) == 12)
        assert [row.key for row in pane_of(person).rows][:9] == before
        person.engine.change(Changes(alerts_gone=[OEE]))
        await person.until(lambda: not pane_of(person).marks)
        assert pane_of(person).rows[0].key.startswith("new"), "with no mark left it is in order again"


async def test_without_the_role_a_command_is_not_offered_and_says_so(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.triage()) as person:
        await person.press("2")
        assert "a ack" in person.lines()[-1]
        await person.engine.stop()
        person.engine.role = "viewer"
        await person.sees("ENGINE LOST")
        await person.engine.start()
        await person.until(lambda: person.app.role == "viewer" and "LOST" not in person.text())
        await person.press("down")
        assert "a ack" not in person.lines()[-1]
        assert "filter" in person.lines()[-1]
        await person.press("a")
        assert "takes the role operator, and you are viewer here" in person.lines()[-1]
        assert commands(person) == []
        await person.press("?")
        assert "Acknowledge" not in person.text().split("Commands")[0]


async def test_next_critical_and_next_warning_pass_over_what_is_put_aside(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.triage()) as person:
        seen = []
        for _ in range(5):
            await person.press("w")
            seen.append(pane_of(person).cursor)
        assert seen == ["flutter{line=4}", "scrap{line=1}", "drift{line=3}", "jam{line=2}", "flutter{line=4}"]
        await person.press("W", "e")
        assert pane_of(person).cursor == OEE


async def test_the_rows_are_three_keys_from_the_alert(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.triage()) as person:
        await person.press("2", "d")
        await person.sees("row 1 of 12 304 rows")
        assert str(person.app.history.current.address) == f"rows alert '{OEE}'"


async def test_the_engine_can_say_more_than_that_it_is_done(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.triage()) as person:
        person.engine._command = lambda _: Done(applied=[OEE], said="it spans a shift: review it")  # type: ignore[method-assign]
        await person.press("2", "a")
        await person.sees("it spans a shift: review it")


async def test_the_alert_acted_on_is_always_the_one_that_was_seen_under_the_cursor(tmp_path: Path) -> None:
    """A long random run: alerts come, go, worsen and are acknowledged between what is painted and the key press."""
    chance = random.Random(5)
    state = cannedalerts.many(60, 60)
    async with console(tmp_path, 100, 30, state) as person:
        app = person.app
        await person.press("2")
        acted = refused = 0
        for number in range(600):
            app.paint()
            seen = next((line for line in app.canvas.text() if line.startswith("▸")), "")
            for part in range(chance.choice((0, 0, 1, 3))):
                app.hearing.take(_churn(app.model.alerts, chance, 3 * number + part))
            key = chance.choice(("a", "a", "a", "down", "up", "G", "g", "space", "u"))
            marked = set(pane_of(person).marks)
            app.press(key, key if len(key) == 1 else None)
            said = app.message[0]
            if key != "a":
                continue
            if not said.startswith("acknowledge: "):
                refused += 1
                assert "cursor" in said or "come to the top" in said or "no alert" in said, said
            elif marked:
                assert len(marked) == 1 or said == f"acknowledge: {len(marked)} alerts …"
            else:
                text = said.removeprefix("acknowledge: ").removesuffix(" …")
                assert text in seen, f"{text} was acted on, seen was:\n{seen}"
                acted += 1
        assert acted > 100
        assert refused > 2


def _churn(alerts: dict[str, AlertState], chance: random.Random, number: int) -> Changes:
    """Some alerts come, some go, some change."""
    known = list(alerts.values())
    gone = [each.id for each in chance.sample(known, min(len(known), chance.randrange(3)))]

    def priority() -> Priority:
        return chance.choice(("critical", "warning", "low"))

    changed = [
        replace(each, state=chance.choice(("UNACK", "ACK")), version=each.version + 1, priority=priority())
        for each in chance.sample(known, min(len(known), 4))
        if each.id not in gone
    ]
    new = [
        cannedalerts.alert(f"new{number}-{at}", f"New {number}-{at}", priority=priority(), ago=at)
        for at in range(10 * number, 10 * number + chance.randrange(3))
    ]
    return Changes(alerts=[*changed, *new], alerts_gone=gone)
