"""The log: what people and the system did, the newest first; the filter is asked of the engine, over all there is."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from opsconsole.console import fmt
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.pane import AnyRow, Column, Pane, Row, cell
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, fit, inert, wrap
from opsconsole.console.views.base import View
from opsconsole.engine.messages import AskJournal, Event, JournalPage
from opsconsole.engine.telling import record_words

PAGE = 200
MOST = 2_000
"""So many records are asked for anew when there are newer ones; who went further down sees that there are."""
ROOMY = 16
COLUMNS = (
    Column("when", 12),
    Column("who", 8, drop=1),
    Column("what", 12),
    Column("object", 14, grow=True, most=36),
    Column("text, reason", 24, grow=True, drop=2),
)


class AskedPane(Pane):
    """A list whose filter the engine answers: all rows there are match."""

    def __init__(self, asked: Callable[[], None]) -> None:
        super().__init__(COLUMNS, empty="asking the engine …")
        self._asked = asked

    def set_filter(self, text: str) -> None:
        before = self.filter
        super().set_filter(text)
        if self.filter != before:
            self._asked()

    def nothing(self) -> str:
        return self.empty

    def _matches(self, row: AnyRow, pattern: str) -> bool:
        return pattern == self.filter or super()._matches(row, pattern)


class LogView(View):
    """Records by pages, which come as the cursor nears the end; new ones come by themselves while one is at the top."""

    KEPT = ("people",)

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.events: dict[str, Event] = {}
        self.more = False
        self.newer = False
        self.people = False
        self._asking = False
        self._again = False
        self._pane = AskedPane(self._ask_anew)
        self._pane.filter = self._pane.searched = address.name

    @property
    def stack(self) -> str:
        return "log"

    @property
    def pane(self) -> Pane:
        return self._pane

    def label(self) -> str:
        return f"Log {inert(self.address.name)}".rstrip()

    # --- loading ---

    def _wanted(self) -> AskJournal:
        moment, stretch = self.ctx.asked_at(self.address.at), self.ctx.range_seconds(self.address.over)
        if stretch is not None:
            moment = stretch[1] if moment is None else min(moment, stretch[1])
        return AskJournal(
            words=self._pane.filter,
            people=self.people,
            since=stretch[0] if stretch is not None else None,
            until=moment,
            limit=PAGE,
        )

    def update(self, topics: set[str]) -> None:
        if topics and not self.address.at and self.events:
            if self._pane.index == 0 or len(self.events) <= PAGE:
                self._ask_anew()
            else:
                self.newer = True

    def _ask_anew(self) -> None:
        """Ask for the first page, once what is on its way has come: only what is wanted last is asked."""
        self.address = replace(self.address, name=self._pane.filter)
        self._again = True
        if not self._asking:
            self.ctx.spawn(self.load())

    async def load(self) -> None:
        self._again = True
        if self._asking:
            return
        self._asking = True
        try:
            while self._again:
                self._again = False
                wanted = self._wanted()
                limit = max(PAGE, min(len(self.events), MOST)) if self._pane.index else PAGE
                answer = await self.ask(replace(wanted, limit=limit))
                if self._again or wanted != self._wanted():
                    continue
                self._pane.empty = inert(self.trouble) or self._nothing()
                if isinstance(answer, JournalPage):
                    self.newer, self.events = False, {}
                    self._take(answer)
        finally:
            self._asking = False

    async def _more(self) -> None:
        try:
            last = min((event.seq for event in self.events.values()), default=None)
            wanted = self._wanted()
            answer = await self.ask(replace(wanted, before=last))
            if isinstance(answer, JournalPage) and wanted == self._wanted() and not self._again:
                self._take(answer)
        finally:
            self._asking = False
        if self._again:
            await self.load()

    def _take(self, page: JournalPage) -> None:
        self.more = page.more
        self.events |= {str(event.seq): event for event in page.events}
        self._pane.set_rows([self._row(event) for event in self.events.values()])

    def _nothing(self) -> str:
        if self.address.over:
            return f"nothing is on record in this range{' that is like that' if self._pane.filter else ''}"
        if self._pane.filter or self.people:
            return f"no record is like that{'' if self.people else '  (Esc shows all)'}"
        return "nothing is on record yet"

    def _reach(self) -> None:
        """Fetch the next page before the cursor gets there."""
        near = self._pane.index + self._pane.height >= len(self._pane.rows) - 20
        if near and self.more and not self._asking:
            self._asking = True
            self.ctx.spawn(self._more())

    def move(self, _dx: int, dy: int) -> None:
        if dy:
            self._pane.move(dy)
            self._reach()

    def do_bottom(self) -> None:
        super().do_bottom()
        self._reach()

    # --- what can be done ---

    def do_people(self) -> None:
        self.people = not self.people
        self._ask_anew()

    def target(self) -> Address | None:
        event = self._event()
        if event is None:
            return None
        model = self.ctx.model
        if event.kind in ("alert", "procedure") or event.object in model.alerts:
            return Address("alert", name=event.object)
        if event.object in model.kpis:
            return Address("kpi", name=event.object)
        if event.object in model.sources:
            return Address("source", name=event.object)
        return None

    def do_open(self) -> None:
        if self.target() is None and self._event() is not None:
            self.ctx.say("it is about nothing that has a screen of its own")
        super().do_open()

    def _event(self) -> Event | None:
        row = self._pane.current
        return self.events.get(row.key) if row is not None else None

    # --- drawing ---

    def _row(self, event: Event) -> Row:
        words = record_words(event)
        system = event.uid is None
        cells = (
            cell(self._when(event.at), "dim"),
            cell(inert(event.actor), "dim" if system else "bold"),
            cell(inert(event.what or event.kind)),
            cell(inert(event.object)),
            cell(inert(words), "dim"),
        )
        copied = "\t".join((self._when(event.at), event.actor, event.what, event.object, words))
        return Row(str(event.seq), cells, copy=copied)

    def _when(self, at: float) -> str:
        """The time of day, with seconds, of today; else day and time to the minute."""
        zone = self.ctx.model.timezone
        stamp, today = fmt.local(at, zone), fmt.local(self.ctx.now(), zone)
        if stamp.date() == today.date():
            return f"{stamp:%H:%M:%S}"
        return f"{stamp.day} {stamp:%b %H:%M}" if stamp.year == today.year else f"{stamp.day} {stamp:%b %Y}"

    def draw(self, cells: int, lines: int) -> list[Line]:
        below = self._whole(cells) if lines >= ROOMY else []
        return [
            heading("Log", self._note(), cells, True),
            *self._pane.draw(cells, lines - 1 - len(below), True),
            *below,
        ]

    def _whole(self, cells: int) -> list[Line]:
        """The record under the cursor without anything cut off, as far as a few lines hold it."""
        event = self._event()
        if event is None:
            return []
        zone, room = self.ctx.model.timezone, cells - 2
        stamp = fmt.local(event.at, zone)
        written = fmt.local(event.utc, "UTC")
        claim = f", claims ssh from {event.origin}" if event.origin else ""
        who = event.actor if event.uid is None else f"{event.actor} (uid {event.uid}{claim})"
        states = f" · {event.before} → {event.after}" if event.before != event.after else ""
        told = [
            (f"{stamp:%a} {stamp.day} {stamp:%b %Y %H:%M:%S} {zone} · written {written:%Y-%m-%d %H:%M:%S} UTC", "dim"),
            (f"{who}: {event.kind} {event.what}{states}", ""),
            (event.object, ""),
            (event.text if event.text != event.object else "", ""),
            (event.reason, ""),
        ]
        out = [heading(f"Record {event.seq}", [], cells, False)]
        for text, style in told:
            out += [fit([(" " + part, style)], cells) for part in wrap(inert(text), room)[:2] if part]
        return out

    def _note(self) -> Line:
        count = fmt.count(len(self.events), "record")
        note: Line = [(f"{count} loaded, there are older ones" if self.more else count, "dim")]
        if self.people:
            note.append((" · what people did: f", "bold"))
        if self._pane.filter:
            note.append((f" · with {inert(self._pane.filter)}", "bold"))
        if self.newer:
            note.append((self.ctx.told(" · newer ones: {refresh}"), "bold"))
        if self.address.at:
            note.append((" · up to then", "dim"))
        if self.trouble:
            note.append((f" · {inert(self.trouble)}", "warning"))
        return note
