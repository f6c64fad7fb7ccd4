"""What the book of alerts costs by itself: a storm, 100,000 open alerts, evaluations that say nothing new."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.deed import Deed, Target
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.model import Rule, Site
from tests.benchmarks.common import spread

RULES, EACH = 11, 10_000
NAMES = [f"late {number}" for number in range(RULES)]
SITE = Site("Plant", rules={name: Rule(name, source="s", rows="true", by=("line",)) for name in NAMES})


def seen(first: int, rules: int, value: float = 61.0) -> list[Observation]:
    """10,000 instances of each of some rules, made anew as an evaluation makes them."""
    return [
        Observation(NAMES[rule], {"line": str(line)}, "warning", value, 60.0, f"{value:g} s over 60 s")
        for rule in range(first, first + rules)
        for line in range(EACH)
    ]


def timed(work: Callable[[], object]) -> float:
    """Seconds of CPU that it takes: the book waits for nothing."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def book(runs: int = 10) -> None:
    """Evaluations on 100,000 open alerts."""
    found = AlertBook(SITE)
    verdicts = {name: Verdict() for name in SITE.rules}

    def said(*observations: list[Observation]) -> Evaluation:
        return Evaluation(1e9, [one for each in observations for one in each], verdicts)

    storm = said(seen(0, 1))
    print(f"| 10,000 alerts raised in one evaluation | {timed(lambda: found.observe(storm)):.2f} s |")
    found.observe(said(seen(0, RULES - 1)))
    assert found.counts().open == (RULES - 1) * EACH
    same, news, reading = [], [], []
    for run in range(runs):
        again, moved = said(seen(0, RULES - 1)), said(seen(0, RULES - 1, 62.0 + run))
        found.observe(again)
        again = said(seen(0, RULES - 1))
        same.append(timed(lambda again=again: found.observe(again)))
        reading.append(timed(lambda again=again: [one.labels == one.labels for one in again.observations]))
        news.append(timed(lambda moved=moved: found.observe(moved)))
    print(f"| an evaluation of 100,000 open alerts that says nothing new | {spread(same)} |")
    print(f"| going through its observations and no more | {spread(reading)} |")
    print(f"| an evaluation of 100,000 open alerts with new figures for each | {spread(news)} |")
    more = said(seen(0, RULES - 1, 61.0 + runs), seen(RULES - 1, 1))
    print(f"| 10,000 more raised beside them | {timed(lambda: found.observe(more)):.2f} s |")
    targets = tuple(Target(f"late 0{{line={line}}}", 9) for line in range(EACH))
    print(f"| 10,000 acknowledged at once | {timed(lambda: found.command(Deed('ack', 'ana', 1e9, targets))):.2f} s |")
    print(f"| the 1,000 most urgent of them | {spread([timed(lambda: found.open(1_000)) for _ in range(runs)])} |")
    print(f"| the counts | {spread([timed(found.counts) for _ in range(runs)])} |")


BOOK: dict[str, Callable[[Path, int], None]] = {"book": lambda *_: book()}
"""By name: what is measured; it has no use for a folder or a number of rows."""
