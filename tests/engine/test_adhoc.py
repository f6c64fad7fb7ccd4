from __future__ import annotations

import threading
import time
from pathlib import Path

import duckdb
import pytest

from opsconsole.engine.adhoc import AdhocError, run_sql
from opsconsole.engine.messages import Table

HOSTILE = [
    "INSERT INTO cycles VALUES (1, 2, 'y')",
    "DELETE FROM cycles",
    "DROP TABLE cycles",
    "COPY cycles TO '{out}'",
    "WITH x AS (INSERT INTO cycles VALUES (1, 2, 'y') RETURNING n) SELECT * FROM x",
    "WITH x AS (COPY cycles TO '{out}') SELECT * FROM x",
    "COMMIT; INSERT INTO cycles VALUES (1, 2, 'y')",
    "SELECT 1; DROP TABLE cycles",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT getenv('HOME')",
    "ATTACH '{out}' AS other",
    "SET memory_limit = '1GB'",
    "CREATE TEMP TABLE t AS SELECT 1",
    "INSTALL httpfs",
    "CHECKPOINT",
    "EXPORT DATABASE '{out}'",
    "PRAGMA database_list",
    "",
]
"""What must not be possible; `{out}` is a file that must not come to be."""


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    found = duckdb.connect(":memory:")
    found.execute("CREATE TABLE cycles AS SELECT i AS n, i % 4 AS line, 'x' || i AS tag FROM range(1000) t(i)")
    found.execute("CREATE SCHEMA _ops")
    return found


def sql(
    connection: duckdb.DuckDBPyConnection, text: str, scratch: Path, seconds: float = 20, limit: int = 100
) -> Table:
    return run_sql(connection.cursor(), text, limit=limit, seconds=seconds, scratch=scratch)


def test_a_select_gives_columns_and_says_when_there_is_more(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    table = sql(connection, "SELECT n, tag FROM cycles ORDER BY n", tmp_path, limit=2)
    assert table == Table(
        columns=["n", "tag"], types=["BIGINT", "VARCHAR"], data=[[0, 1], ["x0", "x1"]], truncated=True
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_but_reading_the_tables_is_possible(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, text: str
) -> None:
    out = tmp_path / "out"
    connection.execute("SET enable_external_access = false")
    with pytest.raises(AdhocError) as caught:
        sql(connection, text.format(out=out), tmp_path)
    assert "Traceback" not in str(caught.value)
    assert not out.exists()
    assert connection.execute("SELECT count(*) FROM cycles").fetchone() == (1000,)


def test_a_mistake_is_told_with_its_place(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(AdhocError, match=r"syntax error .* at character 15"):
        sql(connection, "SELECT count( FROM cycles", tmp_path)
    for text, at in (
        ("SELECT 'é日', count( FROM cycles", "FROM"),
        ("SELECT colour FROM cycles", "colour"),
        ("SELECT 'é日',\n  (SELECT x.colour FROM cycles x)", "x.colour"),
        ("SELECT n FROM cycles JOIN nowhere USING (n)", "nowhere"),
        ("SELECT n, foo(n) FROM cycles", "foo"),
        ("SELECT n, list_sort([colour]) FROM cycles", "colour"),
        (f"SELECT {'n, ' * 80} cast(tag AS INT) FROM cycles", "cast"),
        ("SELECT n,\n tag::DATE FROM cycles", "::DATE"),
    ):
        with pytest.raises(AdhocError, match=rf"at character {text.index(at) + 1}$") as caught:
            sql(connection, text, tmp_path)
        assert "LINE" not in str(caught.value)


def test_a_long_statement_is_stopped_and_the_connection_lives_on(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(AdhocError, match="stopped after"):
        sql(
            connection,
            "SELECT count(*) FROM cycles a, cycles b, cycles c, cycles d WHERE a.n < b.n",
            tmp_path,
            seconds=0.3,
        )
    assert sql(connection, "SELECT max(n) FROM cycles", tmp_path).data == [[999]]


def test_functions_that_cannot_be_interrupted_run_in_a_child(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    table = sql(
        connection,
        "SELECT list_sum(list_transform(range(4), lambda x: x * line)) s, n FROM cycles WHERE n = 3",
        tmp_path,
    )
    assert table.data == [[18], [3]]
    assert "copy of the tables" in table.note
    assert not list(tmp_path.iterdir()), "the copy is removed"


@pytest.mark.parametrize(
    "hog", ["SELECT list_sort(range(300000000))[1] FROM cycles", "SELECT pg_sleep(60) FROM cycles"]
)
def test_a_hog_is_killed_while_the_engine_works_on(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, hog: str
) -> None:
    answers: list[str] = []

    def work() -> None:
        with pytest.raises(AdhocError) as caught:
            sql(connection, hog, tmp_path, seconds=1.5)
        answers.append(str(caught.value))

    begun = time.monotonic()
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    queries = 0
    while thread.is_alive() and time.monotonic() - begun < 60:
        assert connection.cursor().execute("SELECT sum(n) FROM cycles").fetchone() == (499500,)
        queries += 1
    assert time.monotonic() - begun < 15
    assert queries > 20
    assert any(word in answers[0] for word in ("stopped", "ran out", "Out of Memory"))


@pytest.mark.parametrize(
    "hog",
    [
        "SELECT list_sort(range(1000000000)) FROM cycles",
        "SELECT string_agg(repeat('x', 1000000), '') FROM range(100000)",
    ],
)
def test_a_hog_of_memory_is_told_what_to_do(connection: duckdb.DuckDBPyConnection, tmp_path: Path, hog: str) -> None:
    with pytest.raises(AdhocError, match="needs more memory than a query may take; narrow") as caught:
        sql(connection, hog, tmp_path)
    assert "\n" not in str(caught.value)
    assert "Possible solutions" not in str(caught.value)
