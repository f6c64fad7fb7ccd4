"""The keys of a rule, declared once as those of `opsconsole.site.keys`."""

from __future__ import annotations

import re

from opsconsole.site.anomaly_keys import ANOMALY_KEYS
from opsconsole.site.chart_keys import CONTROL_RULES
from opsconsole.site.kinds import Checked, Choice, Flag, Integer, Many, Number, Reference, Text
from opsconsole.site.sections import Key, Section
from opsconsole.site.source_keys import COLUMN
from opsconsole.site.timekinds import Duration, Step

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_COMPARISON = re.compile(
    rf"(?:<=|>=|!=|<>|==|=|<|>)\s*{_NUMBER}\s*%?|(?:outside|inside)\s+{_NUMBER}\s*(?:\.\.|to)\s*{_NUMBER}\s*%?"
)
HOW = "write a sign and a bare number, or a range such as outside 20..30"
_LATE = re.compile(r"probability\s*>\s*(0?\.\d+|\d{1,2}(?:\.\d+)?\s*%)")
RULE_KINDS = ("kpi", "rows", "silent", "due", "anomaly", "combine", "flow")


def misread(text: str) -> str:
    """What is wrong with a comparison, or nothing. A percent sign may end it: of what, `opsconsole.kpis.when` says."""
    return "" if _COMPARISON.fullmatch(text) else HOW


def chance(text: str) -> float | None:
    """The probability of "probability > 0.8" or "probability > 80 %", of 1; None where it cannot be read."""
    found = _LATE.fullmatch(text.strip())
    if found is None:
        return None
    number = found[1].rstrip(" %")
    return float(number) / 100 if found[1].endswith("%") else float(number)


def _late(text: str) -> str:
    return "" if chance(text) is not None else "write probability > 0.8 or probability > 80 %"


def _word(text: str) -> str:
    return "" if text.isprintable() else "it holds characters that cannot be shown"


RULE = Section(
    "rule",
    "A condition that raises alerts. It watches `kpi`, or `flow`, or `source` with `rows`, `silent`, `due` or "
    "`anomaly`, or it combines other rules (`combine`).",
    (
        Key("kpi", Reference(to="KPI"), "Watch this KPI.", "", "on_time"),
        Key(
            "when",
            Checked('a comparison such as "< 70"', check=misread),
            "With `kpi`: raise when the value compares so.",
            "the KPI's limits",
            '"< 70"',
        ),
        Key(
            "change",
            Duration(1),
            "With `kpi` and `when`: compare by how much the value has changed within so long, in its unit; with a "
            "percent sign in `when`, in percent of what it was.",
            "",
            "10m",
        ),
        Key(
            "against",
            Choice(("before", "day", "week")),
            "With `kpi` and `when`: compare by how much the value differs from that of the period before, of the same "
            "one a day earlier (of a shift: the last time it was worked) or a week earlier, as `change` does.",
            "",
            "week",
        ),
        Key(
            "control",
            Many(Choice(CONTROL_RULES), one=True, distinct=True),
            "With `kpi`: raise when its control chart (`chart`) signals by these rules: `default` is a point beyond "
            "3 σ, or a weighted mean (EWMA) beyond its limits. What each costs in false alarms: `opsconsole control`.",
            "",
            "default",
        ),
        *ANOMALY_KEYS,
        Key(
            "forecast",
            Text("such as `crosses critical within 2h, probability > 0.8`"),
            "With `kpi`: raise when it is forecast to cross its `critical` or `warning` limit, or a number, within so "
            "long, and the probability of that is above 0.8 or what is written. How sure it is, and how well that held "
            "so far: `opsconsole forecast`.",
            "",
            '"crosses critical within 2h, probability > 0.8"',
        ),
        Key("source", Reference(to="source"), "Watch this source.", "", "flights"),
        Key(
            "rows",
            Text("an SQL condition"),
            "With `source`: raise when rows meet this SQL condition.",
            "",
            "dep_delay > 600",
        ),
        Key(
            "within",
            Duration(1),
            "With `rows`: look at the rows of the last so long. With `silent` and `by`: expect the groups that had a "
            "row within so long.",
            "1h; with `silent` 7d",
            "15m",
        ),
        Key(
            "at_least",
            Integer(1),
            "With `rows` or `due`: so many must meet it. With `bottleneck`: so many cases must wait for the step.",
            "1",
            "5",
        ),
        Key(
            "silent",
            Duration(1),
            "With `source`: raise when no row arrived for so long; with `by`, when no row of a group has an event "
            "time within so long.",
            "",
            "30m",
        ),
        Key("due", COLUMN, "With `source`: raise when the time in this column is past.", "", "promised_at"),
        Key(
            "unless", Text("an SQL condition"), "With `due`: not for rows that meet this.", "", "delivered IS NOT NULL"
        ),
        Key("ahead", Duration(1), "With `due`: raise so long before.", "0s", "2h"),
        Key(
            "combine",
            Text("rules joined by `and`, `or`, `not`, `2 of (a, b, c)`"),
            "Raise when other rules have an active alert so.",
            "",
            '"late and not (storm or strike)"',
        ),
        Key("flow", Reference(to="flow"), "Watch this flow, by `late`, `wip` or `bottleneck`.", "", "permits"),
        Key(
            "late",
            Checked("a chance such as probability > 0.8", check=_late),
            "With `flow`: raise when a case will be late with more than this probability, or is late already: one "
            "alert for each case.",
            "",
            "probability > 0.8",
        ),
        Key(
            "wip",
            Text("such as `cases > 40` or `cases > P95`"),
            "With `flow`: raise when more cases are in progress than so many, or than there were for 95 % of the time "
            "since the first was closed.",
            "",
            "cases > 40",
        ),
        Key(
            "bottleneck",
            Text("such as `share > 50 %`, `sole > 30m` or `sole > 50 %`"),
            "With `flow`: raise when a step holds more than this share of the waiting that goes on (`share`); of "
            "stations, when one is the bottleneck alone for longer than this until now, or for more than this share of "
            "the flow's `within` (`sole`). One alert for each step or station.",
            "",
            "share > 50 %",
        ),
        Key(
            "by",
            Many(COLUMN, one=True, distinct=True),
            "One alert for each value of these columns.",
            "one alert; with `combine` what all its rules have in common",
            "[carrier]",
        ),
        Key(
            "title",
            Text(),
            "The text of the alert; `{value}`, `{limit}` and the columns of `by` in braces are filled in.",
            "made from the rule",
            '"{carrier} on time {value}"',
        ),
        Key(
            "every",
            Step(),
            "Evaluate it on a grid of its own, from the site's midnight on. Where that is as long as what it looks at "
            "(`within`, or the KPI's `window`), each such stretch in which it holds is an occurrence by itself, told "
            "when the stretch is over. `row`, with `rows`: each row that meets it is one.",
            "the site's `every`",
            "1d",
        ),
        Key(
            "during",
            Many(Checked("the name of a shift, or `working`", check=_word), one=True, distinct=True),
            "Only in these shifts, or in working time; outside of them its alerts end.",
            "always",
            "[Early, Late]",
        ),
        Key("for", Duration(), "Raise only after the condition has held for so long.", "0s", "10m", field="hold"),
        Key("clear", Duration(), "Clear only after the condition has been gone for so long.", "0s", "5m"),
        Key("times", Integer(2, 100), "Raise as well when it came true so often within `for`.", "only by lasting", "3"),
        Key(
            "deadband",
            Number(0),
            "With `kpi`: over only when the value is back by so much on the good side of the limit, in its unit.",
            "0",
            "2",
        ),
        Key(
            "recover",
            Text("a comparison, or an SQL condition"),
            "Over only when this holds: with `kpi` a comparison of its value, with `rows` a condition that a later row "
            "of the group meets.",
            "when the condition is gone",
            '"> 80"',
        ),
        Key("latch", Flag(), "Once raised, it stays until someone resets it.", "false", "true"),
        Key("acknowledge", Flag(), "Whether someone has to acknowledge it.", "true", "false"),
        Key("realarm", Duration(1), "Call again when it is still active so long after it was acknowledged.", "", "4h"),
        Key("realarms", Integer(1, 1000), "With `realarm`: so often at most.", "3", "1"),
        Key(
            "inhibited_by",
            Many(Reference(to="rule"), one=True, distinct=True),
            "While one of these rules has an open alert with the same labels, its own are suppressed.",
            "",
            "line_down",
        ),
        Key(
            "equal",
            Many(COLUMN, one=True, distinct=True),
            "With `inhibited_by`: the labels that have to be the same.",
            "all that both have",
            "[line]",
        ),
        Key("area", Reference(to="area"), "The part of the operation it belongs to.", "", "press_shop"),
        Key("priority", Choice(("critical", "warning", "low")), "How bad it is.", "warning", "critical"),
        Key("procedure", Text("a path"), "What to do: a Markdown file.", "the KPI's, its area's", "procedures/late.md"),
    ),
)
