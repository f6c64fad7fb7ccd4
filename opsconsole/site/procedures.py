"""Procedures: what a person does about an alert, as a Markdown file with steps, and which one an alert has. Pure.

Steps are the items of numbered lists and the boxes to tick (`- [ ]`), in the order they stand; what is nested in one
belongs to it. A page without either has a step for each heading of level 2.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.site.markdown import Block, blocks, plain
from opsconsole.site.model import Area, Kpi, Rule, Site

LARGEST = 256_000
"""Bytes; a larger file is no procedure."""


class Step(Struct, frozen=True):
    """A step, `number` from 1, its text without marks, and its `line` in the file from 1."""

    number: int
    text: str
    line: int


class Page(Struct, frozen=True):
    """A procedure as it is read."""

    title: str
    steps: tuple[Step, ...]


def read_page(text: str, path: str = "") -> Page:
    """The title and the steps of a procedure. Without a heading its title is the name of the file."""
    found = blocks(text)
    heads = [block for block in found if block.kind == "heading" and block.text]
    title = next((plain(block.text) for block in heads if block.level == 1), "")
    if not title and heads and found[0] is heads[0]:
        title = plain(heads[0].text)
    steps = [block for block in found if _is_step(block)] or [block for block in heads if block.level == 2]
    return Page(
        title or PurePosixPath(path).stem.replace("-", " ").replace("_", " ").capitalize(),
        tuple(Step(number, plain(block.text), block.line) for number, block in enumerate(steps, 1)),
    )


def _is_step(block: Block) -> bool:
    return block.kind == "item" and not block.level and bool(block.text) and (block.ordered or block.task is not None)


def outside(path: str) -> bool:
    """Whether a path does not lie in the site's folder, as far as its words tell."""
    pure = PurePosixPath(path)
    depth = 0
    for part in pure.parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return True
    return pure.is_absolute() or path.startswith("~")


def inherit(rules: dict[str, Rule], kpis: dict[str, Kpi], areas: dict[str, Area], site: str) -> dict[str, Rule]:
    """The rules, each with its procedure: its own, else its KPI's, its area's, the site's."""
    return {name: replace(rule, procedure=_first(rule, kpis, areas, site)) for name, rule in rules.items()}


def _first(rule: Rule, kpis: dict[str, Kpi], areas: dict[str, Area], site: str) -> str:
    of_kpi = kpis[rule.kpi].procedure if rule.kpi in kpis else ""
    of_area = areas[rule.area].procedure if rule.area in areas else ""
    return rule.procedure or of_kpi or of_area or site


def inherited_from(site: Site, rule: Rule) -> str:
    """Where the procedure of a rule is named: "rule late", "KPI scrap", "area weld", "site"; empty where it has none.

    One that the rule names itself as its KPI does is told as the KPI's.
    """
    if not rule.procedure:
        return ""
    kpi, area = site.kpis.get(rule.kpi or ""), site.areas.get(rule.area)
    if kpi is not None and kpi.procedure == rule.procedure:
        return f"KPI {kpi.name}"
    if area is not None and area.procedure == rule.procedure:
        return f"area {area.name}"
    return "site" if site.procedure == rule.procedure else f"rule {rule.name}"


def named(site: Site) -> dict[str, list[tuple[str, ...]]]:
    """The paths that a site names, each with the places where: keys of the site file."""
    found: dict[str, list[tuple[str, ...]]] = {}
    if site.procedure:
        found.setdefault(site.procedure, []).append(("procedure",))
    for area in site.areas.values():
        if area.procedure:
            found.setdefault(area.procedure, []).append(("areas", area.name, "procedure"))
    for kpi in site.kpis.values():
        if kpi.procedure:
            found.setdefault(kpi.procedure, []).append(("kpis", kpi.name, "procedure"))
    for rule in site.rules.values():
        if rule.procedure:
            found.setdefault(rule.procedure, []).append(("rules", rule.name, "procedure"))
    return found
