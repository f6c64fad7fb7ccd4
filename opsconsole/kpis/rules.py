"""All rules of a site at one point of the evaluation grid, in few scans."""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Mapping
from typing import Protocol

import duckdb
from msgspec import Struct
from msgspec.structs import replace

from opsconsole.kpis.binding import Binding, BoundRule
from opsconsole.kpis.drill import within
from opsconsole.kpis.evaluate import Figures
from opsconsole.kpis.expression import ident
from opsconsole.kpis.extent import Extents
from opsconsole.kpis.failing import begin_again, failure
from opsconsole.kpis.gather import Frame, Wanted, gather
from opsconsole.kpis.lasting import among
from opsconsole.kpis.observation import Evaluation, Observation, Verdict, Worse
from opsconsole.kpis.scan import Cursor, Members, Row
from opsconsole.kpis.sealed import Sealed
from opsconsole.kpis.span import Stretch, span_of
from opsconsole.kpis.status import limit_of, priority_of, worse_of
from opsconsole.kpis.targets import books_of, without_limits
from opsconsole.kpis.words import labelled
from opsconsole.site.figures import duration, figure
from opsconsole.site.model import Kpi, Priority, Window

INSTANCES = 10_000
ERROR = "error:"
TOO_MANY = "many:"
_CHUNK = 50
UP = Worse("up")


class SourceTotals(Protocol):
    """What is needed of a source's totals."""

    @property
    def rows(self) -> int:
        """Rows in its table."""

    @property
    def last_arrival(self) -> float | None:
        """When the engine last took a row from it: wall clock, seconds since the epoch."""


class Arrivals(Struct, frozen=True):
    """How long sources have been silent: their totals, and the wall clock that arrivals are measured by.

    `started` is when the engine began to watch, for sources that never had a row. `speed` is site seconds per wall
    second; 0 (clock `data`) turns silence off.
    """

    totals: Mapping[str, SourceTotals]
    wall: float
    started: float
    speed: float = 1.0

    def silence(self, source: str) -> float:
        """Seconds of site time since a row of the source arrived."""
        totals = self.totals.get(source)
        last = totals.last_arrival if totals is not None else None
        return max(0.0, self.wall - (last if last is not None else self.started)) * self.speed


def stale_sources(binding: Binding, arrivals: Arrivals) -> set[str]:
    """The sources that nothing has arrived from within their `fresh_within`, and those that are made of such."""
    silent = {
        source.name
        for source in binding.site.sources.values()
        if source.fresh_within is not None and arrivals.silence(source.name) > source.fresh_within
    }
    return silent | {name for name in binding.reads if silent & set(binding.files(name))}


def evaluate_rules(
    cursor: Cursor,
    binding: Binding,
    now: dt.datetime,
    arrivals: Arrivals,
    alert_from: dt.datetime | None = None,
    sealed: Sealed | None = None,
    *,
    past: bool = False,
) -> Evaluation:
    """Every bound rule at `now` (aware, site time). Rows with an event time before `alert_from` raise nothing.

    `past`: `now` is a past moment, and rows with a later event time are as if they were not there yet.

    Never raises for the data: a rule whose SQL fails on it has the verdict `error`, and an observation of the rule
    `error:<rule>` beside it; a rule with more than 10,000 instances one of `many:<rule>`.
    """
    run = _Run(cursor, binding, now, alert_from, sealed, now if past else None)
    stale = stale_sources(binding, arrivals)
    kpi_groups: dict[tuple[Window, bool], list[BoundRule]] = {}
    rows_groups: dict[tuple[str, tuple[str, ...], float], list[BoundRule]] = {}
    for rule in binding.rules.values():
        if rule.kind == "silent":
            run.silent(rule, arrivals)
        elif silent := sorted(stale & set(rule.kpi.sources if rule.kpi is not None else (rule.source,))):
            run.verdicts[rule.rule.name] = Verdict(quality="stale", reason=f"{silent[0]} has gone silent")
        elif rule.kpi is not None:
            kpi_groups.setdefault((rule.kpi.kpi.window, rule.kpi.timed), []).append(rule)
        else:
            rows_groups.setdefault((rule.source, rule.by, rule.rule.within), []).append(rule)
    for kpi_rules in kpi_groups.values():
        run.kpis(kpi_rules)
    for row_rules in rows_groups.values():
        for first in range(0, len(row_rules), _CHUNK):
            run.guarded(row_rules[first : first + _CHUNK])
    return Evaluation(at=now.timestamp(), observations=run.observations, verdicts=run.verdicts)


class _Run:
    """One evaluation under way."""

    def __init__(
        self,
        cursor: Cursor,
        binding: Binding,
        now: dt.datetime,
        alert_from: dt.datetime | None,
        sealed: Sealed | None,
        until: dt.datetime | None,
    ) -> None:
        self.cursor = cursor
        self.binding = binding
        self.now = now
        self.alert_from = alert_from
        self.sealed = sealed
        self.until = until
        self.observations: list[Observation] = []
        self.verdicts: dict[str, Verdict] = {}
        sources: dict[str, str] = {}
        self.extents = Extents(cursor, binding, until, sources)
        self.books = books_of(cursor, binding, now, sources)
        self.failing = without_limits(binding, sources)

    def guarded(self, rules: list[BoundRule]) -> None:
        """Evaluate rules on rows together; when one fails on the data, each by itself, so that only it is lost."""
        done = len(self.observations)
        try:
            self.rows(rules)
        except duckdb.Error as error:
            begin_again(self.cursor)
            del self.observations[done:]
            if len(rules) > 1:
                for rule in rules:
                    self.guarded([rule])
                return
            self.failed(rules[0], failure(error))
        else:
            for rule in rules:
                self.well(rule)

    def failed(self, rule: BoundRule, reason: str) -> None:
        """A rule whose SQL fails on the data."""
        name = rule.rule.name
        self.verdicts[name] = Verdict(quality="error", reason=reason)
        self.extra(ERROR, name, f"Rule {name} cannot be evaluated: {reason}")

    def well(self, rule: BoundRule) -> None:
        """A rule that could be evaluated."""
        name = rule.rule.name
        self.verdicts[name] = Verdict(absent="stale" if rule.kind == "kpi" else "normal")
        self.verdicts.setdefault(ERROR + name, Verdict())
        self.verdicts.setdefault(TOO_MANY + name, Verdict())

    def extra(self, kind: str, name: str, text: str) -> None:
        """An alert about a rule itself."""
        self.observations.append(Observation(rule=kind + name, priority="warning", text=text))
        self.verdicts[kind + name] = Verdict()

    def silent(self, rule: BoundRule, arrivals: Arrivals) -> None:
        limit = rule.rule.silent or 0.0
        silence = arrivals.silence(rule.source)
        over = silence > limit
        title = self.binding.site.sources[rule.source].title or rule.source
        text = f"{title} has been silent for more than {duration(limit)}"
        self.verdicts[rule.rule.name] = Verdict()
        self.add(rule, (), rule.rule.priority if over else None, silence, limit, text, duration(silence))

    def kpis(self, rules: list[BoundRule]) -> None:
        """Rules on KPIs that have the window in common."""
        kpis = {rule.kpi.kpi.name: rule.kpi for rule in rules if rule.kpi is not None}
        first = next(iter(kpis.values()))
        span = span_of(first.kpi.window, first.timed, self.now, self.binding.site, self.until)
        # Only where no rows mean a number does it matter who had rows before.
        if all(leaf.value.empty is None for kpi in kpis.values() for leaf in kpi.leaves):
            span = replace(span, before=None)
        frame = Frame(span, cap=INSTANCES)
        wanted = [
            Wanted(kpi, tuple(dict.fromkeys(rule.by for rule in rules if rule.kpi is kpi))) for kpi in kpis.values()
        ]
        found = gather(self.cursor, self.binding, wanted, frame, self.extents, self.failing, self.sealed)
        for rule in rules:
            assert rule.kpi is not None
            picked = found[rule.kpi.kpi.name]
            if isinstance(picked, str):
                self.failed(rule, picked)
                continue
            figures = Figures(rule.kpi, picked, frame, self.books[rule.kpi.kpi.name], self.binding.site)
            now = picked.found.now.get(rule.by, {})
            for members, row in now.items():
                self.kpi_instance(rule, figures, members, row)
            # Where no rows mean a number, a member that had rows before and has none now has that number.
            if figures.empty is not None:
                gone = [key for key in picked.found.before.get(rule.by, {}) if key not in now]
                for members in gone if rule.by else ([()] if not now else []):
                    self.kpi_instance(rule, figures, members, None)
            self.capped(rule, picked.found.members.get(rule.by, 0))
            self.well(rule)

    def kpi_instance(self, rule: BoundRule, figures: Figures, members: Members, row: Row | None) -> None:
        kpi, value = figures.kpi.kpi, figures.of(row)
        labels = dict(zip(rule.by, members, strict=True))
        if value is None:
            self.observations.append(Observation(rule=rule.rule.name, labels=labels, quality="stale"))
            return
        if rule.when is not None:
            met = rule.when.met(value)
            limit: float | None = rule.when.limit(value)
            shown = _figure(kpi, value)
            text = f"{_name(kpi)} {shown} {rule.when.words} {_figure(kpi, limit)}"
            priority = rule.rule.priority if met else None
            self.add(rule, members, priority, value, limit, text, shown, rule.when.worse(value))
            return
        limits = figures.limits(labels, row)
        priority = priority_of(limits, value)
        if priority is None and self.books[kpi.name].missing:
            # An alert by limits that are gone is not back to normal: their file may just be written anew.
            self.observations.append(Observation(rule=rule.rule.name, labels=labels, quality="stale"))
            return
        limit = limit_of(limits, priority)
        words = _against_limits(kpi, value, limit, limits.target)
        self.add(rule, members, priority, value, limit, words, _figure(kpi, value), worse_of(limits))

    def rows(self, rules: list[BoundRule]) -> None:
        """Rules on rows that have source, labels and time in common: the counts of rows that meet each condition."""
        first = rules[0]
        columns = [self.binding.member(first.source, name) for name in first.by]
        counts = [f"count(*) FILTER (WHERE (\n{rule.rows.text if rule.rows else 'false'}\n))" for rule in rules]
        stretch: Stretch | None = within(first, self.now, self.alert_from)
        table, kept = ident(first.source), f" WHERE {stretch.sql}" if stretch is not None else ""
        if first.source in self.binding.until:
            table, kept = f"({among(first.source, self.binding.until[first.source], stretch, self.now)}) AS {table}", ""
        raised = " OR ".join(f"c{index} >= {max(1, rule.rule.at_least)}" for index, rule in enumerate(rules))
        heads = [f"m{index}" for index in range(len(columns))] + [f"c{index}" for index in range(len(counts))]
        grouped = f" GROUP BY {', '.join(str(index + 1) for index in range(len(columns)))}" if columns else ""
        listed = ", ".join(columns + counts)
        query = f"SELECT * FROM (SELECT {listed} FROM {table}{kept}{grouped}) AS q({', '.join(heads)}) WHERE {raised}"
        found = self.cursor.execute(query).fetchall()
        width = len(columns)
        for index, rule in enumerate(rules):
            least = max(1, rule.rule.at_least)
            hits = sorted(
                ((row[width + index], row[:width]) for row in found if row[width + index] >= least),
                key=lambda hit: (-hit[0], tuple((member is None, member or "") for member in hit[1])),
            )
            for count, members in hits[:INSTANCES]:
                rows = "1 row" if count == 1 else f"{figure(float(count))} rows"
                text = f"{rows} with {_short(rule.rule.rows or '')} in {duration(rule.rule.within)}"
                if not rule.timed:  # how things are now: the labels say which
                    text = _short(rule.rule.rows or "")
                self.add(rule, members, rule.rule.priority, float(count), float(least), text, figure(float(count)))
            self.capped(rule, len(hits))

    def capped(self, rule: BoundRule, total: int) -> None:
        if total > INSTANCES:
            name = rule.rule.name
            text = f"Rule {name} has {total} instances; only {INSTANCES} of them are watched"
            self.extra(TOO_MANY, name, text)

    def add(
        self, rule: BoundRule, members: Members, priority: Priority | None, value: float, limit: float | None,
        text: str, shown: str, worse: Worse = UP,
    ) -> None:  # fmt: skip
        """An observation; its text is only made where it is needed."""
        labels = dict(zip(rule.by, members, strict=True))
        words = ""
        if priority is not None:
            words = f"{text} · {labelled(labels)}" if labels else text
            if rule.rule.title:
                limited = _figure(rule.kpi.kpi, limit) if rule.kpi is not None else figure(limit)
                words = _titled(rule.rule.title, labels, shown, limited)
        self.observations.append(
            Observation(
                rule=rule.rule.name, labels=labels, priority=priority, value=value, limit=limit, text=words, worse=worse
            )
        )


def _titled(title: str, labels: dict[str, str | None], value: str, limit: str) -> str:
    """A rule's title with its fields filled in; only plain names are fields, so that nothing else can be reached."""
    known = {name: "(none)" if member is None else member for name, member in labels.items()}
    known |= {"value": value, "limit": limit, "label": labelled(labels)}
    parts: list[str] = []
    for text, name, _, _ in string.Formatter().parse(title):
        parts.append(text)
        if name is not None:
            parts.append(known.get(name, f"{{{name}}}"))
    return "".join(parts)


def _name(kpi: Kpi) -> str:
    return kpi.title or kpi.name


def _figure(kpi: Kpi, value: float | None) -> str:
    return figure(value, kpi.unit, kpi.decimals)


def _against_limits(kpi: Kpi, value: float, limit: float | None, target: float | None) -> str:
    if limit is None:
        return f"{_name(kpi)} {_figure(kpi, value)}"
    if kpi.better == "target":
        return f"{_name(kpi)} {_figure(kpi, value)}, more than {_figure(kpi, limit)} from {_figure(kpi, target)}"
    side = "under" if kpi.better == "higher" else "over"
    return f"{_name(kpi)} {_figure(kpi, value)} {side} {_figure(kpi, limit)}"


def _short(condition: str) -> str:
    words = " ".join(condition.split())
    return words if len(words) <= 60 else f"{words[:59]}…"
