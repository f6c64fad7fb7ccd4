"""What `opsconsole changes` and `opsconsole helped` print."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from opsconsole.cli.text import dump, inert
from opsconsole.engine.messages import ChangeMark
from opsconsole.site.figures import count, duration, iso, padded, width

_NONE = 'no change is marked; opsconsole change SITE KPI "what was changed" marks one'


def changes_json(marked: list[ChangeMark], zone: ZoneInfo) -> str:
    """A list of `{id, kpis, where, at, text, by}`, the earliest first; `at` with the site's offset."""
    told = []
    for each in marked:
        fields = msgspec.to_builtins(each)
        del fields["dropped"]
        told.append({**fields, "at": iso(each.at, zone)})
    return dump(told)


def changes_text(marked: list[ChangeMark], zone: ZoneInfo) -> str:
    """A change on a line, the latest first: id, when, who, of which KPIs and members, what."""
    if not marked:
        return _NONE
    about = {each.id: ", ".join(each.kpis) + members(each.where) for each in marked}
    columns = [max(width(text) for text in texts) for texts in (about, [each.by for each in marked], about.values())]
    return "\n".join(
        inert("  ".join([padded(each.id, columns[0]), _when(each.at, zone), padded(each.by, columns[1]),
                         padded(about[each.id], columns[2]), each.text]))
        for each in reversed(marked)
    )  # fmt: skip


def helped_json(result: dict[str, Any], zone: ZoneInfo) -> str:
    """`{now, changes: [{id, kpi, at, text, by, where, verdict, said, mean: {value, low, high}, …}]}`."""
    told = [{**each, "at": iso(each["at"], zone), **_points(each, zone)} for each in result["changes"]]
    return dump({"now": iso(result["now"], zone), "changes": told})


def _points(entry: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    if "points" not in entry:
        return {}
    points = entry["points"]
    return {"points": {**points, "starts": [iso(start, zone) for start in points["starts"]]}}


def helped_text(result: dict[str, Any], zone: ZoneInfo) -> str:
    """For each change and KPI the verdict in a sentence, and what it was made from."""
    if not result["changes"]:
        return _NONE
    lines: list[str] = []
    for each in result["changes"]:
        head = f"{each['id']}  {_when(each['at'], zone)}  {each['by']}: {each['text']}{members(each['where'])}"
        lines += [head, f"    {each['said']}"]
        if (basis := basis_of(each)) is not None:
            lines.append(f"    {basis}")
    return "\n".join(inert(line) for line in lines)


def basis_of(entry: Mapping[str, Any]) -> str | None:
    """What a verdict was made from: "60 points before and 30 after, 1 h each; since the change before"."""
    if "step" not in entry:
        return None
    said = f"{count(entry['before'], 'point')} before and {entry['after']} after, {duration(entry['step'])} each"
    return f"{said}; {entry['note']}" if entry["note"] else said


def members(where: Mapping[str, str]) -> str:
    """ " (line 3)", or nothing."""
    return f" ({', '.join(f'{name} {member}' for name, member in where.items())})" if where else ""


def _when(at: float, zone: ZoneInfo) -> str:
    return dt.datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M")
