"""Where one has been: screens in the order they were opened, each as it was left."""

from __future__ import annotations

from msgspec.structs import replace

from opsconsole.console.views.base import View

ROOTS = ("overview", "alerts", "kpis", "goals", "tables", "sources")
DEEPEST = 50


class History:
    """The screens to go back through; the last one is on the terminal."""

    def __init__(self, first: View) -> None:
        self._stack = [first]
        self._left: View | None = None

    @property
    def current(self) -> View:
        """The screen shown."""
        return self._stack[-1]

    def open(self, view: View) -> None:
        """Go to another screen. The alerts filtered otherwise take the place of the list that is shown."""
        alike = view.address.view == "alerts" == self.current.address.view
        if alike or str(view.address) == str(self.current.address):
            self._stack[-1] = view
            return
        self._left = self.current
        self._stack.append(view)
        del self._stack[:-DEEPEST]

    def back(self) -> bool:
        """Go back to the screen before; False at the first one."""
        if len(self._stack) < 2:
            return False
        self._left = self._stack.pop()
        return True

    def last(self) -> bool:
        """Swap with the screen that was left last, and back again; False where there is none."""
        if self._left is None:
            return False
        left, self._left = self._left, self.current
        if len(self._stack) > 1 and self._stack[-2] is left:
            self._stack.pop()
        else:
            self._stack.append(left)
        return True

    def put_to(self, at: str) -> None:
        """Have all screens at one moment (empty: live); of those that are one and the same then the last is kept."""
        for view in self._all():
            view.address = replace(view.address, at=at)
        self._merge()

    def put_over(self, over: str) -> None:
        """Have all screens be about one range (empty: each about its own)."""
        for view in self._all():
            view.address = replace(view.address, over=over)
        self._merge()

    def _all(self) -> list[View]:
        return [*self._stack, *([self._left] if self._left is not None else [])]

    def _merge(self) -> None:
        """Of screens next to each other that are one and the same the last is kept."""
        following = [*self._stack[1:], None]
        self._stack = [
            view
            for view, after in zip(self._stack, following, strict=True)
            if after is None or str(view.address) != str(after.address)
        ]

    def trail(self) -> list[str]:
        """The breadcrumb: since the last screen that has a tab; what narrows the screen before it goes on from it."""
        views: list[View] = []
        for view in reversed(self._stack):
            views.append(view)
            if view.address.view in ROOTS:
                break
        labels: list[str] = []
        last: list[str] = []
        for view in reversed(views):
            crumbs = view.crumbs()
            labels += crumbs[len(last) :] if last and crumbs[: len(last)] == last else crumbs
            last = crumbs
        return labels
