"""What the benchmarks share: a site of a million rows, and the program on it."""

from __future__ import annotations

import datetime as dt
import os
import statistics
import subprocess
import sys
from pathlib import Path

PROGRAM = (sys.executable, "-m", "opsconsole")

BEGIN = dt.datetime(2026, 1, 1)
SITE = """\
site: Million
timezone: UTC
clock: data
sources:
  cycles:
    files: data/*.csv
    time: ts
    dimensions: [line, station]
kpis:
  rows: {source: cycles, title: Rows, value: count(*), unit: rows, decimals: 0, window: all}
  scrap:
    {source: cycles, title: Scrap ratio, value: 100 * sum(scrap) / sum(qty), unit: "%", better: lower,
     warning: 30, window: 8h, by: [line, station]}
  cycle: {source: cycles, title: Cycle time, value: avg(cycle_s), unit: s, better: lower, window: 24h, by: [line]}
"""


def make_site(folder: Path, rows: int = 1_000_000, files: int = 100) -> None:
    """A site with `rows` events, ten seconds apart, in `files` CSV files."""
    (folder / "data").mkdir(parents=True)
    (folder / "site.yaml").write_text(SITE)
    each = rows // files
    for number in range(files):
        lines = ["ts,line,station,order_id,qty,scrap,cycle_s\n"]
        for row in range(number * each, (number + 1) * each):
            stamp = BEGIN + dt.timedelta(seconds=10 * row)
            scrap = int(row % 97 == 0)
            lines.append(f"{stamp},{row % 4 + 1},s{row % 7},{row // 50},{row % 9 + 1},{scrap},{20 + row % 13}.5\n")
        (folder / f"data/{number:03}.csv").write_text("".join(lines))


def headless(folder: Path, *words: str) -> str:
    """The output of a headless command."""
    command, *rest = words
    done = subprocess.run([*PROGRAM, command, str(folder), *rest], capture_output=True, text=True, check=True)
    return done.stdout


def spread(values: list[float], unit: str = "ms", scale: float = 1000.0) -> str:
    """Median, and from the best to the worst."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle * scale:.0f} {unit} ({low * scale:.0f}–{high * scale:.0f})"


def own_state(folder: Path) -> dict[str, str]:
    """An environment whose state lies beside the data."""
    os.environ["XDG_STATE_HOME"] = str(folder.parent / "state")
    return {"XDG_STATE_HOME": os.environ["XDG_STATE_HOME"]}


def verdict(what: str, found: float, most: float, figures: str) -> bool:
    """Say what was found beside what is allowed; whether it holds."""
    print(f"| {what} | {figures} | at most {most:g} | {'holds' if found <= most else 'DOES NOT HOLD'} |", flush=True)
    return found <= most
