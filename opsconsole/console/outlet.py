"""Pictures on their way to the terminal: one that it cannot take yet is owed, and the newest is what it gets."""

from __future__ import annotations

from collections.abc import Callable

from textual.driver import Driver
from textual.timer import Timer

from opsconsole.console.text import inert
from opsconsole.console.tty import Tty

SOON, LATER = 0.03, 1.0
"""Seconds between looks at a terminal that takes nothing: the first, and the longest."""
EMPTY = 0.2
"""Seconds for which the first picture waits for something to show."""


class Outlet:
    """`driver` is the terminal's, once there is one; `paint` draws anew, all of it where it is told so."""

    def __init__(
        self, driver: Callable[[], Driver | None], later: Callable[..., Timer], paint: Callable[[bool], None]
    ) -> None:
        self._driver = driver
        self._later = later
        self._paint = paint
        self._owed = False
        self._whole = False
        self._wait = SOON
        self._timer: Timer | None = None
        self._open = False

    def opens(self, known: bool) -> bool:
        """Whether there are pictures yet: from the first on that shows something, or once it has been waited for.

        Each picture is followed by a question to the terminal, and the next waits for the answer: an empty one would
        have the first figure wait for a journey of the link there and back.
        """
        self._open = self._open or known
        return self._open

    @property
    def tty(self) -> Tty | None:
        """The terminal; None where the screen is not on one."""
        driver = self._driver()
        return driver if isinstance(driver, Tty) else None

    @property
    def hangs(self) -> bool:
        """Whether what was written last has not come out, at the end of the program."""
        tty = self.tty
        return tty is not None and tty.hangs

    def takes(self, *, whole: bool = False) -> bool:
        """Whether a picture may be drawn now; if not it is drawn as soon as it may, the whole screen if so wanted."""
        tty = self.tty
        if tty is None or tty.takes:
            return True
        self._owed, self._whole = True, self._whole or whole
        if self._timer is None:
            self._timer = self._later(self._wait, self._look)
            self._wait = min(LATER, self._wait * 1.5)
        return False

    def _look(self) -> None:
        self._timer = None
        self.free()

    def free(self) -> None:
        """The terminal may take a picture again."""
        if not self._owed:
            return
        whole, self._owed, self._whole = self._whole, False, False
        self._paint(whole)
        if not self._owed:
            self._wait = SOON

    def sent(self) -> None:
        """A picture has been handed to the terminal."""
        if self._open and (tty := self.tty) is not None:
            tty.ask()

    def switch_mouse(self) -> bool:
        """Turn the mouse on or off; whether it is on now."""
        tty = self.tty
        if tty is not None:
            tty.switch_mouse(not tty.mouse_on)
        return tty is not None and tty.mouse_on

    def copy(self, text: str) -> tuple[str, str]:
        """Send a text to the person's clipboard; what to say of it, and in which style."""
        from opsconsole.console.clipboard import TooLongError, sequence

        try:
            escape = sequence(text)
        except TooLongError as error:
            return f"not copied: {error}", "warning"
        self.write(escape)
        shown = inert(text) if len(text) < 40 else f"{len(text)} characters"
        return f"copied: {shown}", ""

    def write(self, escape: str) -> None:
        """A sequence that is no part of the picture."""
        driver = self._driver()
        if driver is not None:
            driver.write(escape)
