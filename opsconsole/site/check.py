"""What no single value can show: references, and values that must fit each other.

Every check looks only at values that could be read, so that one mistake is reported once.
"""

from __future__ import annotations

from collections.abc import Iterator

from opsconsole.site.builtin import BUILT_IN
from opsconsole.site.calendar_parts import check_calendar
from opsconsole.site.flow_keys import check_flows
from opsconsole.site.incident_keys import check_incidents
from opsconsole.site.keys import SITE
from opsconsole.site.known import Values, known_names, limits_of, reference
from opsconsole.site.marks import Keys, Marks
from opsconsole.site.model import Mark, Window
from opsconsole.site.names import listed, show
from opsconsole.site.notify_parts import check_notify
from opsconsole.site.people_keys import check_people
from opsconsole.site.report import Report
from opsconsole.site.rule_check import check_rules

# Words DuckDB keeps for itself: a table of such a name works, but has to be quoted in every query.
# fmt: off
SQL_WORDS = frozenset({
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "both", "case", "cast", "check",
    "collate", "column", "constraint", "create", "default", "deferrable", "desc", "describe", "distinct", "do",
    "else", "end", "except", "false", "fetch", "for", "foreign", "from", "grant", "group", "having", "in",
    "initially", "intersect", "into", "lambda", "lateral", "leading", "limit", "not", "null", "offset", "on",
    "only", "or", "order", "pivot", "placing", "primary", "qualify", "references", "returning", "select", "show",
    "some", "summarize", "symmetric", "table", "then", "to", "trailing", "true", "union", "unique", "unpivot",
    "using", "variadic", "when", "where", "window", "with",
})
# fmt: on


def check_site(values: Values, marks: Marks, report: Report) -> None:
    """Everything in the site file that has to fit something else in it."""
    sources = known_names("sources", values, marks)
    kpis = known_names("kpis", values, marks)
    _check_clock(values, marks, report)
    check_calendar(values, marks, report)
    for name, source in (sources or {}).items():
        _check_source(name, source, marks, report)
    objectives = known_names("objectives", values, marks)
    for name, kpi in (kpis or {}).items():
        _check_kpi(name, kpi, sources, marks, report)
        _check_card(name, kpi, sources, objectives, marks, report)
    check_flows(values, sources, marks, report)
    check_rules(values, sources, kpis, marks, report, areas=SITE.key("areas") is not None)
    check_incidents(values, marks, report)
    check_people(values, marks, report)
    check_notify(values, marks, report)


def _check_clock(values: Values, marks: Marks, report: Report) -> None:
    clock = values.get("clock", {})
    if clock.get("mode") == "replay":
        if not marks.has("clock", "start"):
            report.error(marks.at("clock"), "`clock`: a replay needs `start`, the site time it begins at")
    elif "mode" in clock:
        for key in ("speed", "start", "since"):
            if marks.has("clock", key):
                report.error(marks.key("clock", key), f"`{key}`: only a replay has it, the mode is `{clock['mode']}`")


def _check_source(name: str, source: Values, marks: Marks, report: Report) -> None:
    if name.casefold() in BUILT_IN:
        title = BUILT_IN[name.casefold()].title
        message = f"`{name}`: the name of a table that is always there ({title}); choose another"
        report.error(marks.key("sources", name), message)
    if name.casefold() in SQL_WORDS:
        report.warn(marks.key("sources", name), f'`{name}`: a word of SQL; write "{name}" in quotes in queries')
    read: Values = source.get("read", {})
    if read.get("delimiter") is not None and read.get("delimiter") == read.get("decimal"):
        report.error(marks.at("sources", name, "read"), "`read`: `delimiter` and `decimal` are the same sign")
    _check_policies(name, source, marks, report)
    _check_derived_source(name, marks, report)
    time = source.get("time")
    # Numbers may be seconds since the epoch.
    if time is not None and source.get("columns", {}).get(time) in ("text", "boolean"):
        pinned = source["columns"][time]
        report.error(
            marks.at("sources", name, "columns", time), f"`{show(time)}`: the time column is pinned as {pinned}"
        )


FILES_ONLY = (
    *("format", "columns", "read", "settle", "fresh_within", "schema", "key", "latest", "on_delete", "retain"),
    *("watch", "scan", "verify", "timezone"),
)


def _check_derived_source(name: str, marks: Marks, report: Report) -> None:
    """A source is made of files or of others, and what is about files has a meaning only with files."""
    at: Keys = ("sources", name)
    if not marks.has(*at, "files") and not marks.has(*at, "sql"):
        report.missing(marks.at(*at), f"`{name}`: a source needs `files`, or `sql` over other sources")
    if marks.has(*at, "sql"):
        for key in ("files", *FILES_ONLY):
            if marks.has(*at, key):
                report.error(marks.key(*at, key), f"`{key}`: has no meaning for a source made by `sql`")
    if marks.has(*at, "until") and not marks.has(*at, "time"):
        report.error(marks.key(*at, "until"), "`until`: needs `time`, the column that says when the stretch begins")


def _check_policies(name: str, source: Values, marks: Marks, report: Report) -> None:
    """What is said about reading and keeping has to fit together."""
    at: Keys = ("sources", name)
    lines, pattern = source.get("format") == "lines", marks.has(*at, "read", "pattern")
    if lines and not pattern:
        report.missing(marks.at(*at, "format"), "`format`: `lines` needs the `pattern` of a line under `read`")
    if pattern and not lines:
        report.error(marks.key(*at, "read", "pattern"), "`pattern`: only `format: lines` has it")
    if "latest" in source and not marks.has(*at, "key"):
        report.error(marks.key(*at, "latest"), "`latest`: has a meaning only with `key`")
    if "retain" in source and not marks.has(*at, "time"):
        report.error(marks.key(*at, "retain"), "`retain`: goes by event time, so the source needs `time`")
    scan: Values = source.get("scan", {})
    if scan.get("hot", 1.0) > scan.get("full", 30.0):
        report.error(marks.at(*at, "scan"), "`scan`: `hot` must not be longer than `full`")


def _check_kpi(name: str, kpi: Values, sources: Values | None, marks: Marks, report: Report) -> None:
    at: Keys = ("kpis", name)
    known = "source" in kpi and reference((*at, "source"), kpi["source"], "source", sources, marks, report)
    if "value" not in kpi and not marks.has(*at, "value") and not marks.has(*at, "use"):
        report.missing(marks.at(*at), f"`{name}`: a KPI needs `value`, or `use` with a KPI of the library")
    if not marks.has(*at, "source"):
        for key in ("where", "use", "elements", "cumulative"):
            if marks.has(*at, key):
                report.error(marks.key(*at, key), f"`{key}`: a KPI over other KPIs has none; is `source` missing?")
    window: Window | None = kpi.get("window")
    if window is not None and window.kind != "all" and known and not marks.has("sources", kpi["source"], "time"):
        message = f"`window`: `{show(kpi['source'])}` has no time column, so its window can only be `all`"
        report.error(marks.at(*at, "window"), message)
    if window is not None and window.kind == "shift" and not marks.has("calendar", "shifts", 0):
        report.error(marks.at(*at, "window"), "`window`: `shift` needs the shifts under `calendar`")
    _check_chart(name, kpi.get("chart", {}), marks, report)
    _check_limits(name, kpi, marks, report)


def _check_card(
    name: str,
    kpi: Values,
    sources: Values | None,
    objectives: dict[str, Values] | None,
    marks: Marks,
    report: Report,
) -> None:
    at: Keys = ("kpis", name)
    scale = kpi.get("range", ())
    if scale and (len(scale) != 2 or scale[0] >= scale[1]):
        report.error(marks.at(*at, "range"), "`range`: expected two numbers, the smaller first")
    if "targets_from" in kpi:
        reference((*at, "targets_from"), kpi["targets_from"], "source", sources, marks, report)
    for index, entry in enumerate(kpi.get("targets", ())):
        if not entry.get("where") and not entry.get("shift"):
            report.missing(marks.at(*at, "targets", index), "`targets`: an entry needs `where` or `shift`")
        if not any(key in entry for key in ("target", "warning", "critical")):
            message = "`targets`: an entry needs `target`, `warning` or `critical`"
            report.missing(marks.at(*at, "targets", index), message)
    if objectives and "objective" in kpi:
        titles = {str(each.get("title", each_name)).casefold() for each_name, each in objectives.items()}
        if kpi["objective"].casefold() not in titles | {each.casefold() for each in objectives}:
            hint = report.suggest(kpi["objective"], objectives) or f"; there are {listed(objectives)}"
            report.error(marks.at(*at, "objective"), f"unknown objective `{show(kpi['objective'])}`{hint}")


def _check_chart(name: str, chart: Values, marks: Marks, report: Report) -> None:
    """Specification limits in order; they are of single values, which charts of counts have none of."""
    at: Keys = ("kpis", name, "chart")
    given = [key for key in ("lsl", "usl") if key in chart]
    if len(given) == 2 and chart["lsl"] >= chart["usl"]:
        report.error(marks.at(*at, "usl"), "`usl`: must be above `lsl`")
    if given and chart.get("kind") in ("p", "np", "c", "u"):
        message = f"`{given[0]}`: specification limits are of single values, which a {chart['kind']} chart has none of"
        report.error(marks.key(*at, given[0]), message)


def _check_limits(name: str, kpi: Values, marks: Marks, report: Report) -> None:
    """The limits lie on the bad side of the target, critical beyond warning; so do those of members and shifts."""
    at: Keys = ("kpis", name)
    if not marks.has(*at, "better"):
        limits = limits_of(kpi, at)
        if limits:
            message = f"`{limits[0][-1]}`: a KPI with limits needs `better` (`higher`, `lower` or `target`)"
            report.missing(marks.key(*limits[0]), message)
        return
    better = kpi.get("better")
    if "tolerance" in kpi and better in ("higher", "lower"):
        report.error(marks.key(*at, "tolerance"), "`tolerance`: has a meaning only with `better: target`")
    if better == "target":
        if not marks.has(*at, "target"):
            report.missing(marks.at(*at), f"`{name}`: `better: target` needs a `target`")
        if not any(marks.has(*at, key) for key in ("tolerance", "warning", "critical")):
            report.missing(marks.at(*at), f"`{name}`: `better: target` needs `tolerance`, `warning` or `critical`")
    elif better in ("higher", "lower"):
        _check_floor(kpi, 1.0 if better == "lower" else -1.0, marks.at(*at, "floor"), report)
    for key, _, message in _wrong_sides(kpi):
        report.error(marks.at(*at, key), message)
    for index, entry in enumerate(kpi.get("targets", ())):
        for key, other, message in _wrong_sides(kpi | entry):
            if key in entry or other in entry:
                report.error(marks.at(*at, "targets", index, key if key in entry else other), message)


def _wrong_sides(kpi: Values) -> Iterator[tuple[str, str, str]]:
    """The limits that are better than the one before them: the limit, that one, and a sentence.

    Limits that are SQL are left out: nobody knows yet what they give.
    """
    better = kpi.get("better")
    sign = -1.0 if better == "higher" else 1.0
    first, bound = ("tolerance", kpi.get("tolerance", 0.0)) if better == "target" else ("target", kpi.get("target"))
    chain = [(first, bound)] if isinstance(bound, float) else []
    for key in ("warning", "critical"):
        if not isinstance(kpi.get(key), float) or better is None:
            continue
        for other, limit in chain[-1:]:
            if sign * (kpi[key] - limit) < 0:
                side = "above" if sign > 0 else "below"
                what = "it, a distance from the target," if better == "target" else "it"
                must = f"with `better: {better}` {what} must lie {side} `{other}` ({limit:g})"
                yield key, other, f"`{key}`: {kpi[key]:g} is on the wrong side; {must}"
        chain.append((key, kpi[key]))


def _check_floor(kpi: Values, sign: float, mark: Mark, report: Report) -> None:
    """Nothing is attained at the floor, all of it at the target (or the first limit): it lies on the bad side."""
    aim = next((kpi[key] for key in ("target", "warning", "critical") if key in kpi), None)
    if "floor" in kpi and isinstance(aim, float) and sign * (kpi["floor"] - aim) <= 0:
        side = "above" if sign > 0 else "below"
        report.error(mark, f"`floor`: {kpi['floor']:g} attains nothing of {aim:g}, so it must lie {side} that")
