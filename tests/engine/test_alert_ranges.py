"""Alerts of a stretch of time: those that were open in it, and the marks of what happened."""

from __future__ import annotations

from opsconsole.engine import alert_queries, alert_ranges
from opsconsole.engine.messages import AlertQuery, AskAlerts, AskMarks
from tests.engine.plant import Plant

A, B, C = "late{line=A}", "late{line=B}", "late{line=C}"
HOT = "hot{line=A,station=s1}"


def within(plant: Plant, start: float, end: float, at: float | None = None, **query: object) -> dict[str, str]:
    """The alerts open in a stretch, the latest to come first, with their states."""
    ask = AskAlerts(AlertQuery(**query), at=at, start=start, end=end)  # type: ignore[arg-type]
    found = alert_queries.alerts(plant.watch, plant.site, ask, at)
    assert found.total == len(found.alerts)
    return {alert.id: alert.state for alert in found.alerts}


def test_what_was_open_in_a_stretch_and_what_happened_in_it(plant: Plant) -> None:
    plant.see("late", "A")
    raised = plant.now
    plant.do("ack", A)
    plant.see("late", "A", "B", after=1000.0)
    second = plant.now
    plant.do("comment", B, text="The gun sticks")
    said = plant.now
    plant.see("late", "B", after=1000.0)  # A has gone
    gone = plant.now
    plant.see("late", "B", "C", after=1000.0)
    plant.see("hot", "A", priority="critical", after=1000.0)
    last = plant.now
    assert within(plant, raised + 5, second - 5) == {A: "ACK"}, "it came before, and was open"
    assert within(plant, second, said + 1) == {B: "UNACK", A: "ACK"}
    assert within(plant, second, gone) == {B: "UNACK", A: "NORM"}, "one that closed was open in it"
    assert within(plant, gone + 1, gone + 2) == {B: "UNACK"}
    assert list(within(plant, 0.0, last + 1)) == [HOT, C, B, A]
    assert within(plant, 0.0, last + 1, words="hot") == {HOT: "UNACK"}
    assert within(plant, 0.0, last + 1, at=second + 0.5) == {B: "UNACK", A: "ACK"}, "of a past moment nothing later"
    ask = AskAlerts(start=gone - 10, end=gone)
    found = {each.id: each.since for each in alert_queries.alerts(plant.watch, plant.site, ask, None).alerts}
    assert found == {A: raised, B: second}

    def marks(since: float, until: float, kpi: str = "", limit: int = 500) -> list[tuple[str, str, float]]:
        ask = AskMarks(since, until, kpi, limit)
        return [(each.what, each.alert, each.at) for each in alert_ranges.marks(plant.site, plant.path, ask).marks]

    assert marks(raised, said) == [("raised", A, raised), ("raised", B, second), ("commented", B, said)]
    assert marks(0.0, last, "scrap") == [*marks(0.0, said), ("raised", C, last - 1000.0)], "of one KPI only its own"
    assert marks(0.0, last, limit=1) == [("raised", HOT, last)]
    everything = alert_ranges.marks(plant.site, plant.path, AskMarks(0.0, last))
    comment = next(each for each in everything.marks if each.what == "commented")
    assert (comment.said, comment.actor, comment.priority, everything.more) == (
        "The gun sticks",
        "ana",
        "warning",
        False,
    )
