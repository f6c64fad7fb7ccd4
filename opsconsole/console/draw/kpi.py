"""The parts of a KPI's screen that are not lists: its head, its trend, its card, its newest rows."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.console import fmt, signs
from opsconsole.console.draw.card import card
from opsconsole.console.draw.charts import chart, chart_of
from opsconsole.console.draw.tile import change
from opsconsole.console.kpi_lists import made_of
from opsconsole.console.panels import heading, window_note
from opsconsole.console.text import Line, fit, inert, left, line_width, right, spread, width
from opsconsole.engine.messages import KpiState, TablePage
from opsconsole.engine.telling import revised_words

NAMES = {"moved": "what moved it", "compared": "compared", "time": "over time", "card": "card"}
_WIDEST = 24


def head(kpi: KpiState, timezone: str, cells: int) -> list[Line]:
    """Value and change, with the window at the right; of what it is made; and what is wrong with it, if anything."""
    style = signs.style(kpi.status)
    value = fmt.quantity(kpi.value, inert(kpi.unit), kpi.decimals)
    arrow, arrow_style = change(kpi)
    line: Line = [
        (" ", ""),
        (signs.sign(kpi.status), style or "dim"),
        (" ", ""),
        (("≈ " if kpi.partial else "") + value, f"bold {style}".strip()),
    ]
    if arrow:
        line += [("  ", ""), (arrow, arrow_style)]
    if kpi.previous is not None:
        before = f"  from {fmt.quantity(kpi.previous, inert(kpi.unit), kpi.decimals)} {inert(kpi.previous_label)}"
        line.append((before.rstrip(), "dim"))
    window: Line = [(f"{window_note(kpi, timezone)} ", "dim")]
    rows = f"{fmt.count(kpi.rows, 'row')} "
    if line_width(line) + line_width(window) + 2 <= cells:
        out = [spread(fit(line, cells - line_width(window)), window, cells)]
        below: Line = [(rows, "dim")]
    else:
        out = [fit(line, cells)]
        below = [(f"{window_note(kpi, timezone)} · {rows}", "dim")]
    room = cells - line_width(below) - 5
    made = made_of(kpi, room)
    if width(made) <= room:
        out.append(spread([("    " + made, "dim")], below, cells))
    else:
        out += [fit([("    " + made_of(kpi, cells - 4), "dim")], cells), fit([("    ", ""), *below], cells)]
    said = _wrong(kpi)
    if said:
        out.append(fit([("    " + said, style)], cells))
    revised = revised_words(kpi.revised, kpi.unit, kpi.decimals) if kpi.revised is not None else ""
    if revised:
        out.append(fit([("    " + inert(revised), "dim")], cells))
    return out


def _wrong(kpi: KpiState) -> str:
    """What is abnormal, in words: no value and why, data that is late or in part, a limit that is passed."""
    parts: list[str] = []
    if kpi.value is None:
        parts.append(f"{signs.WORDS[kpi.status]}: {inert(kpi.reason)}" if kpi.reason else signs.WORDS[kpi.status])
    elif kpi.status == "stale":
        parts.append("stale: the data is late, so this passes for neither good nor bad")
    elif kpi.status in ("critical", "warning"):
        parts.append(f"{signs.WORDS[kpi.status]}: {_beyond(kpi)}")
    if kpi.partial:
        parts.append("≈ partial: the rows begin within the window")
    if kpi.judged:
        parts.append(inert(kpi.judged))
    if kpi.undated:
        parts.append("its rows have no times: this is the value of now")
    return " · ".join(part.strip(": ") for part in parts)


def _beyond(kpi: KpiState) -> str:
    limit = kpi.critical if kpi.status == "critical" else kpi.warning
    if limit is None:
        return inert(kpi.leader)
    quantity = fmt.quantity(limit, inert(kpi.unit), None if limit == int(limit) else kpi.decimals)
    if kpi.better == "target":
        return f"more than {quantity} from its target"
    return f"{'under' if kpi.better == 'higher' else 'over'} {quantity}"


def trend(kpi: KpiState, timezone: str, cells: int, lines: int, marked: Sequence[float] = ()) -> list[Line]:
    """The chart of its trend, `lines` high; `marked`: when something was changed that should move it."""
    drawn = chart(chart_of(kpi, timezone), cells, lines, marked)
    return [*drawn, *(fit([], cells) for _ in range(lines - len(drawn)))][:lines]


def facts(kpi: KpiState, cells: int, lines: int) -> list[Line]:
    """Its card, as much of it as there is room for; the last line says how much is left out."""
    drawn = card(kpi, cells)
    if len(drawn) <= lines:
        return [*drawn, *(fit([], cells) for _ in range(lines - len(drawn)))]
    return [*drawn[: lines - 1], fit([(f" {len(drawn) - lines + 1} more lines in a higher window", "dim")], cells)]


def more(count: int) -> Line:
    """How many lines of a card are left out, and where they are."""
    return [(f"{count} more lines: tab", "dim")] if count > 0 else []


def tabs(parts: Sequence[tuple[str, bool]], cells: int) -> Line:
    """A rule that names the parts of a screen; the one that is shown stands out, by more than colour.

    Where there is no room for all it names that one, and says which of them it is.
    """
    line: Line = [("━ ", "bold")]
    for at, (name, here) in enumerate(parts):
        line += [(" · ", "dim")] if at else []
        line.append((f"▸{name}" if here else name, "bold" if here else "dim"))
    if line_width(line) > cells:
        place = next((at for at, (_, shown) in enumerate(parts) if shown), 0)
        line = [("━ ", "bold"), (f"▸{parts[place][0]}", "bold"), (f" · {place + 1} of {len(parts)}: tab", "dim")]
    rest = cells - line_width(line) - 1
    return fit([*line, (" ", ""), ("━" * max(0, rest), "bold")], cells)


def latest(rows: TablePage | None, cells: int) -> list[Line]:
    """The newest rows behind the number, in columns that fit; empty while they are not known."""
    if rows is None or not rows.files:
        return []
    columns = [*zip(rows.columns, rows.data, strict=True), ("file", list(rows.files)), ("line", list(rows.lines))]
    out: list[Line] = [[] for _ in range(len(rows.files) + 1)]
    for name, data in columns:
        texts = [fmt.value_text(value) for value in data]
        size = min(_WIDEST, max(width(inert(text)) for text in [name, *texts]))
        if line_width(out[0]) + size + 2 > cells:
            break
        numeric = all(isinstance(value, (int, float)) or value is None for value in data)
        aligned = right if numeric else left
        for line, text, style in zip(out, [name, *texts], ["dim", *([""] * len(texts))], strict=True):
            line.append((" " + aligned(inert(text), size) + " ", style))
    many = f"{fmt.count(rows.total, 'row')} · " if rows.total is not None else ""
    title = heading("newest rows", [(f"{many}d: all of them", "dim")], cells, False)
    return [title, *(fit(line, cells) for line in out)]
