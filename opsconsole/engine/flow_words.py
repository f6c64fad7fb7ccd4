"""What the figures of a flow come to in words, for the console and for commands."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.engine.flow_messages import FlowCase, FlowCheck, FlowFault, FlowState, FlowStation, FlowStep, Rehearsal
from opsconsole.site.figures import NONE, count, duration, number

LITTLE = 0.20
_SEEN, _CLEAR = 30, 0.10
EXAMPLE = (
    "flows:",
    "  permits: {source: events, case: case_id, activity: activity, time: ts,",
    "            done: [Closed], sla: 5d}",
)
"""What makes a flow, to be shown where there is none."""


def percent(part: float) -> str:
    """A share of 1 in whole percent; what is neither none nor all never looks as if."""
    if 0 < part < 0.005:
        return "<1 %"
    return ">99 %" if 0.995 <= part < 1 else f"{part * 100:.0f} %"


def length(seconds: float | None) -> str:
    """A length of time; "–" for none."""
    return NONE if seconds is None else duration(seconds) if seconds >= 0 else f"-{duration(-seconds)}"


def brief(seconds: float | None) -> str:
    """A length of time in days alone where it is ten or more of them."""
    return f"{number(seconds // 86400)} d" if seconds is not None and seconds >= 864_000 else length(seconds)


def worst_step(state: FlowState) -> FlowStep | None:
    """The step that cases waited for most, all waits added up; None where none has waited."""
    waited = max(state.steps, key=lambda step: step.waiting.sum, default=None)
    return waited if waited is not None and waited.waiting.sum > 0 else None


def worst_stations(state: FlowState) -> list[FlowStation]:
    """The bottleneck of each group of stations: the one with the largest share."""
    worst: dict[str | None, FlowStation] = {}
    for each in state.stations:
        best = worst.get(each.group)
        if each.sole + each.shifting > (best.sole + best.shifting if best else 0.0):
            worst[each.group] = each
    return list(worst.values())


def bottleneck(state: FlowState) -> list[str]:
    """What is the bottleneck, a sentence each; none where nothing was found."""
    if state.kind == "stations":
        return [
            f"{group_name(state, each.group)}{each.name}: sole {percent(each.sole)}, shifting {percent(each.shifting)}"
            for each in worst_stations(state)
        ]
    step = worst_step(state)
    if step is None:
        return []
    total = sum(each.waiting.sum for each in state.steps)
    waiting = step.waiting
    return [
        f"{step.name}: {brief(waiting.sum)} of waiting in all ({percent(waiting.sum / total)}), "
        f"median {brief(waiting.median)}, mean {brief(waiting.mean)}"
    ]


def now_waiting(state: FlowState) -> list[str]:
    """The step that holds most of the waiting that goes on, as a rule with `bottleneck` sees it; none where none is."""
    total = sum(step.gathered for step in state.steps)
    most = max(state.steps, key=lambda step: step.gathered, default=None)
    if most is None or not total:
        return []
    return [f"{most.name}: {held(most.gathered / total, most.waits, most.oldest)}"]


def held(share: float, waits: int, oldest: float | None) -> str:
    """How much of the waiting that goes on a step holds: "62 % of the waiting now: 27 cases, the oldest 9 h 40"."""
    since = f", the oldest {brief(oldest)}" if oldest is not None else ""
    return f"{percent(share)} of the waiting now: {count(waits, 'case')}{since}"


def group_name(state: FlowState, group: str | None) -> str:
    """What stands before a station: "line 3 "."""
    return f"{state.by} {group} " if state.by and group is not None else ""


def trust(state: FlowState) -> list[tuple[str, bool]]:
    """What the figures rest on, a sentence each, and whether it makes them doubtful."""
    said = [(f"left out: {fault_text(each)}", True) for each in state.faults]
    if state.check is not None and (state.check.off or 0.0) > LITTLE:
        said.append((little(state.check), True))
    rehearsed = state.rehearsal
    if rehearsed is not None:
        off, cases = percent(rehearsed.off), count(rehearsed.cases, "case")
        said.append((f"chances said before of {cases} were off by {off} on average", rehearsed.off >= _CLEAR))
        worst = max(rehearsed.table, key=lambda each: each.n * abs(each.said - each.came), default=None)
        if worst is not None and (past := came_of(rehearsed, worst.said)):
            said.append((past, True))
    return [*said, *((note, False) for note in state.notes)]


def came_of(worth: Rehearsal | None, late: float) -> str:
    """What became of cases said to be late with about such a chance, where it was clearly another; else nothing."""
    for each in worth.table if worth is not None else ():
        if each.low <= late < each.high or late == each.high == 1.0:
            clear = each.n >= _SEEN and abs(each.said - each.came) >= _CLEAR
            return (
                f"of cases said late with {percent(each.said)} lately {percent(each.came)} came late" if clear else ""
            )
    return ""


def little(check: FlowCheck) -> str:
    """Little's law over the time of the log, as a check of it."""
    if check.off is None or check.cycle is None:
        return "Little's law cannot be checked: no case is closed yet"
    expected = check.throughput * check.cycle
    if check.off <= LITTLE:
        return (
            f"Little's law holds within {percent(check.off)}: {number(check.wip)} in progress on average, and "
            f"{per_day(check.throughput)} closed times {brief(check.cycle)} make {number(expected)}"
        )
    return (
        f"Little's law is {percent(check.off)} off ({number(check.wip)} in progress on average, {number(expected)} "
        "by throughput and time): ends are missing, or the operation is changing"
    )


def per_day(rate: float) -> str:
    """Cases a second as cases an hour or a day, whichever is a plain number."""
    hourly = rate * 3600
    return f"{number(hourly)} an hour" if hourly >= 10 else f"{number(hourly * 24)} a day"


def way(steps: Sequence[str]) -> str:
    """The steps of a variant, one that follows itself said once with how often: "cut → weld ×3 → pack"."""
    runs: list[tuple[str, int]] = []
    for step in steps:
        runs[-1:] = [(step, runs[-1][1] + 1)] if runs and runs[-1][0] == step else [*runs[-1:], (step, 1)]
    return " → ".join(name if times == 1 else f"{name} ×{times}" for name, times in runs)


def covered(state: FlowState) -> str:
    """How many ways there are, and how few of them most cases take."""
    if not state.ways:
        return "no case yet"
    covers = "covers" if state.covering == 1 else "cover"
    return f"{count(state.ways, 'variant')}; {number(state.covering)} of them {covers} 80 % of the cases"


def band(case: FlowCase) -> str:
    """The age of a case in its stage against those that were there: "≤P50", ">P95"; "–" where too few were."""
    return NONE if case.band is None else ("≤P50", ">P50", ">P85", ">P95")[case.band]


def stretch(step: float) -> str:
    """What a stretch of a course is called: "hour", "day", "15 min"."""
    plain = {3600.0: "hour", 86400.0: "day", 7 * 86400.0: "week"}
    return plain.get(step) or brief(step)


def fault_text(fault: FlowFault) -> str:
    """What is flagged, with its number: "3 rows that end before they start"."""
    words = {
        "no case": "without a case or a step",
        "no time": "without a time",
        "never started": "complete what never started; taken as without length",
        "other lifecycle": "of another lifecycle than start and complete",
        "ends before it starts": "that end before they start",
        "in the future": "that lie in the future",
        "before the stage in front of it": "reached before the stage in front of them",
    }
    if fault.kind == "closed before it began":
        return f"{count(fault.n, 'case')} closed before they began"
    return f"{count(fault.n, 'row')} {words.get(fault.kind, fault.kind)}"


def chance(case: FlowCase) -> str:
    """How likely a case is to be late: "82 % (60–93)", "late 3 h", "too few"."""
    if case.basis == "late already" and case.remaining is not None:
        return f"late {brief(-case.remaining)}"
    if case.late is None or case.low is None or case.high is None:
        return f"too few ({case.learned})" if case.basis == "too few" else NONE
    most = "≤ " if case.open_ended else ""
    return f"{most}{percent(case.late)} ({case.low * 100:.0f}–{case.high * 100:.0f})"


def where(case: FlowCase) -> str:
    """Where a case is: "in weld", "weld", "after cut"."""
    if case.works:
        return f"in {case.step}"
    return case.step or f"after {case.last}"


def why(case: FlowCase) -> str:
    """What is said of a case, and what it is learned from."""
    parts = [f"{case.case}: {'in' if case.works else 'after'} {case.last} for {duration(case.stay)}"]
    if case.stay_p95 is not None:
        longer = ", longer than 95 of 100" if case.band == 3 else f", {band(case)}; P95"
        parts[0] += f"{longer} ({duration(case.stay_p95)})" if case.band == 3 else f"{longer} {duration(case.stay_p95)}"
    if case.remaining is not None:
        parts.append(
            f"due in {duration(case.remaining)}" if case.remaining > 0 else f"late {duration(-case.remaining)}"
        )
    if case.late is not None and case.basis != "late already":
        like = {"stage": "cases that came here", "class": f"cases of {case.group}", "all": "all cases"}[case.basis]
        parts.append(f"late {chance(case)}, by {number(case.learned)} {like} and were open so long")
    elif case.basis == "too few":
        parts.append(f"only {count(case.learned, 'case')} were ever open so long, 30 are needed to say more")
    if case.half is not None:
        parts.append(f"half of such are done in {duration(case.half)}")
    return "; ".join(parts)


def ranked(steps: Sequence[FlowStep]) -> list[FlowStep]:
    """The steps by how long cases waited for them in all."""
    return sorted(steps, key=lambda step: -step.waiting.sum)


def heaviest(steps: Sequence[FlowStep], most: int) -> list[FlowStep]:
    """So many steps that made cases wait most, in the order of the flow."""
    kept = {step.name for step in ranked(steps)[:most]}
    return [step for step in steps if step.name in kept]
