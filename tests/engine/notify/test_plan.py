"""Which messages are due: waits, intervals, repeats, hours, groups, floods, restarts. The clock is a number."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from opsconsole.engine.notify.known import Known, Standing
from opsconsole.engine.notify.plan import MOST, PAUSE, URGENT, Message, Plan
from opsconsole.site.model import Shift, Site
from opsconsole.site.notifying import Address, Notify, Quiet, Route

NOON = dt.datetime(2026, 6, 24, 12, tzinfo=dt.UTC)
TARGETS = {name: Address("json://h/") for name in ("oncall", "leads", "board")}


def site(*routes: Route, **more: Any) -> Site:
    return Site(name="plant", notify=Notify(TARGETS, routes), **more)


def alert(name: str, **more: Any) -> Known:
    usual: dict[str, Any] = {"priority": "warning", "standing": "calls", "stamp": "1", "since": 0.0, "incident": name}
    return Known(id=name, rule=name.partition("{")[0], text=f"{name} is bad", **(usual | more))


class Watch:
    """A plan, a clock, and what was due."""

    def __init__(self, *routes: Route, **more: Any) -> None:
        self.site = site(*(routes or (Route(("oncall",)),)), **more)
        self.plan = Plan(self.site)
        self.at = 1_000_000.0
        self.now = NOON
        self.known: dict[str, Known] = {}

    def see(self, *alerts: Known) -> Watch:
        for each in alerts:
            self.known[each.id] = each
            self.plan.take(each, self.at)
        return self

    def make(self, standing: Standing, *names: str, **more: Any) -> Watch:
        return self.see(*(replace(self.known[name], standing=standing, **more) for name in names))

    def due(self, **more: Any) -> list[Message]:
        return self.plan.due(self.at, self.now, **more)

    def wait(self, seconds: float, **more: Any) -> list[Message]:
        self.at += seconds
        self.now += dt.timedelta(seconds=seconds)
        return self.due(**more)

    def until(self, seconds: float, **more: Any) -> list[tuple[float, Message]]:
        """All that becomes due in so long, by the second."""
        begun = self.at
        return [(self.at - begun, message) for _ in range(int(seconds)) for message in self.wait(1.0, **more)]

    def restart(self) -> Watch:
        """What is remembered, in a new plan."""
        memory, self.plan = self.plan.memory(), Plan(self.site)
        self.plan.restore(memory, self.known.values(), self.at)
        return self


def ids(message: Message) -> tuple[list[str], list[str], list[str]]:
    def of(name: str) -> list[str]:
        return [each.id for part in message.parts for each in getattr(part, name)]

    return of("fresh"), of("still"), of("over")


def only(messages: list[Message]) -> Message:
    assert len(messages) == 1, messages
    return messages[0]


# --- waits -------------------------------------------------------------------------------------------------------


def test_the_first_message_waits_for_more_and_tells_all_of_it() -> None:
    watch = Watch(Route(("oncall",), group_by=()))
    watch.see(alert("a"))
    assert watch.wait(20.0) == []
    watch.see(alert("b"))
    assert watch.wait(9.9) == []
    message = only(watch.wait(0.1))
    assert (message.target, ids(message)) == ("oncall", (["a", "b"], [], []))
    assert watch.until(3600) == []


def test_news_of_a_group_comes_no_sooner_than_the_interval_after_its_message() -> None:
    watch = Watch(Route(("oncall",), group_by=()))
    watch.see(alert("a"))
    assert len(watch.wait(30.0)) == 1
    watch.see(alert("b"))
    [(after, message)] = watch.until(1000)
    assert (after, ids(message)) == (300.0, (["b"], ["a"], []))


def test_news_long_after_the_last_message_waits_for_more_only() -> None:
    watch = Watch(Route(("oncall",), group_by=()))
    watch.see(alert("a"))
    watch.wait(30.0)
    watch.wait(1000.0)
    watch.see(alert("b"))
    [(after, message)] = watch.until(1000)
    assert (after, ids(message)) == (30.0, (["b"], ["a"], []))


def test_what_nobody_acknowledges_is_told_anew_after_four_hours_and_again() -> None:
    watch = Watch()
    watch.see(alert("a"))
    watch.wait(30.0)
    told = watch.until(9 * 3600)
    assert [(after, ids(message)) for after, message in told] == [
        (4 * 3600, ([], ["a"], [])), (8 * 3600, ([], ["a"], [])),
    ]  # fmt: skip


def test_what_is_acknowledged_before_it_was_told_is_not_told() -> None:
    watch = Watch()
    watch.see(alert("a"))
    watch.wait(29.0)
    watch.make("taken", "a")
    assert watch.until(300) == []
    watch.make("over", "a")
    assert watch.until(300) == []


def test_what_is_acknowledged_is_not_repeated_but_told_when_it_is_over() -> None:
    watch = Watch()
    watch.see(alert("a"))
    watch.wait(30.0)
    watch.make("taken", "a")
    assert watch.wait(5 * 3600) == []
    watch.make("over", "a")
    [(after, message)] = watch.until(100)
    assert (after, ids(message)) == (30.0, ([], [], ["a"]))
    assert watch.until(3600) == []


def test_what_came_and_went_within_the_wait_is_not_told() -> None:
    watch = Watch()
    watch.see(alert("a"))
    watch.wait(10.0)
    watch.make("over", "a")
    assert watch.until(600) == []


def test_what_was_over_at_once_is_told_and_has_no_end() -> None:
    watch = Watch()
    watch.see(alert("a", at_once=True))
    assert ids(only(watch.wait(30.0))) == (["a"], [], [])
    watch.make("over", "a")
    assert watch.until(600) == []


def test_resolved_messages_can_be_left_out() -> None:
    watch = Watch(Route(("oncall",), resolved=False))
    watch.see(alert("a"))
    watch.wait(30.0)
    watch.make("over", "a")
    assert watch.until(6 * 3600) == []


def test_what_comes_back_before_its_end_was_told_is_told_as_new() -> None:
    watch = Watch()
    watch.see(alert("a"))
    watch.wait(30.0)
    watch.make("over", "a")
    watch.wait(10.0)
    watch.make("calls", "a", stamp="2")
    [(after, message)] = watch.until(1000)
    assert (after, ids(message)) == (290.0, (["a"], [], []))


def test_what_comes_and_goes_makes_one_message_an_interval() -> None:
    watch = Watch()
    messages = 0
    for turn in range(60):
        watch.see(alert("a", stamp=str(turn)))
        messages += len(watch.until(31))
        watch.make("over", "a")
        messages += len(watch.until(29))
    assert messages == 3600 / 300


def test_growing_worse_is_news_and_a_comment_is_not() -> None:
    watch = Watch()
    watch.see(alert("a"))
    watch.wait(30.0)
    watch.make("calls", "a")
    assert watch.wait(1000.0) == []
    watch.make("calls", "a", stamp="2", priority="critical")
    assert ids(only(watch.wait(30.0))) == (["a"], [], [])


def test_what_is_put_aside_is_not_there_and_is_news_when_it_is_back() -> None:
    watch = Watch()
    watch.see(alert("a", standing="away"), alert("b"))
    assert ids(only(watch.wait(30.0)))[0] == ["b"]
    watch.make("away", "b")
    assert watch.wait(5 * 3600) == []
    watch.make("calls", "b")
    assert ids(only(watch.wait(30.0))) == (["b"], [], [])


def test_what_ends_while_it_is_put_aside_is_not_told_as_resolved() -> None:
    watch = Watch()
    watch.see(alert("a"))
    watch.wait(30.0)
    watch.make("away", "a")
    watch.make("over", "a")
    assert watch.until(1000) == []


# --- routes ------------------------------------------------------------------------------------------------------


def test_routes_go_by_priority_and_area_and_the_first_counts_for_a_target() -> None:
    watch = Watch(
        Route(("oncall",), ("critical",), group_wait=0.0),
        Route(("oncall", "leads"), areas=("weld",), group_wait=60.0),
        Route(("board",), ("low",)),
    )
    watch.see(alert("a", priority="critical", area="weld"), alert("b", area="weld"), alert("c"))
    told = [(after, message.target, ids(message)[0]) for after, message in watch.until(100)]
    assert told == [(1.0, "oncall", ["a"]), (60.0, "leads", ["a"]), (60.0, "leads", ["b"]), (60.0, "oncall", ["b"])]


def test_a_route_that_is_no_longer_its_own_tells_its_end_and_nothing_new() -> None:
    watch = Watch(Route(("oncall",), ("critical",)))
    watch.see(alert("a", priority="critical"), alert("b", priority="critical"))
    watch.wait(10.0)
    watch.make("calls", "b", priority="warning")
    assert [ids(message)[0] for message in watch.wait(20.0)] == [["a"]]
    watch.make("calls", "a", priority="warning")
    assert watch.wait(300.0) == []
    watch.make("over", "a", "b")
    assert ids(only(watch.wait(30.0)))[2] == ["a"]


def test_growing_worse_changes_the_route_and_is_told_once() -> None:
    watch = Watch(Route(("oncall",), ("critical",), group_wait=5.0), Route(("oncall",)))
    watch.see(alert("a"))
    watch.wait(30.0)
    watch.make("calls", "a", priority="critical", stamp="2")
    [(after, message)] = watch.until(400)
    assert (after, ids(message)) == (5.0, (["a"], [], []))
    watch.make("calls", "a", priority="warning", stamp="2")
    assert watch.until(400) == []
    watch.make("over", "a")
    assert [ids(message)[2] for _, message in watch.until(400)] == [["a"]]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ((), [["a", "b", "c"]]),
        (("incident",), [["a", "b"], ["c"]]),
        (("area",), [["b", "c"], ["a"]]),
        (("line",), [["a", "c"], ["b"]]),
        (("rule",), [["a"], ["b"], ["c"]]),
        (("line", "incident"), [["a"], ["b"], ["c"]]),
    ],
)
def test_one_message_a_group(by: tuple[str, ...], expected: list[list[str]]) -> None:
    watch = Watch(Route(("oncall",), group_by=by))
    watch.see(
        alert("a", incident="i1", labels={"line": "1"}, area="weld"),
        alert("b", incident="i1", labels={"line": "2"}),
        alert("c", incident="i2", labels={"line": "1"}),
    )
    assert sorted(ids(message)[0] for message in watch.wait(30.0)) == sorted(expected)


def test_without_an_incident_alerts_go_by_their_rule() -> None:
    watch = Watch()
    watch.see(*(alert(f"late{{line={n}}}", incident="") for n in range(3)), alert("hot", incident=""))
    assert sorted(len(ids(message)[0]) for message in watch.wait(30.0)) == [1, 3]


# --- hours -------------------------------------------------------------------------------------------------------


def test_quiet_hours_wait_and_are_followed_by_one_message() -> None:
    watch = Watch(Route(("oncall",), group_by=(), quiet=Quiet(dt.time(22), dt.time(6))), timezone="Europe/Berlin")
    watch.now = dt.datetime(2026, 6, 24, 20, 0, tzinfo=dt.UTC)  # 22:00 in Berlin
    watch.see(alert("a"), alert("b"), alert("c"))
    assert watch.wait(3600.0) == []
    watch.make("over", "b")
    watch.make("taken", "c")
    assert watch.wait(7 * 3600.0 - 1) == []
    assert ids(only(watch.wait(1.0))) == (["a"], [], [])


def test_quiet_hours_in_the_day_and_a_route_without_them() -> None:
    watch = Watch(
        Route(("leads",), quiet=Quiet(dt.time(12), dt.time(13))), Route(("oncall",), ("critical",), group_wait=0.0)
    )
    watch.see(alert("a", priority="critical"))
    assert [message.target for message in watch.due()] == ["oncall"]
    assert watch.wait(3599.0) == []
    assert [message.target for message in watch.wait(1.0)] == ["leads"]


def test_repeats_and_ends_wait_for_the_hours_too() -> None:
    watch = Watch(Route(("oncall",), quiet=Quiet(dt.time(14), dt.time(20))))
    watch.see(alert("a"), alert("b"))
    assert len(watch.wait(30.0)) == 2
    watch.wait(3 * 3600.0)
    watch.make("over", "b")
    assert watch.until(4 * 3600) == []
    assert sorted(ids(message) for message in watch.wait(3600.0)) == [([], [], ["b"]), ([], ["a"], [])]


def test_a_route_of_a_shift_or_of_working_time() -> None:
    shifts = (Shift("Night", dt.time(22), dt.time(6)),)
    hours = (Shift("", dt.time(8), dt.time(17), days=(0, 1, 2, 3, 4)),)
    watch = Watch(
        Route(("oncall",), during=("Night",)), Route(("leads",), during=("working",)), shifts=shifts, working=hours
    )
    watch.see(alert("a"))
    assert [message.target for message in watch.wait(30.0)] == ["leads"]
    assert watch.wait(10 * 3600.0 - 31) == []
    assert [message.target for message in watch.wait(1.0)] == ["oncall"]


# --- escalation --------------------------------------------------------------------------------------------------


def test_a_step_of_escalation_tells_its_targets_at_once_and_what_becomes_of_it() -> None:
    watch = Watch()
    watch.see(alert("a"))
    watch.wait(30.0)
    watch.make("calls", "a", steps=(("leads",),))
    message = only(watch.due())
    assert (message.target, message.step, ids(message)[0]) == ("leads", "step 1", ["a"])
    watch.make("calls", "a", steps=(("leads",), ("board", "leads")))
    assert [(message.target, message.step) for message in watch.due()] == [("board", "step 2"), ("leads", "step 2")]
    watch.make("over", "a")
    assert sorted({message.target for _, message in watch.until(600)}) == ["board", "leads", "oncall"]


def test_escalated_by_hand_is_told_though_somebody_has_acknowledged_it() -> None:
    watch = Watch()
    watch.see(alert("a"))
    watch.wait(30.0)
    watch.make("taken", "a")
    watch.make("taken", "a", steps=(("leads",),))
    watch.make("taken", "a", steps=(("leads",),), text="commented")
    assert [(message.target, message.step) for message in watch.due()] == [("leads", "step 1")]
    watch.make("taken", "a", steps=(("leads",),))
    assert watch.until(600) == []


def test_escalated_by_time_and_acknowledged_before_it_was_told_is_not_told() -> None:
    watch = Watch()
    watch.see(alert("a"))
    watch.wait(30.0)
    watch.make("calls", "a", steps=(("leads",),))
    watch.make("taken", "a", steps=(("leads",),))
    assert watch.until(600) == []


# --- floods and targets that do not answer -----------------------------------------------------------------------


def test_more_groups_than_anybody_reads_make_one_summary() -> None:
    watch = Watch()
    watch.see(*(alert(f"a{n}") for n in range(300)))
    message = only(watch.wait(30.0))
    assert (message.summary, len(message.parts), len(message.told())) == (True, 300, 300)
    watch.see(*(alert(f"b{n}") for n in range(20)))
    [(after, more)] = watch.until(1000)
    assert (after, len(more.told())) == (PAUSE, 20)


def test_as_many_as_can_be_read_come_one_by_one() -> None:
    watch = Watch()
    watch.see(*(alert(f"a{n}") for n in range(MOST)))
    assert len(watch.wait(30.0)) == MOST
    watch.see(alert("b"))
    assert watch.wait(200.0) == []
    assert ids(only(watch.wait(100.0)))[0] == ["b"]


def test_a_flood_of_critical_alerts_is_told_every_half_minute_and_no_more() -> None:
    watch = Watch(Route(("oncall",), group_wait=0.0))
    told = []
    for n in range(300):
        watch.see(alert(f"a{n}", priority="critical"))
        told += watch.wait(1.0, flood=True)
    assert len(told) == 300 / URGENT
    assert {key for message in told for key in message.told()} == {f"a{n}" for n in range(len(told) * 30 - 29)}


def test_in_a_flood_each_target_has_its_own_summary_and_steps_are_told_as_such() -> None:
    watch = Watch(Route(("oncall", "leads"), group_wait=0.0))
    watch.see(*(alert(f"a{n}", steps=(("leads",),)) for n in range(3)))
    told = [(message.target, message.step, len(message.parts)) for message in watch.due(flood=True)]
    assert told == [("leads", "step 1", 3), ("leads", "", 3), ("oncall", "", 3)]


def test_a_target_that_does_not_answer_gets_what_is_due_once_it_does() -> None:
    watch = Watch(Route(("oncall", "leads")))
    watch.see(alert("a"))
    assert [message.target for message in watch.wait(30.0, busy={"oncall"})] == ["leads"]
    watch.see(alert("b"))
    watch.make("over", "a")
    assert watch.wait(10.0, busy={"oncall", "leads"}) == []
    told = watch.wait(300.0)
    assert [(message.target, ids(message)) for message in told] == [
        ("leads", (["b"], [], [])), ("leads", ([], [], ["a"])), ("oncall", (["b"], [], [])),
    ]  # fmt: skip


def test_what_could_not_be_delivered_is_news_again_if_it_still_calls() -> None:
    watch = Watch(Route(("oncall",), group_by=()))
    watch.see(alert("a"), alert("b"))
    message = only(watch.wait(30.0))
    watch.make("taken", "b")
    watch.wait(3600.0)
    watch.plan.give_up("oncall", "", message.told(), watch.at)
    [(after, again)] = watch.until(1000)
    assert (after, ids(again)) == (30.0, (["a"], [], []))


# --- clocks and restarts -----------------------------------------------------------------------------------------


def test_a_clock_that_jumps_back_takes_the_waits_with_it() -> None:
    watch = Watch(Route(("oncall",), group_by=()))
    watch.see(alert("a"))
    watch.wait(20.0)
    watch.at -= 3600.0
    assert watch.due() == []
    assert len(watch.wait(10.0)) == 1
    watch.see(alert("b"))
    watch.wait(100.0)
    watch.at -= 3600.0
    assert watch.due() == []
    assert [after for after, _ in watch.until(1000)] == [200.0]


def test_after_a_restart_what_was_told_is_not_told_and_what_was_not_is() -> None:
    watch = Watch(Route(("oncall",), group_by=()))
    watch.see(alert("a"), alert("b"))
    watch.wait(30.0)
    watch.see(alert("c"))
    watch.make("calls", "b", stamp="2")
    watch.restart()
    [(after, message)] = watch.until(1000)
    assert (after, ids(message)) == (300.0, (["b", "c"], ["a"], []))
    assert [ids(each) for each in watch.restart().wait(4 * 3600.0)] == [([], ["a", "b", "c"], [])]


def test_what_ended_while_the_engine_was_down_is_told_as_resolved_once() -> None:
    watch = Watch()
    watch.see(alert("a"))
    watch.wait(30.0)
    watch.known["a"] = alert("a", standing="over")
    watch.at += 1000.0
    assert ids(only(watch.restart().wait(30.0))) == ([], [], ["a"])
    assert watch.restart().until(600) == []


def test_an_edit_of_the_routes_tells_nothing_twice() -> None:
    watch = Watch()
    watch.see(alert("a"))
    watch.wait(30.0)
    watch.site = site(Route(("board",), ("low",)), Route(("oncall", "leads")))
    watch.restart()
    assert [message.target for _, message in watch.until(600)] == ["leads"]
    watch.site = site(Route(("leads",)))
    watch.restart().make("over", "a")
    assert [message.target for _, message in watch.until(600)] == ["leads"]


# --- whatever happens --------------------------------------------------------------------------------------------

NAMES = tuple("abcd")
deeds = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(("calls", "taken", "away", "over", "anew")), st.sampled_from(NAMES)),
        st.tuples(st.just("wait"), st.integers(1, 400)),
        st.tuples(st.sampled_from(("restart", "flood", "busy")), st.just("")),
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(deeds)
def test_what_calls_is_told_once_and_nothing_else_is(
    course: list[Any],
) -> None:
    """Whatever happens: at the end all that calls has been told with its last stamp, and only what called was told."""
    watch = Watch(Route(("oncall",), group_wait=10.0, interval=60.0, group_by=("incident",)))
    watch.see(*(alert(name, incident="one" if name in "ab" else name, standing="over") for name in NAMES))
    sent: dict[str, list[float]] = {}
    told: dict[str, set[str]] = {name: set() for name in NAMES}
    last: dict[str, str] = {}

    def look(seconds: float, **how: Any) -> None:
        for message in watch.wait(seconds, **how):
            for part in message.parts:
                group = next(each.incident for each in (*part.fresh, *part.still, *part.over))
                assert all(watch.at - before >= 60.0 for before in sent.get(group, [])[-1:])
                sent.setdefault(group, []).append(watch.at)
                for known in part.fresh:
                    assert watch.known[known.id].standing == "calls"
                    assert last.get(known.id) != known.stamp, "told twice"
                    told[known.id].add(known.stamp)
                    last[known.id] = known.stamp
                for known in part.over:
                    assert known.stamp in told[known.id] or told[known.id]
                    last.pop(known.id, None)

    how: dict[str, Any] = {}
    for turn, (what, of) in enumerate(course):
        if what == "wait":
            look(of, **how)
            how = {}
        elif what == "restart":
            watch.restart()
        elif what == "flood":
            how["flood"] = True
        elif what == "busy":
            how["busy"] = {"oncall"}
        elif what == "anew":
            watch.make("calls", of, stamp=f"s{turn}")
        else:
            if what in ("away", "over"):
                last.pop(of, None)  # it may be told anew when it is back
            watch.make(what, of)
    for _ in range(10):
        look(PAUSE)
    for name in NAMES:
        if watch.known[name].standing == "calls":
            assert watch.known[name].stamp in told[name]
