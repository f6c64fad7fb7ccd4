"""A fault of the program: all of it for whoever mends it, one sentence for the person at the console."""

from __future__ import annotations

import traceback
from pathlib import Path

LARGEST = 1_000_000
"""Bytes of a log of faults that is gone on with; a larger one is begun anew, the old one stands beside it."""


def note(error: Exception, log: Path) -> str:
    """Write a fault down, and say what a person has to know of it."""
    try:
        if log.exists() and log.stat().st_size > LARGEST:
            log.replace(log.with_suffix(".old"))
        with log.open("a", encoding="utf-8") as out:
            traceback.print_exception(error, file=out)
        where = f"The details are in {log}."
    except OSError as problem:
        where = f"The details could not be written to {log}: {problem.strerror}."
    return (
        f"the console failed: {type(error).__name__}: {error}. Nothing is lost, the engine goes on: "
        f"start it again. {where}"
    )
