"""watchdog's inotify observer, made to tell of folders that it could not watch: it skips them without a word."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter
from watchdog.observers.inotify_c import CallbackId, InotifyFD, Mask, WatchCallback, WatchDescriptor

Tell = Callable[[str, OSError], None]
_GONE = {errno.ENOENT, errno.ENOTDIR}


class _TellingFD(InotifyFD):
    """Where watches are added, at the start, for new folders and after an overflow."""

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self._tell = tell

    def add_callback(self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId) -> WatchDescriptor:
        """Add a watch. OSError: the system refuses it; told too, unless the folder is just not there.

        As in watchdog, but without its warning about a watch that is there already: a tree that comes at once is added
        several times over, and each warning spells out the whole tree.
        """
        try:
            with self._lock:
                watch = self._get_or_create_watch(path, mask)
                if watch.wd != -1:
                    watch.callbacks[id_] = callback
                    return watch.wd
                self._remove_watch(watch.wd)  # that is how it says EACCES
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fsdecode(path))
        except OSError as error:
            if error.errno not in _GONE:
                self._tell(os.fsdecode(path), error)
            raise


class TellingObserver(BaseObserver):
    """An observer with an inotify instance of its own. OSError: the system gives no instance."""

    def __init__(self, tell: Tell) -> None:
        self._fd = _TellingFD(tell)
        self._fd.start()
        super().__init__(InotifyEmitter, inotify_fd=self._fd)

    @property
    def reading(self) -> bool:
        """Whether the thread that reads events is alive."""
        return self._fd.is_alive()

    def on_thread_stop(self) -> None:
        """End the reading thread with the observer."""
        super().on_thread_stop()
        self._fd.stop()
        self._fd.join()
