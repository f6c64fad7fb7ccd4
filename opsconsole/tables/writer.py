"""Puts pieces of files and their ledger entries into the store: all of a batch in one transaction."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from opsconsole.site.model import Source
from opsconsole.tables import drift, ledger, touched
from opsconsole.tables.changes import Changes
from opsconsole.tables.columns import Columns
from opsconsole.tables.keyed import Keyed
from opsconsole.tables.ledger import Entry
from opsconsole.tables.load import RAW_LIMIT, Facts, Load
from opsconsole.tables.reading import evidence as ev
from opsconsole.tables.reading.evidence import Evidence, Found, Order, Style
from opsconsole.tables.reading.piece import Dialect, Piece, told
from opsconsole.tables.reading.shapes import REPEATED, SKIPPED

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_REMEMBERED = 2000


class AgainError(Exception):
    """New bytes of a file show that the bytes before were read wrongly: it must be read from its start."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.path)
        self.entry = entry


@dataclass
class Take:
    """What one file gives to a transaction: its new entry, and a piece unless only the entry changed.

    The entry's counts are those before this piece; the writer adds what it took. `fresh`: rows of the file that are in
    the table already are replaced. `start` is where the piece begins in the file. `evidence` and what follows are the
    writer's notes.
    """

    entry: Entry
    piece: Piece | None = None
    fresh: bool = False
    start: int = 0
    evidence: Evidence | None = None
    cells: int = 0
    expired: int = 0
    newest: float | None = None


@dataclass
class Batch:
    """What goes into one transaction. `gone` are entries whose files are no more."""

    takes: list[Take] = field(default_factory=list)
    gone: list[Entry] = field(default_factory=list)
    bytes: int = 0

    def __bool__(self) -> bool:
        return bool(self.takes or self.gone)


class Writer:
    """The only writer of a store. Not thread-safe: it lives in the feed's thread."""

    def __init__(self, cursor: DuckDBPyConnection) -> None:
        self._cursor = cursor
        self.columns: dict[str, Columns] = {}
        self._evidence: dict[int, Evidence] = {}
        self._drift = drift.Log(cursor)
        self._changes = Changes(cursor, self._keyed)
        self._touched = touched.Touched(cursor)

    def serve(self, sources: Sequence[tuple[Source, str, Order]]) -> None:
        """Take on the sources, each with the zone of its naive stamps and what it assumes of 03/04/2024."""
        self.columns = {source.name: Columns(source, zone, assumed) for source, zone, assumed in sources}
        self.reload()

    def reload(self, source: str = "") -> None:
        """Read what is known of the tables, or of a source's alone, from the database again."""
        self._evidence.clear()
        self._drift.load()
        for columns in [self.columns[source]] if source else self.columns.values():
            columns.load(self._cursor)

    def write(self, batch: Batch) -> list[Entry]:
        """Write a batch in the transaction that the caller has begun; returns the new entries.

        Raises duckdb.Error, RetypeError and AgainError; the transaction is then to be rolled back.
        """
        for take in batch.takes:
            take.cells, take.expired, take.newest, take.evidence = 0, 0, None, None
        self._changes = Changes(self._cursor, self._keyed)
        self._touched.forget()
        self._strict(batch.takes)
        changed = self._weigh(batch)
        self._remove([(e.source, e.id) for e in batch.gone], ledger_too=True)
        self._remove([(t.entry.source, t.entry.id) for t in batch.takes if t.fresh], ledger_too=False)
        groups: dict[str, list[Take]] = {}
        for take in batch.takes:
            if take.piece is not None:
                groups.setdefault(take.entry.source, []).append(take)
        for source, takes in groups.items():
            changed |= self._write_source(self.columns[source], takes)
        self._quarantine(batch.takes)
        entries = [_counted(take) for take in batch.takes]
        self._changes.entering((t.entry.source, t.entry.id) for t in batch.takes if not t.fresh)
        ledger.put(self._cursor, entries)
        self._touched.add(self._changes.decide(_added(batch.takes)))
        self._touched.write()
        self._save(batch, changed)
        return entries

    def _keyed(self, source: str) -> Keyed | None:
        """The tables of a source with a key; none while they are filled in the shadow, and decided at its end."""
        columns = self.columns.get(source)
        return None if columns is None or columns.shadow else columns.keyed

    def _strict(self, takes: Sequence[Take]) -> None:
        """Files whose columns a strict source refuses give no rows."""
        for take in takes:
            columns = self.columns[take.entry.source]
            why = columns.refused(take.piece) if take.piece is not None else ""
            if why:
                self._drift.note(take.entry, "refused", "", why)
                take.entry = ledger.failed(take.entry, why)
                take.piece, take.fresh = None, True

    # --- evidence ----------------------------------------------------------------------------------------------

    def _weigh(self, batch: Batch) -> set[str]:
        """Bring the evidence of files and sources up to date; returns the sources for which it changed."""
        changed = set()
        moving = list(batch.gone) + [t.entry for t in batch.takes if t.fresh or t.piece is not None]
        self._recall([entry.id for entry in moving])
        for entry in batch.gone:
            changed |= self._replace(entry, None)
        for take in batch.takes:
            if take.piece is None and not take.fresh:
                continue
            found: Evidence = {} if take.fresh else _copy(self._evidence.get(take.entry.id, {}))
            if take.piece is not None:
                ev.merge_file(found, take.piece.evidence)
            take.evidence = found
            if take.fresh or any(each.counts or each.facts for each in take.piece.evidence.values()):  # type: ignore[union-attr]
                changed |= self._replace(take.entry, found)
        return changed

    def _replace(self, entry: Entry, found: Evidence | None) -> set[str]:
        sums = self.columns[entry.source].sums
        ev.merge(sums, self._evidence.pop(entry.id, {}), -1)
        if found is not None:
            ev.merge(sums, found)
            self._evidence[entry.id] = found
        return {entry.source}

    def _recall(self, ids: Sequence[int]) -> None:
        """Have the evidence of files at hand, from the ledger where it is not."""
        if len(self._evidence) > _REMEMBERED:
            self._evidence.clear()
        wanted = [number for number in ids if number not in self._evidence]
        if not wanted:
            return
        listed = ", ".join(map(str, wanted))
        rows = self._cursor.execute(f"SELECT file, found FROM _ops.evidence WHERE file IN ({listed})").fetchall()
        self._evidence.update((number, ev.unpacked(data)) for number, data in rows)

    def _save(self, batch: Batch, changed: set[str]) -> None:
        rows = [t for t in batch.takes if t.evidence is not None and (t.fresh or t.entry.source in changed)]
        ids = [t.entry.id for t in rows] + [e.id for e in batch.gone]
        if ids:
            self._cursor.execute(f"DELETE FROM _ops.evidence WHERE file IN ({', '.join(map(str, ids))})")
        values = [(take.entry.id, take.entry.source, ev.packed(take.evidence or {})) for take in rows]
        ledger.insert(self._cursor, "_ops.evidence", values)
        for source in changed:
            self.columns[source].save_sums(self._cursor)

    # --- rows --------------------------------------------------------------------------------------------------

    def _remove(self, files: list[tuple[str, int]], ledger_too: bool) -> None:
        by_source: dict[str, list[int]] = {}
        for source, number in files:
            by_source.setdefault(source, []).append(number)
        for source, ids in by_source.items():
            listed = ", ".join(map(str, ids))
            columns = self.columns.get(source)
            if columns is not None and columns.known:
                self._changes.leaving(source, f"_file IN ({listed})")
                if not columns.shadow and columns.keyed is None:
                    self._touched.add({source: touched.of(self._cursor, columns.table, f"_file IN ({listed})")})
                self._cursor.execute(f"DELETE FROM {columns.table} WHERE _file IN ({listed})")
            self._cursor.execute(f"DELETE FROM _ops.quarantine WHERE file IN ({listed})")
            if ledger_too:
                ledger.forget(self._cursor, ids)

    def _write_source(self, columns: Columns, takes: list[Take]) -> set[str]:
        """Convert and insert the pieces of one source; returns it if the evidence changed on the way."""
        named = [take for take in takes if take.piece is not None and take.piece.names]
        for take in named:
            self._fit(columns, take)
        self._adapt(columns, takes)
        groups: dict[tuple[Any, ...], list[Take]] = {}
        styles_of: dict[tuple[Any, ...], dict[str, Style]] = {}
        assumed = functools.cache(columns.assumed)  # the evidence of all files stays as it is meanwhile
        for take in named:
            assert take.piece is not None
            styles = self._styled(columns, take, assumed)
            key = (tuple(take.piece.names), tuple(styles.values()), _types(take.piece), tuple(take.piece.kinds.items()))
            groups.setdefault(key, []).append(take)
            styles_of[key] = styles
        loads = [Load(self._cursor, columns, group, styles_of[key]) for key, group in groups.items()]
        loads = loads if columns.known else []
        new = False
        pending = list(zip(loads, groups.values(), strict=False))
        while pending:
            facts = [(load, group, load.prepare()) for load, group in pending]
            found = [self._note_facts(columns, group, shown) for _, group, shown in facts]
            new = new or any(found)
            if not any(found) or not self._adapt(columns, takes):
                break
            pending = list(zip(loads, groups.values(), strict=False))
        for key, group in groups.items():
            for take in group:
                take.entry.read_as = _told(take, styles_of[key])
        for load in loads:
            load.insert()
            if not columns.shadow:
                self._touched.add({columns.source.name: load.touched})
        return {columns.source.name} if new else set()

    def _fit(self, columns: Columns, take: Take) -> None:
        piece = take.piece
        assert piece is not None
        others = bool(columns.known) and not columns.shadow
        added = columns.fit(self._cursor, piece.names, _worth(piece))
        if take.fresh and piece.names:
            self._drift.compare(take.entry, piece.names, added if others else ())

    def _adapt(self, columns: Columns, takes: Sequence[Take]) -> bool:
        """Give columns the types that all evidence asks for; True if one changed. Raises RetypeError."""
        changed = columns.adapt(self._cursor)
        for name, before, after in changed:
            shown = [take for take in takes if ev.kind_of((take.evidence or {}).get(name.lower(), Found())) == after]
            self._drift.note((shown or takes)[0].entry, "type", name, f"was {before} and is {after} now")
        return bool(changed)

    def _note_facts(self, columns: Columns, group: Sequence[Take], facts: Facts) -> bool:
        """Keep what the files turned out to have; True if that is new."""
        new = False
        for take in group:
            assert take.evidence is not None
            for name, bits in facts.items():
                for bit in (bit for bit, files in bits.items() if take.entry.id in files):
                    if take.evidence.setdefault(name, Found({}, {})).note(bit):
                        columns.sums.setdefault(name, Found({}, {})).add(Found({}, {bit: 1}))
                        self._evidence[take.entry.id] = take.evidence
                        new = True
        return new

    def _styled(self, columns: Columns, take: Take, assumed: Callable[[str], Order]) -> dict[str, Style]:
        """How the file writes its columns, by all that it has shown. Raises AgainError when that has changed."""
        piece = take.piece
        assert piece is not None
        assert take.evidence is not None
        dialect = piece.dialect
        decimal, unsure = ev.decimal_of(take.evidence, columns.source.read.decimal, dialect.delimiter)
        styles = {
            name: ev.style_of(take.evidence.get(name.lower(), Found()), decimal, assumed(name), name.lower() in unsure)
            for name in piece.names
        }
        orders = {name: style.order for name, style in styles.items() if style.order}
        changed = any(dialect.orders.get(name, order) != order for name, order in orders.items())
        changed = changed or (dialect.decimal != decimal and take.entry.rows > 0)
        if (changed and not take.fresh) or (piece.parsed and not _parsed_well(columns, piece, decimal)):
            raise AgainError(take.entry)
        columns.decimal = decimal
        decided = msgspec.structs.replace(dialect, decimal=decimal, orders=dialect.orders | orders)
        take.entry.dialect = encoded(decided)
        return styles

    def _quarantine(self, takes: Sequence[Take]) -> None:
        now = time.time()
        rows = [
            (take.entry.id, take.entry.source, bad.line, bad.column, bad.reason, bad.raw[:RAW_LIMIT], now)
            for take in takes
            for bad in (take.piece.rejects if take.piece else ())
        ]
        ledger.insert(self._cursor, "_ops.quarantine", rows)


def _parsed_well(columns: Columns, piece: Piece, decimal: str) -> bool:
    """Whether text that was parsed early was parsed as what it now turns out to be."""
    if decimal == "," and "number" in piece.kinds.values():
        return False
    known = {key: column.kind for key, column in columns.known.items()}
    return all(kind == known.get(name.lower(), kind) for name, kind in piece.kinds.items())


def encoded(dialect: Dialect) -> str:
    """A dialect as the ledger keeps it."""
    return msgspec.json.encode(dialect).decode()


def _copy(evidence: Evidence) -> Evidence:
    return {name: Found(dict(found.counts), dict(found.facts)) for name, found in evidence.items()}


def _counted(take: Take) -> Entry:
    """The entry with what this transaction took from the file."""
    entry, piece = take.entry, take.piece
    if piece is None:
        return entry
    cells = take.cells + sum(bool(reject.column) for reject in piece.rejects)
    records = sum(not reject.column for reject in piece.rejects)
    newest = [moment for moment in (take.newest, entry.last_event) if moment is not None]
    return msgspec.structs.replace(
        entry,
        rows=entry.rows + len(piece.lines) - take.expired,
        expired=entry.expired + take.expired,
        rejected=entry.rejected + records,
        cells=entry.cells + cells,
        last_event=max(newest, default=None),
    )


def _added(takes: Sequence[Take]) -> dict[str, dict[int, int]]:
    """The first line of the new rows of each file, by source."""
    added: dict[str, dict[int, int]] = {}
    for take in takes:
        if take.piece is not None and len(take.piece.lines):
            first = 0 if take.fresh else int(take.piece.lines.min())
            added.setdefault(take.entry.source, {})[take.entry.id] = first
    return added


def _told(take: Take, styles: Mapping[str, Style]) -> str:
    """How a file was read, in words: what was decided, and what had to be assumed."""
    assert take.piece is not None
    dialect = msgspec.json.decode(take.entry.dialect, type=Dialect)
    notes = told(dialect, styles)
    for name, found in (take.evidence or {}).items():
        if REPEATED in found.facts:
            notes.append(f"{name} in the hour that the clocks repeat: taken as the second time")
        if SKIPPED in found.facts:
            notes.append(f"{name} in an hour that the clocks skip: taken as an hour later")
    return ", ".join([text for text in (take.piece.read_as, *notes) if text])


def _worth(piece: Piece) -> set[str]:
    """Columns worth a place in the table: all but nameless ones without a value."""
    found = piece.evidence
    return {
        name
        for position, name in enumerate(piece.names, 1)
        if name != f"column_{position}" or (name.lower() in found and found[name.lower()].shown())
    }


def _types(piece: Piece) -> tuple[str, ...]:
    return tuple(str(kind) for kind in piece.data.schema.types) if piece.kinds else ()
