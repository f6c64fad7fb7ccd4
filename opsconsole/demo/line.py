"""One production line: trays flow through its four stations, which wait for each other, stop, set up and make scrap.

A station starts a tray when it is free, the tray is there, and the buffer behind it has room. Every second of a station
is accounted for: each row's `busy_s` reaches back to the row before, so that sums of `busy_s` are the planned busy time
(PBT of ISO 22400), sums of `cycle_s` the production time (APT), sums of `planned_s` the planned run time (PRU × PQ).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

from opsconsole.demo.chance import Chance
from opsconsole.demo.incidents import STOP, seconds
from opsconsole.demo.plant import (
    BEGIN,
    BUFFER,
    LINES,
    PACE,
    PLAN,
    PRODUCTS,
    STATIONS,
    STOP_REASONS,
    TRAY,
    local,
    scrap_chance,
    slowness,
)

CHUNK = 120.0  # a machine that does not run reports at least this often, in seconds
_MICRO_STOP = 0.014  # chance per tray and station


class Cycle(NamedTuple):
    """What a machine controller writes: one tray made, or one stretch of not running."""

    at: float
    line: int
    station: str
    order: str
    product: str
    state: str
    reason: str
    qty: int
    scrap: int
    planned_s: float
    cycle_s: float
    busy_s: float
    plan: float


class OrderStep(NamedTuple):
    """What the order system writes: an order released, on its way, finished."""

    at: float
    event: str
    order: str
    product: str
    line: int
    qty: int
    done: int
    due: float
    finished: float | None


class Stoppage(NamedTuple):
    """A stop that has ended, as maintenance books it."""

    at: float
    begun: float
    line: int
    station: str
    reason: str


Event = Cycle | OrderStep | Stoppage


class _Order(NamedTuple):
    number: str
    product: str
    trays: int
    qty: int


class Line:
    """Simulates one line from `BEGIN` on, without end."""

    def __init__(self, line: int, seed: int) -> None:
        self.line = line
        self._chance = Chance(seed, "line", line)
        self._free = [BEGIN] * len(STATIONS)
        self._told = [BEGIN] * len(STATIONS)
        self._starts: list[list[float]] = [[] for _ in STATIONS]
        self._heap: list[tuple[float, int, Event]] = []
        self._count = 0
        stopped = STOP.labels["line"] == str(line)
        self._stop = (seconds(STOP.begins), seconds(STOP.ends)) if stopped else (0.0, 0.0)

    def events(self) -> Iterator[Event]:
        """Everything that happens on the line, in order of time."""
        number = 0
        while True:
            number += 1
            yield from self._run(self._next_order(number))

    def _next_order(self, number: int) -> _Order:
        product = self._chance.of(tuple(PRODUCTS))
        trays = 26 + int(self._chance.between(0, 15))
        return _Order(f"{product}-{self.line}{number:03d}", product, trays, int(trays * TRAY * 0.96))

    def _run(self, order: _Order) -> Iterator[Event]:
        begun = max(self._free[0], self._told[0])
        work = order.trays * TRAY * max(PRODUCTS[order.product])
        due = begun + 1.42 * work + 1080.0
        due -= due % 300.0
        done, spoken = 0, begun
        self._tell(OrderStep(begun, "released", *order[:2], self.line, order.qty, 0, due, None))
        for tray in range(order.trays):
            qty = TRAY
            came = 0.0
            for place in range(len(STATIONS)):
                came, qty = self._cycle(order, place, tray == 0, came, qty)
            done += qty
            last = tray == order.trays - 1
            if last or came - spoken >= 480.0:
                spoken = came
                event, finished = ("finished", came) if last else ("progress", None)
                self._tell(OrderStep(came, event, *order[:2], self.line, order.qty, done, due, finished))
            # Whatever is still to come ends after the first station is done with this tray.
            while self._heap and self._heap[0][0] <= self._free[0]:
                yield heapq.heappop(self._heap)[2]

    def _cycle(self, order: _Order, place: int, first: bool, came: float, qty: int) -> tuple[float, int]:
        """One tray at one station; returns when it is done and how many good pieces it holds."""
        chance, station = self._chance, STATIONS[place]
        if first:
            self._not_running(order, place, self._free[place] + chance.between(130, 220), "setup", "changeover")
        if chance.happens(_MICRO_STOP):
            begun, reason = max(self._free[place], came), chance.of(STOP_REASONS[station])
            self._wait(order, place, begun)
            self._not_running(order, place, begun + chance.between(80, 260), "down", reason)
            self._tell(Stoppage(self._told[place], begun, self.line, station, reason))
        start = max(self._free[place], came)
        if place + 1 < len(STATIONS) and len(self._starts[place + 1]) >= BUFFER:
            start = max(start, self._starts[place + 1][-BUFFER])
        if self._stop[0] <= start < self._stop[1]:
            start = self._stop[1]
        self._wait(order, place, start)
        each = PRODUCTS[order.product][place]
        pace = PACE[self.line] * slowness(self.line, station, start) * self._hour_pace(start)
        took = round(qty * each * pace * (1.0 + 0.02 * chance.bell()), 1)
        end = round(start + took, 1)
        scrap = chance.count(qty, scrap_chance(self.line, station, end))
        busy = round(end - self._told[place], 1)
        plan = round(busy / each * PLAN, 2)
        row = (order.number, order.product, "run", "", qty, scrap, round(qty * each, 1), took, busy, plan)
        self._tell(Cycle(end, self.line, station, *row))
        self._free[place] = self._told[place] = end
        self._starts[place].append(start)
        del self._starts[place][: -2 * BUFFER]
        return end, max(1, qty - scrap)

    def _wait(self, order: _Order, place: int, until: float) -> None:
        """Account for the time until `until`: as down while the line is stopped, as idle where it is long."""
        begin, end = max(self._told[place], self._stop[0]), min(until, self._stop[1])
        if begin < end:
            if begin - self._told[place] > 0.5:
                self._not_running(order, place, begin, "idle", "waiting")
            self._not_running(order, place, end, "down", "main drive")
            if end == self._stop[1]:
                self._tell(Stoppage(end, self._stop[0], self.line, STATIONS[place], "main drive"))
        if until - self._told[place] > 1.5 * CHUNK:
            self._not_running(order, place, until, "idle", "waiting")

    def _not_running(self, order: _Order, place: int, until: float, state: str, reason: str) -> None:
        until = round(until, 1)
        each = PRODUCTS[order.product][place]
        while self._told[place] < until:
            at = round(min(until, self._told[place] + CHUNK), 1)
            busy = round(at - self._told[place], 1)
            plan = round(busy / each * PLAN, 2)
            row = (order.number, order.product, state, reason, 0, 0, 0.0, 0.0, busy, plan)
            self._tell(Cycle(at, self.line, STATIONS[place], *row))
            self._told[place] = at
        self._free[place] = max(self._free[place], until)

    def _tell(self, event: Event) -> None:
        self._count += 1
        heapq.heappush(self._heap, (event.at, self._count, event))

    @staticmethod
    def _hour_pace(at: float) -> float:
        """Nights are a little slower."""
        hour = local(at).hour
        return 1.015 if hour >= 22 or hour < 6 else 1.0


def all_lines(seed: int) -> Iterator[Event]:
    """What happens on all lines, in order of time."""
    return heapq.merge(*(Line(line, seed).events() for line in LINES), key=lambda event: event.at)
