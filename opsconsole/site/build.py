"""Values that have passed every check become the models; what goes without saying is added here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from typing import Any

import msgspec

from opsconsole.site.builtin import BUILT_IN
from opsconsole.site.calendar_parts import calendar_fields
from opsconsole.site.marks import Marks
from opsconsole.site.model import (
    Area,
    Chart,
    Chatter,
    Clock,
    Flow,
    Incidents,
    Kpi,
    Objective,
    Read,
    Rule,
    Scan,
    Shelving,
    Site,
    Source,
    Targets,
    Window,
    by_limits,
)
from opsconsole.site.notify_parts import notify_fields
from opsconsole.site.procedures import inherit
from opsconsole.site.rule_labels import common_labels, flow_labels
from opsconsole.site.zones import find_zone

Values = dict[str, Any]
DAY = Window("moving", 86400.0)
_OTHERS = {"kpi", "silent", "combine"}
EXPECTED = 7 * 86400.0
"""Seconds within which a group had a row that is missed when it falls silent, where the rule says nothing else."""


def build_site(values: Values, folder: str, marks: Marks) -> Site:
    """The site without its layouts. `folder` is the name it has when the file gives none."""
    timezone = values.get("timezone", "UTC")
    sources = {name: _source(name, source) for name, source in values.get("sources", {}).items()}
    kpis = _kpis(values.get("kpis", {}), sources)
    flows = {name: Flow(name=name, **flow) for name, flow in values.get("flows", {}).items()}
    objectives, kpis = _objectives(values.get("objectives"), kpis)
    written: dict[str, Values] = values.get("rules", {})
    labels = common_labels(written) | flow_labels(written, values.get("flows", {}))
    rules = {name: _rule(name, rule, kpis, labels) for name, rule in written.items()}
    areas = {name: Area(**({"name": name, "title": name} | area)) for name, area in values.get("areas", {}).items()}
    plain = {key: values[key] for key in ("state", "every", "disk", "procedure") if key in values}
    alert_from = values.get("alert_from", "shift start")
    return Site(
        name=values.get("site") or folder,
        timezone=timezone,
        clock=_clock(values.get("clock", {}), timezone),
        alert_from=alert_from if isinstance(alert_from, str) else _aware(alert_from, timezone).isoformat(),
        **calendar_fields(values.get("calendar", {})),
        sources=sources,
        kpis=kpis,
        flows=flows,
        objectives=objectives,
        areas=areas,
        rules=inherit(rules | implicit_rules(sources, kpis, rules, marks), kpis, areas, plain.get("procedure", "")),
        roles=values.get("roles"),
        shelving=_shelving(values.get("shelving", {})),
        **notify_fields(values),
        incidents=Incidents(**values.get("incidents", {})),
        chatter=Chatter(**values.get("chatter", {})),
        **plain,
    )


def _shelving(values: Values) -> Shelving:
    usual = Shelving()
    return Shelving(
        operator=msgspec.structs.replace(usual.operator, **values.get("operator", {})),
        supervisor=msgspec.structs.replace(usual.supervisor, **values.get("supervisor", {})),
    )


def build_rest(values: Values, folder: str, marks: Marks) -> Site:
    """What is left of a site with errors, without screens: the sources, KPIs and rules that say enough to be looked at.

    It serves to find what else is wrong, and not to run.
    """
    sources = {
        name: source for name, source in values.get("sources", {}).items() if source.get("files") or source.get("sql")
    }
    kpis = {
        name: kpi
        for name, kpi in values.get("kpis", {}).items()
        if kpi.get("source", "") in {*sources, ""} and "value" in kpi
    }
    rules = {
        name: rule
        for name, rule in values.get("rules", {}).items()
        if (rule.get("kpi") in kpis and "source" not in rule)
        or (rule.get("source") in sources and len({"rows", "due"} & set(rule)) == 1 and not _OTHERS & set(rule))
    }
    kept: Values = {key: values[key] for key in ("site", "timezone") if key in values}
    return build_site({**kept, "sources": sources, "kpis": kpis, "rules": rules}, folder, marks)


def _aware(moment: dt.datetime, timezone: str) -> dt.datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=find_zone(timezone) or dt.UTC)


def _clock(values: Values, timezone: str) -> Clock:
    moments: Values = {key: _aware(values[key], timezone) for key in ("start", "since") if key in values}
    return Clock(**(values | moments))


def _source(name: str, values: Values) -> Source:
    parts = {"read": Read(**values.get("read", {})), "scan": Scan(**values.get("scan", {}))}
    return Source(name=name, **(values | parts))


def _kpis(written: dict[str, Values], sources: dict[str, Source]) -> dict[str, Kpi]:
    """All KPIs; those over other KPIs take from these what they do not say themselves."""
    known = {**sources, **BUILT_IN}
    kpis = {name: _kpi(name, values, known[values["source"]]) for name, values in written.items() if "source" in values}
    waiting = {name: values for name, values in written.items() if "source" not in values}
    while waiting:
        ready = [name for name, values in waiting.items() if not _named(values["value"], waiting)]
        for name in ready or list(waiting):  # a circle has no beginning; binding reports it
            values = waiting.pop(name)
            parts = [kpis[part] for part in _named(values["value"], kpis)]
            kpis[name] = _derived(name, values, parts)
    return {name: kpis[name] for name in written}


def _kpi(name: str, values: Values, source: Source) -> Kpi:
    defaults: Values = {
        "window": DAY if source.time else Window("all"),
        "by": source.dimensions,
    }
    return Kpi(name=name, **(defaults | values | _parts(values)))


def _parts(values: Values) -> Values:
    """What of a KPI has sections of its own."""
    targets = tuple(Targets(**each) for each in values.get("targets", ()))
    return {"targets": targets, "chart": Chart(**values.get("chart", {}))}


def _derived(name: str, values: Values, parts: list[Kpi]) -> Kpi:
    """A KPI over others: their window where they have one in common, and the dimensions they share."""
    windows = {part.window for part in parts}
    shared = [by for by in (parts[0].by if parts else ()) if all(by in part.by for part in parts)]
    defaults: Values = {"window": windows.pop() if len(windows) == 1 else DAY, "by": tuple(shared)}
    return Kpi(name=name, **(defaults | values | _parts(values)))


def _named(expression: str, names: Collection[str]) -> list[str]:
    """The names that an expression over KPIs holds, in any case; binding looks more closely."""
    words = {word.casefold() for word in re.findall(r"\w+", expression)}
    return [name for name in names if name.casefold() in words]


def _objectives(
    declared: dict[str, Values] | None, kpis: dict[str, Kpi]
) -> tuple[dict[str, Objective], dict[str, Kpi]]:
    """The objectives, and the KPIs with the name of theirs: those declared, else one for each text that KPIs name."""
    if declared:
        found = {name: Objective(**{"name": name, "title": name, **values}) for name, values in declared.items()}
    else:
        found = {kpi.objective: Objective(kpi.objective, kpi.objective) for kpi in kpis.values() if kpi.objective}
    by_title = {objective.title.casefold(): name for name, objective in found.items()}
    by_title |= {name.casefold(): name for name in found}
    named = {
        name: msgspec.structs.replace(kpi, objective=by_title.get(kpi.objective.casefold(), kpi.objective))
        for name, kpi in kpis.items()
    }
    return found, named


def _rule(name: str, values: Values, kpis: dict[str, Kpi], labels: dict[str, tuple[str, ...]]) -> Rule:
    kpi = kpis.get(values.get("kpi", ""))
    defaults: Values = {"procedure": kpi.procedure if kpi else ""}
    if "silent" in values:
        defaults["within"] = EXPECTED
    if name in labels:
        defaults["by"] = labels[name]
    if values.get("every") == "row":
        values = {**values, "every": None, "per_row": True}
    return Rule(name=name, **(defaults | values))


def changed_rule(rule: Rule, values: Values) -> Rule:
    """A rule that follows from something else, with some keys of its own."""
    if values.get("every") == "row":
        values = {**values, "every": None, "per_row": True}
    return msgspec.structs.replace(rule, **values)


def implicit_rules(
    sources: dict[str, Source], kpis: dict[str, Kpi], rules: dict[str, Rule], marks: Marks
) -> dict[str, Rule]:
    """The rules that follow from limits and freshness where no written rule takes their place.

    Their names (`kpi:<name>`, `silent:<source>`) cannot be written in a file. Their marks are those of what they
    follow from.
    """
    watched = {rule.kpi for rule in rules.values() if by_limits(rule)}
    listened = {rule.source for rule in rules.values() if rule.silent is not None and not rule.by}
    implicit: dict[str, Rule] = {}
    for kpi in kpis.values():
        if _limited(kpi) and kpi.name not in watched:
            name = f"kpi:{kpi.name}"
            implicit[name] = Rule(name=name, kpi=kpi.name, procedure=kpi.procedure)
            marks.alias(("rules", name), ("kpis", kpi.name))
    for source in sources.values():
        if source.fresh_within is not None and source.name not in listened:
            name = f"silent:{source.name}"
            implicit[name] = Rule(name=name, source=source.name, silent=source.fresh_within)
            marks.alias(("rules", name), ("sources", source.name))
            marks.alias(("rules", name, "silent"), ("sources", source.name, "fresh_within"))
    return implicit


def _limited(kpi: Kpi) -> bool:
    """Whether the KPI's own limits can make it a warning or critical; a tolerance alone makes a warning."""
    return kpi.warning is not None or kpi.critical is not None or kpi.better == "target"
