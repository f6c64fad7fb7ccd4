"""What headless commands print: text for people, JSON and CSV for programs. The JSON shapes are in the README."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import msgspec

from opsconsole.engine.messages import AlertState, EngineStatus, Files, KpiState, Snapshot, SourceState, Table
from opsconsole.engine.place import Place
from opsconsole.site.figures import count, duration, figure, iso, moment, number

SIGNS = {"critical": "▲C", "warning": "◆W", "low": "▽L", "good": "●", "nodata": "○ND", "stale": "◌ST", "nolimit": " "}

# Fields that are moments: seconds since the epoch on the wire, ISO 8601 with offset in JSON.
_MOMENTS = frozenset(
    {
        "at", "wall", "start", "end", "trend_start", "since", "acked_at", "last_event", "last_arrival", "arrived",
        "retry_at", "started",
    }
)  # fmt: skip
_HIDDEN = frozenset({"layouts", "grids", "breakdowns"})


def _plain(value: Any, zone: ZoneInfo) -> Any:
    """Wire values as JSON values: moments as ISO text, what only a screen needs left out."""
    if isinstance(value, dict):
        return {
            key: iso(item, zone) if key in _MOMENTS and isinstance(item, int | float) else _plain(item, zone)
            for key, item in value.items()
            if key not in _HIDDEN
        }
    if isinstance(value, list):
        return [_plain(item, zone) for item in value]
    return value


# JSON leaves these as they are; a terminal would act on them. Each is one character of `\\uXXXX`.
_ACTING = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def _dump(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def snapshot_json(snapshot: Snapshot) -> str:
    """`{site, kpis, alerts, sources, notices}`."""
    found = _plain(msgspec.to_builtins(snapshot), ZoneInfo(snapshot.site.timezone))
    found.pop("type", None)
    return _dump(found)


def snapshot_text(snapshot: Snapshot) -> str:
    """A page for a person without a terminal. Names and labels come from files: each line is made inert."""
    site = snapshot.site
    zone = ZoneInfo(site.timezone)
    shift = f" · {site.shift.name}" if site.shift else ""
    clock = {"wall": "", "data": " (newest event)", "replay": f" (replay ×{site.speed:g})"}[site.clock]
    lines = [f"{site.name}{shift} · {moment(site.at, zone)} {site.timezone}{clock}"]
    lines += [f"! {notice.text}" for notice in snapshot.notices]
    lines += ["", "KPIs", *(_kpi_lines(snapshot.kpis) or ["  none"])]
    lines += [
        "",
        f"Alerts: {len(snapshot.alerts)} open",
        *(_alert_line(alert, zone, site.at) for alert in snapshot.alerts),
    ]
    lines += ["", "Sources", *(_source_line(source, zone, site.wall) for source in snapshot.sources)]
    return "\n".join(_inert(line) for line in lines)


def _kpi_lines(kpis: list[KpiState]) -> list[str]:
    width = max((_width(kpi.title) for kpi in kpis), default=0)
    lines = []
    for kpi in kpis:
        value = figure(kpi.value, kpi.unit, kpi.decimals) if kpi.value is not None else kpi.reason or "no data"
        parts = [f"  {SIGNS[kpi.status]:<3} {_padded(kpi.title, width)}  {value:>14}"]
        if kpi.change is not None:
            parts.append(
                f"{'↑' if kpi.change > 0 else '↓' if kpi.change < 0 else '→'} "
                f"{number(abs(kpi.change), kpi.decimals)} against {kpi.previous_label}"
            )
        if kpi.target is not None:
            parts.append(f"target {figure(kpi.target, kpi.unit)}")
        parts.append(f"{kpi.window}, {count(kpi.rows, 'row')}")
        if kpi.leader:
            parts.append(kpi.leader)
        lines.append(" · ".join(parts))
    return lines


def _alert_line(alert: AlertState, zone: ZoneInfo, now: float) -> str:
    who = f" · {alert.who}" if alert.who else ""
    since = moment(alert.since, zone, now)
    return f"  {SIGNS[alert.priority]} {alert.state:<6} {alert.text} · since {since}{who}"


def _source_line(source: SourceState, zone: ZoneInfo, wall: float) -> str:
    sign = {"fresh": "●", "stale": "◌ST", "nodata": "○ND", "off": "●"}[source.status]
    parts = [f"  {sign:<3} {source.title}: {count(source.rows, 'row')} in {count(source.files, 'file')}"]
    if source.last_event is not None:
        parts.append(f"newest event {moment(source.last_event, zone)}")
    if source.last_arrival is not None:
        parts.append(f"arrived {duration(max(0.0, wall - source.last_arrival))} ago")
    if source.quarantined:
        parts.append(f"{number(source.quarantined)} quarantined")
    for many, word in ((source.waiting, "waiting"), (source.failed, "failed")):
        if many:
            parts.append(f"{count(many, 'file')} {word}")
    if source.note:
        parts.append(source.note)
    return " · ".join(parts)


def sources_json(snapshot: Snapshot, files: Files) -> str:
    """The sources, each with its `files`."""
    zone = ZoneInfo(snapshot.site.timezone)
    sources = []
    for source in snapshot.sources:
        found = _plain(msgspec.to_builtins(source), zone)
        mine = [file for file in files.files if file.source == source.name]
        found["files"] = [_plain(msgspec.to_builtins(file), zone) for file in mine]
        sources.append(found)
    return _dump(sources)


def sources_text(snapshot: Snapshot, files: Files) -> str:
    """The sources, each followed by its files."""
    zone = ZoneInfo(snapshot.site.timezone)
    lines = []
    for source in snapshot.sources:
        lines.append(_inert(_source_line(source, zone, snapshot.site.wall).strip()))
        for file in files.files:
            if file.source != source.name:
                continue
            parts = [f"    {file.status:<8} {file.path}", count(file.rows, "row")]
            if file.quarantined:
                parts.append(f"{number(file.quarantined)} quarantined")
            parts += [part for part in (file.read_as, file.reason) if part]
            lines.append(_inert(" · ".join(parts)))
    return "\n".join(lines) or "no sources"


def table_json(table: Table) -> str:
    """A list of objects, one a row; of columns with the same name the later ones get a number, so that none is lost."""
    names: list[str] = []
    for column in table.columns:
        name, number_ = column, 1
        while name in names or (number_ > 1 and name in table.columns):
            number_ += 1
            name = f"{column}_{number_}"
        names.append(name)
    return _dump([dict(zip(names, row, strict=True)) for row in zip(*table.data, strict=True)])


def table_csv(table: Table, out: TextIO) -> None:
    """CSV with a header; text that a spreadsheet would run as a formula gets a leading apostrophe."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    for row in zip(*table.data, strict=True):
        writer.writerow([_no_formula(cell) for cell in row])


def _no_formula(cell: Any) -> Any:
    if isinstance(cell, bool):
        return _cell(cell)
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell


def table_text(table: Table) -> str:
    """Aligned columns; numbers to the right."""
    columns = [[_cell(cell) for cell in column] for column in table.data]
    names = [_inert(name) for name in table.columns]
    numeric = [all(isinstance(cell, int | float | None) for cell in column) for column in table.data]
    widths = [max([_width(name), *map(_width, column)]) for name, column in zip(names, columns, strict=True)]

    def line(cells: list[str]) -> str:
        aligned = (_padded(c, w, right=n) for c, w, n in zip(cells, widths, numeric, strict=True))
        return "  ".join(aligned).rstrip()

    rows = [line(list(cells)) for cells in zip(*columns, strict=True)]
    return "\n".join([line(names), line(["─" * width for width in widths]), *rows])


def _cell(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else _inert(str(value))


def _inert(text: str) -> str:
    """Text with control characters made visible, so that a file cannot drive the terminal it is shown on."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def _width(text: str) -> int:
    """How many cells of a terminal a text takes: Chinese characters take two, marks above letters none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _padded(text: str, width: int, *, right: bool = False) -> str:
    room = " " * (width - _width(text))
    return room + text if right else text + room


def status_json(status: EngineStatus) -> str:
    """`{running: true, …}`."""
    found = _plain(msgspec.to_builtins(status), ZoneInfo("UTC"))
    found.pop("type")
    return _dump({"running": True, **found})


def no_engine_json(place: Place) -> str:
    """`{running: false, …}`."""
    return _dump({"running": False, "path": str(place.site), "state": str(place.state)})


def status_text(status: EngineStatus, now: float) -> str:
    """The engine in a few lines."""
    looks = ", ".join(status.consoles) or "nobody"
    stays = "runs for good" if status.stays else "ends some minutes after the last console has left"
    return "\n".join(
        [
            f"{status.site}: engine {status.version}, pid {status.pid}, for {duration(now - status.started)}; {stays}",
            f"looking: {looks}",
            f"{count(status.rows, 'row')}, {status.memory / 1e6:.0f} MB, {status.cpu:.1f} s of CPU",
            f"state in {status.state}",
        ]
    )
