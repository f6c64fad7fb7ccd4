"""The feed on a real folder with the real watcher: after settling, the table is what the files say."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from opsconsole.site.model import Source
from opsconsole.tables.folders.watch import _Handler
from tests.tables.folder import Folder, folder
from tests.waiting import until

HEAD = "id,name,qty\n"


def lines(first: int, last: int) -> str:
    """Records `first` to `last`."""
    return "".join(f"r{i},name {i},{i}\n" for i in range(first, last + 1))


def ids(watched: Folder) -> list[str]:
    """The ids in the table, by file and line."""
    return [row[0] for row in watched.rows(columns="id")]


def wanted(first: int, last: int) -> list[str]:
    """The ids of `lines`."""
    return [f"r{i}" for i in range(first, last + 1)]


def test_a_new_file_is_taken_without_a_scan(watched: Folder) -> None:
    watched.settle()
    watched.write("a.csv", HEAD + lines(1, 3))
    until(lambda: ids(watched) == wanted(1, 3), 5)
    assert watched.rows() == [("r1", "name 1", 1), ("r2", "name 2", 2), ("r3", "name 3", 3)]
    assert watched.query("SELECT _line FROM t ORDER BY _line") == [(2,), (3,), (4,)]


@pytest.mark.parametrize("size", [10, 200])
def test_appended_lines_are_taken_and_nothing_twice(watched: Folder, size: int) -> None:
    watched.write("a.csv", HEAD + lines(1, size))
    watched.settle()
    for step in range(3):
        watched.append("a.csv", lines(size + step + 1, size + step + 1))
        until(lambda step=step: ids(watched) == wanted(1, size + step + 1), 5)  # type: ignore[misc]
    watched.check_fresh()


def test_only_the_new_bytes_of_a_grown_file_are_read(watched: Folder) -> None:
    watched.write("a.csv", HEAD + lines(1, 200))
    watched.settle()
    watched.append("a.csv", lines(201, 201))
    until(lambda: len(ids(watched)) == 201, 5)
    assert watched.query("SELECT generation FROM _ops.files") == [(1,)]


@pytest.mark.parametrize("young", [True, False])
def test_a_line_in_two_halves_is_one_row(tmp_path: Path, young: bool) -> None:
    with folder(tmp_path, Source("t", ("in/*.csv",), settle=60)) as watched:
        size = 5 if young else 200
        watched.write("a.csv", HEAD + lines(1, size) + "x,he")
        until(lambda: ids(watched) == wanted(1, size))
        assert not watched.feed.settled  # somebody may still be writing that line
        watched.append("a.csv", "llo,1\n")
        until(lambda: watched.rows()[-1:] == [("x", "hello", 1)])
        assert len(watched.rows()) == size + 1


def test_a_character_in_two_halves_is_one_character(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.csv",), settle=60)) as watched:
        text = (HEAD + lines(1, 100) + "x,Grüße 北京,1\n").encode()
        cut = text.index("京".encode()) + 1
        watched.write("a.csv", text[:cut])
        until(lambda: len(ids(watched)) == 100)
        watched.append("a.csv", text[cut:])
        until(lambda: watched.rows()[-1] == ("x", "Grüße 北京", 1))


def test_a_quoted_field_with_a_line_end_in_two_halves_is_one_field(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.csv",), settle=60)) as watched:
        watched.write("a.csv", HEAD + lines(1, 100) + 'x,"two\nlines, ""and')
        until(lambda: len(ids(watched)) == 100)
        watched.append("a.csv", ' quotes""",7\ny,after,8\n')
        until(lambda: len(ids(watched)) == 102)
        assert watched.rows()[-2:] == [("x", 'two\nlines, "and quotes"', 7), ("y", "after", 8)]
        assert watched.query("SELECT _line FROM t WHERE id IN ('x', 'y') ORDER BY 1") == [(102,), (104,)]


def test_a_quiet_last_line_is_taken_and_read_again_when_it_grows(watched: Folder) -> None:
    watched.write("a.csv", HEAD + lines(1, 100) + "x,half,1")
    watched.settle()
    assert watched.rows()[-1] == ("x", "half", 1)
    watched.append("a.csv", "2\ny,b,3\n")
    watched.settle()
    assert watched.rows()[-2:] == [("x", "half", 12), ("y", "b", 3)]
    watched.check_fresh()


def test_an_edit_in_the_middle_of_a_growing_file(watched: Folder) -> None:
    path = watched.write("a.csv", HEAD + lines(1, 2000))
    watched.settle()
    with path.open("r+b") as stream:
        content = stream.read()
        stream.seek(content.index(b"name 1000"))
        stream.write(b"NAME")
        stream.seek(0, 2)
        stream.write(lines(2001, 2001).encode())
    watched.settle()
    assert ("r1000", "NAME 1000", 1000) in watched.rows()
    assert len(ids(watched)) == 2001


def test_a_deleted_file_takes_its_rows_and_its_quarantine_along(watched: Folder) -> None:
    path = watched.write("a.csv", HEAD + lines(1, 5) + "short\n")
    watched.write("b.csv", HEAD + lines(6, 7))
    watched.settle()
    assert watched.store.quarantine()[1] == 1
    path.unlink()
    until(lambda: ids(watched) == wanted(6, 7), 5)
    assert watched.store.quarantine() == ([], 0)
    assert [file.path for file in watched.store.files()] == ["in/b.csv"]


def test_a_renamed_file_keeps_its_rows_and_its_id(watched: Folder) -> None:
    path = watched.write("a.csv", HEAD + lines(1, 100))
    watched.settle()
    before = watched.query("SELECT DISTINCT _file FROM t")
    path.rename(watched.place / "b.csv")
    until(lambda: [file.path for file in watched.store.files()] == ["in/b.csv"], 5)
    watched.append("b.csv", lines(101, 101))
    watched.settle()
    assert watched.query("SELECT DISTINCT _file FROM t") == before
    assert watched.query("SELECT generation FROM _ops.files") == [(1,)]
    assert ids(watched) == wanted(1, 101)


def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("later/on/*.csv",))) as watched:
        watched.settle()
        assert watched.store.schemas() == {}
        (tmp_path / "later" / "on").mkdir(parents=True)
        (tmp_path / "later" / "on" / "a.csv").write_text(HEAD + lines(1, 2))
        until(lambda: ids(watched) == wanted(1, 2), 10)


def test_links_and_overlapping_patterns(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.csv", "in/a*.csv", "in"))) as watched:
        watched.write("a.csv", HEAD + lines(1, 2))
        outside = tmp_path / "target.csv"
        outside.write_text(HEAD + lines(3, 4))
        (watched.place / "link.csv").symlink_to(outside)
        (watched.place / "dangling.csv").symlink_to(tmp_path / "nowhere.csv")
        (watched.place / "circle").symlink_to(watched.place)
        watched.settle()
        assert ids(watched) == wanted(1, 4)
        with outside.open("a") as stream:
            stream.write(lines(5, 5))
        watched.settle()
        assert ids(watched) == wanted(1, 5)


def test_a_name_that_is_not_utf8(watched: Folder) -> None:
    path = os.fsencode(watched.place) + b"/caf\xe9.csv"
    fd = os.open(path, os.O_CREAT | os.O_WRONLY)
    os.write(fd, (HEAD + lines(1, 2)).encode())
    os.close(fd)
    watched.settle()
    assert ids(watched) == wanted(1, 2)
    assert [file.path for file in watched.store.files()] == ["in/caf\\xe9.csv"]
    watched.close()
    watched.open()
    watched.settle()
    assert ids(watched) == wanted(1, 2)


def test_files_that_are_somebody_elses_business(watched: Folder) -> None:
    for name in ("~$a.csv", ".hidden.csv", "a.csv.tmp", "a.csv.part", "a.csv.swp", "a.csv.crdownload", ".~lock.a.csv#"):
        watched.write(name, HEAD + lines(1, 2))
    watched.settle()
    assert watched.store.files() == []


def test_events_are_only_hints(watched: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.settle()
    monkeypatch.setattr(watched.feed, "_hints", _Deaf())
    watched.write("a.csv", HEAD + lines(1, 3))
    watched.settle()
    assert ids(watched) == wanted(1, 3)


def test_lost_events_are_met_by_a_scan(watched: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.settle()
    monkeypatch.setattr(_Handler, "on_any_event", lambda handler, event: None)
    watched.write("a.csv", HEAD + lines(1, 3))
    assert watched.feed.settled  # nothing told it of the file
    logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed; filesystem events were lost")
    until(lambda: ids(watched) == wanted(1, 3), 5)


class _Deaf(set[str]):
    def add(self, element: str) -> None:
        """Lose it."""


def test_nothing_is_read_again_after_reopening(watched: Folder) -> None:
    watched.write("a.csv", HEAD + lines(1, 100))
    watched.write("b.csv", HEAD + lines(101, 150))
    watched.settle()
    before = watched.query("SELECT path, generation, arrived FROM _ops.files ORDER BY path")
    watched.close()
    watched.append("b.csv", lines(151, 152))
    watched.write("c.csv", HEAD + lines(153, 154))
    watched.open()
    watched.settle()
    after = watched.query("SELECT path, generation, arrived FROM _ops.files ORDER BY path")
    assert after[0] == before[0]
    assert after[1][1] == 1
    assert ids(watched) == wanted(1, 154)
    watched.check_fresh()


def test_another_definition_builds_the_table_anew_and_a_removed_source_goes(watched: Folder) -> None:
    watched.write("a.csv", HEAD + lines(1, 3))
    watched.settle()
    watched.feed.replace({"t": Source("t", ("in/*.csv",), columns={"qty": "text"}, settle=0.1)})
    until(lambda: watched.feed.settled and watched.rows() != [] and watched.rows()[0] == ("r1", "name 1", "1"))
    watched.feed.replace({"u": Source("u", ("in/*.csv",), settle=0.1)})
    until(lambda: watched.feed.settled and set(watched.store.schemas()) == {"u"})
    assert {file.source for file in watched.store.files()} == {"u"}
    with pytest.raises(Exception, match="does not exist"):
        watched.query("SELECT * FROM t")


def test_many_small_files_come_in_few_transactions(watched: Folder) -> None:
    watched.settle()
    before = watched.store.data_version
    for number in range(1, 1201):
        (watched.place / f"{number:05}.csv").write_text(HEAD + lines(number, number))
    watched.settle()
    assert ids(watched) == wanted(1, 1200)
    assert watched.store.data_version - before < 300
    assert watched.store.totals()["t"].files == 1200


def test_a_folder_that_cannot_be_read_is_told_until_it_can(tmp_path: Path) -> None:
    closed = tmp_path / "in" / "sub"
    closed.parent.mkdir()
    closed.symlink_to(closed)  # a circle: nobody can read it, not even the superuser
    with folder(tmp_path, Source("t", ("in/sub/*.csv", "in/*.csv"))) as made:
        made.write("a.csv", "x\n1\n")
        made.settle()
        assert made.feed.problem.startswith("in/sub cannot be read: ")
        assert made.rows() == [(1,)]  # nothing else stops
        closed.unlink()
        made.write("sub/b.csv", "x\n2\n")
        made.settle()
        assert made.feed.problem == ""
        assert made.rows() == [(1,), (2,)]
