"""What the actions on an edited layout do: begin, step by step, save, leave."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from opsconsole.console.address import Address
from opsconsole.console.host import Program
from opsconsole.console.layout_editing import Editing
from opsconsole.console.link import LinkError
from opsconsole.console.prompt import Prompt
from opsconsole.console.text import inert
from opsconsole.console.views.overview import Overview
from opsconsole.console.words import nearest
from opsconsole.engine.messages import Answer, Ask, AskLayout, Command, Done, Failure, LayoutDraft, LayoutFile
from opsconsole.site import layout_edit
from opsconsole.site.layout_edit import CannotEditError, Edited, Way
from opsconsole.site.layout_keys import OF_KPI, PANEL_KINDS, SPLIT
from opsconsole.site.layout_words import WordsError, can_follow, read_panel, told
from opsconsole.site.model import Layout, Panel

ABOUT = "chart KPI · bars KPI by COLUMN · table SOURCE · alerts · text …   tab completes"


class LayoutDoing:
    """The handlers of the edit."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def _view(self) -> tuple[Overview, Editing] | None:
        """The edit on the screen; None where there is none, which is said."""
        view = self.program.history.current
        if isinstance(view, Overview) and view.editing is not None:
            return view, view.editing
        self.program.say(self.program.registry.told("no layout is edited here: {edit-layout} on the overview begins"))
        return None

    def _step(self, step: Callable[[Editing], object]) -> None:
        found = self._view()
        if found is None:
            return
        view, editing = found
        if editing.other is not None:
            self.program.say(
                self.program.registry.told("this is the file as it is now: {other-edit} goes back to yours")
            )
            return
        try:
            step(editing)
        except CannotEditError as error:
            self.program.say(str(error))
        view.rebuild()

    def _do(self, step: Callable[[Layout, layout_edit.At], Edited]) -> None:
        self._step(lambda editing: editing.do(step))

    # --- begin ---

    def do_edit_layout(self, words: str) -> None:
        view = self.program.history.current
        here = view.layout.name if isinstance(view, Overview) and view.layout is not None else ""
        name = words.strip() or here or self.program.model.layouts()[0].name
        if isinstance(view, Overview) and view.editing is not None:
            self.program.say("a layout is edited already: save it or leave it first")
            return
        if name != here:
            known = [layout.name for layout in self.program.model.layouts()]
            if name not in known:
                self.program.say(f"no layout `{inert(name)}`{nearest(name, known)}", "warning")
                return
            self.program.go(Address("overview", name=name))
        self.program.spawn(self._begin(name))

    async def _begin(self, name: str) -> None:
        answer = await self._ask(AskLayout(name))
        view = self.program.history.current
        if not isinstance(answer, LayoutFile):
            self.program.say(f"not to be edited: {inert(_why(answer))}", "warning")
        elif isinstance(view, Overview) and view.editing is None:
            view.edit(Editing(answer, view.chosen()))
            self.program.say("")

    async def _ask(self, body: Ask) -> Answer:
        try:
            return await self.program.ask(body)
        except LinkError as error:
            return Failure(message=str(error))

    # --- choose ---

    def _pick(self, way: Way) -> None:
        self._step(lambda editing: editing.pick(way))

    def do_pick_left(self, _: str) -> None:
        self._pick("left")

    def do_pick_right(self, _: str) -> None:
        self._pick("right")

    def do_pick_up(self, _: str) -> None:
        self._pick("up")

    def do_pick_down(self, _: str) -> None:
        self._pick("down")

    def do_pick_next(self, _: str) -> None:
        self._step(lambda editing: editing.pick_next(1))

    def do_pick_previous(self, _: str) -> None:
        self._step(lambda editing: editing.pick_next(-1))

    # --- move and size ---

    def do_panel_left(self, _: str) -> None:
        self._step(lambda editing: editing.move("left"))

    def do_panel_right(self, _: str) -> None:
        self._step(lambda editing: editing.move("right"))

    def do_panel_up(self, _: str) -> None:
        self._step(lambda editing: editing.move("up"))

    def do_panel_down(self, _: str) -> None:
        self._step(lambda editing: editing.move("down"))

    def do_panel_wider(self, _: str) -> None:
        self._do(lambda layout, at: (layout_edit.widen(layout, at, 1), at))

    def do_panel_narrower(self, _: str) -> None:
        self._do(lambda layout, at: (layout_edit.widen(layout, at, -1), at))

    def do_panel_higher(self, _: str) -> None:
        self._height(1)

    def do_panel_lower(self, _: str) -> None:
        self._height(-1)

    def _height(self, by: int) -> None:
        view = self.program.history.current
        shown = view.chosen_lines() if isinstance(view, Overview) else 0
        self._do(lambda layout, at: (layout_edit.heighten(layout, at, by, shown or 5), at))

    def do_panel_any_height(self, _: str) -> None:
        self._do(lambda layout, at: (layout_edit.with_height(layout, at, None), at))

    def do_stack_panel(self, _: str) -> None:
        self._do(layout_edit.stack)

    def do_own_row(self, _: str) -> None:
        self._do(layout_edit.own_row)

    def do_remove_panel(self, _: str) -> None:
        self._do(layout_edit.remove)

    # --- words ---

    def do_add_panel(self, words: str) -> None:
        if self._view() is None:
            return
        if words:
            if why := self._add(words):
                self.program.say(why, "warning")
            return
        self.program.prompt = Prompt("ask", head="Add: ", about=ABOUT, complete=self.offers, answer=self._add)

    def _add(self, words: str) -> str:
        """Add a panel; what is wrong with the words, if anything."""
        try:
            panel = self._known(read_panel(words))
        except WordsError as error:
            return inert(str(error))
        self._do(lambda layout, at: layout_edit.add(layout, at, panel))
        return ""

    def _known(self, panel: Panel) -> Panel:
        """The panel with its dimension, of a KPI or a source that the site has."""
        model = self.program.model
        if panel.kind == "table" and panel.of not in model.sources:
            raise WordsError(f"no source `{panel.of}`{nearest(panel.of, list(model.sources))}")
        flows = model.site.flows if model.site is not None else {}
        if panel.kind == "flow" and panel.of not in flows:
            raise WordsError(f"no flow `{panel.of}`{nearest(panel.of, list(flows))}")
        if panel.kind not in OF_KPI:
            return panel
        kpi = model.kpis.get(panel.of)
        if kpi is None:
            raise WordsError(f"no KPI `{panel.of}`{nearest(panel.of, list(model.kpis))}")
        if panel.kind in SPLIT and not panel.by:
            if not kpi.by:
                raise WordsError(f"by which column? {panel.kind} {panel.of} by COLUMN")
            return replace(panel, by=kpi.by[0])
        return panel

    def offers(self, text: str) -> list[str]:
        """What the words of a panel could become."""
        kind, space, rest = text.partition(" ")
        if not space:
            return [each for each in PANEL_KINDS if each.startswith(kind)]
        model = self.program.model
        if kind == "text" or kind not in PANEL_KINDS:
            return []
        flows = model.site.flows if model.site is not None else {}
        others = {"table": list(model.sources), "flow": list(flows)}
        names = list(model.kpis) if kind in OF_KPI else others.get(kind, [])
        done = text.rpartition(" ")[0]
        said = rest.split(" ")
        if names and len(said) == 1:
            following = names
        elif said[-2:-1] == ["by"]:
            kpi = model.kpis.get(said[0])
            following = model.dimensions.get(said[0]) or (list(kpi.by) if kpi is not None else [])
        else:
            following = [each for each in can_follow(kind) if each not in said[:-1]]
        return [line for each in following if (line := f"{done} {each}").startswith(text)]

    def do_title_panel(self, words: str) -> None:
        found = self._view()
        if found is None:
            return
        if words:
            self._title(words)
            return
        self.program.prompt = Prompt(
            "ask",
            found[1].panel.title,
            head=f"Title of {told(found[1].panel)}: ",
            about="empty: one made from what it shows",
            answer=self._title,
        )

    def _title(self, text: str) -> str:
        self._do(lambda layout, at: (layout_edit.with_title(layout, at, text.strip()), at))
        return ""

    # --- back, save, leave ---

    def do_undo_edit(self, _: str) -> None:
        self._step(lambda editing: self._told(editing.undo(), "nothing to take back"))

    def do_redo_edit(self, _: str) -> None:
        self._step(lambda editing: self._told(editing.redo(), "nothing was taken back"))

    def _told(self, done: bool, why: str) -> None:
        if not done:
            self.program.say(why)

    def do_other_edit(self, _: str) -> None:
        found = self._view()
        if found is None:
            return
        view, editing = found
        if editing.other is not None:
            editing.other = None
            view.rebuild()
        else:
            self.program.spawn(self._look(view, editing))

    async def _look(self, view: Overview, editing: Editing) -> None:
        answer = await self._ask(AskLayout(editing.name))
        if not isinstance(answer, LayoutFile):
            self.program.say(inert(_why(answer)), "warning")
        elif answer.digest == editing.file.digest:
            self.program.say("nobody has changed the file since you began")
        else:
            editing.file, editing.other = answer, answer.layout
            view.rebuild()
            told_of = "the file as it is now · {other-edit} goes back to yours, {write} there writes it over this"
            self.program.say(self.program.registry.told(told_of), "warning")

    def do_write(self, words: str) -> None:
        found = self._view()
        if found is None:
            return
        view, editing = found
        if editing.other is not None:
            self.program.say(
                self.program.registry.told("this is the file as it is now: {other-edit} goes back to yours")
            )
        elif not editing.changed and not words and editing.file.digest:
            self.program.say("nothing has changed: nothing to save")
        else:
            self.program.say("saving …")
            self.program.spawn(self._write(view, editing, words.strip()))

    async def _write(self, view: Overview, editing: Editing, name: str) -> None:
        written = editing.layout
        draft = LayoutDraft(written, name)
        answer = await self._ask(Command("save-layout", layout=draft, digest=editing.file.digest))
        if not isinstance(answer, Done) or answer.refused:
            why = inert(_why(answer))
            before, meanwhile, _ = why.partition("meanwhile")
            more = self.program.registry.told(" · {other-edit} shows it") if meanwhile else ""
            self.program.say(f"not saved: {before}{meanwhile}{more}", "warning")
            return
        if editing.layout != written:
            # a step was taken while it was saved: the edit goes on from what is saved
            look = await self._ask(AskLayout(editing.name))
            editing.file = look if isinstance(look, LayoutFile) else editing.file
            self.program.say(inert(answer.said) + " as it was; the edit goes on")
            return
        if name and name != editing.name:
            view.address = replace(view.address, name=name)
        view.saved(replace(written, name=name or written.name))
        self.program.say(inert(answer.said or next(iter(answer.already.values()), "")))

    def do_leave_edit(self, _: str) -> None:
        found = self._view()
        if found is None:
            return
        view, editing = found
        if editing.other is not None:
            self.do_other_edit("")
        elif not editing.changed:
            view.edit(None)
        else:
            self.program.prompt = Prompt(
                "choice",
                head="Leave without saving? y yes, n no, w save",
                about="what you have changed is lost",
                choices={"y": lambda: view.edit(None), "n": lambda: None, "w": lambda: self.do_write("")},
            )

    def do_edit_command(self, _: str) -> None:
        self.program.doing.do_command("")

    def do_edit_help(self, _: str) -> None:
        self.program.doing.do_help("")


def _why(answer: Answer) -> str:
    if isinstance(answer, Done):
        return next(iter(answer.refused.values()), "")
    return answer.message if isinstance(answer, Failure) else "the engine did not answer"
