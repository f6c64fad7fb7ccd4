"""A flow: its steps with the bottleneck, and the open cases that are most likely to be late; or stations."""

from __future__ import annotations

from typing import Any

from opsconsole.console import fmt
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.flow_lists import (
    CASES,
    STATIONS,
    STEPS,
    case_row,
    chain,
    clipped,
    station_key,
    station_row,
    step_row,
)
from opsconsole.console.pane import Pane
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, fit, inert, wrap
from opsconsole.console.views.flow_screen import FlowScreen
from opsconsole.engine import flow_words as words
from opsconsole.engine.messages import FlowState

BOTH = 16
"""The fewest lines that show steps and cases; with fewer, tab goes from one to the other."""
TRUSTS, WHY = 3, 3
STEP_NAMED, CASE_NAMED = "steps", "cases"


class FlowView(FlowScreen):
    """Steps above, cases below; with a step chosen the cases there alone."""

    KEPT = ("at", "by_waiting")

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.panes = {STEP_NAMED: Pane(STEPS, empty="no step yet"), CASE_NAMED: Pane(CASES, empty="no case is open")}
        self.at = 0
        self.by_waiting = False
        self._pointed = False  # the cursor begins on the bottleneck

    @property
    def step(self) -> str:
        """The step whose cases alone are shown; empty: all."""
        return next((str(member) for key, member in self.address.where if key == "step"), "")

    @property
    def pane(self) -> Pane:
        return self.panes[CASE_NAMED if self.step or (self.at and self._has_cases) else STEP_NAMED]

    @property
    def _has_cases(self) -> bool:
        return self.state is None or self.state.kind == "cases"

    def lists(self) -> dict[str, Pane]:
        return dict(self.panes)

    def recall(self, state: dict[str, Any]) -> None:
        super().recall(state)
        self._pointed = True
        self.at = int(self.at > 0)

    def crumbs(self) -> list[str]:
        return [*super().crumbs(), *([inert(self.step)] if self.step else [])]

    def fill(self, state: FlowState) -> None:
        steps, cases = self.panes[STEP_NAMED], self.panes[CASE_NAMED]
        if state.kind == "stations":
            worst = words.worst_stations(state)
            steps.columns = list(STATIONS)
            ordered = sorted(state.stations, key=lambda each: (each.group or "", -each.sole - each.shifting))
            steps.set_rows([station_row(each, each in worst) for each in ordered])
            cases.set_rows([])
            return
        steps.columns = list(STEPS)
        worst_step = words.worst_step(state)
        most = worst_step.waiting.sum if worst_step is not None else 0.0
        ordered_steps = words.ranked(state.steps) if self.by_waiting else state.steps
        steps.set_rows([step_row(step, most, step is worst_step) for step in ordered_steps])
        if worst_step is not None and not self._pointed:
            self._pointed = True
            steps.point(worst_step.name)
        cases.empty = "no case is there now" if self.step else "no case is open"
        cases.set_rows([case_row(case) for case in state.cases if not self.step or case.step == self.step])

    # --- drawing ---

    def draw(self, cells: int, lines: int) -> list[Line]:
        out = self._body(cells, lines)
        return [*out, *(fit([], cells) for _ in range(lines - len(out)))][:lines]

    def _body(self, cells: int, lines: int) -> list[Line]:
        state = self.state
        if (unready := self.unready(cells)) or state is None:
            return unready
        head = heading(inert(state.title), [(self._note(state), "dim")], cells, self.pane is self.panes[STEP_NAMED])
        told = self._told(state, cells, lines)
        if self.step:
            return [*self._cases(state, cells, lines - len(told)), *told]
        above = [head, *self._bottleneck(state, cells, lines)]
        room = lines - len(above) - len(told)
        steps = self.panes[STEP_NAMED]
        if state.kind == "stations":
            return [*above, *steps.draw(cells, room, True), *told]
        if room < BOTH - 4:
            if self.at:
                return [*self._cases(state, cells, lines - len(told)), *told]
            return [*above, *steps.draw(cells, room, True), *told]
        wanted = len(steps.rows) + 1
        share = min(wanted, max(room // 2, room - len(self.panes[CASE_NAMED].rows) - 2))
        below = self._cases(state, cells, room - share)
        return [*above, *steps.draw(cells, share, not self.at), *below, *told]

    def _cases(self, state: FlowState, cells: int, lines: int) -> list[Line]:
        pane = self.panes[CASE_NAMED]
        listed = f"{fmt.number(len(pane.all), 0)} of {fmt.count(state.open, 'open case')}"
        order = "most likely late first" if state.limited else "oldest first"
        title = f"At {inert(self.step)}" if self.step else "Open cases"
        focused = self.pane is pane
        return [heading(title, [(f"{listed} · {order}", "dim")], cells, focused), *pane.draw(cells, lines - 1, focused)]

    def _note(self, state: FlowState) -> str:
        if state.kind == "stations":
            return f"the last {words.length(state.at - (state.since or state.at))} · {self.span(state)}"
        parts = [fmt.count(state.all, "case"), f"{fmt.number(state.open, 0)} open"]
        if state.limited:
            parts += [f"{fmt.number(state.late, 0)} late already", f"{fmt.number(state.likely, 0)} likely"]
        if state.working:
            parts.append("working time")
        at = state.flows.index(state.flow) + 1 if state.flow in state.flows else 1
        return " · ".join([*parts, *([f"flow {at} of {len(state.flows)}"] if len(state.flows) > 1 else [])])

    def _bottleneck(self, state: FlowState, cells: int, lines: int) -> list[Line]:
        """What holds up the rest, before anything else; and the chain of steps where there is room for it."""
        said = words.bottleneck(state)
        if not said:
            return [clipped("nothing has waited yet", cells, "dim")]
        room = 1 if lines < BOTH else 4
        named = [fit([(" bottleneck  ", "bold"), (inert(each), "bold")], cells) for each in said[:room]]
        named += [
            fit([(" now         ", "dim"), (inert(each), "")], cells) for each in words.now_waiting(state)[: room - 1]
        ]
        return [*named, *(chain(state, cells) if lines >= BOTH and state.kind == "cases" else [])]

    def _told(self, state: FlowState, cells: int, lines: int) -> list[Line]:
        """What the row under the cursor means, and what the figures rest on."""
        said = []
        if self.pane is self.panes[CASE_NAMED] and self.pane.current is not None:
            case = next((each for each in state.cases if each.case == self.pane.current.key), None)
            told = wrap(inert(words.why(case)), cells - 2)[:WHY] if case is not None else []
            said += [clipped(each, cells) for each in told]
        if self.trouble:
            said.append(clipped(self.trouble, cells, "warning"))
        trust = []
        for at, (text, doubtful) in enumerate(words.trust(state)):
            where = self.ctx.told("  ({flow-flagged} shows the rows)") if state.faults and at == 0 else ""
            trust.append(clipped(text + where, cells, "warning" if doubtful else "dim"))
        return [*said, *trust[: 1 if lines < BOTH else TRUSTS]]

    # --- what can be done ---

    def move(self, _dx: int, dy: int) -> None:
        """Down from the last step goes to the cases, up from the first case to the steps."""
        if dy and not self.pane.move(dy) and abs(dy) == 1 and not self.step and self._has_cases:
            self.at = int(dy > 0)

    def do_next_panel(self) -> None:
        self.at = 1 - self.at

    def do_previous_panel(self) -> None:
        self.at = 1 - self.at

    def do_sort_steps(self) -> None:
        self.by_waiting = not self.by_waiting
        if self.state is not None:
            self.fill(self.state)

    def target(self) -> Address | None:
        state, row = self.state, self.pane.current
        if state is None or row is None:
            return None
        if state.kind == "stations":
            one = next((each for each in state.stations if station_key(each) == row.key), None)
            if one is None:
                return None
            group = ((state.by, one.group),) if state.by else ()
            where = (*group, (state.column, one.name))
            return Address("rows", of="source", name=state.source, where=where, at=self.address.at)
        if self.pane is self.panes[STEP_NAMED]:
            return Address("flow", name=state.flow, where=(("step", row.key),), at=self.address.at)
        return self.rows_of(row.key)
