"""Where one has been: screens in the order they were opened, each as it was left."""

from __future__ import annotations

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
        """Go to another screen."""
        if str(view.address) == str(self.current.address):
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

    def trail(self) -> list[str]:
        """The breadcrumb: labels since the last screen that has a tab."""
        labels: list[str] = []
        for view in reversed(self._stack):
            labels.append(view.label())
            if view.address.view in ROOTS:
                break
        return labels[::-1]
