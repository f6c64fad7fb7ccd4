"""How fast a key is answered in the list of alerts: at rest, and while alerts pour in."""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.console.storm import ALERTS, SECONDS
from tests.terminal import Terminal
from tests.waiting import until

SHOW = """
import sys
from pathlib import Path
from opsconsole.console.app import run
from opsconsole.engine.place import Place

folder = Path(sys.argv[1])
sys.exit(run(Place(site=folder / "site.yaml", state=folder)))
"""


def triage(root: Path, _rows: int, keys: int = 120) -> None:
    """From a key until the cursor is painted on the next of 1,000 rows; at rest and in a storm."""
    folder = root / "triage"
    folder.mkdir(exist_ok=True)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    engine = subprocess.Popen([sys.executable, "-m", "tests.console.storm", str(folder)], **pipes)  # type: ignore[call-overload]
    try:
        engine.stdout.readline()
        with Terminal([sys.executable, "-c", SHOW, str(folder)], columns=80, rows=24) as terminal:
            terminal.shows("help")
            begun = time.perf_counter()
            terminal.press("2")
            terminal.shows("1 000 of 8 412 open")
            opened = time.perf_counter() - begun
            terminal.quiet_for(1)
            rest = [_step(terminal) for _ in range(keys)]
            engine.stdin.write("go\n")
            engine.stdin.flush()
            poured = threading.Event()
            threading.Thread(target=lambda: (engine.stdout.readline(), poured.set()), daemon=True).start()
            storm: list[float] = []
            while not poured.is_set():
                storm.append(_step(terminal))
                time.sleep(0.03)
            terminal.press("q")
    finally:
        engine.kill()
        engine.wait()
    print(f"| the list of 1,000 alerts opened | {opened * 1000:.0f} ms |")
    for name, taken in (("at rest", rest), (f"while {ALERTS:,} alerts pour in within {SECONDS:.0f} s", storm)):
        slow = statistics.quantiles(taken, n=20)[-1] * 1000
        middle, worst = statistics.median(taken) * 1000, max(taken) * 1000
        figures = f"p50 {middle:.0f} ms, p95 {slow:.0f} ms, max {worst:.0f} ms"
        print(f"| a key until it is painted, {name}, {len(taken)} keys | {figures} |", flush=True)


_down = True


def _step(terminal: Terminal) -> float:
    """The seconds from a key until the cursor stands on another line."""
    global _down
    before = until(lambda: max(0, _cursor(terminal)), 5, "the cursor", every=0.002)
    if before >= 8:
        _down = False
    elif before <= 5:
        _down = True
    begun = time.perf_counter()
    terminal.press("j" if _down else "k")
    until(lambda: _cursor(terminal) not in (before, -1), 5, "the cursor to move", every=0.002)
    return time.perf_counter() - begun


def _cursor(terminal: Terminal) -> int:
    return terminal.line_with("▸")


TRIAGE: dict[str, Callable[[Path, int], None]] = {"triage": triage}
"""By name: what is measured below a folder."""
