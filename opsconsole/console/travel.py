"""Where in time one looks: live, or at past moments, each with the site as it was then.

A screen is at the moment that its address names, so going back brings back the moment too. What is live goes on
arriving unseen. While one steps fast only the last moment is asked for, and until its answer is there the screen stays
at the moment it shows.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Coroutine
from typing import Any, Protocol

from msgspec.structs import replace

from opsconsole.console import fmt, when
from opsconsole.console.address import Address
from opsconsole.console.history import History
from opsconsole.console.link import LinkError
from opsconsole.console.model import Model
from opsconsole.console.steps import Stride, back_by
from opsconsole.console.text import inert
from opsconsole.console.views.base import View
from opsconsole.engine.messages import Answer, Ask, AskSnapshot, Snapshot
from opsconsole.site.moments import MomentError, moment_text
from opsconsole.site.ranges import ALL

NOW = "now"
REST = 0.12
"""Seconds without a step after which the moment come to is asked for."""
KEPT = 24
"""So many moments are kept as they were answered."""


class Host(Protocol):
    """What is needed of the program."""

    history: History

    def wall(self) -> float:
        """The wall clock."""
        ...

    def now(self) -> float:
        """Site time of what is shown."""
        ...

    async def ask(self, body: Ask) -> Answer:
        """Ask the engine; raises `LinkError`."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run in the background and redraw when it is done."""
        ...

    def say(self, text: str, style: str = "") -> None:
        """Say something on the last line."""
        ...

    def enter(self) -> None:
        """Show the current screen with all that its moment has, and have it ask for the rest."""
        ...

    def refill(self) -> None:
        """Have the current screen take what has become known."""
        ...


class Travel:
    """The moments at which screens are looked at. `target` is where one is on the way to, None: nowhere."""

    def __init__(self, host: Host) -> None:
        self.live = Model()
        self.target: str | None = None
        self._host = host
        self._kept: dict[str, Model] = {}
        self._unknown = Model()
        self._following = False
        self._of: View | None = None
        self._left: tuple[View | None, str | None] = (None, None)

    # --- where one is ---

    @property
    def at(self) -> str:
        """The moment of the screen that is shown, as addresses keep it; empty: live."""
        return self._host.history.current.address.at

    @property
    def model(self) -> Model:
        """The site at the moment that is shown; empty while a past one has not been answered yet."""
        at = self.at
        return self._kept.get(at, self._unknown) if at else self.live

    def live_now(self) -> float:
        """Site time now, wherever one looks."""
        return self.live.now(self._host.wall())

    def seconds(self, at: str) -> float | None:
        """The moment of an address in seconds since the epoch; None: now."""
        return when.seconds(self.live, at)

    def kept(self, words: str) -> str:
        """A moment as it was typed, as addresses keep it. Raises MomentError."""
        return NOW if words.strip().lower() == NOW else when.kept(self.live, self.live_now(), words)

    def label(self, at: str) -> str:
        """A moment for people: "Tue 24 Jun 03:40"."""
        return fmt.as_of(self.seconds(at) or 0.0, self.live_now(), self.live.timezone)

    # --- over which range ---

    @property
    def over(self) -> str:
        """The range of the screen that is shown, as addresses keep it; empty: none is chosen."""
        return self._host.history.current.address.over

    def here(self) -> float:
        """The moment that is looked at, site time."""
        moment = self.seconds(self.at)
        return self._host.now() if moment is None else moment

    def kept_over(self, words: str) -> str:
        """A range as it was typed, as addresses keep it. Raises MomentError."""
        return when.kept_over(self.model if self.model.site is not None else self.live, self.here(), words)

    def over_seconds(self, over: str) -> tuple[float, float] | None:
        """The range of an address in seconds since the epoch; None: none is chosen, or what was chosen is none here."""
        try:
            return when.over_seconds(self.model if self.model.site is not None else self.live, self.here(), over)
        except MomentError:
            return None  # `over_said` tells why

    def over_said(self, over: str) -> str:
        """A range for people; of one that cannot be told here, why."""
        try:
            return when.over_said(self.model if self.model.site is not None else self.live, self.here(), over)
        except MomentError as error:
            return str(error)

    def look_over(self, over: str) -> None:
        """Have the screen that is shown, and what is opened from it, be about a range; `all`: each about its own."""
        if over == ALL:
            self._host.history.put_over("")
        else:
            view = self._host.history.current
            view.address = replace(view.address, over=over)
        self._host.enter()

    # --- whether its site is there ---

    def at_hand(self, at: str) -> bool:
        """Whether the site of a moment can be shown at once."""
        return not at or at in self._kept

    # --- going ---

    def there(self, address: Address) -> Address:
        """An address at the moment and over the range it names, else at and over those that are shown."""
        over = address.over or self.over
        at = address.at or self.at
        return replace(address, at="" if at == NOW else at, over="" if over == ALL else over)

    def to(self, words: str) -> None:
        """Put the screen that is shown to a moment."""
        try:
            at = self.kept(words)
        except MomentError as error:
            self._host.say(inert(str(error)), "warning")
            return
        if at == NOW:
            self.back_to_live()
            return
        self._host.say(f"how it was at {self.label(at)} …")
        self.target = at
        self._host.spawn(self._go(at))

    async def _go(self, at: str) -> None:
        view = self._host.history.current
        found = await self.bring(at)
        if self.target == at:
            self.target = None
            if found and self._host.history.current is view:
                self._host.say("")
                self._land(at)

    def _land(self, at: str) -> None:
        view = self._host.history.current
        if not view.address.at:
            self._left = (view, view.pane.cursor if view.pane is not None else None)
        view.address = replace(view.address, at=at)
        self._host.enter()

    def back_to_live(self) -> None:
        """All screens are live again."""
        self.target = None
        self._host.history.put_to("")
        self._host.enter()
        view, cursor = self._left
        if view is self._host.history.current and view is not None and view.pane is not None and cursor is not None:
            view.pane.return_to(cursor)

    def step(self, stride: Stride, count: int) -> None:
        """Step from the moment one is on the way to, else from the one that is shown."""
        start = self.seconds(self.target or self.at)
        if start is None:
            return
        zone = fmt.zone(self.live.timezone)
        try:
            moment = back_by(stride, -count, dt.datetime.fromtimestamp(start, dt.UTC), zone)
        except (OverflowError, ValueError):
            self._host.say("there is nothing that far back")
            return
        if moment.timestamp() > self.live_now():
            self._host.say("that is not yet")
            return
        self.target, self._of = moment_text(moment, zone), self._host.history.current
        if not self._following:
            self._following = True
            self._host.spawn(self._follow())

    async def _follow(self) -> None:
        """Ask for the moment that steps have led to, once they rest."""
        try:
            while self.target is not None:
                at = self.target
                await asyncio.sleep(REST)
                found = at == self.target and self._on_its_way() and await self.bring(at)
                if at == self.target:
                    self.target = None
                    if found and self._on_its_way():
                        self._land(at)
        finally:
            self._following = False

    def _on_its_way(self) -> bool:
        """Whether the screen is still shown that steps were made on."""
        return self._host.history.current is self._of

    # --- what was then ---

    async def bring(self, at: str, anew: bool = False) -> bool:
        """Have the site of a moment at hand, by the rows known now; whether it is. `anew`: ask in any case."""
        known = self._kept.get(at)
        if known is not None and self._current(known) and not anew:
            return True
        try:
            moment = self.seconds(at)
            answer = await self._host.ask(AskSnapshot(at=moment if moment is not None else self.live_now()))
        except LinkError as error:
            self._host.say(f"how it was at {self.label(at)} cannot be told: {inert(str(error))}", "warning")
            return False
        if not isinstance(answer, Snapshot):
            self._host.say(inert(getattr(answer, "message", "the engine cannot tell how it was")), "warning")
            return False
        model = Model()
        model.load(answer)
        self._kept.pop(at, None)
        self._kept[at] = model
        self._kept = dict(list(self._kept.items())[-KEPT:])
        return True

    def _current(self, model: Model) -> bool:
        """Whether no row has come in since a moment was asked for."""
        then, now = model.site, self.live.site
        return then is not None and now is not None and then.data_version == now.data_version

    def arrive(self) -> None:
        """A screen at another moment was come back to: show it, with what has become known of then since."""
        if self.at_hand(self.at):
            self._host.enter()
        self.again(anew=False)

    def again(self, anew: bool = True) -> None:
        """Ask again how it was at the moment that is shown; without `anew` only where rows have come in since."""
        if self.at:
            self._host.spawn(self._again(self.at, anew))

    async def _again(self, at: str, anew: bool) -> None:
        before = self._kept.get(at)
        if await self.bring(at, anew) and self._kept.get(at) is not before and self.at == at:
            if anew or before is None:
                self._host.enter()
            else:
                self._host.refill()
