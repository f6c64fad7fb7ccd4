"""What no single value of a layout file can show: references, and keys that must fit each other.

What a KPI's or a source's table has is known only to the engine, which checks dimensions and columns.
"""

from __future__ import annotations

from collections.abc import Iterator

from opsconsole.site.known import Values, reference
from opsconsole.site.layout_keys import OF_KPI, ONLY_WITH, PANEL, PANEL_KINDS
from opsconsole.site.marks import Keys, Marks
from opsconsole.site.names import listed
from opsconsole.site.report import Report

MOST_AT_A_GLANCE = 9
NUMBERS = ("kpi", "number", "gauge")


def check_layout(
    name: str,
    values: Values,
    kpis: dict[str, Values] | None,
    sources: dict[str, Values] | None,
    flows: dict[str, Values] | None,
    marks: Marks,
    report: Report,
) -> None:
    """Panels show exactly one thing, and what they show exists; what is None is not known."""
    places = list(_places(name, values))
    _check_wall(places, report, marks)
    for at, panel in places:
        kind = _kind(at, marks, report)
        if kind is None:
            continue
        _check_keys(at, kind, marks, report)
        if kind in OF_KPI and kind in panel and kpis is not None:
            known = reference((*at, kind), panel[kind], "KPI", kpis, marks, report)
            if known and kind == "gauge":
                _check_gauge(at, panel[kind], kpis[panel[kind]], marks, report)
        if kind == "table" and kind in panel:
            reference((*at, kind), panel[kind], "source", sources, marks, report)
        if kind == "flow" and kind in panel:
            reference((*at, kind), panel[kind], "flow", flows, marks, report)
    for number, row in enumerate(values.get("rows", ())):
        _check_heights(("layouts", name, "rows", number), row, marks, report)


def _places(name: str, values: Values) -> Iterator[tuple[Keys, Values]]:
    """All panels with their paths, as `opsconsole.site.model.placed` has them."""
    for number, row in enumerate(values.get("rows", ())):
        for index, place in enumerate(row.get("panels", ())):
            at: Keys = ("layouts", name, "rows", number, "panels", index)
            if "stack" not in place:
                yield at, place
                continue
            for below, panel in enumerate(place["stack"]):
                yield (*at, "stack", below), panel


def _check_wall(places: list[tuple[Keys, Values]], report: Report, marks: Marks) -> None:
    """About seven numbers (7 ± 2) are taken in at a glance; the first beyond nine is pointed out."""
    tiles = [at for at, panel in places if any(kind in panel for kind in NUMBERS)]
    if len(tiles) > MOST_AT_A_GLANCE:
        message = (
            f"`panels`: {len(tiles)} KPI tiles, and more than {MOST_AT_A_GLANCE} are not taken in at a glance; keep "
            "about seven, the others are one key away (`3`) or on another layout (`]`)"
        )
        report.warn(marks.at(*tiles[MOST_AT_A_GLANCE]), message)


def _kind(at: Keys, marks: Marks, report: Report) -> str | None:
    """What a panel shows; a problem where that is nothing, or more than one thing."""
    if marks.has(*at, "stack"):
        return None  # a stack that could not be read: that is reported
    names = marks.names(*at)
    kinds = [kind for kind in PANEL_KINDS if kind in names]
    if not kinds and any(PANEL.key(name) is None for name in names):
        return None  # a slip in the key that says it: that is reported
    if len(kinds) != 1:
        found = f"found {listed(kinds)}" if kinds else "found none"
        message = f"`panel`: shows exactly one of {listed(PANEL_KINDS, most=len(PANEL_KINDS))}; {found}"
        (report.error if kinds else report.missing)(marks.at(*at), message)
        return None
    return kinds[0]


def _check_keys(at: Keys, kind: str, marks: Marks, report: Report) -> None:
    """Keys that say nothing about this kind, or not in this place."""
    for key, kinds in ONLY_WITH.items():
        if marks.has(*at, key) and kind not in kinds:
            fit = listed(kinds, most=len(kinds))
            report.error(marks.key(*at, key), f"`{key}`: has a meaning only with {fit}, not with `{kind}`")
    if kind == "chart" and marks.has(*at, "most") and not marks.has(*at, "by"):
        report.error(marks.key(*at, "most"), "`most`: a chart has several lines only with `by`")
    if kind == "chart" and marks.has(*at, "draw") and marks.has(*at, "by"):
        report.error(marks.key(*at, "draw"), "`draw`: is of the KPI itself; a chart with `by` has lines of its members")
    stacked = "stack" in at
    if marks.has(*at, "height") and not stacked:
        message = "`height`: only a panel in a `stack` has one; give the row a height: `{height: 6, panels: […]}`"
        report.error(marks.key(*at, "height"), message)
    if marks.has(*at, "width") and stacked:
        report.error(marks.key(*at, "width"), "`width`: panels of a `stack` have one width; give it to the stack")


def _check_gauge(at: Keys, name: str, kpi: Values, marks: Marks, report: Report) -> None:
    has = any(key in kpi for key in ("target", "warning", "critical", "range", "targets_from"))
    if not has and not marks.has("kpis", name, "use"):
        message = f"`gauge`: `{name}` has no target and no limits to be measured against; use `number`"
        report.warn(marks.at(*at, "gauge"), message)


def _check_heights(at: Keys, row: Values, marks: Marks, report: Report) -> None:
    """The panels of a stack need room in the row."""
    height = row.get("height")
    for index, place in enumerate(row.get("panels", ())):
        asked = [panel.get("height", 1) for panel in place.get("stack", ())]
        if height is not None and sum(asked) > height:
            message = f"`stack`: its panels need {sum(asked)} lines, and the row has {height}"
            report.warn(marks.at(*at, "panels", index, "stack"), message)
