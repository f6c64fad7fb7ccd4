"""`opsconsole backtest`: what rules would have raised over a past stretch of time, and what a change would have saved.

The past is replayed through the same evaluation and the same lives of alerts, as if the rows had come in the order of
their event times. Nobody acknowledges anything in it. Figures are of the site's time.
"""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import msgspec
from msgspec import Struct

from opsconsole.alerts.alert import Transition
from opsconsole.alerts.flood import Episode, episodes
from opsconsole.engine.insight.marked import Marks
from opsconsole.engine.jobs import Desk, Job, ReportError
from opsconsole.engine.past_moves import PastMoves, Way
from opsconsole.engine.replay import Replay
from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.due import Plan, with_operands
from opsconsole.site.amend import amended
from opsconsole.site.calendar import zone
from opsconsole.site.model import Priority, Site
from opsconsole.site.names import did_you_mean, show
from opsconsole.tables import health

LONGEST = 3600.0
"""Seconds that one statement may take."""
LISTED = 10_000
"""Occurrences that are listed of a rule at most, the first; all are counted."""
DAY = 86_400.0


class Ask(Struct, frozen=True):
    """The options of the report: rules (none: all), from when to when (s since the epoch, site time), changed keys."""

    rules: list[str] = []
    since: float | None = None
    until: float | None = None
    changes: list[str] = []


class Occurrence(Struct):
    """One time that a rule would have raised an alert. `end` None: still active at the end; `flood`: within one."""

    rule: str
    labels: dict[str, str | None]
    start: float
    end: float | None
    priority: Priority
    text: str
    flood: bool = False


class Figures(Struct, frozen=True):
    """What came of a rule: how often, how long in all and in the middle (s), on how many days, how many in floods."""

    count: int
    instances: int
    total: float
    median: float
    longest: float
    per_day: float
    days: int
    in_floods: int
    active: int


def report(desk: Desk, job: Job, options: Mapping[str, Any]) -> dict[str, Any]:
    """The backtest of a running engine. Raises ReportError, CancelledError, duckdb.Error."""
    try:
        ask = msgspec.convert(dict(options), Ask)
    except msgspec.ValidationError as error:
        raise ReportError(f"the options of a backtest are not understood: {error}") from error
    binding, now = desk.core.binding, desk.core.now().timestamp()
    changed = _changed(desk, ask) if ask.changes else None
    with job.reading(desk.store) as cursor:
        health.at(cursor, now)
        cursor.execute(f"SET max_execution_time = {round(LONGEST * 1000)}")
        return backtest(cursor, binding, ask, now, job, changed, desk.watch)


def backtest(
    cursor: duckdb.DuckDBPyConnection,
    binding: Binding,
    ask: Ask,
    now: float,
    job: Job,
    changed: Binding | None,
    marks: Marks | None = None,
) -> dict[str, Any]:
    """The result as JSON values. `changed`: the same site with some keys of the rules changed; `marks`: what knows of
    changes that people marked. Raises ReportError."""
    begun = time.monotonic()
    rules = _chosen(binding, ask.rules)
    until = min(ask.until if ask.until is not None else now, now)
    since = ask.since if ask.since is not None else until - 30 * DAY
    if since >= until:
        raise ReportError("there is no time between the beginning and the end")
    runs = [binding] if changed is None else [binding, changed]
    found = [
        _run(cursor, each, rules, since, until, now, _Part(job, at, len(runs)), marks) for at, each in enumerate(runs)
    ]
    site, (plain, ways, floods) = binding.site, found[0]
    result: dict[str, Any] = {
        "site": site.name,
        "timezone": site.timezone,
        "since": since,
        "until": until,
        "changes": ask.changes,
        "took": round(time.monotonic() - begun, 3),
        "floods": [msgspec.to_builtins(each) for each in floods],
        "rules": [],
    }
    for name in rules:
        entry = _entry(site, name, plain, ways[name], since, until)
        if changed is not None:
            after, ways_after, _ = found[1]
            entry["changed"] = _entry(changed.site, name, after, ways_after[name], since, until)
            entry["saved"] = _saved(entry, entry["changed"])
        result["rules"].append(entry)
    if changed is not None:
        result["changed_floods"] = [msgspec.to_builtins(each) for each in found[1][2]]
    return result


class _Part:
    """The progress of one of several runs."""

    def __init__(self, job: Job, number: int, of: int) -> None:
        self._job, self._number, self._of = job, number, of

    def __call__(self, done: float, doing: str) -> None:
        self._job.tell((self._number + min(done, 1.0)) / self._of, doing)


def _run(
    cursor: duckdb.DuckDBPyConnection,
    binding: Binding,
    rules: Sequence[str],
    since: float,
    until: float,
    now: float,
    tell: _Part,
    marks: Marks | None,
) -> tuple[list[Occurrence], dict[str, Way], list[Episode]]:
    """The occurrences in order, by rule how they were found, and the floods among them."""
    plan = Plan(binding)
    wanted = [name for name in binding.rules if name in with_operands(binding, rules)]
    stands = binding.site.clock.mode == "data" and until >= now
    past = PastMoves(cursor, plan, wanted, lambda done, doing: tell(0.9 * done, doing), stands=stands, marks=marks)
    # delays that ran at the beginning began before it
    delay = max((max(binding.site.rules[name].hold, binding.site.rules[name].clear) for name in wanted), default=0.0)
    first = since - delay
    moves = past.of(first, until)
    replay = Replay(binding, {name: past.grid(name) for name in wanted})
    book = Occurrences()
    length = max(1.0, until - first)
    for at, transitions in replay.run(moves, until):
        tell(0.9 + 0.1 * (at - first) / length, "the lives of alerts")
        for transition in transitions:
            book.take(transition)
    found = [each for each in book.found if each.rule in rules and (each.end is None or each.end >= since)]
    floods = mark_floods(found, since, until)
    return found, past.ways, floods


class Occurrences:
    """Transitions of a replay as occurrences: from when an alert was raised until it was back to normal."""

    def __init__(self) -> None:
        self.found: list[Occurrence] = []
        self._open: dict[str, Occurrence] = {}
        self._counted: dict[str, int] = {}

    def take(self, transition: Transition) -> None:
        """Take a transition; they come in order of time."""
        alert, at = transition.alert, transition.at
        if transition.what == "occurred":
            known = alert.facts.count - self._counted.get(alert.id, 0)
            self._counted[alert.id] = alert.facts.count
            for _ in range(known):
                self.found.append(Occurrence(alert.rule, alert.labels, at, at, alert.facts.priority, alert.text))
        elif transition.what == "raised":
            found = Occurrence(alert.rule, alert.labels, at, None, alert.facts.priority, alert.text)
            self._open[alert.id] = found
            self.found.append(found)
            self._counted[alert.id] = alert.facts.count
        elif transition.what == "worsened" and alert.id in self._open:
            self._open[alert.id].priority = alert.facts.priority
            self._open[alert.id].text = alert.text
        elif transition.what in ("cleared", "closed") and alert.id in self._open:
            self._open.pop(alert.id).end = at


def mark_floods(found: Sequence[Occurrence], since: float, until: float) -> list[Episode]:
    """Mark occurrences that began within a flood; the floods, more than 10 alerts in 10 minutes each."""
    floods = episodes([each.start for each in found], since, until)
    for each in found:
        each.flood = any(flood.start <= each.start <= flood.end for flood in floods)
    return floods


def _chosen(binding: Binding, wanted: Sequence[str]) -> list[str]:
    """The rules meant, all that can be evaluated where none is named. Raises ReportError."""
    known = binding.site.rules
    for name in wanted:
        if name not in known:
            raise ReportError(f"there is no rule `{show(name)}`{did_you_mean(name, known)}")
        if name not in binding.rules:
            raise ReportError(f"the rule `{name}` cannot be evaluated: {binding.idle.get(name, 'it has an error')}")
    return list(dict.fromkeys(wanted)) or list(binding.rules)


def _entry(site: Site, name: str, found: Sequence[Occurrence], way: Way, since: float, until: float) -> dict[str, Any]:
    own = [each for each in found if each.rule == name]
    figures = figures_of(own, site, since, until)
    return {
        "rule": name,
        "title": site.rules[name].title,
        **msgspec.to_builtins(figures),
        "how": way.how,
        "points": way.points,
        "error": way.error,
        "unknown": min(way.unknown, round(until - since, 3)),
        "why": way.why,
        "lacks": way.lacks,
        "occurrences": [msgspec.to_builtins(each) for each in own[:LISTED]],
    }


def figures_of(found: Sequence[Occurrence], site: Site, since: float, until: float) -> Figures:
    """The figures of some occurrences between two moments."""
    lasted = [(each.end if each.end is not None else until) - max(each.start, since) for each in found]
    tz = zone(site)
    days = {dt.datetime.fromtimestamp(each.start, tz).date() for each in found}
    return Figures(
        count=len(found),
        instances=len({(each.rule, tuple(sorted(each.labels.items(), key=str))) for each in found}),
        total=round(sum(lasted), 3),
        median=round(statistics.median(lasted), 3) if lasted else 0.0,
        longest=round(max(lasted, default=0.0), 3),
        per_day=round(len(found) / max((until - since) / DAY, 1e-9), 3),
        days=len(days),
        in_floods=sum(each.flood for each in found),
        active=sum(each.end is None for each in found),
    )


def _saved(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What a change would have saved of alerts and of time, less where it is negative."""
    count = before["count"] - after["count"]
    return {
        "count": count,
        "percent": round(100 * count / before["count"], 1) if before["count"] else 0.0,
        "total": round(before["total"] - after["total"], 3),
        "in_floods": before["in_floods"] - after["in_floods"],
    }


def _changed(desk: Desk, ask: Ask) -> Binding:
    """The site with keys of the rules changed, bound to the tables as they are. Raises ReportError."""
    path = desk.core.site_path
    if path is None:
        raise ReportError("a draft has no rules to change yet; `opsconsole init` writes it as a file")
    if not ask.rules:
        raise ReportError("say which rule is to be changed: opsconsole backtest SITE RULE --with …")
    _chosen(desk.core.binding, ask.rules)
    try:
        loaded = amended(path, ask.rules, ask.changes)
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror or error}") from error
    if loaded.site is None:
        raise ReportError("\n".join(str(each) for each in loaded.problems if each.severity == "error"))
    binding, problems = bind(loaded, desk.store.schemas())
    for name in ask.rules:
        if name not in binding.rules:
            raise ReportError(str(problems[0]) if problems else binding.idle.get(name, f"`{name}` has an error"))
    return binding
