"""What has to fit within a rule on a flow, and between it and the flow."""

from __future__ import annotations

from opsconsole.site.duration import format_duration
from opsconsole.site.flow_rules import STATIONS_LIKE, STEPS_LIKE, FlowRuleError, Stuck, parse_bottleneck, parse_wip
from opsconsole.site.known import Values, known_names, reference
from opsconsole.site.marks import Keys, Marks
from opsconsole.site.model import Flow
from opsconsole.site.names import show
from opsconsole.site.report import Report

WATCHED = {"late": "one alert for each case", "wip": "one alert", "bottleneck": "one alert for each step or station"}
"""What a rule on a flow watches, and how many alerts that are."""


def check_flow_rule(name: str, rule: Values, values: Values, marks: Marks, report: Report) -> None:
    """It watches one thing of a flow that has it, and says it so that it can be read."""
    at: Keys = ("rules", name)
    kinds = [key for key in WATCHED if marks.has(*at, key)]
    if not kinds:
        message = f"`{name}`: a rule on a flow needs `late`, `wip` or `bottleneck`, such as: late: probability > 0.8"
        report.missing(marks.at(*at), message)
    for other in kinds[1:]:
        report.error(marks.key(*at, other), f"`{other}`: a rule has this or `{kinds[0]}`, not both")
    kind = kinds[0] if kinds else ""
    if marks.has(*at, "by"):
        report.error(marks.key(*at, "by"), f"`by`: a rule on a flow has {WATCHED.get(kind, 'its own alerts')}")
    flows = known_names("flows", values, marks)
    known = reference((*at, "flow"), rule["flow"], "flow", flows, marks, report) and flows is not None
    flow: Values = (flows or {}).get(rule["flow"], {}) if known else {}
    stations = known and marks.has("flows", rule["flow"], "station")
    if marks.has(*at, "at_least") and (kind != "bottleneck" or stations):
        report.error(marks.key(*at, "at_least"), "`at_least`: on a flow it goes with `bottleneck: share > …` alone")
    if kind == "late" and known:
        _check_late(rule, stations, at, marks, report)
    elif kind == "wip":
        _read_wip(rule, at, marks, report)
        if stations:
            _of_stations(rule, "which have no cases", at, marks, report)
    elif kind == "bottleneck":
        _check_bottleneck(rule, flow if known else None, stations, at, marks, report)


def _check_late(rule: Values, stations: bool, at: Keys, marks: Marks, report: Report) -> None:
    of: Keys = ("flows", rule["flow"])
    if stations:
        _of_stations(rule, "which are never late", at, marks, report)
    elif not marks.has(*of, "sla") and not marks.has(*of, "due"):
        report.missing(marks.at(*at, "flow"), f"`flow`: `{show(rule['flow'])}` has no `sla` and no `due`")


def _of_stations(rule: Values, why: str, at: Keys, marks: Marks, report: Report) -> None:
    report.error(marks.at(*at, "flow"), f"`flow`: `{show(rule['flow'])}` is of stations, {why}")


def _read_wip(rule: Values, at: Keys, marks: Marks, report: Report) -> None:
    try:
        parse_wip(rule.get("wip", "cases > 1"))
    except FlowRuleError as error:
        report.error(marks.inside(*at, "wip", offset=error.at), f"`wip`: {error.message}")


def _check_bottleneck(
    rule: Values, flow: Values | None, stations: bool, at: Keys, marks: Marks, report: Report
) -> None:  # fmt: skip
    """`flow`: None where it is not known which it is."""
    if "bottleneck" not in rule:
        return  # it could not be read at all: that is reported
    try:
        found: Stuck = parse_bottleneck(rule["bottleneck"])
    except FlowRuleError as error:
        report.error(marks.inside(*at, "bottleneck", offset=error.at), f"`bottleneck`: {error.message}")
        return
    if flow is None:
        return
    where, name = marks.inside(*at, "bottleneck", offset=0), show(rule["flow"])
    if stations and found.of == "share":
        report.error(where, f"`bottleneck`: `{name}` is of stations, write `{STATIONS_LIKE}`")
    elif not stations and found.of == "sole":
        report.error(where, f"`bottleneck`: `{name}` is of cases, write `{STEPS_LIKE}`")
    within = flow.get("within", Flow("", "").within)
    if found.seconds is not None and stations and found.seconds >= within:
        text: str = rule["bottleneck"]
        place = marks.inside(*at, "bottleneck", offset=len(text) - len(text.partition(">")[2].lstrip()))
        looks = f"`{name}` looks back {format_duration(within)} only; write a shorter time, or a longer `within` there"
        report.error(place, f"`bottleneck`: {looks}")
