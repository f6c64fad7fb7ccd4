"""When a rule is evaluated: what `every` and `during` of a rule have to fit to."""

from __future__ import annotations

from opsconsole.site.grid import tumbles
from opsconsole.site.known import Values
from opsconsole.site.marks import Keys, Marks
from opsconsole.site.model import Window
from opsconsole.site.names import listed, show
from opsconsole.site.report import Report

WORKING = "working"
# What says how long a state has to last has no meaning for what is over at once.
_OF_STATES = ("for", "clear", "times", "deadband", "recover", "realarm")
_LATER = ("silent", "due", "combine")


def occurs(rule: Values, kpis: Values) -> bool:
    """Whether the alerts of a rule are occurrences and no states."""
    every = rule.get("every")
    if every is None or every == "row":
        return every == "row"
    if "kpi" in rule:
        window = kpis.get(rule["kpi"], {}).get("window")
        return isinstance(window, Window) and tumbles(every, window)
    return "rows" in rule and tumbles(every, Window("moving", rule.get("within", 3600.0)))


def check_times(values: Values, marks: Marks, report: Report) -> None:
    """The times of all rules."""
    shifts = [each["name"] for each in values.get("calendar", {}).get("shifts", ()) if "name" in each]
    for name, rule in values.get("rules", {}).items():
        at: Keys = ("rules", name)
        kind = next((key for key in _LATER if key in rule), "kpi" if "kpi" in rule else "rows")
        if rule.get("every") == "row" and kind != "rows":
            report.error(marks.at(*at, "every"), "`every`: `row` has a meaning only with `rows`")
        elif rule.get("every") == "row" and marks.has(*at, "at_least"):
            report.error(marks.key(*at, "at_least"), "`at_least`: with `every: row` each row counts by itself")
        elif occurs(rule, values.get("kpis", {})):
            for key in _OF_STATES:
                if marks.has(*at, key):
                    why = "each row" if rule["every"] == "row" else "each stretch of `every`"
                    message = f"`{key}`: has no meaning here: {why} is an occurrence that is over at once"
                    report.error(marks.key(*at, key), message)
        for place, word in enumerate(rule.get("during", ())):
            if word != WORKING and word not in shifts:
                known = list(dict.fromkeys([*shifts, WORKING]))
                near = report.suggest(word, known) or f"; there are {listed(known)}"
                report.error(marks.at(*at, "during", place), f"`during`: unknown shift `{show(word)}`{near}")
