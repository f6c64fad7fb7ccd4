"""Ad-hoc SQL of a person: one read-only SELECT that can read the site's tables and nothing else.

Statements that call only functions of an allow-list run in the engine, in a read-only transaction of the hardened
instance with a time limit. DuckDB cannot interrupt a single scalar call (`list_sort(range(30000000))` runs for 97 s),
so all others run in a child that can be killed, over a Parquet copy of just the columns they name.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import duckdb
import msgspec
from msgspec import Struct

from opsconsole.engine.adhoc_words import sentence, walk
from opsconsole.engine.messages import Failure, Table
from opsconsole.kpis.cells import columns_of
from opsconsole.kpis.quick import QUICK
from opsconsole.kpis.select import offset_of
from opsconsole.tables.names import HASH

if TYPE_CHECKING:
    import pyarrow as pa

_T = TypeVar("_T")

# The only table functions there are for a person; they run in the child.
TABLE_FUNCTIONS = frozenset({"generate_series", "range", "repeat", "unnest"})

_MEMORY = 2 * 1024**3
_BATCH = 20_000

# What Arrow has no type for: it would come back as something else.
_ODD = re.compile(r"\b(BIT|VARIANT|(?<!TIMESTAMP )(?<!TIMESTAMP_NS )(?<!TIMESTAMP_S )TIME WITH TIME ZONE)\b")

Offer = Callable[[duckdb.DuckDBPyConnection, set[str], set[str]], None]


class AdhocError(Exception):
    """The statement is refused or failed; the message is for a person."""


class Stop:
    """How another thread ends a statement that runs. An end that is asked for before it runs counts too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end: Callable[[], object] | None = None
        self.asked = False

    def ask(self) -> None:
        """End it. An interrupt that comes between two steps is lost: ask again until the statement has ended."""
        with self._lock:
            self.asked = True
            if self._end is not None:
                self._end()

    @contextlib.contextmanager
    def by(self, end: Callable[[], object]) -> Iterator[None]:
        """Within this, `end` is what ends it. Raises AdhocError where the end has been asked for."""
        with self._lock:
            before, self._end = self._end, end
            if self.asked:
                self._end = before
                raise AdhocError(STOPPED)
        try:
            yield
        finally:
            with self._lock:
                self._end = before


STOPPED = "stopped, as you asked."


class Stream(NamedTuple):
    """A result as it comes: names as the statement gives them (some may be alike), DuckDB types, batches of rows."""

    columns: list[str]
    types: list[str]
    batches: Iterator[pa.RecordBatch]


class _Job(Struct):
    """What the child is told. `room`: it is to send batches of so many bytes in all at most; 0: cells."""

    sql: str
    tables: dict[str, str]
    limit: int
    seconds: float
    memory: int
    room: int = 0


class _Batches(Struct, tag="batches"):
    """The child's answer as an Arrow stream."""

    columns: list[str]
    types: list[str]
    ipc: bytes


class _Run(NamedTuple):
    """One statement under way."""

    cursor: duckdb.DuckDBPyConnection
    sql: str
    tree: Any
    seconds: float
    scratch: Path
    stop: Stop


def run_sql(
    cursor: duckdb.DuckDBPyConnection,
    sql: str,
    *,
    limit: int,
    seconds: float,
    scratch: Path,
    offer: Offer | None = None,
) -> Table:
    """Run one SELECT for a person and return at most `limit` rows. Raises AdhocError.

    `cursor` is used by this call alone; `scratch` is a folder for the child's copy of the columns it needs. `offer` is
    called with the names of tables (in small letters) that the statement has, and those that there are.
    """
    run = _Run(cursor, sql, _checked(cursor, sql, offer), seconds, scratch, Stop())
    strange = _strange(run.tree)
    if not strange:
        return _run_here(cursor, sql, limit, seconds, run.tree)
    answer, note = _run_in_child(run, limit, 0, strange)
    if not isinstance(answer, Table):
        raise TypeError("the child sent batches where cells were asked for")
    return msgspec.structs.replace(answer, note=note)


def stream_sql(
    cursor: duckdb.DuckDBPyConnection,
    sql: str,
    take: Callable[[Stream], _T],
    *,
    limit: int,
    room: int,
    seconds: float,
    scratch: Path,
    stop: Stop,
    offer: Offer | None = None,
) -> tuple[_T, str]:
    """Run one SELECT as `run_sql` does, and have its rows taken as they come; what came of that, and a note.

    `take` reads as much as it wants; more than `limit` rows or `room` bytes it need not expect. Raises AdhocError.
    """
    run = _Run(cursor, sql, _checked(cursor, sql, offer), seconds, scratch, stop)
    strange = _strange(run.tree)
    if not strange:
        with (
            _transaction(cursor, seconds, stop, sql, run.tree),
            stop.by(cursor.interrupt),
            _stream(cursor, sql) as stream,
        ):
            return take(stream), ""
    answer, note = _run_in_child(run, limit, room, strange)
    if not isinstance(answer, _Batches):
        raise TypeError("the child sent cells where batches were asked for")
    import pyarrow as pa

    with pa.ipc.open_stream(answer.ipc) as reader:
        return take(Stream(answer.columns, answer.types, iter(reader))), note


def _checked(cursor: duckdb.DuckDBPyConnection, sql: str, offer: Offer | None) -> Any:
    """The syntax tree of a statement that may run. Raises AdhocError."""
    tree = _parse(cursor, sql)
    if offer is not None:
        offer(cursor, _named(tree), set(_known(cursor)))
    return tree


def _strange(tree: Any) -> list[str]:
    """The functions that a statement calls and that must not run in the engine. Raises AdhocError."""
    called = {str(node["function_name"]).lower() for node in walk(tree) if node.get("class") == "FUNCTION"}
    table_functions = {
        str(node["function"]["function_name"]).lower() for node in walk(tree) if node.get("type") == "TABLE_FUNCTION"
    }
    if refused := sorted(table_functions - TABLE_FUNCTIONS):
        raise AdhocError(f"{refused[0]} is not possible here: only the site's tables can be read.")
    return sorted((called | table_functions) - QUICK)


def _parse(cursor: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = cursor.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    tree = json.loads(row[0] if row else "{}")
    if tree.get("error"):
        if tree.get("error_type") == "not implemented":
            raise AdhocError("only SELECT is possible here: the tables follow the files and are not edited.")
        where = f" at character {offset_of(sql, int(tree['position'])) + 1}" if "position" in tree else ""
        raise AdhocError(f"{tree.get('error_message', 'not understood')}{where}")
    if len(tree.get("statements", [])) != 1:
        raise AdhocError("give exactly one SELECT statement.")
    return tree


@contextlib.contextmanager
def _transaction(
    cursor: duckdb.DuckDBPyConnection, seconds: float, stop: Stop, sql: str, tree: Any = None
) -> Iterator[None]:
    """A read-only transaction with a time limit; what DuckDB says of a failure is said as a sentence.

    What ends the statement is to end nothing of the transaction itself: `stop.by` belongs inside.
    """
    cursor.execute(f"SET max_execution_time = {max(1, int(seconds * 1000))}")
    cursor.execute("BEGIN TRANSACTION READ ONLY")
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise AdhocError(STOPPED if stop.asked else sentence(error, seconds, sql, tree)) from error
    finally:
        # also ends a result that was not read to its end
        cursor.execute("ROLLBACK")
        cursor.execute("SET max_execution_time = 0")


def _run_here(cursor: duckdb.DuckDBPyConnection, sql: str, limit: int, seconds: float, tree: Any = None) -> Table:
    with _transaction(cursor, seconds, Stop(), sql, tree):
        result = cursor.execute(sql)
        described = [(str(column[0]), str(column[1])) for column in result.description or []]
        rows = result.fetchmany(limit + 1)
    return _table(described, rows, limit, "")


@contextlib.contextmanager
def _stream(cursor: duckdb.DuckDBPyConnection, sql: str) -> Iterator[Stream]:
    """The rows of a statement as they come."""
    relation = cursor.sql(sql)
    columns, types = list(relation.columns), [str(kind) for kind in relation.types]
    for name, kind in zip(columns, types, strict=True):
        if odd := _ODD.search(kind):
            raise AdhocError(f"column {name} is of type {odd[0]}, which no table can keep: cast it to VARCHAR.")
    reader = relation.to_arrow_reader(_BATCH)
    try:
        yield Stream(columns, types, iter(reader))
    finally:
        reader.close()  # a cursor does nothing else while a result is open


def _table(described: list[tuple[str, str]], rows: list[Any], limit: int, note: str) -> Table:
    shown = [place for place, (name, _) in enumerate(described) if name != HASH]  # a keyed table's own affair
    data = columns_of(rows[:limit], len(described))
    return Table(
        columns=[described[place][0] for place in shown],
        types=[described[place][1] for place in shown],
        data=[data[place] for place in shown],
        truncated=len(rows) > limit,
        note=note,
    )


def _run_in_child(run: _Run, limit: int, room: int, strange: list[str]) -> tuple[Table | _Batches, str]:
    """What the child answers, and a note on how it came about."""
    begun, seconds, calls = time.monotonic(), run.seconds, ", ".join(strange[:3])
    with tempfile.TemporaryDirectory(prefix="adhoc-", dir=run.scratch) as folder:
        with _transaction(run.cursor, seconds, run.stop, run.sql, run.tree), run.stop.by(run.cursor.interrupt):
            tables = _copy_columns(run.cursor, run.tree, Path(folder))
        job = _Job(sql=run.sql, tables=tables, limit=limit, seconds=seconds, memory=_MEMORY, room=room)
        child = subprocess.Popen(
            [sys.executable, "-m", "opsconsole.engine.adhoc_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        try:
            with run.stop.by(child.kill):
                out, _ = child.communicate(msgspec.msgpack.encode(job), timeout=seconds + 2.0)
        except subprocess.TimeoutExpired:
            raise AdhocError(f"stopped after {seconds:g} s: it calls {calls}.") from None
        finally:
            child.kill()
            child.wait()
    if run.stop.asked:
        raise AdhocError(STOPPED)
    if child.returncode != 0 or not out:
        raise AdhocError(f"ran out of time or memory ({seconds:g} s, 2 GiB): it calls {calls}.")
    answer: Table | Failure | _Batches = msgspec.msgpack.decode(out, type=Table | Failure | _Batches)
    if isinstance(answer, Failure):
        raise AdhocError(answer.message)
    age = time.monotonic() - begun
    return answer, f"ran beside the engine on a copy of the tables {age:.1f} s old, because it calls {calls}"


def _copy_columns(cursor: duckdb.DuckDBPyConnection, tree: Any, folder: Path) -> dict[str, str]:
    """Parquet copies of the columns that a statement names, of the tables that it names."""
    nodes = list(walk(tree))
    known, named = _known(cursor), _named(tree)
    everything = any(node.get("class") == "STAR" for node in nodes)
    words = {str(part).lower() for node in nodes if node.get("class") == "COLUMN_REF" for part in node["column_names"]}
    copies: dict[str, str] = {}
    for number, table in enumerate(sorted(named & known.keys())):
        found = cursor.execute(
            "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'main' AND table_name = ? "
            "AND database_name IN (current_database(), 'temp') ORDER BY column_index",
            [known[table]],
        ).fetchall()
        # a view of this cursor may stand before the table of that name
        columns = list(dict.fromkeys(str(row[0]) for row in found))
        wanted = [name for name in columns if everything or name.lower() in words] or columns[:1]
        chosen = ", ".join(_quoted(name) for name in wanted)
        target = folder / f"{number}.parquet"
        cursor.sql(f"SELECT {chosen} FROM {_quoted(known[table])}").pl().write_parquet(target)
        copies[known[table]] = str(target)
    return copies


def _named(tree: Any) -> set[str]:
    """The names of tables in a statement, in small letters."""
    return {str(node["table_name"]).lower() for node in walk(tree) if node.get("type") == "BASE_TABLE"}


def _known(cursor: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The tables and views that there are for a person, by their names in small letters."""
    rows = cursor.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND NOT internal "
        "AND database_name IN (current_database(), 'temp') "
        "UNION ALL SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal "
        "AND database_name IN (current_database(), 'temp')"
    ).fetchall()
    return {str(name).lower(): str(name) for (name,) in rows}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
