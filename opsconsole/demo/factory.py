"""The factory pack as a stream of drops: four lines of four stations, an order system, a lab and maintenance.

The same seed gives the same drops, byte for byte in the CSV and JSON files. The planted troubles of the systems that
write (the late workbook, the silent orders) are made here; those of the machines in `plant` and `line`.
"""

from __future__ import annotations

import functools
import heapq
from collections.abc import Iterator

from opsconsole.demo.drops import Append, Drop, Whole
from opsconsole.demo.incidents import LATE, SILENT, seconds
from opsconsole.demo.line import Cycle, OrderStep, Stoppage, all_lines
from opsconsole.demo.plant import BEGIN, local, next_shift_start
from opsconsole.demo.records import (
    CHECK_EVERY,
    CYCLES_HEAD,
    Check,
    UpkeepBook,
    check_at,
    cycle_text,
    order_text,
    parquet,
    workbook,
)

WORKBOOK = "data/quality/checks.xlsx"
_TYPING = 300.0  # seconds from the end of a shift until its workbook is due
_KEPT = 1200  # checks that stay in the workbook: three days


class Factory:
    """The four systems of the factory."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._upkeep = UpkeepBook(seed)
        self._checks: list[Check] = []
        self._next_check = BEGIN
        self._next_upkeep = BEGIN + 3600.0
        self._shift_end = next_shift_start(BEGIN)
        self._due: list[tuple[float, int, Drop]] = []
        self._count = 0

    def drops(self) -> Iterator[Drop]:
        """Everything that is written, in order of site time, without end."""
        for event in all_lines(self._seed):
            self._clockwork(event.at)
            if isinstance(event, Cycle):
                self._push(Append(event.at, f"data/cycles/{_day(event.at)}.csv", cycle_text(event), CYCLES_HEAD))
            elif isinstance(event, OrderStep):
                held = SILENT.within(event.at)
                at = seconds(SILENT.ends) if held else event.at
                self._push(Append(at, f"data/orders/{_day(event.at)}.jsonl", order_text(event)))
            elif isinstance(event, Stoppage):
                self._upkeep.stopped(event)
            while self._due and self._due[0][0] <= event.at:
                yield heapq.heappop(self._due)[2]

    def _clockwork(self, now: float) -> None:
        """What happens by the clock up to now: checks, the drop of maintenance each hour, the workbook each shift."""
        while self._next_check <= now:
            self._checks.append(check_at(self._seed, self._next_check))
            self._next_check += CHECK_EVERY
        while self._next_upkeep <= now:
            at = self._next_upkeep
            rows = self._upkeep.drop(at)
            name = f"data/maintenance/{local(at):%Y-%m-%dT%H%M}.parquet"
            self._push(Whole(at, name, functools.partial(parquet, rows)))
            self._next_upkeep += 3600.0
        while self._shift_end <= now:
            due = self._shift_end + _TYPING
            checks = tuple(check for check in self._checks if check.at <= self._shift_end)[-_KEPT:]
            at = seconds(LATE.ends) if LATE.within(due) else due
            self._push(Whole(at, WORKBOOK, functools.partial(workbook, checks)))
            self._checks = self._checks[-_KEPT:]
            self._shift_end = next_shift_start(self._shift_end)

    def _push(self, drop: Drop) -> None:
        self._count += 1
        heapq.heappush(self._due, (drop.at, self._count, drop))


def factory(seed: int) -> Iterator[Drop]:
    """The drops of the factory pack from three days before its start on."""
    return Factory(seed).drops()


def _day(at: float) -> str:
    return f"{local(at):%Y-%m-%d}"
