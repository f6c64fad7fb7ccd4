"""More habits (see `habits`): of those who move files, name them oddly, and rearrange folders."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.tables.folder import Folder
from tests.tables.habits import HABITS, HEAD, habit, lines, wanted
from tests.waiting import until

__all__ = ["HABITS"]


# --- files that move -----------------------------------------------------------------------------------------------


@habit
def moved_in_and_out(watched: Folder) -> Iterator[list[str]]:
    outside = watched.root / "outside.csv"
    outside.write_text(HEAD + lines(1, 3))
    outside.rename(watched.place / "a.csv")
    yield wanted(1, 3)
    (watched.place / "a.csv").rename(outside)
    yield []


@habit
def moved_to_another_source(watched: Folder) -> Iterator[list[str]]:
    path = watched.write("a.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    path = path.rename(watched.root / "beside" / "a.csv")
    until(lambda: len(watched.rows("u")) == 100 and not watched.rows("t"))
    path.rename(watched.place / "b.csv")
    until(lambda: len(watched.rows("t")) == 100 and not watched.rows("u"))
    yield wanted(1, 100)


@habit
def deleted(watched: Folder) -> Iterator[list[str]]:
    path = watched.write("a.csv", HEAD + lines(1, 5))
    watched.write("b.csv", HEAD + lines(6, 7))
    yield wanted(1, 7)
    path.unlink()
    yield wanted(6, 7)


@habit
def renamed_in_its_case_alone(watched: Folder) -> Iterator[list[str]]:
    path = watched.write("data.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    path.rename(watched.place / "Data.csv")
    until(lambda: [file.path for file in watched.store.files()] == ["in/Data.csv"])
    watched.append("Data.csv", lines(101, 101))
    yield wanted(1, 101)


@habit
def hidden_until_it_is_done(watched: Folder) -> Iterator[list[str]]:
    hidden = watched.write(".a.csv", HEAD + lines(1, 3))
    watched.write("b.csv", HEAD + lines(4, 5))
    yield wanted(4, 5)
    hidden.rename(watched.place / "a.csv")
    yield wanted(1, 5)


# --- names ---------------------------------------------------------------------------------------------------------


@habit
def a_name_that_is_not_utf8(watched: Folder) -> Iterator[list[str]]:
    path = Path(os.fsdecode(os.fsencode(watched.place) + b"/caf\xe9.csv"))
    path.write_text(HEAD + lines(1, 100))
    yield wanted(1, 100)
    with path.open("a") as stream:
        stream.write(lines(101, 101))
    yield wanted(1, 101)


@habit
def a_name_of_two_lines(watched: Folder) -> Iterator[list[str]]:
    watched.write("two\nlines.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    watched.append("two\nlines.csv", lines(101, 101))
    yield wanted(1, 101)


# --- folders -------------------------------------------------------------------------------------------------------


@habit
def a_folder_made_with_content(watched: Folder) -> Iterator[list[str]]:
    for number in range(1, 30):
        watched.write(f"d{number}/e/f.csv", HEAD + lines(number, number))
    yield wanted(1, 29)
    watched.append("d7/e/f.csv", lines(30, 30))
    yield wanted(1, 30)


@habit
def a_folder_moved_in_and_out(watched: Folder) -> Iterator[list[str]]:
    other = watched.root / "other"
    (other / "deep").mkdir(parents=True)
    (other / "deep" / "a.csv").write_text(HEAD + lines(1, 100))
    other.rename(watched.place / "came")
    yield wanted(1, 100)
    watched.append("came/deep/a.csv", lines(101, 101))
    yield wanted(1, 101)
    (watched.place / "came").rename(watched.root / "gone")
    yield []


@habit
def a_folder_renamed(watched: Folder) -> Iterator[list[str]]:
    path = watched.write("x/a.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    path.parent.rename(watched.place / "y")
    until(lambda: [file.path for file in watched.store.files()] == ["in/y/a.csv"])
    watched.append("y/a.csv", lines(101, 101))
    yield wanted(1, 101)


@habit
def the_root_deleted_and_made_again(watched: Folder) -> Iterator[list[str]]:
    watched.write("x/a.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    shutil.rmtree(watched.place)
    yield []
    until(lambda: watched.feed.trouble().get("t") == "folder in is not there")
    assert watched.feed.problem == ""
    watched.write("x/b.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    watched.append("x/b.csv", lines(101, 101))
    yield wanted(1, 101)
    until(lambda: "t" not in watched.feed.trouble())


@habit
def the_root_moved_away_and_another_put_there(watched: Folder) -> Iterator[list[str]]:
    watched.write("a.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    other = watched.root / "other"
    other.mkdir()
    (other / "b.csv").write_text(HEAD + lines(201, 300))
    watched.place.rename(watched.root / "away")
    other.rename(watched.place)
    yield wanted(201, 300)
    watched.append("b.csv", lines(301, 301))
    yield wanted(201, 301)


@habit
def links_in_circles(watched: Folder) -> Iterator[list[str]]:
    watched.write("x/a.csv", HEAD + lines(1, 3))
    (watched.place / "x" / "up").symlink_to(watched.place)
    (watched.place / "self.csv").symlink_to(watched.place / "self.csv")
    (watched.place / "dangling.csv").symlink_to(watched.root / "nowhere.csv")
    yield wanted(1, 3)
    watched.append("x/a.csv", lines(4, 4))
    yield wanted(1, 4)


@habit
def a_deep_tree(watched: Folder) -> Iterator[list[str]]:
    name = "/".join(["d"] * 300) + "/a.csv"
    watched.write(name, HEAD + lines(1, 100))
    yield wanted(1, 100)
    watched.append(name, lines(101, 101))
    yield wanted(1, 101)
