"""A stand-in for the engine: a real Unix socket that serves canned states of a plant, and lets a test change them.

Only the wire and the messages are the product's; what is behind them is made up here, because the console must not
need more of an engine than that.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from msgspec.structs import replace

from opsconsole.engine.messages import (
    PROTOCOL,
    AlertState,
    Answer,
    Ask,
    AskAlert,
    AskAlerts,
    AskBreakdown,
    AskCompare,
    AskDimensions,
    AskExplain,
    AskFiles,
    AskFlow,
    AskFlowCases,
    AskJournal,
    AskKpi,
    AskLayout,
    AskLine,
    AskMarks,
    AskMoved,
    AskProcedure,
    AskQuarantine,
    AskReport,
    AskSeries,
    AskSnapshot,
    AskSql,
    Breakdown,
    Changes,
    ColumnRead,
    Command,
    Done,
    Drift,
    Explained,
    Failure,
    Files,
    FileState,
    FlowCases,
    FlowState,
    Goodbye,
    Grid,
    Group,
    Hello,
    KpiAmong,
    KpiState,
    Lines,
    Marks,
    Misfit,
    Progress,
    Quarantine,
    Quarantined,
    Ratio,
    Request,
    ShiftState,
    SiteState,
    Snapshot,
    SourceState,
    Status,
    Subscribe,
    TablePage,
    ToClient,
    Welcome,
)
from opsconsole.engine.place import Place
from opsconsole.engine.table_messages import AskPage
from opsconsole.engine.wire import frame, read_to_engine, reply
from opsconsole.site.model import Layout, LayoutRow, Panel
from tests.console import cannedgoals, cannedkpis, cannedrecords, cannedtable, cannedtime

if TYPE_CHECKING:
    from tests.console import cannedlayouts

NOW = dt.datetime(2026, 6, 24, 8, 52, tzinfo=dt.UTC).timestamp()
HOUR = 3600.0
SHIFT = NOW - 52 * 60 - 4 * HOUR
TOTAL_ROWS = 12_304
DRIFTED = "new column `shift` from 2026-06-24.csv"
READING = Progress("cycles", "reading", NOW - 60, 362_000_000, 580_000_000, 3, 100, 6_200_000, 410_000.0, 9.0)

LAYOUTS = [
    Layout(
        "overview",
        (
            LayoutRow(tuple(Panel("kpi", of=name) for name in ("oee", "scrap", "on_time", "output")), 5),
            LayoutRow((Panel("alerts", of="open"),), 5),
            LayoutRow((Panel("grid", of="oee", by="line", title="Line × hour: OEE"),), 6),
            LayoutRow((Panel("sources", of="all"),), 1),
        ),
        "Overview",
    ),
    Layout(
        "stations",
        (
            LayoutRow((Panel("kpi", of="scrap"), Panel("kpi", of="oee")), 5),
            LayoutRow((Panel("breakdown", of="oee", by="line"), Panel("breakdown", of="scrap", by="station"))),
            LayoutRow((Panel("text", text="Call the tool shop on 4711 before a tip is changed."),)),
        ),
        "Stations",
    ),
]


def trend(last: float, drop: float, count: int = 32) -> list[float | None]:
    """A level with small waves that leaves by `drop` in its last third."""
    out: list[float | None] = []
    for at in range(count):
        wave = ((at * 7919) % 13 - 6) / 6 * abs(drop or last * 0.05) * 0.15
        out.append(last - drop * (1 - max(0.0, (at - count * 0.66) / (count * 0.34))) + wave)
    out[5] = None
    return out


def kpis() -> list[KpiState]:
    """Four KPIs of a plant: one critical, one warning, one good, one without limits' trouble; and two without data."""
    common = {"window": "8 h", "start": NOW - 8 * HOUR, "end": NOW, "trend_start": NOW - 8 * HOUR, "trend_step": 900.0}
    return [
        KpiState(
            "oee",
            "OEE",
            "cycles",
            "critical",
            52.4,
            "%",
            1,
            "higher",
            85,
            77,
            60,
            previous=58.6,
            previous_label="8 h before",
            change=-6.2,
            trend=trend(52.4, -26),
            rows=4812,
            leader="first late: line 3",
            ratio=Ratio("sum(planned_s)", "sum(busy_s)", 13_878.0, 26_480.0),
            by=["line", "station", "product"],
            formula="100 * sum(planned_s) / sum(busy_s)",
            description="Overall equipment effectiveness: availability × effectiveness × quality ratio",
            owner="M. Weber",
            objective="Throughput",
            procedure="procedures/oee.md",
            **common,
        ),
        KpiState(
            "scrap",
            "Scrap ratio",
            "cycles",
            "good",
            2.1,
            "%",
            1,
            "lower",
            2.5,
            3,
            5,
            previous=2.2,
            previous_label="8 h before",
            change=-0.1,
            trend=trend(2.1, 0.1),
            rows=4812,
            by=["station"],
            formula="100 * sum(scrap) / sum(qty)",
            **common,
        ),
        KpiState(
            "on_time",
            "Orders on time",
            "orders",
            "warning",
            88.5,
            "%",
            1,
            "higher",
            95,
            90,
            80,
            previous=91.5,
            previous_label="same shift yesterday",
            change=-3.0,
            trend=trend(88.5, -3),
            rows=61,
            leader="order 4711",
            partial=True,
            by=["line"],
            **common,
        ),
        KpiState(
            "output",
            "Output",
            "cycles",
            "good",
            4812,
            "pcs",
            0,
            "higher",
            5000,
            None,
            None,
            previous=4600,
            previous_label="same shift yesterday",
            change=212,
            trend=trend(4812, 600),
            rows=4812,
            leader="plan at 10:52 4 780",
            by=["line"],
            **{**common, "window": "shift", "start": SHIFT, "trend_start": SHIFT},
        ),
        KpiState(
            "energy", "Energy per piece", "meters", "nodata", unit="kWh", reason="no rows since 09:10", window="1 h"
        ),
        KpiState("queue", "Queue at the press", "cycles", "nolimit", 17, "trays", window="15 min", trend=trend(17, 4)),
    ]


def grid() -> Grid:
    """OEE by line and hour; line 3 falls."""
    values = [[82, 84, 83, 81, 83], [79, 80, 82, 80, 81], [80, 77, 71, 63, 52], [85, 83, 84, 86, 85]]

    def status(value: float) -> Status:
        return "critical" if value < 60 else "warning" if value < 77 else "good"

    return Grid(
        "oee",
        "line",
        ["line 1", "line 2", "line 3", "line 4"],
        [SHIFT + at * HOUR for at in range(5)],
        HOUR,
        [[float(value) for value in row] for row in values],
        [[status(value) for value in row] for row in values],
    )


def breakdown(kpi: str, by: str) -> Breakdown:
    """Members of a dimension, worst first; one has no name, one no value."""
    return Breakdown(
        kpi,
        by,
        [f"{by} 3", f"{by} 1", f"{by} 2", f"{by} 4", None],
        [52.0, 83.0, 81.0, 85.0, None],
        [58.0, 82.0, 80.0, 85.0, None],
        [1200, 1190, 1210, 1212, 3],
        ["critical", "good", "good", "good", "nodata"],
        total=5,
    )


def alerts() -> list[AlertState]:
    """Three open alerts, one of them unacknowledged."""
    return [
        AlertState(
            "kpi:oee|line=3",
            "kpi:oee",
            "Line 3 weld: OEE 52 % under 60 % for 11 min",
            "UNACK",
            "critical",
            NOW - 660,
            4,
            {"line": "line 3"},
            value=52.4,
            worst=49.0,
            kpi="oee",
            source="cycles",
            procedure="procedures/oee.md",
        ),
        AlertState(
            "late|order=4711",
            "late",
            "Order 4711 will miss 14:00 (82 %)",
            "ACK",
            "warning",
            NOW - 1920,
            2,
            {"order": "4711"},
            who="ana",
            acked_at=NOW - 1500,
            value=82.0,
            kpi="on_time",
            source="orders",
            count=3,
        ),
        AlertState(
            "silent:quality|",
            "silent:quality",
            "Quality file is 47 min late",
            "ACK",
            "warning",
            NOW - 2820,
            2,
            who="ben",
            acked_at=NOW - 2000,
            source="quality",
        ),
    ]


def sources() -> list[SourceState]:
    """Five sources, one stale, one with quarantine."""
    found = [
        SourceState("cycles", "Machine cycles", "fresh", 3, 81_220, 2, 0, 0, NOW - 12, NOW - 10, 1200.0, "ts"),
        SourceState("orders", "Orders", "fresh", 1, 611, 0, 0, 0, NOW - 300, NOW - 290, 3600.0, "ts"),
        SourceState("quality", "Quality checks", "stale", 4, 2_410, 0, 1, 0, NOW - 2820, NOW - 2800, 1800.0, "ts"),
        SourceState("maintenance", "Maintenance", "fresh", 9, 88, 0, 0, 1, NOW - 2000, NOW - 1900, 6000.0, "ts"),
        SourceState("meters", "Energy meters", "nodata", note="no file matches data/meters/*.csv"),
    ]
    counted = [replace(source, records=source.rows, bytes=69 * source.rows, taken=69 * source.rows) for source in found]
    counted[0] = replace(counted[0], records=81_221, rejected=1, cells=1, drift=1, drifted=DRIFTED)
    counted[2] = replace(counted[2], trouble="quality/new.xlsx: not a whole workbook yet", retry_at=NOW + 120)
    return counted


def site(**changes: object) -> SiteState:
    """The plant's frame at 10:52 in Berlin."""
    state = SiteState(
        "North plant",
        "Europe/Berlin",
        "wall",
        1.0,
        NOW,
        NOW,
        True,
        7,
        False,
        ShiftState("Early", SHIFT, SHIFT + 8 * HOUR),
        LAYOUTS,
    )
    return replace(state, **changes)


def snapshot(**changes: object) -> Snapshot:
    """All of it."""
    tables = [breakdown("oee", "line"), breakdown("scrap", "station")]
    found = Snapshot(
        site(),
        kpis(),
        [grid()],
        tables,
        alerts(),
        sources(),
        [],
        goals=cannedgoals.goals(),
        attention=cannedgoals.attention(),
    )
    return replace(found, **changes)


def rows(first: int, count: int, source: str = "cycles") -> TablePage:
    """A page of rows; number 3 carries an escape sequence and markup."""
    numbers = range(first, min(first + count, TOTAL_ROWS))
    stamps = [dt.datetime.fromtimestamp(NOW - number * 2, dt.UTC).strftime("%Y-%m-%d %H:%M:%S") for number in numbers]
    return TablePage(
        source,
        ["ts", "line", "station", "order", "qty", "scrap", "cycle_s"],
        ["TIMESTAMP", "VARCHAR", "VARCHAR", "VARCHAR", "BIGINT", "BIGINT", "DOUBLE"],
        [
            stamps,
            [f"line {number % 4 + 1}" for number in numbers],
            ["weld" if number % 3 else "press" for number in numbers],
            ["\x1b[31m[bold]K2[/bold]" if number == 3 else f"K2-{9000 + number}" for number in numbers],
            [None if number == 5 else 4 for number in numbers],
            [number % 2 for number in numbers],
            [31.2 + number % 10 / 10 for number in numbers],
        ],
        [f"cycles/2026-06-{24 - number // 6000}.csv" for number in numbers],
        [81_220 - number for number in numbers],
        first,
        TOTAL_ROWS,
        TOTAL_ROWS,
        [numbers[-1]] if numbers and numbers[-1] + 1 < TOTAL_ROWS else None,
        None,
        1,
        misfits=[Misfit(at, 4, "vier\x1b[2J", "not a number") for at, number in enumerate(numbers) if number == 5],
    )


def table(source: str = "cycles") -> cannedtable.CannedTable:
    """All of these rows, as a table of any size."""
    told, made = all_rows()
    return cannedtable.CannedTable(source, told.columns, told.types, made)


@functools.cache
def all_rows() -> tuple[TablePage, tuple[cannedtable.Row, ...]]:
    """Their columns, and all of them; made once."""
    told = rows(0, TOTAL_ROWS)
    misfits = {misfit.row: {misfit.column: misfit.raw} for misfit in told.misfits}
    made = [
        cannedtable.Row(cells, file, line, misfits.get(number, {}))
        for number, (cells, file, line) in enumerate(
            zip(zip(*told.data, strict=True), told.files, told.lines, strict=True)
        )
    ]
    return told, tuple(made)


def then(state: Snapshot, at: float) -> Snapshot:
    """How it was at a past moment: OEE tells how many hours ago that was, and one alert was open."""
    night = ShiftState("Night", SHIFT - 8 * HOUR, SHIFT)
    jam = AlertState("jam", "jam", "Line 2 press: jam", "UNACK", "warning", at - 600, 3, {"line": "2"}, kpi="oee")
    return replace(
        state,
        site=replace(state.site, at=at, as_of=at, speed=0.0, shift=night),
        kpis=[
            replace(kpi, value=round((NOW - at) / HOUR, 2), decimals=2, start=at - 8 * HOUR, end=at)
            if kpi.name == "oee"
            else replace(kpi, undated=kpi.name == "energy")
            for kpi in state.kpis
        ],
        alerts=[jam],
        sources=[replace(each, status="asof", last_arrival=None, note="", time="ts") for each in state.sources],
        notices=[],
    )


class CannedEngine:
    """A server on `folder`/socket. `asked` are the questions it got; `refuse` makes commands fail with that reason;
    pages wait for the `gate` where there is one.
    """

    def __init__(self, folder: Path, state: Snapshot | None = None) -> None:
        self.answers: dict[str, Any] = {}
        self.place = Place(site=folder / "site.yaml", state=folder)
        self.state = state or snapshot()
        self.asked: list[Ask] = []
        self.refuse = ""
        self.role = "supervisor"
        self.before: list[AlertState] = []
        self.shelf: cannedlayouts.Shelf | None = None
        self.ticks: cannedrecords.Ticks | None = None
        self._table: cannedtable.CannedTable | None = None
        self.gate: asyncio.Event | None = None
        self._held: list[asyncio.Task[None]] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def table(self) -> cannedtable.CannedTable:
        """The rows behind whatever is asked for; made when they are first asked for."""
        if self._table is None:
            self._table = table()
        return self._table

    @table.setter
    def table(self, rows: cannedtable.CannedTable) -> None:
        self._table = rows

    async def __aenter__(self) -> CannedEngine:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_unix_server(self._serve, str(self.place.socket))

    async def stop(self, goodbye: str = "") -> None:
        """End: with a reason, on purpose; without one, as if killed."""
        if goodbye:
            self._push(Goodbye(goodbye))
        for writer in tuple(self._writers):
            writer.close()
        if self._server is not None:
            self._server.close()
            self._server = None
        self.place.socket.unlink(missing_ok=True)

    def change(self, changes: Changes) -> None:
        """Push what differs to every console."""
        self._push(changes)

    def _push(self, message: ToClient) -> None:
        for writer in self._writers:
            writer.write(frame(message))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while (message := await read_to_engine(reader)) is not None:
                if isinstance(message, Hello):
                    writer.write(frame(Welcome(PROTOCOL, "0", 1, "ana", self.role, "North plant", "")))
                elif isinstance(message, Request):
                    self.asked.append(message.body)
                    if self.gate is not None and isinstance(message.body, AskPage):
                        self._held.append(asyncio.create_task(self._reply_late(self.gate, writer, message)))
                    else:
                        writer.write(frame(reply(message.id, self._answer(message.body))))
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _reply_late(self, gate: asyncio.Event, writer: asyncio.StreamWriter, request: Request) -> None:
        await gate.wait()
        writer.write(frame(reply(request.id, self._answer(request.body))))

    def _answer(self, ask: Ask) -> Answer:
        if isinstance(ask, Subscribe):
            return self.state
        if isinstance(ask, AskSnapshot):
            return self.answers.get("then") or then(self.state, ask.at)
        if isinstance(ask, AskBreakdown):
            return breakdown(ask.kpi, ask.by)
        if isinstance(ask, AskKpi):
            return KpiAmong(cannedtime.over(next(kpi for kpi in self.state.kpis if kpi.name == ask.kpi), ask))
        if isinstance(ask, AskSeries):
            return cannedtime.series(ask, NOW)
        if isinstance(ask, AskMarks):
            return Marks(self.answers["marks"]) if "marks" in self.answers else cannedtime.marks(ask, NOW)
        if isinstance(ask, AskDimensions):
            return cannedkpis.dimensions(ask.kpi)
        if isinstance(ask, AskMoved):
            return cannedkpis.moved(ask, NOW)
        if isinstance(ask, AskCompare):
            return cannedkpis.compared(ask, NOW)
        if isinstance(ask, AskSql):
            return cannedkpis.sql(ask)
        if isinstance(ask, cannedtable.ASKS):
            if isinstance(ask, AskPage) and ask.of.kpi == "energy":
                return Failure("the source meters has no rows yet")
            return self.table.answer(ask)
        if isinstance(ask, AskLine):
            around = [
                f"2026-06-24T08:{at % 60:02};line 3;weld;K2-{at};4;1;31.2" for at in range(ask.line - 3, ask.line + 4)
            ]
            around[3] = "2026-06-24T08:51;line 3;weld;[bold]K2[/bold]\x1b[2J;4;1;31.2"
            aside = [each for each in quarantine() if each.line == ask.line]
            return Lines(ask.file, ask.line - 3, ask.line, around, aside=aside)
        if isinstance(ask, AskFiles):
            found = sorted(files(), key=lambda file: file.status != "failed")
            return Files(found, [Drift("cycles", NOW - 600, "cycles/2026-06-24.csv", "added", "shift", "")])
        if isinstance(ask, AskQuarantine):
            return aside_page(ask)
        if isinstance(ask, AskExplain):
            return explained(ask.file, ask.source)
        if isinstance(ask, AskJournal):
            return cannedrecords.journal(ask, NOW)
        if isinstance(ask, AskLayout) and self.shelf is not None:
            return self.shelf.look(ask)
        if isinstance(ask, AskProcedure) and self.ticks is not None:
            return self.ticks.procedure(ask)
        if isinstance(ask, AskFlowCases):
            return cast("FlowCases | Failure", self.answers["flow_cases"](ask))
        if isinstance(ask, AskFlow):
            flows: dict[str, FlowState] = self.answers.get("flows", {})
            return flows.get(ask.flow) or next(iter(flows.values()), FlowState([]))
        if isinstance(ask, AskReport) and "report" in self.answers:
            return self.answers["report"](ask)
        if isinstance(ask, AskAlert | AskAlerts | AskProcedure):
            return self._alerts(ask)
        if isinstance(ask, Command):
            return self._command(ask)
        return Failure(f"not canned: {ask}")

    def _alerts(self, ask: AskAlert | AskAlerts | AskProcedure) -> Answer:
        from tests.console import cannedalerts

        if isinstance(ask, AskAlert):
            return cannedalerts.detail(ask.alert, self.state)
        if isinstance(ask, AskAlerts):
            return cannedalerts.found(ask, self.state)
        return self.answers.get("procedure") or cannedalerts.procedure()

    def _command(self, command: Command) -> Done:
        if command.name == "save-layout" and self.shelf is not None:
            return self.shelf.save(command)
        if command.name == "retry":
            return Done(applied=command.files or ["cycles/broken.csv"])
        ids = [target.alert for target in command.targets]
        if self.refuse:
            return Done(refused=dict.fromkeys(ids, self.refuse))
        if command.name in ("tick", "untick") and self.ticks is not None:
            return self.ticks.command(command)
        if command.name in ("undo", "redo"):
            self.state, self.before = replace(self.state, alerts=self.before), self.state.alerts
            self.change(Changes(alerts=self.state.alerts))
            return Done(said="acknowledge of 1 alert by ana")
        if not ids:
            return Done(applied=["1"])
        from tests.console import cannedalerts

        known = {alert.id: alert for alert in [*self.state.alerts, cannedalerts.FAR]}
        already = {name: "ben has already acknowledged it" for name in ids if self._so_already(command, known[name])}
        moved = {name: cannedalerts.after(command, known[name]) for name in ids if name not in already}
        self.before = self.state.alerts
        kept = [moved.get(old.id, old) for old in self.state.alerts]
        self.state = replace(self.state, alerts=[each for each in kept if each.state != "NORM"])
        gone = [each.id for each in kept if each.state == "NORM"]
        self.change(Changes(alerts=[each for each in moved.values() if each.state != "NORM"], alerts_gone=gone))
        return Done(applied=list(moved), already=already)

    @staticmethod
    def _so_already(command: Command, alert: AlertState) -> bool:
        return command.name == "ack" and alert.state == "ACK"


def files() -> list[FileState]:
    """A file of each fate."""
    return [
        FileState("cycles", "cycles/2026-06-24.csv", "ready", 5_612_000, 81_220, 2, "", "csv, utf-8, ;", NOW - 10),
        FileState("cycles", "cycles/2026-06-23.csv", "ready", 4_100_000, 60_001, 0, "", "csv, utf-8, ;", NOW - 90_000),
        FileState("cycles", "cycles/broken.csv", "failed", 812, 0, 0, "no column ts", arrived=NOW - 600),
        FileState("cycles", "cycles/2026-06-24b.csv.part", "ignored", 10, reason="still being written"),
    ]


def quarantine() -> list[Quarantined]:
    """Two records that could not be taken."""
    return [
        Quarantined("cycles", "cycles/2026-06-24.csv", 812, "qty", "not a number: “vier”", "08:41;line 2;weld;K2;vier"),
        Quarantined(
            "cycles", "cycles/2026-06-24.csv", 431, "", "7 fields instead of 6", "08:01;line 2;weld;K2;4;1;2\x07"
        ),
    ]


MANY = 450


def aside_page(ask: AskQuarantine) -> Quarantine:
    """Quarantine of many records, by pages, or by reason; of one column only two."""
    if ask.grouped:
        return Quarantine(
            [],
            MANY,
            groups=[
                Group("cycles", "not a number", "qty", MANY - 1, 3, NOW - 900, NOW - 60, "vier"),
                Group("cycles", "7 fields instead of 6", "", 1, 1, NOW - 900, NOW - 900, "08:01;line 2;weld;K2;4;1;2"),
            ],
        )
    if ask.reason:
        return Quarantine(quarantine(), 2)
    first = ask.after[0] if ask.after else 0
    last = min(first + ask.limit, MANY)
    more = [
        Quarantined("cycles", "cycles/2026-06-24.csv", at, "qty", "not a number", f"=vier {at}")
        for at in range(max(first, 2), last)
    ]
    return Quarantine([*(quarantine() if first == 0 else []), *more], MANY, [last] if last < MANY else None)


def explained(file: str, source: str) -> Explained:
    """How a file is read, with a doubt."""
    return Explained(
        path=file,
        source=source or "cycles",
        file=FileState(
            "cycles",
            file,
            "ready",
            5_612_000,
            81_220,
            2,
            read_as="csv, utf-8, ;",
            records=81_221,
            rejected=1,
            cells=1,
            taken=5_612_000,
        ),
        format="csv",
        encoding="utf-8",
        delimiter=";",
        header=1,
        read_as="utf-8, semicolon, header on line 1",
        columns=[
            ColumnRead("ts", "time", dates="dmy", note="the day is assumed to come first", examples=["03.04.2026"]),
            ColumnRead("qty", "integer", examples=["4", "\x1b[2J"]),
        ],
        assumed=["ts: the day is assumed to come first"],
        offset=5_612_000,
        lines=81_222,
        fingerprint="abc",
        tail="none",
        seen=20_000,
        yaml="    read:\n      dates: dmy\n    columns:\n      ts: time\n      qty: integer\n",
    )
