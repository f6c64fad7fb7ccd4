"""Quarantine: what could not be taken, one by one or by reason; Enter opens the raw line with its neighbours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from opsconsole.console import fmt, lists
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.pane import Pane
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, fit, inert, wrap
from opsconsole.console.views.base import View
from opsconsole.engine.messages import AskQuarantine, Group, Quarantine, Quarantined
from opsconsole.engine.quarantine_file import QuarantineError, records, write_csv

PAGE = 200
ROOMY = 14


class QuarantineView(View):
    """What was set aside of one source, or of all. Pages come as the cursor nears the end; the filter is over these."""

    KEPT = ("grouped",)

    @property
    def stack(self) -> str:
        return "quarantine"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.total = 0
        self.grouped = False
        self.newer = False
        self._next: list[Any] | None = None
        self._asking = False
        self._records: dict[str, Quarantined] = {}
        self._groups: dict[str, Group] = {}
        self._one_by_one = Pane(lists.QUARANTINE, empty="asking the engine …")
        self._by_reason = Pane(lists.GROUPS, empty="asking the engine …")

    @property
    def pane(self) -> Pane:
        return self._by_reason if self.grouped else self._one_by_one

    def lists(self) -> dict[str, Pane]:
        return {"records": self._one_by_one, "reasons": self._by_reason}

    def label(self) -> str:
        narrowed = [f"{key} {inert(value or '')}" for key, value in self.address.where if value]
        return " ".join(["Quarantine", inert(self.address.name), *narrowed]).rstrip()

    def _wanted(self, limit: int = PAGE) -> AskQuarantine:
        where = {key: value or "" for key, value in self.address.where}
        return AskQuarantine(
            source=self.address.name,
            file=where.get("file", ""),
            reason=where.get("reason", ""),
            column=where.get("column", ""),
            limit=limit,
        )

    # --- loading ---

    def update(self, topics: set[str]) -> None:
        if "data" in topics and not self._asking:
            if self._records:
                self.newer = True
            else:
                self.ctx.spawn(self.load())

    async def load(self) -> None:
        from msgspec.structs import replace

        answer = await self._ask(self._wanted(max(PAGE, min(len(self._records), 5000))))
        if answer is None:
            self._one_by_one.empty = self._by_reason.empty = inert(self.trouble)
            return
        self.newer = False
        self._records.clear()
        self._take(answer)
        self._one_by_one.empty = self._by_reason.empty = "nothing in quarantine"
        heaps = await self._ask(replace(self._wanted(), grouped=True))
        if heaps is not None:
            rows = [(lists.group_row(group), group) for group in heaps.groups]
            self._groups = {row.key: group for row, group in rows}
            self._by_reason.set_rows([row for row, _ in rows])

    async def _ask(self, body: AskQuarantine) -> Quarantine | None:
        self._asking = True
        try:
            answer = await self.ask(body)
        finally:
            self._asking = False
        return answer if isinstance(answer, Quarantine) else None

    def _take(self, page: Quarantine) -> None:
        self.total, self._next = page.total, page.next
        rows = list(self._one_by_one.all) if self._records else []
        for record in page.records:
            row = lists.quarantine_row(len(rows), record)
            self._records[row.key] = record
            rows.append(row)
        self._one_by_one.set_rows(rows)

    async def _more(self) -> None:
        from msgspec.structs import replace

        page = await self._ask(replace(self._wanted(), after=self._next))
        if page is not None:
            self._take(page)

    def _reach(self) -> None:
        """Fetch the next page before the cursor gets there."""
        pane = self._one_by_one
        near = pane.index + pane.height >= len(pane.rows) - 20
        if not self.grouped and near and self._next is not None and not self._asking:
            self._asking = True
            self.ctx.spawn(self._more())

    def move(self, _dx: int, dy: int) -> None:
        if dy:
            self.pane.move(dy)
            self._reach()

    def do_bottom(self) -> None:
        super().do_bottom()
        self._reach()

    # --- what can be done ---

    def do_group(self) -> None:
        self.grouped = not self.grouped

    def do_quarantine(self) -> None:
        self.ctx.say("this is it; b groups by reason, / filters, X exports")

    def do_explain(self) -> None:
        record = self._record()
        if record is None:
            self.ctx.say("put the cursor on a record")
        else:
            self.ctx.go(Address("explain", name=record.file, by=record.source))

    def _record(self) -> Quarantined | None:
        row = self._one_by_one.current
        return self._records[row.key] if row is not None and not self.grouped else None

    def files_meant(self) -> tuple[str, list[str]] | None:
        record = self._record()
        if record is not None:
            return record.source, [record.file]
        row = self._by_reason.current
        return (self._groups[row.key].source if row is not None else self.address.name), []

    def target(self) -> Address | None:
        if self.grouped:
            row = self._by_reason.current
            if row is None:
                return None
            group = self._groups[row.key]
            where = [("reason", group.reason), ("column", group.column)]
            return Address("quarantine", name=group.source, where=tuple((key, value) for key, value in where if value))
        record = self._record()
        return Address("line", name=record.source, by=record.file, line=max(1, record.line)) if record else None

    async def export(self, path: str) -> str:
        target = Path(path).expanduser()
        try:
            with target.open("x", encoding="utf-8", newline="") as out:
                count = await write_csv(records(self.ctx.ask, self._wanted()), out)
        except FileExistsError:
            return f"not written, a file of that name is there already: {target}"
        except QuarantineError as error:
            target.unlink(missing_ok=True)
            return f"not written: {error}"
        return f"{fmt.count(count, 'record')} written to {target.resolve()}"

    # --- drawing ---

    def draw(self, cells: int, lines: int) -> list[Line]:
        below = self._whole(cells) if lines >= ROOMY else []
        top = lines - 1 - len(below)
        return [heading(self.label(), self._note(), cells, True), *self.pane.draw(cells, top, True), *below]

    def _whole(self, cells: int) -> list[Line]:
        """What is under the cursor without anything cut off, as far as a few lines hold it."""
        row = self.pane.current
        if row is None:
            return []
        if self.grouped:
            group = self._groups[row.key]
            zone = self.ctx.model.timezone
            when = f"{fmt.day_clock(group.first, zone)} – {fmt.day_clock(group.last, zone)}"
            title, reason, raw = when, group.reason, group.example
        else:
            record = self._records[row.key]
            column = f" · {record.column}" if record.column else ""
            title, reason, raw = f"{record.file}:{record.line}{column}", record.reason, record.raw
        room = cells - 3
        told = [fit([(" " + part, "warning")], cells) for part in wrap(inert(reason), room)[:2]]
        text = inert(raw)
        pieces = [text[at : at + room] for at in range(0, min(len(text), 4 * room), room)]
        return [
            heading(inert(title), [], cells, False),
            *told,
            *(fit([(" " + piece, "")], cells) for piece in pieces),
        ]

    def _note(self) -> Line:
        shown = len(self._records)
        count = fmt.count(self.total, "record")
        if self.grouped:
            note: Line = [(f"{count} by reason: b shows them one by one", "dim")]
        else:
            note = [(count if shown >= self.total else f"{fmt.number(shown, 0)} of {count} loaded", "dim")]
        if self.pane.filter:
            note.append((f" · filter among these: {inert(self.pane.filter)}, {len(self.pane.rows)} match", "bold"))
        if self.newer:
            note.append((self.ctx.told(" · newer data: {refresh}"), "bold"))
        if self.address.at:
            note.append((" · as it is now", "dim"))
        if self.trouble:
            note.append((f" · {inert(self.trouble)}", "warning"))
        return note
