"""Rows of the lists, from what the model knows: one small function per kind."""

from __future__ import annotations

from collections.abc import Container, Sequence

from msgspec.structs import replace

from opsconsole.console import fmt, signs
from opsconsole.console.draw.heat import member_text
from opsconsole.console.draw.tile import change, goal, window_word
from opsconsole.console.pane import Column, Row, cell
from opsconsole.console.text import Line, inert, plain
from opsconsole.engine import telling
from opsconsole.engine.messages import (
    Breakdown,
    FileState,
    Group,
    KpiState,
    Quarantined,
    SourceState,
    Status,
)

KPIS = (
    Column("", 3),
    Column("KPI", 16, grow=True, most=32),
    Column("value", 12, "right", grow=True, most=18),
    Column("change", 8, "right", grow=True, drop=1, most=11),
    Column("target", 8, "right", drop=2),
    Column(" window", 8, drop=3),
    Column("owner", 8, grow=True, drop=4, most=20),
    Column("missing", 18, grow=True, drop=5, most=48),
    Column("objective", 12, grow=True, drop=6, most=24),
    Column("source", 12, drop=7),
)
KPIS_OPTIONAL = ("owner", "missing", "objective")
SOURCES = (
    Column("", 3),
    Column("source", 12, grow=True, most=28),
    Column("rows", 12, "right"),
    Column("files", 6, "right", drop=2),
    Column("quarantine", 10, "right", drop=1),
    Column("waits", 5, "right", drop=5),
    Column("failed", 6, "right", drop=3),
    Column("last event", 10, "right", drop=4),
    Column("came in", 8, "right", drop=6),
    Column("read", 18, "right", drop=7),
)
FILES = (
    Column("state", 7),
    Column("file", 26, "path", grow=True, most=60),
    Column("rows", 10, "right"),
    Column("quarantine", 10, "right", drop=1),
    Column("size", 8, "right", drop=4),
    Column("came in", 9, "right", drop=3),
    Column("why", 16, grow=True, drop=2),
)
QUARANTINE = (
    Column("file", 20, "path", grow=True, most=60),
    Column("line", 7, "right"),
    Column("column", 10, drop=2),
    Column("reason", 20, grow=True),
    Column("raw", 14, grow=True, drop=1),
)
GROUPS = (
    Column("count", 9, "right"),
    Column("source", 10, grow=True, most=24),
    Column("column", 10, drop=2),
    Column("reason", 20, grow=True),
    Column("files", 6, "right", drop=3),
    Column("such as", 14, grow=True, drop=1),
)
BREAKDOWN = (
    Column("", 3),
    Column("", 12, grow=True, most=28),
    Column("", 16, drop=2),
    Column("value", 13, "right"),
    Column("before", 9, "right", drop=1),
    Column("rows", 9, "right", drop=3),
)


def kpi_row(kpi: KpiState) -> Row:
    """A KPI on one line."""
    style = signs.style(kpi.status)
    arrow, arrow_style = change(kpi)
    value = ("≈ " if kpi.partial else "") + fmt.quantity(kpi.value, inert(kpi.unit), kpi.decimals)
    title = inert(kpi.title or kpi.name)
    cells = (
        cell(signs.sign(kpi.status), style or "dim"),
        cell(title),
        cell(value, f"bold {style}".strip()),
        cell(arrow, arrow_style),
        cell(goal(kpi), "dim"),
        cell(f" {window_word(kpi)}", "dim"),
        cell(inert(kpi.owner), "dim"),
        cell(", ".join(gap.removeprefix("no ") for gap in kpi.missing if gap != "no procedure"), "dim"),
        cell(inert(kpi.objective_title), "dim"),
        cell(inert(kpi.source), "dim"),
    )
    return Row(kpi.name, cells, copy=f"{kpi.name}\t{kpi.value}\t{kpi.unit}")


def told(columns: Sequence[Column], rows: Sequence[Row], optional: Container[str]) -> tuple[list[Column], list[Row]]:
    """Columns and rows without those `optional` columns in which no row says anything: their room is for the others."""
    kept = [
        at
        for at, column in enumerate(columns)
        if column.title not in optional or any(plain(row.cells[at]).strip() for row in rows)
    ]
    return [columns[at] for at in kept], [replace(row, cells=tuple(row.cells[at] for at in kept)) for row in rows]


def source_row(source: SourceState, now: float, wall: float, timezone: str) -> Row:
    """A source: how fresh, how much, what went wrong. Arrival is told by the wall clock, events by site time.

    Of a past moment only rows and events are told: the files are those of now.
    """
    abnormal = {"stale": "warning", "nodata": "nodata"}.get(source.status, "")
    then = source.status == "asof"

    def many(count: int, style: str) -> Line:
        return cell("·", "dim") if then or not count else cell(fmt.number(count, 0), style)

    read = cell(telling.taken_short(source.taken, source.bytes) if source.bytes and not then else fmt.NONE, "dim")
    if source.progress is not None:
        read = cell(telling.progress_short(source.progress), "bold")
    if source.made_of:
        read = cell(inert(telling.made_of(source.made_of)), "dim")
    cells = (
        cell(signs.SOURCE_SIGNS[source.status], abnormal or "dim"),
        cell(inert(source.title or source.name)),
        cell(fmt.number(source.rows, 0) if not source.made_of else "·"),
        cell("·" if then or source.made_of else fmt.number(source.files, 0)),
        many(source.quarantined, "warning"),
        many(source.waiting, "dim"),
        many(source.failed, "warning"),
        cell(fmt.since(source.last_event, now, timezone)),
        cell(fmt.age(wall - source.last_arrival) + " ago" if source.last_arrival is not None else fmt.NONE, abnormal),
        read,
    )
    return Row(source.name, cells, copy=f"{source.name}\t{source.rows}\t{source.files}\t{source.quarantined}")


def file_row(file: FileState, wall: float, timezone: str) -> Row:
    """A file of a source and what became of it."""
    style = {"failed": "warning", "waiting": "dim", "ignored": "dim"}.get(file.status, "")
    cells = (
        cell(file.status, style),
        cell(inert(file.path)),
        cell(fmt.number(file.rows, 0)),
        cell(fmt.number(file.quarantined, 0) if file.quarantined else "·", "warning" if file.quarantined else "dim"),
        cell(fmt.size(file.bytes), "dim"),
        cell(fmt.since(file.arrived, wall, timezone), "dim"),
        cell(inert(file.reason or file.read_as), style or "dim"),
    )
    return Row(file.path, cells, copy=f"{file.path}\t{file.status}\t{file.rows}\t{file.reason}")


def quarantine_row(number: int, record: Quarantined) -> Row:
    """A record or cell that could not be taken."""
    cells = (
        cell(inert(record.file)),
        cell(fmt.number(record.line, 0)),
        cell(inert(record.column)),
        cell(inert(record.reason), "warning"),
        cell(inert(record.raw), "dim"),
    )
    return Row(f"{record.file}:{record.line}:{record.column}:{number}", cells, copy=record.raw)


def group_row(group: Group) -> Row:
    """How much was set aside of one source for one reason in one column."""
    cells = (
        cell(fmt.number(group.count, 0)),
        cell(inert(group.source)),
        cell(inert(group.column)),
        cell(inert(group.reason), "warning"),
        cell(fmt.number(group.files, 0), "dim"),
        cell(inert(group.example), "dim"),
    )
    copied = f"{group.count}\t{group.source}\t{group.column}\t{group.reason}"
    return Row(f"{group.source}\0{group.column}\0{group.reason}", cells, copy=copied)


def member_key(member: str | None) -> str:
    """A key for a dimension's member; a missing one is not the empty text."""
    return "null" if member is None else f"={member}"


def key_member(key: str) -> str | None:
    """The member of a key made by `member_key`."""
    return None if key == "null" else key[1:]


def breakdown_rows(table: Breakdown, kpi: KpiState | None) -> list[Row]:
    """A KPI by a dimension, worst first, with a bar to compare by."""
    known = [abs(value) for value in table.values if value is not None]
    most = max(known, default=0.0) or 1.0
    decimals, unit = (kpi.decimals, inert(kpi.unit)) if kpi else (None, "")
    rows: list[Row] = []
    for member, value, before, count, status in zip(
        table.members, table.values, table.previous, table.rows, table.statuses, strict=True
    ):
        cells = (
            cell(_mark(status), signs.style(status) or "dim"),
            cell(member_text(member)),
            cell(bar(abs(value) / most if value is not None else 0.0, 16), signs.style(status) or "bar"),
            cell(fmt.quantity(value, unit, decimals), signs.style(status)),
            cell(fmt.number(before, decimals), "dim"),
            cell(fmt.number(count, 0), "dim"),
        )
        rows.append(Row(member_key(member), cells, copy=f"{member}\t{value}\t{count}"))
    return rows


def all_rows(key: str, kpi: KpiState) -> Row:
    """The KPI itself above its members, with its sign as theirs."""
    style = signs.style(kpi.status)
    value = fmt.quantity(kpi.value, inert(kpi.unit), kpi.decimals)
    rest = (fmt.number(kpi.previous, kpi.decimals), fmt.number(kpi.rows, 0))
    drawn = (cell(_mark(kpi.status), style or "dim"), cell("all rows"), cell(""), cell(value, style))
    return Row(key, (*drawn, *(cell(text, "dim") for text in rest)))


def _mark(status: Status) -> str:
    return signs.sign(status) if status != "good" else ""


def bar(share: float, cells: int) -> str:
    """A horizontal bar in eighths of a cell."""
    eighths = max(0, min(cells * 8, round(share * cells * 8)))
    full, rest = divmod(eighths, 8)
    return "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")
