"""What Textual loads with every app and this console never uses: a tenth of a start.

That is Textual's command palette with the trees, inputs and selects it is made of (the console has its own and turns
that one off), and what saves screenshots and shows themes as tables. While Textual is loaded they stand in for
themselves; whoever imports them afterwards gets the real ones.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import ModuleType

UNUSED = ("textual.command", "platformdirs", "mimetypes", "rich.table")


class Unused(ModuleType):
    """A module of which any name is a class that nobody makes an object of."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__module__": self.__name__})


@contextlib.contextmanager
def spared() -> Iterator[None]:
    """Without what is not used, unless it is loaded already."""
    standing = {name: Unused(name) for name in UNUSED if name not in sys.modules}
    sys.modules.update(standing)
    try:
        yield
    finally:
        for name, module in standing.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
