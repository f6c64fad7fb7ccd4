"""What can be typed after `:` and found in the palette, from the registry and the names the site has."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import get_args

from opsconsole.console.actions import Registry, key_name
from opsconsole.console.address import AGAINST, Address
from opsconsole.console.alert_filter import ME, NOBODY, PRIORITIES, STATES
from opsconsole.console.grid.shape_words import KEYS as KEYS_OF_TABLES
from opsconsole.console.model import Model
from opsconsole.console.themes import THEMES
from opsconsole.engine.messages import Disposition
from opsconsole.site.ranges import ALL

KEYS = ("where", "during", "at", "over time", "moved", "compared", "card", "against", "rows")
KEYS_OF_SQL = ("where", "during", "at", "rows")


def complete(text: str, registry: Registry, model: Model) -> list[str]:
    """Whole command lines that begin with `text`, shortest first."""
    head, space, rest = text.partition(" ")
    if not space:
        # what is used most comes first where several fit
        return [word for word in registry.by_word if word.startswith(head)]
    return [f"{head} {line}" for line in _arguments(head, rest, model) if line.startswith(rest)]


def _arguments(word: str, rest: str, model: Model) -> Iterable[str]:
    if word in ("kpi", "sql"):
        return _of_kpi(word, rest, model)
    if word == "save-as":
        return ["kpi ", "alert "]
    if word == "at":
        return moments(model)
    if word == "range":
        return stretches(model)
    if word == "alerts":
        return _of_alerts(rest, model)
    if word == "change":
        return [f"{quoted('kpi', name)} " for name in model.kpis]
    if word in ("helped", "drop-change"):
        return [each.id for each in model.marked]
    if word in ("view", "drop-view"):
        return [view.name for view in model.views]
    if word == "assign":
        owners = {alert.owner or alert.who for alert in model.alerts.values()}
        return [*sorted(owner for owner in owners if owner), "nobody"]
    if word == "close":
        return get_args(Disposition)
    if word == "theme":
        return THEMES
    if word in ("maintenance", "plan-maintenance"):
        return [f"{shlex.quote(area)} from " for area in _areas(model)]
    if word in ("quarantine", "retry"):
        return [quoted("source", name) for name in model.sources]
    if word == "source":
        return [quoted("source", name) for name in model.sources]
    if word == "alert":
        return [quoted("alert", alert.id) for alert in model.alerts_in_order()]
    if word == "overview":
        return [quoted("overview", layout.name) for layout in model.layouts()]
    if word == "rows" and len(rest.split(" ")) > 2:
        done = rest.rpartition(" ")[0]
        return [f"{done} {key} " for key in ("where", *KEYS_OF_TABLES, "at")]
    if word == "rows":
        return [
            *(f"source {quoted('source', name)}" for name in model.sources),
            *(f"kpi {quoted('kpi', name)}" for name in model.kpis),
        ]
    return []


def _of_alerts(rest: str, model: Model) -> list[str]:
    """What can follow in `alerts state=… …`: the next part of a filter, or its value."""
    done, _, last = rest.rpartition(" ")
    head = f"{done} " if done else ""
    key, equals, value = last.partition("=")
    before, comma, _ = value.rpartition(",")
    values = {"state": tuple(STATES), "priority": PRIORITIES, "area": _areas(model), "owner": (ME, NOBODY)}
    if equals:
        return [f"{head}{key}={before}{comma}{shlex.quote(each)}" for each in values.get(key, ())]
    return [f"{head}{each}=" for each in values if f"{each}=" not in done]


def _areas(model: Model) -> list[str]:
    """The areas of the site, and those that its alerts name."""
    named = model.site.areas if model.site is not None else {}
    return list(dict.fromkeys([*named, *sorted(alert.area for alert in model.alerts.values() if alert.area)]))


def moments(model: Model) -> list[str]:
    """What can follow `at`; any time of day and any date can too."""
    shifts = ["shift -1"] if model.site is not None and model.site.ended else []
    return ["yesterday", "-1h", "-1d", *shifts, "now"]


def stretches(model: Model) -> list[str]:
    """What can follow `during` and `range`; any stretch between two moments can too."""
    shifts = ["this shift", "shift -1"] if model.site is not None and model.site.shifts else []
    return [*shifts, "today", "yesterday", "-8h..", "-24h..", "-7d..", "-7d..-1d", "last week", "last month", ALL]


def _of_kpi(word: str, rest: str, model: Model) -> list[str]:
    """What can follow in `kpi NAME [by …] [where …] …`: the next word where one is whole, else its end."""
    name, space, tail = rest.partition(" ")
    kpi = model.kpis.get(name)
    if kpi is None or not space:
        return [quoted("kpi", each) for each in model.kpis]
    done, _, _ = tail.rpartition(" ")
    said = done.split()
    head = f"{name} {done} " if done else f"{name} "
    columns = model.dimensions.get(name) or list(kpi.by)
    last = next((each for each in reversed(said) if each in ("by", *KEYS)), "")
    if said and said[-1] == "by":
        return [head + shlex.quote(each) for each in columns]
    following = {
        "where": [f"{shlex.quote(each)}=" for each in columns],
        "at": moments(model),
        "during": stretches(model),
        "against": tuple(AGAINST),
    }
    offers = list(following.get(last, ())) if said and said[-1] == last else []
    if not offers:
        known = KEYS if word == "kpi" else KEYS_OF_SQL
        offers = [f"by {shlex.quote(each)}" for each in columns] if "by" not in said else []
        offers += [each for each in known if each.split()[0] not in said]
        offers += following["where"] if last == "where" else []
    return [head + each for each in offers]


def quoted(view: str, name: str) -> str:
    """A name as it has to be typed."""
    return str(Address(view, name=name)).partition(" ")[2]


def keyed(registry: Registry) -> dict[str, str]:
    """The keys of what the palette offers, by its titles: who finds it there need not search for it again."""
    return {action.title: key_name(action.keys[0]) for action in registry.actions if action.keys}


def palette(text: str, registry: Registry, model: Model) -> list[tuple[str, str]]:
    """What the palette offers for `text`: (title, action id or ":line"), best first."""
    offers: list[tuple[str, str]] = [(action.title, action.id) for action in registry.actions if action.id != "palette"]
    offers += [(f"KPI: {kpi.title or kpi.name}", f":{Address('kpi', name=kpi.name)}") for kpi in model.kpis.values()]
    offers += [
        (f"Source: {source.title or source.name}", f":{Address('source', name=source.name)}")
        for source in model.sources.values()
    ]
    offers += [(f"View: {view.name}  ({view.line})", f":view {view.name}") for view in model.views]
    offers += [
        (f"Layout: {layout.title or layout.name}", f":{Address('overview', name=layout.name)}")
        for layout in model.layouts()
    ]
    ranked = [(rank(text, title), title, do) for title, do in offers]
    return [(title, do) for score, title, do in sorted(ranked, key=lambda item: -item[0]) if score > 0]


def rank(wanted: str, title: str) -> float:
    """How well a title answers what was typed: its words, else its letters in order; 0 not at all."""
    needle, hay = wanted.casefold().strip(), title.casefold()
    if not needle:
        return 1.0
    if all(word in hay for word in needle.split()):
        return 3.0 if hay.startswith(needle) else 2.0
    at = -1
    for char in needle.replace(" ", ""):
        at = hay.find(char, at + 1)
        if at < 0:
            return 0.0
    return 1.0 / (1 + at)


def nearest(word: str, known: Sequence[str]) -> str:
    """ "; did you mean `kpis`?", or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, 1)
    return f"; did you mean `{close[0]}`?" if close else ""
