"""The journal by SQL: as tables of the ad-hoc queries, brought up to date by number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.engine.adhoc import AdhocError, run_sql
from opsconsole.engine.journal_table import JournalTable
from opsconsole.engine.messages import Table
from opsconsole.journal.journal import Entry, Journal
from opsconsole.tables.store import Store

START = dt.datetime(2026, 6, 24, 6, tzinfo=dt.UTC).timestamp()


def life(alert: str, *steps: tuple[float, str, str], disposition: str = "") -> list[Entry]:
    facts = {"disposition": disposition} if disposition else {}
    rule, _, member = alert.partition("{")
    data = {"alert": {"rule": rule, "labels": {"line": member[5:-1]} if member else {}, "value": 4.5, "facts": facts}}
    return [
        Entry(who, "alert", alert, data, START + at, what, uid=None if who == "system" else 7)
        for at, what, who in steps
    ]


class Desk:
    """A store and a journal, and SQL on both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store.open(folder / "tables.duckdb")
        self.journal = Journal.open(folder / "journal.sqlite")
        self.table = JournalTable(self.journal.path)

    def sql(self, text: str) -> list[tuple[object, ...]]:
        return list(zip(*self.whole(text).data, strict=True))

    def whole(self, text: str) -> Table:
        cursor = self.store.cursor()
        try:
            return run_sql(cursor, text, limit=100, seconds=20, scratch=self.folder, offer=self.table.offer)
        finally:
            cursor.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()
    made.journal.close()


def test_records_are_a_table_that_follows_by_number(desk: Desk) -> None:
    assert desk.sql("SELECT count(*) FROM journal") == [(0,)]
    desk.journal.append(life("late{line=A}", (0, "raised", "system"), (60, "acknowledged", "ana")))
    assert desk.sql("SELECT seq, actor, uid, what, object, rule, site_time FROM journal ORDER BY seq") == [
        (1, "system", None, "raised", "late{line=A}", "late", "2026-06-24 06:00:00"),
        (2, "ana", 7, "acknowledged", "late{line=A}", "late", "2026-06-24 06:01:00"),
    ]
    desk.journal.append([Entry("ben", "retry", "cycles", {"count": 3}, START, "read anew")])
    assert desk.sql("SELECT count(*), max(seq) FROM Journal") == [(3, 3)]
    assert desk.sql("SELECT rule, value, data FROM journal WHERE kind = 'retry'") == [(None, None, '{"count":3}')]
    assert desk.sql("SELECT DISTINCT labels ->> 'line', value, data FROM journal WHERE kind = 'alert'") == [
        ("A", 4.5, None)
    ]


def test_each_occurrence_of_an_alert_is_a_row_of_its_history(desk: Desk) -> None:
    desk.journal.append(
        [
            *life("late{line=A}", (0, "raised", "system"), (60, "acknowledged", "ana"), (90, "cleared", "system")),
            *life("late{line=B}", (10, "raised", "system")),
            *life("late{line=A}", (200, "raised", "system"), (205, "cleared", "system"), (300, "acknowledged", "ben")),
            *life("late{line=A}", (400, "disposed", "ana"), disposition="false-rule"),
            *life("once", (500, "occurred", "system")),
        ]
    )
    found = desk.sql(
        "SELECT alert, rule, number, acknowledged_by, to_acknowledge_s, to_clear_s, disposition "
        "FROM alert_history ORDER BY raised"
    )
    assert found == [
        ("late{line=A}", "late", 1, "ana", 60, 90, None),
        ("late{line=B}", "late", 1, None, None, None, None),
        ("late{line=A}", "late", 2, "ben", 100, 5, "false-rule"),
        ("once", "once", 1, None, None, 0, None),
    ]


def test_a_query_that_runs_beside_the_engine_has_them_too(desk: Desk) -> None:
    desk.journal.append(life("late", (0, "raised", "system")))
    answer = desk.whole("SELECT array_to_string(list(what), ',') AS l FROM journal WHERE object = 'late'")
    assert answer.data == [["raised"]]
    assert "beside the engine" in answer.note


def test_another_journal_in_the_same_place_is_read_anew(desk: Desk) -> None:
    desk.journal.append(life("late", (0, "raised", "system"), (1, "cleared", "system")))
    assert desk.sql("SELECT count(*) FROM journal") == [(2,)]
    desk.journal.close()
    for part in desk.folder.glob("journal.sqlite*"):
        part.unlink()
    desk.journal = Journal.open(desk.folder / "journal.sqlite")
    desk.journal.append(life("other", (0, "raised", "system")))
    assert desk.sql("SELECT seq, object FROM journal") == [(1, "other")]
    assert desk.sql("SELECT count(*) FROM alert_history") == [(1,)]


def test_the_tables_of_the_site_come_first_and_are_not_mixed_up_with_it(desk: Desk) -> None:
    desk.journal.append(life("late", (0, "raised", "system")))
    assert desk.sql("SELECT count(*) FROM alert_history") == [(1,)]
    assert desk.store.schemas() == {}
    desk.store.cursor().execute("CREATE TABLE main.journal AS SELECT 7 AS mine")
    assert desk.sql("SELECT * FROM journal") == [(7,)]


def test_nothing_can_be_changed_by_it(desk: Desk) -> None:
    for text in ("DELETE FROM journal", "DROP VIEW journal", "INSERT INTO journal SELECT * FROM journal"):
        with pytest.raises(AdhocError):
            desk.whole(text)
    with pytest.raises(AdhocError, match="nothing"):
        desk.whole("SELECT nothing FROM journal")
