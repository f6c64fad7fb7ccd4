"""A control chart as text of 80 columns and as JSON."""

from __future__ import annotations

import textwrap
from typing import Any
from zoneinfo import ZoneInfo

from opsconsole.cli.text import dump, inert, plain
from opsconsole.site.figures import figure, iso, moment, number, padded

COLUMNS = 80
SIGNALS = 12
SIDES = {"above": "↑", "below": "↓", "both": "±"}
Told = dict[str, Any]


def control_json(told: Told) -> str:
    """The chart, moments as ISO texts; what is said in sentences is left out."""
    zone = ZoneInfo(told["timezone"])
    points = {**told["points"], **{name: [iso(at, zone) for at in told["points"][name]] for name in ("start", "end")}}
    kept = {name: value for name, value in told.items() if name not in ("says", "points")}
    kept["now"] = iso(told["now"], zone)
    return dump({**plain(kept, zone), "points": points})


def control_text(told: Told) -> str:
    """For a person at a terminal; names come from files, so each line is made inert."""
    zone, says = ZoneInfo(told["timezone"]), told["says"]
    where = "".join(f" · {name} {member}" for name, member in told["where"].items())
    lines = [f"{told['title']}{where}", *_wrapped(says["chart"]), *_latest(told, zone)]
    lines += [f"! {each}" for text in says["careful"] for each in textwrap.wrap(text, COLUMNS - 2)]
    if says["levels"]:
        lines += ["", "Changes of level, the latest first", *_wrapped(says["levels"])]
    lines += ["", "Signals, the latest first", *_signals(told, zone)]
    if says["capability"]:
        lines += ["", "Capability", *_wrapped(says["capability"])]
    lines += ["", "False alarms to be expected", *_wrapped(says["costs"]), *_rules(told)]
    return "\n".join(inert(line) for line in lines)


def _wrapped(sentences: list[str]) -> list[str]:
    return [line for each in sentences for line in textwrap.wrap(each, COLUMNS, subsequent_indent="  ")]


def _latest(told: Told, zone: ZoneInfo) -> list[str]:
    there = [
        (at, value)
        for at, value in zip(told["points"]["end"], told["points"]["value"], strict=True)
        if value is not None
    ]
    if not there:
        return []
    return [f"latest {_value(told, there[-1][1])}, {moment(there[-1][0], zone)}"]


def _signals(told: Told, zone: ZoneInfo) -> list[str]:
    found = []
    for each in told["signals"][:SIGNALS]:
        span = moment(each["first"], zone)
        if each["last"] != each["first"]:
            span += f" – {moment(each['last'], zone)}"
        beyond = f", limit {_value(told, each['limit'])}" if each["rule"] in ("rule1", "ewma") else ""
        found.append(f"{SIDES[each['side']]} {padded(span, 35)} {each['rule']}")
        said = f"{each['words']}: {_value(told, each['value'])}{beyond}, since {moment(each['since'], zone)}"
        found += textwrap.wrap(said, COLUMNS, initial_indent="    ", subsequent_indent="    ")
    if len(told["signals"]) > SIGNALS:
        found.append(f"  and {number(len(told['signals']) - SIGNALS)} earlier ones")
    return found or ["none"]


def _value(told: Told, value: float | None) -> str:
    return figure(value, told["unit"], told["decimals"])


def _rules(told: Told) -> list[str]:
    lines = [f"{'rule':<9}{'is':<7}{'a shift':>8}{'one in':>8}  what"]
    for each in told["costs"]["rules"]:
        state = "raises" if each["raises"] else "drawn" if each["drawn"] else "off"
        cost = number(each["expected"], 3), number(each["arl0"], 0)
        lines.append(f"{each['rule']:<9}{state:<7}{cost[0]:>8}{cost[1]:>8}  {each['words']}")
    return lines
