"""How many false alarms a rule on anomalies may give, and the columns that it watches."""

from __future__ import annotations

import re
from dataclasses import dataclass

from opsconsole.site.kinds import Bad, Kind, Many, Schema
from opsconsole.site.report import Report
from opsconsole.site.sections import Key
from opsconsole.site.source_keys import COLUMN
from opsconsole.site.tree import Node, Scalar

_WEEKS = {"day": 1 / 7, "week": 1.0, "month": 365.25 / 12 / 7}
_PATTERN = r"(\d+(?:\.\d+)?|\.\d+) +(?:per|a) +(day|week|month)"
_MOST = 100.0


@dataclass(frozen=True)
class Rate(Kind):
    """False alarms a week, written as so many per day, week or month."""

    @property
    def noun(self) -> str:
        return "how many false alarms are acceptable, such as 2 per week"

    @property
    def label(self) -> str:
        return "number `per day`, `per week` or `per month`"

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{_PATTERN}$"}

    def read(self, node: Node, key: str, report: Report) -> float | Bad:
        found = re.fullmatch(_PATTERN, " ".join(node.text.split())) if isinstance(node, Scalar) else None
        if found is None:
            return self.wrong(node, key, report)
        rate = float(found[1]) / _WEEKS[found[2]]
        if not 0 < rate <= _MOST:
            return self.wrong(node, key, report, f"it must be above 0, and at most {_MOST:g} per week")
        return rate


ANOMALY_KEYS = (
    Key(
        "anomaly",
        Rate(),
        "With `kpi`: raise when its value is unusual for its past, hour and weekday; so many false alarms are "
        "acceptable, all groups of `by` together. With `source`: raise when its `columns` together leave what is "
        "usual (PCA, T² and Q); the alert names those that moved first.",
        "",
        "2 per week",
    ),
    Key(
        "columns",
        Many(COLUMN, one=True, distinct=True),
        "With `source` and `anomaly`: the columns with numbers that are watched together.",
        "all columns with numbers",
        "[motor_current, torque, pressure]",
    ),
)
