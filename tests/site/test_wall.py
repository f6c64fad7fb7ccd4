"""The wall of tiles: about seven, those that matter most, and a word where a layout has too many."""

from __future__ import annotations

from tests.site.examples import messages, parse

HEAD = "sources: {cycles: {files: x, time: t, dimensions: [line]}}\nkpis:\n"


def kpis(count: int, **extra: str) -> str:
    """Lines of so many KPIs a, b, c …; `extra` are more keys of some of them."""
    names = "abcdefghijklmnopqrstuvwxyz"[:count]
    return HEAD + "".join(f"  {name}: {{source: cycles, value: count(*){extra.get(name, '')}}}\n" for name in names)


def tiles(text: str) -> tuple[list[str], list[str]]:
    """The KPIs on the default overview, and its texts."""
    site = parse(text).site
    assert site is not None
    panels = [panel for row in site.layouts[0].rows for panel in row.panels]
    return [panel.of for panel in panels if panel.kind == "kpi"], [panel.text for panel in panels if panel.text]


def test_seven_by_priority_then_weight_then_order() -> None:
    text = kpis(12, c=", priority: 5", k=", priority: 1", l=", weight: 2", d=", weight: 0", a=", priority: 2")
    assert tiles(text) == (["k", "a", "l", "b", "e", "f", "g"], ["5 more KPIs: press 3"])


def test_no_word_of_more_where_there_are_no_more() -> None:
    assert tiles(kpis(7)) == (list("abcdefg"), [])
    assert tiles(kpis(8))[1] == ["1 more KPI: press 3"]


def test_a_layout_with_more_than_nine_tiles_is_warned_of_at_the_tenth() -> None:
    row = "  - [{kpi: a}, {kpi: b}, {kpi: c}, {alerts: open}, {kpi: d}, {kpi: e}]\n"
    assert messages(parse(kpis(5), {"overview.yaml": f"rows:\n{row}  - [{{kpi: a}}, {{kpi: b}}, {{kpi: c}}]\n"})) == []
    found = messages(parse(kpis(5), {"overview.yaml": f"rows:\n{row}{row}"}))
    assert len(found) == 1
    assert found[0].startswith("layouts/overview.yaml:3:62 warning: `panels`: 10 KPI tiles")
