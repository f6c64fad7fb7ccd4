"""Every habit of those who write files, on a real folder: the table follows, by events alone and by scans alone.

A habit is a generator: it does something to the folder, and yields which ids the table must come to hold. Nobody asks
the feed for a scan here: with events the full scan is an hour away, with `watch: poll` no event is heard (I6).
"""

from __future__ import annotations

import contextlib
import gzip
import mmap
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from opsconsole.site.model import Scan, Source
from tests.tables.folder import Folder, folder
from tests.waiting import until

HEAD = "id,name,qty\n"
Habit = Callable[[Folder], Iterator[list[str]]]
HABITS: list[Habit] = []
EVENTS = Scan(hot=0.1, full=3600.0)
POLL = Scan(hot=0.1, full=0.4)


def habit(function: Habit) -> Habit:
    """Run it in both ways."""
    HABITS.append(function)
    return function


def lines(first: int, last: int) -> str:
    """Records `first` to `last`."""
    return "".join(f"r{i:05},name {i:05},{i % 9}\n" for i in range(first, last + 1))


def wanted(first: int, last: int) -> list[str]:
    """The ids of `lines`."""
    return [f"r{i:05}" for i in range(first, last + 1)]


def ids(watched: Folder) -> list[str]:
    """The ids in all tables, sorted; a column that is not there yet counts as none."""
    found = []
    for source, columns in watched.store.schemas().items():
        if "id" in columns:
            found += [row[0] for row in watched.rows(source, "id")]
    return sorted(found)


def overwrite(path: Path, old: str, new: str) -> None:
    """Change bytes in place."""
    with path.open("r+b") as stream:
        at = stream.read().index(old.encode())
        stream.seek(at)
        stream.write(new.encode())


@pytest.mark.parametrize("way", ["events", "poll"])
@pytest.mark.parametrize("habit", HABITS, ids=lambda function: function.__name__)
def test_the_table_follows(tmp_path: Path, habit: Habit, way: str) -> None:
    poll = way == "poll"
    sources = [
        Source(name, (pattern,), watch="poll" if poll else "events", scan=POLL if poll else EVENTS)
        for name, pattern in (("t", "in/**/*.csv*"), ("u", "beside/*.csv"))
    ]
    (tmp_path / "beside").mkdir()
    with folder(tmp_path, *sources) as watched:
        assert watched.feed.wait_settled(20)
        for expected in habit(watched):
            until(lambda expected=expected: ids(watched) == sorted(expected), 20, f"{ids(watched)[:5]}")  # type: ignore[misc]
        assert watched.feed.wait_settled(20)
        watched.check_fresh()


# --- files that come and grow ------------------------------------------------------------------------------------


@habit
def created(watched: Folder) -> Iterator[list[str]]:
    watched.write("a.csv", HEAD + lines(1, 3))
    yield wanted(1, 3)


@habit
def appended(watched: Folder) -> Iterator[list[str]]:
    watched.write("a.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    for number in range(101, 105):
        watched.append("a.csv", lines(number, number))
        yield wanted(1, number)


@habit
def split_inside_a_line(watched: Folder) -> Iterator[list[str]]:
    watched.write("a.csv", HEAD + lines(1, 100) + "r001")
    watched.append("a.csv", "01,later,101\n")
    yield wanted(1, 101)


@habit
def split_inside_a_character(watched: Folder) -> Iterator[list[str]]:
    text = (HEAD + lines(1, 100) + "r00101,北京,1\n").encode()
    cut = text.index("京".encode()) + 1
    watched.write("a.csv", text[:cut])
    until(lambda: len(ids(watched)) >= 100)
    watched.append("a.csv", text[cut:])
    yield wanted(1, 101)
    assert ("r00101", "北京", 1) in watched.rows()


@habit
def split_inside_a_quoted_field(watched: Folder) -> Iterator[list[str]]:
    watched.write("a.csv", HEAD + lines(1, 100) + 'r00101,"two\nli')
    until(lambda: len(ids(watched)) >= 100)
    watched.append("a.csv", 'nes",7\n' + lines(102, 102))
    yield wanted(1, 102)
    assert ("r00101", "two\nlines", 7) in watched.rows()


@habit
def kept_open_by_its_writer(watched: Folder) -> Iterator[list[str]]:
    with (watched.place / "a.csv").open("w") as stream:
        stream.write(HEAD)
        for number in range(1, 5):
            stream.write(lines(number, number))
            stream.flush()
            yield wanted(1, number)


@habit
def late_and_out_of_order(watched: Folder) -> Iterator[list[str]]:
    watched.write("b.csv", HEAD + lines(50, 60))
    yield wanted(50, 60)
    watched.write("a.csv", HEAD + lines(1, 9))
    yield wanted(1, 9) + wanted(50, 60)
    watched.append("b.csv", lines(10, 12))
    yield wanted(1, 12) + wanted(50, 60)


@habit
def stamped_in_the_future(watched: Folder) -> Iterator[list[str]]:
    path = watched.write("a.csv", HEAD + lines(1, 100))
    os.utime(path, (4_000_000_000, 4_000_000_000))
    yield wanted(1, 100)
    watched.append("a.csv", lines(101, 101))
    os.utime(path, (4_000_000_000, 4_000_000_000))
    yield wanted(1, 101)


@habit
def a_clock_that_goes_wrong(watched: Folder) -> Iterator[list[str]]:
    path = watched.write("a.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    watched.append("a.csv", lines(101, 101))
    os.utime(path, (86400, 86400))
    yield wanted(1, 101)
    watched.append("a.csv", lines(102, 102))
    os.utime(path, (86400, 86400))
    yield wanted(1, 102)


# --- files that are written anew -----------------------------------------------------------------------------------


@habit
def written_beside_and_renamed(watched: Folder) -> Iterator[list[str]]:
    for first in (1, 50, 100):
        watched.write("a.csv.tmp", HEAD + lines(first, first + 9)).replace(watched.place / "a.csv")
        yield wanted(first, first + 9)


@habit
def truncated_to_nothing(watched: Folder) -> Iterator[list[str]]:
    path = watched.write("a.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    os.truncate(path, 0)
    yield []
    watched.append("a.csv", HEAD + lines(7, 9))
    yield wanted(7, 9)


@habit
def truncated_to_shorter(watched: Folder) -> Iterator[list[str]]:
    path = watched.write("a.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    os.truncate(path, len(HEAD + lines(1, 40)))
    yield wanted(1, 40)


@habit
def copied_and_truncated(watched: Folder) -> Iterator[list[str]]:
    path = watched.write("a.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    shutil.copy(path, watched.place / "a.1.csv")
    os.truncate(path, 0)
    watched.append("a.csv", HEAD + lines(101, 103))
    yield wanted(1, 103)


@habit
def rotated_and_packed(watched: Folder) -> Iterator[list[str]]:
    path = watched.write("a.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    old = path.rename(watched.place / "a.1.csv")
    watched.write("a.csv", HEAD + lines(101, 103))
    yield wanted(1, 103)
    part = watched.place / "a.1.csv.tmp"
    part.write_bytes(gzip.compress(old.read_bytes()))
    part.rename(watched.place / "a.1.csv.gz")
    old.unlink()
    until(lambda: sorted(file.path for file in watched.store.files()) == ["in/a.1.csv.gz", "in/a.csv"])
    yield wanted(1, 103)


@habit
def rewritten_to_the_same_size(watched: Folder) -> Iterator[list[str]]:
    watched.write("a.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    watched.write("a.csv", HEAD + lines(201, 300))
    yield wanted(201, 300)


@habit
def rewritten_with_its_time_restored(watched: Folder) -> Iterator[list[str]]:
    path = watched.write("a.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    before = path.stat()
    overwrite(path, "r00050", "r99950")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    yield [*wanted(1, 49), "r99950", *wanted(51, 100)]


@habit
def edited_in_the_middle(watched: Folder) -> Iterator[list[str]]:
    path = watched.write("a.csv", HEAD + lines(1, 2000))
    yield wanted(1, 2000)
    overwrite(path, "r01000", "r99999")
    yield [*wanted(1, 999), *wanted(1001, 2000), "r99999"]


@habit
def a_big_file_edited_in_the_middle(watched: Folder) -> Iterator[list[str]]:
    filler = "x" * 500
    text = HEAD + "".join(f"r{i:05},{filler},{i}\n" for i in range(9000))
    path = watched.write("a.csv", text)
    assert path.stat().st_size > 4 << 20
    yield wanted(0, 8999)
    overwrite(path, "r04567", "r99999")
    yield [*wanted(0, 4566), *wanted(4568, 8999), "r99999"]


@habit
def made_again_with_the_same_inode(watched: Folder) -> Iterator[list[str]]:
    path = watched.write("a.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    path.unlink()
    watched.write("a.csv", HEAD + lines(201, 320))
    yield wanted(201, 320)


@habit
def written_through_memory(watched: Folder) -> Iterator[list[str]]:
    path = watched.write("a.csv", HEAD + lines(1, 100))
    yield wanted(1, 100)
    with path.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as memory:
        at = memory.find(b"r00050")
        memory[at : at + 6] = b"r99950"
        memory.flush()
        yield [*wanted(1, 49), "r99950", *wanted(51, 100)]


@habit
def written_through_a_symbolic_link(watched: Folder) -> Iterator[list[str]]:
    target = watched.root / "target.csv"
    target.write_text(HEAD + lines(1, 100))
    (watched.place / "link.csv").symlink_to(target)
    yield wanted(1, 100)
    with target.open("a") as stream:
        stream.write(lines(101, 101))
    yield wanted(1, 101)


@habit
def written_through_another_name(watched: Folder) -> Iterator[list[str]]:
    target = watched.root / "target.csv"
    target.write_text(HEAD + lines(1, 100))
    (watched.place / "link.csv").hardlink_to(target)
    yield wanted(1, 100)
    with target.open("a") as stream:
        stream.write(lines(101, 101))
    yield wanted(1, 101)


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


# --- more than one source, and what is not a change -----------------------------------------------------------------


@pytest.mark.parametrize("way", ["events", "poll"])
def test_two_sources_share_a_file(tmp_path: Path, way: str) -> None:
    poll = way == "poll"
    sources = [
        Source(name, ("in/*.csv",), watch="poll" if poll else "events", scan=POLL if poll else EVENTS)
        for name in ("t", "u")
    ]
    with folder(tmp_path, *sources) as watched:
        path = watched.write("a.csv", HEAD + lines(1, 100))
        until(lambda: ids(watched) == sorted(wanted(1, 100) * 2))
        watched.append("a.csv", lines(101, 101))
        until(lambda: ids(watched) == sorted(wanted(1, 101) * 2))
        path.rename(watched.place / "b.csv")
        until(lambda: [file.path for file in watched.store.files()] == ["in/b.csv"] * 2)
        assert ids(watched) == sorted(wanted(1, 101) * 2)
        (watched.place / "b.csv").unlink()
        until(lambda: ids(watched) == [])


@pytest.mark.parametrize("way", ["events", "poll"])
def test_touching_and_permissions_change_nothing(tmp_path: Path, way: str) -> None:
    poll = way == "poll"
    source = Source("t", ("in/*.csv",), watch="poll" if poll else "events", scan=POLL if poll else EVENTS)
    with folder(tmp_path, source) as watched:
        path = watched.write("a.csv", HEAD + lines(1, 100))
        os.utime(path, (86400, 86400))
        until(lambda: len(ids(watched)) == 100)
        watched.settle()
        version, arrived = watched.store.data_version, watched.query("SELECT arrived, generation FROM _ops.files")
        path.touch()
        path.chmod(0o640)
        key = path.stat()
        seen = "SELECT count(*) FROM _ops.files WHERE mtime_ns = ? AND ctime_ns = ?"
        with contextlib.closing(watched.store.cursor()) as cursor:
            until(lambda: cursor.execute(seen, [key.st_mtime_ns, key.st_ctime_ns]).fetchall() == [(1,)])
        watched.settle()
        assert watched.store.data_version == version
        assert watched.query("SELECT arrived, generation FROM _ops.files") == arrived
        assert ids(watched) == wanted(1, 100)
