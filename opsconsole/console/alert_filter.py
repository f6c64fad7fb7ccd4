"""Filters of the alert list: the words of `:alerts …`, the question they are, and the alerts they mean. Pure.

A filter is words that are sought (`!word`: without) and parts such as `state=shelved,out` or `owner=me`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from opsconsole.engine.messages import AlertLetter, AlertQuery, AlertState
from opsconsole.site.model import Priority

Parts = tuple[tuple[str, str | None], ...]
KEYS = ("state", "priority", "owner", "area", "incident")
STATES: dict[str, tuple[AlertLetter, ...]] = {
    "open": ("UNACK", "RTNUN", "ACK", "LATCHED"),
    "unack": ("UNACK", "RTNUN"),
    "ack": ("ACK",),
    "rtn": ("RTNUN",),
    "latched": ("LATCHED",),
    "shelved": ("SHELVED",),
    "suppressed": ("SUPPRESSED",),
    "out": ("OOS",),
    "aside": ("SHELVED", "SUPPRESSED", "OOS"),
}
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
ME, NOBODY = "me", "nobody"

# What `f` and `F` go through: the filters that are wanted most.
COMMON_STATES = ("", "unack", "open", "aside")
COMMON_PRIORITIES = ("", "critical", "critical,warning")


class BadFilterError(ValueError):
    """A part that filters by nothing there is; one sentence for a person."""


def checked(parts: Parts) -> Parts:
    """The parts as they were given, once each is known to mean something. Raises BadFilterError."""
    for key, value in parts:
        known: Sequence[str] = {"state": tuple(STATES), "priority": PRIORITIES}.get(key, ())
        for each in _each(value) if known else ():
            if each not in known:
                raise BadFilterError(f"{key}= is one of {', '.join(known)}, not `{each}`")
    return parts


def query_of(words: str, parts: Parts, user: str) -> AlertQuery:
    """What a filter asks the engine; `user` is who `me` is, nobody the empty name."""
    states: list[AlertLetter] = []
    priorities: list[Priority] = []
    areas: list[str] = []
    owners: list[str] = []
    incident = ""
    for key, value in parts:
        for each in _each(value):
            if key == "state":
                states += [letter for letter in STATES[each] if letter not in states]
            elif key == "priority":
                priorities += [level for level in PRIORITIES if level == each]
            elif key == "area":
                areas.append(each)
            elif key == "owner":
                owners.append({ME: user, NOBODY: ""}.get(each, each))
            else:
                incident = each
    return AlertQuery(words, tuple(states), tuple(priorities), tuple(areas), tuple(owners), incident)


def means(query: AlertQuery, alert: AlertState) -> bool:
    """Whether a query means an alert, its words left aside."""
    return (
        (not query.states or alert.state in query.states)
        and (not query.priorities or alert.priority in query.priorities)
        and (not query.areas or alert.area in query.areas)
        and (not query.owners or alert.owner in query.owners)
        and (not query.incident or alert.incident == query.incident)
    )


def sought(alert: AlertState) -> str:
    """The text in which the words of a filter are sought."""
    labels = " ".join(f"{name}={member}" for name, member in alert.labels.items())
    said = (alert.text, labels, alert.rule, alert.area, alert.owner, alert.who, alert.note, alert.reason)
    return " ".join(each for each in said if each).casefold()


def said(words: str, parts: Parts) -> str:
    """A filter as it is shown and typed: `area=weld !low`."""
    return " ".join([*(f"{key}={value}" for key, value in parts), *([words] if words else [])])


def turned(parts: Parts, key: str, common: Sequence[str]) -> Parts:
    """The parts with the next of the common values for a key; the first one is none."""
    now = next((value or "" for name, value in parts if name == key), "")
    at = common.index(now) if now in common else -1
    value = common[(at + 1) % len(common)]
    rest = tuple((name, each) for name, each in parts if name != key)
    return (*rest, (key, value)) if value else rest


def _each(value: str | None) -> list[str]:
    return [each for each in (value or "").split(",") if each]
