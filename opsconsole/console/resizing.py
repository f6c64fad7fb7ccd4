"""A terminal that changes its size: drawn at once, and sent whole when a row of changes is over."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from textual.geometry import Size
from textual.timer import Timer

SETTLE = 0.1
"""Seconds without another change after which the size is taken for the last."""


class Resizing:
    """Waits for the end of a row of changes. `size` is what the program draws for, `changed` tells it of another one,
    `draw` sends the whole screen.
    """

    def __init__(
        self,
        later: Callable[..., Timer],
        size: Callable[[], Size],
        changed: Callable[[Size], object],
        draw: Callable[[], object],
    ) -> None:
        self._later = later
        self._size = size
        self._changed = changed
        self._draw = draw
        self._timer: Timer | None = None
        self._ask = False

    def settle(self, wait: bool, ask: bool) -> None:
        """The size has changed. `wait`: there is something to be sent when that is over; `ask`: there is a terminal
        that can be asked for its size.
        """
        self._ask = ask
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if wait:
            self._timer = self._later(SETTLE, self._settled)

    def _settled(self) -> None:
        """Send the whole screen.

        A terminal cuts its lines off as it shrinks; where it ends at the size it began with, Textual sees no change
        and would leave what was cut off. Signals that come close together can also be lost: the terminal is asked.
        """
        self._timer = None
        try:
            actual = actual_size() if self._ask else None
        except OSError:
            return  # the terminal has gone; the hang-up signal ends the program
        if actual is not None and actual != self._size():
            self._changed(actual)
        else:
            self._draw()


def actual_size() -> Size | None:
    """What the terminal says of its size; None where none is written to. Raises OSError where it has gone."""
    out = sys.__stdout__
    return Size(*os.get_terminal_size(out.fileno())) if out is not None else None
