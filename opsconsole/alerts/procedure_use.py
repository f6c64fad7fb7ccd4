"""How procedures are used: how often they are looked at and ticked, and what precedes the clearing of alerts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Literal

from msgspec import Struct


class Change(Struct, frozen=True):
    """An alert was raised (`occurred`: and was over at once) or has cleared, at a moment of site time."""

    alert: str
    what: Literal["raised", "occurred", "cleared"]
    at: float


class Doing(Struct, frozen=True):
    """What a person did with a procedure in the occurrence of an alert that began at `since`."""

    alert: str
    what: Literal["opened", "ticked", "unticked"]
    at: float
    path: str
    since: float
    step: int = 0
    text: str = ""
    steps: int = 0


class Last(Struct, frozen=True):
    """A step, and how many occurrences cleared with it as the last one ticked."""

    step: int
    text: str
    count: int


class Use(Struct, frozen=True):
    """The use of one procedure, counted in occurrences of alerts that have it.

    `alerts` occurrences, of which `opened` had it looked at, `ticked` some step ticked and `complete` all of them;
    `ticks` is the number of steps ticked in all of these. `last`: what was ticked last before they cleared, the most
    frequent first. Medians are seconds from raising to clearing, of the occurrences that cleared `with_steps` ticked
    before that and `without`; None where there is none.
    """

    path: str
    alerts: int
    opened: int
    ticked: int
    complete: int
    ticks: int
    last: tuple[Last, ...]
    with_steps: int
    without: int
    median_with: float | None
    median_without: float | None


class _Occurrence:
    def __init__(self, path: str, at: float) -> None:
        self.path = path
        self.began = at
        self.cleared: float | None = None
        self.at_once = False
        self.opened = False
        self.steps = 0
        self.ticked: dict[int, str] = {}
        self.before: dict[int, str] | None = None


def usage(changes: Iterable[Change], doings: Iterable[Doing], procedures: Mapping[str, str]) -> list[Use]:
    """The use of each procedure by its path; `procedures`: that of each rule. Changes and doings in their order.

    A doing in an occurrence that began before the changes do is left out: nothing is known of that one.
    """
    found: dict[tuple[str, float], _Occurrence] = {}
    running: dict[str, _Occurrence] = {}
    for change in changes:
        if change.what == "cleared":
            occurrence = running.pop(change.alert, None)
            if occurrence is not None:
                occurrence.cleared = change.at
            continue
        occurrence = _Occurrence(procedures.get(rule_of(change.alert), ""), change.at)
        occurrence.at_once = change.what == "occurred"
        found[_key(change.alert, change.at)] = occurrence
        if not occurrence.at_once:
            running[change.alert] = occurrence
    for doing in doings:
        known = found.get(_key(doing.alert, doing.since))
        if known is not None:
            _do(known, doing)
    paths: dict[str, list[_Occurrence]] = {path: [] for path in sorted(set(procedures.values())) if path}
    for occurrence in found.values():
        if occurrence.path:
            paths.setdefault(occurrence.path, []).append(occurrence)
    return [_use(path, occurrences) for path, occurrences in paths.items()]


def rule_of(alert: str) -> str:
    """The rule of an alert, which its id begins with."""
    return alert.partition("{")[0]


def _key(alert: str, since: float) -> tuple[str, float]:
    return alert, round(since, 3)


def _do(occurrence: _Occurrence, doing: Doing) -> None:
    occurrence.path = doing.path  # what it was at the time, if the site names another today
    if doing.what == "opened":
        occurrence.opened = True
        return
    occurrence.steps = max(occurrence.steps, doing.steps)
    if occurrence.cleared is not None and doing.at > occurrence.cleared and occurrence.before is None:
        occurrence.before = dict(occurrence.ticked)
    occurrence.ticked.pop(doing.step, None)
    if doing.what == "ticked":
        occurrence.ticked[doing.step] = doing.text


def _use(path: str, occurrences: list[_Occurrence]) -> Use:
    last: Counter[tuple[int, str]] = Counter()
    times: dict[bool, list[float]] = {True: [], False: []}
    for each in occurrences:
        before = each.ticked if each.before is None else each.before
        if each.cleared is not None:
            times[bool(before)].append(each.cleared - each.began)
            if before:
                last[list(before.items())[-1]] += 1
    ranked = sorted(last.items(), key=lambda item: (-item[1], item[0]))
    return Use(
        path=path,
        alerts=len(occurrences),
        opened=sum(each.opened or bool(each.ticked) for each in occurrences),
        ticked=sum(bool(each.ticked) for each in occurrences),
        complete=sum(0 < each.steps <= len(each.ticked) for each in occurrences),
        ticks=sum(len(each.ticked) for each in occurrences),
        last=tuple(Last(step, text, count) for (step, text), count in ranked),
        with_steps=len(times[True]),
        without=len(times[False]),
        median_with=median(times[True]) if times[True] else None,
        median_without=median(times[False]) if times[False] else None,
    )
