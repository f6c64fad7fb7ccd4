"""Hints from the file system, by watchdog: never the truth, only a reason to look at once."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    FileClosedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]
_LOGGERS = ("watchdog.observers.inotify_c", "watchdog.observers.inotify")


class Watcher:
    """Watches the base folders of all sources. `hint(path)` names a file; `hint(None)` means: look everywhere."""

    def __init__(self, hint: Callable[[str | None], None]) -> None:
        self._hint = hint
        self._wanted: dict[str, bool] = {}
        self._watched: dict[str, tuple[ObservedWatch, tuple[int, int]]] = {}
        self._observer: BaseObserver | None = None
        self._overflow = _Overflow(hint)

    def start(self) -> None:
        """Begin; where the system gives no watches (limits), scanning alone goes on."""
        observer = Observer()
        try:
            observer.start()
        except OSError as error:
            logging.getLogger(__name__).warning("no file watching, scanning instead: %s", error)
            return
        self._observer = observer
        for name in _LOGGERS:
            logging.getLogger(name).addHandler(self._overflow)

    def stop(self) -> None:
        """End, and wait for watchdog's threads."""
        for name in _LOGGERS:
            logging.getLogger(name).removeHandler(self._overflow)
        if self._observer is not None:
            self._observer.stop()
            self._observer.join(5)
            self._observer = None
        self._watched.clear()

    def serve(self, bases: Mapping[str, bool]) -> None:
        """Watch these folders (True: with all below) and no others."""
        self._wanted = dict(bases)
        for base in set(self._watched) - set(bases):
            self._drop(base)
        self.check()

    def check(self) -> bool:
        """Watch folders that came (back); True if there was one: what it holds must be scanned."""
        came = False
        for base, deep in self._wanted.items():
            identity = _identity(base)
            watched = self._watched.get(base)
            if watched is not None and watched[1] == identity:
                continue
            if watched is not None:
                self._drop(base)
            if identity is not None and self._add(base, deep, identity):
                came = True
        return came

    @property
    def incomplete(self) -> bool:
        """Whether a folder is not watched, there or not: `check` often."""
        return any(base not in self._watched for base in self._wanted)

    @property
    def blind(self) -> bool:
        """Whether a folder is there but cannot be watched: only frequent scans show what happens in it."""
        return any(base not in self._watched and _identity(base) is not None for base in self._wanted)

    def _add(self, base: str, deep: bool, identity: tuple[int, int]) -> bool:
        if self._observer is None:
            return False
        try:
            watch = self._observer.schedule(_Handler(self._hint), base, recursive=deep, event_filter=_EVENTS)
        except OSError as error:
            logging.getLogger(__name__).warning("cannot watch %s, scanning instead: %s", base, error)
            return False
        self._watched[base] = (watch, identity)
        return True

    def _drop(self, base: str) -> None:
        watch, _ = self._watched.pop(base)
        if self._observer is not None:
            try:
                self._observer.unschedule(watch)
            except (KeyError, OSError) as error:
                logging.getLogger(__name__).debug("unwatching %s: %s", base, error)


class _Handler(FileSystemEventHandler):
    """Passes paths on; no I/O here, it runs in watchdog's thread."""

    def __init__(self, hint: Callable[[str | None], None]) -> None:
        self._hint = hint

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.is_directory:
            self._hint(None)
            return
        for path in (event.src_path, event.dest_path):
            if path:
                self._hint(os.fsdecode(path))


class _Overflow(logging.Handler):
    """watchdog tells of lost events only in its log."""

    def __init__(self, hint: Callable[[str | None], None]) -> None:
        super().__init__(logging.WARNING)
        self._hint = hint

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - the signature is logging's
        """Whatever it warns of: look everywhere."""
        self._hint(None)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if os.path.isdir(path) else None
