"""The end after a hang-up: what is left to be done has a moment, then the process is gone, whatever it is busy with."""

from __future__ import annotations

import os
import signal
import threading

CODE = 128 + signal.SIGHUP
LONGEST = 0.7
"""Seconds for keeping where one was and taking leave of the engine; both take some hundredths."""


_DONE = threading.Event()


def done() -> None:
    """The console has ended by itself: whoever started it may take the time to clear up."""
    _DONE.set()


def end_soon() -> None:
    """See to it that the process ends. It may be called more than once, from any thread: the first call counts."""
    threading.Thread(target=_end, name="hangup", daemon=True).start()


def _end() -> None:
    if not _DONE.wait(LONGEST):
        os._exit(CODE)
