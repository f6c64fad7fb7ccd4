"""The list of alerts: filters and saved views, more alerts than are sent, floods, and the detail that follows."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.console.alert_facts import Facts
from opsconsole.console.alert_filter import BadFilterError, checked, means, query_of, turned
from opsconsole.console.alert_lists import FULL
from opsconsole.console.detail import evidence
from opsconsole.console.flood import Fold, grouped
from opsconsole.console.pane import LateRow, Pane
from opsconsole.console.text import plain
from opsconsole.engine.messages import (
    AlertCounts,
    AlertQuery,
    AskAlert,
    AskAlerts,
    AskPage,
    AskProcedure,
    Changes,
    Command,
    Maintenance,
    SavedView,
    TableOf,
    TablePage,
    Target,
)
from tests.console import cannedalerts
from tests.console.harness import Session, console

OEE = "kpi:oee|line=3"


def pane_of(person: Session) -> Pane:
    pane = person.app.history.current.pane
    assert pane is not None
    return pane


def keys(person: Session) -> list[str]:
    return [row.key for row in pane_of(person).rows]


async def enter(person: Session, line: str) -> None:
    await person.press(":")
    await person.type(line)
    await person.press("enter")


# --- filters ---


def test_a_filter_is_a_question() -> None:
    parts = checked((("state", "shelved,out"), ("priority", "critical"), ("owner", "me,nobody"), ("area", "weld")))
    query = query_of("tip !low", parts, "ana")
    assert query == AlertQuery("tip !low", ("SHELVED", "OOS"), ("critical",), ("weld",), ("ana", ""))
    shelved = replace(cannedalerts.every_state()[3], priority="critical", area="weld")
    assert means(query, shelved)
    assert not means(query, replace(shelved, area="press"))
    assert not means(query, replace(shelved, owner="ben"))
    for bad in (("state", "shelvd"), ("priority", "high")):
        with pytest.raises(BadFilterError, match="is one of"):
            checked((bad,))


def test_the_common_filters_go_round() -> None:
    parts = (("area", "weld"),)
    once = turned(parts, "state", ("", "unack", "open"))
    assert once == (*parts, ("state", "unack"))
    assert turned(turned(once, "state", ("", "unack", "open")), "state", ("", "unack", "open")) == parts


async def test_a_filter_is_an_address_that_one_comes_back_to(tmp_path: Path) -> None:
    async with console(tmp_path, 100, 30, cannedalerts.triage()) as person:
        await enter(person, "alerts area=weld state=open,aside !pump")
        assert keys(person) == [OEE, "drift{line=3}"]
        assert "2 of 9 open" in person.lines()[2]
        assert "filter: area=weld state=open,aside !pump" in person.text()
        await person.press("down", "enter")
        assert person.app.history.current.address.view == "alert"
        await person.press("escape")
        assert keys(person) == [OEE, "drift{line=3}"]
        assert pane_of(person).cursor == "drift{line=3}"
        assert str(person.app.history.current.address) == "alerts area=weld state=open,aside '!pump'"
        await person.press("escape")
        assert len(keys(person)) == 9, "Esc takes the filter away first"
        await person.press("/")
        await person.type("line=2")
        assert keys(person) == ["jam{line=2}", "door{line=2}"], "labels are sought too"
        assert person.app.history.current.address.name == "line=2"


async def test_one_key_filters_by_state_and_one_by_priority(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.triage()) as person:
        await person.press("2", "f")
        assert keys(person) == [OEE, "flutter{line=4}", "scrap{line=1}"]
        await person.press("F")
        assert keys(person) == [OEE]
        await person.press("f", "f", "f", "F", "F")
        assert len(keys(person)) == 9


async def test_views_are_saved_and_shown_again(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.triage()) as person:
        await person.press("ctrl+p")
        await person.type("view: night")
        await person.press("enter")
        assert keys(person) == [OEE, "flutter{line=4}", "scrap{line=1}"]
        await enter(person, "view save mine")
        await person.sees("save the filter")
        wanted = SavedView("mine", "alerts state=unack priority=critical,warning", "ana")
        assert person.last(Command) == Command("save-view", view=wanted)
        await enter(person, "view nothing")
        assert "no view is called nothing" in person.text()


async def test_a_filter_reaches_alerts_that_are_not_at_hand(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.many()) as person:
        await person.press("2")
        assert "1 000 of 8 412 open" in person.lines()[2]
        await enter(person, "alerts area=weld")
        await person.until(lambda: "far{cell=9999}" in keys(person))
        asked = [ask for ask in person.engine.asked if isinstance(ask, AskAlerts)]
        assert asked[0] == AskAlerts(AlertQuery(areas=("weld",)))
        pane_of(person).point("far{cell=9999}")
        await person.press("enter")
        await person.sees("nobody has acknowledged it")
        assert "▽L UNACK   Cell 9999" in person.text()
        await person.press("escape", "a")
        await person.until(lambda: Command("ack", [Target("far{cell=9999}", 3)]) in person.engine.asked)


# --- floods ---


def test_a_flood_is_grouped_behind_what_came_first() -> None:
    alerts = sorted(cannedalerts.flooded(), key=lambda alert: -alert.since)
    shown = grouped(alerts, ())
    assert all(not isinstance(each, Fold) and each.priority == "critical" for each in shown[:2]), "pinned on top"
    ids = [each.key if isinstance(each, Fold) else each.id for each in shown]
    assert ids.index("+dip-1") == ids.index("dip") + 1
    fold = shown[ids.index("+dip-1")]
    assert isinstance(fold, Fold)
    assert fold.text() == "+ 11 consequences  ◆7 ▽4 · 10 unack"
    assert ids[-1] == "+low"
    every = [each for entry in shown for each in (entry.ids if isinstance(entry, Fold) else (entry.id,))]
    assert sorted(every) == sorted(alert.id for alert in alerts), "nothing is lost and nothing is shown twice"
    opened = grouped(alerts, ("+dip-1", "+low"))
    assert len(opened) == len(alerts) + 2


async def test_a_flood_changes_the_screen_and_its_end_changes_it_back(tmp_path: Path) -> None:
    state = cannedalerts.flood()
    async with console(tmp_path, state=state) as person:
        await person.press("2")
        assert person.lines()[0].startswith(" FLOOD since 10:46 · 34 in 10 min · 2 critical")
        assert "10:52" in person.lines()[0]
        assert keys(person)[:2] == ["trip{drive=5}", OEE]
        at = keys(person).index("dip")
        await person.press(*["down"] * at, "right")
        assert len(keys(person)) > 15
        await person.press("left")
        await person.press("down", "enter")
        assert "- 11 consequences" in person.text(), "Enter unfolds too"
        await person.press("enter", "a")
        await person.until(lambda: any(isinstance(ask, Command) for ask in person.engine.asked))
        assert len(person.last(Command).targets) == 11, "a key on a fold is about all that is in it"
        over = replace(state.counts, flood_since=None, recent=3)
        person.engine.change(Changes(counts=over))
        await person.until(lambda: "FLOOD" not in person.text())
        assert len(keys(person)) == len(cannedalerts.flooded())


async def test_next_warning_unfolds_what_it_is_in(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.flood()) as person:
        await person.press("2")
        for _ in range(14):
            await person.press("w")
            assert pane_of(person).cursor == pane_of(person).rows[pane_of(person).index].key
        assert "trip{drive=1}" in keys(person)


# --- the detail ---


async def test_the_detail_asks_once_the_cursor_has_rested(tmp_path: Path) -> None:
    async with console(tmp_path, 100, 40, cannedalerts.triage()) as person:
        for key in ("2", "j", "j", "k", "k"):
            person.app.press(key, key)  # no time passes between these
        await person.sees("8 in 30 d  ··▄··█··▄····▄··█············▄")
        asked = [ask for ask in person.engine.asked if isinstance(ask, AskAlert)]
        assert set(asked) == {AskAlert(OEE)}, "what was passed over is not asked for"
        assert AskProcedure(OEE) in person.engine.asked
        assert AskPage(TableOf(alert=OEE), limit=12) in person.engine.asked
        for text in (
            "nobody has acknowledged it · ben has it",
            "limit 60.0 %",
            "came first of 2",
            "Weld station  2 of 5 steps done",
            "10:43 ana  checked wire feed, ordered tip",
            "2026-06-24 08:52:00",
        ):
            assert text in person.text()
        await person.press("down")
        await person.until(lambda: AskAlert("flutter{line=4}") in person.engine.asked)
        before = len(person.engine.asked)
        await person.press("up")
        assert "8 in 30 d" in person.text(), "kept by its version"
        await person.press("down", "down")
        await person.until(lambda: AskAlert("scrap{line=1}") in person.engine.asked)
        assert AskAlert(OEE) not in person.engine.asked[before:]


async def test_beside_the_list_where_there_is_room(tmp_path: Path) -> None:
    async with console(tmp_path, 160, 50, cannedalerts.triage()) as person:
        await person.press("2")
        await person.sees("5 Tell the shift lead")
        assert all("│" in line for line in person.lines()[2:-2])
        assert {len(line) for line in person.lines()} == {160}


async def test_the_screen_of_an_alert_has_everything(tmp_path: Path) -> None:
    async with console(tmp_path, state=cannedalerts.triage()) as person:
        await person.press("2", "enter")
        await person.sees("2 of 5 steps done")
        assert "more lines below" in person.text()
        await person.press("G")
        assert "rule kpi:oee" in person.text()
        await person.press("a")
        await person.sees("ACK")
        await person.press("t")
        assert str(person.app.history.current.address) == "backtest kpi:oee"


async def test_who_put_it_aside_until_when_and_why_is_told(tmp_path: Path) -> None:
    async with console(tmp_path, 100, 40, cannedalerts.triage()) as person:
        for name, said in (
            ("door{line=2}", "by ben until 13:52 (3h left): part ordered"),
            ("pump", "out of service by ana at 02:32: being replaced"),
            ("oven", "suppressed by maintenance of paint"),
        ):
            await enter(person, f"alert '{name}'")
            assert said in person.text()


# --- maintenance ---


async def test_maintenance_is_planned_listed_and_ended(tmp_path: Path) -> None:
    async with console(tmp_path, 100, 30, cannedalerts.triage()) as person:
        await enter(person, "maintenance")
        assert keys(person) == ["1", "2", "3"], "what runs, what is planned, what is over"
        assert "runs" in person.row("oven is cleaned")
        await person.press("x")
        assert "end the maintenance of paint?" in person.lines()[-1]
        await person.press("y")
        await person.until(lambda: any(isinstance(ask, Command) for ask in person.engine.asked))
        assert person.last(Command) == Command("end-maintenance", maintenance=person.app.model.maintenance[0])
        await enter(person, "maintenance weld from 14:00 to 16:00 tip change")
        await person.until(lambda: person.last(Command).name == "plan-maintenance")
        start = cannedalerts.NOW + 3 * 3600 + 480
        window = Maintenance(area="weld", start=start, end=start + 7200, reason="tip change")
        assert person.last(Command) == Command("plan-maintenance", maintenance=window)
        await enter(person, "maintenance weld to 16:00")
        assert "needs a reason" in person.lines()[-1]


# --- many ---


async def test_a_thousand_rows_are_made_only_where_they_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    make = LateRow._row
    monkeypatch.setattr(LateRow, "_row", lambda row: (made.append(row.key), make(row))[1])
    async with console(tmp_path, state=cannedalerts.many()) as person:
        await person.press("2")
        assert 0 < len(set(made)) < 60
        made.clear()
        changed = [replace(each, count=each.count + 1) for each in cannedalerts.many().alerts[500:520]]
        person.app.hearing.take(Changes(alerts=changed, counts=AlertCounts(open=8413)))
        await person.press("down")
        assert len(set(made)) < 60


def test_the_rows_behind_an_alert_have_their_numbers_at_the_right() -> None:
    page = TablePage(
        "cycles", ["station", "qty"], ["VARCHAR", "BIGINT"], [["weld", "cut"], [4, 1204]], ["a.csv"] * 2, [2, 3],
        0, 2, 2, None, None, 1,
    )  # fmt: skip
    lines = [plain(line) for line in evidence(Facts(rows=page), 60)]
    assert [line[-13:] for line in lines] == ["station   qty", "weld        4", "cut      1204"]


@pytest.mark.parametrize(
    ("cells", "titles"),
    [(60, ["P", "state", "what", "age"]), (80, ["P", "state", "what", "age", "n", "who"])],
)
def test_the_state_of_an_alert_is_told_in_a_small_terminal_too(cells: int, titles: list[str]) -> None:
    assert [column.title for _, column, _ in Pane(FULL).fitted(cells)] == titles
