"""Finding records: the newest first, by words, kind, object, person and time, in pages by number."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.journal.file import JournalError
from opsconsole.journal.journal import Entry, Journal
from opsconsole.journal.search import SOUGHT, Wanted, changes, search

ENTRIES = [
    Entry("system", "alert", "late{line=A}", {}, 100.0, "raised", "A is late", "NORM", "UNACK"),
    Entry("ana", "alert", "late{line=A}", {}, 110.0, "acknowledged", "A is late", "UNACK", "ACK", "", 7, "10.0.0.7"),
    Entry("ben", "procedure", "late{line=A}", {}, 120.0, "ticked", "Straße räumen"),
    Entry("ana", "retry", "cycles", {}, 130.0, "read anew", "100%_done\\.csv", reason="a file was mended"),
    Entry("system", "alert", "late{line=B}", {}, 125.0, "raised", "B is late", "NORM", "UNACK"),  # time went back
    Entry("system", "alert", "late{line=A}", {}, 140.0, "cleared", "A is late", "ACK", "NORM", "back to normal"),
]  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    journal = Journal.open(tmp_path_factory.mktemp("search") / "journal.sqlite")
    journal.append(ENTRIES)
    yield journal.path
    journal.close()


def found(path: Path, wanted: Wanted) -> list[int]:
    return [record.seq for record in search(path, wanted)[0]]


@pytest.mark.parametrize(
    ("wanted", "seqs"),
    [
        (Wanted(), [6, 5, 4, 3, 2, 1]),
        (Wanted("late"), [6, 5, 3, 2, 1]),
        (Wanted("LATE !cleared a"), [5, 3, 2, 1]),
        (Wanted("strasse"), []),
        (Wanted("STRAßE RÄUMEN"), [3]),
        (Wanted("100%_done\\"), [4]),
        (Wanted("%"), [4]),
        (Wanted("_"), [4]),
        (Wanted("10.0.0.7"), [2]),
        (Wanted("mended"), [4]),
        (Wanted("'; DROP TABLE journal; --"), []),
        (Wanted("!late"), [4]),
        (Wanted("!"), []),
        (Wanted(kinds=("procedure",)), [3]),
        (Wanted(kinds=("procedure", "retry")), [4, 3]),
        (Wanted(kinds=("nothing",)), []),
        (Wanted(object="late{line=A}"), [6, 3, 2, 1]),
        (Wanted(object="late{line=A}", kinds=("alert",)), [6, 2, 1]),
        (Wanted(object="late"), []),
        (Wanted(actor="ana"), [4, 2]),
        (Wanted(people=True), [2]),
        (Wanted(since=120.0), [6, 5, 4, 3]),
        (Wanted(until=125.0), [5, 3, 2, 1]),
        (Wanted(since=111.0, until=126.0), [5, 3]),
        (Wanted(since=500.0), []),
        (Wanted(until=5.0), []),
        (Wanted("late", actor="system", kinds=("alert",), until=130.0), [5, 1]),
    ],
    ids=str,
)
def test_what_is_wanted_is_found(path: Path, wanted: Wanted, seqs: list[int]) -> None:
    assert found(path, wanted) == seqs


def test_pages_by_number_hold_all_once_and_say_whether_there_is_more(path: Path) -> None:
    first, more = search(path, Wanted("late", limit=2))
    assert ([record.seq for record in first], more) == ([6, 5], True)
    second, more = search(path, Wanted("late", limit=2, before=5))
    assert ([record.seq for record in second], more) == ([3, 2], True)
    third, more = search(path, Wanted("late", limit=2, before=2))
    assert ([record.seq for record in third], more) == ([1], False)


def test_a_record_comes_back_as_it_was_written(path: Path) -> None:
    record = search(path, Wanted(actor="ana", kinds=("alert",)))[0][0]
    entry = ENTRIES[1]
    for field in ("actor", "kind", "object", "what", "text", "before", "after", "reason", "uid", "origin", "data"):
        assert getattr(record, field) == getattr(entry, field)


def test_the_changes_of_alerts_in_a_stretch_of_time(path: Path) -> None:
    assert [(alert, what, at[11:19]) for alert, what, at in changes(path, ("raised", "cleared"), 101.0, 140.0)] == [
        ("late{line=B}", "raised", "00:02:05"),
        ("late{line=A}", "cleared", "00:02:20"),
    ]


def test_many_records_of_a_kind_and_of_an_object_are_scanned_few_are_found_by_the_index(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for few in (1, 2, 5_000):
        monkeypatch.setattr("opsconsole.journal.search.FEW", few)
        assert found(path, Wanted(kinds=("alert",))) == [6, 5, 2, 1]
        assert found(path, Wanted(object="late{line=A}")) == [6, 3, 2, 1]
        assert found(path, Wanted(kinds=("alert",), limit=1, before=5)) == [2]


def test_a_newest_page_reads_no_more_than_it_shows(path: Path) -> None:
    plan = sqlite3.connect(path).execute("EXPLAIN QUERY PLAN SELECT seq FROM journal ORDER BY seq DESC LIMIT 9")
    assert all("TEMP B-TREE" not in row[3] for row in plan.fetchall())


def test_a_journal_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be opened"):
        search(tmp_path / "none.sqlite", Wanted())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("!aAeBßÄäİ%_\\'", min_size=1, max_size=3), max_size=3).map(" ".join))
def test_words_are_found_as_one_would_by_looking(path: Path, words: str) -> None:
    def has(entry: Entry, word: str) -> bool:
        text = " ".join(str(getattr(entry, column)) for column in SOUGHT)
        if word.isascii():
            return word.lower() in "".join(char.lower() if char.isascii() else char for char in text)
        return word.casefold() in text.casefold()

    wanted = words.split()
    expected = [
        seq
        for seq, entry in reversed(list(enumerate(ENTRIES, 1)))
        if all(not has(entry, word[1:]) if len(word) > 1 and word[0] == "!" else has(entry, word) for word in wanted)
    ]
    assert found(path, Wanted(words)) == expected
