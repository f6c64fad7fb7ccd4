"""What people do to alerts: done once it is in the journal, refused with the reason, taken back when it cannot be."""

from __future__ import annotations

import sqlite3

import pytest
from msgspec.structs import replace

from opsconsole.engine.commands import COMMANDS
from opsconsole.engine.messages import Command, Disposition, Done, SavedView, Target
from opsconsole.site.model import Longest, Shelving
from tests.engine.plant import ANA, BOB, NOW, SITE, Plant

A, B, C = "late{line=A}", "late{line=B}", "late{line=C}"


def test_each_command_is_in_the_journal_with_who_and_why(plant: Plant) -> None:
    plant.see("late", "A")
    plant.see("latched", "A")
    plant.see("latched")
    plant.do("ack", A, text="seen")
    plant.do("unack", A)
    plant.do("assign", A, to="bob")
    plant.do("comment", A, text="the gun sticks")
    plant.do("shelve", A, text="tip ordered", until=plant.now + 600)
    plant.do("unshelve", A)
    plant.do("out-of-service", A, text="sensor broken")
    plant.do("return", A)
    plant.do("dispose", A, disposition="true", text="tip was worn")
    plant.do("ack", "latched{line=A}")
    plant.do("reset", "latched{line=A}")
    told = plant.recorded()[3:]
    assert [what for _, what, _ in told] == [
        "acknowledged", "unacknowledged", "assigned", "commented", "shelved", "unshelved", "out-of-service", "returned",
        "disposed", "acknowledged", "reset",
    ]  # fmt: skip
    assert {who for who, _, _ in told} == {"ana"}
    shelved = next(each for each in plant.journal.records("alert") if each.what == "shelved")
    assert (shelved.reason, shelved.before, shelved.after, shelved.uid) == ("tip ordered", "UNACK", "SHELVED", 4_001)
    shown = plant.open_alerts()[A]
    assert (shown.owner, shown.disposition, shown.note, shown.note_by) == ("bob", "true", "tip was worn", "ana")
    before = plant.kept()
    plant.restart()
    assert plant.kept() == before
    assert plant.journal.verify() is None


def test_a_bulk_is_one_transaction_and_each_alert_by_itself(plant: Plant) -> None:
    plant.see("late", "A", "B", "C")
    seen = plant.open_alerts()
    plant.do("ack", B, by=BOB)
    plant.see("late", "A", "B", "C", priority="critical")
    plant.do("ack", C, by=BOB)
    targets = [Target(name, seen[name].version) for name in (A, B, C)] + [Target("late{line=Z}", 1)]
    done = plant.watch.command(Command("ack", targets), ANA, plant.moment)
    assert done.applied == []
    assert done.already == {C: "bob has already acknowledged it"}
    assert done.refused[A] == "it has grown worse since you saw it, to critical"
    assert done.refused[B] == "it has grown worse since you saw it, to critical"
    assert done.refused["late{line=Z}"] == "there is no such alert"
    assert plant.do("ack", A, B).applied == [A, B]


def test_a_command_that_cannot_be_written_is_as_if_it_had_not_been(plant: Plant) -> None:
    plant.see("late", "A", "B")
    plant.do("ack", A)
    before = plant.kept()
    with sqlite3.connect(plant.path) as other:
        pages = other.execute("PRAGMA page_count").fetchone()[0]
    plant.journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    done = Done()
    for number in range(200):  # until what is left of the last page is used up
        done = plant.do("assign", B, to=f"{number}", after=0)
        if done.refused:
            break
        before = plant.kept()
    assert done.applied == []
    why = done.refused[B]
    assert why.startswith("nothing can be acknowledged or recorded: the disk of ")
    assert why.endswith(" is full")
    assert plant.kept() == before
    assert plant.do("ack", B).refused == {B: why}
    assert plant.do("save-view", view=SavedView("x", "y")).said == why
    assert plant.watch.views() == []
    assert plant.states() == {A: "ACK", B: "UNACK"}
    (notice,) = plant.watch.notices(plant.now)
    assert (notice.priority, notice.text) == ("critical", f"{why}. Alerts go on.")
    # the rules go on meanwhile, and nothing of it is lost
    plant.see("late", "A")
    assert plant.states() == {A: "ACK", B: "RTNUN"}
    plant.journal._connection.execute("PRAGMA max_page_count = 100000")
    plant.watch._writer._tried = 0.0
    assert plant.watch.tick(plant.moment)
    assert plant.watch.notices(plant.now) == []
    assert plant.recorded()[-1] == ("system", "cleared", B)
    assert plant.recorded("journal") == [("system", "written again", "journal")]
    assert plant.do("ack", B).applied == [B]
    before = plant.kept()
    plant.restart()
    assert plant.kept() == before
    assert plant.journal.verify() is None


def test_a_shelf_is_as_long_as_the_role_and_the_priority_allow(plant: Plant) -> None:
    site = replace(SITE, roles={"operator": ("ana",), "supervisor": ("bob",)})
    plant.watch.configure(site, plant.moment)
    plant.see("late", "A", priority="critical")
    plant.see("hot", "B")
    hot = "hot{line=B,station=s1}"
    done = plant.do("shelve", A, hot, text="tip ordered", until=plant.now + 3600)
    assert done.applied == [hot]
    assert done.refused == {A: "an operator may shelve a critical alert for 30m at most"}
    assert plant.do("shelve", A, text="tip ordered", until=plant.now + 1800).applied == [A]
    plant.do("unshelve", A)
    assert plant.do("shelve", A, text="tip ordered", until=plant.now + 3600, by=BOB).applied == [A]
    site = replace(site, shelving=Shelving(operator=Longest(60.0, 60.0, 60.0)))
    plant.watch.configure(site, plant.moment)
    plant.do("unshelve", hot)
    assert plant.do("shelve", hot, text="x", until=plant.now + 120).refused == {
        hot: "an operator may shelve a warning alert for 1m at most"
    }


def test_a_shelf_ends_by_itself_and_its_alert_calls_again(plant: Plant) -> None:
    plant.see("late", "A")
    plant.do("ack", A)
    plant.do("shelve", A, text="tip ordered", until=plant.now + 60)
    plant.see("late", "A")
    assert plant.states() == {A: "SHELVED"}
    plant.restart()
    plant.see("late", "A", after=60)
    assert plant.states() == {A: "UNACK"}
    assert plant.recorded()[-1] == ("system", "unshelved-by-time", A)


def test_views_are_shared_and_survive(plant: Plant) -> None:
    def save(name: str, line: str) -> str:
        return plant.do("save-view", view=SavedView(name, line)).said

    assert save(" my  line ", "area=weld !low") == "view my line saved"
    save("night", "unack")
    save("night", "state=unack")
    assert plant.watch.views() == [
        SavedView("my line", "area=weld !low", "ana"),
        SavedView("night", "state=unack", "ana"),
    ]
    assert "needs a name" in save("", "x")
    assert "needs a name" in save("a" * 41, "x")
    assert "at most 500" in save("long", "x" * 501)
    plant.restart()
    assert [view.name for view in plant.watch.views()] == ["my line", "night"]
    assert plant.do("drop-view", view=SavedView("night", ""), by=BOB).applied == ["night"]
    assert plant.do("drop-view", view=SavedView("night", "")).said == "there is no view night"
    plant.restart()
    assert [view.name for view in plant.watch.views()] == ["my line"]
    assert plant.recorded("view")[-1] == ("bob", "dropped", "night")


@pytest.mark.parametrize(
    "name", [name for name in COMMANDS if name not in ("save-draft", "save-sql", "retry", "tick", "untick")]
)
def test_a_command_without_what_it_needs_is_refused_in_a_sentence(plant: Plant, name: str) -> None:
    done = plant.watch.command(Command(name), ANA, plant.moment)
    assert done.applied == []
    assert done.said
    assert list(done.refused.values()) == [done.said]
    assert plant.recorded() == []


def test_a_text_has_an_end(plant: Plant) -> None:
    plant.see("late", "A")
    assert plant.do("comment", A, text="x" * 2_001).refused == {A: "a text has at most 2000 characters"}


@pytest.mark.parametrize("disposition", ["true", "expected", "false-rule", "false-data", "undetermined"])
def test_an_alert_is_closed_with_what_it_turned_out_to_be(plant: Plant, disposition: Disposition) -> None:
    plant.see("late", "A")
    plant.see("late")
    assert plant.do("dispose", A, disposition=disposition).applied == [A]
    assert plant.states() == {}
    assert plant.journal.records("alert")[0].data["alert"]["facts"]["disposition"] == disposition


def test_listeners_hear_what_is_in_the_journal(plant: Plant) -> None:
    heard: list[tuple[str, bool, int]] = []
    plant.watch.listen(
        lambda found: heard.extend((each.what, each.annunciate, len(plant.recorded())) for each in found)
    )
    plant.see("late", "A", "B")
    plant.do("ack", A)
    assert heard == [("raised", True, 2), ("raised", True, 2), ("acknowledged", False, 3)]
    assert plant.now > NOW


def test_a_shelf_until_the_condition_has_gone_has_a_longest_time_too(plant: Plant) -> None:
    plant.see("late", "A", "B", priority="critical")
    plant.do("shelve", A, B, text="tip ordered")
    assert plant.open_alerts()[A].until is None
    plant.see("late", "A", after=60)
    assert plant.states() == {A: "SHELVED", B: "RTNUN"}
    plant.restart()
    plant.see("late", "A", after=6 * 86_400)
    assert plant.states()[A] == "SHELVED"
    plant.see("late", "A", after=86_400)
    assert plant.states()[A] == "UNACK"


def test_a_clock_that_is_set_back_ends_shelves_that_would_last_too_long(plant: Plant) -> None:
    plant.see("late", "A", "B")
    plant.do("shelve", A, text="tip ordered", until=plant.now + 7_200)
    assert not plant.watch.tick(plant.moment)
    plant.now += 5_000
    plant.do("shelve", B, text="tip ordered", until=plant.now + 600)
    assert not plant.watch.tick(plant.moment)
    plant.now -= 10
    assert not plant.watch.tick(plant.moment)  # the clock is only adjusted
    plant.now -= 3_600
    assert plant.watch.tick(plant.moment)
    assert plant.states() == {B: "UNACK", A: "SHELVED"}
    record = plant.journal.records("alert")[0]
    assert (record.what, record.object, record.reason) == ("unshelved-by-time", B, "the clock was set back")
    plant.see("late", "A", "B", "C", after=10)  # and the rules go on
    assert plant.states() == {B: "UNACK", C: "UNACK", A: "SHELVED"}
    plant.see("late", "A")
    assert plant.states() == {B: "RTNUN", C: "RTNUN", A: "SHELVED"}
    plant.do("ack", B)
    plant.now -= 3_600
    plant.restart()
    plant.watch.tick(plant.moment)
    assert plant.states()[A] == "UNACK"
