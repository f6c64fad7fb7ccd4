"""The keys of a KPI's card, of its targets, and of the objectives that KPIs serve."""

from __future__ import annotations

from dataclasses import dataclass

from opsconsole.site.chart_keys import CHART
from opsconsole.site.kinds import Bad, Choice, Flag, Integer, Kind, Many, MapOf, Number, Reference, Schema, Text
from opsconsole.site.report import Report
from opsconsole.site.sections import Key, Section
from opsconsole.site.source_keys import COLUMN
from opsconsole.site.timekinds import WindowKind
from opsconsole.site.tree import Node


@dataclass(frozen=True)
class Limit(Kind):
    """A number, or an SQL aggregate expression that gives one for the rows at hand, such as `sum(plan)`."""

    @property
    def noun(self) -> str:
        return "a number, or an SQL aggregate expression such as sum(plan)"

    @property
    def label(self) -> str:
        return "number \\| SQL aggregate"

    def schema(self) -> Schema:
        return {"type": ["number", "string"]}

    def read(self, node: Node, key: str, report: Report) -> float | str | Bad:
        text = Text("a number or an SQL aggregate expression", literal=True).read(node, key, report)
        if isinstance(text, Bad) or not any(sign in text for sign in "("):
            return Number().read(node, key, report)
        return text


LIMITS = (
    Key("target", Limit(), "The value to reach.", "none", "2"),
    Key(
        "warning",
        Limit(),
        "Beyond this it is a warning. With `better: target`: further from it than this.",
        "none",
        "3",
    ),
    Key(
        "critical",
        Limit(),
        "Beyond this it is critical. With `better: target`: further from it than this.",
        "none",
        "5",
    ),
)

TARGETS = Section(
    "targets",
    "Other limits for some members of dimensions, or for a shift. The entry that says most holds, of two the later.",
    (
        Key("where", MapOf(Text(literal=True)), "The members it is for.", "all", '{line: "3"}'),
        Key("shift", Text(), "The shift it is for, by its name in the calendar.", "all", "Night"),
        *(Key(key.name, Number(), key.help, "the KPI's", key.example) for key in LIMITS),
    ),
)

KPI = Section(
    "kpi",
    "A measure: its card. A text alone stands for `{value: …}`.",
    (
        Key(
            "source",
            Reference(to="source"),
            "The table it is computed from.",
            "none: `value` is made of other KPIs",
            "cycles",
        ),
        Key(
            "value",
            Text("an SQL aggregate expression"),
            "The number: an SQL aggregate over the source's columns; without `source` an expression over other KPIs, "
            "each taken over this one's window.",
            "that of `use`",
            "100 * sum(scrap) / sum(qty)",
        ),
        Key(
            "use",
            Text("a KPI of the library"),
            "Take it from the library: `opsconsole kpis --library`.",
            "none",
            "iso22400.oee",
        ),
        Key(
            "elements",
            MapOf(Text("an SQL expression", literal=True), keys="element"),
            "With `use`: what the time elements and quantities of its formula are in the source's columns.",
            "those of the source",
            "{PQ: qty, SQ: scrap}",
        ),
        Key(
            "where", Text("an SQL condition"), "Only rows that meet this SQL condition.", "all rows", "station = 'weld'"
        ),
        Key("title", Text(), "What the screen calls it.", "the name", "Scrap ratio"),
        Key("description", Text(), "What it means, in a sentence.", "none", "Scrapped pieces of all pieces made"),
        Key("formula", Text(), "The formula as people write it.", "`value`", "SQ / PQ"),
        Key("unit", Text(), "The name of the unit; it does not change the number.", "none", '"%"'),
        Key("decimals", Integer(0, 9), "Digits after the decimal point.", "by size", "1"),
        Key("range", Many(Number(), least=2), "The least and the largest value that make sense.", "none", "[0, 100]"),
        Key(
            "window",
            WindowKind(),
            "The event time it covers. Calendar words mean: since the start of the present one.",
            "24h; `all` without a time column",
            "shift",
        ),
        Key("cumulative", Flag(), "Its trend adds up from the start of the window.", "false", "true"),
        Key(
            "by",
            Many(COLUMN, one=True, distinct=True),
            "Columns to break it down by, the most telling first.",
            "the source's dimensions",
            "[line, station]",
        ),
        Key(
            "better",
            Choice(("higher", "lower", "target")),
            "Which way is good; `target`: near to it.",
            "not said",
            "lower",
        ),
        LIMITS[0],
        Key("tolerance", Number(0), "With `better: target`: so far from it is still good.", "0", "0.5"),
        *LIMITS[1:],
        Key(
            "targets",
            Many(TARGETS),
            "Other limits for some members or shifts.",
            "none",
            '[{where: {line: "3"}, target: 80}]',
        ),
        Key(
            "targets_from",
            Reference(to="source"),
            "A source whose rows are limits: columns `target`, `warning`, `critical`, and as far as they are there "
            "`kpi`, `shift`, `since` and dimensions.",
            "none",
            "targets",
        ),
        Key("chart", CHART, "Its control chart.", "found out", '{baseline: "2026-06-01..2026-06-20"}'),
        Key(
            "floor",
            Number(),
            "The value at which nothing of the target is attained.",
            "`critical`, else 0, with `better: lower` twice the target",
            "50",
        ),
        Key("baseline", Number(), "The value it started from, for progress towards the target.", "none", "71"),
        Key("owner", Text(), "Who answers for it.", "none", "M. Weber"),
        Key(
            "audience",
            Many(Choice(("operator", "supervisor", "management")), one=True, distinct=True),
            "Who it is for.",
            "none",
            "[operator, supervisor]",
        ),
        Key("objective", Text(), "The goal it serves: an objective by its name or title.", "none", "quality"),
        Key("weight", Number(0), "Its weight among the KPIs of its objective.", "1", "2"),
        Key("priority", Integer(1, 5), "How much it matters: 1 most, 5 least.", "3", "1"),
        Key("procedure", Text("a path"), "What to do when it is bad: a Markdown file.", "none", "procedures/scrap.md"),
        Key("scope", Text(), "What it is about: a work unit, a line, a product, a person.", "none", "work unit"),
        Key("timing", Choice(("real-time", "periodic", "on-demand")), "How it is looked at.", "none", "real-time"),
        Key("usage", Text(), "What it is used for.", "none", "Daily stand-up"),
        Key("methodology", Text(), "How the data is taken.", "none", "Counted by the press"),
        Key("notes", Text(), "Anything else.", "none", "Without rework"),
    ),
    shorthand="value",
)

OBJECTIVE = Section(
    "objective",
    "A goal of the operation; KPIs name it under `objective`.",
    (
        Key("title", Text(), "What the screen calls it.", "the name", "Good pieces at the first go"),
        Key("description", Text(), "What it means.", "none", "Fewer complaints"),
        Key("perspective", Text(), "The side of the operation it belongs to.", "none", "Customer"),
        Key("owner", Text(), "Who answers for it.", "none", "A. Demir"),
        Key("weight", Number(0), "How much it matters beside the other objectives.", "1", "2"),
    ),
)
