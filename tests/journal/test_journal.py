"""The record that only grows: real files, real faults."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.journal.file import sentence
from opsconsole.journal.journal import Entry, Journal, JournalError
from opsconsole.journal.record import FIRST_HASH


def entry(number: int = 1, kind: str = "alert", object_: str = "late", **data: object) -> Entry:
    return Entry(actor="ana", kind=kind, object=object_, data={"n": number, **data}, site_time=1_000_000.5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal.open(path)
    yield opened
    opened.close()


def test_what_is_appended_is_there_in_order_and_chained(journal: Journal, path: Path) -> None:
    first, second = journal.append([entry(1, text="ä \"'\n"), entry(2)])
    (third,) = journal.append([entry(3)])
    assert (first.seq, second.seq, third.seq) == (1, 2, 3)
    assert (first.prev_hash, second.prev_hash, third.prev_hash) == (FIRST_HASH, first.hash, second.hash)
    assert first.site_time == "1970-01-12T13:46:40.500000+00:00"
    assert first.data == {"n": 1, "text": "ä \"'\n"}
    journal.close()
    again = Journal.open(path)
    assert [record.data["n"] for record in again.records()] == [3, 2, 1]
    assert again.records(limit=1) == [third]
    assert again.verify() is None
    assert again.note == ""
    again.close()


def test_the_settings_that_durability_rests_on(journal: Journal) -> None:
    connection = journal._connection
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_the_last_record_of_each_object(journal: Journal) -> None:
    journal.append(
        [entry(1, object_="a"), entry(2, object_="b"), entry(3, object_="a"), entry(4, kind="note", object_="a")]
    )
    assert [(record.object, record.data["n"]) for record in journal.latest("alert")] == [("b", 2), ("a", 3)]
    assert [record.data["n"] for record in journal.records("alert", "a")] == [3, 1]


def test_nothing_can_be_changed_or_taken_away(journal: Journal, path: Path) -> None:
    journal.append([entry(1)])
    other = sqlite3.connect(path)
    for statement in ("UPDATE journal SET actor = 'eve'", "DELETE FROM journal"):
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            other.execute(statement)
    other.close()


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE journal SET actor = 'eve' WHERE seq = 2", 2),
        ("UPDATE journal SET data = '{\"n\":9}' WHERE seq = 3", 3),
        ("DELETE FROM journal WHERE seq = 2", 2),
        ("DELETE FROM journal WHERE seq = 1", 1),
        ("UPDATE journal SET prev_hash = 'x' WHERE seq = 4", 4),
        ("UPDATE journal SET seq = 9 WHERE seq = 4", 4),
    ],
)
def test_what_is_changed_behind_its_back_shows(journal: Journal, path: Path, statement: str, broken: int) -> None:
    journal.append([entry(number) for number in range(1, 5)])
    other = sqlite3.connect(path)
    other.execute("DROP TRIGGER journal_no_update")
    other.execute("DROP TRIGGER journal_no_delete")
    other.execute(statement)
    other.commit()
    other.close()
    assert journal.verify() == broken


def test_all_or_nothing(journal: Journal) -> None:
    journal.append([entry(1)])
    with pytest.raises(TypeError, match="complex"):
        journal.append([entry(2), entry(3, bad=1j)])
    assert [record.data["n"] for record in journal.records()] == [1]
    journal.append([entry(4)])
    assert journal.verify() is None


def test_nothing_to_say_writes_nothing(journal: Journal) -> None:
    assert journal.append([]) == []
    assert journal.records() == []


# --- trouble ---------------------------------------------------------------------------------------------------


def test_a_full_disk_refuses_and_loses_nothing(journal: Journal) -> None:
    journal.append([entry(1)])
    pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalError, match="is full"):
        journal.append([entry(2, text="x" * 100_000)])
    assert [record.data["n"] for record in journal.records()] == [1]
    journal._connection.execute("PRAGMA max_page_count = 1000000")
    journal.append([entry(3)])
    assert journal.verify() is None


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], capture_output=True, check=False
    )
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    if mounted.returncode != 0:  # no right to mount: the same by a limit on what a file may hold
        resource.setrlimit(resource.RLIMIT_FSIZE, (262_144, limits[1]))
    try:
        journal = Journal.open(place / "journal.sqlite")
        written = 0

        def fill() -> None:
            nonlocal written
            while written < 10_000:
                journal.append([entry(written, text="x" * 1000)])
                written += 1

        with pytest.raises(JournalError) as caught:
            fill()
        assert "full" in str(caught.value) or mounted.returncode != 0
        assert "\n" not in str(caught.value)
        assert written > 10
        assert len(journal.records(limit=99_999)) == written
        assert journal.verify() is None
        journal.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        if mounted.returncode == 0:
            subprocess.run(["umount", str(place)], check=True)


def test_another_program_that_holds_it(journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal._connection.execute("PRAGMA busy_timeout = 30")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="another program holds"):
        journal.append([entry(1)])
    other.execute("ROLLBACK")
    other.close()
    assert journal.append([entry(2)])[0].seq == 1


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal.open(tmp_path / "nowhere" / "journal.sqlite")


def test_a_file_that_may_not_be_written(journal: Journal, path: Path) -> None:
    journal._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(JournalError, match="cannot be written"):
        journal.append([entry(1)])


def test_a_journal_of_a_newer_version_is_left_alone(journal: Journal, path: Path) -> None:
    journal._connection.execute("PRAGMA user_version = 99")
    journal.close()
    with pytest.raises(JournalError, match="newer opsconsole"):
        Journal.open(path)
    assert [one.name for one in path.parent.iterdir() if "damaged" in one.name] == []


def test_a_file_that_is_no_journal_is_set_aside_never_deleted(path: Path) -> None:
    path.write_bytes(b"this was a journal once" * 500)
    journal = Journal.open(path)
    (aside,) = [one for one in path.parent.iterdir() if "damaged" in one.name]
    assert aside.name in journal.note
    assert aside.read_bytes() == b"this was a journal once" * 500
    assert journal.append([entry(1)])[0].seq == 1
    journal.close()


def test_a_damaged_page_is_noticed_when_it_is_opened(path: Path) -> None:
    journal = Journal.open(path)
    journal.append([entry(number, text="x" * 500) for number in range(200)])
    journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    journal.close()
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = os.urandom(4096)
    path.write_bytes(content)
    again = Journal.open(path)
    assert "was damaged" in again.note
    assert again.records() == []
    again.close()
    assert any(one.stat().st_size == len(content) for one in path.parent.iterdir() if "damaged" in one.name)


def test_sentences_are_for_people(tmp_path: Path) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_WRITE"
    assert sentence(tmp_path, error).endswith("the disk reports an error or is full")


def test_what_was_answered_before_kill_is_there_after_it(path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from opsconsole.journal.journal import Entry, Journal
        journal = Journal.open(Path(sys.argv[1]))
        for number in range(100000):
            mine = Entry("ana", "alert", str(number), {"n": number}, 0.0)
            journal.append([mine, Entry("ana", "alert", "x", {}, 0.0)])
            print(number, flush=True)
        """
    )
    child = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    told = [int(child.stdout.readline()) for _ in range(50)]
    child.send_signal(signal.SIGKILL)
    told += [int(line) for line in child.stdout if line.endswith("\n")]
    child.wait(30)
    child.stdout.close()
    journal = Journal.open(path)
    kept = [record.data["n"] for record in reversed(journal.records(limit=999_999)) if record.object != "x"]
    assert kept[: len(told)] == told
    assert len(kept) <= len(told) + 1  # one may have been written and not yet told
    assert len(journal.records(limit=999_999)) == 2 * len(kept)
    assert journal.verify() is None
    journal.close()


def test_two_writers_make_one_chain(path: Path) -> None:
    first, second = Journal.open(path), Journal.open(path)
    for number in range(10):
        first.append([entry(number)])
        second.append([entry(number)])
    assert [record.seq for record in reversed(first.records())] == list(range(1, 21))
    assert second.verify() is None
    assert json.loads(json.dumps(first.records()[0].data)) == {"n": 9}
    first.close()
    second.close()


def moved(seconds: float, object_: str, after: str) -> Entry:
    """An alert that changed at a moment of site time."""
    return Entry(actor="ana", kind="alert", object=object_, data={"after": after}, after=after, site_time=seconds)


def test_the_past_is_what_was_last_written_up_to_then(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.sqlite")
    assert journal.first("alert") is None
    journal.append([moved(10.0, "a", "UNACK"), moved(20.0, "b", "UNACK"), moved(20.0, "a", "ACK")])
    journal.append([moved(30.5, "a", "NORM"), Entry(actor="ana", kind="note", object="a", data={}, site_time=5.0)])

    def then(moment: float, object_: str = "", open_only: bool = False) -> list[tuple[str, str]]:
        found = journal.as_of("alert", moment, object_, "NORM" if open_only else "")
        return [(record.object, record.data["after"]) for record in found]

    assert journal.first("alert") == 10.0
    assert then(9.9) == []
    assert then(10.0) == [("a", "UNACK")]
    assert then(20.0) == [("b", "UNACK"), ("a", "ACK")]
    assert then(30.4) == [("b", "UNACK"), ("a", "ACK")]
    assert then(99.0) == [("b", "UNACK"), ("a", "NORM")]
    assert then(99.0, open_only=True) == [("b", "UNACK")]
    assert then(25.0, "a") == [("a", "ACK")]
    # site time that is played again: what was written later holds
    journal.append([moved(12.0, "a", "RTNUN")])
    assert then(15.0) == [("a", "RTNUN")]
    assert then(10.0) == [("a", "UNACK")]
    journal.close()


def test_looking_back_reads_an_index_alone_to_find_records(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.sqlite")
    plan = journal._connection.execute(
        "EXPLAIN QUERY PLAN SELECT max(seq) FROM journal WHERE kind = 'alert' AND site_time <= '2026' GROUP BY object"
    ).fetchall()
    journal.close()
    assert ["COVERING INDEX journal_moment" in line[3] for line in plan] == [True]


def test_another_thread_looks_back_while_one_writes(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.sqlite")
    found: list[int] = []
    looks = lambda: found.extend(len(journal.as_of("alert", 1e9)) for _ in range(20))  # noqa: E731
    thread = threading.Thread(target=looks, daemon=True)
    thread.start()
    for number in range(40):
        journal.append([moved(float(number), f"a{number}", "UNACK")])
    thread.join(60)
    assert len(found) == 20
    assert found == sorted(found)
    assert len(journal.as_of("alert", 1e9)) == 40
    journal.close()


def test_what_was_lately_is_counted_from_the_newest_record(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.sqlite")
    assert journal.lately("alert", 60.0) == []
    journal.append([moved(float(at), f"a{at}", "UNACK") for at in (0, 40, 41, 90, 100)])
    journal.append([Entry("ana", "retry", "x", {}, 500.0)])
    assert [record.object for record in journal.lately("alert", 60.0)] == ["a40", "a41", "a90", "a100"]
    journal.close()
