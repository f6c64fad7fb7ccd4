"""A part of a flow beside its steps: variants, moves, hand-offs, rework, or what is flagged as a list, the cases behind
line of one, or how it went over time."""

from __future__ import annotations

import datetime as dt

from msgspec.structs import replace

from opsconsole.console import flow_parts, fmt
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.draw.flow_course import course_lines, end_of
from opsconsole.console.draw.kpi import tabs
from opsconsole.console.flow_lists import clipped
from opsconsole.console.flow_parts import FLAGGED, HANDS, MOVES, NAMES, REWORK, TIME, VARIANTS
from opsconsole.console.grid.shape import Shape
from opsconsole.console.pane import Pane
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, fit, inert, wrap
from opsconsole.console.views.flow_screen import FlowScreen
from opsconsole.engine import flow_words as words
from opsconsole.engine.flow_messages import FlowCourse
from opsconsole.engine.messages import AskFlowCases, FlowCases, FlowState
from opsconsole.site.moments import TICK, moment_text

WAY = 4
"""Lines at most that say the whole of a way."""
CHECK = 3


class FlowPartView(FlowScreen):
    """One list, or the charts; below the list what the line under the cursor says in full."""

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.found: FlowCases | None = None
        self.cross: int | None = None  # the stretch under the crosshair
        self._pane = Pane(
            flow_parts.passed_columns(self.part) if self.drilled else flow_parts.COLUMNS[self.part],
            empty="asking the engine …",
        )
        self._pane.header = address.show != FLAGGED

    @property
    def part(self) -> str:
        """Which part is shown."""
        return self.address.show

    @property
    def drilled(self) -> bool:
        """Whether it is the cases behind a line."""
        return bool(self.address.where)

    @property
    def pane(self) -> Pane | None:
        return None if self.part == TIME else self._pane

    def crumbs(self) -> list[str]:
        chosen = [inert(self._chosen())] if self.drilled else []
        return [*super().crumbs(), NAMES[self.part], *chosen]

    def _chosen(self) -> str:
        """The line whose cases are shown."""
        members = dict(self.address.where)
        if self.part == VARIANTS:
            return words.way(self.found.steps) if self.found is not None else str(members.get("variant"))
        if self.part == REWORK:
            return str(members.get("again"))
        return f"{members.get('from')} → {members.get('to')}"

    async def load(self) -> None:
        await super().load()
        if not self.drilled or self.state is None or not self.state.flow or self.state.waits:
            return
        members = {key: member or "" for key, member in self.address.where}
        answer = await self.ask(
            AskFlowCases(
                flow=self.address.name,
                variant=members.get("variant", ""),
                before=members.get("from", ""),
                after=members.get("to", ""),
                hands=self.part == HANDS,
                again=members.get("again", ""),
            )
        )
        if self.trouble:
            self._pane.empty, self.trouble = inert(self.trouble), ""
        if isinstance(answer, FlowCases):
            self.found = answer
            self._pane.empty = "no case any more"
            self._pane.set_rows(
                flow_parts.passed_rows(self.part, answer.cases, self.ctx.now(), self.ctx.model.timezone)
            )

    def fill(self, state: FlowState) -> None:
        if not self.drilled:
            self._pane.empty = inert(self.ctx.told(flow_parts.nothing(self.part, state)))
            self._pane.set_rows(flow_parts.rows_of(self.part, state))

    # --- drawing ---

    def draw(self, cells: int, lines: int) -> list[Line]:
        out = self.unready(cells) or self._body(cells, lines)
        return [*out, *(fit([], cells) for _ in range(lines - len(out)))][:lines]

    def _body(self, cells: int, lines: int) -> list[Line]:
        state = self.state
        assert state is not None
        above = [tabs([(name, part == self.part) for part, name in NAMES.items()], cells)]
        if self.part == TIME:
            return [*above, *self._course(state, cells, lines - 1)]
        told = self._told(state, cells)
        room = lines - len(above) - len(told) - 1
        listed = self._pane.draw(cells, room, True)
        more = self._pane.more()
        said = self._note(state) + (f" · {more}" if more else "")
        title = inert(state.title)
        if self.drilled:
            title = "Cases that took this way" if self.part == VARIANTS else inert(self._chosen())
        return [*above, heading(title, [(inert(said), "dim")] if said else [], cells, True), *listed, *told]

    def _note(self, state: FlowState) -> str:
        if not self.drilled:
            return flow_parts.note(self.part, state)
        if self.found is None:
            return ""
        shown = len(self.found.cases)
        of = fmt.count(self.found.n, "case")
        return of if shown == self.found.n else f"the first {fmt.number(shown, 0)} of {of}"

    def _told(self, state: FlowState, cells: int) -> list[Line]:
        """The whole of the line under the cursor, where a column cannot hold it; and what went wrong."""
        said = [clipped(self.trouble, cells, "warning")] if self.trouble else []
        if self.drilled and self.part == VARIANTS and self.found is not None:
            return [*said, *_wrapped(words.way(self.found.steps), cells)]
        row = self._pane.current
        if self.drilled or row is None:
            return said
        if self.part == VARIANTS:
            way = next((each for each in state.variants if each.key == row.key), None)
            return [*said, *(_wrapped(words.way(way.steps), cells) if way is not None else [])]
        if self.part in (MOVES, HANDS):
            before, _, after = row.key.partition("\0")
            return [*said, *_wrapped(f"{before} → {after}", cells)]
        return said

    def _course(self, state: FlowState, cells: int, lines: int) -> list[Line]:
        if state.course is None:
            title = heading(inert(state.title), [], cells, True)
            return [title, clipped(self.ctx.told(flow_parts.nothing(TIME, state)), cells, "dim")]
        title = heading(inert(state.title), [(flow_parts.note(TIME, state), "dim")], cells, True)
        off = state.check is not None and (state.check.off or 0.0) > words.LITTLE
        law = words.little(state.check) if state.check is not None else ""
        check = [
            fit([(" " + each, "warning" if off else "dim")], cells) for each in wrap(law, cells - 2)[:CHECK] if each
        ]
        at = None if self.cross is None else min(self.cross, len(state.course.left) - 1)
        drawn = course_lines(state.course, state.all, self.ctx.model.timezone, cells, lines - 1 - len(check), at)
        return [title, *drawn, *check]

    # --- what can be done ---

    def show(self, part: str) -> None:
        """Another part in place of this one: Back leads to the steps."""
        if self.drilled or not part:
            super().show(part)
            return
        self.address = replace(self.address, show=part)
        self._pane = Pane(flow_parts.COLUMNS[part], empty="asking the engine …", header=part != FLAGGED)
        if self.state is not None:
            self.fill(self.state)

    def offers(self, action: str) -> bool:
        return action != "sort-steps" and super().offers(action)

    def do_sort_steps(self) -> None:
        self.ctx.say(self.ctx.told("the steps are sorted on their own screen: {flow-steps}"))

    def do_next_panel(self) -> None:
        self._turn(1)

    def do_previous_panel(self) -> None:
        self._turn(-1)

    def _turn(self, by: int) -> None:
        parts = list(NAMES)
        if not self.drilled:
            self.show(parts[(parts.index(self.part) + by) % len(parts)])

    def move(self, dx: int, dy: int) -> None:
        course = self.state.course if self.state is not None else None
        if self.part == TIME and course is not None and (dx or abs(dy) > 1):
            self._cross(dx or dy, len(course.left))
        elif dx:
            self._turn(dx)
        else:
            super().move(dx, dy)

    def _cross(self, by: int, count: int) -> None:
        """Move the crosshair; it comes in at the end it is asked for, and goes out there."""
        at = (count if by < 0 else -1) + by if self.cross is None else self.cross + by
        if self.cross is not None and not 0 <= at < count and abs(by) == 1:
            self.cross = None
        else:
            self.cross = max(0, min(count - 1, at))

    def _then(self, course: FlowCourse) -> Address | None:
        """The steps as they were when the stretch under the crosshair ended."""
        if self.cross is None:
            return None
        moment = dt.datetime.fromtimestamp(end_of(course, min(self.cross, len(course.left) - 1)), dt.UTC) - TICK
        if moment.timestamp() >= self.ctx.now() - 1.0:
            self.ctx.say("that stretch is not over yet: this is now")
            return None
        return Address("flow", name=self.address.name, at=moment_text(moment, fmt.zone(self.ctx.model.timezone)))

    def target(self) -> Address | None:
        """From a line to its cases, from a case to its rows, from what is flagged to the rows that it is in."""
        state, row = self.state, self.pane.current if self.pane is not None else None
        if self.part == TIME and state is not None and state.course is not None:
            return self._then(state.course)
        if state is None or row is None:
            return None
        if self.drilled:
            return self.rows_of(row.key)
        here = Address("flow", name=state.flow, show=self.part, at=self.address.at)
        if self.part == VARIANTS:
            return replace(here, where=(("variant", row.key),))
        if self.part == REWORK:
            return replace(here, where=(("again", row.key),))
        if self.part in (MOVES, HANDS):
            before, _, after = row.key.partition("\0")
            return replace(here, where=(("from", before), ("to", after)))
        fault = next((each for each in state.faults if each.kind == row.key), None)
        if fault is None or not fault.where:
            return None
        shape = Shape(expression=fault.where)
        return Address("rows", of="source", name=state.source, table=shape, at=self.address.at)


def _wrapped(text: str, cells: int) -> list[Line]:
    return [fit([(" " + line, "")], cells) for line in wrap(inert(text), cells - 2)[:WAY]]
