"""The part of the wire that is about what the screen shows: a snapshot of the site, and what has changed since."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from opsconsole.engine.alert_messages import AlertCounts, AlertState, Maintenance, SavedView
from opsconsole.engine.change_messages import ChangeMark
from opsconsole.engine.kpi_messages import Attention, Breakdown, GoalState, Grid, KpiState
from opsconsole.engine.source_messages import SourceState
from opsconsole.site.model import Layout, Priority


class Notice(Struct, frozen=True):
    """A line that the console shows until it goes away: a draft, a broken site file, a journal that cannot write.

    The kind `stuck` says that the tables cannot follow the files now (a full disk), and why.
    """

    kind: str
    text: str
    priority: Priority = "low"


class ShiftState(Struct, frozen=True):
    """The shift that site time falls into: with its team or teams ("A, B"), and the holiday on which it began."""

    name: str
    start: float
    end: float
    team: str = ""
    holiday: str = ""


class SiteState(Struct, frozen=True):
    """The site's frame. A client's now is `at` + (its wall clock - `wall`) * `speed` (speed 0: clock `data`).

    `stays`: the engine runs for good; else it ends some minutes after the last console has left. `ended`: when the
    last shifts ended, the newest first, for `shift -1`; `shifts`: that which runs and those, each whole. `as_of`: this
    is how things were at that past moment, by the rows known now; `at` is that moment too, and time stands still.
    `holiday` is the name of today's. `next_shift` begins after that which runs. `longest_shelf`: for how many seconds
    a role may shelve an alert of a priority; `areas` and `flows`: their titles by name.
    """

    name: str
    timezone: str
    clock: Literal["wall", "data", "replay"]
    speed: float
    at: float
    wall: float
    settled: bool
    data_version: int = 0
    draft: bool = False
    shift: ShiftState | None = None
    layouts: list[Layout] = []
    stays: bool = False
    ended: list[float] = []
    as_of: float | None = None
    holiday: str = ""
    next_shift: ShiftState | None = None
    longest_shelf: dict[str, dict[Priority, float]] = {}
    areas: dict[str, str] = {}
    flows: dict[str, str] = {}
    shifts: list[ShiftState] = []


class Snapshot(Struct, frozen=True, tag="snapshot"):
    """All a screen needs, at one data version. Sent once to each client that subscribes.

    `goals` are in the site's order, `attention` is what needs it, most urgent first. `alerts` are the most urgent of
    those that `counts` counts. `marked` are the latest changes that people made to the operation, the earliest first.
    """

    site: SiteState
    kpis: list[KpiState] = []
    grids: list[Grid] = []
    breakdowns: list[Breakdown] = []
    alerts: list[AlertState] = []
    sources: list[SourceState] = []
    notices: list[Notice] = []
    goals: list[GoalState] = []
    attention: list[Attention] = []
    counts: AlertCounts = AlertCounts()
    views: list[SavedView] = []
    maintenance: list[Maintenance] = []
    marked: list[ChangeMark] = []


class Changes(Struct, frozen=True, tag="changes"):
    """What differs from the last snapshot or changes sent to this client. None: as it was; lists are by name or id.

    An order is given where members came, went or moved; alerts have none: a screen sorts them for its reader.
    """

    site: SiteState | None = None
    kpis: list[KpiState] = []
    kpi_order: list[str] | None = None
    grids: list[Grid] | None = None
    breakdowns: list[Breakdown] | None = None
    alerts: list[AlertState] = []
    alerts_gone: list[str] = []
    sources: list[SourceState] = []
    source_order: list[str] | None = None
    notices: list[Notice] | None = None
    goals: list[GoalState] | None = None
    attention: list[Attention] | None = None
    counts: AlertCounts | None = None
    views: list[SavedView] | None = None
    maintenance: list[Maintenance] | None = None
    marked: list[ChangeMark] | None = None
