"""What the screens of a flow share: they ask for it anew as data comes, go to another flow, and to its other parts."""

from __future__ import annotations

import time

from opsconsole.console import fmt
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.empty import no_flows
from opsconsole.console.flow_lists import clipped
from opsconsole.console.flow_parts import FLAGGED, HANDS, MOVES, REWORK, TIME, VARIANTS
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, inert
from opsconsole.console.views.base import View
from opsconsole.engine.messages import AskFlow, FlowState

EVERY = 10.0
"""Seconds between two questions at least, however fast rows come."""


class FlowScreen(View):
    """A screen about one flow."""

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.state: FlowState | None = None
        self._asked = -EVERY
        self._seen: object = None

    @property
    def stack(self) -> str:
        return "flow"

    def update(self, _topics: set[str]) -> None:
        site = self.ctx.model.site
        seen = None if site is None else (site.data_version, int(self.ctx.now() // 60), self.address.at)
        if seen != self._seen and time.monotonic() - self._asked >= EVERY:
            self._seen = seen
            self.ctx.spawn(self.load())

    async def load(self) -> None:
        self._asked = time.monotonic()
        answer = await self.ask(AskFlow(self.address.name))
        if isinstance(answer, FlowState):
            self.state = answer
            self.fill(answer)

    def fill(self, state: FlowState) -> None:
        """Make the rows of what was answered."""
        raise NotImplementedError

    def crumbs(self) -> list[str]:
        if not self.address.name:
            return ["Flow"]
        name = self.state.title if self.state is not None and self.state.title else self.address.name
        return ["Flow", *([inert(name)] if name else [])]

    def label(self) -> str:
        return " ".join(self.crumbs())

    def unready(self, cells: int) -> list[Line]:
        """What is shown while there is nothing to show: it is asked for, it cannot be, there is none."""
        state = self.state
        if self.trouble and state is None:
            return [heading("Flow", [], cells, True), clipped(self.trouble, cells, "warning")]
        if state is None:
            return [heading("Flow", [], cells, True), clipped("asking the engine …", cells, "dim")]
        if not state.flow:
            return [heading("Flow", [], cells, True), *(clipped(line, cells, "dim") for line in no_flows())]
        if state.waits:
            return [heading(inert(state.title), [], cells, True), clipped(state.waits, cells, "dim")]
        return []

    def span(self, state: FlowState) -> str:
        """The time that a flow is of."""
        return fmt.span(state.since, state.at, self.ctx.model.timezone)

    def rows_of(self, case: str) -> Address | None:
        """The rows of a case: its events."""
        state = self.state
        if state is None:
            return None
        return Address("rows", of="source", name=state.source, where=((state.column, case),), at=self.address.at)

    # --- what can be done ---

    def do_next_flow(self) -> None:
        self._other(1)

    def do_previous_flow(self) -> None:
        self._other(-1)

    def _other(self, by: int) -> None:
        state = self.state
        if state is None or len(state.flows) < 2:
            self.ctx.say("this site has no other flow")
            return
        at = state.flows.index(state.flow) if state.flow in state.flows else 0
        name = state.flows[(at + by) % len(state.flows)]
        self.ctx.go(Address("flow", name=name, show=self.address.show, at=self.address.at))

    def show(self, part: str) -> None:
        """Go to a part of the flow; the steps where it is empty."""
        site = self.ctx.model.site
        first = next(iter(site.flows), "") if site is not None else ""
        if name := (self.state.flow if self.state is not None else self.address.name or first):
            self.ctx.go(Address("flow", name=name, show=part, at=self.address.at))

    def do_flow_steps(self) -> None:
        self.show("")

    def do_flow_variants(self) -> None:
        self.show(VARIANTS)

    def do_flow_moves(self) -> None:
        self.show(MOVES)

    def do_flow_hands(self) -> None:
        self.show(HANDS)

    def do_flow_rework(self) -> None:
        self.show(REWORK)

    def do_flow_time(self) -> None:
        self.show(TIME)

    def do_flow_flagged(self) -> None:
        self.show(FLAGGED)
