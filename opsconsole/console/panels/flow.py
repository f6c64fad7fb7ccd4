"""A flow in little room: its steps with load and bottleneck, or the bottleneck of each group of stations."""

from __future__ import annotations

from msgspec.structs import replace

from opsconsole.console import fmt
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.flow_lists import STATIONS, STEPS, chain, clipped, station_key, station_row, step_row
from opsconsole.console.pane import Pane
from opsconsole.console.panels import Panel, heading
from opsconsole.console.panels.asking import AskingPanel
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, fit, inert
from opsconsole.engine import flow_words as words
from opsconsole.engine.messages import Answer, Ask, AskFlow, FlowState
from opsconsole.site.model import Panel as PanelSpec

CHAIN, SAID = 3, 4
"""Lines with which the chain of steps is drawn in place of the list, and from which on the bottleneck is said."""
_NARROW = {
    "waiting": 1,
    "oldest": 2,
    "median": 8,
    "mean": 9,
    "p95": 10,
    "slow": 11,
    "service": 12,
    "n": 13,
    "again": 14,
}
"""What goes first here: the load, who is there and for how long come before how long it took."""


class FlowPanel(AskingPanel):
    """The list begins with the bottleneck in sight; with three lines it is the chain of steps, with one a sentence."""

    kind = "flow"
    every = rest = 20.0  # a layout may hang on a wall all day, and a long log costs seconds

    def __init__(self, ctx: Context, spec: PanelSpec) -> None:
        super().__init__(ctx, spec)
        self.pane = Pane((), empty="asking the engine …")
        self.state: FlowState | None = None
        self._pointed = False

    def least(self) -> int:
        return 1

    def wanted(self, _cells: int) -> int:
        return 3 + min(self.spec.most or 20, max(3, len(self._rows())))

    def _rows(self) -> list[object]:
        state = self.state
        return [] if state is None else [*state.stations, *state.steps]

    def question(self, at: float | None) -> Ask:
        return AskFlow(self.spec.of, brief=True, at=at)

    def take(self, answer: Answer) -> None:
        if isinstance(answer, FlowState):
            self._take(answer)

    def _take(self, state: FlowState) -> None:
        assert self.pane is not None
        self.state = state
        self.pane.empty = inert(state.waits) or ("no station was active" if state.kind == "stations" else "no case yet")
        if state.kind == "stations":
            worst = words.worst_stations(state)
            ordered = sorted(state.stations, key=lambda each: (each not in worst, each.group or "", -each.sole))
            self.pane.columns = list(STATIONS)
            self.pane.set_rows([station_row(each, each in worst) for each in ordered[: self.spec.most]])
            return
        step = words.worst_step(state)
        most = step.waiting.sum if step is not None else 0.0
        shown = state.steps if self.spec.most is None else words.heaviest(state.steps, self.spec.most)
        self.pane.columns = [
            replace(column, drop=_NARROW[column.title]) if column.title in _NARROW else column for column in STEPS
        ]
        self.pane.set_rows([step_row(each, most, each is step) for each in shown])
        if step is not None and not self._pointed:
            self._pointed = True
            self.pane.point(step.name)

    # --- drawing ---

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        state, cells, lines = self.state, spot.cells, spot.lines
        site = self.ctx.model.site
        known = site.flows.get(self.spec.of) if site is not None else None
        title = inert(self.spec.title or known or self.spec.of)
        said = words.bottleneck(state) if state is not None and not state.waits else []
        if lines == 1:
            told = said[0] if said else self._nothing()
            return [fit([(f"{'▸' if focused else ' '}{title}  ", "bold"), (inert(told), "")], cells)]
        out = [heading(title, self._note(), cells, focused)]
        if self.trouble or state is None or state.waits or not self._rows():
            out.append(clipped(self._nothing(), cells, "warning" if self.trouble else "dim"))
        elif lines <= SAID and (drawn := chain(state, cells) if state.kind == "cases" else []):
            out += [*([] if lines == CHAIN else self._said(said[:1], cells)), *drawn]
        elif lines <= max(SAID, len(said) + 1):
            now = words.now_waiting(state)
            out += self._said(said[: lines - 1], cells)
            out += [fit([(" now ", "dim"), (inert(each), "")], cells) for each in now[: lines - len(out)]]
        else:
            assert self.pane is not None
            out += self._said(said[:1], cells) if state.kind == "cases" else []
            out += self.pane.draw(cells, lines - len(out), focused)
        return [*out, *(fit([], cells) for _ in range(lines - len(out)))][:lines]

    def _said(self, said: list[str], cells: int) -> list[Line]:
        return [fit([(" ▶ ", "bold"), (inert(each), "bold")], cells) for each in said]

    def _nothing(self) -> str:
        if self.trouble:
            return self.trouble
        if self.state is None:
            return "asking the engine …"
        return self.state.waits or ("nothing has waited yet" if self.state.kind == "cases" else "no station was active")

    def _note(self) -> Line:
        state = self.state
        if state is None or state.waits:
            return []
        if state.kind == "stations":
            note = f"the last {words.length(state.at - (state.since or state.at))}"
        else:
            note = f"{fmt.number(state.open, 0)} open"
            note += f" · {fmt.number(state.late, 0)} late already" if state.limited and state.late else ""
            note += f" · {fmt.number(state.likely, 0)} likely" if state.limited and state.likely else ""
        return [(note, "dim")]

    # --- what can be done ---

    def open(self) -> Address | None:
        """The cases at the step, or the rows of the station under the cursor; else the whole flow."""
        state, row = self.state, self.pane.current if self.pane is not None else None
        if state is None or row is None:
            return Address("flow", name=self.spec.of)
        if state.kind == "cases":
            return Address("flow", name=state.flow, where=(("step", row.key),))
        one = next((each for each in state.stations if station_key(each) == row.key), None)
        if one is None:
            return None
        where = (*(((state.by, one.group),) if state.by else ()), (state.column, one.name))
        return Address("rows", of="source", name=state.source, where=where)

    def inherit(self, old: Panel) -> None:
        if isinstance(old, FlowPanel) and old.spec.of == self.spec.of:
            self.pane, self.state, self._pointed = old.pane, old.state, old._pointed
            self.asked_as(old)
