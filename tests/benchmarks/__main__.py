"""What the real program costs: `python -m tests.benchmarks NAME …`.

NAME is one of start, consoles, latency, idle, bytes, keys, bulk, append, small, reopen, watched, past, views, refresh,
long, storm, triage, book, rules, paging, insight.

The first four have a site of a million rows; the others make tables of `--rows` (10 M unless said) below `--folder`
(a temporary one unless said; what lies there already is used again). Ratios are against a baseline measured in the
same run, in turn with what is measured. Prints a line of a table for each.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.book import BOOK
from tests.benchmarks.bytes import BYTES
from tests.benchmarks.common import PROGRAM, headless, make_site, own_state, spread
from tests.benchmarks.insight import INSIGHT
from tests.benchmarks.journal import JOURNAL
from tests.benchmarks.keys import KEYS
from tests.benchmarks.kpis import FIGURES
from tests.benchmarks.loading import LOADING
from tests.benchmarks.lookback import PAST
from tests.benchmarks.paging import PAGING
from tests.benchmarks.resting import RESTING, cpu_of
from tests.benchmarks.rules import RULING
from tests.benchmarks.starting import STARTING
from tests.benchmarks.storm import STORM
from tests.benchmarks.triage import TRIAGE
from tests.benchmarks.views import VIEWS
from tests.terminal import Terminal
from tests.waiting import until


def latency(folder: Path, runs: int = 20) -> None:
    """From a line appended to a folder of a million rows until the tile shows it."""
    with Terminal([*PROGRAM, str(folder)]) as terminal:
        terminal.shows("1 000 000 rows")
        terminal.quiet_for(2)
        times = []
        for number in range(1, runs + 1):
            with (folder / "data/099.csv").open("a") as file:
                file.write(f"2026-05-01 20:00:{number:02},1,s1,1,1,0,20.5\n")
                file.flush()
                begun = time.perf_counter()
            shown = f"{1_000_000 + number:,} rows".replace(",", " ")
            terminal.shows(shown)
            times.append(time.perf_counter() - begun)
            terminal.quiet_for(0.5)
    headless(folder, "stop")
    print(f"| a line appended to 1 000 000 rows → painted, {runs} runs | {spread(times)} |")


def idle(folder: Path, seconds: float = 60.0) -> None:
    """Bytes sent and CPU used by an idle console and its engine, within a minute and over its edge."""
    text = (folder / "site.yaml").read_text()
    for clock in ("data", "wall"):
        (folder / "site.yaml").write_text(text.replace("clock: data", f"clock: {clock}"))
        with Terminal([*PROGRAM, str(folder)]) as terminal:
            terminal.shows("Rows", "1 source ")
            engine = int(json.loads(headless(folder, "status", "--json"))["pid"])
            terminal.quiet_for(3)
            until(lambda: 1 < time.time() % 60 < 3, 70)
            terminal.quiet_for(1)
            sent, used, engine_used, begun = terminal.bytes, cpu_of(terminal.process.pid), cpu_of(engine), time.time()
            until(lambda: time.time() % 60 > 58, 70)
            within = terminal.bytes - sent
            until(lambda: 2 < time.time() % 60 < 10, 70)
            on_the_minute = terminal.bytes - sent - within
            took = time.time() - begun
            console_cpu = (cpu_of(terminal.process.pid) - used) / took
            engine_cpu = (cpu_of(engine) - engine_used) / took
        headless(folder, "stop")
        print(
            f"| idle, clock {clock}: bytes within a minute {within}, on the minute {on_the_minute} "
            f"| console {console_cpu:.2%}, engine {engine_cpu:.2%} of a core over {took:.0f} s |",
            flush=True,
        )
    (folder / "site.yaml").write_text(text)


SMALL: dict[str, Callable[[Path], None]] = {**STARTING, "latency": latency, "idle": idle}
LARGE = (
    LOADING
    | RESTING
    | PAST
    | JOURNAL
    | BOOK
    | VIEWS
    | FIGURES
    | RULING
    | STORM
    | TRIAGE
    | PAGING
    | BYTES
    | KEYS
    | INSIGHT
)


def main() -> None:
    """Run the benchmarks that are named, or those of a million rows."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks")
    parser.add_argument(
        "names",
        nargs="*",
        choices=[
            *SMALL,
            *LOADING,
            *RESTING,
            *PAST,
            *JOURNAL,
            *BOOK,
            *VIEWS,
            *FIGURES,
            *RULING,
            *STORM,
            *TRIAGE,
            *PAGING,
            *BYTES,
            *KEYS,
            *INSIGHT,
            [],
        ],
        default=list(SMALL),
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="opsconsole-bench-") as temporary:
        place = Path(temporary)
        if set(arguments.names) & set(SMALL):
            _million(place / "site")
        for name in arguments.names:
            if name in SMALL:
                SMALL[name](place / "site")
            else:
                folder = (arguments.folder or place) / name
                folder.mkdir(parents=True, exist_ok=True)
                LARGE[name](folder, arguments.rows)


def _million(site: Path) -> None:
    make_site(site)
    own_state(site)
    begun = time.perf_counter()
    headless(site, "snapshot")
    print(f"| first load of 1 000 000 rows in 100 CSV files | {time.perf_counter() - begun:.1f} s |", flush=True)


if __name__ == "__main__":
    main()
