"""The journal worked through page by page, while others write."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsconsole.journal import pages
from opsconsole.journal.journal import Entry, Journal


def moved(at: float, alert: str, after: str = "UNACK", kind: str = "alert") -> Entry:
    return Entry(actor="system", kind=kind, object=alert, what="raised", after=after, data={"at": at}, site_time=at)


def read(journal: Journal, since: float) -> list[str]:
    return [each.object for page in pages.pages(journal.path, "alert", since) for each in page.records]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_all_records_come_once_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(pages, "PAGE", size)
    journal = Journal.open(tmp_path / "journal.sqlite")
    assert read(journal, 0.0) == []
    journal.append([moved(float(at), f"a{at}") for at in range(7)])
    journal.append([moved(7.0, "x", kind="retry"), moved(8.0, "a8"), moved(9.0, "y", kind="retry")])
    assert read(journal, 0.0) == ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a8"]
    assert read(journal, 5.0) == ["a5", "a6", "a8"]
    assert read(journal, 8.5) == []
    done = [page.done for page in pages.pages(journal.path, "alert", 0.0)]
    assert done == sorted(done)
    assert done[-1] == 1.0
    journal.close()


def test_what_is_written_meanwhile_is_for_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE", 2)
    journal = Journal.open(tmp_path / "journal.sqlite")
    journal.append([moved(float(at), f"a{at}") for at in range(5)])
    found = []
    for page in pages.pages(journal.path, "alert", 0.0):
        found += [each.object for each in page.records]
        journal.append([moved(9.0, "later")])
        # nothing that reads is open, so that what was written can be moved out of the log beside the file
        assert journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    assert found == ["a0", "a1", "a2", "a3", "a4"]
    journal.close()


def test_where_time_has_jumped_back_nothing_is_left_out(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.sqlite")
    journal.append([moved(at, f"a{at:g}") for at in (10.0, 20.0, 5.0, 30.0)])
    assert read(journal, 15.0) == ["a20", "a5", "a30"]
    journal.close()


def test_how_things_stood_before(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.sqlite")
    assert pages.begun(journal.path) is None
    journal.append([moved(5.0, "x", kind="retry"), moved(10.0, "a"), moved(20.0, "b"), moved(30.0, "a", "NORM")])
    assert pages.begun(journal.path) == 5.0
    assert [each.object for each in pages.standing(journal.path, "alert", 25.0, "NORM")] == ["a", "b"]
    assert [each.object for each in pages.standing(journal.path, "alert", 30.0, "NORM")] == ["b"]
    journal.close()
