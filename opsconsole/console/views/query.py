"""SQL of a person: an editor above, its result below as a table like any other."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from msgspec.structs import replace

from opsconsole.console import fmt
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.grid.grid import Grid
from opsconsole.console.grid.shape import Shape
from opsconsole.console.link import LinkError
from opsconsole.console.panels import heading
from opsconsole.console.sql.editor import Editor, Trouble
from opsconsole.console.text import Line, fit, inert, wrap
from opsconsole.console.views.rows import RowsView
from opsconsole.engine.messages import AskRun, AskStopRun, Failure, Ran, TableOf

LONGEST = 120.0
"""Seconds that a statement may take; it can be ended at any moment."""
EDIT = "edit"
"""`Address.show` of a statement that is to be edited, not run at once."""


class QueryView(RowsView):
    """The keys go to the editor while `typing`, else to the result."""

    def __init__(self, ctx: Context, address: Address) -> None:
        self.result: Ran | None = None
        super().__init__(ctx, address)
        self._grid = self._table()
        self.editor = Editor(address.name, ctx.sql.schema)
        self.editor.buffer.cut_text = ctx.sql.cut_text
        self.typing = not address.name or address.show == EDIT
        self.preview: list[str] = []
        self._run = ""
        self._begun = 0.0
        self._ran_at: tuple[str, str] | None = None

    @property
    def stack(self) -> str:
        return "editor" if self.typing else "query"

    def _table(self) -> Grid:
        """The table of the result; where it has the columns of the one before, it is looked at as that was."""
        before, found = self._grid, self.result
        alike = found is not None and before.names == found.columns
        return Grid(self.ctx, self._base(), before.shape if alike else Shape(), title="Result")

    @property
    def grid(self) -> Grid | None:
        return self._grid if self.result is not None else None

    def _base(self) -> TableOf:
        return TableOf(result=self.result.result if self.result is not None else "")

    def label(self) -> str:
        return "SQL"

    def crumbs(self) -> list[str]:
        return ["SQL"]

    # --- running ---

    async def load(self) -> None:
        """Run what the address says, once; a result that is there is kept."""
        self.ctx.sql.schema()
        wanted = (self.address.name, self.address.at)
        if self.address.name and self.address.show != EDIT and wanted != self._ran_at:
            await self.run()

    @property
    def running(self) -> bool:
        """Whether a statement is under way."""
        return bool(self._run)

    def start(self) -> None:
        """Run what is in the editor."""
        self.ctx.spawn(self.run())

    async def run(self) -> None:
        """Run what is in the editor, and show its result. What ran before is ended."""
        sql = self.editor.text
        if not sql.strip():
            self.ctx.say("type a SELECT first")
            return
        if self._run:
            await self._stop()
        run = self._run = self.ctx.sql.name()
        self._begun, self.editor.trouble, self.preview = time.monotonic(), None, []
        self.editor.close()
        self.ctx.sql.statements.add(sql.strip())
        self.address = replace(self.address, name=sql, show="")
        self._ran_at = (sql, self.address.at)
        self.ctx.spawn(self._count_up(run))
        try:
            answer = await self.ctx.ask(AskRun(sql, seconds=LONGEST, at=self.ctx.seconds(self.address.at), run=run))
        except LinkError as error:
            answer = Failure(message=str(error))
        if self._run != run:
            return  # another one runs since
        self._run = ""
        if isinstance(answer, Ran):
            self.result, self.typing = answer, False
            self._grid = self._table()
            await self._grid.load()
        elif isinstance(answer, Failure):
            self.editor.trouble = Trouble(answer.message, sql)
            self.typing = True
            if self.editor.trouble.at is not None and self.editor.text == sql:
                self.editor.buffer.at = self.editor.trouble.at

    async def _count_up(self, run: str) -> None:
        """How long it has been running is seen to go on."""
        while self._run == run:
            self.ctx.redraw()
            await asyncio.sleep(1.0)

    async def _stop(self) -> None:
        if self._run:
            try:
                await self.ctx.ask(AskStopRun(self._run))
            except LinkError:
                self._run = ""  # it ended with the connection

    # --- typing ---

    def type(self, key: str, character: str | None) -> bool:
        if key == "escape":
            return self._leave()
        self.preview = []
        if key == "enter" and self.editor.whole and not self.editor.chosen:
            self.start()
            return True
        taken = self.editor.key(key, character)
        if taken and character is not None:
            self.ctx.sql.statements.rest()
        return taken

    def _leave(self) -> bool:
        """Esc pops one thing: the list, what would be written, what runs, the editor; False: nothing is left."""
        if self.editor.listing:
            self.editor.close()
        elif self.preview:
            self.preview = []
        elif self._run:
            self.ctx.spawn(self._stop())
        elif self.result is not None:
            self.typing = False
        else:
            return False
        return True

    def paste(self, text: str) -> None:
        self.editor.insert(text)

    def do_run_sql(self) -> None:
        self.start()

    def do_refresh(self) -> None:
        self.start()

    def do_edit_sql(self) -> None:
        if self.typing and self.result is None:
            self.ctx.say(self.ctx.told("no result yet: {run-sql} runs it"))
        else:
            self.typing = not self.typing

    def do_stop_sql(self) -> None:
        if self._run:
            self.ctx.spawn(self._stop())
        else:
            self.ctx.say("nothing runs")

    def do_complete_sql(self) -> None:
        self.editor.complete()

    def do_earlier_sql(self) -> None:
        self._step(-1)

    def do_later_sql(self) -> None:
        self._step(1)

    def _step(self, by: int) -> None:
        found = self.ctx.sql.statements.step(by, self.editor.text)
        if found is None:
            self.ctx.say("no statement before this one" if by < 0 else "this is the last one")
        else:
            self.editor.set(found)

    def do_statements(self) -> None:
        known = self.ctx.sql.statements
        self.editor.close()
        self.editor.statements = known.all[::-1]
        if not known.all:
            self.ctx.say(known.trouble or "no statement was run here before")

    def do_undo_text(self) -> None:
        if not self.editor.buffer.undo():
            self.ctx.say("nothing to take back")
        self.editor.close()

    def do_redo_text(self) -> None:
        if not self.editor.buffer.redo():
            self.ctx.say("nothing to do again")
        self.editor.close()

    def do_cut_line(self) -> None:
        self.editor.buffer.cut_line()
        self.ctx.sql.cut_text = self.editor.buffer.cut_text
        self.editor.close()

    def do_put_cut(self) -> None:
        self.editor.buffer.paste_cut()
        self.editor.close()

    def copied(self) -> str:
        return super().copied() if self.result is not None else self.editor.text

    def update(self, topics: set[str]) -> None:
        super().update(topics - {"data"})  # a result is what it was

    def unfilter(self) -> bool:
        if self._run:
            self.ctx.spawn(self._stop())
            return True
        if self.preview:
            self.preview = []
            return True
        return super().unfilter()

    def remember(self) -> dict[str, Any]:
        return {"text": self.editor.text, "at": self.editor.buffer.at}

    def recall(self, state: dict[str, Any]) -> None:
        text, at = state.get("text"), state.get("at")
        if isinstance(text, str) and isinstance(at, int):
            self.editor.set(text)
            self.editor.buffer.at = max(0, min(at, len(self.editor.text)))
            self.typing = self.typing or text != self.address.name
            if text != self.address.name:
                self.address = replace(self.address, show=EDIT)

    # --- drawing ---

    def _note(self) -> Line:
        if self._run:
            return [(f"running, {time.monotonic() - self._begun:.0f} s", "bold"), ("  Esc ends it", "dim")]
        if self.editor.trouble is not None or self.result is None:
            hint = self.ctx.told("{run-sql} runs it, Enter where it ends with ;") if self.typing else ""
            return [(hint, "dim")]
        took = self.result.seconds
        said = (
            f"{fmt.count(self.result.rows, 'row')} in {took:.2f} s"
            if took < 10
            else (f"{fmt.count(self.result.rows, 'row')} in {took:.0f} s")
        )
        note: Line = [(said, "")]
        if self.result.note:
            note.append((f" · {inert(self.result.note)}", "bold" if self.result.truncated else "dim"))
        if self.editor.text != self.address.name:
            note.append((" · edited since", "dim"))
        return note

    def draw(self, cells: int, lines: int) -> list[Line]:
        head = heading("SQL", self._note(), cells, self.typing)
        trouble = self.editor.trouble
        said = wrap(inert(trouble.line()), cells - 4) if trouble is not None else []
        told = [fit([("  ", ""), (line, "warning")], cells) for line in said[:3]]
        room = lines - 1 - len(told)
        wanted = self.editor.wanted() + self.typing
        most = room
        if self.preview:
            most = 1
        elif self.result is not None:
            most = max(2, room * 2 // 5) if self.typing else max(1, min(3, room // 5))
        out = [head, *self.editor.draw(cells, max(1, min(wanted, most)), self.typing), *told]
        if self.preview:
            out += self._previewed(cells, lines - len(out))
        elif self.result is not None:
            out += self._grid.draw(cells, lines - len(out), not self.typing)
        out += [fit([], cells) for _ in range(lines - len(out))]
        if self.typing:
            self.editor.over(out, 1, cells)
        return out[:lines]

    def _previewed(self, cells: int, lines: int) -> list[Line]:
        """What would be written, while that is asked: of what is too long its begin and its end."""
        body = [fit([("  ", ""), (inert(line), "")], cells) for line in self.preview]
        room = lines - 1
        if len(body) > room:
            end = min(9, room // 2)
            left = len(body) - (room - 1)
            more = fit([(f"  … {fmt.count(left, 'more line')}", "dim")], cells)
            body = [*body[: room - 1 - end], more, *body[len(body) - end :]]
        return [heading("would be put into site.yaml", [], cells, False), *body]
