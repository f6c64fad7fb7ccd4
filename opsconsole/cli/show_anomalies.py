"""Anomalies as text of 80 columns and as JSON."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from opsconsole.cli.text import dump, inert, plain
from opsconsole.site.figures import figure, moment, number

Report = dict[str, Any]


def anomalies_json(report: Report, limit: int) -> str:
    """The report, moments as ISO texts, and of its anomalies the newest."""
    return dump(plain(report | {"anomalies": report["anomalies"][:limit]}, ZoneInfo(report["timezone"])))


def anomalies_text(report: Report, limit: int) -> str:
    """For a person at a terminal; names come from files, so each line is made inert."""
    zone, found = ZoneInfo(report["timezone"]), report["anomalies"]
    lines = [f"{report['title']} · {report['says'][0]}", *(f"  {text}" for text in report["says"][1:]), ""]
    for each in found[:limit]:
        lines += _point(report, each, zone) if report["kind"] == "kpi" else _episode(each, zone)
    if len(found) > limit:
        lines.append(f"{len(found) - limit} more; --limit gives them")
    if found and report["kind"] == "kpi":
        lines += ["", f"rows behind the newest: {_rows(report, found[0], zone)}"]
    return "\n".join(inert(line) for line in lines)


def _point(report: Report, each: Report, zone: ZoneInfo) -> list[str]:
    value, expected = (figure(each[key], report["unit"], report["decimals"]) for key in ("value", "expected"))
    score = f"score {number(each['score'], 2)} over {number(each['threshold'], 2)}"
    said = [moment(each["start"], zone), value, f"expected {expected}", score, _labels(each["members"])]
    return ["  " + " · ".join(part for part in said if part)]


def _episode(each: Report, zone: ZoneInfo) -> list[str]:
    ended = "lasts" if each["lasts"] else f"to {moment(each['end'], zone)}"
    said = [f"{moment(each['start'], zone)} {ended}", _labels(each["members"])]
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


def _labels(members: dict[str, str | None]) -> str:
    return ", ".join(f"{name} {member if member is not None else '–'}" for name, member in members.items())
