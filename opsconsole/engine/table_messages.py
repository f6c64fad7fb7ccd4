"""The part of the wire that is about tables of any size: pages, orders, groups, columns, exports, results of SQL.

As in `opsconsole.engine.messages`, moments are seconds since the epoch, UTC. The engine never sends more than a page:
a console holds the pages around its cursor and asks for others as it scrolls.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from opsconsole.engine.kpi_messages import Misfit

FilterBy = Literal["is", "not", "has", "lacks", "below", "above", "from", "to", "empty", "filled"]
"""How a cell is held against a value: equal or not, text that has or lacks it (case ignored), < > >= <=, null or not.
"""
AggregateKind = Literal["count", "sum", "mean", "median", "min", "max", "distinct", "p95"]
ExportFormat = Literal["csv", "json", "parquet", "xlsx", "md"]


class ColumnFilter(Struct, frozen=True):
    """What a column's cells must be. `value` is the text of a cell; several filters of one column must all hold."""

    column: str
    by: FilterBy
    value: str = ""


class SortBy(Struct, frozen=True):
    """A column that rows are sorted by; missing values always come last."""

    column: str
    descending: bool = False


class Aggregate(Struct, frozen=True):
    """What is shown of a column of each group; `count` counts rows and needs no column."""

    kind: AggregateKind
    column: str = ""


class Grouping(Struct, frozen=True):
    """Rows as groups: one row per members of `by` (with `aggregates`), the members of `pivot` side by side."""

    by: tuple[str, ...]
    aggregates: tuple[Aggregate, ...] = (Aggregate("count"),)
    pivot: str = ""


class TableOf(Struct, frozen=True):
    """Which rows are meant: those behind a KPI, an alert, of a source or of a result of SQL (one of the four).

    Narrowed by the members `where`, event time from `start` to before `end`, `words` (as in the filter of a list:
    words that must be in some cell, `!words` that must not), `filters`, and a row `expression` (the language of a
    KPI's `where`). `at` is the past moment that is looked at. `group`: groups of these rows instead of the rows.
    """

    kpi: str = ""
    alert: str = ""
    source: str = ""
    result: str = ""
    where: dict[str, str | None] = {}
    at: float | None = None
    start: float | None = None
    end: float | None = None
    words: str = ""
    filters: tuple[ColumnFilter, ...] = ()
    expression: str = ""
    group: Grouping | None = None


class AskPage(Struct, frozen=True, tag="ask-page"):
    """A page of a table: from row `row` (0-based), or the one that `after` or `before` lead to, or from a moment.

    `sort` empty: newest first. `order` "file" instead: as the rows stand in their files, the oldest file first.
    `version`: the `version` of the pages at hand; where the rows of it are still to be had, the page is of the same.
    """

    of: TableOf
    sort: tuple[SortBy, ...] = ()
    order: Literal["time", "file"] = "time"
    row: int | None = None
    after: list[Any] | None = None
    before: list[Any] | None = None
    moment: float | None = None
    limit: int = 200
    version: int | None = None


class IndexState(Struct, frozen=True):
    """How far the row index of an order is: only its first page is there until it is ready. `fraction` is 0..1."""

    state: Literal["unneeded", "building", "ready", "cancelled", "failed"] = "unneeded"
    fraction: float = 0.0
    why: str = ""


class TablePage(Struct, frozen=True, tag="page"):
    """`data[column][row]`; `files[row]`, `lines[row]` say where each row came from ("" and 0: it stands in no line).

    `first` is the 0-based number of its first row among `total`, None where it is not known (yet); `total` None: still
    being counted, ask again. `next` and `previous` lead to the pages beside it, None at an end. `all` counts the rows
    before `words`, `filters` and `expression`. `newest` is False where rows have come or gone since `version`.
    """

    source: str
    columns: list[str]
    types: list[str]
    data: list[list[Any]]
    files: list[str]
    lines: list[int]
    first: int | None
    total: int | None
    all: int | None
    next: list[Any] | None
    previous: list[Any] | None
    version: int
    index: IndexState = IndexState()
    newest: bool = True
    time: str = ""
    note: str = ""
    misfits: list[Misfit] = []


class AskIndex(Struct, frozen=True, tag="ask-index"):
    """How far the row index of an order is; with `cancel` it is given up."""

    of: TableOf
    sort: tuple[SortBy, ...]
    version: int
    cancel: bool = False


class Index(Struct, frozen=True, tag="index"):
    """The answer to `AskIndex`; `total` as soon as it is known."""

    state: IndexState
    total: int | None = None


class AskColumn(Struct, frozen=True, tag="ask-column"):
    """What is in a column of a table: figures, a histogram of at most `bins` bins, the `most` values that are there
    most often.
    """

    of: TableOf
    column: str
    bins: int = 24
    most: int = 1000


class ColumnFacts(Struct, frozen=True, tag="column"):
    """The answer to `AskColumn`. `kind` is its DuckDB type; figures are None where it has none.

    `values` and `counts` are the values that are there most often, of `distinct` in all (`exact`: counted, else about).
    `bins` has the counts between `edges` (one more of them than bins; moments as epoch seconds).
    """

    column: str
    kind: str
    rows: int
    empty: int
    distinct: int
    exact: bool
    values: list[Any]
    counts: list[int]
    low: Any = None
    high: Any = None
    mean: float | None = None
    median: float | None = None
    deviation: float | None = None
    p05: float | None = None
    p95: float | None = None
    total: float | None = None
    edges: list[float] = []
    bins: list[int] = []


class AskExport(Struct, frozen=True, tag="ask-export"):
    """Have all rows of a table (with these columns, all when empty) written; answered at once by an `Export`."""

    of: TableOf
    format: ExportFormat
    columns: tuple[str, ...] = ()
    sort: tuple[SortBy, ...] = ()
    order: Literal["time", "file"] = "time"


class AskExported(Struct, frozen=True, tag="ask-exported"):
    """How far an export is; with `drop` it is given up, or its file removed."""

    export: str
    drop: bool = False


class Export(Struct, frozen=True, tag="export"):
    """An export: `rows` of `total` are written; `ready` when all are, `size` is then the file's in bytes.

    The engine's file is read by `AskChunk`, and the console writes it as the person it belongs to.
    """

    export: str
    rows: int
    total: int | None
    ready: bool
    size: int = 0
    failed: str = ""


class AskChunk(Struct, frozen=True, tag="ask-chunk"):
    """A part of an export's file from `offset`; at most 1 MiB."""

    export: str
    offset: int


class Chunk(Struct, frozen=True, tag="chunk"):
    """The answer to `AskChunk`; empty at the end."""

    data: bytes


class AskRun(Struct, frozen=True, tag="ask-run"):
    """Run one read-only SELECT and keep its result, at most `limit` rows of it, for `TableOf.result`.

    `run` names it for `AskStopRun`; a client chooses it, and what another client runs under the same name is another.
    A client that goes away ends what it runs. `at`: sources with times hold the rows up to that moment.
    """

    sql: str
    limit: int = 1_000_000
    seconds: float = 30.0
    at: float | None = None
    run: str = ""


class AskStopRun(Struct, frozen=True, tag="ask-stop-run"):
    """End what this client runs under the name `run`: its `AskRun` is then answered by a `Failure` that says so."""

    run: str


class Ran(Struct, frozen=True, tag="ran"):
    """The answer to `AskRun`: `result` names what is kept (for ten minutes after it was last asked for).

    The table has these columns, and its rows in the order of the result. `truncated`: there were more than `rows`, as
    `note` says in words.
    """

    result: str
    columns: list[str]
    types: list[str]
    rows: int
    truncated: bool = False
    seconds: float = 0.0
    note: str = ""


class AskSchema(Struct, frozen=True, tag="ask-schema"):
    """The tables that a SELECT can name, with their columns, and the functions it can call: for completion."""


class SchemaTable(Struct, frozen=True):
    """A table: its source's title, its columns and their types."""

    name: str
    title: str
    columns: list[str]
    types: list[str]


class Schema(Struct, frozen=True, tag="schema"):
    """The answer to `AskSchema`."""

    tables: list[SchemaTable]
    functions: list[str]
