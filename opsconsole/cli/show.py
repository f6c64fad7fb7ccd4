"""What headless commands print: text for people, JSON and CSV for programs. The JSON shapes are in the README."""

from __future__ import annotations

import csv
import datetime as dt
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import msgspec

from opsconsole.cli import show_alerts
from opsconsole.cli.show_alerts import PRIORITIES
from opsconsole.cli.text import dump, inert, plain
from opsconsole.engine import telling
from opsconsole.engine.messages import EngineStatus, KpiState, Snapshot, SourceState, Table
from opsconsole.engine.place import Place
from opsconsole.engine.quarantine_file import no_formula
from opsconsole.site.figures import count, duration, figure, moment, number, padded, width
from opsconsole.site.moments import said

FIRST = 5
SIGNS = {**PRIORITIES, "good": "●", "nodata": "○ND", "novalue": "∅NV", "stale": "◌ST", "nolimit": " "}


def snapshot_json(snapshot: Snapshot) -> str:
    """`{site, kpis, alerts, sources, notices, goals, attention, counts, views, maintenance, marked}`."""
    found = plain(msgspec.to_builtins(snapshot), ZoneInfo(snapshot.site.timezone))
    found.pop("type", None)
    return dump(found)


def snapshot_text(snapshot: Snapshot) -> str:
    """A page for a person without a terminal. Names and labels come from files: each line is made inert."""
    site = snapshot.site
    zone = ZoneInfo(site.timezone)
    shift = f" · {site.shift.name}" if site.shift else ""
    shift += f" · {telling.team_words(site.shift.team)}" if site.shift and site.shift.team else ""
    shift += f" · {site.holiday}" if site.holiday else ""
    clock = {"wall": "", "data": " (newest event)", "replay": f" (replay ×{site.speed:g})"}[site.clock]
    if site.as_of is None:
        lines = [f"{site.name}{shift} · {moment(site.at, zone)} {site.timezone}{clock}"]
    else:
        then = said(dt.datetime.fromtimestamp(site.as_of, zone), zone)
        lines = [f"{site.name}{shift} · AS OF {then} {site.timezone}, by the rows known now"]
    lines += [f"! {notice.text}" for notice in snapshot.notices]
    lines += ["", "KPIs", *(_kpi_lines(snapshot.kpis) or ["  none"])]
    lines += _goal_lines(snapshot)
    lines += ["", *show_alerts.lines(snapshot, zone)]
    lines += ["", "Sources", *(_source_line(source, zone, site.wall) for source in snapshot.sources)]
    return "\n".join(inert(line) for line in lines)


def _kpi_lines(kpis: list[KpiState]) -> list[str]:
    widest = max((width(kpi.title) for kpi in kpis), default=0)
    lines = []
    for kpi in kpis:
        value = figure(kpi.value, kpi.unit, kpi.decimals) if kpi.value is not None else kpi.reason or "no data"
        parts = [f"  {SIGNS[kpi.status]:<3} {padded(kpi.title, widest)}  {value:>14}"]
        if kpi.change is not None:
            parts.append(
                f"{'↑' if kpi.change > 0 else '↓' if kpi.change < 0 else '→'} "
                f"{number(abs(kpi.change), kpi.decimals)} against {kpi.previous_label}"
            )
        if kpi.target is not None:
            parts.append(f"target {figure(kpi.target, kpi.unit)}")
        parts.append(f"{kpi.window}, {count(kpi.rows, 'row')}")
        if kpi.undated:
            parts.append("as it is now: rows without times")
        revised = telling.revised_words(kpi.revised, kpi.unit, kpi.decimals) if kpi.revised is not None else ""
        if revised:
            parts.append(revised)
        if kpi.leader:
            parts.append(kpi.leader)
        lines.append(" · ".join(parts))
    return lines


def _goal_lines(snapshot: Snapshot) -> list[str]:
    """The objectives, and what needs attention first; nothing for a site without objectives."""
    goals = [goal for goal in snapshot.goals if goal.name]
    if not goals:
        return []
    widest = max(width(goal.title) for goal in goals)
    titles = {kpi.name: kpi.title for kpi in snapshot.kpis}
    lines = ["", "Goals"]
    for goal in goals:
        reached = f"{number(100 * goal.score, 0)} % attained" if goal.score is not None else "no score"
        parts = [f"  {SIGNS[goal.status]:<3} {padded(goal.title, widest)}  {reached:>14}"]
        parts += [f"without {titles.get(name, name)}: {why}" for name, why in goal.missing.items()]
        lines.append(" · ".join(parts))
    if snapshot.attention:
        lines += ["", "What needs attention first"]
    lines += [
        f"  {at + 1} {titles.get(each.kpi, each.kpi)}: {each.reason}"
        for at, each in enumerate(snapshot.attention[:FIRST])
    ]
    return lines


def _source_line(source: SourceState, zone: ZoneInfo, wall: float) -> str:
    sign = {"fresh": "●", "stale": "◌ST", "nodata": "○ND", "novalue": "∅NV", "off": "●", "asof": "≤"}[source.status]
    files = f"in {count(source.files, 'file')}" if source.status != "asof" else "up to then" if source.time else "now"
    held = telling.made_of(source.made_of) if source.made_of else f"{count(source.rows, 'row')} {files}"
    parts = [f"  {sign:<3} {source.title}: {held}"]
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


def table_json(table: Table) -> str:
    """A list of objects, one a row; of columns with the same name the later ones get a number, so that none is lost."""
    names: list[str] = []
    for column in table.columns:
        name, number_ = column, 1
        while name in names or (number_ > 1 and name in table.columns):
            number_ += 1
            name = f"{column}_{number_}"
        names.append(name)
    return dump([dict(zip(names, row, strict=True)) for row in zip(*table.data, strict=True)])


def table_csv(table: Table, out: TextIO) -> None:
    """CSV with a header; text that a spreadsheet would run as a formula gets a leading apostrophe."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([no_formula(name) for name in table.columns])
    for row in zip(*table.data, strict=True):
        writer.writerow([_cell(cell) if isinstance(cell, bool) else no_formula(cell) for cell in row])


def table_text(table: Table) -> str:
    """Aligned columns; numbers to the right."""
    columns = [[_cell(cell) for cell in column] for column in table.data]
    names = [inert(name) for name in table.columns]
    numeric = [all(isinstance(cell, int | float | None) for cell in column) for column in table.data]
    widths = [max([width(name), *map(width, column)]) for name, column in zip(names, columns, strict=True)]

    def line(cells: list[str]) -> str:
        aligned = (padded(c, w, right=n) for c, w, n in zip(cells, widths, numeric, strict=True))
        return "  ".join(aligned).rstrip()

    rows = [line(list(cells)) for cells in zip(*columns, strict=True)]
    return "\n".join([line(names), line(["─" * width for width in widths]), *rows])


def _cell(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else inert(str(value))


def status_json(status: EngineStatus) -> str:
    """`{running: true, …}`."""
    found = plain(msgspec.to_builtins(status), ZoneInfo("UTC"))
    found.pop("type")
    return dump({"running": True, **found})


def no_engine_json(place: Place) -> str:
    """`{running: false, …}`."""
    return dump({"running": False, "path": str(place.site), "state": str(place.state)})


def status_text(status: EngineStatus, now: float) -> str:
    """The engine in a few lines."""
    looks = ", ".join(status.consoles) or "nobody"
    stays = "runs for good" if status.stays else "ends some minutes after the last console has left"
    return "\n".join(
        [
            f"{status.site}: engine {status.version}, pid {status.pid}, for {duration(now - status.started)}; {stays}",
            f"looking: {looks}",
            f"{count(status.rows, 'row')}, {status.memory / 1e6:.0f} MB, {status.cpu:.1f} s of CPU",
            *(inert(f"{each.source}: {telling.progress(each)}") for each in status.progress),
            f"state in {status.state}",
        ]
    )
