"""Writing a table to a file: the engine makes it, the console writes it as the person, in parts, with progress.

The parts go to a file beside the wanted one, which takes its name when it is whole: what lies there is never half of
it, and a file that is there already is replaced only after the person has said so.
"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from opsconsole.console import fmt
from opsconsole.console.grid.grid import Grid
from opsconsole.console.host import Program
from opsconsole.console.link import LinkError
from opsconsole.console.prompt import Prompt
from opsconsole.console.text import inert
from opsconsole.engine.messages import Failure
from opsconsole.engine.table_file import ExportError, fetch
from opsconsole.engine.table_messages import (
    AskChunk,
    AskExport,
    AskExported,
    Export,
    ExportFormat,
)

FORMATS: dict[str, ExportFormat] = {
    **{f".{each}": each for each in get_args(ExportFormat)},
    ".markdown": "md",
}


class Exporting:
    """One export at a time, whatever screen is shown meanwhile."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.running = ""
        self._cancelled = False

    # --- asking the person ---

    def ask(self, grid: Grid) -> None:
        """What is to be written, then where to."""
        if grid.pages is None:
            self.program.say("there is nothing to write yet")
            return
        shape, pages = grid.shape, grid.pages
        if not (shape.narrowed or shape.hidden or shape.columns):
            self._ask_path(grid, seen=False)
            return
        seen = f"{_rows(pages.total)}, {fmt.count(len(_columns(grid)), 'column')}"
        everything = f"{_rows(pages.all)}, {fmt.count(len(grid.names), 'column')}"
        self.program.prompt = Prompt(
            "choice",
            head=" write: s what is seen · e everything",
            about=f"seen: {seen} · everything: {everything}",
            choices={"s": lambda: self._ask_path(grid, seen=True), "e": lambda: self._ask_path(grid, seen=False)},
        )

    def _ask_path(self, grid: Grid, seen: bool) -> None:
        def answer(text: str) -> str:
            if not text.strip():
                return "to which file? Esc leaves it"
            return self.begin(grid, text.strip(), seen, quiet=True)

        name = grid.source or "rows"
        about = "its ending says how: .csv .json .parquet .xlsx .md"
        self.program.prompt = Prompt("ask", f"{name}.csv", head="write to: ", about=about, answer=answer)

    def ask_to_cancel(self) -> None:
        """Whether the export that goes on is to be given up."""

        def cancel() -> None:
            self._cancelled = True

        self.program.prompt = Prompt(
            "choice", head=f" {inert(self.running)} is being written: give it up?  y / n", choices={"y": cancel}
        )

    # --- doing ---

    def begin(self, grid: Grid, path: str, seen: bool, quiet: bool = False) -> str:
        """Start; what is wrong with the path is said, or with `quiet` returned. Asks before anything is replaced."""
        target = Path(path).expanduser()
        trouble = ""
        if target.suffix.lower() not in FORMATS:
            trouble = f"{target.name}: its ending says how it is written: .csv .json .parquet .xlsx .md"
        elif target.is_dir():
            trouble = f"{target.name} is a folder: name a file"
        elif not target.absolute().parent.is_dir():
            trouble = f"{target.name}: there is no folder {target.absolute().parent}"
        if trouble:
            if not quiet:
                self.program.say(inert(trouble), "warning")
            return inert(trouble)
        if target.exists():
            # asked once this prompt is done with
            self.program.spawn(self._ask_to_replace(grid, target, seen))
        else:
            self._start(grid, target, seen, replace=False)
        return ""

    async def _ask_to_replace(self, grid: Grid, target: Path, seen: bool) -> None:
        self.program.prompt = Prompt(
            "choice",
            head=f" {inert(str(target))} is there already: replace it?  y / n",
            about="what is in it now is lost",
            choices={"y": lambda: self._start(grid, target, seen, replace=True)},
        )

    def _start(self, grid: Grid, target: Path, seen: bool, replace: bool) -> None:
        self.running, self._cancelled = target.name, False
        grid.progress = f"writing {inert(target.name)} {fmt.NONE}"
        self.program.spawn(self._run(grid, target, seen, replace))

    async def _run(self, grid: Grid, target: Path, seen: bool, replace: bool) -> None:
        try:
            said, style = await self._write(grid, target, seen, replace), ""
        except (ExportError, OSError, LinkError) as error:
            said, style = f"not written: {error}", "warning"
        finally:
            self.running, grid.progress = "", ""
        self.program.say(inert(said), style)

    async def _write(self, grid: Grid, target: Path, seen: bool, replace: bool) -> str:
        shape = grid.shape
        # groups are a table of their own; else everything is without filters, and with all columns
        of = shape.of(grid.base) if seen or shape.group is not None else grid.base
        columns = _columns(grid) if seen else ()
        body = AskExport(of, FORMATS[target.suffix.lower()], columns, shape.sort, shape.order)

        def told(export: Export, written: int) -> None:
            if self._cancelled:
                raise ExportError("it was given up")
            if export.ready:
                self._tell(grid, target, written, export.size, "written")
            else:
                self._tell(grid, target, export.rows, export.total, "made")

        export = await fetch(self._asked, body, target, told, replace=replace)
        left = "" if seen or shape.group is not None or not shape.narrowed else ", without the filters"
        return f"{fmt.count(export.rows, 'row')}{left} ({fmt.size(export.size)}), written to {target.resolve()}"

    async def _asked(self, body: AskExport | AskExported | AskChunk) -> object:
        answer = await self.program.ask(body)
        if isinstance(answer, Failure):
            raise ExportError(answer.message)
        return answer

    def _tell(self, grid: Grid, target: Path, done: int, total: int | None, verb: str) -> None:
        far = f"{min(1.0, done / total):.0%}" if total else fmt.number(done, 0)
        grid.progress = f"{inert(target.name)}: {far} {verb} ({self.program.told('{export-rows}')} gives it up)"
        self.program.redraw()


def _columns(grid: Grid) -> tuple[str, ...]:
    """The columns that are shown; where a row stands in its file is none of them."""
    known = grid.pages.first.columns if grid.pages is not None and grid.pages.first is not None else []
    return tuple(each.name for each in grid.shown() if each.at < len(known))


def _rows(count: int | None) -> str:
    return fmt.count(count, "row") if count is not None else "the rows"
