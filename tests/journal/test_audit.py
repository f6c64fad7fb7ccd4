"""The chain of the journal: whatever is done to the file behind the program's back is named, first of all the first."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.journal.audit import head, verify
from opsconsole.journal.file import JournalError, reading, those_aside
from opsconsole.journal.journal import Entry, Journal
from opsconsole.journal.record import COLUMNS, FIRST_HASH

Forge = Callable[[sqlite3.Connection], None]


def entry(number: int) -> Entry:
    return Entry(
        actor="ana",
        uid=1000 + number,
        origin="10.0.0.7",
        kind="alert",
        what="acknowledged",
        object=f"late{{line={number}}}",
        text=f"Linie {number} über 60 s",
        before="UNACK",
        after="ACK",
        reason="known",
        data={"n": number},
        site_time=1_000_000.0 + number,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    journal = Journal.open(tmp_path / "journal.sqlite")
    journal.append([entry(number) for number in range(1, 11)])
    journal.close()
    return tmp_path / "journal.sqlite"


def forge(path: Path, work: Forge) -> None:
    """Do something to the file that the program would not."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("DROP TRIGGER IF EXISTS journal_no_update")
    other.execute("DROP TRIGGER IF EXISTS journal_no_delete")
    work(other)
    other.close()


def sql(*statements: str) -> Forge:
    def work(other: sqlite3.Connection) -> None:
        for statement in statements:
            other.execute(statement)

    return work


def rehashed(seq: int, column: str, value: object, prev: str | None = None) -> Forge:
    """Change a field and write the record's own hash anew."""

    def work(other: sqlite3.Connection) -> None:
        other.execute(f"UPDATE journal SET {column} = ? WHERE seq = ?", (value, seq))
        row = other.execute(f"SELECT {', '.join(COLUMNS[:-1])} FROM journal WHERE seq = ?", (seq,)).fetchone()
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        other.execute("UPDATE journal SET hash = ? WHERE seq = ?", (sha256(text.encode()).hexdigest(), seq))

    return work


def swapped(other: sqlite3.Connection) -> None:
    for statement in ("-4 WHERE seq = 4", "4 WHERE seq = 5", "5 WHERE seq = -4"):
        other.execute(f"UPDATE journal SET seq = {statement}")


def test_a_whole_chain_says_how_many_from_when_to_when(path: Path) -> None:
    found = verify(path)
    assert (found.records, found.broken, found.kept) == (10, None, None)
    with reading(path) as connection:
        first, last, seal = connection.execute("SELECT min(utc), max(utc), max(hash) FROM journal").fetchone()
    assert (found.first, found.last) == (first, last)
    assert found.head == head(path)
    assert found.head is not None
    assert len(seal) == len(found.head.hash) == 64


def test_anyone_can_work_the_hash_out(path: Path) -> None:
    with reading(path) as connection:
        for row in connection.execute(f"SELECT {', '.join(COLUMNS)} FROM journal"):
            text = json.dumps(row[:-1], ensure_ascii=False, separators=(",", ":"))
            assert sha256(text.encode()).hexdigest() == row[-1]


@pytest.mark.parametrize(
    ("work", "seq", "why"),
    [
        *[
            (sql(f"UPDATE journal SET {column} = {value} WHERE seq = 4"), 4, "not what was written")
            for column, value in (
                *((name, "'eve'") for name in COLUMNS if name not in ("seq", "uid", "prev_hash", "hash", "data")),
                ("uid", "0"),
                ("uid", "NULL"),
                ("data", "'{\"n\":9}'"),
                ("prev_hash", "'x'"),
                ("hash", "'x'"),
                ("actor", "CAST(x'ff' AS TEXT)"),
            )
        ],
        (sql("DELETE FROM journal WHERE seq = 4"), 4, "it is missing: after record 3 comes 5"),
        (sql("DELETE FROM journal WHERE seq IN (4, 5)"), 4, "it and all up to 5 are missing: after record 3 comes 6"),
        (sql("DELETE FROM journal WHERE seq = 1"), 1, "it is missing: after record 0 comes 2"),
        (
            sql("DELETE FROM journal WHERE seq = 4", "UPDATE journal SET seq = 4 WHERE seq = 5"),
            4,
            "not what was written",
        ),
        (swapped, 4, "not what was written"),
        (rehashed(4, "actor", "eve"), 5, "does not follow record 4"),
        (rehashed(1, "prev_hash", "1" * 64), 1, "does not begin the chain"),
    ],
)
def test_the_first_broken_link_is_named_with_what_does_not_fit(path: Path, work: Forge, seq: int, why: str) -> None:
    forge(path, work)
    found = verify(path)
    assert found.broken is not None
    assert found.broken.seq == seq
    assert why in found.broken.why
    assert found.records == seq - 1
    assert (found.head.seq if found.head else 0) == seq - 1


def test_it_says_when_and_whose_the_broken_record_is(path: Path) -> None:
    forge(path, sql("UPDATE journal SET reason = 'nothing' WHERE seq = 7"))
    broken = verify(path).broken
    assert broken is not None
    assert (broken.actor, broken.kind, broken.what, broken.object) == ("ana", "alert", "acknowledged", "late{line=7}")
    assert broken.utc.startswith("20")


def test_a_cut_end_shows_only_against_a_head_that_was_kept(path: Path) -> None:
    kept = head(path)
    assert kept is not None
    assert verify(path, kept.hash).kept is True
    assert verify(path, f"{kept.seq}:{kept.hash}").kept is True
    assert verify(path, f"9:{kept.hash}").kept is False
    forge(path, sql("DELETE FROM journal WHERE seq > 8"))
    assert verify(path).broken is None
    assert verify(path, kept.hash).kept is False


def test_all_written_anew_shows_only_against_a_head_that_was_kept(path: Path) -> None:
    kept = head(path)
    assert kept is not None
    path.rename(path.with_name("old"))
    journal = Journal.open(path)
    journal.append([entry(number) for number in range(2, 12)])
    journal.close()
    assert verify(path).broken is None
    assert verify(path, kept.hash).kept is False


def test_a_chain_goes_on_over_records_that_come_while_it_is_looked_through(path: Path) -> None:
    journal = Journal.open(path)
    found = verify(path, told=lambda done, of: None)
    journal.append([entry(11)])
    assert found.records == 10
    assert verify(path).records == 11
    assert journal.verify() is None
    journal.close()


def test_an_empty_journal_holds(tmp_path: Path) -> None:
    Journal.open(tmp_path / "journal.sqlite").close()
    found = verify(tmp_path / "journal.sqlite")
    assert (found.records, found.head, found.broken) == (0, None, None)
    assert head(tmp_path / "journal.sqlite") is None
    assert verify(tmp_path / "journal.sqlite", "0" * 64).kept is False


def test_what_is_no_journal_is_said(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be opened"):
        verify(tmp_path / "none.sqlite")
    sqlite3.connect(tmp_path / "other.sqlite").execute("CREATE TABLE t (x)").connection.commit()
    with pytest.raises(JournalError, match="another version"):
        verify(tmp_path / "other.sqlite")
    (tmp_path / "text.sqlite").write_text("no database at all" * 500)
    with pytest.raises(JournalError, match="damaged"):
        verify(tmp_path / "text.sqlite")


def test_a_journal_of_an_earlier_version_is_set_aside_and_told(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    old = sqlite3.connect(path)
    old.execute("CREATE TABLE journal (seq INTEGER PRIMARY KEY, data TEXT)")
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()
    journal = Journal.open(path)
    (aside,) = those_aside(path)
    assert aside.name in journal.note
    assert "earlier version" in journal.note
    assert sqlite3.connect(aside).execute("SELECT count(*) FROM journal").fetchone() == (0,)
    journal.append([entry(1)])
    assert journal.verify() is None
    journal.close()


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 10), st.sampled_from(COLUMNS[1:-1]), st.text(max_size=5))
def test_no_change_of_any_field_goes_unseen(
    tmp_path_factory: pytest.TempPathFactory, seq: int, column: str, value: str
) -> None:
    path = tmp_path_factory.mktemp("audit") / "journal.sqlite"
    journal = Journal.open(path)
    journal.append([entry(number) for number in range(1, 11)])
    journal.close()
    value = value.encode("utf-8", "replace").decode()
    changed: object = len(value) if column == "uid" else value
    before: list[object] = []

    def work(other: sqlite3.Connection) -> None:
        before.extend(other.execute(f"SELECT {column} FROM journal WHERE seq = ?", (seq,)).fetchone())
        other.execute(f"UPDATE journal SET {column} = ? WHERE seq = ?", (changed, seq))

    forge(path, work)
    found = verify(path)
    assert (found.broken is None) == (before[0] == changed)
    assert found.broken is None or found.broken.seq == seq
    assert FIRST_HASH not in (found.head.hash if found.head else "")
