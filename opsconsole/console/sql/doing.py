"""What the actions on SQL do that no screen does by itself: the prompt, and saving as a KPI or an alert."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from opsconsole.console.action import Action
from opsconsole.console.address import Address
from opsconsole.console.host import Program
from opsconsole.console.link import LinkError
from opsconsole.console.prompt import Prompt
from opsconsole.console.sql.prompt import SqlPrompt
from opsconsole.console.text import inert
from opsconsole.console.views.base import View
from opsconsole.console.views.query import EDIT, QueryView
from opsconsole.engine.messages import AskDraft, Command, Done, Drafted, Failure, SqlDraft

_KINDS = ("kpi", "alert")


class SqlDoing:
    """The handlers, and the keys of the prompt."""

    def __init__(self, program: Program, run: Callable[[Action], None], typing: Callable[[str], None]) -> None:
        """`run` does an action, `typing` opens the command line with a text to go on with."""
        self.program = program
        self._run = run
        self._typing = typing

    def do_query(self, _: str) -> None:
        hint = self.program.registry.told("Enter runs it · tab completes · {edit-sql} or a second line: the editor")
        self.program.sql.schema()  # known by the time it is wanted
        self.program.prompt = SqlPrompt(self.program.sql, about=hint)

    def type(self, prompt: SqlPrompt, key: str, character: str | None) -> None:
        """A key while the prompt is open. What the editor's actions are bound to does the same here."""
        program, editor = self.program, prompt.editor
        printable = character is not None and character.isprintable()
        action = None if printable else program.registry.find(key, "editor")
        name = action.id if action is not None else ""
        if key == "escape" and editor.listing:
            editor.close()
        elif key in ("escape", "ctrl+c") or (key == "backspace" and not prompt.text):
            program.prompt = None
        elif name == "run-sql" or (key == "enter" and not editor.chosen):
            program.prompt = None
            if prompt.text.strip():
                program.go(Address("query", name=prompt.text))
        elif name == "edit-sql":
            self._edit(prompt.text)
        elif name == "complete-sql":
            editor.complete()
        elif name in ("earlier-sql", "later-sql"):
            found = prompt.desk.statements.step(-1 if name == "earlier-sql" else 1, prompt.text)
            if found is not None:
                editor.set(found)
                self.grown(prompt)
        elif name == "statements":
            editor.close()
            editor.statements = prompt.desk.statements.all[::-1]
        elif name == "undo-text":
            editor.buffer.undo()
        elif name == "redo-text":
            editor.buffer.redo()
        elif prompt.key(key, character):
            self.grown(prompt)

    def grown(self, prompt: SqlPrompt) -> None:
        """A text of several lines goes on in the editor."""
        if prompt.grown:
            self._edit(prompt.text)

    def _edit(self, text: str) -> None:
        self.program.prompt = None
        self.program.go(Address("query", name=text, show=EDIT))

    def type_on_screen(self, view: View, key: str, character: str | None) -> None:
        """A key on a screen that takes text: what it means there, else what it means everywhere."""
        printable = character is not None and character.isprintable()
        registry, stack = self.program.registry, self.program.stack
        action = None if printable else registry.find(key, stack)
        if action is None and view.type(key, character):
            return
        if action is None and not printable:
            action = registry.find(key, "text")
        if action is not None:
            self._run(action)

    # --- on other screens ---

    def do_run_sql(self, _: str) -> None:
        self._of_screen(run=True)

    def do_edit_sql(self, _: str) -> None:
        self._of_screen(run=False)

    def _of_screen(self, run: bool) -> None:
        """The SQL that a screen shows, in the editor."""
        text = self.program.history.current.copied()
        self.program.go(Address("query", name=text, show="" if run else EDIT))

    def do_stop_sql(self, _: str) -> None:
        self.program.say("nothing runs")

    # --- saving ---

    def do_save_as(self, words: str) -> None:
        view = self.program.history.current
        if not isinstance(view, QueryView) or not view.editor.text.strip():
            self.program.say("which SQL? ; or :query opens the editor, and it is saved from there")
            return
        if not words:
            self._typing("save-as kpi ")
            return
        draft = _draft(words, view.editor.text)
        if isinstance(draft, str):
            self.program.say(draft, "warning")
            return
        self.program.say("trying it on the site …")
        self.program.spawn(self._try(view, draft))

    async def _try(self, view: QueryView, draft: SqlDraft) -> None:
        """Show what would be written, and ask."""
        try:
            answer = await self.program.ask(AskDraft(draft))
        except LinkError as error:
            answer = Failure(message=str(error))
        if not isinstance(answer, Drafted):
            said = answer.message if isinstance(answer, Failure) else "the engine did not answer"
            self.program.say(f"not saved: {inert(said)}", "warning")
            return
        found = answer
        view.preview = found.yaml.splitlines()
        self.program.say("")

        def write() -> None:
            view.preview = []
            self.program.spawn(self._write(draft, found))

        def leave() -> None:
            view.preview = []
            self.program.say("nothing is written")

        self.program.prompt = Prompt(
            "choice",
            head=f"Write this into {inert(found.path)}? y yes, n no",
            about=inert(found.note),
            choices={"y": write, "n": leave},
        )

    async def _write(self, draft: SqlDraft, found: Drafted) -> None:
        try:
            answer = await self.program.ask(Command("save-sql", save=draft, digest=found.digest))
        except LinkError as error:
            answer = Failure(message=str(error))
        if isinstance(answer, Done) and not answer.refused:
            leads = f"  :kpi {draft.name} opens it" if draft.kind == "kpi" else "  it is looked at from now on"
            self.program.say(f"{inert(answer.said)}.{leads}")
        else:
            said = answer.message if isinstance(answer, Failure) else ""
            said = next(iter(answer.refused.values()), "") if isinstance(answer, Done) else said
            self.program.say(f"not saved: {inert(said)}", "warning")


def _draft(words: str, sql: str) -> SqlDraft | str:
    """`kpi NAME [VALUE]` or `alert NAME [by COLUMN …]`; a sentence where it is neither."""
    kind, _, rest = words.strip().partition(" ")
    name, _, more = rest.strip().partition(" ")
    more = more.strip()
    if kind not in _KINDS or not name:
        return "save-as kpi NAME [VALUE], or save-as alert NAME [by COLUMN …]"
    if kind == "kpi":
        return SqlDraft("kpi", name, sql, value=more)
    try:
        columns = shlex.split(more.replace(",", " "))
    except ValueError:
        return "a quotation mark is missing its partner"
    if columns and columns[0] != "by":
        return f"after the name of an alert comes `by COLUMN …`, not `{inert(columns[0])}`"
    return SqlDraft("alert", name, sql, by=tuple(columns[1:]))
