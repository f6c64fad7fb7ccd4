"""The end after a hang-up: what is left to be done has a moment, then the process is gone, whatever it is busy with."""

from __future__ import annotations

import os
import signal
import threading

CODE = 128 + signal.SIGHUP
LONGEST = 0.7
"""Seconds for keeping where one was and taking leave of the engine; both take some hundredths."""


def end_soon() -> None:
    """See to it that the process ends. It may be called more than once, from any thread: the first call counts."""
    threading.Thread(target=_end, name="hangup", daemon=True).start()


def _end() -> None:
    threading.Event().wait(LONGEST)
    os._exit(CODE)
