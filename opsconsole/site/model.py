"""The models of a site and its layouts: plain values, parsed from YAML, without any behaviour of their own.

Durations are seconds, moments are time-zone aware. `opsconsole.site.parse` makes these from files and keeps the
mark (file, line, column) of every value beside them.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from msgspec import Struct

from opsconsole.site.layout_model import Layout as Layout
from opsconsole.site.layout_model import LayoutRow as LayoutRow
from opsconsole.site.layout_model import Panel as Panel
from opsconsole.site.layout_model import PanelKind as PanelKind
from opsconsole.site.layout_model import Stack as Stack
from opsconsole.site.layout_model import placed as placed
from opsconsole.site.notifying import Escalation, Notify
from opsconsole.site.priority import Priority as Priority

Better = Literal["higher", "lower", "target"]
Format = Literal["csv", "json", "ndjson", "lines", "parquet", "arrow", "excel"]
ColumnType = Literal["text", "integer", "number", "boolean", "date", "time"]
ClockMode = Literal["wall", "data", "replay"]
WindowKind = Literal["moving", "working", "shift", "day", "week", "month", "quarter", "year", "all", "range"]
Audience = Literal["operator", "supervisor", "management"]
Timing = Literal["real-time", "periodic", "on-demand"]


class Mark(Struct, frozen=True, order=True):
    """Where a value stands: a file name and its 1-based line and column."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Problem(Struct, frozen=True, order=True):
    """One thing that is wrong (`error`) or doubtful (`warning`) in a site or layout file."""

    mark: Mark
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.mark} {self.message}" if self.severity == "error" else f"{self.mark} warning: {self.message}"


class Clock(Struct, frozen=True):
    """What "now" is at the site. `replay`: site time = `start` + (wall clock - `since`) * `speed`."""

    mode: ClockMode = "wall"
    speed: float = 1.0
    start: dt.datetime | None = None
    since: dt.datetime | None = None


Weekdays = tuple[int, ...]  # 0 is Monday
YearDay = tuple[int, int, int]  # year, month, day; year 0: every year
EVERY_DAY: Weekdays = (0, 1, 2, 3, 4, 5, 6)


class Break(Struct, frozen=True):
    """A break within a shift or working hours, by the wall clock."""

    start: dt.time
    end: dt.time


class Shift(Struct, frozen=True):
    """A working shift by wall-clock time of the site's zone; `end` <= `start` means it ends the next day.

    `days` are those on which it begins. Several may have one name where they begin on different days. Working hours
    without shifts have the same shape and no name.
    """

    name: str
    start: dt.time
    end: dt.time
    days: Weekdays = EVERY_DAY
    breaks: tuple[Break, ...] = ()
    on_holidays: bool = False


class Rotation(Struct, frozen=True):
    """Which team works which shift: `pattern` holds the name of a shift for each day, "" for a free one.

    The first team begins it on `start`, each other one `offset` days after the one before it.
    """

    teams: tuple[str, ...]
    pattern: tuple[str, ...]
    start: dt.date
    offset: int = 0


class Holidays(Struct, frozen=True):
    """The holidays of a country (ISO 3166) and region, with days of the site's own and without some."""

    country: str = ""
    region: str = ""
    add: tuple[tuple[YearDay, str], ...] = ()
    remove: tuple[YearDay, ...] = ()


class Read(Struct, frozen=True):
    """How the files of a source are read; None means: find out from the file.

    `fallback` is the encoding of what is not UTF-8. `dates` says what 03/04/2024 means. `range` is the part of a sheet
    (`B3:F200`, `B3:F`, `B:F`). `pattern` is a regular expression with named groups, one record per line.
    """

    encoding: str | None = None
    fallback: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    decimal: Literal[".", ","] | None = None
    dates: Literal["dmy", "mdy"] | None = None
    header: int | None = None
    sheet: str | None = None
    range: str | None = None
    pattern: str | None = None
    null: tuple[str, ...] = ()


class Scan(Struct, frozen=True):
    """Seconds between looks at the files that changed lately (`hot`) and at all files (`full`)."""

    hot: float = 1.0
    full: float = 30.0


class Source(Struct, frozen=True):
    """A set of files that becomes one table of the same name, or a derived source: a view `sql` over others.

    With `until` rows are stretches of event time, from the column `time` to this one (none: they go on). `elements`:
    symbols of the KPI library as SQL over the columns of a row.

    `schema` says what a column that the table lacks means: `add` it, or refuse the file (`strict`). With a `key` the
    table holds one row of each key, the latest (by the column `latest`, else by the time of the file's last change).
    `on_delete`: rows of a file that is deleted or moved away are dropped, or kept in an archive. `retain`: seconds of
    event time after which rows leave. `watch: poll` does without events of the system. `verify: full` compares all that
    was taken of a file again whenever it changes, however large it is.
    """

    name: str
    files: tuple[str, ...] = ()
    title: str = ""
    sql: str | None = None
    format: Format | None = None
    time: str | None = None
    until: str | None = None
    timezone: str | None = None
    dimensions: tuple[str, ...] = ()
    elements: dict[str, str] = {}
    columns: dict[str, ColumnType] = {}
    read: Read = Read()
    settle: float = 10.0
    fresh_within: float | None = None
    schema: Literal["add", "strict"] = "add"
    key: tuple[str, ...] = ()
    latest: str | None = None
    on_delete: Literal["drop", "keep"] = "drop"
    retain: float | None = None
    watch: Literal["events", "poll"] = "events"
    scan: Scan = Scan()
    verify: Literal["sample", "full"] = "sample"


class Window(Struct, frozen=True):
    """The stretch of event time that a KPI covers; `seconds` only for `moving`, and of working time for `working`.

    A `range` is what a person looks at instead, from `start` to before `end` (aware); no site file has one.
    """

    kind: WindowKind = "all"
    seconds: float = 0.0
    start: dt.datetime | None = None
    end: dt.datetime | None = None

    def __str__(self) -> str:
        if self.kind not in ("moving", "working"):
            return self.kind
        working = " working" if self.kind == "working" else ""
        for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
            if working and unit == "d":
                continue  # a working day has no 24 h
            if self.seconds >= size and self.seconds % size == 0:
                return f"{self.seconds / size:g} {unit}{working}"
        return f"{self.seconds:g} s{working}"


class Targets(Struct, frozen=True):
    """Limits that hold for some members of dimensions, or for a shift, in place of the KPI's own (None: the KPI's)."""

    where: dict[str, str] = {}
    shift: str | None = None
    target: float | None = None
    warning: float | None = None
    critical: float | None = None


class Objective(Struct, frozen=True):
    """A goal of the operation; KPIs serve it with their `weight`."""

    name: str
    title: str = ""
    description: str = ""
    perspective: str = ""
    owner: str = ""
    weight: float = 1.0


class Chart(Struct, frozen=True):
    """A KPI's control chart: its kind, the days of its baseline (None: detected), seconds to a point (None: by the
    window), the rules whose signals it shows, and the specification limits of single values.
    """

    kind: str = "auto"
    baseline: tuple[dt.date, dt.date] | None = None
    every: float | None = None
    rules: tuple[str, ...] = ("default", "nelson")
    lsl: float | None = None
    usl: float | None = None


class Kpi(Struct, frozen=True):
    """A named measure: its card (the fields of ISO 22400-1 and more).

    `value` is an SQL aggregate expression over one source, or, where `source` is empty, an expression over other
    KPIs. Limits are in its unit: numbers, or SQL aggregates over the same rows. `formula` is for people.
    """

    name: str
    source: str = ""
    value: str = ""
    use: str = ""
    elements: dict[str, str] = {}
    title: str = ""
    description: str = ""
    formula: str = ""
    where: str | None = None
    unit: str = ""
    decimals: int | None = None
    range: tuple[float, ...] = ()
    better: Better | None = None
    tolerance: float = 0.0
    window: Window = Window()
    cumulative: bool = False
    target: float | str | None = None
    warning: float | str | None = None
    critical: float | str | None = None
    targets: tuple[Targets, ...] = ()
    targets_from: str = ""
    floor: float | None = None
    baseline: float | None = None
    by: tuple[str, ...] = ()
    owner: str = ""
    audience: tuple[Audience, ...] = ()
    objective: str = ""
    weight: float = 1.0
    priority: int = 3
    procedure: str = ""
    scope: str = ""
    timing: Timing | None = None
    usage: str = ""
    methodology: str = ""
    notes: str = ""
    chart: Chart = Chart()


class Area(Struct, frozen=True):
    """A part of the operation that rules belong to; `position` is the operator position that looks after it."""

    name: str
    title: str = ""
    procedure: str = ""
    position: str = ""


class Rule(Struct, frozen=True):
    """A condition that raises one alert per set of labels. Exactly one of these kinds:

    * `kpi`: with `when`, such as "< 70", its value is compared; without it the KPI's own warning and critical limits
      apply. With `change` (seconds) `when` compares how much it changed within so long, with `against` its change
      against that period; with `control` signals of its control chart count, by these rules, with
      `forecast` (see `opsconsole.site.forecasting`) where it is going,
    * `source` + `rows`: at least `at_least` rows within the last `within` seconds meet the SQL condition,
    * `source` + `silent`: no row arrived for so many seconds; with `by`: of a group that was there before,
    * `source` + `due`: the time in this column is past, or less than `ahead` seconds away, and `unless` does not hold,
    * `source` + `anomaly`: these columns together leave what is usual (of `kpi`: its value does); so many false alarms
      a week are acceptable,
    * `flow` + `late`: an open case of a flow is late with more than this probability, such as "probability > 0.8",
    * `flow` + `wip` or `bottleneck` (see `opsconsole.site.flow_rules`): too much is in progress, or one step or station
      holds up the rest,
    * `combine`: an expression over other rules: `a and not (b or c)`, `2 of (a, b, c)`.

    `every`: its own grid of site time in seconds (None: the site's); `per_row`: each matching row is an occurrence.
    `during`: it applies only in these shifts, or in `working` time. `deadband` (in the KPI's unit) and `recover` (a
    comparison, or an SQL condition for rows) say when it is over. The rest is the life of its alerts (see
    `opsconsole.alerts.facts.Config`). `inhibited_by`: while one of these rules has an open alert with the same members
    of the labels in `equal` (empty: all that both have) that is active, its alerts are suppressed.
    """

    name: str
    title: str = ""
    kpi: str | None = None
    when: str | None = None
    change: float | None = None
    against: str | None = None
    control: tuple[str, ...] = ()
    anomaly: float | None = None
    columns: tuple[str, ...] = ()
    forecast: str | None = None
    source: str | None = None
    rows: str | None = None
    within: float = 3600.0
    at_least: int = 1
    silent: float | None = None
    due: str | None = None
    unless: str | None = None
    ahead: float = 0.0
    combine: str | None = None
    flow: str | None = None
    late: str | None = None
    wip: str | None = None
    bottleneck: str | None = None
    by: tuple[str, ...] = ()
    every: float | None = None
    per_row: bool = False
    during: tuple[str, ...] = ()
    hold: float = 0.0
    clear: float = 0.0
    times: int = 0
    deadband: float = 0.0
    recover: str | None = None
    latch: bool = False
    acknowledge: bool = True
    realarm: float | None = None
    realarms: int = 3
    inhibited_by: tuple[str, ...] = ()
    equal: tuple[str, ...] = ()
    area: str = ""
    priority: Priority = "warning"
    procedure: str = ""


class Flow(Struct, frozen=True):
    """The way of cases through their steps, in a table of events; or, with `station`, stations that work at once.

    A row is an event (`time`), a step (`start`, `end`), or a case (`stages`: the column of each stage's time, in
    order). `by` is the class of a case, or what stations belong to. A case is closed by an activity of `done` or the
    column `closed`, and due by the column `due` or `sla` seconds after it began. `working`: only working time counts.
    `within`: seconds looked back on for the bottleneck of stations.
    """

    name: str
    source: str
    title: str = ""
    where: str | None = None
    case: str = ""
    activity: str = ""
    time: str | None = None
    start: str | None = None
    end: str | None = None
    lifecycle: str | None = None
    stages: dict[str, str] = {}
    station: str = ""
    resource: str | None = None
    by: str | None = None
    done: tuple[str, ...] = ()
    closed: str | None = None
    due: str | None = None
    sla: float | None = None
    working: bool = False
    within: float = 8 * 3600.0


class Longest(Struct, frozen=True):
    """The longest shelf by priority, in seconds."""

    critical: float
    warning: float
    low: float


class Shelving(Struct, frozen=True):
    """The longest shelf by role and priority; viewers shelve nothing."""

    operator: Longest = Longest(1800.0, 8 * 3600.0, 24 * 3600.0)
    supervisor: Longest = Longest(7 * 86400.0, 7 * 86400.0, 7 * 86400.0)


class Incidents(Struct, frozen=True):
    """Alerts are one incident that have the same of the labels `by`, each within so many seconds of the last.

    `by` None: the area of their rules, and the labels that its rules share.
    """

    by: tuple[str, ...] | None = None
    within: float = 600.0


class Chatter(Struct, frozen=True):
    """An alert chatters that became active `times` times within so many seconds."""

    times: int = 3
    within: float = 60.0


class Site(Struct, frozen=True):
    """One operation watched. `disk` is the budget of its tables and archives in bytes.

    `objectives` holds those that were declared, else one for each that a KPI names. `working` are the working hours;
    where there are none, working time is that of the shifts, and without shifts all time. `roles` names users and
    `@groups` of the system by role; None: everyone is a supervisor.
    """

    name: str
    timezone: str = "UTC"
    clock: Clock = Clock()
    state: str | None = None
    every: float = 10.0
    alert_from: str = "shift start"
    disk: int | None = None
    shifts: tuple[Shift, ...] = ()
    rotations: tuple[Rotation, ...] = ()
    working: tuple[Shift, ...] = ()
    holidays: Holidays | None = None
    sources: dict[str, Source] = {}
    kpis: dict[str, Kpi] = {}
    flows: dict[str, Flow] = {}
    objectives: dict[str, Objective] = {}
    rules: dict[str, Rule] = {}
    areas: dict[str, Area] = {}
    roles: dict[str, tuple[str, ...]] | None = None
    shelving: Shelving = Shelving()
    incidents: Incidents = Incidents()
    chatter: Chatter = Chatter()
    procedure: str = ""
    notify: Notify | None = None
    escalation: tuple[Escalation, ...] = ()
    layouts: tuple[Layout, ...] = ()
    draft: bool = False


def by_limits(rule: Rule) -> bool:
    """Whether a rule is about its KPI's own limits."""
    off_tick = rule.control or rule.anomaly is not None or rule.forecast is not None
    return rule.kpi is not None and rule.when is None and not off_tick


def files_of(site: Site) -> dict[str, Source]:
    """The sources that have files of their own, and so a table; the others are views over these."""
    return {name: source for name, source in site.sources.items() if source.sql is None}
