"""Time on the screen: redrawn on the site's whole minutes only, and each second while the engine is lost."""

from __future__ import annotations

from collections.abc import Callable

from textual.timer import Timer

from opsconsole.console.host import Program


class Ticking:
    """Has the screen that is shown drawn again when its clocks and ages have moved on."""

    def __init__(self, program: Program, later: Callable[..., Timer]) -> None:
        self._program = program
        self._later = later
        self.timer: Timer | None = None
        """What waits; None: nothing moves on by itself."""

    def soon(self) -> None:
        """Wait for the next moment at which something moves on; in the past nothing does."""
        if self.timer is not None:
            self.timer.stop()
            self.timer = None
        travel = self._program.travel
        if not travel.at or travel.live.lost_at is not None:
            self.timer = self._later(self.until_next(), self.tick)

    def tick(self) -> None:
        """It is the moment."""
        if not self._program.travel.at and not self._program.pause.on:
            self._program.history.current.update(set())
        self._program.paint_soon()
        self.soon()

    def until_next(self) -> float:
        """Seconds until the next moment at which something moves on."""
        live = self._program.travel.live
        if live.lost_at is not None:
            return 1.0
        real = 60.0 - self._program.wall() % 60.0
        if live.site is None or live.site.speed <= 0:
            return real + 0.01
        return max(0.5, min(real, (60.0 - self._program.now() % 60.0) / live.site.speed) + 0.01)
