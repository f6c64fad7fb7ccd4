"""The site as it lies on disk: loaded, watched for edits, and for a folder without a site file drafted anew."""

from __future__ import annotations

import os
import time
from pathlib import Path

from opsconsole.engine.messages import Done
from opsconsole.engine.place import SITE_FILES, Place
from opsconsole.site.model import Problem
from opsconsole.site.parse import Loaded, layout_files, load_site

# A draft follows the families of files in the folder; looking at all of them costs more than a stat of a site file.
_DRAFT_EVERY = 5.0
_DRAFT_FILES = 5_000

_Stamp = tuple[tuple[str, int, int, int], ...]


class SiteError(Exception):
    """A site that cannot be used; `problems` says what is wrong with it, each with file:line:column."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class SiteFile:
    """The site file and its layouts, or the draft of a folder."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._stamp: _Stamp = ()
        self._files: list[Path] = []
        self._layouts: Path | None = None
        self._looked = 0.0
        self._written: Path | None = None

    @property
    def root(self) -> Path:
        """The folder that the paths in the site file are relative to."""
        return self._place.root

    def load(self) -> Loaded:
        """The site. Raises SiteError with all problems, or OSError."""
        self._written = self._site_file()
        if self._written is None:
            return self._draft()
        loaded = load_site(self._written)
        self._files, self._layouts = loaded.files, loaded.layouts
        self._stamp = self._stamp_now()
        if loaded.site is None:
            raise SiteError(loaded.problems)
        return loaded

    def edited(self) -> Loaded | None:
        """The site anew if it was edited since the last look. Raises SiteError with all problems, or OSError."""
        if self._site_file() != self._written:
            return self.load()
        if self._written is not None:
            return self.load() if self._stamp_now() != self._stamp else None
        if time.monotonic() - self._looked < _DRAFT_EVERY:
            return None
        self._looked = time.monotonic()
        return self._draft() if self._folder_stamp() != self._stamp else None

    def _site_file(self) -> Path | None:
        """The site file; None while the folder has none and is drafted."""
        if not self._place.draft:
            return self._place.site
        named = (self._place.site / name for name in SITE_FILES)
        return next((path for path in named if path.is_file()), None)

    def save_draft(self) -> Done:
        """Write the draft as files, for a person to edit; refused where there is a site file already."""
        from opsconsole.engine.draft import write_draft

        if self._written is not None:
            return Done(refused={"draft": "this site has a site file already"})
        try:
            written, existing = write_draft(self._place.site)
        except OSError as error:
            return Done(refused={"draft": f"cannot write the draft: {error}"})
        if existing:
            why = "exists already, and nothing is overwritten"
            return Done(refused={path.name: f"{path.name} {why}" for path in existing})
        return Done(applied=[str(path) for path in written])

    def _draft(self) -> Loaded:
        from opsconsole.engine.draft import draft_text, load_draft

        self._stamp = self._folder_stamp()
        self._looked = time.monotonic()
        texts = draft_text(self._place.site)
        loaded = load_draft(self._place.site, texts)
        if loaded.site is None:
            raise SiteError(loaded.problems)
        return loaded

    def _stamp_now(self) -> _Stamp:
        """The files of the site and the layouts there are; data that comes in beside them is no edit."""
        found = [self._stamp_of(path) for path in self._files or [self._place.site]]
        if self._layouts is not None:
            try:
                found += [(str(path), 0, 0, 0) for path in layout_files(self._layouts)]
            except OSError as error:
                found.append((str(self._layouts), 0, 0, error.errno or 0))
        return tuple(found)

    @staticmethod
    def _stamp_of(path: Path) -> tuple[str, int, int, int]:
        try:
            stat = path.stat()
        except OSError as error:
            return str(path), 0, 0, error.errno or 0
        return str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns

    def _folder_stamp(self) -> _Stamp:
        """Which files lie in the folder; their content is the feed's business."""
        found: list[tuple[str, int, int, int]] = []
        for folder, folders, files in os.walk(self._place.site):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            found += [(os.path.join(folder, name), 0, 0, 0) for name in sorted(files) if not name.startswith(".")]
            if len(found) > _DRAFT_FILES:
                break
        return tuple(found)
