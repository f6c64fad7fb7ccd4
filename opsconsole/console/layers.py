"""Which of what the engine knows is drawn on KPIs' own charts: nothing until a person wants it, then on all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

NAMES = {"limits": "control limits", "forecast": "the forecast", "anomalies": "anomalies"}


class Speaker(Protocol):
    """The program, as far as this concerns it."""

    def say(self, text: str, style: str = "") -> None:
        """Say something on the last line until the next key."""
        ...

    def told(self, text: str) -> str:
        """A text that mentions keys."""
        ...


class Layers:
    """What is drawn, in the order of `NAMES`."""

    def __init__(self, program: Speaker, on: Iterable[str] = ()) -> None:
        self._program = program
        self.on: tuple[str, ...] = ()
        self.put(on)

    def put(self, on: Iterable[str]) -> None:
        """Draw these, of those that there are."""
        wanted = set(on)
        self.on = tuple(name for name in NAMES if name in wanted)

    def do_draw_limits(self, _: str) -> None:
        self._switch("limits")

    def do_draw_forecast(self, _: str) -> None:
        self._switch("forecast")

    def do_draw_anomalies(self, _: str) -> None:
        self._switch("anomalies")

    def _switch(self, name: str) -> None:
        self.put(set(self.on) ^ {name})
        drawn = [NAMES[each] for each in self.on]
        text = f"drawn on KPIs' charts: {', '.join(drawn)}" if drawn else "nothing more is drawn on KPIs' charts"
        self._program.say(text)
