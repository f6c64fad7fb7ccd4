"""Undo and redo: a person's own last commands, a bulk as one, from the journal, refused where an alert has moved on."""

from __future__ import annotations

from msgspec.structs import replace

from tests.engine.plant import ANA, BOB, Plant

A, B, C = "late{line=A}", "late{line=B}", "late{line=C}"


def test_each_of_what_people_do_is_taken_back_and_done_again(plant: Plant) -> None:
    plant.see("late", "A")
    for name, given in (
        ("ack", {}),
        ("assign", {"to": "ana"}),
        ("comment", {"text": "the gun sticks"}),
        ("shelve", {"text": "tip ordered", "until": plant.now + 1_000}),
        ("out-of-service", {"text": "sensor broken"}),
        ("dispose", {"disposition": "expected"}),
    ):
        before = replace(plant.open_alerts()[A], version=0)
        if name == "dispose":
            plant.do("return", A)
            plant.do("unshelve", A)
            before = replace(plant.open_alerts()[A], version=0)
        assert plant.do(name, A, **given).applied == [A], name
        after = replace(plant.open_alerts()[A], version=0)
        assert after != before, name
        undone = plant.do("undo")
        assert undone.applied == [A], name
        assert replace(plant.open_alerts()[A], version=0) == before, name
        assert plant.do("redo").applied == [A], name
        again = replace(plant.open_alerts()[A], version=0)
        assert replace(again, acked_at=after.acked_at, put_at=after.put_at) == after, name
    assert plant.journal.verify() is None


def test_a_bulk_is_taken_back_as_one_and_a_restart_forgets_nothing(plant: Plant) -> None:
    plant.see("late", "A", "B", "C")
    plant.do("ack", A)
    plant.do("ack", B, C)
    plant.restart()
    done = plant.do("undo")
    assert (sorted(done.applied), done.said) == ([B, C], "acknowledged: taken back for 2 alerts")
    assert plant.states() == {A: "ACK", B: "UNACK", C: "UNACK"}
    plant.restart()
    assert plant.do("undo").applied == [A]
    assert plant.do("undo").said == "there is nothing of yours to take back"
    plant.restart()
    assert plant.do("redo").applied == [A]
    assert sorted(plant.do("redo").applied) == [B, C]
    assert plant.do("redo").said == "there is nothing that you have taken back last"
    assert sorted(plant.do("undo").applied) == [B, C]
    assert plant.states() == {A: "ACK", B: "UNACK", C: "UNACK"}


def test_the_journal_says_to_whom_and_what_was_taken_back(plant: Plant) -> None:
    plant.see("late", "A")
    plant.do("assign", A, to="bob")
    plant.do("assign", A)
    plant.do("ack", A, text="on it")
    plant.do("undo")
    told = [(record.what, record.reason) for record in plant.journal.records("alert", A, 4)]
    assert told == [
        ("undone", "acknowledged"),
        ("acknowledged", "on it"),
        ("assigned", "to nobody"),
        ("assigned", "to bob"),
    ]


def test_only_ones_own_commands_are_taken_back(plant: Plant) -> None:
    plant.see("late", "A", "B")
    plant.do("ack", A)
    plant.do("ack", B, by=BOB)
    elsewhere = replace(ANA, ssh="203.0.113.9 50000 22")
    assert plant.do("undo", by=elsewhere).said == "there is nothing of yours to take back"
    assert plant.do("undo").applied == [A]
    assert plant.states() == {A: "UNACK", B: "ACK"}


def test_where_an_alert_has_moved_on_it_is_told_and_the_rest_is_undone(plant: Plant) -> None:
    plant.see("late", "A", "B", "C")
    plant.do("ack", A, B, C)
    plant.see("late", "A", "B")
    plant.do("assign", B, to="bob", by=BOB)
    done = plant.do("undo")
    assert done.applied == [A]
    assert done.refused == {
        B: "it has moved on since: assigned by bob",
        C: "it has moved on since: cleared",
    }
    assert plant.states() == {A: "UNACK", B: "ACK"}


def test_what_cannot_be_taken_back_at_all_is_said_and_passed(plant: Plant) -> None:
    plant.see("late", "A", "B")
    plant.do("ack", A)
    plant.do("ack", B)
    plant.see("late", "A")
    done = plant.do("undo")
    assert done.applied == []
    assert done.said == "acknowledged: nothing was taken back; undo again for what you did before"
    assert list(done.refused) == [B]
    assert plant.do("undo").applied == [A]


def test_a_new_command_ends_what_can_be_done_again(plant: Plant) -> None:
    plant.see("late", "A", "B")
    plant.do("ack", A)
    plant.do("undo")
    plant.do("ack", B)
    assert plant.do("redo").applied == []
    assert plant.do("undo").applied == [B]
    assert plant.do("undo").applied == []


def test_redo_is_refused_where_an_alert_has_moved_on(plant: Plant) -> None:
    plant.see("late", "A", "B")
    plant.do("ack", A, B)
    plant.do("undo")
    plant.see("late", "A", "B", priority="critical")
    plant.do("ack", A, by=BOB)
    done = plant.do("redo")
    assert done.applied == []
    assert done.refused == {A: "it has moved on since: acknowledged by bob", B: "it has moved on since: worsened"}


def test_a_long_history_is_looked_through_only_as_far_as_needed(plant: Plant) -> None:
    plant.see("late", "A")
    for _ in range(60):
        plant.do("ack", A, after=0)
        plant.do("unack", A, after=0)
    for _ in range(120):
        assert plant.do("undo", after=0).applied == [A]
    assert plant.do("undo").applied == []
    assert plant.states() == {A: "UNACK"}


def test_several_commands_on_one_alert_are_taken_back_and_done_again_in_turn(plant: Plant) -> None:
    plant.see("late", "A", "B")
    states = []
    for name, given in (
        ("ack", {}),
        ("assign", {"to": "bob"}),
        ("shelve", {"text": "tip ordered", "until": plant.now + 1_000}),
        ("unshelve", {}),
    ):
        states.append(as_decided(plant))
        plant.do(name, A, **given)
    plant.do("ack", B)
    plant.do("undo")
    for state in reversed(states):
        assert plant.do("undo").applied == [A]
        assert as_decided(plant) == state
    plant.restart()
    for state in states[1:]:
        assert plant.do("redo").applied == [A]
        assert as_decided(plant) == state
    plant.do("undo")
    assert as_decided(plant) == states[2]
    assert plant.do("redo").applied == [A]
    assert plant.do("redo").applied == [A]
    assert plant.do("redo").applied == [B]
    assert plant.do("redo").applied == []


def test_a_command_that_was_passed_over_still_stands_between(plant: Plant) -> None:
    plant.see("late", "A", "B")
    plant.do("ack", A, B)
    plant.do("assign", A, to="ana")
    plant.do("assign", A, to="bob", by=BOB)
    assert plant.do("undo").applied == []
    done = plant.do("undo")
    assert done.applied == [B]
    assert done.refused == {A: "it has moved on since: assigned by bob"}


def as_decided(plant: Plant) -> object:
    alert = plant.open_alerts()[A]
    return (alert.state, alert.owner, alert.who, alert.until)
