"""The procedure of an alert: its page with a box at each step, to be ticked; the cursor stands on a step."""

from __future__ import annotations

from opsconsole.console import fmt, markdown
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.link import LinkError
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, fit, inert, restyle, wrap
from opsconsole.console.views.base import View
from opsconsole.engine.messages import AskProcedure, Command, Done, Failure, Procedure, ProcedureStep, Target


class ProcedureView(View):
    """What to do about one alert, step by step. What is ticked is shown once the engine has it on disk."""

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.found: Procedure | None = None
        self.cursor = 1
        self.top = 0
        self._drawn: list[markdown.Drawn] = []
        self._room = 1
        self._asking = False
        self._again = False
        self._opened = False
        self._ticking = False

    @property
    def stack(self) -> str:
        return "procedure"

    def label(self) -> str:
        return "Procedure"

    def crumbs(self) -> list[str]:
        alert = self.ctx.model.alerts.get(self.address.name)
        return [inert(alert.text) if alert else inert(self.address.name), "Procedure"]

    def target(self) -> Address | None:
        return None

    # --- loading ---

    def update(self, topics: set[str]) -> None:
        if "alerts" in topics and self.found is not None:
            self._reload()

    def _reload(self) -> None:
        self._again = True
        if not self._asking:
            self.ctx.spawn(self.load())

    async def load(self) -> None:
        self._asking = True
        try:
            while True:
                self._again = False
                answer = await self.ask(AskProcedure(alert=self.address.name, opened=not self._opened))
                if isinstance(answer, Procedure):
                    self._opened = self._opened or not self.address.at
                    first, self.found = self.found is None, answer
                    if first:
                        self.cursor = self._next_open()
                if not self._again:
                    return
        finally:
            self._asking = False

    def _next_open(self) -> int:
        """The first step that is not ticked."""
        return next((step.number for step in self._steps() if step.ticked_at is None), 1)

    def _steps(self) -> list[ProcedureStep]:
        return self.found.steps if self.found is not None else []

    # --- what can be done ---

    def do_open(self) -> None:
        """Enter ticks too: there is nothing else to open here."""
        if self.address.at:
            self.ctx.say(self.ctx.told("you look at a past moment; press {live} for live"), "warning")
        else:
            self.do_tick()

    def do_tick(self) -> None:
        """Tick the step; one that is ticked loses its tick."""
        step = self._step()
        self._do("untick" if step is not None and step.ticked_at is not None else "tick", step)

    def do_untick(self) -> None:
        self._do("untick", self._step())

    def _step(self) -> ProcedureStep | None:
        return next((each for each in self._steps() if each.number == self.cursor), None)

    def _do(self, name: str, step: ProcedureStep | None) -> None:
        if step is None or self.found is None:
            self.ctx.say("no step here")
        elif not self._ticking:
            self._ticking = True
            target = Target(self.address.name, self.found.version)
            self.ctx.spawn(self._tell(Command(name, [target], text=step.text, path=self.found.path, step=step.number)))

    async def _tell(self, command: Command) -> None:
        try:
            answer = await self.ctx.ask(command)
            if isinstance(answer, Done) and answer.applied:
                await self.load()
                if command.name == "tick" and command.step == self.cursor:
                    self.move(0, 1)
            elif isinstance(answer, Done) and answer.already:
                self.ctx.say(inert(next(iter(answer.already.values()))))
                await self.load()
            elif isinstance(answer, Done) and answer.refused:
                self.ctx.say(f"not ticked: {inert(next(iter(answer.refused.values())))}", "warning")
                await self.load()
            elif isinstance(answer, Failure):
                self.ctx.say(f"not ticked: {inert(answer.message)}", "warning")
        except LinkError as error:
            self.ctx.say(f"not ticked: {error}", "warning")
        finally:
            self._ticking = False

    def copied(self) -> str:
        step = self._step()
        return step.text if step is not None else ""

    # --- moving ---

    def move(self, _dx: int, dy: int) -> None:
        """To the next step; where there is none in that direction, the page moves."""
        wanted = self.cursor + (1 if dy > 0 else -1)
        if 1 <= wanted <= len(self._steps()):
            self.cursor = wanted
            self._show_cursor()
        else:
            self._scroll(self.top + dy)

    def page(self, lines: int) -> None:
        self._scroll(self.top + lines)
        shown = {each.step for each in self._drawn[self.top : self.top + self._room] if each.step}
        if shown and self.cursor not in shown:
            self.cursor = min(shown) if lines > 0 else max(shown)

    def do_top(self) -> None:
        self.cursor = 1
        self._scroll(0)

    def do_bottom(self) -> None:
        self.cursor = max(1, len(self._steps()))
        self._scroll(len(self._drawn))

    def _height(self) -> int:
        return self._room

    def _scroll(self, top: int) -> None:
        self.top = max(0, min(top, len(self._drawn) - self._room))

    def _show_cursor(self) -> None:
        """Have the step under the cursor on the screen, all of it where it fits, with the line above it."""
        places = [at for at, each in enumerate(self._drawn) if each.step == self.cursor]
        if places:
            self.top = max(self.top, places[-1] - self._room + 1)
            self._scroll(min(self.top, max(0, places[0] - 1)))

    # --- drawing ---

    def draw(self, cells: int, lines: int) -> list[Line]:
        found = self.found
        title = inert(found.title or found.path) if found is not None else "Procedure"
        out = [heading(title or "Procedure", self._note(), cells, True)]
        if found is None or found.trouble:
            text = inert(found.trouble if found is not None else self.trouble) or "asking the engine …"
            return [*out, *(fit([(" " + part, "dim")], cells) for part in wrap(text, cells - 2))]
        steps = {step.line: (step, self._by(step)) for step in found.steps}
        before = self._drawn
        self._drawn = markdown.page(found.text, steps, cells - 1, found.title)
        self._room = max(1, lines - len(out))
        if len(before) != len(self._drawn):
            self._show_cursor()
        self._scroll(self.top)
        first = next((at for at, each in enumerate(self._drawn) if each.step == self.cursor), -1)
        for at, each in enumerate(self._drawn[self.top : self.top + self._room], self.top):
            here = each.step == self.cursor
            mark: Line = [("▸" if at == first else " ", "bold")]
            out.append(fit([*mark, *(restyle(each.line, "bold") if here else each.line)], cells))
        return [*out, *(fit([], cells) for _ in range(lines - len(out)))]

    def _by(self, step: ProcedureStep) -> str:
        if step.ticked_at is None:
            return ""
        return f"{inert(step.ticked_by)} {fmt.since(step.ticked_at, self.ctx.now(), self.ctx.model.timezone)}"

    def _note(self) -> Line:
        found = self.found
        if found is None:
            return []
        note: Line = []
        if found.steps:
            done = sum(step.ticked_at is not None for step in found.steps)
            note.append((f"{done} of {len(found.steps)} steps done", "bold"))
        elif not found.trouble:
            note.append(("no steps to tick", "dim"))
        if found.inherited_from:
            note.append((f"{' · ' if note else ''}of {inert(found.inherited_from)}", "dim"))
        below = len(self._drawn) - self.top - self._room
        if below > 0:
            note.append((f" · {below} more lines", "dim"))
        if self.trouble:
            note.append((f" · {inert(self.trouble)}", "warning"))
        return note
