"""The draft of a site as commented YAML, to be read and edited by a person."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from opsconsole.site.duration import format_duration
from opsconsole.site.model import Format
from opsconsole.site.timekinds import WINDOW_WORDS

_PLAIN = re.compile(r"[A-Za-z_(][A-Za-z0-9_ ./()+-]*[A-Za-z0-9_)]|[A-Za-z_]|[0-9]+[a-z]+")
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


class DraftSource(Struct):
    """A source of the draft; `note` becomes a comment."""

    name: str
    title: str
    files: list[str]
    format: Format
    note: str
    time: str = ""
    timezone: str = ""
    dimensions: list[str] = []
    columns: dict[str, str] = {}
    fresh_within: float | None = None


class DraftKpi(Struct):
    """A KPI of the draft; `window` as the site file writes it."""

    name: str
    title: str
    source: str
    value: str
    window: str
    unit: str = ""
    decimals: int | None = None
    by: list[str] = []


class Draft(Struct):
    """All that a draft says. `tiles` are names of KPIs; `spread` the KPI that is shown by its first dimension."""

    name: str
    timezone: str
    clock: str
    notes: list[str]
    sources: list[DraftSource]
    kpis: list[DraftKpi]
    tiles: list[str]
    spread: str = ""
    empty: str = ""


def scalar(text: str) -> str:
    """Text as a YAML scalar, quoted where it must be."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return "'" + text.replace("'", "''") + "'"


def flow(values: Iterable[str]) -> str:
    """A YAML list on one line."""
    return "[" + ", ".join(scalar(value) for value in values) + "]"


def site_text(draft: Draft) -> str:
    """The text of `site.yaml`."""
    lines = [f"# {note}" for note in draft.notes]
    lines += [
        f"site: {scalar(draft.name)}",
        f"timezone: {scalar(draft.timezone)}   # of time stamps without a zone, of days and shifts",
        f"clock: {draft.clock}   # "
        + ("now is the newest event; write `wall` when data comes in live" if draft.clock == "data" else "now is now"),
        "# Shifts make `window: shift` possible:",
        "# calendar:",
        '#   shifts: [{name: Early, start: "06:00", end: "14:00"}]',
        "",
        "sources:" if draft.sources else "sources: {}",
    ]
    for source in draft.sources:
        lines += _source(source)
    lines += ["", "kpis:" if draft.kpis else "kpis: {}"]
    if draft.kpis:
        lines.append(
            "  # Give a KPI `better: higher` or `lower`, `target`, `warning` and `critical`: it then judges and alerts."
        )
    for kpi in draft.kpis:
        lines += _kpi(kpi)
    lines += ["", *_RULES_HINT]
    return "\n".join(lines) + "\n"


_RULES_HINT = (
    "# Limits and `fresh_within` alert by themselves. More rules look like this:",
    "# rules:",
    '#   too_many: {source: NAME, rows: "COLUMN > 100", within: 1h, at_least: 5, priority: warning}',
)


def _source(source: DraftSource) -> list[str]:
    files = scalar(source.files[0]) if len(source.files) == 1 else flow(source.files)
    lines = [
        f"  # {source.note}",
        f"  {source.name}:",
        f"    title: {scalar(source.title)}",
        f"    files: {files}",
        f"    format: {source.format}",
    ]
    if source.time:
        lines.append(f"    time: {scalar(source.time)}")
    if source.timezone:
        lines.append(f"    timezone: {source.timezone}")
    if source.dimensions:
        lines.append(f"    dimensions: {flow(source.dimensions)}")
    if source.columns:
        lines.append("    columns:   # types that must not change when odd values come")
        lines += [f"      {scalar(name)}: {kind}" for name, kind in source.columns.items()]
    if source.fresh_within:
        lines.append(
            f"    fresh_within: {format_duration(source.fresh_within)}   # an alert when nothing arrives for so long"
        )
    return lines


def _kpi(kpi: DraftKpi) -> list[str]:
    lines = [
        f"  {kpi.name}:",
        f"    title: {scalar(kpi.title)}",
        f"    source: {kpi.source}",
        f"    value: {scalar(kpi.value)}",
        f"    window: {kpi.window}",
    ]
    if kpi.unit:
        lines.append(f"    unit: {scalar(kpi.unit)}")
    if kpi.decimals is not None:
        lines.append(f"    decimals: {kpi.decimals}")
    return lines


def layout_text(draft: Draft) -> str:
    """The text of `layouts/overview.yaml`."""
    lines = [
        "# What the first screen shows. A layout only arranges; KPIs are defined in site.yaml.",
        "title: Overview",
        "rows:",
    ]
    if draft.empty:
        return "\n".join([*lines, f"  - [{{text: {scalar(draft.empty)}}}]", "  - [{sources: all}]"]) + "\n"
    half = -(-len(draft.tiles) // 2) if len(draft.tiles) > 4 else len(draft.tiles)
    for at in range(0, len(draft.tiles), half or 1):
        tiles = ", ".join(f"{{kpi: {name}}}" for name in draft.tiles[at : at + half])
        lines += ["  - height: 5", f"    panels: [{tiles}]"]
    spread = next((kpi for kpi in draft.kpis if kpi.name == draft.spread), None)
    if spread is None or not spread.by:
        return "\n".join([*lines, "  - [{alerts: open}]", "  - [{sources: all}]"]) + "\n"
    by = f"by: {scalar(spread.by[0])}"
    lines.append(f"  - [{{alerts: open}}, {{breakdown: {spread.name}, {by}}}]")
    if spread.window not in WINDOW_WORDS:
        lines.append(f"  - [{{grid: {spread.name}, {by}}}]")
    return "\n".join([*lines, "  - [{sources: all}]"]) + "\n"
