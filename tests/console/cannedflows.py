"""Flows as an engine would tell of them."""

from __future__ import annotations

from opsconsole.engine.flow_messages import (
    AskFlowCases,
    FlowCases,
    FlowCheck,
    FlowCourse,
    FlowEdge,
    FlowFault,
    FlowPassed,
    FlowVariant,
)
from opsconsole.engine.messages import FlowCase, FlowState, FlowStation, FlowStep, Spread
from tests.console.canned import NOW

HOUR, DAY = 3600.0, 86400.0
FLOWS = ["orders", "line"]


def step(name: str, hours: float, waits: int, works: int = 0) -> FlowStep:
    """A step with so many hours of waiting in all, of forty cases."""
    seconds = hours * HOUR
    waiting = Spread(40, seconds, seconds / 40, seconds / 100, seconds / 10) if hours else Spread()
    there = waits + works
    return FlowStep(
        name=name, n=40, waiting=waiting, service=Spread(40, 40 * HOUR, HOUR, HOUR, 2 * HOUR), waits=waits,
        works=works, oldest=5 * HOUR if there else None, slow=2 if hours > 100 else 0,
        gathered=waits * 4 * HOUR, again=12 if name == "weld" else 0, repeats=15 if name == "weld" else 0,
        loops=3 if name == "weld" else 0, redone=20 * HOUR if name == "weld" else None,
    )  # fmt: skip


def case(name: str, at: str, late: float | None, basis: str = "stage", remaining: float = 2 * HOUR) -> FlowCase:
    """An open case that waits for a step."""
    low, high = (None, None) if late is None else (max(0.0, late - 0.1), min(1.0, late + 0.1))
    return FlowCase(
        case=name, group="K2", step=at, last="cut", works=False, age=9 * HOUR, stay=3 * HOUR, entered=NOW - 3 * HOUR,
        band=3, stay_p50=HOUR, stay_p85=1.5 * HOUR, stay_p95=2 * HOUR,
        remaining=remaining, late=late, low=low, high=high, basis=basis, learned=64,
        half=1.5 * HOUR, most=4 * HOUR,
    )  # fmt: skip


def orders() -> FlowState:
    """Orders through four steps, of which weld makes them wait."""
    return FlowState(
        flows=FLOWS,
        flow="orders",
        title="Orders",
        source="orders",
        column="order",
        at=NOW,
        since=NOW - 30 * 86400,
        limited=True,
        all=120,
        open=4,
        late=1,
        likely=1,
        steps=[step("cut", 0, 0), step("press", 30, 1), step("weld", 412, 2), step("paint", 12, 0, 1)],
        cases=[
            case("K2-104", "weld", 1.0, "late already", -HOUR),
            case("K2-107", "weld", 0.82),
            case("K2-108", "press", 0.1),
            case("K2-109", "paint", None, "too few"),
        ],
        timed=True,
        hands=True,
        variants=[
            FlowVariant(["cut", "press", "weld", "weld", "paint"], 90, 0.75, 2 * DAY, DAY, "aa"),
            FlowVariant(["cut", "weld", "paint"], 24, 0.2, DAY, DAY, "bb"),
            FlowVariant(["cut"], 6, 0.05, key="cc"),
        ],
        ways=3,
        covering=2,
        edges=[FlowEdge("press", "weld", Spread(90, 400 * HOUR, 4 * HOUR, 3 * HOUR, 9 * HOUR))],
        moves=1,
        handoffs=[FlowEdge("ann", "bob", Spread(40, 300 * HOUR, 7 * HOUR, 2 * HOUR, DAY))],
        passes=1,
        faults=[FlowFault("ends before it starts", 3, '"ended" < "started"')],
        check=FlowCheck(20.0, 0.001, 12_000.0, 90, 0.4),
        course=FlowCourse(NOW - 4 * DAY, DAY, NOW, [30, 60, 90, 120], [10, 45, 90, 116], 27.0),
    )


def line() -> FlowState:
    """Stations of one line."""
    shares = (("weld", 0.61, 0.12, 0.9), ("press", 0.1, 0.12, 0.8), ("cut", 0.0, 0.0, 0.5))
    return FlowState(
        flows=FLOWS,
        flow="line",
        title="Line",
        kind="stations",
        source="cycles",
        column="station",
        by="line",
        at=NOW,
        since=NOW - 8 * HOUR,
        stations=[FlowStation("3", name, *rest, now=name == "weld") for name, *rest in shares],
    )


def flows() -> dict[str, FlowState]:
    """By name."""
    return {"orders": orders(), "line": line()}


def behind(body: AskFlowCases) -> FlowCases:
    """Two cases of whatever is asked for, one of them open."""
    passed = [
        FlowPassed("K2-104", "K2", NOW - 9 * HOUR, None, None, 3, 2, 5 * HOUR),
        FlowPassed("K2-090", "K2", NOW - 3 * DAY, NOW - DAY, 2 * DAY, 5, 1, HOUR),
    ]
    steps = ["cut", "press", "weld", "weld", "paint"] if body.variant else []
    return FlowCases(body.flow, "Orders", "orders", "order", 2, passed, steps)
