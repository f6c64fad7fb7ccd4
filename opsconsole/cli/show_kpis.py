"""What `opsconsole kpis` prints of a site: a table in 80 columns with the gaps of each card, or one card in full."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from opsconsole.cli.show import SIGNS
from opsconsole.cli.text import dump, inert, plain
from opsconsole.engine.card_text import card_facts, state_of
from opsconsole.engine.messages import KpiState, SiteState, Snapshot
from opsconsole.site.figures import NONE, clipped, count, figure, moment, number, padded, width

PAGE = 80
_AIM = {"higher": "≥ ", "lower": "≤ ", "target": "", None: ""}
_HEAD = ("", "KPI", "value", "window", "target", "owner", "objective")
# How far each column may be cut where a line would be longer than the page, those first that lose least.
_LEAST = {6: 9, 5: 8, 1: 14, 3: 6, 4: 8, 2: 8}


def kpis_json(snapshot: Snapshot) -> str:
    """The KPIs with their cards, each with its `state`."""
    return dump([_plain(kpi, snapshot.site) for kpi in snapshot.kpis])


def kpi_json(kpi: KpiState, site: SiteState) -> str:
    """One KPI with its card and its `state`."""
    return dump(_plain(kpi, site))


def _plain(kpi: KpiState, site: SiteState) -> dict[str, Any]:
    found: dict[str, Any] = plain(msgspec.to_builtins(kpi), ZoneInfo(site.timezone))
    return found | {"state": state_of(kpi)}


def kpis_text(snapshot: Snapshot) -> str:
    """A table of 80 columns; below a KPI why it has no value, and what is missing from its card."""
    kpis = snapshot.kpis
    if not kpis:
        return "this site has no KPIs: add some under `kpis` in site.yaml"
    rows = [tuple(map(inert, _row(kpi))) for kpi in kpis]
    widths = _widths([_HEAD, *rows])
    lines = [_line(_HEAD, widths), _line(tuple("─" * cells for cells in widths), widths)]
    for kpi, row in zip(kpis, rows, strict=True):
        lines.append(_line(row, widths))
        if kpi.value is None:
            lines.append(inert(clipped(f"     {kpi.reason or 'no data'}", PAGE)))
        if kpi.missing:
            lines.append(f"     {', '.join(kpi.missing)}")
    gaps = sum(bool(kpi.missing) for kpi in kpis)
    lines += ["", f"{count(len(kpis), 'KPI')}, {number(gaps)} with gaps in the card" if gaps else "all cards are whole"]
    return "\n".join(lines)


def _row(kpi: KpiState) -> tuple[str, ...]:
    value = ("≈ " if kpi.partial and kpi.value is not None else "") + figure(kpi.value, kpi.unit, kpi.decimals)
    target = f"{_AIM[kpi.better]}{number(kpi.target)}" if kpi.target is not None else NONE
    objective = kpi.objective_title or kpi.objective
    return (SIGNS[kpi.status], kpi.name, value, kpi.window, target, kpi.owner or NONE, objective or NONE)


def _widths(rows: Sequence[tuple[str, ...]]) -> list[int]:
    """Every column as wide as its widest cell, cut where the line would not fit the page."""
    widths = [max(width(row[column]) for row in rows) for column in range(len(_HEAD))]
    over = sum(widths) + 2 * (len(widths) - 1) - PAGE
    for column, least in _LEAST.items():
        cut = min(max(over, 0), max(widths[column] - least, 0))
        widths[column] -= cut
        over -= cut
    return widths


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [clipped(text, cells) for text, cells in zip(row, widths, strict=True)]
    return "  ".join(padded(text, widths[at], right=at == 2) for at, text in enumerate(cells)).rstrip()


def kpi_text(kpi: KpiState, site: SiteState) -> str:
    """A KPI with its value and everything that is written of it; gaps in brackets."""
    zone = ZoneInfo(site.timezone)
    value = figure(kpi.value, kpi.unit, kpi.decimals) if kpi.value is not None else kpi.reason or "no data"
    head = [f"{SIGNS[kpi.status].strip()} {kpi.title}".strip(), ("≈ " if kpi.partial else "") + value]
    if kpi.previous is not None:
        head.append(f"{figure(kpi.previous, kpi.unit, kpi.decimals)} {kpi.previous_label}")
    if kpi.start is not None:
        head.append(f"{moment(kpi.start, zone)} to {moment(kpi.end, zone)}")
    head.append(count(kpi.rows, "row"))
    lines = [" · ".join(head)]
    for fact in card_facts(kpi):
        lines += told(fact.label, f"[{fact.text}]" if fact.gap else fact.text)
    return "\n".join(map(inert, lines))


def told(label: str, text: str) -> list[str]:
    """A label and a text beside it, in lines that fit the page."""
    parts = textwrap.wrap(" ".join(text.split()), PAGE - 13, break_long_words=False, break_on_hyphens=False)
    return [f"  {label if at == 0 else '':<9}  {part}" for at, part in enumerate(parts)]
