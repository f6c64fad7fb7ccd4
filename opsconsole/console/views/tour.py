"""The tour: one screen for whoever is here for the first time. Any key leaves it."""

from __future__ import annotations

from opsconsole.console.actions import Registry, key_name
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, fit, inert, left, wrap
from opsconsole.console.views.base import View

# Five keys, by the ids of their actions: they are shown as the person has them.
FIVE = (
    ("open", "open: from a KPI or an alert down to its rows"),
    ("back", "back again, one thing at a time"),
    ("ack", "acknowledge the alert: you have seen it"),
    ("filter", "show only what has these words"),
    ("help", "the keys that work on the screen you are on"),
)
_KEY = 6
_FULL, _LOW, _WIDE = 19, 13, 60


class TourView(View):
    """What one sees, five keys, where to go."""

    any_key = True

    @property
    def stack(self) -> str:
        return "text"

    def __init__(self, ctx: Context, address: Address, registry: Registry) -> None:
        super().__init__(ctx, address)
        self.registry = registry

    def offers(self, action: str) -> bool:  # noqa: ARG002 - any key leaves
        return False

    def label(self) -> str:
        return "Tour"

    def draw(self, cells: int, lines: int) -> list[Line]:
        short = lines < _FULL or cells < _WIDE
        parts: list[tuple[str, list[Line]]] = [
            ("What you see", [*self._seen(cells, short), self._signs(cells)]),
            ("Five keys", [self._key(action, what, cells) for action, what in FIVE]),
            ("Where to go", self._where(cells, short)),
        ]
        title = "Welcome" if cells < _WIDE else "Welcome to opsconsole"
        out: list[Line] = [heading(title, [("any key goes on", "bold")], cells, True)]
        # where it is low, the keys come before what explains itself
        for name, part in parts if lines >= _LOW else parts[1:]:
            out += [] if short or name == parts[0][0] else [fit([], cells)]
            out += [fit([(f" {name}", "bold")], cells), *part]
        return out[:lines]

    def _seen(self, cells: int, short: bool) -> list[Line]:
        site = self.ctx.model.site
        text = "Quiet when all is well: colour, bold and reverse are spent on what is wrong."
        if not short:
            text = (
                f"How {inert(site.name) if site is not None else 'this site'} is doing, live. {text} The first line is "
                "shift and time; the last but one says how far the figures can be trusted."
            )
        return [fit([(f"  {line}", "")], cells) for line in wrap(text, cells - 4)]

    def _signs(self, cells: int) -> Line:
        line: Line = [("  ", ""), ("▲C", "critical"), (" critical  ", ""), ("◆W", "warning"), (" warning  ", "")]
        line += [("▽L", "low"), (" low  ", ""), (" x ", "reverse"), (" not acknowledged  ○ND no data  ◌ST stale", "")]
        return fit(line, cells)

    def _key(self, action: str, what: str, cells: int) -> Line:
        keys = self.registry.by_id[action].keys
        shown = key_name(keys[0]) if keys else f":{self.registry.by_id[action].word}"
        return fit([("  " + left(shown, _KEY), "bold"), (what, "")], cells)

    def _where(self, cells: int, short: bool) -> list[Line]:
        keyed = {action.keys[0]: action for action in self.registry.actions if len(action.keys) == 1}
        places = [f"{key} {keyed[key].id}" for key in "123456789" if key in keyed]
        said = [
            ("  " if short else "   ").join(places),
            "Anything by its name after `:`, such as :kpi or :rows; Tab completes it.",
            "`opsconsole doctor` tells what is amiss with terminal or site.",
            "`:tour` shows this again.",
        ]
        said = [said[0], said[3]] if short else said
        return [fit([(f"  {line}", "")], cells) for text in said for line in wrap(text, cells - 4)]
