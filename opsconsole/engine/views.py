"""Filters of the alert list that the site shares under names, as the journal has them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from opsconsole.engine.messages import SavedView
from opsconsole.journal.journal import Record

KIND = "view"
_LONGEST_NAME, _LONGEST_LINE, _MOST = 40, 500, 200


class Views:
    """The saved views by name."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._known = {
            each.object: msgspec.convert(each.data["view"], SavedView) for each in records if each.what == "saved"
        }

    def checked(self, command: str, view: SavedView) -> SavedView | str:
        """The view that is to be saved or dropped, or why it cannot be; nothing is kept yet."""
        name = " ".join(view.name.split())
        if command == "drop-view":
            return self._known.get(name, f"there is no view {name}")
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            return f"a view needs a name of 1 to {_LONGEST_NAME} characters"
        if len(view.line) > _LONGEST_LINE or not view.line.isprintable():
            return f"the filter of a view has at most {_LONGEST_LINE} characters"
        if len(self._known) >= _MOST and name not in self._known:
            return f"there are {_MOST} views already; drop one first"
        return msgspec.structs.replace(view, name=name)

    def keep(self, view: SavedView, *, dropped: bool) -> None:
        """Take over what is in the journal."""
        if dropped:
            self._known.pop(view.name, None)
        else:
            self._known[view.name] = view

    def all(self) -> list[SavedView]:
        """The views by name."""
        return [self._known[name] for name in sorted(self._known)]
