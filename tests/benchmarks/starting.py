"""From the command to the first figure on the screen, beside an empty Textual app; and what consoles weigh."""

from __future__ import annotations

import compileall
import contextlib
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import opsconsole
from tests.benchmarks.common import PROGRAM, headless, spread, verdict
from tests.benchmarks.resting import cpu_of, memory_of
from tests.terminal import Terminal
from tests.waiting import until

EMPTY_APP = """
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("baseline")

Empty().run()
"""
KPI = "1 000 000 rows"
SETTINGS = "tour: false\ntheme: dark\nkeys:\n  ack: [a, f5]\n"
RATIO, MEGABYTES, CONSOLES = 1.3, 90.0, 4
WALK = (("2", "Alerts  "), ("3", "KPIs  "), ("5", "Tables  "), ("8", "Sources  "),
        (":rows source cycles\r", "row 1 of 1 0"),
        (";SELECT 1 AS one\r", "one"), ("?", "Keys that work here"), ("1", KPI))  # fmt: skip
"""Keys that lead through the screens, and what tells that each is there."""
Cost = tuple[float, float]


def painted(command: list[str], word: str, env: dict[str, str] | None = None) -> Cost:
    """Seconds and seconds of CPU from the start of a command until its terminal shows a word."""
    begun = time.perf_counter()
    with Terminal(command, env={"COLUMNS": "", **(env or {})}, emulated=False) as terminal:
        until(lambda: word.encode() in terminal.raw, 60, word, every=0.002)
        return time.perf_counter() - begun, cpu_of(terminal.process.pid)


def start(folder: Path, runs: int = 40) -> None:
    """From the command to the first painted KPI, beside an empty Textual app that prints one word.

    With a `config.yaml` that was read before, and without one. The package is compiled first, as an installation has
    it: Textual was compiled when it was installed, a checkout is not where PYTHONDONTWRITEBYTECODE is set.
    """
    compileall.compile_dir(Path(opsconsole.__file__).parent, quiet=1)
    console = [*PROGRAM, str(folder)]
    empty = [sys.executable, "-c", EMPTY_APP]
    own = folder.parent / "config"
    (own / "opsconsole").mkdir(parents=True, exist_ok=True)
    (own / "opsconsole/config.yaml").write_text(SETTINGS)
    cases: dict[str, Callable[[], Cost]] = {
        "console, engine running": lambda: painted(console, KPI),
        "console, engine running, with a config.yaml": lambda: painted(console, KPI, {"XDG_CONFIG_HOME": str(own)}),
    }
    headless(folder, "snapshot")
    warm: dict[str, list[Cost]] = {name: [] for name in cases}
    base: dict[str, list[Cost]] = {}
    with Terminal(console) as keeper:
        keeper.shows(KPI)
        for name, case in cases.items():
            case()  # settings are kept as they were read last, of one person
            base[name] = []
            for _ in range(runs):
                base[name].append(painted(empty, "baseline"))
                warm[name].append(case())
    cold: list[Cost] = []
    base["console, engine not running"] = []
    for _ in range(runs // 4):
        headless(folder, "stop")
        base["console, engine not running"].append(painted(empty, "baseline"))
        cold.append(painted(console, KPI))
    headless(folder, "stop")
    for name, costs in {**warm, "console, engine not running": cold}.items():
        for what, each in (("empty Textual app", base[name]), (name, costs)):
            wall, cpu = [one[0] for one in each], [one[1] for one in each]
            print(
                f"| {what} | {spread(wall)} | {_ratio(each, base[name], 0):.2f}x | CPU {spread(cpu)} "
                f"| {_ratio(each, base[name], 1):.2f}x |",
                flush=True,
            )
    for name in cases:
        cpu_ratio, wall_ratio = _ratio(warm[name], base[name], 1), _ratio(warm[name], base[name], 0)
        verdict(f"start to the first KPI: {name}", wall_ratio, RATIO, f"{wall_ratio:.2f}x (of CPU {cpu_ratio:.2f}x)")


def _ratio(costs: list[Cost], base: list[Cost], which: int) -> float:
    return statistics.median(each[which] / other[which] for each, other in zip(costs, base, strict=True))


def consoles(folder: Path) -> None:
    """Four consoles on one engine: what each weighs after a walk through its screens, and costs at rest."""
    headless(folder, "snapshot")
    with contextlib.ExitStack() as stack:
        terminals = [stack.enter_context(Terminal([*PROGRAM, str(folder)])) for _ in range(CONSOLES)]
        for terminal in terminals:
            terminal.shows(KPI)
        at_first = [memory_of(terminal.process.pid) for terminal in terminals]
        for keys, shows in WALK:
            for terminal in terminals:
                terminal.press(keys)
                terminal.shows(shows)
        weights = [memory_of(terminal.process.pid) for terminal in terminals]
        pids = [int(json.loads(headless(folder, "status", "--json"))["pid"]), *(each.process.pid for each in terminals)]
        used, begun = [cpu_of(pid) for pid in pids], time.perf_counter()
        until(lambda: time.perf_counter() - begun > 20, 30)
        shares = [(cpu_of(pid) - was) / (time.perf_counter() - begun) for pid, was in zip(pids, used, strict=True)]
    headless(folder, "stop")
    print(
        f"| {CONSOLES} consoles on one engine, at rest | engine {shares[0]:.2%}, consoles at most "
        f"{max(shares[1:]):.2%} of a core, after the start {max(at_first):.0f} MB each |",
        flush=True,
    )
    verdict("memory of a console after all its screens, MB", max(weights), MEGABYTES, f"{max(weights):.0f} MB")


STARTING: dict[str, Callable[[Path], None]] = {"start": start, "consoles": consoles}
"""By name: what is measured on a site of a million rows."""
