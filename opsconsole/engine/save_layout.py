"""A layout that was edited on screen written into its file: only over what the person saw, and nothing else changed.

The file is made to say what was edited, read again with the whole site and bound to the tables; only where it says
exactly that it takes the place of the old one. A layout without a file of its own becomes one.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import threading
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from opsconsole.engine import recording
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import Command, Done
from opsconsole.engine.save_messages import LayoutDraft, LayoutFile
from opsconsole.engine.save_sql import CannotSaveError, Schemas, Write
from opsconsole.engine.site_edit import ChangedError, SiteEdit
from opsconsole.kpis.bind import bind
from opsconsole.site.figures import count
from opsconsole.site.layout_source import CannotWriteError
from opsconsole.site.layout_text import edited_bytes, layout_text
from opsconsole.site.model import Layout, placed
from opsconsole.site.names import show
from opsconsole.site.parse import LAYOUT_ENDINGS, Loaded, load_site

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_KEPT = 20_000
"""Characters of a file that the journal keeps; a longer one is cut."""


class SaveLayout:
    """Reads layouts to be edited, and writes them. May be used from any thread; one at a time is worked on."""

    def __init__(self, path: Callable[[], Path | None], schemas: Schemas, edit: SiteEdit) -> None:
        self._path = path
        self._schemas = schemas
        self._edit = edit
        self._lock = threading.Lock()

    def look(self, name: str) -> LayoutFile:
        """A layout as its file has it. Raises CannotSaveError."""
        with self._lock:
            path = self._file()
            try:
                loaded = _loaded(path)
                layout = _named(loaded, name)
                if not layout.file:
                    return LayoutFile(layout, "")
                data, digest = self._edit.read(_path_of(loaded, layout))
                return LayoutFile(_named(_loaded(path, {Path(layout.file).name: data}), name), digest)
            except OSError as error:
                raise CannotSaveError(f"the layout {show(name)} cannot be read: {error.strerror}") from error

    def save(self, command: Command, write: Write, peer: Peer, now: dt.datetime) -> Done:
        """Write it, where the file is still the one that was seen; it is in the journal first."""
        draft = command.layout
        if draft is None or not draft.layout.rows:
            return Done(refused={"save-layout": "no layout to be saved was given"})
        name = draft.name or draft.layout.name
        with self._lock:
            try:
                return self._save(draft, name, command.digest, write, peer, now)
            except (CannotSaveError, ChangedError, CannotWriteError) as error:
                return Done(refused={name: str(error)})
            except FileExistsError:
                return Done(refused={name: f"the layout {name} has got a file meanwhile, and nothing is overwritten"})
            except OSError as error:
                where = error.filename or "the layout file"
                return Done(refused={name: f"{where} cannot be written: {error.strerror}"})

    def _save(self, draft: LayoutDraft, name: str, digest: str, write: Write, peer: Peer, now: dt.datetime) -> Done:
        path = self._file()
        loaded = _loaded(path)
        known = _named(loaded, draft.layout.name)
        other = bool(draft.name) and draft.name != known.name
        if other:
            _check_name(loaded, name)
        before = known
        data = b""
        if known.file:
            source = _path_of(loaded, known)
            data = self._edit.expect(source, digest)
            before = _named(_loaded(path, {source.name: data}), known.name)
            text = edited_bytes(data, before, draft.layout, known.file)
        elif digest:
            raise CannotSaveError(f"the layout {known.name} has no file any more: leave the edit and begin again")
        else:
            text = layout_text(draft.layout).encode()
        if text == data and not other:
            return Done(already={name: "the layout is as its file has it: nothing to save"})
        target = _path_of(loaded, known) if known.file and not other else _folder(loaded) / f"{name}.yaml"
        self._check(path, target.name, text, draft.layout, name, keep_title=not other)
        entry = recording.of_person(
            peer,
            "site",
            "layout saved",
            name,
            now,
            {"file": f"{target.parent.name}/{target.name}", "was": _cut(data), "is": _cut(text)},
            before="" if other else _size(before),
            after=_size(draft.layout),
        )
        fresh = other or not known.file
        with self._edit.making(target, text) if fresh else self._edit.replacing(target, text):
            if trouble := write([entry]):
                raise CannotSaveError(trouble)
        return Done(applied=[name], said=f"layout saved: {target.parent.name}/{target.name}")

    def _check(self, path: Path, file: str, text: bytes, wanted: Layout, name: str, *, keep_title: bool) -> None:
        """That the file says what was edited, and nothing that the site cannot show."""
        loaded = load_site(path, put={file: text})
        problems = loaded.problems
        if loaded.site is not None:
            _, problems = bind(loaded, self._schemas())
        wrong = next((problem for problem in problems if problem.severity == "error"), None)
        if wrong is not None:
            raise CannotSaveError(f"not saved, as the site would have an error: {wrong}")
        found = _named(loaded, name)
        title = wanted.title if keep_title else found.title
        if found != replace(wanted, name=name, title=title, file=found.file):
            raise CannotSaveError(
                f"{file} cannot be made to say this without changing something else (is a part of it shared by an "
                "anchor, `&…`?): edit it by hand"
            )

    def _file(self) -> Path:
        path = self._path()
        if path is None:
            raise CannotSaveError(
                "this site has no site.yaml yet: `:save-draft` writes the draft and its layout, then edit it"
            )
        return path


def _loaded(path: Path, put: dict[str, bytes] | None = None) -> Loaded:
    loaded = load_site(path, put=put)
    if loaded.site is None:
        first = next(problem for problem in loaded.problems if problem.severity == "error")
        raise CannotSaveError(f"the site has an error, mend that first: {first}")
    return loaded


def _named(loaded: Loaded, name: str) -> Layout:
    layouts = loaded.site.layouts if loaded.site is not None else ()
    found = next((layout for layout in layouts if layout.name == name), None)
    if found is None:
        known = ", ".join(layout.name for layout in layouts)
        raise CannotSaveError(f"there is no layout {show(name)}; there are {known}")
    return found


def _folder(loaded: Loaded) -> Path:
    if loaded.layouts is None:
        raise CannotSaveError("the site names no folder for layouts")
    return loaded.layouts


def _path_of(loaded: Loaded, layout: Layout) -> Path:
    return _folder(loaded) / Path(layout.file).name


def _check_name(loaded: Loaded, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise CannotSaveError(f"`{show(name)}` is no name for a layout: letters, digits, _ and -, at most 64")
    there: list[str] = []
    with contextlib.suppress(FileNotFoundError):
        there = [each.name for each in _folder(loaded).iterdir() if each.suffix in LAYOUT_ENDINGS and each.stem == name]
    if there:
        raise CannotSaveError(f"there is a {there[0]} already, and nothing is overwritten: take another name")


def _size(layout: Layout) -> str:
    return f"{count(len(layout.rows), 'row')}, {count(sum(1 for _ in placed(layout)), 'panel')}"


def _cut(data: bytes) -> str:
    text = data.decode("utf-8-sig", "replace")
    return text if len(text) <= _KEPT else text[:_KEPT] + "…"
