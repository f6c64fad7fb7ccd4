"""Marks lead to the character that is meant, whatever way the YAML is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.site.model import Mark
from tests.site.examples import FULL, LAYOUT, parse


def pointed(text: str, mark: Mark) -> str:
    """What stands in the text from a mark to the end of its line."""
    return text.split("\n")[mark.line - 1][mark.column - 1 :]


def test_values_and_keys() -> None:
    marks = parse(FULL, {"overview.yaml": LAYOUT}).marks
    assert pointed(FULL, marks.at("kpis", "scrap_ratio", "value")) == "100 * sum(scrap) / sum(qty)"
    assert pointed(FULL, marks.key("kpis", "scrap_ratio", "value")).startswith("value: 100")
    assert pointed(FULL, marks.at("sources", "cycles", "columns", "cycle_s")) == "number}"
    assert pointed(FULL, marks.at("sources", "cycles", "dimensions", 1)) == "station]"
    grid = marks.at("layouts", "overview", "rows", 2, "panels", 1, "grid")
    assert grid.file == "layouts/overview.yaml"
    assert pointed(LAYOUT, grid) == "scrap_ratio}]"
    assert pointed(LAYOUT, marks.at("layouts", "overview", "rows", 0, "panels", 1, "kpi")).startswith("takt,")


def test_what_was_not_written_stands_at_the_nearest_thing_that_was() -> None:
    marks = parse(FULL).marks
    assert marks.at("kpis", "takt", "window") == marks.at("kpis", "takt")
    assert marks.at("rules", "slow", "by", 0) == marks.at("rules", "slow", "by")
    assert marks.at("nothing", "here") == Mark("site.yaml", 1, 1)
    assert marks.has("kpis", "takt", "value")
    assert not marks.has("kpis", "takt", "window")


WRITTEN = [
    "kpis: {k: {value: sum(qty) / sum(bad)}}",
    "kpis: {k: {value: 'sum(''x'') + sum(bad)'}}",
    'kpis: {k: {value: "sum(\\"x\\") \\u002b\\\n   \\x20sum(bad)"}}',
    "kpis:\n  k:\n    value: |\n      sum(qty)\n        / sum(bad)\n",
    "kpis:\n  k:\n    value: >-\n      sum(qty)\n\n      /\n      sum(bad)\n",
    "kpis:\n  k:\n    value: sum(qty) /\n      sum(bad)\n",
    "kpis:\n  k:\n    value: '  sum(é€𝄞) /\n\n      sum(bad)'\n",
    "kpis:\n  k:\n    value: |2-\n        sum(qty) +\r\n      sum(bad)\n",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_inside_a_text_each_visible_character_is_found(text: str) -> None:
    from opsconsole.site.report import Report
    from opsconsole.site.tree import Mapping, Scalar, read_tree

    node: object = read_tree(text.encode(), Report("f")).root
    for key in ("kpis", "k", "value"):
        assert isinstance(node, Mapping)
        node = node.get(key)
    assert isinstance(node, Scalar)
    value = node.text.strip()
    marks = parse(text).marks
    offset = value.index("bad")
    mark = marks.inside("kpis", "k", "value", offset=offset)
    assert pointed(text.replace("\r", ""), mark).startswith("bad")
    start = marks.inside("kpis", "k", "value", offset=0)
    assert pointed(text, start).startswith("sum(")


def test_an_offset_past_the_end_stays_at_the_end() -> None:
    text = "kpis: {k: {value: abc}}"
    marks = parse(text).marks
    assert marks.inside("kpis", "k", "value", offset=3) == Mark("site.yaml", 1, 22)
    assert marks.inside("kpis", "k", "value", offset=300) == Mark("site.yaml", 1, 22)
    assert marks.inside("kpis", "k", "nothing", offset=3) == marks.at("kpis", "k")


@given(
    st.text(
        st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), exclude_characters="\x85\u2028\u2029"),
        min_size=1,
        max_size=40,
    )
)
def test_any_text_in_double_quotes(value: str) -> None:
    import json

    text = f"kpis: {{k: {{value: {json.dumps(value)}}}}}"
    marks = parse(text).marks
    stripped = value.strip()
    for offset, char in enumerate(stripped):
        found = pointed(text, marks.inside("kpis", "k", "value", offset=offset))
        written = json.dumps(char)[1:-1]
        # Letters beyond the basic plane are two escapes in JSON, which YAML cannot read: then nothing is to be found.
        if ord(char) < 0x10000 and all(ord(other) < 0x10000 for other in value):
            assert found.startswith(written)
