"""What goes over the wire between an engine and its clients.

Length-prefixed MessagePack of these structs (see `opsconsole.engine.wire`). Moments are seconds since the epoch,
UTC, as floats; durations are seconds. Tables travel as lists of columns. Raise `PROTOCOL` with any change that an
older partner would misread.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Raw, Struct

from opsconsole.engine.alert_messages import AlertCounts as AlertCounts
from opsconsole.engine.alert_messages import AlertDetail as AlertDetail
from opsconsole.engine.alert_messages import AlertLetter as AlertLetter
from opsconsole.engine.alert_messages import AlertQuery as AlertQuery
from opsconsole.engine.alert_messages import Alerts as Alerts
from opsconsole.engine.alert_messages import AlertState as AlertState
from opsconsole.engine.alert_messages import AskAlert as AskAlert
from opsconsole.engine.alert_messages import AskAlerts as AskAlerts
from opsconsole.engine.alert_messages import AskJournal as AskJournal
from opsconsole.engine.alert_messages import AskMarks as AskMarks
from opsconsole.engine.alert_messages import AskProcedure as AskProcedure
from opsconsole.engine.alert_messages import AskReport as AskReport
from opsconsole.engine.alert_messages import Disposition as Disposition
from opsconsole.engine.alert_messages import Event as Event
from opsconsole.engine.alert_messages import JournalPage as JournalPage
from opsconsole.engine.alert_messages import Maintenance as Maintenance
from opsconsole.engine.alert_messages import Mark as Mark
from opsconsole.engine.alert_messages import Marks as Marks
from opsconsole.engine.alert_messages import Procedure as Procedure
from opsconsole.engine.alert_messages import ProcedureStep as ProcedureStep
from opsconsole.engine.alert_messages import Related as Related
from opsconsole.engine.alert_messages import Report as Report
from opsconsole.engine.alert_messages import SavedView as SavedView
from opsconsole.engine.change_messages import ChangeMark as ChangeMark
from opsconsole.engine.flow_messages import AskFlow as AskFlow
from opsconsole.engine.flow_messages import AskFlowCases as AskFlowCases
from opsconsole.engine.flow_messages import FlowCase as FlowCase
from opsconsole.engine.flow_messages import FlowCases as FlowCases
from opsconsole.engine.flow_messages import FlowState as FlowState
from opsconsole.engine.flow_messages import FlowStation as FlowStation
from opsconsole.engine.flow_messages import FlowStep as FlowStep
from opsconsole.engine.flow_messages import Spread as Spread
from opsconsole.engine.kpi_messages import Against as Against
from opsconsole.engine.kpi_messages import AskBreakdown as AskBreakdown
from opsconsole.engine.kpi_messages import AskCompare as AskCompare
from opsconsole.engine.kpi_messages import AskDimensions as AskDimensions
from opsconsole.engine.kpi_messages import AskKpi as AskKpi
from opsconsole.engine.kpi_messages import AskMoved as AskMoved
from opsconsole.engine.kpi_messages import AskSeries as AskSeries
from opsconsole.engine.kpi_messages import AskSql as AskSql
from opsconsole.engine.kpi_messages import Attention as Attention
from opsconsole.engine.kpi_messages import Breakdown as Breakdown
from opsconsole.engine.kpi_messages import CardSource as CardSource
from opsconsole.engine.kpi_messages import Compared as Compared
from opsconsole.engine.kpi_messages import Comparison as Comparison
from opsconsole.engine.kpi_messages import Dimension as Dimension
from opsconsole.engine.kpi_messages import Dimensions as Dimensions
from opsconsole.engine.kpi_messages import GoalKpi as GoalKpi
from opsconsole.engine.kpi_messages import GoalState as GoalState
from opsconsole.engine.kpi_messages import Grid as Grid
from opsconsole.engine.kpi_messages import KpiAmong as KpiAmong
from opsconsole.engine.kpi_messages import KpiState as KpiState
from opsconsole.engine.kpi_messages import Like as Like
from opsconsole.engine.kpi_messages import Misfit as Misfit
from opsconsole.engine.kpi_messages import Moved as Moved
from opsconsole.engine.kpi_messages import MovedBy as MovedBy
from opsconsole.engine.kpi_messages import Mover as Mover
from opsconsole.engine.kpi_messages import Ratio as Ratio
from opsconsole.engine.kpi_messages import Revision as Revision
from opsconsole.engine.kpi_messages import Series as Series
from opsconsole.engine.kpi_messages import Sql as Sql
from opsconsole.engine.kpi_messages import Status as Status
from opsconsole.engine.notify_messages import AskNotify as AskNotify
from opsconsole.engine.notify_messages import Notifications as Notifications
from opsconsole.engine.notify_messages import TargetState as TargetState
from opsconsole.engine.past_messages import AskSnapshot as AskSnapshot
from opsconsole.engine.picture_messages import Changes as Changes
from opsconsole.engine.picture_messages import Notice as Notice
from opsconsole.engine.picture_messages import ShiftState as ShiftState
from opsconsole.engine.picture_messages import SiteState as SiteState
from opsconsole.engine.picture_messages import Snapshot as Snapshot
from opsconsole.engine.save_messages import AskDraft as AskDraft
from opsconsole.engine.save_messages import AskLayout as AskLayout
from opsconsole.engine.save_messages import Drafted as Drafted
from opsconsole.engine.save_messages import LayoutDraft as LayoutDraft
from opsconsole.engine.save_messages import LayoutFile as LayoutFile
from opsconsole.engine.save_messages import SqlDraft as SqlDraft
from opsconsole.engine.source_messages import AskExplain as AskExplain
from opsconsole.engine.source_messages import AskFiles as AskFiles
from opsconsole.engine.source_messages import AskQuarantine as AskQuarantine
from opsconsole.engine.source_messages import ColumnRead as ColumnRead
from opsconsole.engine.source_messages import Drift as Drift
from opsconsole.engine.source_messages import Explained as Explained
from opsconsole.engine.source_messages import Files as Files
from opsconsole.engine.source_messages import FileState as FileState
from opsconsole.engine.source_messages import Group as Group
from opsconsole.engine.source_messages import Leaving as Leaving
from opsconsole.engine.source_messages import Progress as Progress
from opsconsole.engine.source_messages import Quarantine as Quarantine
from opsconsole.engine.source_messages import Quarantined as Quarantined
from opsconsole.engine.source_messages import SourceState as SourceState
from opsconsole.engine.table_messages import AskChunk as AskChunk
from opsconsole.engine.table_messages import AskColumn as AskColumn
from opsconsole.engine.table_messages import AskExport as AskExport
from opsconsole.engine.table_messages import AskExported as AskExported
from opsconsole.engine.table_messages import AskIndex as AskIndex
from opsconsole.engine.table_messages import AskPage as AskPage
from opsconsole.engine.table_messages import AskRun as AskRun
from opsconsole.engine.table_messages import AskSchema as AskSchema
from opsconsole.engine.table_messages import AskStopRun as AskStopRun
from opsconsole.engine.table_messages import Chunk as Chunk
from opsconsole.engine.table_messages import ColumnFacts as ColumnFacts
from opsconsole.engine.table_messages import Export as Export
from opsconsole.engine.table_messages import Index as Index
from opsconsole.engine.table_messages import Ran as Ran
from opsconsole.engine.table_messages import Schema as Schema
from opsconsole.engine.table_messages import TableOf as TableOf
from opsconsole.engine.table_messages import TablePage as TablePage
from opsconsole.site.model import Problem

PROTOCOL = 8


# --- hello -----------------------------------------------------------------------------------------------------


class Hello(Struct, frozen=True, tag="hello"):
    """A client's first message. `ssh` is what the client claims of its SSH origin, and is shown as a claim.

    `read_only`: whoever it is, this client is to be a viewer and no more.
    """

    protocol: int
    version: str
    kind: Literal["console", "headless"] = "headless"
    ssh: str = ""
    read_only: bool = False


class Welcome(Struct, frozen=True, tag="welcome"):
    """The engine's answer; `user` is what the kernel says of the peer."""

    protocol: int
    version: str
    pid: int
    user: str
    role: str
    site: str
    path: str


class Goodbye(Struct, frozen=True, tag="goodbye"):
    """The engine ends on purpose: clients do not start it again by themselves."""

    reason: str


# --- requests and answers --------------------------------------------------------------------------------------


class Subscribe(Struct, frozen=True, tag="subscribe"):
    """Answered by a `Snapshot`, then by `Changes`.

    `settled`: the answer waits until the first scan has settled, or is stuck (then a notice of that kind says why).
    """

    settled: bool = False
    follow: bool = True


class AskLine(Struct, frozen=True, tag="ask-line"):
    """The raw text around a row: `file` as in `TablePage.files`."""

    source: str
    file: str
    line: int
    around: int = 8


class Lines(Struct, frozen=True, tag="lines"):
    """Raw lines (or a record shown field by field for formats without lines); `first` is the number of the first.

    `aside`: what of the wanted line was set aside, and why.
    """

    path: str
    first: int
    at: int
    text: list[str]
    note: str = ""
    aside: list[Quarantined] = []


class AskQuery(Struct, frozen=True, tag="ask-query"):
    """One read-only SELECT on the site's tables."""

    sql: str
    limit: int = 10_000
    seconds: float = 30.0


class Table(Struct, frozen=True, tag="table"):
    """The answer to `AskQuery`: `data[column][row]`; `truncated` when there were more rows than asked for."""

    columns: list[str]
    types: list[str]
    data: list[list[Any]]
    truncated: bool = False
    note: str = ""


class Target(Struct, frozen=True):
    """An alert as the person saw it: the command is refused if its version has moved on in a way that matters."""

    alert: str
    version: int


class Command(Struct, frozen=True, tag="command"):
    """Something a person does; `name` is a key of `commands.COMMANDS`.

    `text` is a comment or a reason; `until` the end of a shelf in site time (None: one-shot); `to` whom an alert is
    assigned to (empty: nobody); `source` and `files` are of `retry`: which files are to be read anew (none named: all
    that had trouble); `path` and `step` are of `tick`: a step of a procedure. `save` and `digest` are of `save-sql`:
    what is to be saved, into a site file of that digest; `layout` and `digest` likewise of `save-layout`. `change` is
    of `change` (an `at` of 0: now) and, by its id alone, of `drop-change`.
    """

    name: str
    targets: list[Target] = []
    text: str = ""
    until: float | None = None
    to: str = ""
    disposition: Disposition | None = None
    maintenance: Maintenance | None = None
    change: ChangeMark | None = None
    view: SavedView | None = None
    path: str = ""
    step: int | None = None
    source: str = ""
    files: list[str] = []
    save: SqlDraft | None = None
    digest: str = ""
    layout: LayoutDraft | None = None


class Done(Struct, frozen=True, tag="done"):
    """What came of a command: what it applied to, what was so already, what was refused, and why.

    `said`: one sentence for the person, where there is more to say than that it is done.
    """

    applied: list[str] = []
    already: dict[str, str] = {}
    refused: dict[str, str] = {}
    said: str = ""


class AskStatus(Struct, frozen=True, tag="ask-status"):
    """How the engine itself is."""


class EngineStatus(Struct, frozen=True, tag="status"):
    """The answer to `AskStatus`. `stays`: runs for good; else it ends some minutes after the last console left."""

    site: str
    path: str
    state: str
    pid: int
    version: str
    started: float
    settled: bool
    stays: bool
    consoles: list[str]
    data_version: int
    rows: int
    memory: int
    cpu: float
    progress: list[Progress] = []


class AskCaughtUp(Struct, frozen=True, tag="ask-caught-up"):
    """Look at all files now; answered by a `Done` when everything there has been taken, or nothing can be."""


class AskStop(Struct, frozen=True, tag="ask-stop"):
    """End the engine."""


class AskProblems(Struct, frozen=True, tag="ask-problems"):
    """What is wrong with the site file as it lies on disk."""


class Problems(Struct, frozen=True, tag="problems"):
    """The answer to `AskProblems`."""

    problems: list[Problem]


class Failure(Struct, frozen=True, tag="failure"):
    """A request that could not be answered, in one sentence for a person."""

    message: str


Ask = (
    Subscribe
    | AskSnapshot
    | AskBreakdown
    | AskKpi
    | AskDimensions
    | AskCompare
    | AskMoved
    | AskSeries
    | AskSql
    | AskLine
    | AskQuery
    | AskFiles
    | AskQuarantine
    | AskExplain
    | AskStatus
    | AskStop
    | AskCaughtUp
    | AskProblems
    | AskAlerts
    | AskAlert
    | AskJournal
    | AskMarks
    | AskNotify
    | AskProcedure
    | AskReport
    | AskFlow
    | AskFlowCases
    | AskPage
    | AskIndex
    | AskColumn
    | AskExport
    | AskExported
    | AskChunk
    | AskRun
    | AskStopRun
    | AskSchema
    | AskDraft
    | AskLayout
    | Command
)
Answer = (
    Snapshot
    | FlowState
    | FlowCases
    | Breakdown
    | KpiAmong
    | Dimensions
    | Compared
    | Moved
    | Series
    | Sql
    | Lines
    | Table
    | Files
    | Quarantine
    | Explained
    | Done
    | EngineStatus
    | Problems
    | Alerts
    | AlertDetail
    | JournalPage
    | Marks
    | Notifications
    | Procedure
    | Report
    | TablePage
    | Index
    | ColumnFacts
    | Export
    | Chunk
    | Ran
    | Schema
    | Drafted
    | LayoutFile
    | Failure
    | Goodbye
)


class Request(Struct, frozen=True, tag="request"):
    """A client's question; the answer carries the same `id`."""

    id: int
    body: Ask


class Reply(Struct, frozen=True, tag="reply"):
    """The answer to the request of the same `id`: `body` is an `Answer`, packed (`wire.reply`, `wire.answer`)."""

    id: int
    body: Raw


ToEngine = Hello | Request
ToClient = Welcome | Reply | Snapshot | Changes | Goodbye | Failure
