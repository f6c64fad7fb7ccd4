"""The SELECT of a derived source as it is written anew for its view: it has to give what the author's text gives."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from opsconsole.kpis.select import Wrong, parse, written

OWN = "_file INTEGER, _line BIGINT, _time TIMESTAMP"
COLUMNS = {
    "events": ["ts", "machine", "state", "qty", "cost", "tags", "at2", "_file", "_line", "_time"],
    "machines": ["id", "hall", "_file", "_line", "_time"],
}
TEXTS = Path(__file__).parent.parent / "data" / "selects.sql"


@pytest.fixture(scope="module")
def db() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect(":memory:")
    made.execute("SET TimeZone = 'UTC'")
    made.execute("SET threads = 1")
    made.execute(
        "CREATE TABLE events (ts TIMESTAMP, machine VARCHAR, state VARCHAR, qty BIGINT, cost DECIMAL(12, 3), "
        f"tags VARCHAR[], at2 TIMESTAMPTZ, {OWN})"
    )
    made.execute(
        "INSERT INTO events SELECT t, 'M' || i % 5, ['up', 'down', 'idle'][i % 3 + 1], i, i / 3, ['a', 'b'][:i % 3], "
        "timezone('UTC', t), 1, i, t FROM (SELECT range AS i, TIMESTAMP '2026-01-01' + to_minutes(range * 7) AS t "
        "FROM range(60))"
    )
    made.execute(f"CREATE TABLE machines (id VARCHAR, hall VARCHAR, {OWN})")
    made.execute("INSERT INTO machines SELECT 'M' || range, 'H' || range % 2, 2, range, NULL FROM range(4)")
    return made


def test_what_runs_is_what_was_written(db: duckdb.DuckDBPyConnection) -> None:
    texts = TEXTS.read_text(encoding="utf-8").rstrip(";\n").split(";\n")
    assert len(texts) > 60
    for text in texts:
        plain = db.execute(text)
        kinds = [str(column[1]) for column in plain.description]
        expected = sorted(map(repr, plain.fetchall()))
        assert expected, text
        made = written(db, parse(db, text, COLUMNS), COLUMNS)
        assert made != text
        found = db.execute(made)
        assert [str(column[1]) for column in found.description] == kinds, text
        assert sorted(map(repr, found.fetchall())) == expected, text
        db.execute(f"CREATE OR REPLACE VIEW seen AS SELECT * FROM ({made})")
        assert len(db.execute("SELECT * FROM seen").fetchall()) == len(expected), text


def test_whatever_is_too_deep_is_refused_and_not_a_crash(db: duckdb.DuckDBPyConnection) -> None:
    for text in (
        "SELECT * FROM (" * 300 + "SELECT * FROM events" + ")" * 300,
        "SELECT * FROM events WHERE " + "qty IN (SELECT qty FROM events WHERE " * 90 + "true" + ")" * 90,
        "SELECT qty FROM events" + " UNION ALL SELECT qty FROM events" * 500,
        "SELECT * FROM events" + "".join(f" JOIN machines m{n} ON true" for n in range(600)),
        "SELECT " + "list_transform(tags, lambda x: " * 30 + "1" + ")" * 30 + " FROM events",
        "SELECT " + "[" * 400 + "qty" + "]" * 400 + " FROM events",
        "SELECT 1 FROM events" + ", events" * 2000,
    ):
        with pytest.raises(Wrong):
            parse(db, text, COLUMNS)
