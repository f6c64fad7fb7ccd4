"""Every habit of those who write files (`test_habits` lets each loose on a folder).

A habit is a generator: it does something to the folder, and yields which ids the table must come to hold.
"""

from __future__ import annotations

import gzip
import mmap
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.tables.folder import Folder
from tests.waiting import until

HEAD = "id,name,qty\n"
Habit = Callable[[Folder], Iterator[list[str]]]
HABITS: list[Habit] = []


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
