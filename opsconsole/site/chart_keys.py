"""The keys of a KPI's control chart, and the names of the rules that one can have."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from opsconsole.site.kinds import Bad, Choice, Kind, Many, Number, Schema, Text
from opsconsole.site.report import Report
from opsconsole.site.sections import Key, Section
from opsconsole.site.timekinds import Duration
from opsconsole.site.tree import Node

CHART_KINDS = ("auto", "xmr", "xbar_r", "xbar_s", "p", "np", "c", "u")
# Those of `opsconsole.insight.control.false_alarms`, which a test holds together.
CONTROL_RULES = (
    *("default", "nelson", "western"),
    *("rule1", "nelson2", "nelson3", "nelson4", "nelson5", "nelson6", "nelson7", "nelson8", "western4"),
    *("ewma", "cusum"),
)


@dataclass(frozen=True)
class Days(Kind):
    """The first and the last day of a baseline; `detect` is None."""

    @property
    def noun(self) -> str:
        return "two days such as 2026-06-01..2026-06-20, or `detect`"

    @property
    def label(self) -> str:
        return "two days, or `detect`"

    def schema(self) -> Schema:
        day = r"\d{4}-\d\d-\d\d"
        return {"type": "string", "pattern": rf"^(detect|{day} *\.\. *{day})$"}

    def read(self, node: Node, key: str, report: Report) -> tuple[dt.date, dt.date] | Bad | None:
        text = Text(literal=True).read(node, key, report)
        if isinstance(text, Bad):
            return text
        if text.strip() == "detect":
            return None
        first, sign, last = text.partition("..")
        try:
            days = dt.date.fromisoformat(first.strip()), dt.date.fromisoformat(last.strip())
        except ValueError:
            return self.wrong(node, key, report)
        if not sign or days[1] < days[0]:
            return self.wrong(node, key, report, "the last day is before the first")
        return days


CHART = Section(
    "chart",
    "A KPI's control chart. Its points are whole periods of the KPI's window, or stretches as long as it.",
    (
        Key(
            "kind",
            Choice(CHART_KINDS),
            "What kind of chart; `auto` chooses by what the value is and how its points vary.",
            "auto",
            "p",
        ),
        Key(
            "baseline",
            Days(),
            "The days whose points the limits are computed from, at least 20 points.",
            "detect: the earliest steady stretch, since the last marked change",
            '"2026-06-01..2026-06-20"',
        ),
        Key("every", Duration(1), "How long a stretch each point stands for.", "by the KPI's window", "1h"),
        Key(
            "rules",
            Many(Choice(CONTROL_RULES), one=True, distinct=True),
            "The rules whose signals the chart shows.",
            "[default, nelson]",
            "[default, western]",
        ),
        Key("lsl", Number(), "The lower specification limit of a single value.", "none", "9.8"),
        Key("usl", Number(), "The upper specification limit of a single value.", "none", "10.2"),
    ),
)
