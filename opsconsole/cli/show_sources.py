"""What is printed of sources, their files, how a file is read, and quarantine."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec

from opsconsole.cli.text import dump, inert, plain
from opsconsole.engine import telling
from opsconsole.engine.explained_text import explained_lines
from opsconsole.engine.messages import Explained, Files, FileState, Group, Quarantined, Snapshot, SourceState
from opsconsole.site.figures import count, duration, moment, number

_SIGNS = {"fresh": "●", "stale": "◌ST", "nodata": "○ND", "off": "●", "asof": "≤"}


def sources_json(snapshot: Snapshot, files: Files, only: str = "") -> str:
    """The sources, each with its `files` and the `changes` of what they hold."""
    zone = ZoneInfo(snapshot.site.timezone)
    sources = []
    for source in _chosen(snapshot, only):
        found = plain(msgspec.to_builtins(source), zone)
        for name, items in (("files", files.files), ("changes", files.drift)):
            found[name] = [plain(msgspec.to_builtins(item), zone) for item in items if item.source == source.name]
        sources.append(found)
    return dump(sources)


def sources_text(snapshot: Snapshot, files: Files, only: str = "") -> str:
    """The sources, each followed by its files."""
    zone, wall = ZoneInfo(snapshot.site.timezone), snapshot.site.wall
    lines: list[str] = []
    for source in _chosen(snapshot, only):
        lines += source_lines(source, zone, wall)
        lines += [
            f"  changed {moment(each.noted, zone, wall)}: {telling.drift(each)}"
            for each in files.drift
            if each.source == source.name
        ]
        lines += [f"    {_file_line(file, wall)}" for file in files.files if file.source == source.name]
    return "\n".join(map(inert, lines)) or "no sources"


def _chosen(snapshot: Snapshot, only: str) -> list[SourceState]:
    return [source for source in snapshot.sources if only in ("", source.name)]


def source_lines(source: SourceState, zone: ZoneInfo, wall: float) -> list[str]:
    """A source: its counts, that add up; its files and bytes; what is being done; what holds it up."""
    kept = telling.latest(source.latest, source.rows)
    held = telling.made_of(source.made_of) if source.made_of else f"{telling.sums_and_cells(source)}{kept}"
    lines = [f"{_SIGNS[source.status]} {source.title}: {held}"]
    kinds = ((source.waiting, "waiting"), (source.failed, "failed"), (source.archived, "archived"))
    parts = [count(source.files, "file") + "".join(f", {number(many)} {word}" for many, word in kinds if many)]
    parts.append(telling.taken(source.taken, source.bytes))
    parts = [] if source.made_of else parts
    if source.last_event is not None:
        parts.append(f"newest event {moment(source.last_event, zone)}")
    if source.last_arrival is not None:
        parts.append(f"arrived {duration(max(0.0, wall - source.last_arrival))} ago")
    if source.note:
        parts.append(source.note)
    lines += ["  " + " · ".join(parts)] if parts else []
    if source.progress is not None:
        lines.append(f"  {telling.progress(source.progress)}")
    if source.leaving is not None:
        lines.append(f"  {telling.leaving(source.leaving, zone, wall)}")
    if source.trouble:
        lines.append(f"  waits: {source.trouble}{_next_try(source.retry_at, wall)}")
    return lines


def _next_try(retry_at: float | None, wall: float) -> str:
    return f", next try in {duration(max(1.0, retry_at - wall))}" if retry_at is not None else ""


def _file_line(file: FileState, wall: float) -> str:
    parts = [f"{file.status:<8} {file.path}", telling.sums_and_cells(file), telling.taken(file.taken, file.bytes)]
    if file.read_as:
        parts.append(file.read_as)
    if file.reason:
        parts.append(file.reason + _next_try(file.retry_at, wall))
    return " · ".join(parts)


def explained_json(found: Explained, zone: ZoneInfo) -> str:
    """How a file is read, as an object."""
    value = plain(msgspec.to_builtins(found), zone)
    value.pop("type")
    return dump(value)


def explained_text(found: Explained, zone: ZoneInfo) -> str:
    """How a file is read, as a page."""
    return "\n".join(map(inert, explained_lines(found, zone)))


def quarantined_json(record: Quarantined, zone: ZoneInfo) -> str:
    """One record on a line."""
    return dump(plain(msgspec.to_builtins(record), zone), indent=None)


def quarantined_text(record: Quarantined) -> str:
    """One record: where, why, and what lay there."""
    column = f" · {record.column}" if record.column else ""
    return (
        inert(f"{record.source} · {record.file}:{record.line}{column} · {record.reason}") + f"\n    {inert(record.raw)}"
    )


def group_text(group: Group) -> str:
    """A reason with how often it occurs."""
    where = f" · column {group.column}" if group.column else ""
    return inert(
        f"{number(group.count):>9}  {group.source}{where} · {group.reason} · {count(group.files, 'file')} · "
        f"such as {group.example}"
    )
