"""The keys of who may do what: roles, and how long alerts may be shelved."""

from __future__ import annotations

from typing import Any

from opsconsole.site.kinds import Checked, Many
from opsconsole.site.marks import Marks
from opsconsole.site.report import Report
from opsconsole.site.sections import Key, Section
from opsconsole.site.timekinds import Duration


def _who(text: str) -> str:
    name = text.removeprefix("@")
    if not name or any(char.isspace() or char in "@:," for char in name):
        return "write the name of a user, or @ and the name of a group"
    return ""


_WHO = Many(Checked("a user of the system, or `@` and a group", check=_who), one=True, distinct=True)

ROLES = Section(
    "roles",
    "Who may do what: users and `@groups` of the system. Without this key everyone who can connect is a supervisor; "
    "with it, everyone who is not named is a viewer. Who is named twice has the higher role.",
    (
        Key("supervisor", _WHO, "May do all.", "nobody", '[ana, "@leads"]'),
        Key("operator", _WHO, "May work on alerts, views and files.", "nobody", '["@shift"]'),
        Key("viewer", _WHO, "May look.", "everyone else", "[guest]"),
    ),
)

_LONGEST = "The longest shelf of a {} alert."

OPERATOR = Section(
    "operator_shelving",
    "How long an operator may shelve.",
    (
        Key("critical", Duration(1), _LONGEST.format("critical"), "30m", "10m"),
        Key("warning", Duration(1), _LONGEST.format("warning"), "8h", "4h"),
        Key("low", Duration(1), _LONGEST.format("low"), "24h", "12h"),
    ),
)
SUPERVISOR = Section(
    "supervisor_shelving",
    "How long a supervisor may shelve.",
    (
        Key("critical", Duration(1), _LONGEST.format("critical"), "7d", "8h"),
        Key("warning", Duration(1), _LONGEST.format("warning"), "7d", "3d"),
        Key("low", Duration(1), _LONGEST.format("low"), "7d", "14d"),
    ),
)
SHELVING = Section(
    "shelving",
    "The longest shelf by role and priority. A shelf until the condition has gone ends after so long as well.",
    (
        Key("operator", OPERATOR, "For operators.", "30m, 8h and 24h", "{critical: 10m}"),
        Key("supervisor", SUPERVISOR, "For supervisors.", "7d", "{critical: 8h}"),
    ),
)

PEOPLE_SECTIONS = (ROLES, SHELVING, OPERATOR, SUPERVISOR)


def check_people(values: dict[str, Any], marks: Marks, report: Report) -> None:
    """Roles under which something could be done by nobody."""
    if marks.has("roles") and "roles" in values and not values["roles"].get("supervisor"):
        report.warn(marks.key("roles"), "`roles`: nobody is a `supervisor`, so nobody may plan maintenance")
