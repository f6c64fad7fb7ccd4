"""The keys that bring order into many alerts: what belongs together, and what comes and goes too often."""

from __future__ import annotations

from typing import Any

from opsconsole.site.kinds import Integer, Many, Text
from opsconsole.site.marks import Marks
from opsconsole.site.names import show
from opsconsole.site.report import Report
from opsconsole.site.sections import Key, Section
from opsconsole.site.timekinds import Duration

INCIDENTS = Section(
    "incidents",
    "Alerts that belong together are shown as one incident, with the one that came first marked.",
    (
        Key(
            "by",
            Many(Text("a label"), one=True, distinct=True),
            "Alerts with the same of these labels belong together; `[]` means all alerts.",
            "area, and the labels that its rules share",
            "[line]",
        ),
        Key("within", Duration(1), "As long as the next one comes so soon after the last that joined.", "10m", "5m"),
    ),
)

CHATTER = Section(
    "chatter",
    "From when on an alert counts as one that chatters: it is marked, and shelving it is proposed.",
    (
        Key("times", Integer(2, 100), "It became active so often …", "3", "4"),
        Key("within", Duration(1), "… within so long.", "60s", "5m"),
    ),
)


def check_incidents(values: dict[str, Any], marks: Marks, report: Report) -> None:
    """Incidents go by labels that some rule has."""
    rules: dict[str, dict[str, Any]] = values.get("rules", {})
    known = list(dict.fromkeys(label for rule in rules.values() for label in rule.get("by", ())))
    for index, label in enumerate(values.get("incidents", {}).get("by", ())):
        if label not in known:
            hint = report.suggest(label, known)
            report.warn(marks.at("incidents", "by", index), f"`by`: no rule has the label `{show(label)}`{hint}")
