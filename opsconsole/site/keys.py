"""Every key of a site file and of a layout file, declared once.

Validation, the nearest-name suggestions, the JSON Schema and the reference in the README all come from here. To add
a key: add a line here and a field of the same name in `opsconsole.site.model`.
"""

from __future__ import annotations

from opsconsole.site.area_keys import AREA
from opsconsole.site.calendar_keys import CALENDAR, CALENDAR_SECTIONS
from opsconsole.site.chart_keys import CHART
from opsconsole.site.flow_keys import FLOW
from opsconsole.site.incident_keys import CHATTER, INCIDENTS
from opsconsole.site.kinds import Choice, Number, Size, Text
from opsconsole.site.kpi_keys import KPI, OBJECTIVE, TARGETS
from opsconsole.site.layout_keys import LAYOUT_SECTIONS
from opsconsole.site.notify_keys import ESCALATION_STEPS, NOTIFY, NOTIFY_SECTIONS
from opsconsole.site.people_keys import PEOPLE_SECTIONS, ROLES, SHELVING
from opsconsole.site.rule_keys import RULE
from opsconsole.site.sections import Key, Named, Section
from opsconsole.site.source_keys import READ, SCAN, SOURCE
from opsconsole.site.timekinds import Duration, Moment, Zone

CLOCK = Section(
    "clock",
    "What “now” is at the site. A word alone, `clock: data`, stands for `{mode: data}`.",
    (
        Key(
            "mode",
            Choice(("wall", "data", "replay")),
            "`wall`: the time it is. `data`: the newest event, for data of last year. `replay`: a past run.",
            required=True,
            example="replay",
        ),
        Key("speed", Number(0.001), "Replay: seconds of site time per second.", "1", "60"),
        Key("start", Moment(), "Replay: the site time it begins at.", "", "2026-06-24 05:30"),
        Key(
            "since",
            Moment(),
            "Replay: the moment on the wall clock at which site time was `start`.",
            "",
            "2026-06-24T09:00:00Z",
        ),
    ),
    shorthand="mode",
)

SITE = Section(
    "site",
    "The whole file.",
    (
        Key("site", Text(), "The name of the operation.", "the folder's name", "North plant"),
        Key("timezone", Zone(), "The zone of the site: of its shifts, days and time stamps.", "UTC", "Europe/Berlin"),
        Key("clock", CLOCK, "What “now” is.", "wall", "data"),
        Key(
            "state",
            Text("a folder"),
            "Where tables, journal and socket are kept; outside the watched folders.",
            "by XDG_STATE_HOME",
            "~/opsconsole-state",
        ),
        Key("every", Duration(1), "Rules are evaluated on this grid of site time.", "10s", "1m"),
        Key(
            "alert_from",
            Moment(("shift start", "all")),
            "Events before this raise no alerts.",
            "shift start",
            "2026-06-24 05:30",
        ),
        Key("disk", Size(), "How much disk the tables and archives may take.", "no limit", "20 GB"),
        Key("calendar", CALENDAR, "The working time.", "no shifts"),
        Key("sources", Named(SOURCE), "The tables.", required=True),
        Key("kpis", Named(KPI), "The measures.", "none"),
        Key("flows", Named(FLOW), "The ways of cases through their steps, and of work through stations.", "none"),
        Key("objectives", Named(OBJECTIVE), "The goals that KPIs serve.", "those that KPIs name"),
        Key("areas", Named(AREA), "The parts of the operation that rules belong to.", "none"),
        Key("rules", Named(RULE), "The alerts beyond those that limits and `fresh_within` make by themselves.", "none"),
        Key("roles", ROLES, "Who may do what.", "everyone is a supervisor", '{supervisor: ana, operator: ["@shift"]}'),
        Key("shelving", SHELVING, "How long alerts may be shelved.", "by role and priority"),
        Key("notify", NOTIFY, "Who is told of alerts while nobody looks.", "nobody"),
        Key("escalation", ESCALATION_STEPS, "What happens to alerts that nobody acknowledges.", "nothing"),
        Key("incidents", INCIDENTS, "Which alerts belong together.", "see there"),
        Key("chatter", CHATTER, "Which alerts come and go too often.", "see there"),
        Key(
            "procedure",
            Text("a path"),
            "What to do about an alert whose rule, KPI and area name none: a Markdown file in the site's folder.",
            "",
            "procedures/any.md",
        ),
        Key("layouts", Text("a folder"), "The folder of layout files, beside the site file.", "layouts", "screens"),
    ),
)

SECTIONS = (
    SITE, CLOCK, *CALENDAR_SECTIONS, SOURCE, READ, SCAN, KPI, CHART, TARGETS, FLOW, OBJECTIVE, AREA, RULE, INCIDENTS,
    CHATTER, *PEOPLE_SECTIONS, *NOTIFY_SECTIONS, *LAYOUT_SECTIONS,
)  # fmt: skip
