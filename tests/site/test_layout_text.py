"""A layout file that follows an edit: it says what was meant, and everything that did not change is as it was."""

from __future__ import annotations

import difflib
import random
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from opsconsole.site import layout_edit as edit
from opsconsole.site.layout_edit import At, CannotEditError
from opsconsole.site.layout_source import CannotWriteError
from opsconsole.site.layout_text import edited_bytes, edited_text, layout_text
from opsconsole.site.model import Layout, Panel, Stack
from opsconsole.site.parse import Loaded, parse_site
from tests.site.test_layout_edit import STEPS

SITE = (
    "site: plant\nsources: {cycles: {files: 'a.csv', time: ts}}\nkpis:\n"
    + "".join(f"  k{at}: {{source: cycles, value: count(*), by: [line]}}\n" for at in range(48))
).encode()
TEXT = """\
# What the shift sees.
title: Overview  # on the wall

rows:
  # the tiles
  - height: 5   # lines
    # about panels
    panels:  # these
      - kpi: k0     # main
      # second
      - {kpi: k1,   title: "Two"}\t# tab

      - kpi: k2
        title: three  # t
      # - kpi: old
  # alerts
  - [{alerts: open}, {grid: k1, by: 'line'}]   # both

  - panels:
    - {chart: k4}
    - width: 2  # w
      stack:
        # in
        - {kpi: k3}
        - text: |
            hello
            # no comment
# end
"""


def loaded(data: bytes) -> Loaded:
    return parse_site(SITE, lambda _: {"layouts/overview.yaml": data})


def says(text: str) -> Layout:
    found = loaded(text.encode())
    assert found.site is not None, f"{found.problems}\n{text}"
    return found.site.layouts[0]


def written(text: str, after: Layout) -> str:
    """The file after an edit, which says what was meant."""
    found = edited_text(text, says(text), after, "overview.yaml")
    assert says(found) == after, found
    return found


def changed(text: str, after: Layout) -> tuple[list[str], list[str]]:
    """The lines that went, and those that came."""
    lines = list(difflib.ndiff(text.splitlines(), written(text, after).splitlines()))
    return [line[2:] for line in lines if line[0] == "-"], [line[2:] for line in lines if line[0] == "+"]


def test_what_did_not_change_is_as_it_was() -> None:
    start = says(TEXT)
    assert written(TEXT, start) == TEXT
    assert changed(TEXT, edit.with_title(start, At(0, 0), "All, of it")) == ([], ['        title: "All, of it"'])
    assert changed(TEXT, edit.with_title(start, At(0, 2), "")) == (
        ["        title: three  # t"],
        ["      # t"],
    )
    assert changed(TEXT, edit.heighten(start, At(0, 0), 2, 5)) == (
        ["  - height: 5   # lines"],
        ["  - height: 7   # lines"],
    )
    assert changed(TEXT, edit.widen(start, At(2, 1, 0), 1)) == (["    - width: 2  # w"], ["    - width: 3  # w"])
    assert changed(TEXT, edit.widen(start, At(1, 1), 1)) == (
        ["  - [{alerts: open}, {grid: k1, by: 'line'}]   # both"],
        ["  - [{alerts: open}, {grid: k1, by: 'line', width: 2}]   # both"],
    )
    assert changed(TEXT, edit.add(start, At(1, 0), Panel("bars", of="k5", by="line", most=3))[0]) == (
        ["  - [{alerts: open}, {grid: k1, by: 'line'}]   # both"],
        ["  - [{alerts: open}, {bars: k5, by: line, most: 3}, {grid: k1, by: 'line'}]   # both"],
    )
    assert changed(TEXT, edit.remove(start, At(0, 1))[0]) == (
        ["      # second", '      - {kpi: k1,   title: "Two"}\t# tab'],
        [],
    ), "what was said of a panel goes with it"
    gone, came = changed(TEXT, edit.move(start, At(0, 1), "down")[0])
    assert "      # second" in gone
    assert came == [
        "  # both",
        "  - panels:",
        "      - {alerts: open}",
        "      # second",
        '      - {kpi: k1,   title: "Two"}\t# tab',
        "      - {grid: k1, by: 'line'}",
    ]
    gone, came = changed(TEXT, edit.move(start, At(2, 1, 1), "right")[0])
    assert came[-4:] == ["    - text: |", "        hello", "        # no comment"] or "    - text: |" in came


@pytest.mark.parametrize(
    "text",
    [
        "rows: [[{kpi: k0}, {alerts: open}], {height: 4, panels: [{stack: [{kpi: k1}, {kpi: k2}], width: 2}]}]  # c\n",
        "rows:\n- - kpi: k0  # c\n  - alerts: open\n-   - chart: k1\n",
        "rows:\n  -\n    # c\n    height: 3\n    panels: [\n      {kpi: k0},\n      {alerts: open}, # d\n    ]\n"
        "  - [{kpi: k1}]\ntitle: After\n",
        "rows:\n  - panels:\n    - kpi: k0\n    - >-\n      x\n".replace(
            "    - >-\n      x\n", "    - text: >-\n        a\n"
        ),
        'rows:\n  - {panels: [{text: "a\n      b # no"}, {kpi: k1}], height: 3}\n',
        "rows:\n  - [{kpi: k0}, {kpi: k1}]",
    ],
)
def test_each_way_to_write_rows(text: str) -> None:
    start = says(text)
    for name, step in STEPS.items():
        for at in edit.spots(start):
            try:
                after, _ = step(start, at)
            except CannotEditError:
                continue
            if name == "add":
                after = edit.add(start, at, Panel("chart", of="k7", by="line"))[0]
            found = written(text, after)
            if name != "remove":
                assert _notes(found) == _notes(text), f"{name} {at}:\n{found}"


def test_rows_in_brackets_stay_so_where_they_fit() -> None:
    text = "rows: [[{kpi: k0}, {alerts: open}], [{sources: all}]]  # c\n"
    assert written(text, edit.move(says(text), At(0, 0), "right")[0]) == (
        "rows: [[{alerts: open}, {kpi: k0}], [{sources: all}]]  # c\n"
    )


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    data = b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()
    start = loaded(data).site
    assert start is not None
    after = edit.add(start.layouts[0], At(0, 0), Panel("sources"))[0]
    found = edited_bytes(data, start.layouts[0], after, "overview.yaml")
    assert found.startswith(b"\xef\xbb\xbf# What")
    assert found.count(b"\n") == found.count(b"\r\n") == data.count(b"\n") + 1
    again = loaded(found).site
    assert again is not None
    assert again.layouts[0] == after
    with pytest.raises(CannotWriteError, match="have all end alike"):
        edited_bytes(data + b"# more\n", start.layouts[0], after, "overview.yaml")


def test_aliases_stay_where_they_can() -> None:
    text = "rows:\n  - [&tile {kpi: k0}, {alerts: open}]  # a\n  - panels:\n      - *tile  # again\n      - {kpi: k1}\n"
    start = says(text)
    after = edit.move(start, At(1, 1), "left")[0]
    assert "- *tile  # again" in written(text, after)
    after = edit.with_title(start, At(1, 0), "Other")
    assert "- {kpi: k0, title: Other}  # again" in written(text, after), "the one that differs has a text of its own"
    after = edit.with_title(start, At(0, 0), "First")
    found = edited_text(text, start, after, "overview.yaml")
    assert says(found) != after, "the alias would change with it: whoever writes reads it again, and sees that"
    with pytest.raises(CannotWriteError, match=r"overview\.yaml:1: the whole file is written in braces"):
        edited_text("{rows: [[{kpi: k0}]]}", says("{rows: [[{kpi: k0}]]}"), start, "overview.yaml")


def test_a_layout_that_has_no_file_is_written_as_one() -> None:
    start = says(TEXT)
    text = layout_text(start)
    assert says(text) == start
    assert text.startswith("title: Overview\nrows:\n  - {height: 5, panels: [{kpi: k0}, {kpi: k1, title: Two}, ")
    untitled = replace(start, title=start.name)
    assert layout_text(untitled).startswith("rows:\n")
    assert says(layout_text(untitled)) == untitled


# --- random files, random edits ----------------------------------------------------------------------------------


def _notes(text: str) -> list[str]:
    return sorted(re.findall(r"# [a-z][a-z0-9]*", text))


class Maker:
    """A random commented layout file; comments are named after what they belong to."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.count = 0
        self.lines: list[str] = []

    def chance(self, part: float) -> bool:
        return self.dice.random() < part

    def behind(self, name: str) -> str:
        return f"{' ' * self.dice.randint(1, 3)}# {name}" if self.chance(0.4) else ""

    def above(self, name: str, column: int) -> None:
        if self.chance(0.15):
            self.lines.append("")
        if self.chance(0.3):
            self.lines.append(f"{' ' * column}# {name}")

    def flow(self) -> str:
        at, self.count = self.count, self.count + 1
        kind = self.dice.choice(["kpi", "chart", "gauge", "number"])
        gap = " " * self.dice.randint(1, 2)
        title = self.dice.choice(["", f',{gap}title: "T {at}"', ", title: 'it''s'"])
        return f"{{{kind}:{gap}k{at}{title}}}"

    def panel(self, column: int) -> None:
        name, pad = f"p{self.count}", " " * column
        self.above(name + "a", column)
        if self.chance(0.5):
            self.lines.append(f"{pad}- {self.flow()}{self.behind(name + 'b')}")
            return
        at, self.count = self.count, self.count + 1
        if self.chance(0.2):
            self.lines += [f"{pad}- text: |", f"{pad}    text {at}", f"{pad}      #none of k{at}", f"{pad}  title: T"]
            return
        self.lines.append(f"{pad}- chart: k{at}{self.behind(name + 'b')}")
        if self.chance(0.5):
            self.lines.append(f"{pad}  title: Title {at}{self.behind(name + 'c')}")

    def stack(self, column: int, number: int) -> None:
        pad = " " * column
        name = f"r{number}s{self.count}"
        self.above(name + "a", column)
        if self.chance(0.3):
            self.lines.append(f"{pad}- {{stack: [{self.flow()}, {self.flow()}], width: 2}}{self.behind(name + 'b')}")
            return
        first = "- "
        if self.chance(0.5):
            self.lines.append(f"{pad}- width: {self.dice.randint(1, 3)}{self.behind(name + 'w')}")
            first = "  "
        self.lines.append(f"{pad}{first}stack:{self.behind(name + 'h')}")
        for _ in range(self.dice.randint(1, 3)):
            self.panel(column + 4)

    def row(self, number: int, dash: int) -> None:
        pad, name = " " * dash, f"r{number}"
        self.above(name + "a", dash)
        if self.chance(0.3):
            listed = ", ".join(self.flow() for _ in range(self.dice.randint(1, 3)))
            self.lines.append(f"{pad}- [{listed}]{self.behind(name + 'b')}")
            return
        first = "- "
        if self.chance(0.5):
            self.lines.append(f"{pad}- height: {self.dice.randint(1, 9)}{self.behind(name + 'h')}")
            first = "  "
        self.lines.append(f"{pad}{first}panels:{self.behind(name + 'p')}")
        column = dash + self.dice.choice([2, 4])
        for _ in range(self.dice.randint(1, 3)):
            if self.chance(0.3):
                self.stack(column, number)
            else:
                self.panel(column)
        if self.chance(0.2):
            self.lines.append(f"{pad}    # {name}t")

    def text(self) -> str:
        self.lines = ["# head", "title: Overview  # title", "rows:" + self.behind("rows")]
        dash = self.dice.choice([0, 2])
        for number in range(self.dice.randint(1, 4)):
            self.row(number, dash)
        return "\n".join([*self.lines, "# end"]) + "\n"


def _kept(before: Layout, after: Layout, note: str) -> bool:
    """Whether what a comment belongs to is there yet: its panel, or one of the panels of its row."""
    left = {(panel.of or panel.text[5:].split("\n")[0]).removeprefix("k") for panel in _all(after)}
    if found := re.match(r"# p(\d+)[abc]", note):
        return found[1] in left
    if found := re.match(r"# r(\d+)", note):
        row = replace(before, rows=(before.rows[int(found[1])],))
        names = {(panel.of or panel.text[5:].split("\n")[0]).removeprefix("k") for panel in _all(row)}
        return bool(names & left)
    return True


def _all(found: Layout) -> list[Panel]:
    return [edit.panel_at(found, at) for at in edit.spots(found)]


@settings(max_examples=40, deadline=None)
@example(284630346, [("any height", 3), ("title", 27), ("remove", 12), ("up", 5), ("up", 11)])  # a stack's row goes
@given(
    seed=st.integers(0, 2**32),
    steps=st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 30)), min_size=1, max_size=6),
)
def test_random_edits_of_random_files(seed: int, steps: list[tuple[str, int]]) -> None:
    text = Maker(seed).text()
    start = says(text)
    after = start
    for name, number in steps:
        known = edit.spots(after)
        try:
            if name == "add":
                after, _ = edit.add(after, known[number % len(known)], Panel("chart", of=f"k{40 + number % 4}"))
            else:
                after, _ = STEPS[name](after, known[number % len(known)])
        except CannotEditError:
            continue
    found = written(text, after)
    there = _notes(found)
    for note in _notes(text):
        if _kept(start, after, note):
            assert note in there, f"{note} is gone\n{text}\n--- became\n{found}"
    assert len(set(there)) == len(there) or sorted(there) == _notes(text), f"a comment stands twice\n{found}"
    assert written(found, start).count("#") <= text.count("#") + 24, "and back again"


def test_stacks_keep_their_comments() -> None:
    start = says(TEXT)
    assert isinstance(start.rows[2].panels[1], Stack)
    found = written(TEXT, edit.move(start, At(2, 1, 0), "left")[0])
    assert _notes(found) == _notes(TEXT)
