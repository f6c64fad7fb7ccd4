"""Procedures: what of a Markdown page is a step, and which procedure an alert has."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.site.markdown import blocks, inline, plain
from opsconsole.site.model import Site
from opsconsole.site.parse import parse_site
from opsconsole.site.procedures import inherited_from, named, outside, read_page

PAGE = """\
---
owner: maintenance
---
# A burst of *scrap*

Stop and think. <!-- 1. not a step -->

1. Stop the station
   and set the last tray aside.
2. Measure `three` pieces:
   - thickness
   - 1. nested numbers are no steps

   Write them down.

```
3. nor is this
```

## If it goes on

* a hint, no step
- [ ] Call **maintenance** ([4711](tel:4711))
- [x] Tell the next station

3) Mend, run one tray.
"""


def steps(text: str) -> list[tuple[int, str, int]]:
    return [(step.number, step.text, step.line) for step in read_page(text).steps]


def test_steps_are_numbered_items_and_boxes_in_their_order() -> None:
    page = read_page(PAGE, "procedures/scrap.md")
    assert page.title == "A burst of scrap"
    assert steps(PAGE) == [
        (1, "Stop the station and set the last tray aside.", 8),
        (2, "Measure three pieces:", 10),
        (3, "Call maintenance (4711 (tel:4711))", 23),
        (4, "Tell the next station", 24),
        (5, "Mend, run one tray.", 26),
    ]


def test_without_lists_each_heading_of_level_two_is_a_step() -> None:
    text = "Scrap\n=====\n\n## Stop it\n\nAt once.\n\n- by the red button\n\nLook again\n----------\n\n### Not this\n"
    assert read_page(text).title == "Scrap"
    assert steps(text) == [(1, "Stop it", 4), (2, "Look again", 10)]


@pytest.mark.parametrize(
    ("text", "title", "count"),
    [
        ("", "Late file", 0),
        ("just words", "Late file", 0),
        ("## Two\n\n1. a\n", "Two", 1),
        ("words first\n\n## A step\n", "Late file", 1),
        ("\ufeff# With a mark\r\n\r\n1. a\r\n2. b\r\n", "With a mark", 2),
        ("```\n1. never closed\n", "Late file", 0),
        ("    1. code\n", "Late file", 0),
        ("> 1. quoted\n", "Late file", 0),
        ("# T\n1. a\n2.\n3. c\n", "T", 2),
        ("1.no blank\n", "Late file", 0),
        ("A year was\n2024. A good one.\n", "Late file", 0),
    ],
)
def test_pages_of_all_kinds(text: str, title: str, count: int) -> None:
    page = read_page(text, "procedures/late-file.md")
    assert (page.title, len(page.steps)) == (title, count)


def test_emphasis_code_and_links_are_told_apart_from_signs() -> None:
    assert inline("a **b** _c_ `d*e*` snake_case_name 2 * 3 * 4 \\*f\\* &amp; [g](h) <https://i.k>") == [
        ("a ", ""),
        ("b", "bold"),
        (" ", ""),
        ("c", "emphasis"),
        (" ", ""),
        ("d*e*", "code"),
        (" snake_case_name 2 * 3 * 4 ", ""),
        ("*", ""),
        ("f", ""),
        ("*", ""),
        (" & ", ""),
        ("g (h)", ""),
        (" ", ""),
        ("https://i.k", ""),
    ]


def test_blocks_know_their_depth_and_line() -> None:
    found = [(block.kind, block.text, block.level, block.line) for block in blocks(PAGE)]
    assert found == [
        ("heading", "A burst of *scrap*", 1, 4),
        ("text", "Stop and think.", 0, 6),
        ("item", "Stop the station and set the last tray aside.", 0, 8),
        ("item", "Measure `three` pieces:", 0, 10),
        ("item", "thickness", 1, 11),
        ("item", "1. nested numbers are no steps", 1, 12),
        ("text", "Write them down.", 1, 14),
        ("code", "3. nor is this", 0, 16),
        ("heading", "If it goes on", 2, 20),
        ("item", "a hint, no step", 0, 22),
        ("item", "Call **maintenance** ([4711](tel:4711))", 0, 23),
        ("item", "Tell the next station", 0, 24),
        ("item", "Mend, run one tray.", 0, 26),
    ]


@given(st.text("#*_`-[]()1. \n\t>~ab\\<!x=&;", max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    page = read_page(text, "p.md")
    assert page.title == "P" or page.title
    assert [step.number for step in page.steps] == list(range(1, len(page.steps) + 1))
    assert all(step.line >= 1 for step in page.steps)
    assert all("\n" not in block.text or block.kind == "code" for block in blocks(text))
    assert "".join(piece for piece, _ in inline(text)) == plain(text)


def test_long_lines_take_no_time() -> None:
    assert plain("*" * 300_000) == "*" * 300_000
    assert blocks("**a" * 3_000 + "\n" + "[" * 9_000)


# --- which procedure ---------------------------------------------------------------------------------------------

SITE = """\
procedure: any.md
sources:
  cycles: {files: "*.csv", time: ts}
areas:
  weld: {title: Weld shop, procedure: weld.md, position: Shift lead}
  press: {}
kpis:
  scrap: {source: cycles, value: sum(a), better: lower, warning: 3, procedure: scrap.md}
  plain: {source: cycles, value: sum(a), better: lower, warning: 3}
rules:
  own: {kpi: scrap, when: "> 9", procedure: own.md}
  of_kpi: {kpi: scrap, when: "> 8"}
  loose: {source: cycles, rows: a > 1}
"""


def site() -> Site:
    loaded = parse_site(SITE.encode(), lambda _: {}, folder="x")
    assert loaded.site is not None, loaded.problems
    return loaded.site


def test_a_rule_has_its_own_procedure_or_its_kpis_or_its_areas_or_the_sites() -> None:
    from msgspec.structs import replace

    from opsconsole.site.procedures import inherit

    found = site()
    assert found.areas["weld"].position == "Shift lead"
    assert found.areas["press"].title == "press"
    rules = {
        **{name: replace(rule, procedure="") for name, rule in found.rules.items()},
        "own": found.rules["own"],
    }
    rules["in_weld"] = replace(rules["loose"], name="in_weld", area="weld")
    rules["in_press"] = replace(rules["loose"], name="in_press", area="press")
    rules = inherit(rules, found.kpis, found.areas, found.procedure)
    whole = replace(found, rules=rules)
    assert {name: (rule.procedure, inherited_from(whole, rule)) for name, rule in rules.items()} == {
        "own": ("own.md", "rule own"),
        "of_kpi": ("scrap.md", "KPI scrap"),
        "loose": ("any.md", "site"),
        "kpi:scrap": ("scrap.md", "KPI scrap"),
        "kpi:plain": ("any.md", "site"),
        "in_weld": ("weld.md", "area weld"),
        "in_press": ("any.md", "site"),
    }
    none = inherit({"loose": replace(rules["loose"], procedure="")}, {}, {}, "")["loose"]
    assert (none.procedure, inherited_from(whole, none)) == ("", "")


def test_every_path_that_a_site_names_is_known_with_its_place() -> None:
    found = named(site())
    assert found["own.md"] == [("rules", "own", "procedure")]
    assert ("kpis", "scrap", "procedure") in found["scrap.md"]
    assert ("areas", "weld", "procedure") in found["weld.md"]
    assert ("procedure",) in found["any.md"]


@pytest.mark.parametrize(
    ("path", "out"),
    [("a.md", False), ("a/../b.md", False), ("../a.md", True), ("a/../../b.md", True), ("/etc/passwd", True),
     ("~/a.md", True), ("./a.md", False)],
)  # fmt: skip
def test_a_path_may_not_leave_the_folder(path: str, out: bool) -> None:
    assert outside(path) is out


def test_the_procedures_of_the_packs_have_steps() -> None:
    packs = sorted((Path(__file__).parents[2] / "layouts").glob("*/procedures/*.md"))
    assert len(packs) >= 8
    for path in packs:
        page = read_page(path.read_text(), path.name)
        assert page.title
        assert len(page.steps) >= 3, path
