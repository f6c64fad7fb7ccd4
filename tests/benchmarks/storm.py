"""A storm of alerts: 10,000 instances within 10 s through a real engine, and 100,000 that stay open.

Real files, a real socket, a real console on a pty. What was fed is compared with what the journal has.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import sqlite3
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

from opsconsole.engine import alert_queries
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import AlertQuery, AskAlerts, Command, Done, Target
from opsconsole.engine.watch import AlertWatch
from opsconsole.engine.wire import frame, reply
from opsconsole.journal.journal import Journal
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.model import Rule, Site
from tests.benchmarks.common import PROGRAM, own_state, spread
from tests.engine_process import EngineProcess, Watcher, stamp
from tests.terminal import Terminal
from tests.waiting import until

INSTANCES, SECONDS = 10_000, 10
SITE = """\
site: Storm
timezone: UTC
every: 1s
alert_from: all
sources:
  events: {files: data/*.csv, time: ts, settle: 1s}
rules:
  wrong: {source: events, rows: bad = 1, within: 20d, by: [line, station], priority: warning}
  worse: {source: events, rows: bad = 2, within: 20d, by: [line, station], priority: critical}
"""


def storm(root: Path, _rows: int = 0) -> None:
    """All of it."""
    folder = root / "storm"
    (folder / "data").mkdir(parents=True)
    (folder / "site.yaml").write_text(SITE)
    own_state(folder)
    (folder / "data/a.csv").write_text("ts,line,station,bad\n")
    for number in range(50):  # something to look at before it begins
        write(folder / "data/a.csv", [f"{stamp()},before,{number},1"])
    engine = EngineProcess(folder)
    engine.start()
    try:
        through(engine)
    finally:
        engine.end()
    standing(root, 100_000)
    opened(root, 100_000)


def write(file: Path, lines: list[str]) -> None:
    with file.open("a") as out:
        out.write("\n".join(lines) + "\n")


def through(engine: EngineProcess) -> None:
    """The storm itself, with somebody at a console and somebody who acknowledges."""
    fed: set[str] = set()

    def feed() -> None:
        for second in range(SECONDS):
            begun = time.monotonic()
            lines = []
            for number in range(INSTANCES // SECONDS):
                rule, bad = ("worse", 2) if number % 20 == 0 else ("wrong", 1)
                lines.append(f"{stamp()},l{second},{number},{bad}")
                fed.add(f"{rule}{{line=l{second},station={number}}}")
            write(engine.folder / "data/a.csv", lines)
            time.sleep(max(0.0, 1.0 - (time.monotonic() - begun)))

    with Terminal([*PROGRAM, str(engine.folder)], columns=160, rows=50) as terminal:
        terminal.shows("Storm")
        terminal.press("2")
        terminal.shows("before")
        terminal.quiet_for(1)
        calm = painted(terminal, lambda: False, 40)
        feeding = threading.Thread(target=feed)
        feeding.start()
        looking = threading.Thread(target=lambda: paints.extend(painted(terminal, lambda: over.is_set(), 10_000)))
        paints: list[float] = []
        over = threading.Event()
        looking.start()
        gaps, commands, took = asyncio.run(acknowledge(engine, feeding))
        over.set()
        looking.join()
        feeding.join()
    with contextlib.closing(sqlite3.connect(engine.place.journal)) as journal:
        raised = [row[0] for row in journal.execute("SELECT object FROM journal WHERE what = 'raised'")]
    missing, twice = fed - set(raised), len(raised) - len(set(raised))
    lost = f"missing {len(missing)}, twice {twice}"
    print(f"| {len(fed):,} alerts raised in {SECONDS} s | all open after {took:.1f} s; {lost} |")
    print(f"| longest time between two pictures, p95 | {max(gaps):.2f} s, {p95(gaps):.2f} s |")
    print(f"| command → done, {len(commands)} in the storm | p95 {p95(commands) * 1000:.0f} ms, {spread(commands)} |")
    print(f"| key → painted in the list, before ({len(calm)}) | p95 {p95(calm) * 1000:.0f} ms, {spread(calm)} |")
    during = f"p95 {p95(paints) * 1000:.0f} ms, {spread(paints)}"
    print(f"| key → painted in the list, in the storm ({len(paints)}) | {during} |", flush=True)


def painted(terminal: Terminal, enough: Callable[[], bool], most: int) -> list[float]:
    """Seconds from a key (down, up, …) until the terminal got something of it."""
    times: list[float] = []
    while len(times) < most and not enough():
        before = terminal.bytes
        begun = time.perf_counter()
        terminal.press("jk"[len(times) % 2])
        until(lambda: terminal.bytes > before, 30, "a paint", every=0.0005)  # noqa: B023
        times.append(time.perf_counter() - begun)
        time.sleep(0.1)
    return times


async def acknowledge(engine: EngineProcess, feeding: threading.Thread) -> tuple[list[float], list[float], float]:
    """Follow and acknowledge until all is open: seconds between pictures, of commands, and in all."""
    watcher = await Watcher.connect(engine.place)
    begun = last = time.monotonic()
    gaps: list[float] = []
    commands: list[float] = []

    async def follow() -> None:
        nonlocal last
        while watcher.counts.open < INSTANCES + 50:
            await watcher.next()
            gaps.append(time.monotonic() - last)
            last = time.monotonic()

    following = asyncio.create_task(follow())
    while not following.done():
        await asyncio.sleep(0.05)
        mine = [alert for alert in watcher.alerts.values() if alert.state == "UNACK"]
        if not mine:
            continue
        asked = time.perf_counter()
        done = await watcher.client.ask(Command("ack", [Target(mine[-1].id, mine[-1].version)]))
        assert isinstance(done, Done)
        commands.append(time.perf_counter() - asked)
    await following
    took = time.monotonic() - begun
    assert not feeding.is_alive() or took < 60
    await watcher.client.close()
    return gaps, commands, took


async def all_open(engine: EngineProcess, many: int) -> None:
    """Wait until so many alerts are open."""
    watcher = await Watcher.connect(engine.place, settled=False)
    while watcher.counts.open < many:
        await watcher.next()
    await watcher.client.close()


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def standing(root: Path, many: int) -> None:
    """What 100,000 open alerts cost: journal, picture, list, one command, a restart."""
    rules = {f"r{number}": Rule(f"r{number}", source="s", rows="true", by=("line", "station")) for number in range(10)}
    site = Site("Standing", rules=rules)
    journal = Journal.open(root / "standing.sqlite")
    watch = AlertWatch(site, journal)
    now = dt.datetime.now(dt.UTC)
    watch.configure(site, now)
    each = many // len(rules)
    found = {
        name: [
            Observation(name, {"line": f"{n % 40}", "station": f"s{n}"}, "warning", 7.0, 5.0, f"{n} over 5 on s{n}")
            for n in range(each)
        ]
        for name in rules
    }
    times = []
    for at, (name, observations) in enumerate(found.items()):
        times.append(timed(lambda: watch.observe(Evaluation(now.timestamp() + at, observations, {name: Verdict()}))))  # noqa: B023
    print(f"| {each:,} raised in one evaluation: life, journal, disk | {spread(times)} |")
    verdicts = dict.fromkeys(rules, Verdict())
    again = Evaluation(now.timestamp() + 20, [one for some in found.values() for one in some], verdicts)
    watch.observe(again)
    told(f"an evaluation that finds {many:,} as they were", lambda: watch.observe(again))
    told("the picture: the first 1,000 and the counts", lambda: (watch.open_alerts(), watch.counts()))
    for words, query in (
        ("all", AlertQuery()),
        ("words", AlertQuery(words="s4711 !line=3")),
        ("unacknowledged of one rule", AlertQuery(words="r7", states=("UNACK",))),
    ):
        ask = AskAlerts(query)
        told(
            f"the list of {many:,}: {words}",
            lambda: frame(reply(1, alert_queries.alerts(watch, site, ask, None))),  # noqa: B023
        )
    one = watch.open_alerts(1)[0]
    peer = Peer(1, 1, 1, "ana")
    commands = []
    for number in range(20):
        command = Command("assign", [Target(one.id, one.version)], to=f"person {number}")
        commands.append(timed(lambda: watch.command(command, peer, now)))  # noqa: B023
    print(f"| one command, on disk, among {many:,} | {spread(commands)} |")
    journal.close()

    def reopened() -> None:
        opened = Journal.open(root / "standing.sqlite")
        AlertWatch(site, opened).configure(site, now)
        opened.close()

    told(f"a start with a journal of {many:,} records, all open", reopened)


def opened(root: Path, many: int) -> None:
    """A console on an engine with 100,000 open alerts: how long its list takes to open."""
    folder = root / "many"
    (folder / "data").mkdir(parents=True)
    rules = "".join(
        f"  r{n}: {{source: events, rows: bad = {n}, within: 20d, by: [line, station]}}\n" for n in range(10)
    )
    (folder / "site.yaml").write_text(SITE.partition("rules:\n")[0] + "rules:\n" + rules)
    own_state(folder)
    lines = [f"{stamp()},l{number % 40},{number},{number % 10}" for number in range(many)]
    (folder / "data/a.csv").write_text("ts,line,station,bad\n")
    write(folder / "data/a.csv", lines)
    engine = EngineProcess(folder)
    engine.start()
    try:
        with Terminal([*PROGRAM, str(folder)], columns=160, rows=50) as terminal:
            asyncio.run(all_open(engine, many))
            times = []
            for _ in range(10):
                terminal.press("4")
                terminal.shows("events")
                time.sleep(0.5)
                begun = time.perf_counter()
                terminal.press("2")
                until(lambda: "UNACK" in terminal.text, 30, "the list", every=0.001)
                times.append(time.perf_counter() - begun)
            print(f"| the list of {many:,} open alerts opens in a console | {spread(times)} |")
    finally:
        engine.end()


def told(name: str, work: Callable[[], object], runs: int = 3) -> None:
    """A line of what something takes, and of the processor time of it, which a busy machine stretches less."""
    walls, cpus = [], []
    for _ in range(runs):
        used = time.process_time()
        walls.append(timed(work))
        cpus.append(time.process_time() - used)
    print(f"| {name} | {spread(walls)}; processor {spread(cpus)} |", flush=True)


def timed(work: Callable[[], object]) -> float:
    """Seconds that something takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


STORM: dict[str, Callable[[Path, int], None]] = {"storm": storm}
