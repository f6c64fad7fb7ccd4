"""What the factory's systems make of events: CSV rows of machines, JSON lines of the order system, checks of the lab,
rows of maintenance. One function or class for each system; none of them knows when it is written."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import NamedTuple

from opsconsole.demo.chance import Chance
from opsconsole.demo.incidents import BURST, DRIFT, seconds
from opsconsole.demo.line import Cycle, OrderStep, Stoppage
from opsconsole.demo.plant import LINES, PRODUCTS, STATIONS, local, shift_name, stamp

CYCLES_HEAD = "ts,line,station,order,product,state,reason,qty,scrap,planned_s,cycle_s,busy_s,plan\n"
CHECK_EVERY = 3600.0 / (len(LINES) * len(STATIONS))  # one station after the other, each once an hour
_ROUND = 50 * 60.0  # where in the hour the round of checks begins
_NOMINAL = {"cut": 120.0, "press": 2.50, "weld": 8.0, "paint": 80.0}
_TRAIT = {"cut": "length mm", "press": "thickness mm", "weld": "pull kN", "paint": "coat µm"}
_HALF_WIDTH = {"cut": 0.6, "press": 0.06, "weld": 0.8, "paint": 9.0}


class Check(NamedTuple):
    """One quality check of one piece."""

    at: float
    line: int
    station: str
    product: str
    trait: str
    value: float
    lower: float
    upper: float
    inspector: str


class Upkeep(NamedTuple):
    """One thing that maintenance did or booked: breakdown, corrective, preventive or inspection."""

    at: float
    line: int
    station: str
    kind: str
    reason: str
    minutes: float
    crew: str


def cycle_text(cycle: Cycle) -> str:
    """A machine's row."""
    at, line, station, order, product, state, reason, qty, scrap, planned, took, busy, plan = cycle
    return (
        f"{stamp(at)},{line},{station},{order},{product},{state},{reason},{qty},{scrap},"
        f"{planned:.1f},{took:.1f},{busy:.1f},{plan:.2f}\n"
    )


def order_text(step: OrderStep) -> str:
    """A line of the order system: moments with their offset."""
    record = {
        "ts": _iso(step.at),
        "event": step.event,
        "order": step.order,
        "product": step.product,
        "line": step.line,
        "qty": step.qty,
        "done": step.done,
        "due": _iso(step.due),
        "finished": None if step.finished is None else _iso(step.finished),
    }
    return json.dumps(record, ensure_ascii=False) + "\n"


def check_at(seed: int, at: float) -> Check:
    """The check that falls due at a moment (a multiple of `CHECK_EVERY`)."""
    chance = Chance(seed, "check", int(at))
    place = int(((at - _ROUND) % 3600.0) / CHECK_EVERY)
    line, station = LINES[place // len(STATIONS)], STATIONS[place % len(STATIONS)]
    middle, half = _NOMINAL[station], _HALF_WIDTH[station]
    value = middle + half * 0.4 * chance.bell()
    if BURST.within(at) and BURST.labels == {"line": str(line), "station": station}:
        value = middle + half * chance.between(1.4, 2.2)
    product, inspector = chance.of(tuple(PRODUCTS)), chance.of(("Okafor", "Lindner", "Sato"))
    return Check(at, line, station, product, _TRAIT[station], round(value, 3), middle - half, middle + half, inspector)


def workbook(checks: Sequence[Check]) -> bytes:
    """The lab's workbook with one sheet of checks."""
    import xlsxwriter  # heavy, and only the player needs it

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "remove_timezone": True}) as book:
        if checks:
            book.set_properties({"title": "Quality checks", "created": local(checks[-1].at).replace(tzinfo=None)})
        sheet = book.add_worksheet("Checks")
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        bold = book.add_format({"bold": True})
        sheet.set_column(0, 0, 19)
        heads = ("ts", "shift", "line", "station", "product", "trait", "value", "lower", "upper", "result", "inspector")
        sheet.write_row(0, 0, heads, bold)
        for number, check in enumerate(checks, start=1):
            sheet.write_datetime(number, 0, local(check.at).replace(tzinfo=None), moment)
            result = "ok" if check.lower <= check.value <= check.upper else "not ok"
            sheet.write_row(number, 1, (shift_name(check.at), *check[1:8], result, check.inspector))
    return buffer.getvalue()


class UpkeepBook:
    """Collects what maintenance books, until it is dropped as a Parquet file."""

    def __init__(self, seed: int) -> None:
        self._chance = Chance(seed, "upkeep")
        self._rows: list[Upkeep] = []
        self._rounds = 0

    def stopped(self, stop: Stoppage) -> None:
        """Book a stop; the drive of a whole line once, not at each of its stations."""
        if stop.reason == "main drive" and stop.station != STATIONS[0]:
            return
        minutes = round((stop.at - stop.begun) / 60.0, 1)
        crew = self._crew()
        self._rows.append(Upkeep(stop.at, stop.line, stop.station, "breakdown", stop.reason, minutes, crew))
        if minutes > 3.5:
            repair = round(minutes * 0.7, 1)
            self._rows.append(Upkeep(stop.at, stop.line, stop.station, "corrective", stop.reason, repair, crew))

    def drop(self, at: float) -> list[Upkeep]:
        """What has been booked since the last drop, with the round that ends it; in order of time."""
        self._rounds += 1
        line = LINES[self._rounds % len(LINES)]
        station = STATIONS[self._rounds // len(LINES) % len(STATIONS)]
        self._rows.append(Upkeep(at - 60.0, line, station, "inspection", "round", 6.0, self._crew()))
        if self._rounds % 3 == 0:
            self._rows.append(Upkeep(at - 120.0, line, station, "preventive", "plan", 25.0, self._crew()))
        change = seconds(DRIFT.ends)
        if at - 3600.0 < change <= at:
            where = int(DRIFT.labels["line"]), DRIFT.labels["station"]
            self._rows.append(Upkeep(change, *where, "corrective", "tip changed", 10.0, "B"))
        rows, self._rows = sorted(self._rows), []
        return rows

    def _crew(self) -> str:
        return self._chance.of(("A", "B", "C"))


def parquet(rows: Sequence[Upkeep]) -> bytes:
    """The rows of one drop as a Parquet file; moments in UTC."""
    import pyarrow as pa  # heavy, and only the player needs it
    import pyarrow.parquet as pq

    columns = {name: [getattr(row, name) for row in rows] for name in Upkeep._fields}
    moments = pa.array([int(at * 1000) for at in columns.pop("at")], pa.timestamp("ms", "UTC"))
    sink = io.BytesIO()
    pq.write_table(pa.table({"ts": moments, **columns}), sink)
    return sink.getvalue()


def _iso(at: float) -> str:
    return local(at).isoformat(timespec="seconds")
