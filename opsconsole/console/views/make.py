"""From an address to its screen; a screen's module is loaded when it is first shown."""

from __future__ import annotations

from importlib import import_module

from opsconsole.console.actions import Registry
from opsconsole.console.address import VIEWS, Address
from opsconsole.console.context import Context
from opsconsole.console.views.base import View

_ELSEWHERE = {
    "overview": ("overview", "Overview"),
    "flow_part": ("flow_part", "FlowPartView"),
    "tables": ("sources", "SourcesView"),
    "source": ("sources", "SourceView"),
}
"""Screens of which module and class are not simply called as they are: `log` is `LogView` in `log`."""


def make(ctx: Context, address: Address, registry: Registry, stack: str) -> View:
    """The screen of an address; `stack` are the scopes of the screen it is opened from (for help)."""
    if address.view == "help":
        from opsconsole.console.views.help import HelpView

        return HelpView(ctx, address, registry, stack)
    if address.view == "tour":
        from opsconsole.console.views.tour import TourView

        return TourView(ctx, address, registry)
    if address.view == "keys":
        from opsconsole.console.views.keys import KeysView

        return KeysView(ctx, address, registry)
    return screen(address)(ctx, address)


def screen(address: Address) -> type[View]:
    """The class of an address's screen; what another version left and this one does not know is the overview."""
    name = address.view if address.view in VIEWS else "overview"
    if name == "flow" and address.show:
        name = "flow_part"
    module, title = _ELSEWHERE.get(name, (name, f"{name.capitalize()}View"))
    found: type[View] = getattr(import_module(f"opsconsole.console.views.{module}"), title)
    return found
