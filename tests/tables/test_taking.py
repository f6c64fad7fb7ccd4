"""Long work on one file holds up nobody else's rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsconsole.site.model import Source
from opsconsole.tables import intake
from opsconsole.tables.intake import Outcome
from tests.tables.folder import folder
from tests.waiting import until

LINE = b"2026-01-01 00:00:00,line 1,station 2,12,0,some text that makes the line longer\n"
SOURCES = (Source("big", ("in/big/*.csv",)), Source("log", ("in/log/*.csv",)))


def test_an_append_is_seen_while_a_large_file_is_read(tmp_path: Path) -> None:
    with folder(tmp_path, *SOURCES) as watched:
        watched.write("log/a.csv", "id,v\n1,2\n")
        watched.settle()
        watched.write("big/a.csv", b"ts,line,station,qty,scrap,note\n" + LINE * 2_000_000)
        until(lambda: watched.feed.progress(), 20)
        watched.append("log/a.csv", "2,3\n")
        until(lambda: len(watched.rows("log")) == 2, 20)
        (work,) = watched.feed.progress()  # still reading: the append did not wait for its end
        assert work.source == "big"
        assert 0 <= work.bytes_done < work.bytes_total
        watched.settle()
        assert watched.query("SELECT count(*) FROM big") == [(2_000_000,)]
        assert watched.feed.progress() == []


def test_an_append_to_another_file_of_the_same_source_is_taken_once(tmp_path: Path) -> None:
    head = b"ts,line,station,qty,scrap,note\n"
    with folder(tmp_path, Source("t", ("in/*.csv",))) as watched:
        watched.write("a.csv", head + LINE * 100)
        watched.settle()
        watched.write("b.csv", head + LINE * 1_000_000)
        until(lambda: watched.feed.progress(), 20)
        for _ in range(5):
            watched.append("a.csv", LINE)
        watched.settle()
        assert watched.query("SELECT count(*) FROM t") == [(1_000_105,)]


def test_a_new_file_that_is_told_of_while_it_waits_for_its_transaction_is_taken_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event that it was closed comes when all of it has been read and nothing of it is in the ledger yet."""
    look, told = intake.look, []

    with folder(tmp_path, Source("t", ("in/*.csv",))) as watched:

        def look_and_tell(*given: object) -> Outcome:
            outcome = look(*given)  # type: ignore[arg-type]
            if outcome.take is not None and not told:
                told.append(outcome.take.entry.path)
                watched.feed.file(outcome.take.entry.path)
            return outcome

        monkeypatch.setattr(intake, "look", look_and_tell)
        watched.write("a.csv", b"ts,line,station,qty,scrap,note\n" + LINE * 5_000)
        watched.settle()
        assert told
        assert watched.query("SELECT count(*), count(DISTINCT _file) FROM t") == [(5_000, 1)]
        assert len(watched.store.files()) == 1
