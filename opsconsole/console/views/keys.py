"""All keys as they are for this person, with the names of the actions: what `config.yaml` can change."""

from __future__ import annotations

from opsconsole.console.actions import SCOPES, Registry, key_name
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.pane import Column, Pane, Row, cell
from opsconsole.console.panels import heading
from opsconsole.console.text import Line
from opsconsole.console.views.base import View
from opsconsole.console.views.kpis import filter_note

COLUMNS = (
    Column("keys", 14),
    Column("action", 18),
    Column("what it does", 24, grow=True),
    Column("command", 16, grow=True, most=34, drop=2),
    Column("where", 20, grow=True, most=38, drop=1),
)


class KeysView(View):
    """A row for each action, in the order of the scopes."""

    def __init__(self, ctx: Context, address: Address, registry: Registry) -> None:
        super().__init__(ctx, address)
        self._pane = Pane(COLUMNS)
        self._pane.set_rows(
            [
                Row(
                    action.id,
                    (
                        cell(" ".join(key_name(key) for key in action.keys), "key"),
                        cell(action.id),
                        cell(action.title),
                        cell(f":{action.line}" if action.line else "", "dim"),
                        cell(where, "dim"),
                    ),
                    copy=action.id,
                )
                for scope, where in SCOPES.items()
                for action in registry.in_scopes((scope,))
            ]
        )

    @property
    def pane(self) -> Pane:
        return self._pane

    def label(self) -> str:
        return "Keys"

    def draw(self, cells: int, lines: int) -> list[Line]:
        note: Line = [(f"{filter_note(self._pane)} · yours: config.yaml, `keys:`", "dim")]
        return [heading("Keys", note, cells, True), *self._pane.draw(cells, lines - 1, True)]
