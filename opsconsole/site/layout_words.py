"""A panel in words, as in a layout file: `chart oee`, `bars downtime by reason`, `alerts`; and as YAML on one line."""

from __future__ import annotations

import shlex

from opsconsole.site.insert import scalar
from opsconsole.site.layout_keys import LAYERS, LISTS, ONLY_WITH, PANEL_KINDS, SPLIT
from opsconsole.site.model import Panel, PanelKind, Stack
from opsconsole.site.names import nearest

WHOLE: dict[PanelKind, str] = {
    "alerts": "open",
    "goals": "all",
    "attention": "all",
    "sources": "all",
    "clock": "site",
    "shift": "now",
}
"""Panels that show one thing only, and the word for it in the file."""
NAMED: dict[PanelKind, str] = {"table": "source", "flow": "flow"}
"""What those are called that show something else than a KPI."""
KEYS = ("by", "columns", "most", "draw", "title", "width", "height")
_SEVERAL = ("columns", "draw", "title")


class WordsError(ValueError):
    """Words that name no panel; one sentence for a person."""


def read_panel(words: str) -> Panel:
    """The panel that words name. Raises WordsError."""
    try:
        parts = shlex.split(words)
    except ValueError as error:
        raise WordsError("a quotation mark is missing its partner") from error
    if not parts:
        raise WordsError(f"what should it show? {', '.join(PANEL_KINDS)}")
    kind = parts.pop(0)
    if kind not in PANEL_KINDS:
        close = nearest(kind, PANEL_KINDS)
        raise WordsError(f"there is no panel `{kind}`" + (f"; did you mean `{close}`?" if close else ""))
    if kind == "text":
        text = words.strip().partition(" ")[2].strip()
        if not text:
            raise WordsError("which text? text Call 4711 when weld stops")
        return Panel("text", text=text)
    of = ""
    if kind not in WHOLE:
        if not parts or parts[0] in KEYS:
            raise WordsError(f"of which {NAMED.get(kind, 'KPI')}? {kind} NAME")
        of = parts.pop(0)
    elif parts and parts[0] == WHOLE[kind]:
        parts.pop(0)
    return _with_keys(Panel(kind, of=of), parts)


def _with_keys(panel: Panel, parts: list[str]) -> Panel:
    found: dict[str, str] = {}
    while parts:
        key = parts.pop(0)
        if key not in KEYS or key in found:
            raise WordsError(f"`{key}` is not understood here: {_possible(panel.kind)}")
        taken = [] if key not in _SEVERAL else parts[: _until_key(parts)]
        taken = taken or parts[:1]
        if not taken:
            raise WordsError(f"`{key}` of what? Something is to follow it")
        del parts[: len(taken)]
        found[key] = " ".join(taken)
    for key, kinds in ONLY_WITH.items():
        if key in found and panel.kind not in kinds:
            raise WordsError(f"`{key}` has no meaning with `{panel.kind}`: {_possible(panel.kind)}")
    wanted = _list(found.get("draw", ""))
    if odd := next((each for each in wanted if each not in LAYERS), None):
        raise WordsError(f"`draw`: expected some of {', '.join(LAYERS)}, found `{odd}`")
    if wanted and "by" in found:
        raise WordsError("`draw` is of the KPI itself; a chart with `by` has lines of its members")
    return Panel(
        panel.kind,
        of=panel.of,
        by=found.get("by", ""),
        title=found.get("title", ""),
        width=_number(found, "width", 100) or 1,
        height=_number(found, "height", 200),
        most=_number(found, "most", 500),
        columns=_list(found.get("columns", "")),
        draw=wanted,
    )


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.replace(",", " ").split())


def _until_key(parts: list[str]) -> int:
    return next((at for at, part in enumerate(parts) if part in KEYS), len(parts))


def _number(found: dict[str, str], key: str, most: int) -> int | None:
    text = found.get(key)
    if text is None:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise WordsError(f"`{key}` is a number from 1 to {most}, not `{text}`")
    return int(text)


def _possible(kind: PanelKind) -> str:
    fit = [key for key in KEYS if key not in ONLY_WITH or kind in ONLY_WITH[key]]
    return f"after it can follow {', '.join(fit)}"


def can_follow(kind: PanelKind) -> list[str]:
    """The words for keys that go with a kind, the most useful first."""
    fit = [key for key in KEYS if key not in ONLY_WITH or kind in ONLY_WITH[key]]
    return sorted(fit, key=lambda key: not (key == "by" and kind in SPLIT) and not (key == "most" and kind in LISTS))


def told(panel: Panel) -> str:
    """A panel in the words that name it, without its size: "bars downtime by reason"."""
    if panel.kind == "text":
        return "text"
    of = "" if panel.kind in WHOLE else panel.of
    return " ".join(part for part in (panel.kind, of, f"by {panel.by}" if panel.by else "") if part)


def yaml_panel(panel: Panel) -> str:
    """A panel as YAML on one line."""
    what = panel.text if panel.kind == "text" else WHOLE.get(panel.kind) or panel.of
    parts = [f"{panel.kind}: {scalar(what)}"]
    if panel.by:
        parts.append(f"by: {scalar(panel.by)}")
    if panel.columns:
        parts.append(f"columns: [{', '.join(scalar(each) for each in panel.columns)}]")
    parts += [f"most: {panel.most}"] if panel.most is not None else []
    parts += [f"draw: [{', '.join(panel.draw)}]"] if panel.draw else []
    parts += [f"title: {scalar(panel.title)}"] if panel.title else []
    parts += [f"width: {panel.width}"] if panel.width != 1 else []
    parts += [f"height: {panel.height}"] if panel.height is not None else []
    return "{" + ", ".join(parts) + "}"


def yaml_stack(stack: Stack, members: list[str]) -> str:
    """A stack of such panels on one line."""
    width = f", width: {stack.width}" if stack.width != 1 else ""
    return f"{{stack: [{', '.join(members)}]{width}}}"
