"""Entries put into a YAML file: comments stay, all else says what it said, and what is not safe is refused."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.site.insert import CannotInsertError, block, insert, scalar

SITE = """\
# the plant in the north
site: North plant   # its name

sources:
  # what the machines write
  cycles:
    files: data/*.csv   # one a day
    time: ts
  orders: {files: orders/*.csv}

  # the shop's own
  shop:
    sql: |
      SELECT a

      FROM cycles

# what we watch
kpis:

  scrap: {source: cycles, value: 'sum(scrap)'}   # per piece
rules:
"""
ENTRY = ["late:", "  source: cycles", "  value: count(*)"]


def removed(text: str, first: int, last: int) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(lines[: first - 1] + lines[last:])


@pytest.mark.parametrize("section", ["sources", "kpis", "rules"])
def test_an_entry_comes_last_in_its_section_and_nothing_else_moves(section: str) -> None:
    done = insert(SITE, section, ENTRY, "site.yaml")
    assert removed(done.text, done.first, done.last) == SITE
    assert done.shown == "\n".join("  " + line for line in ENTRY)
    read, before = yaml.safe_load(done.text), yaml.safe_load(SITE)
    assert read[section].pop("late") == {"source": "cycles", "value": "count(*)"}
    assert {**read, "rules": read["rules"] or None} == before
    after = done.text.splitlines()[done.last : done.last + 2]
    assert after == {"sources": ["", "# what we watch"], "kpis": ["rules:"], "rules": []}[section]


def test_a_section_that_is_not_there_is_made() -> None:
    done = insert("site: a", "kpis", ENTRY, "site.yaml")
    assert done.text == "site: a\n\nkpis:\n  late:\n    source: cycles\n    value: count(*)\n"
    assert (done.first, done.last, done.indent) == (4, 6, 2)
    windows = insert("site: a\r\nkpis:\r\n    x: {value: 1}\r\n", "kpis", ENTRY, "site.yaml")
    assert windows.text == "site: a\r\nkpis:\r\n    x: {value: 1}\r\n    late:\r\n      source: cycles\r\n" + (
        "      value: count(*)\r\n"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("site: a\nkpis: {x: {value: 1}}\n", r"site.yaml:2:7 `kpis` is written in braces"),
        ("site: a\nkpis: {}\n", r"site.yaml:2:7 `kpis` is written in braces"),
        ("site: a\nkpis:\n  {x: 1}\n", r"site.yaml:3:3 `kpis` is written in braces"),
        ("kpis: [a]\n", r"site.yaml:1:7 `kpis` is no mapping"),
        ("kpis: ~\n", r"site.yaml:1:7 `kpis` is no mapping"),
        ("- a\n", r"no mapping of keys"),
        ("kpis:\n  late: {value: 1}\n", r"given twice|has a `late` already"),
        ("a: &x\n  b: 1\nkpis: *x\n", r"by an alias"),
        ("kpis:\n  a: |+\n    text\n\n\nsite: a\n", r"without changing something else"),
        ("kpis:\n  a: 'b\n", r"the quote that opens here"),
        ("kpis:\n  a: 1\n---\nkpis:\n", r"second YAML document"),
    ],
)
def test_what_is_not_safe_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(CannotInsertError, match=why):
        insert(text, "kpis", ENTRY, "site.yaml")


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "  a: 1",
                "  # note",
                "",
                "  b:",
                "    c: |",
                "      text",
                "   # odd",
                "# top",
                "  d: [1,",
                "    2]",
                "e: 5",
            ]
        ),
        max_size=9,
    )
)
def test_whatever_is_there_is_as_it_was_or_it_is_refused(lines: list[str]) -> None:
    text = "\n".join(["kpis:", *lines, "end: here", ""])
    try:
        done = insert(text, "kpis", ENTRY, "site.yaml")
    except CannotInsertError:
        return
    assert removed(done.text, done.first, done.last) == text
    read = yaml.safe_load(done.text)
    assert read["kpis"].pop("late") == {"source": "cycles", "value": "count(*)"}
    assert {**read, "kpis": read["kpis"] or None} == yaml.safe_load(text)


@given(st.text(max_size=30))
@settings(max_examples=30, deadline=None)
def test_texts_are_read_back_as_they_were(text: str) -> None:
    text = "".join(char for char in text if char.isprintable())
    assert yaml.safe_load(f"a: {scalar(text)}")["a"] == text
    sql = f"SELECT '{text}'\n  FROM x\n\n-- é: #"
    assert yaml.safe_load("\n".join(block("sql", sql)))["sql"] == "\n".join(line.rstrip() for line in sql.split("\n"))


def test_a_text_that_begins_with_blanks_keeps_them() -> None:
    assert yaml.safe_load("\n".join(block("sql", "\n   SELECT 1\n FROM x  \n")))["sql"] == "   SELECT 1\n FROM x"
    assert scalar("avg(dep_delay)") == "avg(dep_delay)"
    assert scalar("true") == '"true"'
