"""Which rules a site has beyond those that are written, and by which labels combinations of rules are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsconsole.site.combination import CombinationError, names, order, parse

Values = dict[str, Any]


def implicit_names(rules: Mapping[str, Values], sources: Mapping[str, Values], kpis: Mapping[str, Values]) -> list[str]:
    """The names of the rules that follow from limits and freshness; see `opsconsole.site.build.implicit_rules`."""
    watched = {rule.get("kpi") for rule in rules.values() if "when" not in rule}
    listened = {rule.get("source") for rule in rules.values() if "silent" in rule and not rule.get("by")}
    limited = [
        name
        for name, kpi in kpis.items()
        if ("warning" in kpi or "critical" in kpi or kpi.get("better") == "target") and name not in watched
    ]
    fresh = [name for name, source in sources.items() if "fresh_within" in source and name not in listened]
    return [*(f"kpi:{name}" for name in limited), *(f"silent:{name}" for name in fresh)]


STAGE = "stage"
"""The label of a step where no column has it: each stage has a column of its own."""


def flow_labels(rules: Mapping[str, Values], flows: Mapping[str, Values]) -> dict[str, tuple[str, ...]]:
    """The labels of each rule on a flow: the case, the step or the station with what it belongs to; of all, none."""
    found: dict[str, tuple[str, ...]] = {}
    for name, rule in rules.items():
        flow = flows.get(rule["flow"], {}) if "flow" in rule else {}
        if "bottleneck" in rule and "station" in flow:
            found[name] = tuple(flow[key] for key in ("by", "station") if key in flow)
        elif "bottleneck" in rule and flow:
            found[name] = (flow.get("activity", STAGE),)
        elif "late" in rule and "case" in flow:
            found[name] = (flow["case"],)
    return found


def common_labels(rules: Mapping[str, Values]) -> dict[str, tuple[str, ...]]:
    """The labels of each combination: its `by`, else those that all its rules have, in the order of the first.

    What cannot be read or goes round in a circle has none; that is told elsewhere.
    """
    made_of: dict[str, list[str]] = {}
    for name, rule in rules.items():
        if "combine" in rule:
            try:
                made_of[name] = [part.name for part in names(parse(rule["combine"]))]
            except CombinationError:
                made_of[name] = []
    found: dict[str, tuple[str, ...]] = {}
    try:
        ordered = order(made_of)
    except ValueError:
        return {name: tuple(rules[name].get("by", ())) for name in made_of}
    for name in ordered:
        parts = [found.get(part, tuple(rules.get(part, {}).get("by", ()))) for part in made_of[name]]
        shared = tuple(label for label in (parts[0] if parts else ()) if all(label in each for each in parts))
        found[name] = tuple(rules[name].get("by", shared))
    return found
