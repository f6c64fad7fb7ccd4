"""What a big table and many files cost an engine that has nothing to do: the way back to its KPIs, memory, CPU."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import events
from tests.benchmarks.common import PROGRAM, SITE, headless, own_state, spread
from tests.terminal import Terminal
from tests.waiting import until

ROWS_PER_FILE = 100_000
FILES = 10_000
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_of(pid: int) -> float:
    """Resident memory of a process in MB (10^6 bytes)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _site(root: Path, rows: int, number: int) -> Path:
    site = root / f"site{number}"
    if not site.exists():
        begun = time.perf_counter()
        events.files(site / "data", rows, number)
        print(f"{rows:,} rows in {number:,} files written in {time.perf_counter() - begun:.0f} s", flush=True)
    (site / "site.yaml").write_text(SITE)
    own_state(site)
    return site


def _engine(site: Path) -> int:
    """Start an engine that stays, wait until its tables are up to date; its process."""
    process = subprocess.Popen([*PROGRAM, "engine", str(site)], stdout=subprocess.DEVNULL)
    until(lambda: subprocess.run([*PROGRAM, "status", str(site)], capture_output=True).returncode == 0, 60, "engine")
    headless(site, "snapshot")
    return int(json.loads(headless(site, "status", "--json"))["pid"]) if process.poll() is None else 0


def _at_rest(pid: int) -> None:
    """Wait until a process has used next to nothing for three seconds."""

    def quiet() -> bool:
        before = cpu_of(pid)
        time.sleep(3.0)
        return cpu_of(pid) - before < 0.1

    until(quiet, 120, "an engine at rest")


def reopen(root: Path, rows: int, runs: int = 5) -> None:
    """A table of so many rows: its first load, memory at rest, and opening it again with nothing changed."""
    site = _site(root, rows, max(rows // ROWS_PER_FILE, 1))
    begun = time.perf_counter()
    pid = _engine(site)
    print(f"| first load of {rows:,} rows by the engine | {time.perf_counter() - begun:.1f} s |", flush=True)
    _at_rest(pid)
    print(f"| engine memory with {rows:,} rows, at rest after that load | {memory_of(pid):.0f} MB |", flush=True)
    headless(site, "stop")
    shown = f"{rows:,} rows".replace(",", " ")
    first, settled = [], []
    for _ in range(runs):
        begun = time.perf_counter()
        with Terminal([*PROGRAM, str(site)], env={"COLUMNS": ""}) as terminal:
            until(lambda terminal=terminal: shown.encode() in terminal.raw, 60, shown)  # type: ignore[misc]
            first.append(time.perf_counter() - begun)
            headless(site, "snapshot")
            settled.append(time.perf_counter() - begun)
        headless(site, "stop")
    print(f"| {rows:,} rows opened again: command → first KPI painted | {spread(first)} |")
    print(f"| … until a headless snapshot says that nothing changed | {spread(settled)} |", flush=True)
    pid = _engine(site)
    _at_rest(pid)
    print(f"| engine memory with {rows:,} rows, at rest after opening | {memory_of(pid):.0f} MB |", flush=True)
    headless(site, "stop")


def watched(root: Path, _: int, seconds: float = 60.0) -> None:
    """An idle engine that watches ten thousand files."""
    site = _site(root, FILES * 20, FILES)
    pid = _engine(site)
    _at_rest(pid)
    used, begun = cpu_of(pid), time.perf_counter()
    until(lambda: time.perf_counter() - begun >= seconds, seconds + 10)
    share = (cpu_of(pid) - used) / (time.perf_counter() - begun)
    print(f"| idle engine with {FILES:,} files watched, {seconds:.0f} s | {share:.2%} of a core |", flush=True)
    headless(site, "stop")


RESTING: dict[str, Callable[[Path, int], None]] = {"reopen": reopen, "watched": watched}
"""By name: what is measured below a folder, given the rows of the largest table."""
