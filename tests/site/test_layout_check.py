"""Layout files: every mistake with its place, what it may have been meant to be, and what goes with what."""

from __future__ import annotations

import pytest

from opsconsole.site.layout_keys import ONLY_WITH, PANEL_KINDS
from opsconsole.site.model import Layout, Panel, Stack, placed
from tests.site.examples import messages, parse

KPIS = """\
sources:
  cycles: {files: "*.csv", time: ts, dimensions: [line]}
kpis:
  scrap: {source: cycles, value: sum(scrap)}
  bound: {source: cycles, value: count(*), better: higher, target: 5}
flows:
  jobs: {source: cycles, case: id, activity: step, time: ts}
"""


def problems(layout: str) -> list[str]:
    """What is said of a layout file, without its name."""
    return [each.removeprefix("layouts/overview.yaml:") for each in messages(parse(KPIS, {"overview.yaml": layout}))]


MISTAKES = """\
rows: [[{chart: scrp}]]
    1:17 unknown KPI `scrp`, did you mean `scrap`?
rows: [[{table: cycels}]]
    1:17 unknown source `cycels`, did you mean `cycles`?
rows: [[{table: health}]]
rows: [[{flow: job}]]
    1:16 unknown flow `job`, did you mean `jobs`?
rows: [[{flow: jobs, by: line}]]
    1:22 `by`: has a meaning only with `bars`
rows: [[{flow: jobs, most: 3}]]
rows: [[{gauge: bound}, {gauge: scrap}]]
    1:33 warning: `gauge`: `scrap` has no target and no limits to be measured against; use `number`
rows: [[{clock: sight}]]
    1:17 `clock`: expected one of `site`, found `sight`; did you mean `site`?
rows: [[{kpi: scrap, by: line}]]
    1:22 `by`: has a meaning only with `bars`, `pareto`, `top`, `grid`, `breakdown`, `chart`, not with `kpi`
rows: [[{kpi: scrap, most: 3}]]
    1:22 `most`: has a meaning only with `bars`, `pareto`, `top`, `grid`, `breakdown`, `chart`, `table`, `attention`
rows: [[{chart: scrap, most: 3}]]
    1:24 `most`: a chart has several lines only with `by`
rows: [[{chart: scrap, by: line, most: 0}]]
    1:40 `most`: expected a whole number from 1 to 500, found `0`
rows: [[{bars: scrap, columns: [line]}]]
    1:23 `columns`: has a meaning only with `table`, not with `bars`
rows: [[{chart: scrap, draw: [limits, forecast, anomalies]}]]
rows: [[{chart: scrap, draw: limits}]]
rows: [[{chart: scrap, draw: [limit]}]]
    1:31 `draw`: expected one of `limits`, `forecast`, `anomalies`, found `limit`; did you mean `limits`?
rows: [[{chart: scrap, by: line, draw: [limits]}]]
    1:34 `draw`: is of the KPI itself; a chart with `by` has lines of its members
rows: [[{kpi: scrap, draw: [limits]}]]
    1:22 `draw`: has a meaning only with `chart`, not with `kpi`
rows: [[{clock: site, height: 3}]]
    1:23 `height`: only a panel in a `stack` has one; give the row a height: `{height: 6, panels: […]}`
rows: [[{stack: [{clock: site, width: 3}]}]]
    1:32 `width`: panels of a `stack` have one width; give it to the stack
rows: [[{numbre: scrap}]]
    1:10 `numbre`: unknown key, did you mean `number`?
rows: [[{stack: []}]]
    1:17 `stack`: expected at least one panel, found an empty list
rows: [[{stak: [{clock: site}]}]]
    1:9 `panels`: missing key `stack` (a list of panel)
    1:10 `stak`: unknown key, did you mean `stack`?
rows: [[{stack: [{chart: scrp}, {text: x}], width: 2}]]
    1:26 unknown KPI `scrp`, did you mean `scrap`?
rows: [[{stack: [{clock: site, shift: now}]}]]
    1:18 `panel`: shows exactly one of
rows: [[{stack: [{stack: [{clock: site}]}]}]]
    1:19 `stack`: unknown key
rows: [{height: 4, panels: [{stack: [{clock: site, height: 3}, {shift: now, height: 3}]}]}]
    1:37 warning: `stack`: its panels need 6 lines, and the row has 4
rows: [[clock, {chart: scrp}]]
    1:9 `panels`: expected a panel or a `stack` of panels, found `clock`
    1:24 unknown KPI `scrp`, did you mean `scrap`?
"""
"""A layout each, and below it what is said of it."""


def mistakes() -> list[tuple[str, list[str]]]:
    """(a layout, what is said)."""
    found: list[tuple[str, list[str]]] = []
    for line in MISTAKES.splitlines():
        if line.startswith(" "):
            found[-1][1].append(line.strip())
        else:
            found.append((line, []))
    return found


@pytest.mark.parametrize(("layout", "expected"), mistakes())
def test_a_mistake_has_its_place(layout: str, expected: list[str]) -> None:
    found = problems(layout)
    assert len(found) == len(expected), found
    for said, wanted in zip(found, expected, strict=True):
        assert said.startswith(wanted) or wanted in said, found


def test_each_kind_takes_the_keys_that_make_sense_with_it_and_no_others() -> None:
    values = {"by": "line", "most": "3", "columns": "[line]", "draw": "limits"}
    shown = {"table": "cycles", "alerts": "open", "clock": "site", "shift": "now", "text": "x", "flow": "jobs"}
    for kind in PANEL_KINDS:
        of = shown.get(kind, "all" if kind in ("goals", "attention", "sources") else "bound")
        for key, kinds in ONLY_WITH.items():
            beside = ", by: line" if kind == "chart" and key == "most" else ""
            found = problems(f"rows: [[{{{kind}: {of}{beside}, {key}: {values[key]}}}]]")
            assert (found == []) == (kind in kinds), (kind, key, found)


def test_a_stack_is_built_in_its_place_and_its_panels_are_placed() -> None:
    text = "rows: [[{chart: scrap}, {width: 2, stack: [{number: scrap}, {gauge: bound, height: 3}]}], [{text: x}]]"
    site = parse(KPIS, {"wall.yaml": text}).site
    assert site is not None
    layout = site.layouts[0]
    assert isinstance(layout, Layout)
    assert (layout.name, layout.file) == ("wall", "layouts/wall.yaml")
    assert layout.rows[0].panels[1] == Stack((Panel("number", "scrap"), Panel("gauge", "bound", height=3)), 2)
    assert [path for path, _ in placed(layout)] == [
        ("rows", 0, "panels", 0),
        ("rows", 0, "panels", 1, "stack", 0),
        ("rows", 0, "panels", 1, "stack", 1),
        ("rows", 1, "panels", 0),
    ]
    assert parse(KPIS).site.layouts[0].file == ""  # type: ignore[union-attr]
