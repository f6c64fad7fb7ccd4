"""Long tests are begun first, random ones mind no busy machine; what long ones did is told at the end of a run."""

from __future__ import annotations

import faulthandler
import gc
import os
import sys
from collections import Counter
from collections.abc import Generator
from pathlib import Path

# Hundreds of programs are started, and each would compile all of its modules anew; each worker, those of Hypothesis.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Workers share the cores: small sums are not to be spread over threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

# How fast examples are made depends on what else the machine does, and says nothing of what is tested.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

_GRACE = 60.0
"""Seconds after which a test that its timeout could not fail takes its worker with it."""
_STDERR = pytest.StashKey[int]()

LONG = (
    *("console/test_terminal.py", "tables/test_torture.py", "tables/test_machine.py"),
    *("program/test_console.py", "tables/test_keyed.py", "tables/test_habits.py"),
    *("program/test_headless.py", "program/test_permissions.py", "kpis/test_sealed.py"),
    *("demo/test_demo.py", "program/test_demo.py", "tables/test_limits.py"),
    *("engine/paging/test_pages.py", "tables/test_cache.py", "program/test_progress.py"),
    *("kpis/test_against_polars.py", "engine/test_replay.py", "engine/notify/test_notifier.py"),
    *("program/test_crash.py", "program/test_full_disk.py", "program/test_doctor.py"),
)
"""Files that take the longest; many of them wait for programs more than they work."""
QUICK = ("kpis", "engine", "console", "cli", "journal", "alerts", "site")
"""Folders whose tests are short, the shortest last; those of the others come before them."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the properties `told` (a line) and `counts` (summed) that tests recorded, under xdist too."""
    told: list[str] = []
    counts: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            properties = dict(report.user_properties)
            if "told" in properties:
                told.append(str(properties["told"]))
            counts.update(properties.get("counts", {}))
    if told:
        terminalreporter.section("what the long tests did")
        for line in sorted(told):
            terminalreporter.write_line(line)
    if counts:
        terminalreporter.write_line("in all: " + ", ".join(f"{count} {what}" for what, count in counts.items()))


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_STDERR] = os.dup(2)  # nothing is captured yet
    gc.disable()  # until all is collected; what is imported stays
    if [Path(arg).resolve() for arg in config.args] == [Path(__file__).parent]:
        config.args[:] = _turned(Path(__file__).parent)


def _turned(root: Path) -> list[str]:
    """What lies in the folder of all tests; each worker begins at another place.

    In a fresh checkout they so compile other files at one time, and find the rest compiled by others.
    """
    entries = sorted(entry for entry in root.iterdir() if entry.match("test_*.py") or (entry / "__init__.py").exists())
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    files = [[entry] * max(1, len(list(entry.rglob("test_*.py")))) for entry in entries]
    first = [entry for several in files for entry in several][sum(map(len, files)) * worker // workers]
    at = entries.index(first)
    return [str(entry) for entry in entries[at:] + entries[:at]]


def pytest_collection_finish() -> None:
    gc.enable()
    gc.freeze()  # hundreds of modules: no later collection goes through them again


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """End a worker that hangs where no exception can reach, and print where each of its threads is.

    That is without Python's lock, in a finalizer, or in a loop that has swallowed what should have failed the test.
    """
    marker = item.get_closest_marker("timeout")
    seconds = float(marker.args[0] if marker else item.config.getini("timeout"))
    faulthandler.dump_traceback_later(seconds + _GRACE, exit=True, file=item.config.stash[_STDERR])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal the files among the workers so that each begins with long ones and none is left alone with one at the end.

    `--dist worksteal` gives each worker one stretch of the tests, and who has done his takes from the ends of others.
    """
    items.sort(key=lambda item: item.nodeid.partition("::")[0])  # whatever was collected first
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers == 1:
        return
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.partition("::")[0].removeprefix("tests/"), []).append(item)
    hands: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for at, name in enumerate(name for name in LONG if name in files):
        hands[at % workers] += files.pop(name)
    for name in sorted(files, key=lambda name: QUICK.index(name.split("/")[0]) if name.split("/")[0] in QUICK else -1):
        min(hands, key=len).extend(files[name])
    _even(hands)
    items[:] = [item for hand in hands for item in hand]


def _even(hands: list[list[pytest.Item]]) -> None:
    """Have each hand as long as the stretch that its worker gets, or one begins with the end of another's."""
    left, sizes = sum(map(len, hands)), []
    for others in range(len(hands), 0, -1):
        sizes.append(left // others)
        left -= sizes[-1]
    spare: list[pytest.Item] = []
    for hand, size in zip(hands, sizes, strict=True):
        spare += hand[size:]
        del hand[size:]
    for hand, size in zip(hands, sizes, strict=True):
        while len(hand) < size:
            hand.append(spare.pop())
