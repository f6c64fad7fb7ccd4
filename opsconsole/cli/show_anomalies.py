"""Anomalies as text of 80 columns and as JSON."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from opsconsole.cli.text import dump, inert, plain
from opsconsole.site.figures import count, duration, figure, moment, number

Report = dict[str, Any]


def anomalies_json(report: Report, limit: int) -> str:
    """The report, moments as ISO texts, and of its anomalies the newest."""
    return dump(plain(report | {"anomalies": report["anomalies"][:limit]}, ZoneInfo(report["timezone"])))


def anomalies_text(report: Report, limit: int) -> str:
    """For a person at a terminal; names come from files, so each line is made inert."""
    zone, found = ZoneInfo(report["timezone"]), report["anomalies"]
    lines = _head(report)
    for each in found[:limit]:
        lines += _point(report, each, zone) if report["kind"] == "kpi" else _episode(each, zone)
    if len(found) > limit:
        lines.append(f"{len(found) - limit} more; --limit gives them")
    if found and report["kind"] == "kpi":
        lines += ["", f"rows behind the newest: {_rows(report, found[0], zone)}"]
    return "\n".join(inert(line) for line in lines)


def _head(report: Report) -> list[str]:
    groups = report["groups"]
    budget = f"{number(report['per_week'])} false alarms a week are acceptable"
    by = f"rule {report['rule']}" if report["rule"] else "no rule watches it"
    lines = [f"{report['title']} · {count(len(report['anomalies']), 'anomaly', 'anomalies')} · {budget} ({by})"]
    if not groups:
        lines.append("There are no rows.")
    for group in groups:
        name = labels(group["members"])
        said = group["lacking"] or _watched(report, group)
        lines.append(f"  {name + ': ' if name else ''}{said}")
    return [*lines, ""]


def _watched(report: Report, group: Report) -> str:
    often = f"{number(group['alarms_per_week'], 2)} a week in {number(group['weeks'], 1)} weeks"
    if report["kind"] == "kpi":
        points = f"{count(group['points'], 'point')} of {duration(report['step'])}"
        return f"{points}, {often}, alarms above {number(group['threshold'], 2)}"
    left = f", without {', '.join(group['left_out'])} (never changes)" if group["left_out"] else ""
    part = f"{group['components']} components explain {number(100 * group['explained'], 0)} %"
    return f"{count(group['points'], 'row')}, {often}, {part}{left}"


def _point(report: Report, each: Report, zone: ZoneInfo) -> list[str]:
    value, expected = (figure(each[key], report["unit"], report["decimals"]) for key in ("value", "expected"))
    score = f"score {number(each['score'], 2)} over {number(each['threshold'], 2)}"
    said = [moment(each["start"], zone), value, f"expected {expected}", score, labels(each["members"])]
    return ["  " + " · ".join(part for part in said if part)]


def _episode(each: Report, zone: ZoneInfo) -> list[str]:
    ended = "lasts" if each["lasts"] else f"to {moment(each['end'], zone)}"
    said = [f"{moment(each['start'], zone)} {ended}", labels(each["members"])]
    return [
        "  " + " · ".join(part for part in said if part),
        *(
            f"      {one['name']} {one['shift']:+.1f} σ ({number(one['normal'])} → {number(one['mean'])})"
            for one in each["moved"]
        ),
    ]


def _rows(report: Report, each: Report, zone: ZoneInfo) -> str:
    where = {**report["where"], **each["members"]}
    kept = "".join(f" --where {name}={member}" for name, member in where.items())
    return f"opsconsole rows . --kpi {report['of']}{kept} --at '{moment(each['end'], zone)}'"


def labels(members: dict[str, str | None]) -> str:
    """Members of dimensions in words."""
    return ", ".join(f"{name} {member if member is not None else '–'}" for name, member in members.items())
