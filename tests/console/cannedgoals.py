"""Goals of the canned plant: two objectives with perspectives, one KPI that serves none, and what needs attention."""

from __future__ import annotations

from opsconsole.engine.messages import Attention, GoalKpi, GoalState


def goals() -> list[GoalState]:
    """Throughput, which misses a KPI; delivery; and the queue, which serves nothing."""
    return [
        GoalState(
            "throughput",
            "Throughput",
            "critical",
            score=0.3208,
            coverage=0.75,
            share=0.6,
            kpis=[
                GoalKpi("oee", 0.5, 0.0, -0.8867, 60.0, 65.0),
                GoalKpi("output", 0.25, 0.9624, None, 0.0),
                GoalKpi("energy", 0.25, reason="no rows since 09:10"),
            ],
            missing={"energy": "no rows since 09:10"},
            perspective="Process",
            owner="M. Weber",
            description="Make what the plan says",
        ),
        GoalState(
            "delivery",
            "Deliver what was promised",
            "warning",
            score=0.8636,
            coverage=1.0,
            share=0.4,
            kpis=[GoalKpi("on_time", 0.5, 0.5667, None, 80.0), GoalKpi("scrap", 0.5, 1.16, 0.5, 5.0, 1.7)],
            perspective="Customer",
            owner="S. Brandt",
        ),
        GoalState("", "No objective", "nolimit", kpis=[GoalKpi("queue", 1.0, reason="no target")]),
    ]


def attention() -> list[Attention]:
    """Three KPIs with a gap, of which one rests on doubtful data, and one of which nothing is known."""
    return [
        Attention(
            "oee",
            "throughput",
            0.3,
            0.3,
            1.0,
            1.0,
            1,
            1.0,
            0.6,
            0.5,
            reason="priority 1, 50 % of Throughput, 0 % attained",
        ),
        Attention(
            *("on_time", "delivery", 0.0325, 0.12, 0.4333, 0.625, 3, 0.6, 0.4, 0.5),
            *(0.625, 1.0, 1.0),
            "data due within 30 min is late, priority 3, 50 % of Deliver what was promised, 57 % attained",
        ),
        Attention(
            *("output", "throughput", 0.0028, 0.075, 0.0376, 1.0, 4, 0.5, 0.6, 0.25),
            reason="priority 4, 25 % of Throughput, 96 % attained",
        ),
        Attention(
            *("energy", "throughput", None, 0.09, None, 0.0, 3, 0.6, 0.6, 0.25),
            *(0.0, 1.0, 1.0),
            "no rows since 09:10, priority 3, 25 % of Throughput, a source has not delivered",
        ),
    ]
