"""What the canned engine says of one KPI: by what it can be broken down, what moved it, compared with what, its SQL."""

from __future__ import annotations

from opsconsole.engine.messages import (
    AskCompare,
    AskMoved,
    AskSql,
    Compared,
    Comparison,
    Dimension,
    Dimensions,
    Like,
    Moved,
    MovedBy,
    Mover,
    Sql,
)

HOUR = 3600.0
DAY = 86400.0


def dimensions(kpi: str) -> Dimensions:
    """Its own, and two columns that nobody declared."""
    own = ("line", "station", "product") if kpi == "oee" else ("station",)
    known = [Dimension(name, True, 4) for name in own]
    return Dimensions(kpi, [*known, Dimension("order no", False, 31), Dimension("shift", False, 3)])


def moved(ask: AskMoved, now: float) -> Moved:
    """OEE lost 6.2, mostly by performance at the weld of line 3; quality made it a little better."""
    against = ask.against or "before"
    labels = {"before": "8 h before", "day": "the same 8 h yesterday", "week": "the same 8 h last Wed 17 Jun"}
    if against == "best":
        return Moved(
            ask.kpi, "best", "", 52.4, None, None, False, reason="there is no such period to compare with",
            where=ask.where,
        )  # fmt: skip
    if ask.kpi == "queue":
        note = "median(waiting) does not add up over members: each shows its own value and change"
        movers = [Mover("weld", value=19.0, previous=12.0, rows=44), Mover(None, value=3.0, previous=None, rows=2)]
        return Moved(
            "queue", "before", "15 min before", 17.0, 12.0, 5.0, False, [], [MovedBy("station", movers, 2)], note
        )
    components = [
        Mover("effectiveness", -21.0, None, None, 71.3, 96.2, 4812, "worse"),
        Mover("quality", 18.8, None, None, 98.1, 79.9, 4812, "better"),
        Mover("availability", -4.0, None, None, 74.9, 79.9, 288, "worse"),
    ]
    lines = [
        Mover("line 3", -5.1, -4.8, -0.3, 52.0, 58.0, 1200, "worse"),
        Mover("line 1", -1.3, -1.2, -0.1, 83.0, 82.0, 1190, "worse"),
        Mover(None, 0.2, 0.0, 0.2, None, None, 3, "better"),
    ]
    stations = [
        Mover("weld", -5.9, -5.9, 0.0, 49.0, 61.0, 2400, "worse", -7.1, -4.7, 2400),
        Mover("press", -0.3, -0.3, 0.0, 80.0, 81.0, 9, "worse", previous_rows=2400, held=True),
    ]
    split = (MovedBy("line", lines, 5, 0.04), MovedBy("station", stations, 2))
    return Moved(
        ask.kpi,
        against,
        labels[against],
        52.4,
        58.6,
        -6.2,
        True,
        components,
        [each for each in split if each.by not in ask.where],
        start=now - 8 * HOUR,
        end=now,
        where=ask.where,
    )


def compared(ask: AskCompare, now: float) -> Compared:
    """Worse than all but last week, which nothing is known of."""
    start = now - 8 * HOUR

    def period(days: float) -> dict[str, float]:
        return {"start": start - days * DAY, "end": now - days * DAY, "whole_end": now - days * DAY}

    return Compared(
        ask.kpi,
        52.4,
        start,
        now,
        False,
        [
            Comparison("target", "target", 85.0, -32.6, "worse"),
            Comparison("before", "8 h before", 58.6, -6.2, "worse", **period(1 / 3), rows=4700),
            Comparison("day", "the same 8 h yesterday", 41.0, 11.4, "better", **period(1), rows=4800),
            Comparison(
                "week", "the same 8 h last Wed 17 Jun", **period(7),
                reason="the source's rows do not reach back that far",
            ),
            Comparison("best", "best of 18", 88.1, -35.7, "worse", **period(3), periods=18),
            Comparison("typical", "typical of 18", 66.0, -13.6, "same", low=48.2, high=79.0, periods=18),
        ],
        [
            Like(f"day {at}", start - at * DAY, now - at * DAY, None if at > 18 else 45.0 + (at * 37) % 41)
            for at in range(1, 21)
        ],
        ask.where,
    )  # fmt: skip


def sql(ask: AskSql) -> Sql:
    """A statement with a line too long for a small screen, and something that must not act on a terminal."""
    kept = "".join(f"\n  AND \"{name}\" = '{member}'" for name, member in ask.where.items())
    head = "SELECT *" if ask.what == "rows" else f"SELECT 100 * sum(planned_s) / sum(busy_s) AS {ask.kpi}"
    by = f"\nGROUP BY {ask.by}" if ask.what == "breakdown" else ""
    return Sql(
        ask.kpi,
        f"{head}\nFROM cycles\nWHERE _time > TIMESTAMP '2026-06-24 00:52:00' AND _time <= TIMESTAMP "
        f"'2026-06-24 08:52:00' AND note <> '\x1b[31m'{kept}{by}",
    )
