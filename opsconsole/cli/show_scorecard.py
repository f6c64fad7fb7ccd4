"""The scorecard as text of 80 columns, as Markdown and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from opsconsole.cli.text import dump, inert, plain
from opsconsole.site.figures import count, duration, moment, number, padded, width

SIGNS = {"good": "✓", "warning": "◆", "critical": "▲", "none": "–"}
COLUMNS = 80
_LABEL, _TARGET = 29, 14
_RULES = 10
Card = dict[str, Any]


def scorecard_json(card: Card) -> str:
    """The scorecard, moments as ISO texts."""
    return dump(plain(card, ZoneInfo(card["timezone"])))


def scorecard_text(card: Card) -> str:
    """For a person at a terminal; names come from files, so each line is made inert."""
    lines = _head(card)
    for position in card["positions"]:
        lines += ["", *textwrap.wrap(" · ".join(_position_head(card, position)), COLUMNS, subsequent_indent="  "), ""]
        for line in position["lines"]:
            lines += _target(line)
        lines += _section("Behind each target that is missed", _behind(position))
        lines += _section("What to try", _tryouts(position))
        lines += _section("Most frequent", _top(position))
        lines += _section("Rules", _rules(position))
    return "\n".join(inert(line) for line in lines)


def scorecard_markdown(card: Card) -> str:
    """For a report."""
    first, *rest = _head(card)
    lines = [f"# {first}", "", *rest] if rest else [f"# {first}"]
    for position in card["positions"]:
        lines += ["", f"## {' · '.join(_position_head(card, position))}", ""]
        lines += ["| | metric | target | found | behind it | try |", "|---|---|---|---|---|---|"]
        for line in position["lines"]:
            behind = ", ".join(f"{each['name']} {number(each['share'], 0)} %" for each in line["behind"])
            tried = str(line["proposal"] or "")
            lines.append(_row(SIGNS[line["verdict"]], line["label"], line["target"], line["found"], behind, tried))
        for at, each in enumerate(position["proposals"], 1):
            lines += ["", f"{at}. **{_cell(each['rule'])}**: {_cell(each['says'])}", "", f"       {each['command']}"]
        if position["figures"]["rules"]:
            lines += ["", "| rule | alarms | share | active, median | found false |", "|---|---:|---:|---:|---:|"]
            lines += [_row(*cells) for cells in _rule_cells(position)]
    return "\n".join(inert(line) for line in lines)


def _row(*cells: str) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _head(card: Card) -> list[str]:
    zone = ZoneInfo(card["timezone"])
    lines = [f"{card['site']} · alarms of {_days(card['days'])} to {moment(card['end'], zone)} {card['timezone']}"]
    if card["indicative"]:
        lines.append(f"Indicative only: {_days(card['days'])} are looked at, the standard asks for 30 days.")
    return lines


def _days(days: float) -> str:
    return duration(days * 86400) if days < 2 else count(round(days), "day")


def _position_head(card: Card, position: Card) -> list[str]:
    name = f"Operator position {position['position']}" if position["position"] else "The site's operator position"
    areas = f" · {', '.join(position['areas'])}" if position["areas"] else ""
    if len(card["positions"]) == 1 and not position["position"]:
        areas = ""
    missed = sum(line["verdict"] in ("warning", "critical") for line in position["lines"])
    judged = f"{count(missed, 'target')} missed" if missed else "no target missed"
    return [f"{name}{areas}", count(position["figures"]["alarms"], "alarm"), judged]


def _target(line: Card) -> Iterator[str]:
    """Sign, target and what was found; what does not fit goes on below."""
    lead = f"{SIGNS[line['verdict']]} {padded(line['label'], _LABEL)}{padded(line['target'], _TARGET)}"
    found = textwrap.wrap(line["found"], COLUMNS - width(lead)) or [""]
    yield f"{lead}{found[0]}"
    for rest in found[1:]:
        yield f"{' ' * width(lead)}{rest}"


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", title, *lines] if lines else []


def _behind(position: Card) -> list[str]:
    found = []
    for line in position["lines"]:
        if line["behind"]:
            rules = ", ".join(f"{each['name']} {number(each['share'], 0)} %" for each in line["behind"])
            said = f"{SIGNS[line['verdict']]} {line['label']}: {rules}: try {line['proposal']}"
            found += textwrap.wrap(said, COLUMNS, initial_indent="  ", subsequent_indent="    ")
    return found


def _tryouts(position: Card) -> list[str]:
    """The command lines stand as they are to be typed, in one line however long."""
    found = []
    for at, each in enumerate(position["proposals"], 1):
        said = f"{at} {each['rule']}: {each['says']}"
        found += textwrap.wrap(said, COLUMNS, initial_indent="  ", subsequent_indent="    ")
        found.append(f"    {each['command']}")
    return found


def _top(position: Card) -> list[str]:
    return [
        f"  {number(each['count']):>5}  {number(each['share'], 0):>3} %  {each['name']}"
        for each in position["figures"]["top"]
    ]


def _rules(position: Card) -> list[str]:
    cells = [("rule", "alarms", "share", "active for", "found false"), *_rule_cells(position)]
    first = max((width(row[0]) for row in cells), default=0)
    if len(cells) == 1:
        return []
    lines = []
    for rule, *rest in cells:
        lines.append(f"  {padded(rule, first)}" + "".join(f"  {cell:>11}" for cell in rest))
    return lines


def _rule_cells(position: Card) -> list[tuple[str, str, str, str, str]]:
    found = []
    for each in position["figures"]["rules"][:_RULES]:
        active = "–" if each["active"] is None else duration(each["active"])
        false = "–" if each["false_rate"] is None else f"{number(each['false_rate'], 0)} % of {each['judged']}"
        found.append((each["rule"], number(each["alarms"]), f"{number(each['share'], 0)} %", active, false))
    return found
