"""What the engine says becomes what is shown."""

from __future__ import annotations

from collections.abc import Callable

from opsconsole.console.bell import Ringer
from opsconsole.console.host import Program
from opsconsole.console.link import Back, Event, Hopeless, Lost
from opsconsole.console.ticking import Ticking
from opsconsole.engine.messages import Goodbye, Snapshot


class Hearing:
    """Takes what comes from the engine. `first` is called with its first word, `hopeless` where there can be none,
    `heed` after each.
    """

    def __init__(
        self,
        program: Program,
        ticking: Ticking,
        ringer: Ringer,
        first: Callable[[], None],
        hopeless: Callable[[str], None],
        heed: Callable[[], None],
    ) -> None:
        self._program = program
        self._ticking = ticking
        self._ringer = ringer
        self._first = first
        self._hopeless = hopeless
        self._heed = heed

    async def listen(self) -> None:
        """Take what comes until the program ends."""
        async for event in self._program.link.events():
            self.take(event)

    def take(self, event: Event) -> None:
        """Take one thing that the engine says, or that it says nothing any more."""
        program = self._program
        model, past = program.travel.live, bool(program.travel.at)
        topics: set[str] = set()
        if isinstance(event, Snapshot):
            first = model.site is None
            model.lost_at, model.ended = None, None
            topics = model.load(event)
            if first:
                self._ticking.soon()
                self._first()
            if not past and not program.pause.on:
                program.spawn(program.history.current.load())
        elif isinstance(event, Goodbye):
            model.ended = event.reason
            model.lost_at = program.wall()
        elif isinstance(event, Lost):
            model.lost_at = program.wall() if model.lost_at is None else model.lost_at
            model.lost_why = event.reason
            self._ticking.soon()
        elif isinstance(event, Hopeless):
            self._hopeless(event.reason)
        elif isinstance(event, Back):
            model.lost_at, model.ended = None, None
            program.say("the engine is back")
        else:
            topics = model.apply(event)
        if "alerts" in topics:
            self._ringer.heed(model)
        self._heed()
        if topics and past:
            return  # it is there when one comes back to it
        if topics and program.pause.on:
            program.pause.heed(model)
            topics = {"alerts"} if program.pause.let_through(model) else set()
        if topics:
            program.history.current.update(topics)
        program.paint_soon()
