"""What looking back costs: alerts as they stood by a long journal, against reading all of it up to the moment."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from opsconsole.alerts.alert import Alert, Transition
from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.facts import Facts, Letter, What
from opsconsole.engine.recording import of_transition
from opsconsole.engine.watch import AlertWatch
from opsconsole.journal.journal import Entry, Journal
from opsconsole.site.model import Rule, Site
from tests.benchmarks.common import spread

SITE = Site("Plant", rules={"late": Rule("late", source="cycles", rows="true", by=("line", "station"))})
START = 1_700_000_000.0
LIFE: tuple[tuple[What, Letter], ...] = (("raised", "UNACK"), ("acknowledged", "ACK"), ("cleared", "NORM"))
INSTANCES, OPEN = 2_000, 30


def write(path: Path, records: int) -> None:
    """A journal of alerts that are raised, acknowledged and cleared; about `OPEN` are open at any time."""
    journal = Journal.open(path)
    made = list(entries(records))
    for first in range(0, records, 10_000):
        journal.write(made[first : first + 10_000])
    journal.close()


def entries(records: int) -> Iterator[Entry]:
    """So many records of alerts, as an engine would write them."""
    chance = random.Random(1)
    stage: dict[int, int] = {}
    for number in range(records):
        known = chance.choice(list(stage)) if len(stage) >= OPEN else chance.randrange(INSTANCES)
        what, letter = LIFE[stage.get(known, 0)]
        stage[known] = stage.get(known, 0) + 1
        if letter == "NORM":
            del stage[known]
        at = START + 20.0 * number
        level = 0 if letter == "NORM" else 2
        facts = Facts(level, level, letter != "UNACK", raw=level, since=at, count=1, version=number)
        labels: dict[str, str | None] = {"line": str(known % 20), "station": f"station {known}"}
        alert = Alert(f"late{{line={known % 20},station={known}}}", "late", facts, labels, "61 s over 60 s", 61.0, 64.0)
        transition = Transition(at, what, "61 s over 60 s for 10 min", "NORM", letter, alert)
        yield of_transition(transition, None, dt.datetime.fromtimestamp(at, dt.UTC))


def replayed(journal: Journal, records: int, at: float) -> int:
    """How many alerts were open at a moment, by all that was written until then."""
    latest = {}
    for record in reversed(journal.records("alert", limit=records)):
        if record.data["at"] <= at:
            latest[record.object] = record.data["alert"]
    book = AlertBook(SITE)
    book.restore(latest.values())
    return len(book.open())


def past(root: Path, runs: int = 20) -> None:
    """Alerts as of the middle and of the end of a journal, and what reading all of it costs."""
    for records in (100_000, 1_000_000):
        path = root / f"journal-{records}.sqlite"
        if not path.exists():
            write(path, records)
        journal = Journal.open(path)
        watch = AlertWatch(SITE, journal)
        for name, part in (("the middle", 0.5), ("the end", 1.0)):
            at = START + 20.0 * records * part
            times = []
            for _ in range(runs):
                begun = time.perf_counter()
                found = watch.book_at(SITE, at).open()
                times.append(time.perf_counter() - begun)
            print(f"| {len(found)} alerts as of {name} of {records:,} records | {spread(times)} |", flush=True)
        begun = time.perf_counter()
        assert replayed(journal, records, at) == len(found)
        whole = time.perf_counter() - begun
        print(f"| the same by reading all {records:,} | {whole:.2f} s, {whole / sorted(times)[runs // 2]:.0f}x |")
        journal.close()


PAST: dict[str, Callable[[Path, int], None]] = {"past": lambda root, _: past(root)}
"""By name: what is measured below a folder; it has no use for a number of rows."""
