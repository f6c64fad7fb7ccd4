"""What has to fit within a rule, and between rules: kinds, what belongs to them, references, circles."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping

from opsconsole.site.builtin import BUILT_IN
from opsconsole.site.combination import CombinationError, names, order, parse
from opsconsole.site.flow_rule_check import check_flow_rule
from opsconsole.site.forecasting import ForecastError
from opsconsole.site.forecasting import parse as parse_forecast
from opsconsole.site.known import Values, hint, known_names, limits_of, reference
from opsconsole.site.marks import Keys, Marks
from opsconsole.site.names import listed, show
from opsconsole.site.report import Report
from opsconsole.site.rule_keys import RULE_KINDS, misread
from opsconsole.site.rule_labels import common_labels, flow_labels, implicit_names
from opsconsole.site.rule_times import check_times, occurs

TITLE_FIELDS = ("value", "limit", "label")
BELONGS: dict[str, tuple[str, ...]] = {
    "when": ("kpi",),
    "change": ("kpi",),
    "against": ("kpi",),
    "control": ("kpi",),
    "columns": ("anomaly",),
    "forecast": ("kpi",),
    "deadband": ("kpi",),
    "within": ("rows", "silent"),
    "at_least": ("rows", "due", "flow"),
    "unless": ("due",),
    "ahead": ("due",),
    "recover": ("kpi", "rows"),
    "late": ("flow",),
    "wip": ("flow",),
    "bottleneck": ("flow",),
}
OFF_TICK = ("control", "anomaly", "forecast")
"""What makes a rule on a KPI one that is found off the tick."""
NOT_OFF_TICK = ("when", "change", "against", "deadband", "recover", "every")
_OWNERS = {"kpi": "KPI", "flow": "flow"}
NEEDS = {"times": "for", "realarms": "realarm", "equal": "inhibited_by"}


def check_rules(
    values: Values, sources: Values | None, kpis: Values | None, marks: Marks, report: Report, *, areas: bool = False
) -> None:
    """All rules. `areas`: the site file has a section of that name."""
    rules: dict[str, Values] = values.get("rules", {})
    known = {**rules, **{each: {} for each in implicit_names(rules, sources or {}, kpis or {})}}
    for name, rule in rules.items():
        _check_rule(name, rule, sources, kpis, marks, report)
        _check_life(name, rule, marks, report)
        if "flow" in rule:
            check_flow_rule(name, rule, values, marks, report)
        if areas and "area" in rule:
            reference(("rules", name, "area"), rule["area"], "area", known_names("areas", values, marks), marks, report)
    _check_combinations(values, rules, known, marks, report)
    check_times(values, marks, report)
    labels = {name: tuple(rule.get("by", ())) for name, rule in known.items()} | common_labels(rules)
    labels |= flow_labels(rules, values.get("flows", {}))
    _check_inhibition(rules, known, labels, marks, report)
    for name, rule in rules.items():
        _check_title(name, rule, labels[name], marks, report)


def _check_rule(
    name: str, rule: Values, sources: Values | None, kpis: Values | None, marks: Marks, report: Report
) -> None:
    at: Keys = ("rules", name)
    kinds = [kind for kind in RULE_KINDS if marks.has(*at, kind)]
    if kinds[:1] == ["kpi"] and marks.has(*at, "anomaly"):
        kinds.remove("anomaly")  # of the KPI
    if "kpi" in rule:
        known = reference((*at, "kpi"), rule["kpi"], "KPI", kpis, marks, report)
        kpi = ("kpis", rule["kpi"])
        card = (kpis or {}).get(rule["kpi"], {})
        limited = any(marks.has(*kpi, key) for key in ("warning", "critical", "tolerance", "targets_from"))
        limited = limited or bool(limits_of(card, kpi))
        off_tick = any(marks.has(*at, key) for key in OFF_TICK)
        if known and not limited and not off_tick and not marks.has(*at, "when"):
            message = f"`{name}`: needs `when`, or the KPI `{show(rule['kpi'])}` a `warning` or `critical` limit"
            report.missing(marks.at(*at), message)
        if known and limited and not off_tick and not marks.has(*at, "when") and "priority" in rule:
            report.warn(marks.key(*at, "priority"), "`priority`: comes from the KPI's limits, this has no effect")
    if "source" in rule:
        reference((*at, "source"), rule["source"], "source", sources, marks, report)
    if len(kinds) != 1:
        found = f"found {listed(kinds)}" if kinds else "found none"
        message = (
            f"`{name}`: a rule watches one of `kpi`, `flow`, `source` with `rows`, `silent`, `due` or `anomaly`, or it "
            f"has `combine`; {found}"
        )
        (report.error if kinds else report.missing)(marks.key(*at), message)
        return
    kind = kinds[0]
    for key, homes in BELONGS.items():
        if marks.has(*at, key) and kind not in homes:
            report.error(
                marks.key(*at, key), f"`{key}`: has a meaning only with {' or '.join(f'`{h}`' for h in homes)}"
            )
    if kind in ("kpi", "combine", "flow"):
        if marks.has(*at, "source"):
            why = "has no source of its own" if kind == "combine" else f"takes the {_OWNERS[kind]}'s source"
            what = "with `combine`" if kind == "combine" else f"on a {_OWNERS[kind]}"
            report.error(marks.key(*at, "source"), f"`source`: a rule {what} {why}, remove it")
    elif not marks.has(*at, "source"):
        report.missing(marks.at(*at), f"`{name}`: a rule with `{kind}` needs `source`")
    if kind == "kpi":
        _check_comparison(rule, at, marks, report)
    elif kind in ("rows", "silent"):
        _check_stretch(rule, kind, sources, at, marks, report)


def _check_comparison(rule: Values, at: Keys, marks: Marks, report: Report) -> None:
    """What a rule says about the value of its KPI."""
    if off := [key for key in OFF_TICK if marks.has(*at, key)]:
        found = off[0]
        if len(off) > 1:
            report.error(marks.key(*at, off[1]), f"`{off[1]}`: a rule has this or `{found}`, not both")
        for key in NOT_OFF_TICK:
            if marks.has(*at, key):
                report.error(marks.key(*at, key), f"`{key}`: has no meaning with `{found}`, remove it")
        if rule.get(found) == ():
            report.missing(marks.at(*at, found), f"`{found}`: expected at least one, found an empty list")
        if "forecast" in rule:
            _check_forecast(rule["forecast"], at, marks, report)
        return
    when: str = rule.get("when", "")
    if marks.has(*at, "change") and marks.has(*at, "against"):
        report.error(marks.key(*at, "against"), "`against`: a rule has this or `change`, not both")
    changes = next((key for key in ("change", "against") if marks.has(*at, key)), "")
    if changes and not marks.has(*at, "when"):
        report.missing(marks.key(*at, changes), f"`{changes}`: has a meaning only with `when`")
    if "%" in when and not changes:
        message = "`when`: a percent sign is for `change` and `against`, where it is percent of what was; "
        report.error(
            marks.inside(*at, "when", offset=when.index("%")), f"{message}write the bare number in the KPI's unit"
        )
    if marks.has(*at, "deadband"):
        if marks.has(*at, "recover"):
            report.error(marks.key(*at, "recover"), "`recover`: a rule has this or `deadband`, not both")
        if when.startswith(("=", "!=", "<>")):
            sign = when.rstrip(" %0123456789.+-eE")
            report.error(marks.key(*at, "deadband"), f"`deadband`: has no meaning with `{sign}`; write `recover`")
    if "recover" in rule:
        why = misread(rule["recover"])
        if why:
            report.error(marks.at(*at, "recover"), f"`recover`: with `kpi` it is a comparison; {why}")
        elif ("%" in rule["recover"]) != ("%" in when) and changes:
            report.error(marks.at(*at, "recover"), "`recover`: has the unit of `when`, in percent as it is or is not")
        elif "%" in rule["recover"] and not changes:
            report.error(marks.at(*at, "recover"), "`recover`: write the bare number in the KPI's unit")


def _check_forecast(text: str, at: Keys, marks: Marks, report: Report) -> None:
    try:
        parse_forecast(text)
    except ForecastError as error:
        report.error(marks.inside(*at, "forecast", offset=error.at), f"`forecast`: {error.message}")


def _check_stretch(rule: Values, kind: str, sources: Values | None, at: Keys, marks: Marks, report: Report) -> None:
    """How far back a rule on rows or on silence looks, and whether its source can tell."""
    source = rule.get("source", "")
    built_in = source in BUILT_IN
    by_group = kind == "silent" and marks.has(*at, "by")
    timeless = source in (sources or {}) and not marks.has("sources", source, "time")
    derived = marks.has("sources", source, "sql")
    if built_in and kind == "silent":
        message = f"`silent`: `{source}` never falls silent; its `age_s` says how long a source has been"
        report.error(marks.key(*at, "silent"), message)
    elif by_group and timeless:
        message = f"`by`: groups fall silent by event time, and `{show(source)}` has no time column"
        report.error(marks.key(*at, "by"), message)
    elif kind == "silent" and derived and not by_group:
        message = f"`silent`: nothing arrives in `{show(source)}` itself; name a source that it is made of"
        report.error(marks.key(*at, "silent"), message)
    if kind == "silent" and marks.has(*at, "within"):
        if not by_group:
            report.error(marks.key(*at, "within"), "`within`: with `silent` it is for the groups of `by`")
        elif rule.get("within", 0.0) <= rule.get("silent", 0.0) and {"within", "silent"} <= set(rule):
            message = "`within`: must be longer than `silent`, or a group is forgotten before it is missed"
            report.error(marks.at(*at, "within"), message)
    if kind == "silent":
        return
    if (built_in or (timeless and derived)) and marks.has(*at, "within"):
        says = "says how things are now" if built_in else "has no `time`, so that all its rows count"
        report.error(marks.key(*at, "within"), f"`within`: `{show(source)}` {says}, leave it out")
    if timeless and not derived and rule.get("every") != "row":
        message = f"`rows`: looks back in time, but `{show(source)}` has no time column"
        report.error(marks.at(*at, "source"), message)


def _check_life(name: str, rule: Values, marks: Marks, report: Report) -> None:
    """What a rule says about the life of its alerts."""
    at: Keys = ("rules", name)
    for key, other in NEEDS.items():
        if marks.has(*at, key) and not marks.has(*at, other):
            report.missing(marks.key(*at, key), f"`{key}`: has a meaning only with `{other}`")
    if rule.get("acknowledge") is False and marks.has(*at, "realarm"):
        message = "`realarm`: counts from an acknowledgement, and with `acknowledge: false` there is none"
        report.error(marks.key(*at, "realarm"), message)


def _check_combinations(
    values: Values, rules: Mapping[str, Values], known: Values, marks: Marks, report: Report
) -> None:
    """Combinations can be read, name rules that are there, and none is made of itself."""
    made_of: dict[str, list[str]] = {}
    for name, rule in rules.items():
        if "combine" not in rule:
            continue
        at: Keys = ("rules", name, "combine")
        try:
            found = list(names(parse(rule["combine"])))
        except CombinationError as error:
            report.error(marks.inside(*at, offset=error.at), f"`combine`: {error.message}")
            continue
        for part in found:
            place = marks.inside(*at, offset=part.at)
            if part.name not in known:
                others = {other: value for other, value in known.items() if other != name}
                report.error(place, f"unknown rule `{show(part.name)}`{hint(part.name, others, report)}")
            elif occurs(known[part.name], values.get("kpis", {})):
                message = f"`combine`: `{part.name}` counts occurrences (`every`), which are over at once"
                report.error(place, message)
        made_of[name] = [part.name for part in found]
        _check_combined_labels(name, rule, [known[part.name] for part in found if part.name in known], marks, report)
    _no_circle(made_of, "combine", marks, report)


def _check_combined_labels(name: str, rule: Values, parts: list[Values], marks: Marks, report: Report) -> None:
    """A combination by labels needs a rule that has them all: it says which members there are."""
    by: tuple[str, ...] = rule.get("by", ())
    has = [set(part.get("by", ())) for part in parts if "combine" not in part]
    if not by or len(has) < len(parts) or any(set(by) <= each for each in has):
        return
    nobody = next((index for index, label in enumerate(by) if not any(label in each for each in has)), None)
    if nobody is not None:
        message = f"`by`: none of the rules combined has the label `{show(by[nobody])}`"
        report.error(marks.at("rules", name, "by", nobody), message)
    else:
        report.error(marks.at("rules", name, "by"), "`by`: one of the rules combined has to have all of these labels")


def _check_inhibition(
    rules: Mapping[str, Values], known: Values, labels: Mapping[str, tuple[str, ...]], marks: Marks, report: Report
) -> None:
    """Rules that inhibit are there, have the labels that must be equal, and none inhibits itself."""
    parents: dict[str, list[str]] = {}
    for name, rule in rules.items():
        listed_parents: tuple[str, ...] = rule.get("inhibited_by", ())
        for index, parent in enumerate(listed_parents):
            reference(("rules", name, "inhibited_by", index), parent, "rule", known, marks, report)
        parents[name] = [parent for parent in listed_parents if parent in known]
        for index, label in enumerate(rule.get("equal", ()) if listed_parents else ()):
            for owner in (name, *parents[name]):
                if label not in labels[owner]:
                    message = f"`equal`: the rule `{show(owner)}` has no label `{show(label)}`"
                    suggestion = report.suggest(label, labels[owner])
                    report.error(marks.at("rules", name, "equal", index), message + suggestion)
                    break
    _no_circle(parents, "inhibited_by", marks, report)


def _no_circle(follows: Mapping[str, list[str]], key: str, marks: Marks, report: Report) -> None:
    """Each circle is told once, at the first rule of the file that is in it."""
    rest = dict(follows)
    while True:
        try:
            order(rest)
        except ValueError as error:
            circle = set(str(error).split(" → "))
            first = next(name for name in follows if name in circle)
            report.error(marks.at("rules", first, key), f"`{key}`: goes round in a circle: {_from(first, str(error))}")
            rest = {name: parts for name, parts in rest.items() if name not in circle}
        else:
            return


def _from(first: str, circle: str) -> str:
    """The same circle, told from one of its rules on."""
    way = circle.split(" → ")[:-1]
    at = way.index(first)
    return " → ".join((*way[at:], *way[:at], first))


def _check_title(name: str, rule: Values, labels: Iterable[str], marks: Marks, report: Report) -> None:
    """The fields in braces are known."""
    if "title" not in rule:
        return
    at: Keys = ("rules", name, "title")
    known = (*TITLE_FIELDS, *labels)
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(rule["title"]) if field is not None]
    except ValueError:
        report.error(marks.at(*at), "`title`: a `{` or `}` stands alone; write `{{` or `}}` for the sign itself")
        return
    for field in fields:
        if field not in known:
            near = report.suggest(field, known) or f"; there are {listed(known)}"
            report.error(marks.at(*at), f"`title`: unknown field `{{{show(field)}}}`{near}")
