"""What the actions do that concern the whole program: going, filtering, commanding the engine, copying."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from opsconsole.console import steps
from opsconsole.console.action import EDIT, EDITOR, SQL
from opsconsole.console.actions import STACKS, Action, may
from opsconsole.console.address import VIEWS, Address, BadAddressError, parse
from opsconsole.console.host import Program
from opsconsole.console.later import Later
from opsconsole.console.link import LinkError
from opsconsole.console.prompt import Prompt
from opsconsole.console.running import Running
from opsconsole.console.text import inert
from opsconsole.engine.commands import COMMANDS
from opsconsole.engine.messages import Command, Done, Failure

# Views whose command without a name means the screen that is shown.
ASKING = ("sql", "procedure", "help")
# Views whose words are for their command.
COMMANDED = ("maintenance",)


class Doing(Later):
    """The handlers: `do_<id>` for each action that no screen has one for. Arguments come from a command line."""

    def __init__(self, program: Program) -> None:
        super().__init__(program, self.run, self._typing)
        self.running = Running(program)

    def _handlers(self) -> Iterator[object]:
        """Whoever has handlers, what is at hand first."""
        yield from (self, self.running, self.program.looking, self.program.layers)
        yield self.triage
        yield self.timing
        yield self.planning
        yield self.changing
        yield from self.tables

    def run(self, action: Action, words: str = "") -> None:
        """Do an action on the screen that is shown; screens come before the program."""
        travel = self.program.travel
        if action.command is not None and travel.at:
            # what is seen is not how things are, and a command is about how they are
            self.program.say(
                f"you look at {travel.label(travel.at)}; {self.program.told('press {live} for live')}", "warning"
            )
            return
        role = self.program.role
        if not may(action, role) and self.program.link.read_only:
            self.program.say(f"{action.title.lower()}: this console is read-only", "warning")
            return
        if not may(action, role):
            needed = COMMANDS[action.command or ""].role
            self.program.say(
                f"{action.title.lower()}: that takes the role {needed}, and you are {role} here", "warning"
            )
            return
        name = "do_" + action.id.replace("-", "_")
        view = self.program.history.current
        handler = getattr(view, name, None)
        if handler is not None:
            handler()
        elif action.scope in (SQL, EDITOR):
            getattr(self.sql, name)(words)
        elif action.scope == EDIT or action.id == "edit-layout":
            getattr(self.layouts, name)(words)
        else:
            getattr(next(each for each in self._handlers() if hasattr(each, name)), name)(words)

    def line(self, line: str) -> None:
        """Run a command line."""
        word, _, rest = line.strip().partition(" ")
        if not word:
            return
        action = self.program.registry.by_word.get(word)
        if action is None:
            from opsconsole.console.words import nearest

            known = [*self.program.registry.by_word]
            self.program.say(f"no command `{inert(word)}`{nearest(word, known)}", "warning")
        elif word in VIEWS and word not in COMMANDED and (rest.strip() or word not in ASKING):
            try:
                self.program.go(parse(line, self.program.travel.kept, self.program.travel.kept_over))
            except BadAddressError as error:
                self.program.say(inert(str(error)), "warning")
        else:
            self.run(action, rest.strip())

    # --- going ---

    def do_overview(self, _: str) -> None:
        self.program.go(Address("overview"))

    def do_alerts(self, _: str) -> None:
        self.program.go(Address("alerts"))

    def do_kpis(self, _: str) -> None:
        self.program.go(Address("kpis"))

    def do_flow(self, _: str) -> None:
        self.program.go(Address("flow"))

    def do_goals(self, _: str) -> None:
        self.program.go(Address("goals"))

    def do_tables(self, _: str) -> None:
        self.program.go(Address("tables"))

    def do_sources(self, _: str) -> None:
        self.program.go(Address("sources"))

    def do_log(self, _: str) -> None:
        self.program.go(Address("log"))

    def do_procedure(self, _: str) -> None:
        view = self.program.history.current
        pane = view.pane if "alerts" in self._scopes() else None
        alert = view.alert(pane.current.key) if pane is not None and pane.current is not None else None
        if alert is None:
            self.program.say("of which alert? Put the cursor on one, or name it: :procedure ALERT")
        elif not alert.procedure:
            self.program.say("neither its rule nor its KPI, area or site names a procedure (`procedure:`)")
        else:
            self.program.go(Address("procedure", name=alert.id))

    def do_help(self, _: str) -> None:
        here = self.program.history.current.address
        self.program.go(here if here.view == "help" else Address("help", name=here.view))

    def do_tour(self, _: str) -> None:
        self.program.go(Address("tour"))

    def welcome(self) -> None:
        """The tour, for a person who has not seen it."""
        toured = self.program.toured
        if toured is not None and toured.due():
            self.do_tour("")
            self.program.say(toured.note(), "warning")

    def do_back(self, _: str) -> None:
        """Esc pops exactly one thing: filter, then marks, then the view (the input is popped before it gets here)."""
        pane = self.program.history.current.pane
        if self.program.history.current.unfilter():
            return
        if pane is not None and pane.marks:
            pane.unmark()
        elif not self.program.history.back():
            self.program.say(self.program.told("this is the first view; {quit} leaves"))

    def do_last(self, _: str) -> None:
        if not self.program.history.last():
            self.program.say("no view before this one")

    def do_quit(self, _: str) -> None:
        self.program.leave()

    def do_refresh(self, _: str) -> None:
        self.program.reload()

    # --- in time ---

    def do_at(self, words: str) -> None:
        if words:
            self.program.travel.to(words)
            return
        self.do_command("")
        assert self.program.prompt is not None
        self.program.prompt.insert("at ")

    def do_live(self, _: str) -> None:
        self.program.travel.back_to_live()

    def do_step_back(self, _: str) -> None:
        self._step(-1, large=False)

    def do_step_on(self, _: str) -> None:
        self._step(1, large=False)

    def do_window_back(self, _: str) -> None:
        self._step(-1, large=True)

    def do_window_on(self, _: str) -> None:
        self._step(1, large=True)

    def _step(self, count: int, large: bool) -> None:
        model = self.program.model
        kpi = steps.meant(self.program.history.current.address, model)
        shift = model.site.shift if model.site is not None else None
        self.program.travel.step(steps.window(kpi, shift) if large else steps.bucket(kpi), count)

    # --- typing ---

    def type(self, prompt: Prompt, key: str, character: str | None) -> None:
        """A key while a prompt is open: typed, or the end of it."""
        program = self.program
        if prompt.kind == "sql":
            self.sql.type(prompt, key, character)  # type: ignore[arg-type]  # a prompt of this kind is one
        elif key == "escape" or (key == "backspace" and not prompt.text):
            program.prompt = None
        elif prompt.kind == "choice":
            program.prompt = None
            prompt.choose(character)
        elif key == "enter":
            program.prompt = None
            if prompt.kind == "ask":
                prompt.trouble = prompt.answer(prompt.text)
                program.prompt = prompt if prompt.trouble else program.prompt
            elif prompt.kind == "command":
                self.line(prompt.text)
            elif prompt.kind == "palette":
                self.chosen_in_palette(prompt)
        elif prompt.key(key, character):
            self.typed()

    def typed(self) -> None:
        """A filter acts while it is typed."""
        prompt = self.program.prompt
        if prompt is not None and prompt.kind == "sql":
            self.sql.grown(prompt)  # type: ignore[arg-type]
        if prompt is not None and prompt.kind == "filter":
            self.program.history.current.set_filter(prompt.text)

    def paste(self, text: str) -> None:
        """A text goes where one is typed."""
        program = self.program
        if program.prompt is not None:
            program.prompt.insert(text)
            self.typed()
        elif program.history.current.typing:
            program.history.current.paste(text)

    def _typing(self, text: str) -> None:
        """Open the command line with a text to go on with."""
        self.do_command("")
        assert self.program.prompt is not None
        self.program.prompt.insert(text)

    def do_query(self, words: str) -> None:
        self.sql.do_query(words)

    def do_command(self, _: str) -> None:
        from opsconsole.console.words import complete

        program = self.program
        program.prompt = Prompt("command", complete=lambda text: complete(text, program.registry, program.model))

    def do_palette(self, _: str) -> None:
        from opsconsole.console.words import keyed, palette

        program = self.program
        offers = lambda text: [title for title, _ in palette(text, program.registry, program.model)]  # noqa: E731
        program.prompt = Prompt("palette", complete=offers, keyed=keyed(program.registry))

    def chosen_in_palette(self, prompt: Prompt) -> None:
        """Do what is chosen; what needs a name goes on in the command line."""
        from opsconsole.console.words import palette

        offers = palette(prompt.text, self.program.registry, self.program.model)
        if not offers:
            self.program.say("nothing like it")
            return
        do = offers[min(prompt.choice, len(offers) - 1)][1]
        if do.startswith(":"):
            self.line(do[1:])
            return
        action = self.program.registry.by_id[do]
        if action.line and not action.keys and " " in action.line:
            self.do_command("")
            assert self.program.prompt is not None
            self.program.prompt.insert(action.word + " ")
        elif action in self.program.registry.in_scopes(self._scopes()):
            self.run(action)
        else:
            self.program.say(f"{action.title}: not on this screen")

    def _scopes(self) -> tuple[str, ...]:
        return STACKS[self.program.stack]

    def do_filter(self, words: str) -> None:
        view = self.program.history.current
        found = view.filtered()
        if found is None and view.grid is not None:
            self.tables[0].filter_words(words)
        elif found is None:
            self.program.say("nothing to filter here")
        elif words:
            view.set_filter(words)
        else:
            self.program.prompt = Prompt("filter", found)

    # --- KPIs ---

    def do_choose_dimension(self, _: str) -> None:
        """Go on in the command line, which knows the columns."""
        address = self.program.history.current.address
        self.do_command("")
        assert self.program.prompt is not None
        self.program.prompt.insert(f"{replace(address, by='', show='', against='')} by ")

    def do_copy_address(self, _: str) -> None:
        self.program.copy_out(f":{self.program.history.current.address}")

    def do_sql(self, _: str) -> None:
        """Without a name: the SQL of the screen that is shown."""
        address = self.program.history.current.sql_address()
        if address is None:
            self.program.say(self.program.told("of which KPI? :sql NAME, or {sql} on its screen"))
        else:
            self.program.go(address)

    # --- sources ---

    def do_quarantine(self, _: str) -> None:
        self.program.go(Address("quarantine"))

    def do_explain(self, _: str) -> None:
        self.program.say("put the cursor on a file, or name it: :explain FILE")

    def do_group(self, _: str) -> None:
        self.program.say(self.program.told("groups are in quarantine: {quarantine}"))

    def do_retry(self, words: str) -> None:
        import shlex

        try:
            named = shlex.split(words)
        except ValueError:
            self.program.say("a quotation mark is missing its partner", "warning")
            return
        meant = (named[0], named[1:]) if named else self.program.history.current.files_meant()
        if meant is None:
            self.program.say("of which source? :retry SOURCE [FILE …]")
            return
        source, files = meant
        what = inert(", ".join(files)) if files else f"what had trouble in {inert(source) or 'all sources'}"
        self.program.say(f"reading anew: {what} …")
        self.program.spawn(self._tell(Command("retry", source=source, files=files), what))

    def do_export(self, words: str) -> None:
        if self.program.history.current.grid is not None:
            self.tables[0].do_export_rows(words)
            return
        if words:
            self.program.spawn(self._export(words))
            return
        self.do_command("")
        assert self.program.prompt is not None
        name = self.program.history.current.address.name or "all"
        self.program.prompt.insert(f"export quarantine-{name}.csv")

    async def _export(self, path: str) -> None:
        try:
            said = await self.program.history.current.export(path)
        except (OSError, LinkError) as error:
            self.program.say(f"not written: {inert(str(error))}", "warning")
            return
        self.program.say(inert(said))

    async def _tell(self, command: Command, what: str) -> None:
        """Have the engine do something that is not about alerts, and say what came of it."""
        try:
            answer = await self.program.ask(command)
        except LinkError as error:
            self.program.say(f"not done: {error}", "warning")
            return
        if isinstance(answer, Failure):
            self.program.say(f"not done: {inert(answer.message)}", "warning")
        elif isinstance(answer, Done) and answer.refused:
            self.program.say(f"not done: {inert(next(iter(answer.refused.values())))}", "warning")
        elif command.name == "save-draft" and isinstance(answer, Done):
            names = ", ".join(inert(path) for path in answer.applied)
            self.program.say(f"written: {names}. It is live; edit it.")
        elif command.name == "retry" and isinstance(answer, Done) and not answer.applied:
            self.program.say(f"no file had trouble: nothing is read anew of {what}")
        else:
            title = COMMANDS[command.name].title
            self.program.say(f"{title}: {what}" if what else f"done: {title}")

    # --- the rest ---

    def do_copy(self, _: str) -> None:
        self._copy(self.program.history.current.copied(), "this")

    def _copy(self, text: str, what: str) -> None:
        if text:
            self.program.copy_out(text)
        else:
            self.program.say(f"nothing to copy of {what}")

    def do_save_draft(self, _: str) -> None:
        self.program.say("writing the draft …")
        self.program.spawn(self._tell(Command("save-draft"), ""))
