"""Hints from the file system, by watchdog: never the truth, only a reason to look at once.

What cannot be watched (the system's limits, a folder that may not be read) is told in words and tried again, with
patience: scans show what happens there.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

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
_PATIENCE = (1.0, 5.0, 15.0, 60.0)
"""Seconds until a folder that could not be watched is tried again, by the number of failures."""
_ERRORS = (OSError, RuntimeError)  # RuntimeError: no thread to be had, or a tree too deep for watchdog's walk
_WORDS = {
    errno.ENOSPC: "the system's limit of watched folders is reached, raise fs.inotify.max_user_watches",
    errno.EMFILE: "the system's limit of watching programs is reached, raise fs.inotify.max_user_instances",
    errno.EACCES: "permission denied",
}
_log = logging.getLogger(__name__)


class Hint(Protocol):
    """Where events go: `file` may have changed, `folder` came, went or moved, and `lost`: anything may have changed."""

    def file(self, path: str) -> None: ...

    def folder(self, path: str) -> None: ...

    def lost(self) -> None: ...


@dataclass
class _Watched:
    """One watched folder by its real path, and the names under which sources have it."""

    identity: tuple[int, int]
    deep: bool
    watch: ObservedWatch
    bases: list[str]


@dataclass
class _Failure:
    """Why a folder, or one below it, is not watched, and when that is tried again (monotonic s)."""

    reason: str
    next_try: float
    tries: int = 1


class Watcher:
    """Watches the base folders of all sources. Used by one thread; hints come from watchdog's threads."""

    def __init__(self, hint: Hint) -> None:
        self._hint = hint
        self._wanted: dict[str, bool] = {}
        self._watched: dict[str, _Watched] = {}
        self._failed: dict[str, _Failure] = {}
        self._observer: BaseObserver | None = None
        self._partly: dict[str, str] = {}
        self._overflow = _Overflow(hint)

    def start(self) -> None:
        """Begin; where the system gives no watches (limits), scanning alone goes on and `check` tries again."""
        for name in _LOGGERS:
            logging.getLogger(name).addHandler(self._overflow)

    def stop(self) -> None:
        """End, and wait for watchdog's threads."""
        for name in _LOGGERS:
            logging.getLogger(name).removeHandler(self._overflow)
        self._end_observer()

    def serve(self, bases: Mapping[str, bool]) -> None:
        """Watch these folders (True: with all below) and no others."""
        self._wanted = dict(bases)
        self._failed.clear()
        self.check()

    def check(self) -> list[str]:
        """Watch folders that came (back), or that could not be watched: what these hold must be scanned. Cheap."""
        if self._observer is not None and not self._alive():
            self._end_observer()
        places = self._places()
        for real in set(self._watched) - set(places):
            self._drop(real)
        self._note_parts()
        came: list[str] = []
        for real, (deep, bases) in places.items():
            identity = _identity(real)
            watched = self._watched.get(real)
            if watched is not None and watched.identity == identity and watched.deep == deep:
                came += set(bases) - set(watched.bases)
                watched.bases[:] = bases
                failure = self._failed.get(real)
                if failure is None or time.monotonic() < failure.next_try:
                    continue
            if watched is not None:
                self._drop(real)
            if identity is None:
                self._failed.pop(real, None)
            elif self._add(real, deep, bases, identity):
                came += bases
        return came

    def blind(self) -> dict[str, str]:
        """Folders that are there but not, or not wholly, watched, and why: scans alone show what happens in them."""
        self._note_parts()
        result: dict[str, str] = {}
        for real, (_, bases) in self._places().items():
            failure = self._failed.get(real)
            if failure is not None and _identity(real) is not None:
                result |= dict.fromkeys(bases, failure.reason)
        return result

    def _places(self) -> dict[str, tuple[bool, list[str]]]:
        """The folders wanted by real path: a link to a folder gives no events of what is in it."""
        places: dict[str, tuple[bool, list[str]]] = {}
        for base, deep in self._wanted.items():
            real = os.path.realpath(base)
            was = places.get(real, (False, []))
            places[real] = (was[0] or deep, [*was[1], base])
        return places

    def _alive(self) -> bool:
        """Whether all of watchdog's threads that should be there are: one that died of an error tells nobody."""
        observer = self._observer
        if observer is None or not observer.is_alive() or not getattr(observer, "reading", True):
            return False
        emitters = {emitter.watch for emitter in observer.emitters if emitter.is_alive()}
        for real in [r for r, watched in self._watched.items() if watched.watch not in emitters]:
            self._drop(real)
        return True

    def _begin_observer(self) -> BaseObserver:
        """The observer, started if it was not. OSError, RuntimeError: the system does not give one."""
        if self._observer is None:
            observer = _observer(self._unwatched)
            observer.start()
            self._observer = observer
        return self._observer

    def _end_observer(self) -> None:
        observer, self._observer = self._observer, None
        self._watched.clear()
        if observer is not None:
            observer.stop()
            observer.join(5)

    def _add(self, real: str, deep: bool, bases: list[str], identity: tuple[int, int]) -> bool:
        failure = self._failed.get(real)
        if failure is not None and time.monotonic() < failure.next_try:
            return False
        bases = list(bases)
        try:
            observer = self._begin_observer()
            handler = _Handler(self._hint, real, bases)
            watch = observer.schedule(handler, real, recursive=deep, event_filter=_EVENTS)
        except _ERRORS as error:
            self._fail(real, _reason(error))
            self._partly.pop(real, None)
            return False
        self._watched[real] = _Watched(identity, deep, watch, bases)
        self._note_parts()
        failure = self._failed.get(real)
        if failure is not None and failure.next_try <= time.monotonic():
            del self._failed[real]
        return True

    def _fail(self, real: str, reason: str) -> None:
        failure = self._failed.get(real)
        tries = failure.tries + 1 if failure is not None else 1
        if failure is None or failure.reason != reason:
            _log.warning("%s is not watched, scanning instead: %s", real, reason)
        wait = _PATIENCE[min(tries, len(_PATIENCE)) - 1]
        self._failed[real] = _Failure(reason, time.monotonic() + wait, tries)

    def _unwatched(self, path: str, reason: str) -> None:
        """Told by watchdog's threads: a folder (below a base) cannot be watched. Nothing else would say so."""
        self._partly[path] = reason

    def _note_parts(self) -> None:
        failed: dict[str, str] = {}
        while self._partly:
            path, reason = self._partly.popitem()
            failed |= {real: reason for real in self._watched if f"{path}/".startswith(f"{real.rstrip('/')}/")}
        for real, reason in failed.items():
            self._fail(real, reason)

    def _drop(self, real: str) -> None:
        watched = self._watched.pop(real)
        if self._observer is not None:
            try:
                self._observer.unschedule(watched.watch)
            except (KeyError, OSError) as error:
                _log.debug("unwatching %s: %s", real, error)


class _Handler(FileSystemEventHandler):
    """Passes paths on, under the names by which sources know them; no I/O here, it runs in watchdog's thread."""

    def __init__(self, hint: Hint, real: str, bases: list[str]) -> None:
        self._hint = hint
        self._real = real
        self._bases = bases

    def on_any_event(self, event: FileSystemEvent) -> None:
        tell = self._hint.folder if event.is_directory else self._hint.file
        for path in (event.src_path, event.dest_path):
            if path:
                for name in self._names(os.fsdecode(path)):
                    tell(name)

    def _names(self, path: str) -> Iterable[str]:
        if not path.startswith(self._real):
            return [path]
        return [base + path[len(self._real) :] for base in list(self._bases)]


class _Overflow(logging.Handler):
    """watchdog tells of lost events only in its log."""

    def __init__(self, hint: Hint) -> None:
        super().__init__(logging.WARNING)
        self._hint = hint

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - the signature is logging's
        """Whatever it warns of: look everywhere."""
        self._hint.lost()


def _observer(unwatched: Callable[[str, str], None]) -> BaseObserver:
    if sys.platform == "linux":
        from opsconsole.tables.folders.inotify import TellingObserver

        return TellingObserver(lambda path, error: unwatched(path, _reason(error)))
    return Observer()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return _WORDS.get(error.errno or 0) or error.strerror or str(error)
    return str(error) or type(error).__name__


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if os.path.isdir(path) else None
