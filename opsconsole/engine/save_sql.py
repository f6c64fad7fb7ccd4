"""SQL of a person made part of the site: a derived source, and a KPI or an alert rule over it.

It is put into the site file as text, and only where the whole site is valid with it: the file is read, and bound to
the tables, as it would be.
"""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from opsconsole.engine import recording
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import Command, Done
from opsconsole.engine.save_messages import Drafted, SqlDraft
from opsconsole.engine.site_edit import ChangedError, SiteEdit
from opsconsole.journal.journal import Entry
from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.site.insert import CannotInsertError, Inserted, block, insert, scalar
from opsconsole.site.model import Problem
from opsconsole.site.names import LONGEST_NAME, is_identifier, show
from opsconsole.site.parse import Loaded, load_site
from opsconsole.tables.names import ident
from opsconsole.tables.store import OWN

_NUMERIC = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|REAL|DECIMAL.*)")
_LONGEST_SQL = 20_000

Schemas = Callable[[], dict[str, dict[str, str]]]
Write = Callable[[list[Entry]], str]


class CannotSaveError(Exception):
    """Why SQL cannot become part of the site; one sentence for a person."""


class _Made(Struct, frozen=True):
    """The new text of the site file, and the parts put in."""

    text: str
    parts: list[Inserted]
    sections: list[str]
    value: str

    @property
    def yaml(self) -> str:
        """What is put in, under the names of its sections."""
        return "\n".join(f"{section}:\n{part.shown}" for section, part in zip(self.sections, self.parts, strict=True))


class SaveSql:
    """Drafts and saves. May be used from any thread; one at a time is worked on."""

    def __init__(self, path: Callable[[], Path | None], schemas: Schemas, edit: SiteEdit) -> None:
        self._path = path
        self._schemas = schemas
        self._edit = edit
        self._lock = threading.Lock()

    def draft(self, asked: SqlDraft) -> Drafted:
        """What would be written. Raises CannotSaveError."""
        with self._lock:
            return self._draft(asked)

    def save(self, command: Command, write: Write, peer: Peer, now: dt.datetime) -> Done:
        """Write it, where the file is still the one that was seen; it is in the journal first."""
        with self._lock:
            return self._save(command, write, peer, now)

    def _draft(self, asked: SqlDraft) -> Drafted:
        path = self._file()
        try:
            data, digest = self._edit.read(path)
        except OSError as error:
            raise CannotSaveError(f"{path.name} cannot be read: {error.strerror}") from error
        made = self._made(asked, path, data)
        note = ""
        if asked.kind == "kpi" and not asked.value:
            note = f"its value is {made.value}: give another after the name, such as sum(x) / count(*)"
        elif asked.kind == "alert" and not asked.by:
            note = "one alert for all rows; `by COLUMN` after the name gives one for each of its values"
        return Drafted(path.name, made.yaml, digest, note)

    def _save(self, command: Command, write: Write, peer: Peer, now: dt.datetime) -> Done:
        asked = command.save
        if asked is None:
            return Done(refused={"save-sql": "nothing to save was given"})
        try:
            path = self._file()
            data = self._edit.expect(path, command.digest)
            made = self._made(asked, path, data)
            lines = " and ".join(f"{part.first} to {part.last}" for part in made.parts)
            what = "KPI saved" if asked.kind == "kpi" else "alert rule saved"
            entry = recording.of_person(
                peer, "site", what, asked.name, now, {"sql": asked.sql, "file": path.name}, text=made.yaml
            )
            bom = data[:3] if data.startswith(b"\xef\xbb\xbf") else b""
            with self._edit.replacing(path, bom + made.text.encode()):
                if trouble := write([entry]):
                    raise CannotSaveError(trouble)
        except (CannotSaveError, ChangedError) as error:
            return Done(refused={asked.name: str(error)})
        except OSError as error:
            return Done(refused={asked.name: f"the site file cannot be written: {error.strerror}"})
        return Done(applied=[asked.name], said=f"{what}: {path.name}, lines {lines}")

    def _file(self) -> Path:
        path = self._path()
        if path is None:
            raise CannotSaveError(
                "this site has no site.yaml yet: `:save-draft` writes the draft as one, then save again"
            )
        return path

    def _made(self, asked: SqlDraft, path: Path, data: bytes) -> _Made:
        """The new text, known to be valid. Raises CannotSaveError."""
        if not is_identifier(asked.name):
            raise CannotSaveError(
                f"`{show(asked.name)}` is no name: a letter, then letters, digits and _, at most {LONGEST_NAME}"
            )
        sql = asked.sql.strip().rstrip(";").rstrip()
        if not sql or len(sql) > _LONGEST_SQL:
            raise CannotSaveError("there is no SQL to save" if not sql else "the SQL is too long for a source")
        before = load_site(path, data=data)
        if before.site is None:
            first = next(problem for problem in before.problems if problem.severity == "error")
            raise CannotSaveError(f"{path.name} has an error, mend that first: {first}")
        try:
            text = data.decode("utf-8-sig")
            source = insert(text, "sources", [f"{asked.name}:", *_indented(block("sql", sql))], path.name)
            binding = self._bound(path, source, [source])
            value = self._value(asked, binding)
            section = "kpis" if asked.kind == "kpi" else "rules"
            part = insert(source.text, section, _entry(asked, value), path.name)
        except CannotInsertError as error:
            raise CannotSaveError(str(error)) from error
        if part.first <= source.first:  # the section stands above the sources
            source = Inserted(source.text, source.first + _grown(part), source.last + _grown(part), source.indent)
        both = sorted([("sources", source), (section, part)], key=lambda each: each[1].first)
        parts = [Inserted(part.text, each.first, each.last, each.indent) for _, each in both]
        self._bound(path, part, parts)
        return _Made(part.text, parts, [name for name, _ in both], value)

    def _bound(self, path: Path, done: Inserted, parts: list[Inserted]) -> Binding:
        """The site with the parts put in, bound to the tables. Raises CannotSaveError with what is wrong with it."""
        loaded = load_site(path, data=done.text.encode())
        problems = loaded.problems
        binding: Binding | None = None
        if loaded.site is not None:
            binding, problems = bind(loaded, self._schemas())
        wrong = [problem for problem in problems if problem.severity == "error"]
        if wrong:
            raise CannotSaveError(_said(wrong[0], parts, loaded))
        assert binding is not None
        return binding

    def _value(self, asked: SqlDraft, binding: Binding) -> str:
        """The value of a KPI: as asked, else of the first column of numbers."""
        if asked.name in binding.unmade:
            raise CannotSaveError(f"it has no columns yet: {binding.unmade[asked.name]}")
        if asked.kind == "alert":
            return ""
        if asked.value:
            return asked.value
        columns = binding.schemas.get(asked.name, {})
        numeric = (name for name, kind in columns.items() if name not in OWN and _NUMERIC.fullmatch(kind))
        found = next(numeric, None)
        if found is None:
            return "count(*)"
        return f"avg({found if re.fullmatch(r'[a-z_][a-z0-9_]*', found) else ident(found)})"


def _grown(part: Inserted) -> int:
    return part.last - part.first + 1


def _indented(lines: list[str]) -> list[str]:
    return ["  " + line if line else "" for line in lines]


def _entry(asked: SqlDraft, value: str) -> list[str]:
    """A KPI or a rule over the source of its name."""
    title = scalar(asked.name.replace("_", " ").capitalize())
    lines = [f"{asked.name}:", f"  title: {title}", f"  source: {asked.name}"]
    if asked.kind == "kpi":
        return [*lines, f"  value: {scalar(value)}", "  window: all"]
    by = [f"  by: [{', '.join(scalar(column) for column in asked.by)}]"] if asked.by else []
    return [*lines, '  rows: "true"', *by, "  priority: warning"]


def _said(problem: Problem, parts: list[Inserted], loaded: Loaded) -> str:
    """What is wrong; of the SQL with its own line and column, as the person has it before them."""
    mark = problem.mark
    source = next((part for part in parts if part.text.splitlines()[part.first].lstrip().startswith("sql: |")), None)
    if source is not None and source.first + 2 <= mark.line <= source.last and mark.file == loaded.files[0].name:
        column = mark.column - source.indent - 4
        return f"line {mark.line - source.first - 1}, column {max(1, column)} of the SQL: {problem.message}"
    if any(part.first <= mark.line <= part.last for part in parts):
        return problem.message
    return str(problem)
