"""Sources: how fresh they are, their files, and what could not be taken; and the list of tables."""

from __future__ import annotations

from opsconsole.console import fmt, lists, signs
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.empty import no_sources, no_such
from opsconsole.console.pane import Pane
from opsconsole.console.panels import heading
from opsconsole.console.panels.sources import source_rows
from opsconsole.console.text import Line, fit, inert, wrap
from opsconsole.console.views.base import View
from opsconsole.console.views.kpis import filter_note
from opsconsole.engine import telling
from opsconsole.engine.messages import (
    AskFiles,
    AskQuarantine,
    Drift,
    Files,
    FileState,
    Quarantine,
    Quarantined,
    SourceState,
)

MOST_FILES = 1000


class SourcesView(View):
    """All sources, and the one under the cursor in full; Enter leads to its files, in `tables` to its rows."""

    @property
    def stack(self) -> str:
        return "sources"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self._pane = Pane(lists.SOURCES)

    @property
    def pane(self) -> Pane:
        return self._pane

    def update(self, _topics: set[str]) -> None:
        self._pane.empty = no_sources(self.ctx.model)
        self._pane.set_rows(source_rows(self.ctx))

    def draw(self, cells: int, lines: int) -> list[Line]:
        site = self.ctx.model.site
        note: Line = [(filter_note(self._pane), "dim")]
        if site is not None and not site.settled:
            note.append((" · the first scan is under way", "bold"))
        source = self.ctx.model.sources.get(self._pane.cursor or "")
        below: list[Line] = []
        if source is not None and lines >= 12:
            title = heading(inert(source.title or source.name), [], cells, False)
            below = [title, *condition(self.ctx, source, cells)]
        top = lines - 1 - len(below)
        return [heading(self.label(), note, cells, True), *self._pane.draw(cells, top, True), *below]

    def do_quarantine(self) -> None:
        self.ctx.go(Address("quarantine", name=self._pane.cursor or ""))

    def files_meant(self) -> tuple[str, list[str]] | None:
        row = self._pane.current
        source = self.ctx.model.sources.get(row.key) if row is not None else None
        return (source.name, []) if source is not None and not source.made_of else None

    def target(self) -> Address | None:
        row = self._pane.current
        if row is None:
            return None
        if self.address.view == "tables":
            return Address("rows", of="source", name=row.key)
        return Address("source", name=row.key)


def condition(ctx: Context, source: SourceState, cells: int) -> list[Line]:
    """A source's counts, how they add up, what is being done, what holds it up, what has changed in its files."""
    if ctx.model.site is not None and ctx.model.site.as_of is not None:
        known = f" · {source.note}" if source.note else ""
        return [fit([(inert(f" {fmt.count(source.rows, 'row')} up to then, as known now{known}"), "")], cells)]
    kinds = ((source.waiting, "waiting"), (source.failed, "failed"), (source.archived, "archived"))
    files = fmt.count(source.files, "file") + "".join(f", {fmt.number(many, 0)} {word}" for many, word in kinds if many)
    if source.made_of:
        text = f"{telling.made_of(source.made_of)}: a view of their rows, without files of its own"
        return [fit([(f" {inert(part)}", "")], cells) for part in wrap(text, cells - 2)]
    told: list[tuple[str, str]] = [
        (
            f"{telling.sums_and_cells(source)}{telling.latest(source.latest, source.rows)} · {files}"
            f" · {telling.taken(source.taken, source.bytes)}",
            "",
        )
    ]
    if source.progress is not None:
        told.append((telling.progress(source.progress), "bold"))
    if source.leaving is not None:
        told.append((telling.leaving(source.leaving, fmt.zone(ctx.model.timezone), ctx.wall()), ""))
    if source.trouble:
        again = f", next try {fmt.hour_minute(source.retry_at, ctx.model.timezone)}" if source.retry_at else ""
        told.append((f"waits: {source.trouble}{again}", "warning"))
    if source.drifted:
        told.append((f"changed: {source.drifted}", ""))
    return [
        fit([((" " if at == 0 else "   ") + part, style)], cells)
        for text, style in told
        for at, part in enumerate(wrap(inert(text), cells - 3))
    ]


class SourceView(View):
    """One source: its files above, its quarantine below; of a derived one the sources that it is made of."""

    KEPT = ("below",)

    @property
    def stack(self) -> str:
        return "source"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.files: list[FileState] = []
        self.changes: list[Drift] = []
        self.files_total = 0
        self.records: dict[str, Quarantined] = {}
        self.total = 0
        self.below = False
        self._files = Pane(lists.FILES, empty="asking the engine …")
        self._quarantine = Pane(lists.QUARANTINE, empty="nothing in quarantine")
        self._seen: SourceState | None = None

    @property
    def pane(self) -> Pane:
        return self._quarantine if self.below else self._files

    def lists(self) -> dict[str, Pane]:
        return {"files": self._files, "quarantine": self._quarantine}

    def label(self) -> str:
        source = self.ctx.model.sources.get(self.address.name)
        return inert(source.title or source.name) if source else inert(self.address.name)

    def update(self, _topics: set[str]) -> None:
        source = self.ctx.model.sources.get(self.address.name)
        if source is not None and self._seen is not None and source != self._seen:
            self.ctx.spawn(self.load())
        self._seen = source
        self._refill()

    @property
    def _made_of(self) -> list[str]:
        source = self.ctx.model.sources.get(self.address.name)
        return source.made_of if source is not None else []

    def _refill(self) -> None:
        wall, zone = self.ctx.wall(), self.ctx.model.timezone
        if self._made_of:
            known, now = self.ctx.model.sources, self.ctx.now()
            self._files.columns = list(lists.SOURCES)
            self._files.set_rows([lists.source_row(known[n], now, wall, zone) for n in self._made_of if n in known])
            return
        self._files.set_rows([lists.file_row(file, wall, zone) for file in self.files])

    async def load(self) -> None:
        files = await self.ask(AskFiles(self.address.name, limit=MOST_FILES))
        if isinstance(files, Files):
            self.files, self.files_total = files.files, files.total
            self.changes = files.drift
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
            return [
                fit(
                    [(" " + inert(no_such("source", self.address.name, self.ctx.model.sources, "sources")), "dim")],
                    cells,
                )
            ]
        out = [self._head(source, cells)]
        if source.note and not self.address.at:
            out.append(fit([(" " + inert(source.note), "warning")], cells))
        out += condition(self.ctx, source, cells)
        out += self._changed(cells, min(4, (lines - len(out)) // 5))
        rest = lines - len(out)
        if source.made_of:
            return [*out, heading("Made of", [], cells, True), *self._files.draw(cells, rest - 1, True)]
        lower = min(len(self._quarantine.all) + 2, max(4, rest // 2)) if self.total else 2
        note = filter_note(self._files)
        if self.files_total > len(self.files):
            note = f"{note} of {fmt.number(self.files_total, 0)}: those with trouble, then the latest"
        if self.address.at:
            note += " · as they are now"
        title = heading("Files", [(note, "dim")], cells, not self.below)
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
        parts = []
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

    def _changed(self, cells: int, most: int) -> list[Line]:
        """The latest changes of what the files hold; the very latest stands above already."""
        wall, zone = self.ctx.wall(), self.ctx.model.timezone
        lines = [
            fit([(f"   {fmt.since(each.noted, wall, zone):>9}  {inert(telling.drift(each))}", "dim")], cells)
            for each in self.changes[:most]
        ]
        return lines if len(self.changes) > 1 else []

    def do_quarantine(self) -> None:
        self.ctx.go(Address("quarantine", name=self.address.name))

    def do_explain(self) -> None:
        path = self._path()
        if path:
            self.ctx.go(Address("explain", name=path, by=self.address.name))

    def _path(self) -> str:
        """The file under the cursor."""
        row = self.pane.current
        if row is None or self._made_of:
            return ""
        return self.records[row.key].file if self.below else row.key

    def files_meant(self) -> tuple[str, list[str]] | None:
        if self._made_of:
            return None
        path = self._path()
        return self.address.name, [path] if path else []

    def do_next_panel(self) -> None:
        self.below = not self.below and not self._made_of

    do_previous_panel = do_next_panel

    def target(self) -> Address | None:
        row = self.pane.current
        if row is None:
            return None
        if self._made_of:
            return Address("source", name=row.key)
        if self.below:
            record = self.records[row.key]
            return Address("line", name=self.address.name, by=record.file, line=max(1, record.line))
        return Address("line", name=self.address.name, by=row.key, line=1)
