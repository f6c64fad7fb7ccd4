"""What a screen may use of the program around it; screens and panels know nothing else of each other."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from opsconsole.console.address import Address
from opsconsole.console.model import Model
from opsconsole.engine.messages import Answer, Ask, KpiState

if TYPE_CHECKING:
    from opsconsole.console.layers import Layers
    from opsconsole.console.sql.desk import SqlDesk


class Context(Protocol):
    """The program as a screen sees it."""

    @property
    def model(self) -> Model:
        """The site, live or as of the past moment that is looked at."""
        ...

    @property
    def user(self) -> str:
        """Who the person is, as the kernel told the engine; empty before it is known."""
        ...

    @property
    def role(self) -> str:
        """What the person may do here, a role of `opsconsole.engine.commands.ROLES`; empty before it is known."""
        ...

    @property
    def sql(self) -> SqlDesk:
        """What screens of SQL share: what can be named, the statements run before."""
        ...

    @property
    def layers(self) -> Layers:
        """Which of what the engine knows is drawn on KPIs' charts."""
        ...

    @property
    def on_wall(self) -> bool:
        """Whether a layout hangs on a wall: then nothing has a focus."""
        ...

    def wall(self) -> float:
        """The wall clock, epoch seconds."""
        ...

    def now(self) -> float:
        """Site time, epoch seconds; a past moment where one is looked at."""
        ...

    def seconds(self, at: str) -> float | None:
        """The moment of an address in epoch seconds; None: now."""
        ...

    def asked_at(self, at: str) -> float | None:
        """The same as what is asked is to be of: while the picture stands still, of when that began."""
        ...

    def alert_at(self, alert: str, then: float | None) -> float | None:
        """What is asked of an alert is to be of `then`, else of when the picture began to stand still; None: of now."""
        ...

    def range_seconds(self, over: str) -> tuple[float, float] | None:
        """From when to before when the range of an address reaches, epoch seconds; None: there is none."""
        ...

    async def ask(self, body: Ask) -> Answer:
        """Ask the engine; raises `LinkError` where there is none."""
        ...

    def among(self, kpi: str, where: Mapping[str, str | None]) -> KpiState | None:
        """A KPI among the rows of some members as last answered; asks anew in the background. None: not known yet."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run in the background and redraw when it is done."""
        ...

    def go(self, address: Address) -> None:
        """Open another screen."""
        ...

    def told(self, text: str) -> str:
        """A text that mentions keys, with the keys of its `{action}`s as they are for this person."""
        ...

    def say(self, text: str, style: str = "") -> None:
        """Say something on the last line until the next key."""
        ...

    def redraw(self) -> None:
        """Draw what is shown, as something of it has changed."""
        ...
