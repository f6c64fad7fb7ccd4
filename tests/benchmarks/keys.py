"""From a key until it is painted, while the engine takes 50,000 rows a second and refreshes 50 KPIs."""

from __future__ import annotations

import itertools
import random
import re
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import events
from tests.benchmarks.common import PROGRAM, headless, own_state, verdict
from tests.benchmarks.resting import cpu_of
from tests.terminal import Terminal
from tests.waiting import until

PER_SECOND, KPIS, KEYS_EACH, PAGES = 50_000, 50, 120, 20
FILE = 100_000
MIDDLE, SLOW, PAGE = 20.0, 50.0, 150.0
"""Milliseconds that are allowed: p50 and p95 of a step, p95 of a page."""
SITE = """\
site: Keys
timezone: UTC
clock: data
every: 1s
sources:
  cycles: {files: data/*.csv, time: ts, settle: 1s, dimensions: [line, station]}
kpis:
"""
FORMS = ("sum({0})", "avg({0})", "max({0})", "100 * sum(scrap) / sum({0})", "min({0})")
_ROW = re.compile(r"row ([\d  ]+) of")


def keys(root: Path, rows: int) -> None:
    """Steps in a list and in a table of so many rows, and pages from anywhere in it, in order of time and of files."""
    site = root / "keys"
    if not site.exists():
        events.files(site / "data", rows, max(rows // FILE, 1))
    columns = ("qty", "scrap", "cycle_s", "line", "qty + 1")
    listed = [
        f"  k{at}: {{source: cycles, value: {form.format(column)}, window: {8 + at}h, by: [line]}}"
        for at, (form, column) in enumerate(itertools.product(FORMS, columns * 2))
    ]
    (site / "site.yaml").write_text(SITE + "\n".join(listed) + "\n")
    own_state(site)
    engine = subprocess.Popen([*PROGRAM, "engine", str(site)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: subprocess.run([*PROGRAM, "status", str(site)], capture_output=True).returncode == 0, 60)
        headless(site, "snapshot")
        _measured(site, rows, engine.pid)
    finally:
        headless(site, "stop")
        engine.wait(30)


class Feed:
    """Appends so many rows a second to a new file, until it is ended."""

    def __init__(self, site: Path, first: int) -> None:
        self._file = site / "data" / "live.csv"
        # made before it is wanted: making them would cost the machine more than taking them
        self._bodies = [events.body(first + at * PER_SECOND, PER_SECOND) for at in range(8)]
        self.fed = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.begun = time.monotonic()

    def __enter__(self) -> Feed:
        self._file.write_bytes((",".join(events.NAMES) + "\n").encode())
        self.begun = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        with self._file.open("ab", buffering=0) as file:
            while not self._over.is_set():
                file.write(self._bodies[self.fed // PER_SECOND % len(self._bodies)])
                self.fed += PER_SECOND
                due = self.begun + self.fed / PER_SECOND
                self._over.wait(max(0.0, due - time.monotonic()))


def _measured(site: Path, rows: int, engine: int) -> None:
    with Terminal([*PROGRAM, str(site)]) as terminal:
        terminal.shows("Keys", "? help", timeout=60)
        before = int(headless(site, "query", "SELECT count(*) AS n FROM cycles", "--json").split(":")[1].strip(" }]\n"))
        with Feed(site, rows) as feed:
            used, begun = cpu_of(engine), time.monotonic()
            terminal.press("3")
            terminal.shows("KPIs  ")
            in_list = _steps(terminal)
            terminal.press(":rows source cycles\r")
            terminal.shows("row 1 of")
            in_table = _steps(terminal)
            by_time = _pages(terminal, rows)
            terminal.press(":rows source cycles order file\r")
            terminal.shows("row 1 of")
            by_file = _pages(terminal, rows)
            took = time.monotonic() - begun
            share = (cpu_of(engine) - used) / took
        terminal.press("q")
    headless(site, "snapshot")
    after = int(headless(site, "query", "SELECT count(*) AS n FROM cycles", "--json").split(":")[1].strip(" }]\n"))
    print(
        f"| {after - before:,} rows taken of {feed.fed:,} fed within {took:.0f} s, {KPIS} KPIs each second "
        f"| engine {share:.0%} of a core |",
        flush=True,
    )
    holds = [
        _told("a step in a list of KPIs", in_list, MIDDLE, SLOW),
        _told(f"a step in a table of {rows:,} rows", in_table, MIDDLE, SLOW),
        _told("a page of a cold part, by time", by_time, PAGE, PAGE),
        _told("a page of a cold part, by file", by_file, PAGE, PAGE),
    ]
    print(f"| key to paint while {PER_SECOND:,} rows/s come in | {'holds' if all(holds) else 'DOES NOT HOLD'} |")


def _told(what: str, taken: list[float], middle: float, slow: float) -> bool:
    p50 = statistics.median(taken) * 1000
    p95 = statistics.quantiles(taken, n=20)[-1] * 1000
    figures = f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, max {max(taken) * 1000:.0f} ms, {len(taken)} keys"
    first = verdict(f"{what}: p50, ms", p50, middle, figures)
    return verdict(f"{what}: p95, ms", p95, slow, f"{p95:.0f} ms") and first


def _steps(terminal: Terminal) -> list[float]:
    """Seconds from a key until the cursor is on another line."""
    terminal.shows("▸ ")
    found: list[float] = []
    for at in range(KEYS_EACH):
        before = until(lambda: max(0, terminal.line_with("▸")), 5, "the cursor", every=0.001)
        begun = time.perf_counter()
        terminal.press("j" if at // 6 % 2 == 0 else "k")
        until(lambda: terminal.line_with("▸") not in (before, -1), 5, "a step", every=0.001)  # noqa: B023
        found.append(time.perf_counter() - begun)
        time.sleep(0.05)
    return found


def _pages(terminal: Terminal, rows: int) -> list[float]:
    """Seconds from Enter until a row from anywhere is there, with its neighbours."""
    chance = random.Random(7)
    found: list[float] = []
    for _ in range(PAGES):
        row = chance.randrange(rows // 20, rows * 19 // 20)
        terminal.press(f":jump {row}")
        terminal.shows(f"jump {row}")
        begun = time.perf_counter()
        terminal.press("\r")
        until(lambda: _at(terminal) == row, 30, f"row {row}", every=0.002)  # noqa: B023
        until(lambda: terminal.line_with("▸") > 0, 30, "the row", every=0.002)
        found.append(time.perf_counter() - begun)
        time.sleep(0.1)
    return found


def _at(terminal: Terminal) -> int:
    found = _ROW.search(terminal.text)
    return int(re.sub(r"\D", "", found[1])) if found else 0


KEYS: dict[str, Callable[[Path, int], None]] = {"keys": keys}
"""By name: what is measured below a folder with a table of so many rows."""
