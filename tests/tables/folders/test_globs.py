"""Patterns: what they find, what they match, and which folders they have to do with are the same thing seen thrice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opsconsole.tables.folders.globs import Pattern, Walk, expand

NAMES = [
    "in/a.csv",
    "in/s/c.csv",
    "in/s/t/d.csv",
    "in/s/t/u/e.csv",
    "in/.h/f.csv",
    "in/.h/s/g.csv",
    "in/s/.i/h.csv",
    "in/s/data/x.csv",
    "in/new\nline/y.csv",
    "in/[z]/q.csv",
]


DEEP = "in/a.csv in/s/c.csv in/s/t/d.csv in/s/t/u/e.csv in/s/data/x.csv in/new\nline/y.csv in/[z]/q.csv"


@pytest.mark.parametrize(
    ("pattern", "hits"),
    [
        ("in/**", DEEP),
        ("in/**/*.csv", DEEP),
        ("in/**/t/*.csv", "in/s/t/d.csv"),
        ("in/**/t/**/*.csv", "in/s/t/d.csv in/s/t/u/e.csv"),
        ("in/*/data/*.csv", "in/s/data/x.csv"),
        ("in/*/data/x.csv", "in/s/data/x.csv"),
        ("in/.h/*.csv", "in/.h/f.csv"),
        ("in/.*/*.csv", "in/.h/f.csv"),
        ("in/[[]z]/*.csv", "in/[z]/q.csv"),
        ("in/?/t/*", "in/s/t/d.csv"),
        ("in/s/t/d.csv", "in/s/t/d.csv"),
        ("in/s", "in/s/c.csv"),
    ],
)  # fmt: skip
def test_found_matched_and_touched(tmp_path: Path, pattern: str, hits: str) -> None:
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    made = Pattern(tmp_path, pattern)
    found = {os.path.relpath(path, tmp_path) for path in expand([made], {})}
    assert found == set(hits.split(" "))
    assert {name for name in NAMES if made.matches(str(tmp_path / name))} == found
    folders = {Path(name).parent for name in found}
    for folder in folders.union(*(each.parents for each in folders)):
        assert made.touches(str(tmp_path / folder)), folder


def test_folders_that_a_pattern_has_nothing_to_do_with(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    flat, deep, some = (Pattern(tmp_path, text) for text in ("in/*.csv", "in/**/*.csv", "in/a*/*.csv"))
    for folder, touched in {
        "in": (True, True, True),
        "in/sub": (False, True, False),
        "in/abc": (False, True, True),
        "in/abc/def": (False, True, False),
        "in/.git/objects/00": (False, False, False),
        "in/abc/.git": (False, False, False),
        "other": (False, False, False),
        "inner": (False, False, False),
        ".": (True, True, True),
    }.items():
        path = os.path.normpath(tmp_path / folder)
        assert (flat.touches(path), deep.touches(path), some.touches(path)) == touched, folder


def test_trouble_is_noted_and_what_is_not_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "a.csv").write_text("")
    patterns = [Pattern(tmp_path, text) for text in ("circle/*.csv", "nowhere/**/*.csv", "*.csv")]
    walk = Walk()
    found = [path for pattern in patterns for path, _ in pattern.files(walk)]
    assert found == [str(tmp_path / "a.csv")]
    assert set(walk.problems) == {str(tmp_path / "circle")}
    assert set(walk.folders) == {str(tmp_path)}


def test_a_tree_deeper_than_any_recursion(tmp_path: Path) -> None:
    folders = ["/".join([str(tmp_path), *["d"] * depth]) for depth in range(1, 1101)]
    for folder in folders:
        os.mkdir(folder)
    Path(folders[-1], "a.csv").write_text("")
    assert list(expand([Pattern(tmp_path, "**/*.csv")], {})) == [f"{folders[-1]}/a.csv"]
    Path(folders[-1], "a.csv").unlink()
    for folder in reversed(folders):  # who tidies up after the tests would not come to its end
        os.rmdir(folder)
