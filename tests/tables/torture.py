"""The fault harness: a real store and feed in a child that is killed at any point, while its files are worked on.

The parent does seeded deeds to the files, kills the child (SIGKILL: at a random moment, or by the child's own hand at
a chosen point of a transaction), starts it again, and after settling compares the tables with two other opinions:
`oracle` reads the files with the standard library, and our own reader fills a fresh database.

`python -m tests.tables.torture SEED OPERATIONS KILLS` runs it by hand.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opsconsole.tables.feed import Feed
from opsconsole.tables.store import Store
from tests.tables import nursery
from tests.tables.deeds import SOURCES, Deeds
from tests.tables.oracle import Aside, Oracle, Row
from tests.tables.victim import POINTS, Dump, Sabotage, dump, sources
from tests.waiting import line_of

PATIENCE = 10.0
"""Seconds within which types that were found out follow the files: a table is not made anew at every whim of theirs."""


@dataclass
class Report:
    """What a run did and found. `missing` and `extra` count rows and records set aside; `faults` are in words."""

    seed: int
    operations: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    settles: int = 0
    rows: int = 0
    aside: int = 0
    fresh: int = 0
    fresh_rows: int = 0
    missing: int = 0
    extra: int = 0
    faults: list[str] = field(default_factory=list)
    deeds: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def __str__(self) -> str:
        kills = ", ".join(f"{count} {point}" for point, count in sorted(self.kills.items()))
        return (
            f"seed {self.seed}: {self.operations} operations, {sum(self.kills.values())} kills ({kills}),"
            f" {self.settles} settles, {self.rows} rows and {self.aside} set aside compared with a plain read,"
            f" {self.fresh_rows} rows with {self.fresh} fresh databases:"
            f" {self.missing} missing, {self.extra} extra, {len(self.faults)} faults; {self.seconds:.0f} s"
        )


class Torture:
    """One run. For the controls, `how` sabotages the child, `points` says where it is killed, `only` names deeds."""

    def __init__(
        self,
        root: Path,
        seed: int,
        how: Sabotage = "",
        points: tuple[str, ...] = (*POINTS, "anywhere"),
        only: tuple[str, ...] = (),
    ) -> None:
        self.report = Report(seed)
        self._root = Path(os.path.realpath(root))
        self._chance = random.Random(seed)
        self._oracle = Oracle()
        self._deeds = Deeds(self._root, self._chance, self._oracle, only)
        self._how = how
        self._points = points
        self._child: nursery.Child | None = None
        self._point = ""

    def run(self, operations: int, kills: int) -> Report:
        """Do so many operations and kills, spread over each other; compare before and after each kill."""
        began = time.monotonic()
        try:
            for life in range(kills):
                self._live(life, operations * (life + 1) // kills)
            self._compare(fresh=True)
        finally:
            self._kill()
            self._deeds.close()
        self.report.deeds = self._deeds.done
        self.report.seconds = time.monotonic() - began
        return self.report

    def _live(self, life: int, until: int) -> None:
        """A life of the child, from its start to its death in the middle of work; more than one if it kills itself."""
        if self._chance.random() < 0.25:
            self._start("starting")
        self._start(self._points[life % len(self._points)])
        middle = (self.report.operations + until) // 2
        compared = False
        while self.report.operations < until:
            for _ in range(self._chance.choice([1, 5, 30])):
                self._deeds.step()
                self.report.operations += 1
            if self._child is not None and self._child.poll() is not None:
                self._died()
                self._start(self._chance.choice(self._points))
            elif not compared and self.report.operations > middle:
                self._compare(fresh=life % 3 == 2)
                compared = True
            else:
                time.sleep(self._chance.choice([0, 0, 0.01, 0.06]))  # the child gets as far as it gets
        self._kill()

    def _start(self, point: str) -> None:
        self._point = point
        self._child = nursery.start(self._root, point, self._chance.randint(1, 4), self._how)
        if point == "starting":
            time.sleep(self._chance.uniform(0.1, 0.7))  # while the database opens, the log is replayed, the scan begins
            self._kill("starting")
            return
        line_of(self._child.stdout, what="that it has begun")

    def _kill(self, point: str = "anywhere") -> None:
        if self._child is None:
            return
        if self._child.poll() is None:
            self._point = point
            self._child.kill()
        self._died()

    def _died(self) -> None:
        """Count a kill; a child that ended otherwise is a fault."""
        child, self._child = self._child, None
        assert child is not None
        code = child.wait()
        for stream in (child.stdin, child.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        if code == -signal.SIGKILL:
            self.report.kills[self._point] += 1
        else:
            self._fault(f"the child ended by itself: {code}")

    def _settled(self) -> Dump:
        """What the database says when all is dealt with, however often the child dies before."""
        target = self._root / "dump"
        for _ in range(5):
            if self._child is None:
                self._start("anywhere")
            child = self._child
            assert child is not None
            answer = ""
            with contextlib.suppress(BrokenPipeError):
                child.stdin.write(f"{target}\n")
                child.stdin.flush()
                answer = line_of(child.stdout, 120.0, "that all is settled")
            if answer == "settled\n":
                found: Dump = pickle.loads(target.read_bytes())
                return found
            if answer:
                self._fault(answer)
            self._died()
        raise AssertionError(f"never settled, {self.report}")

    def _compare(self, fresh: bool) -> None:
        found = self._settled()
        self.report.settles += 1
        self._oracle.read(self._root, {name: below for name, below in SOURCES.items() if name != "wild"})
        got: Counter[Row] = Counter()
        for (source, path, line, values), count in found.rows.items():
            if source != "wild":
                known = dict(values)
                got[source, path, line, known.get("id"), known.get("name"), known.get("qty")] += count
        aside: Counter[Aside] = Counter()
        for (source, path, line, column, _, raw), count in found.aside.items():
            if source != "wild":
                aside[source, path, line, column, raw] += count
        self._differ("a plain read", self._oracle.rows, got)
        self._differ("a plain read, set aside", self._oracle.aside, aside)
        self.report.rows += got.total()
        self.report.aside += aside.total()
        self._ledger(found)
        if fresh:
            self._fresh(found)

    def _ledger(self, found: Dump) -> None:
        """Counts add up per file, no row without a file, no entry without a file, no file without an entry."""
        if found.orphans:
            self._fault(f"{found.orphans} orphans")
        if found.rebuilt:
            self._fault(f"rebuilt: {found.rebuilt}")
        for where, (rows, rejected) in self._oracle.records.items():
            entry = found.files.get(where)
            if entry is None:
                self._fault(f"{where} is not in the ledger")
            elif entry[0] != "failed" and entry[1:] != (rows, rejected, 0):
                self._fault(f"{where}: the ledger has {entry}, the file {rows} rows and {rejected} rejected")
        for source, path in found.files:
            if not (self._root / path).exists():
                self._fault(f"{source}: {path} is in the ledger and not on the disk")

    def _fresh(self, found: Dump) -> None:
        """Our own reader on the same files, into a new database (I10)."""
        place = self._root / "fresh"
        store = Store.open(place / "tables.duckdb")
        feed = Feed(store, self._root, sources(), "UTC", lambda: None)
        feed.start()
        try:
            feed.poke()
            if not feed.wait_settled(60):
                self._fault(f"the fresh database never settled: {feed.problem}")
            expected = dump(store)
        finally:
            feed.stop()
            store.close()
            shutil.rmtree(place)
        end = time.monotonic() + PATIENCE
        while (expected.rows, expected.aside) != (found.rows, found.aside) and time.monotonic() < end:
            found = self._settled()
        self._differ("a fresh database", expected.rows, found.rows)
        self._differ("a fresh quarantine", expected.aside, found.aside)
        if expected.files != found.files:
            wrong = set(expected.files.items()) ^ set(found.files.items())
            self._fault(f"the ledger is not that of a fresh database: {sorted(wrong)[:4]}")
        self.report.fresh += 1
        self.report.fresh_rows += found.rows.total()

    def _differ(self, what: str, expected: Counter[Any], found: Counter[Any]) -> None:
        missing, extra = expected - found, found - expected
        self.report.missing += missing.total()
        self.report.extra += extra.total()
        if missing or extra:
            shown = f"missing {sorted(missing, key=str)[:3]}, extra {sorted(extra, key=str)[:3]}"
            self._fault(f"{what}: {missing.total()} missing, {extra.total()} extra: {shown}")

    def _fault(self, text: str) -> None:
        self.report.faults.append(f"after {self.report.operations} operations: {text}")


def main(words: list[str]) -> None:
    """A run by hand."""
    with tempfile.TemporaryDirectory() as place:
        report = Torture(Path(place), int(words[0])).run(int(words[1]), int(words[2]))
    print(report, *report.faults[:10], sep="\n")
    print(", ".join(f"{name} {count}" for name, count in report.deeds.most_common()))


if __name__ == "__main__":
    main(sys.argv[1:])
