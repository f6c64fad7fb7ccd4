"""Alerts of the canned plant: in every state, in a flood, by the thousand; what commands make of them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from opsconsole.engine.messages import (
    AlertCounts,
    AlertDetail,
    Alerts,
    AlertState,
    AskAlerts,
    Command,
    Event,
    Maintenance,
    Procedure,
    ProcedureStep,
    Related,
    SavedView,
    Snapshot,
)
from opsconsole.site.model import Priority
from tests.console import canned

NOW = canned.NOW
LONGEST = {
    "operator": {"critical": 1800.0, "warning": 14400.0, "low": 28800.0},
    "supervisor": {"critical": 7200.0, "warning": 86400.0, "low": 604800.0},
}
AREAS = {"weld": "Weld shop", "press": "Press shop", "paint": "Paint shop"}


def alert(
    name: str, text: str, state: str = "UNACK", priority: Priority = "warning", ago: float = 600, **more: object
) -> AlertState:
    """An alert since `ago` seconds."""
    beneath = more.pop("beneath", state if state not in ("SHELVED", "SUPPRESSED", "OOS") else "UNACK")
    return AlertState(name, name.partition("{")[0], text, state, priority, NOW - ago, 3, beneath=beneath, **more)  # type: ignore[arg-type]


def every_state() -> list[AlertState]:
    """An alert in each state there is, with what is to be seen of it."""
    return [
        replace(
            canned.alerts()[0],
            area="weld",
            owner="ben",
            note="checked wire feed, ordered tip",
            note_by="ana",
            incident="weld-3",
            first_out=True,
            count=7,
        ),
        alert(
            "drift{line=3}",
            "Line 3 weld · cycle time drifts +14 %",
            "ACK",
            ago=3120,
            who="ana",
            acked_at=NOW - 3000,
            area="weld",
            labels={"line": "3"},
            incident="weld-3",
            kpi="oee",
            note="tip worn, spare ordered",
        ),
        alert(
            "scrap{line=1}",
            "Line 1 press · scrap 4.1 % > 3 %",
            "RTNUN",
            ago=7900,
            count=3,
            area="press",
            labels={"line": "1"},
        ),
        alert(
            "door{line=2}",
            "Line 2 · door sensor",
            "SHELVED",
            ago=90_000,
            count=9,
            area="press",
            labels={"line": "2"},
            put_by="ben",
            put_at=NOW - 3600,
            until=NOW + 3 * 3600,
            reason="part ordered",
        ),
        alert(
            "flutter{line=4}",
            "Line 4 · light barrier",
            ago=120,
            count=6,
            area="paint",
            labels={"line": "4"},
            chatters=True,
        ),
        alert("jam{line=2}", "Line 2 press · jam", "LATCHED", ago=5000, area="press", labels={"line": "2"}, who="ben"),
        alert(
            "oven",
            "Paint oven · temperature",
            "SUPPRESSED",
            "low",
            ago=4000,
            area="paint",
            suppressed=("maintenance of paint",),
        ),
        alert(
            "pump",
            "Coolant pump · vibration",
            "OOS",
            "low",
            ago=40_000,
            area="weld",
            put_by="ana",
            put_at=NOW - 30_000,
            reason="being replaced",
        ),
        alert(
            "quality",
            "Quality file 47 min late",
            "ACK",
            "low",
            ago=2820,
            who="ben",
            acked_at=NOW - 2000,
            source="quality",
            quality="stale",
        ),
    ]


def counts(alerts: Sequence[AlertState], **more: object) -> AlertCounts:
    """What an engine counts of these."""
    there = [each for each in alerts if each.state not in ("SHELVED", "SUPPRESSED", "OOS")]
    found = AlertCounts(
        open=len(alerts),
        critical=sum(each.priority == "critical" for each in there),
        warning=sum(each.priority == "warning" for each in there),
        low=sum(each.priority == "low" for each in there),
        unacknowledged=sum(each.state in ("UNACK", "RTNUN") for each in alerts),
        shelved=sum(each.state == "SHELVED" for each in alerts),
        suppressed=sum(each.state == "SUPPRESSED" for each in alerts),
        out=sum(each.state == "OOS" for each in alerts),
    )
    return replace(found, **more)


def snapshot(alerts: Sequence[AlertState], site: dict[str, object] | None = None, **more: object) -> Snapshot:
    """The plant with these alerts."""
    return canned.snapshot(
        site=canned.site(longest_shelf=LONGEST, areas=AREAS, **(site or {})),
        alerts=list(alerts),
        **{"counts": counts(alerts), **more},
    )


def triage() -> Snapshot:
    """The plant with an alert in every state, two windows and a saved view."""
    return snapshot(
        every_state(),
        counts=counts(every_state(), recent=6),
        views=[SavedView("night", "alerts state=unack priority=critical,warning", "ana")],
        maintenance=[
            Maintenance("1", "paint", {}, NOW - 1800, NOW + 5400, "oven is cleaned", "ana"),
            Maintenance("2", "", {"line": "3"}, NOW + 7200, NOW + 10_800, "tip change", "ben"),
            Maintenance("3", "press", {}, NOW - 90_000, NOW - 80_000, "belt", "ben", NOW - 85_000),
        ],
    )


def flooded() -> list[AlertState]:
    """A flood: a power dip with its consequences, some of them critical, and much that is low."""
    first = alert("dip", "Line 1 supply · voltage dip", priority="warning", ago=400, incident="dip-1", first_out=True)
    alerts = [first]
    for at in range(12):
        level: Priority = "critical" if at == 5 else "warning" if at % 3 else "low"
        alerts.append(
            alert(
                f"trip{{drive={at}}}",
                f"Drive {at} tripped",
                priority=level,
                ago=390 - at,
                incident="dip-1",
                state="ACK" if at == 7 else "UNACK",
                labels={"drive": str(at)},
            )
        )
    alerts += [
        alert(f"jam{{line={at}}}", f"Line {at} · jam", ago=300 - at, labels={"line": str(at)}) for at in range(3)
    ]
    alerts += [alert(f"lamp{{post={at}}}", f"Lamp {at} is out", priority="low", ago=1000 - at) for at in range(20)]
    return [*alerts, *every_state()[:2]]


def flood() -> Snapshot:
    """The plant in a flood."""
    return snapshot(flooded(), counts=counts(flooded(), recent=34, flood_since=NOW - 360))


def many(number: int = 1000, total: int = 8412) -> Snapshot:
    """The most urgent of more alerts than a console is sent."""
    levels: tuple[Priority, ...] = ("critical", "warning", "warning", "low")
    alerts = [
        alert(
            f"cell{{cell={at}}}",
            f"Cell {at} · pressure low",
            "ACK" if at % 5 == 0 else "UNACK",
            levels[at * 4 // number],
            ago=60 + at,
            labels={"cell": str(at)},
            area="weld" if at % 2 else "press",
        )
        for at in range(number)
    ]
    return snapshot(
        alerts, counts=AlertCounts(total, number // 4, total - number, number // 2, total - 100, 12, 0, 3, 40)
    )


FAR = alert("far{cell=9999}", "Cell 9999 · pressure low", priority="low", ago=9000, area="weld")


def found(ask: AskAlerts, state: Snapshot) -> Alerts:
    """What a query means among all alerts: those at hand, and one that is not."""
    alerts = [each for each in [*state.alerts, FAR] if not ask.query.areas or each.area in ask.query.areas]
    return Alerts(alerts[: ask.limit], len(alerts), state.counts)


def _deed(seq: int, at: float, who: str, uid: int, alert: str, what: str, wrote: str) -> Event:
    """As the engine writes it: the text is the alert's, the reason what the person wrote."""
    return Event(seq, at, at, who, "alert", alert, what, "Line 3 weld: OEE 52 % under 60 %", wrote, uid=uid)


def detail(name: str, state: Snapshot) -> AlertDetail:
    """One alert in full."""
    found = next((each for each in [*state.alerts, FAR] if each.id == name), None)
    days = [0, 0, 1, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    events = [
        _deed(9, NOW - 540, "ana", 1000, name, "commented", "checked wire feed, ordered tip"),
        _deed(8, NOW - 600, "ben", 1001, name, "assigned", "to ben"),
        Event(7, NOW - 660, NOW - 660, "system", "alert", name, "raised", "OEE 52 % under 60 %"),
    ]
    related = [Related("drift{line=3}", "Line 3 weld · cycle time drifts +14 %", "warning", "ACK", NOW - 3120)]
    return AlertDetail(
        name,
        found,
        days,
        "2026-05-26",
        events,
        related if found and found.incident else [],
        60.0 if found and found.kpi else None,
    )


def procedure() -> Procedure:
    """A procedure of which two steps are done."""
    steps = [
        ProcedureStep(1, "Look at the wire feed", 5, "ana", NOW - 500),
        ProcedureStep(2, "Check the tip", 6, "ana", NOW - 400),
        ProcedureStep(3, "Change the tip", 7),
        ProcedureStep(4, "Weld a sample", 8),
        ProcedureStep(5, "Tell the shift lead", 9),
    ]
    return Procedure("procedures/weld-station.md", "Weld station", "", steps)


def after(command: Command, before: AlertState) -> AlertState:
    """An alert after a command by ana."""
    change: dict[str, object] = {
        "ack": {"state": "ACK", "beneath": "ACK", "who": "ana", "acked_at": NOW},
        "unack": {"state": "UNACK", "beneath": "UNACK", "who": ""},
        "shelve": {"state": "SHELVED", "until": command.until, "reason": command.text, "put_by": "ana", "put_at": NOW},
        "unshelve": {"state": before.beneath, "until": None, "reason": "", "put_by": ""},
        "assign": {"owner": command.to},
        "comment": {"note": command.text, "note_by": "ana"},
        "escalate": {"escalation": before.escalation + 1},
        "reset": {"state": "NORM"},
        "dispose": {"disposition": command.disposition, "state": "ACK", "who": "ana"},
        "out-of-service": {"state": "OOS", "reason": command.text, "put_by": "ana", "put_at": NOW},
        "return": {"state": "UNACK", "beneath": "UNACK"},
    }[command.name]  # type: ignore[assignment]
    return replace(before, version=before.version + 1, **change)
