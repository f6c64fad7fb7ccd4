"""How a file is read: what the ledger knows of it, what a look at its bytes shows, and the YAML that pins it."""

from __future__ import annotations

import contextlib
import fnmatch
import os
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct
from msgspec.structs import replace

from opsconsole.engine.messages import AskExplain, ColumnRead, Explained
from opsconsole.engine.picture import file_state
from opsconsole.site.model import ColumnType, Read, Site, Source
from opsconsole.tables.folders.globs import Pattern
from opsconsole.tables.intake import shown_path
from opsconsole.tables.names import ignored
from opsconsole.tables.reading.sniff import Sniffed, sniff
from opsconsole.tables.records import FileInfo
from opsconsole.tables.store import Store

_EXAMPLES = 5
_LONGEST = 80
_WORDS: dict[str, ColumnType] = {
    "text": "text", "integer": "integer", "number": "number", "boolean": "boolean", "date": "date", "time": "time",
    "zoned": "time",
}  # fmt: skip


class _Known(Struct, frozen=True):
    """A file in the ledger."""

    info: FileInfo
    path: str
    offset: int
    lines: int
    prefix: str
    generation: int
    tail: str


def explain(store: Store, root: Path, site: Site, ask: AskExplain) -> Explained:
    """How a file is or would be read. Raises LookupError where there is neither such a file nor a memory of one."""
    top = Path(os.path.realpath(root))
    known = _known(store, top, ask)
    path = os.path.normpath(os.path.join(top, os.path.expanduser(ask.file))) if known is None else known.path
    there = os.path.isfile(path)
    if known is None and not there:
        raise LookupError(f"there is no file {ask.file} below {root}, and none of this name was ever taken")
    source = site.sources.get(known.info.source) if known else _source_of(site, top, path, ask.source)
    hints = [] if known else _hints(site, top, path, source)
    seen, note = _look(path, source, site) if there else (None, "the file is gone; what was taken from it is told")
    name = source.name if source else ""
    columns = _columns(store, name, source, seen)
    read = source.read if source else Read()
    found = Explained(
        path=shown_path(top, path),
        source=name,
        columns=columns,
        null=sorted(read.null),
        assumed=[f"{column.name}: {column.note}" for column in columns if column.note],
        hints=hints,
        note=note,
    )
    if seen is not None:
        found = replace(
            found,
            read_as=seen.told,
            format=seen.format,
            encoding=seen.encoding,
            delimiter=seen.delimiter if seen.format == "csv" else "",
            quote=seen.quote if seen.format == "csv" else "",
            header=seen.header,
            seen=seen.rows,
            whole=seen.whole,
            yaml=_yaml(seen, columns, read),
        )
    if known is not None:
        found = replace(
            found,
            path=known.info.path,
            file=file_state(known.info),
            read_as=known.info.read_as or found.read_as,
            offset=known.offset,
            lines=known.lines,
            fingerprint=known.prefix,
            generation=known.generation,
            tail=known.tail,
        )
    return found


def _known(store: Store, root: Path, ask: AskExplain) -> _Known | None:
    """The file in the ledger by its shown path, its path on disk, or the end of its path where only one has it."""
    shown = shown_path(root, os.path.normpath(os.path.join(root, os.path.expanduser(ask.file))))
    with contextlib.closing(store.cursor()) as cursor:
        rows: list[Any] = cursor.execute(
            """SELECT id, source, path, status, size, "offset", "rows", rejected, cells, expired, reason, read_as,
                      arrived, retry_at, name, lines, prefix, generation, tail
               FROM _ops.files
               WHERE (path = $1 OR path = $2 OR ends_with(path, '/' || $1)) AND ($3 = '' OR source = $3)
               ORDER BY path = $1 DESC, path = $2 DESC, source, path""",
            [ask.file, shown, ask.source],
        ).fetchall()
    exact = [row for row in rows if row[2] in (ask.file, shown)]
    if not exact and len({row[2] for row in rows}) > 1:
        raise LookupError(f"several files end in {ask.file}: {', '.join(str(row[2]) for row in rows[:3])}")
    if not rows:
        return None
    row = (exact or rows)[0]
    return _Known(FileInfo(*row[:14]), os.fsdecode(row[14]), row[5], row[15] or 0, row[16], row[17], row[18])


def _source_of(site: Site, root: Path, path: str, wished: str) -> Source | None:
    """The source whose globs take a path."""
    for source in site.sources.values():
        if wished in ("", source.name) and any(Pattern(root, text).matches(path) for text in source.files):
            return source
    return None


def _hints(site: Site, root: Path, path: str, source: Source | None) -> list[str]:
    """Why a file is in no source, or not yet taken."""
    if source is not None:
        return [f"the globs of `{source.name}` take it; it has not been looked at yet"]
    if ignored(path):
        return ["files of this name are never taken: hidden ones, locks of programs, uploads under way"]
    return [
        f"no source takes it; nearly `{source.name}`: {text} ({why})"
        for source in site.sources.values()
        for text in source.files
        if (why := _nearly(root, text, path))
    ] or ["no source takes it, and none nearly does"]


def _nearly(root: Path, text: str, path: str) -> str:
    """What keeps a path from matching a glob, where it is one thing only; else nothing."""
    full = os.path.normpath(os.path.join(root, os.path.expanduser(text)))
    if os.path.isdir(full):
        full = os.path.join(full, "*")
    folder, name = os.path.split(full)
    own, base = os.path.split(path)
    if fnmatch.fnmatchcase(base, name):
        return f"the name fits, the folder is {shown_path(root, own)}"
    if fnmatch.fnmatchcase(base.lower(), name.lower()):
        return "upper and lower case differ"
    if fnmatch.fnmatchcase(own, folder):
        stem, ending = os.path.splitext(name)
        if fnmatch.fnmatchcase(os.path.splitext(base)[0], stem):
            return f"the ending is {os.path.splitext(base)[1] or 'missing'}, not {ending}"
        return "the folder fits, the name does not"
    return ""


def _look(path: str, source: Source | None, site: Site) -> tuple[Sniffed | None, str]:
    """What the bytes show now, or why they cannot be read."""
    try:
        if source is None:
            return sniff(Path(path), None, None, site.timezone), ""
        return sniff(Path(path), source.read, source.format, source.timezone or site.timezone), ""
    except OSError as error:
        return None, f"the file cannot be read now: {error.strerror or error}"
    except ValueError as error:
        return None, f"the file cannot be read as it lies there: {error}"


def _columns(store: Store, name: str, source: Source | None, seen: Sniffed | None) -> list[ColumnRead]:
    """The columns of the file with their types in the table; of a file that is gone those of the table."""
    with contextlib.closing(store.cursor()) as cursor:
        rows = cursor.execute(
            "SELECT lower(name), name, kind, pinned FROM _ops.columns WHERE source = ? ORDER BY position", [name]
        ).fetchall()
    table = {row[0]: row for row in rows}
    if seen is None:
        return [ColumnRead(row[1], _WORDS[row[2]], row[3]) for row in rows]
    found = []
    for column, own in seen.columns.items():
        row = table.get(column.lower())
        pin = source.columns.get(column) if source else None
        kind = _WORDS[row[2]] if row else pin or own
        style = seen.styles[column]
        notes = []
        wish = source.read if source else Read()
        told = wish.dates if style.order else wish.decimal
        if not style.sure and not style.empty and told is None:
            notes.append(_doubt(style.order, style.decimal))
        if row and not row[3] and kind != own and not style.empty:
            notes.append(f"by itself {own}, but the table has {kind}")
        elif style.empty:
            notes.append("no value seen, so any type would do")
        found.append(
            ColumnRead(
                name=column,
                type=kind,
                pinned=bool(row[3]) if row else pin is not None,
                decimal=style.decimal if kind == "number" else "",
                dates=style.order if kind in ("date", "time") else "",
                note="; ".join(notes),
                examples=[text[:_LONGEST] for text in seen.samples[column][:_EXAMPLES]],
                empty=seen.empty[column],
            )
        )
    return found


def _doubt(order: str, decimal: str) -> str:
    if order:
        first = "day" if order == "dmy" else "month"
        return f"the {first} is assumed to come first: no value shows it"
    sign = "a comma" if decimal == "," else "a point"
    return f"{sign} is assumed to be the decimal sign: no value shows it"


def _yaml(seen: Sniffed, columns: list[ColumnRead], wish: Read) -> str:
    """What goes under the source in site.yaml to have files read as this one was; indented for that place."""
    read: dict[str, Any] = {}
    if seen.format == "csv":
        read = {"encoding": seen.encoding, "delimiter": seen.delimiter, "header": seen.header}
        read |= {"quote": seen.quote} if seen.quote not in ("", '"') else {}
        read |= {"escape": seen.escape} if seen.escape else {}
    signs = {column.decimal for column in columns if column.decimal}
    orders = {column.dates for column in columns if column.dates}
    if len(signs) == 1:
        read["decimal"] = signs.pop()
    if len(orders) == 1:
        read["dates"] = orders.pop()
    if wish.sheet is not None:
        read["sheet"] = wish.sheet
    if wish.null:
        read["null"] = list(wish.null)
    body: dict[str, Any] = {"read": read} if read else {}
    body["columns"] = {column.name: column.type for column in columns}
    text = yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=10_000)
    return "".join(f"    {line}\n" for line in text.splitlines())
