"""What `opsconsole forecast` prints: for each group the sentence on its limits, what comes, and how well that held."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from opsconsole.cli.show_kpis import PAGE, told
from opsconsole.cli.text import dump, inert
from opsconsole.site.buckets import buckets
from opsconsole.site.figures import figure, iso, moment, padded

LINES = 12
"""So many of the steps ahead are printed at most; `--json` has them all."""
_LEVEL = 0.8
_MOMENTS = ("by", "at", "soonest", "latest")


def forecast_json(report: Mapping[str, Any]) -> str:
    """The whole report, moments as ISO 8601."""
    zone = ZoneInfo(report["timezone"])

    def stamp(at: float | None) -> str | None:
        return None if at is None else iso(at, zone)

    groups = []
    for group in report["groups"]:
        known = dict(group) | {"ends": [stamp(at) for at in group["ends"]]}
        if "ahead" in group:
            known["ahead"] = [stamp(at) for at in group["ahead"]]
            known["crossings"] = [
                {**each, **{name: stamp(each[name]) for name in _MOMENTS}} for each in group["crossings"]
            ]
        groups.append(known)
    return dump({**report, "now": stamp(report["now"]), "groups": groups})


def forecast_text(report: Mapping[str, Any]) -> str:
    """A block of lines for each group."""
    if not report["groups"]:
        return f"{inert(report['title'])}: no rows to go on from"
    return "\n\n".join("\n".join(map(inert, _group(report, group))) for group in report["groups"])


def _group(report: Mapping[str, Any], group: Mapping[str, Any]) -> list[str]:
    zone = ZoneInfo(report["timezone"])
    members = {**report["where"], **dict(zip(report["by"], group["members"], strict=True))}
    name = " · ".join(
        [report["title"], *(f"{column} {'(none)' if each is None else each}" for column, each in members.items())]
    )
    if group["lacking"]:
        return [f"{name}: {group['lacking']}"]
    now = report["now"]

    def value(number: float | None) -> str:
        return figure(number, report["unit"], report["decimals"])

    last = group["ends"][-1]
    out = [f"{name}  {value(group['value'])} at {moment(last, zone, now)}"]
    for each in group["crossings"]:
        out += textwrap.wrap(each["said"], PAGE, initial_indent="  ", subsequent_indent="    ")
    band = next((each for each in group["intervals"] if each["level"] == _LEVEL), None)
    cells = [
        (moment(group["ahead"][at], zone, now), value(group["point"][at]), _between(band, at, value))
        for at in _printed(group["ahead"], zone)
    ]
    wide = [max(len(cell[column]) for cell in cells) for column in range(2)]
    out += [
        f"  {padded(when, wide[0])}  {padded(point, wide[1], right=True)}  {between}" for when, point, between in cells
    ]
    return [*out, *(line for label, text in group["trust"] for line in told(label, text))]


def _printed(ahead: Sequence[float], zone: ZoneInfo) -> Sequence[int]:
    """Which of the steps are printed: those at round times of the site's clock, else each second, third …"""
    if len(ahead) > LINES:
        first, last = (dt.datetime.fromtimestamp(at, dt.UTC) for at in (ahead[0], ahead[-1]))
        edges = {edge.timestamp() for edge in buckets(first, last, LINES - 1, zone).edges}
        found = [at for at, when in enumerate(ahead) if when in edges]
        if len(found) >= LINES // 3:
            return found
    every = -(-len(ahead) // LINES)
    return range(every - 1, len(ahead), every)


def _between(band: Mapping[str, Any] | None, at: int, value: Any) -> str:
    if band is None or band["low"][at] is None or band["high"][at] is None:
        return ""
    return f"{100 * band['level']:.0f} %: {value(band['low'][at])} to {value(band['high'][at])}"
