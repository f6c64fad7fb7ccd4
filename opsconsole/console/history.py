"""Where one has been: screens in the order they were opened, each as it was left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.console.address import Address
from opsconsole.console.views.base import View

ROOTS = ("overview", "alerts", "kpis", "goals", "flow", "tables", "sources")
DEEPEST = 50


class Left(Struct, frozen=True):
    """A screen of a console that was closed: it is made when it is first come to. `kept`: `View.remember`."""

    address: Address
    kept: dict[str, Any] = {}


def _unmade(left: Left) -> View:
    raise LookupError(f"nothing makes {left.address}")


class History:
    """The screens to go back through, the last one is on the terminal; and those that one has come back from."""

    def __init__(self, first: View | Left, make: Callable[[Left], View] = _unmade) -> None:
        self._make = make
        self._stack: list[View | Left] = [first]
        self._ahead: list[View | Left] = []
        self._left: View | Left | None = None

    @property
    def current(self) -> View:
        """The screen shown."""
        return self._made(self._stack, -1)

    def _made(self, screens: list[View | Left], at: int) -> View:
        screen = screens[at]
        if isinstance(screen, Left):
            screen = screens[at] = self._make(screen)
        return screen

    def open(self, view: View) -> None:
        """Go to another screen. The alerts filtered otherwise take the place of the list that is shown."""
        alike = view.address.view == "alerts" == self.current.address.view
        if alike or str(view.address) == str(self.current.address):
            self._stack[-1] = view
            return
        self._left = self.current
        self._ahead.clear()
        self._stack.append(view)
        del self._stack[:-DEEPEST]

    def back(self) -> bool:
        """Go back to the screen before; False at the first one."""
        if len(self._stack) < 2:
            return False
        self._left = self._stack.pop()
        self._ahead.append(self._left)
        del self._ahead[:-DEEPEST]
        return True

    def forward(self) -> bool:
        """Go to the screen that one came back from; False where there is none."""
        if not self._ahead:
            return False
        self._left = self.current
        self._stack.append(self._ahead.pop())
        return True

    def last(self) -> bool:
        """Swap with the screen that was left last, and back again; False where there is none."""
        if self._left is None:
            return False
        left, self._left = self._left, self.current
        if self._ahead and self._ahead[-1] is left:
            self.forward()
        elif len(self._stack) > 1 and self._stack[-2] is left:
            self._ahead.append(self._stack.pop())
        else:
            self._stack.append(left)
        return True

    def put_to(self, at: str) -> None:
        """Have all screens at one moment (empty: live); of those that are one and the same then the last is kept."""
        self._each(lambda address: replace(address, at=at))

    def put_over(self, over: str) -> None:
        """Have all screens be about one range (empty: each about its own)."""
        self._each(lambda address: replace(address, over=over))

    def _each(self, change: Callable[[Address], Address]) -> None:
        """Change the addresses of all screens; of those next to each other that are one and the same then the last is
        kept."""
        self._stack = [_with(screen, change(screen.address)) for screen in self._stack]
        self._ahead = [_with(screen, change(screen.address)) for screen in self._ahead]
        if self._left is not None:
            self._left = _with(self._left, change(self._left.address))
        following = [*self._stack[1:], None]
        self._stack = [
            screen
            for screen, after in zip(self._stack, following, strict=True)
            if after is None or str(screen.address) != str(after.address)
        ]

    def trail(self) -> list[str]:
        """The breadcrumb: since the last screen that has a tab; what narrows the screen before it goes on from it."""
        views: list[View] = []
        for at in range(len(self._stack) - 1, -1, -1):
            views.append(self._made(self._stack, at))
            if views[-1].address.view in ROOTS:
                break
        labels: list[str] = []
        last: list[str] = []
        for view in reversed(views):
            crumbs = view.crumbs()
            labels += crumbs[len(last) :] if last and crumbs[: len(last)] == last else crumbs
            last = crumbs
        return labels

    # --- a console that is closed and opened again ---

    def remember(self, most: int) -> tuple[list[Left], list[Left]]:
        """The newest screens to go back through and to go forward to, live as they will be come back to."""
        return [_left(screen) for screen in self._stack[-most:]], [_left(screen) for screen in self._ahead[-most:]]

    def recall(self, stack: Sequence[Left], ahead: Sequence[Left]) -> None:
        """Be where one was; `stack` has at least one screen."""
        self._stack, self._ahead, self._left = [*stack], [*ahead], None


def _with(screen: View | Left, address: Address) -> View | Left:
    if isinstance(screen, Left):
        return replace(screen, address=address)
    screen.address = address
    return screen


def _left(screen: View | Left) -> Left:
    address = replace(screen.address, at="")
    return Left(address, screen.kept if isinstance(screen, Left) else screen.remember())
