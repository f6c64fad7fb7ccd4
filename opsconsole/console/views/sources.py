"""Sources: how fresh they are, their files, and what could not be taken; and the list of tables."""

from __future__ import annotations

from opsconsole.console import fmt, lists, signs
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.pane import Pane
from opsconsole.console.panels import heading, source_rows
from opsconsole.console.text import Line, fit, inert
from opsconsole.console.views.base import View
from opsconsole.console.views.kpis import filter_note
from opsconsole.engine.messages import AskFiles, AskQuarantine, Files, FileState, Quarantine, Quarantined, SourceState


class SourcesView(View):
    """All sources; Enter leads to one source's files, in `tables` to its rows."""

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self._pane = Pane(lists.SOURCES, empty="this site has no sources")

    @property
    def pane(self) -> Pane:
        return self._pane

    def update(self, _topics: set[str]) -> None:
        self._pane.set_rows(source_rows(self.ctx))

    def draw(self, cells: int, lines: int) -> list[Line]:
        site = self.ctx.model.site
        note: Line = [(filter_note(self._pane), "dim")]
        if site is not None and not site.settled:
            note.append((" · the first scan is under way", "bold"))
        return [heading(self.label(), note, cells, True), *self._pane.draw(cells, lines - 1, True)]

    def target(self) -> Address | None:
        row = self._pane.current
        if row is None:
            return None
        if self.address.view == "tables":
            return Address("rows", of="source", name=row.key)
        return Address("source", name=row.key)


class SourceView(View):
    """One source: its files above, its quarantine below."""

    @property
    def stack(self) -> str:
        return "source"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.files: list[FileState] = []
        self.records: dict[str, Quarantined] = {}
        self.total = 0
        self.below = False
        self._files = Pane(lists.FILES, empty="asking the engine …")
        self._quarantine = Pane(lists.QUARANTINE, empty="nothing in quarantine")
        self._seen: SourceState | None = None

    @property
    def pane(self) -> Pane:
        return self._quarantine if self.below else self._files

    def panes(self) -> list[Pane]:
        return [self._files, self._quarantine]

    def label(self) -> str:
        source = self.ctx.model.sources.get(self.address.name)
        return inert(source.title or source.name) if source else inert(self.address.name)

    def update(self, _topics: set[str]) -> None:
        source = self.ctx.model.sources.get(self.address.name)
        if source is not None and self._seen is not None and source != self._seen:
            self.ctx.spawn(self.load())
        self._seen = source
        self._refill()

    def _refill(self) -> None:
        wall, zone = self.ctx.wall(), self.ctx.model.timezone
        self._files.set_rows([lists.file_row(file, wall, zone) for file in self.files])

    async def load(self) -> None:
        files = await self.ask(AskFiles(self.address.name))
        if isinstance(files, Files):
            self.files = sorted(
                files.files, key=lambda file: (file.status == "ready", -(file.arrived or 0.0), file.path)
            )
            self._files.empty = "no files yet: drop one into the folder and it appears here"
        elif self.trouble:
            self._files.empty = inert(self.trouble)
        quarantine = await self.ask(AskQuarantine(self.address.name))
        if isinstance(quarantine, Quarantine):
            self.total = quarantine.total
            rows = [(lists.quarantine_row(at, record), record) for at, record in enumerate(quarantine.records)]
            self.records = {row.key: record for row, record in rows}
            self._quarantine.set_rows([row for row, _ in rows])
        self._refill()

    def draw(self, cells: int, lines: int) -> list[Line]:
        source = self.ctx.model.sources.get(self.address.name)
        if source is None:
            return [fit([(f" this site has no source {inert(self.address.name)}", "dim")], cells)]
        out = [self._head(source, cells)]
        if source.note:
            out.append(fit([(" " + inert(source.note), "warning")], cells))
        rest = lines - len(out)
        lower = min(len(self._quarantine.all) + 2, max(4, rest // 2)) if self.total else 2
        title = heading("Files", [(filter_note(self._files), "dim")], cells, not self.below)
        out += [title, *self._files.draw(cells, rest - lower - 1, not self.below)]
        shown = len(self._quarantine.all)
        count = (
            fmt.count(self.total, "record") if shown >= self.total else f"{shown} of {fmt.count(self.total, 'record')}"
        )
        out.append(heading("Quarantine", [(count, "warning" if self.total else "dim")], cells, self.below))
        return [*out, *self._quarantine.draw(cells, lines - len(out), self.below)]

    def _head(self, source: SourceState, cells: int) -> Line:
        wall, zone = self.ctx.wall(), self.ctx.model.timezone
        style = "warning" if source.status == "stale" else ""
        parts = [fmt.count(source.rows, "row"), fmt.count(source.files, "file")]
        if source.last_event is not None:
            parts.append(f"last event {fmt.since(source.last_event, self.ctx.now(), zone)}")
        if source.last_arrival is not None:
            parts.append(f"came in {fmt.age(wall - source.last_arrival)} ago")
        if source.fresh_within is not None:
            parts.append(f"fresh within {fmt.age(source.fresh_within)}")
        if source.time:
            parts.append(f"time column {inert(source.time)}")
        sign = signs.SOURCE_SIGNS[source.status]
        return fit([(f" {sign} {source.status}", style), ("  " + " · ".join(parts), "dim")], cells)

    def do_next_panel(self) -> None:
        self.below = not self.below

    do_previous_panel = do_next_panel

    def target(self) -> Address | None:
        row = self.pane.current
        if row is None:
            return None
        if self.below:
            record = self.records[row.key]
            return Address("line", name=self.address.name, by=record.file, line=max(1, record.line))
        return Address("line", name=self.address.name, by=row.key, line=1)
