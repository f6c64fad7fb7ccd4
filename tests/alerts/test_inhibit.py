"""Inhibition: a parent suppresses its children where labels are equal; chains and circles leave one to be seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.alerts.inhibit import Inhibition
from opsconsole.site.model import Rule


def rules(*given: Rule) -> dict[str, Rule]:
    return {rule.name: rule for rule in given}


PLANT = rules(
    Rule(name="down", kpi="x", by=("line",)),
    Rule(name="slow", kpi="x", by=("line", "station"), inhibited_by=("down",)),
    Rule(name="power", kpi="x"),
    Rule(name="scrap", kpi="x", by=("line", "station"), inhibited_by=("slow", "power"), equal=("line", "station")),
)


def test_a_parent_suppresses_the_children_with_its_labels_until_it_is_normal() -> None:
    all_ = Inhibition(PLANT)
    all_.put("s3", "slow", {"line": "3", "station": "weld"}, 5.0)
    all_.put("s4", "slow", {"line": "4", "station": "weld"}, 5.0)
    assert all_.settle() == {}
    all_.put("d3", "down", {"line": "3"}, 10.0)
    assert all_.settle() == {"s3": ("down",)}
    assert all_.settle() == {}
    all_.put("s3b", "slow", {"line": "3", "station": "paint"}, 20.0)
    assert all_.settle() == {"s3b": ("down",)}
    all_.put("d3", "down", {"line": "3"}, None)
    assert all_.settle() == {"s3": (), "s3b": ()}


def test_a_child_that_comes_with_its_parent_is_suppressed_at_once_in_either_order() -> None:
    for order in (("d", "s"), ("s", "d")):
        all_ = Inhibition(PLANT)
        for alert in order:
            if alert == "d":
                all_.put("d", "down", {"line": "3"}, 10.0)
            else:
                all_.put("s", "slow", {"line": "3", "station": "weld"}, 10.0)
        assert all_.settle() == {"s": ("down",)}


def test_of_several_parents_the_last_one_that_goes_releases() -> None:
    all_ = Inhibition(PLANT)
    labels = {"line": "3", "station": "weld"}
    all_.put("scrap", "scrap", labels, 1.0)
    all_.put("slow", "slow", labels, 2.0)
    all_.put("power", "power", {"line": ""}, 3.0)
    assert all_.settle() == {"scrap": ("slow",)}  # `power` has no line, and that is not "3"
    all_.drop("slow")
    assert all_.settle() == {"scrap": ()}


def test_missing_null_and_empty_are_equal() -> None:
    one = rules(Rule(name="p", kpi="x", by=("a",)), Rule(name="c", kpi="x", inhibited_by=("p",), equal=("a", "b")))
    for member in (None, ""):
        all_ = Inhibition(one)
        all_.put("p", "p", {"a": member}, 1.0)
        all_.put("c", "c", {}, 1.0)
        assert all_.settle() == {"c": ("p",)}
    all_ = Inhibition(one)
    all_.put("p", "p", {"a": "1"}, 1.0)
    all_.put("c", "c", {}, 1.0)
    assert all_.settle() == {}


def test_rules_without_labels_in_common_are_equal() -> None:
    one = rules(Rule(name="p", kpi="x"), Rule(name="c", kpi="x", by=("line",), inhibited_by=("p",)))
    all_ = Inhibition(one)
    all_.put("c1", "c", {"line": "1"}, 1.0)
    all_.put("c2", "c", {"line": "2"}, 1.0)
    all_.put("p", "p", {}, 2.0)
    assert all_.settle() == {"c1": ("p",), "c2": ("p",)}


def test_in_a_chain_what_is_suppressed_suppresses_what_is_below_it() -> None:
    all_ = Inhibition(PLANT)
    labels = {"line": "3", "station": "weld"}
    all_.put("scrap", "scrap", labels, 1.0)
    all_.put("slow", "slow", labels, 1.0)
    all_.put("down", "down", {"line": "3"}, 1.0)
    assert all_.settle() == {"scrap": ("slow",), "slow": ("down",)}


def test_no_alert_suppresses_itself_and_of_a_circle_the_first_is_seen() -> None:
    circle = rules(
        Rule(name="a", kpi="x", inhibited_by=("b",)),
        Rule(name="b", kpi="x", inhibited_by=("a",)),
        Rule(name="self", kpi="x", by=("n",), inhibited_by=("self",), equal=("line",)),
    )
    all_ = Inhibition(circle)
    all_.put("a", "a", {}, 10.0)
    assert all_.settle() == {}
    all_.put("b", "b", {}, 20.0)
    assert all_.settle() == {"b": ("a",)}
    all_.put("self1", "self", {"n": "1"}, 5.0)
    assert all_.settle() == {}
    all_.put("self2", "self", {"n": "2"}, 5.0)
    assert all_.settle() == {"self2": ("self",)}
    all_.put("a", "a", {}, None)
    all_.drop("self1")
    assert all_.settle() == {"a": ("b",), "b": (), "self2": ()}


def test_a_rule_that_does_not_exist_suppresses_nothing() -> None:
    all_ = Inhibition(rules(Rule(name="c", kpi="x", inhibited_by=("gone",))))
    assert not all_.concerns("c")
    all_.put("c", "c", {}, 1.0)
    assert all_.settle() == {}


NAMES = ("a", "b", "c", "d")
RULES = st.fixed_dictionaries(
    {
        name: st.tuples(
            st.lists(st.sampled_from(NAMES), max_size=3, unique=True),
            st.sampled_from([(), ("x",), ("x", "y")]),
            st.sampled_from([(), ("x",), ("y",), ("x", "y")]),
        )
        for name in NAMES
    }
)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(["1", "2", ""]),
        st.sampled_from(["1", "2"]),
        st.sampled_from(["active", "normal", "gone"]),
    ),
    max_size=30,
)


def agree(equal: tuple[str, ...], one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all((one.get(label) or "") == (other.get(label) or "") for label in equal)


@settings(deadline=None, database=None)
@given(RULES, EVENTS, st.integers(1, 5))
def test_it_is_what_the_rules_say_and_something_is_always_seen(drawn: Any, events: Any, every: int) -> None:
    made = rules(
        *(Rule(name=name, kpi="x", by=by, inhibited_by=tuple(up), equal=eq) for name, (up, by, eq) in drawn.items())
    )
    all_ = Inhibition(made)
    held: dict[str, tuple[str, dict[str, str], float | None]] = {}
    told: dict[str, tuple[str, ...]] = {}
    for number, (name, x, y, what) in enumerate(events):
        labels = {label: member for label, member in (("x", x), ("y", y)) if label in made[name].by}
        alert = f"{name}{labels}"
        if what == "gone":
            all_.drop(alert)
            held.pop(alert, None)
            told.pop(alert, None)
        else:
            known = held.get(alert)
            since = known[2] if known and known[2] is not None else float(number // 2)
            held[alert] = (name, labels, since if what == "active" else None)
            all_.put(alert, *held[alert])
        if number % every == 0:
            told |= all_.settle()
            check(made, held, told)
            assert all(all_.suppressors(alert) == told.get(alert, ()) for alert in held)


def check(made: dict[str, Rule], held: dict[str, tuple[str, dict[str, str], float | None]], told: Any) -> None:
    active = {alert: each for alert, each in held.items() if each[2] is not None}
    for alert, (name, labels, _) in held.items():
        by = told.get(alert, ())
        rule = made[name]
        parents = {
            other: parent
            for other, (parent, its, _) in active.items()
            if other != alert
            and parent in rule.inhibited_by
            and agree(rule.equal or tuple(set(rule.by) & set(made[parent].by)), labels, its)
        }
        assert set(by) <= set(parents.values())
        # only a parent in a circle with it, and that came later, may be there and not suppress it
        assert all(parent in by or alert_above(made, name, parent) for parent in parents.values())
    seen = {alert for alert in active if not told.get(alert)}
    assert bool(seen) == bool(active)


def alert_above(made: dict[str, Rule], name: str, parent: str) -> bool:
    """Whether a rule inhibits its own parent, by whatever way."""
    seen, waiting = set[str](), [parent]
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            waiting += made[each].inhibited_by
    return name in seen


def test_ten_thousand_children_of_one_parent() -> None:
    all_ = Inhibition(PLANT)
    for number in range(10_000):
        all_.put(f"s{number}", "slow", {"line": "3", "station": str(number)}, 1.0)
    all_.put("down", "down", {"line": "3"}, 1.0)
    assert len(all_.settle()) == 10_000
    all_.put("down", "down", {"line": "3"}, None)
    assert len(all_.settle()) == 10_000
    for number in range(10_000):
        all_.drop(f"s{number}")
    assert all_.settle() == {}
