"""The program, for the handlers of actions: what concerns all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from opsconsole.console.actions import Registry
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.history import History
from opsconsole.console.link import Link
from opsconsole.console.looking import Looking
from opsconsole.console.pause import Pause
from opsconsole.console.prompt import Prompt
from opsconsole.console.touring import Toured
from opsconsole.console.travel import Travel

if TYPE_CHECKING:
    from opsconsole.console.doing import Doing
    from opsconsole.console.outlet import Outlet
    from opsconsole.console.scrub import Scrubber
    from opsconsole.console.turning import Turning


class Program(Context, Protocol):
    """The program, for what concerns all of it."""

    doing: Doing
    registry: Registry
    outlet: Outlet
    wall_mode: Turning | None
    history: History
    prompt: Prompt | None
    link: Link
    travel: Travel
    looking: Looking
    toured: Toured | None
    pause: Pause

    @property
    def scrubber(self) -> Scrubber:
        """The bar of a past moment."""
        ...

    @property
    def stack(self) -> str:
        """Which scopes of actions are active here, now."""
        ...

    def leave(self) -> None:
        """End the console."""
        ...

    def copy_out(self, text: str) -> None:
        """Send a text to the person's clipboard."""
        ...

    def enter(self) -> None:
        """Show the current screen with all that there is, and have it ask for the rest."""
        ...

    def go_home(self, address: Address) -> None:
        """Show a screen as if the console had begun with it: nothing to go back through."""
        ...

    def paint_soon(self) -> None:
        """Draw once the messages at hand are dealt with."""
        ...

    def reload(self) -> None:
        """Ask the engine again for what the screen shows."""
        ...
