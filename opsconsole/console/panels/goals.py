"""The panels about goals: objectives with their KPIs, and what needs attention first."""

from __future__ import annotations

from opsconsole.console import goal_lists
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.pane import Pane
from opsconsole.console.panels import Panel, heading
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, fit, inert, wrap
from opsconsole.site.model import Panel as PanelSpec

EXPLAINED = 2
"""Lines that explain the row under the cursor, and so many at most where there is room for them."""
EXPLAINED_MOST = 8


class _Explained(Panel):
    """A list with an explanation of the row under the cursor below it."""

    def wanted(self, _cells: int) -> int:
        assert self.pane is not None
        return max(3, len(self.pane.all) + 1 + self.pane.header)

    def most(self, cells: int) -> int:
        return self.wanted(cells) + EXPLAINED + 2

    def explanation(self) -> str:
        """What is said of the row under the cursor."""
        return ""

    def body(self, title: Line, spot: Spot, focused: bool) -> list[Line]:
        """The list below its heading, and the explanation where the list leaves room or has room to spare."""
        assert self.pane is not None
        spare = spot.lines - self.wanted(spot.cells)
        room = min(EXPLAINED_MOST, max(spare - 1, EXPLAINED if spot.lines >= 9 or spare >= EXPLAINED else 0))
        said = wrap(inert(self.explanation()), max(10, spot.cells - 2)) if focused and room > 0 else []
        if len(said) > room:
            said = [*said[: room - 1], " ".join(said[room - 1 :])]
        listed = spot.lines - 1 - (min(room, EXPLAINED) if focused else 0)
        if spare > len(said):
            listed, said = min(listed, self.wanted(spot.cells) - 1), ["", *said]
        out = [title, *self.pane.draw(spot.cells, listed, focused)]
        out += [fit([(" " + line, "dim")], spot.cells) for line in said]
        return [*out, *(fit([], spot.cells) for _ in range(spot.lines - len(out)))][: spot.lines]


class GoalsPanel(_Explained):
    """The objectives and the KPIs that serve them."""

    kind = "goals"

    def __init__(self, ctx: Context, spec: PanelSpec) -> None:
        super().__init__(ctx, spec)
        empty = "no objectives: name one under `objective:` of a KPI in site.yaml"
        self.pane = Pane(goal_lists.GOALS, empty=empty)

    def update(self) -> None:
        assert self.pane is not None
        model = self.ctx.model
        goals = model.goals if any(goal.name for goal in model.goals) else []
        rows = goal_lists.goal_rows(goals, model.kpis)
        if self.pane.cursor is None and goals:
            self.pane.cursor = goal_lists.GOAL + goals[0].name
        self.pane.set_rows(rows)

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        assert self.pane is not None
        goals = [goal for goal in self.ctx.model.goals if goal.name]
        above = self.pane.rows[self.pane.index - 1].key if self.pane.index and self.pane.rows else ""
        if above.startswith(goal_lists.PERSPECTIVE) and self.pane.top == self.pane.index:
            self.pane.top -= 1  # the first objective is seen with the perspective it belongs to
        met = sum(goal.score is not None and goal.score >= 1 and not goal.missing for goal in goals)
        note: Line = [(f"{met} of {len(goals)} attained" if goals else "", "dim")]
        if self.pane.filter:
            note.append((f" · filter: {inert(self.pane.filter)}", "dim"))
        elif more := self.pane.more():
            note.append((f" · {more}", "dim"))
        return self.body(heading(inert(self.spec.title) or "Goals", note, spot.cells, focused), spot, focused)

    def explanation(self) -> str:
        assert self.pane is not None
        key = self.pane.current.key if self.pane.current else ""
        model = self.ctx.model
        for goal in model.goals:
            if key == goal_lists.GOAL + goal.name:
                return goal_lists.explain_goal(goal, model.kpis)
            for part in goal.kpis:
                if key == goal_lists.KPI + part.kpi and part.kpi in model.kpis:
                    return goal_lists.explain_kpi(part, model.kpis[part.kpi])
        return ""

    def open(self) -> Address | None:
        """The KPI under the cursor; of an objective the one that needs attention first."""
        assert self.pane is not None
        key = self.pane.current.key if self.pane.current else ""
        if key.startswith(goal_lists.KPI):
            return Address("kpi", name=key.removeprefix(goal_lists.KPI))
        goal = next((goal for goal in self.ctx.model.goals if key == goal_lists.GOAL + goal.name), None)
        if goal is None or not goal.kpis:
            return None
        served = {part.kpi for part in goal.kpis}
        urgent = [each.kpi for each in self.ctx.model.attention if each.kpi in served]
        return Address("kpi", name=urgent[0] if urgent else goal.kpis[0].kpi)


class AttentionPanel(_Explained):
    """The KPIs that need attention, most urgent first."""

    kind = "attention"

    def __init__(self, ctx: Context, spec: PanelSpec) -> None:
        super().__init__(ctx, spec)
        self.pane = Pane(goal_lists.ATTENTION, empty="nothing: every target that is known is attained", leads=True)

    def update(self) -> None:
        assert self.pane is not None
        self.pane.set_rows(goal_lists.attention_rows(self.ctx.model.attention, self.ctx.model.kpis))

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        assert self.pane is not None
        note: Line = [("impact × gap × data quality", "dim")] if self.pane.all else []
        if more := self.pane.more():
            note.append((f" · {more}", "dim"))
        title = heading(inert(self.spec.title) or "What needs attention first", note, spot.cells, focused)
        return self.body(title, spot, focused)

    def explanation(self) -> str:
        assert self.pane is not None
        key = self.pane.current.key if self.pane.current else ""
        each = next((each for each in self.ctx.model.attention if each.kpi == key), None)
        if each is None:
            return ""
        titles = {goal.name: goal.title for goal in self.ctx.model.goals if goal.name}
        return goal_lists.explain_attention(each, titles.get(each.objective, ""))

    def open(self) -> Address | None:
        assert self.pane is not None
        return Address("kpi", name=self.pane.current.key) if self.pane.current else None
