"""The child that runs one ad-hoc statement under limits of the kernel: `python -m opsconsole.engine.adhoc_child`."""

from __future__ import annotations

import resource
import sys
from typing import Any

import duckdb
import msgspec

from opsconsole.engine.adhoc import AdhocError, Stop, _Batches, _Job, _parse, _quoted, _run_here, _stream, _transaction
from opsconsole.engine.leaving import leave
from opsconsole.engine.messages import Failure, Table

_BASE_MEMORY = 2 * 1024**3


def main() -> None:
    """Read a job from standard input, write a `Table`, batches or a `Failure` to standard output."""
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Job)
    seconds = max(1, round(job.seconds))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds * 2, seconds * 2 + 1))
    resource.setrlimit(resource.RLIMIT_AS, (job.memory + _BASE_MEMORY, job.memory + _BASE_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    answer: Table | Failure | _Batches
    try:
        answer = _answer(job)
    except (AdhocError, duckdb.Error) as error:
        answer = Failure(message=str(error).splitlines()[0])
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))


def _answer(job: _Job) -> Table | _Batches:
    connection = duckdb.connect(":memory:")
    connection.execute(f"SET memory_limit = '{job.memory // 1024**2}MB'")
    connection.execute("SET threads = 1")
    connection.execute("SET temp_directory = ''")
    for setting in ("autoinstall_known_extensions", "autoload_known_extensions", "python_enable_replacements"):
        connection.execute(f"SET {setting} = false")
    for name, path in job.tables.items():
        connection.execute(f"CREATE TABLE {_quoted(name)} AS SELECT * FROM read_parquet(?)", [path])
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET error_on_division_by_zero = false")
    connection.execute("SET ieee_floating_point_ops = false")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET allowed_configs = ['max_execution_time']")
    connection.execute("SET lock_configuration = true")
    tree = _parse(connection, job.sql)
    if job.room:
        return _batches(connection, job, tree)
    return _run_here(connection, job.sql, job.limit, job.seconds, tree)


def _batches(connection: duckdb.DuckDBPyConnection, job: _Job, tree: Any) -> _Batches:
    """The rows as an Arrow stream: one batch beyond what is wanted at most, so that it is seen that there is more."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    rows = size = 0
    with _transaction(connection, job.seconds, Stop(), job.sql, tree), _stream(connection, job.sql) as found:
        writer: pa.RecordBatchStreamWriter | None = None
        for batch in found.batches:
            writer = writer or pa.ipc.new_stream(sink, batch.schema)
            writer.write_batch(batch)
            rows, size = rows + batch.num_rows, size + batch.nbytes
            if rows > job.limit or size > job.room:
                break
        if writer is None:
            writer = pa.ipc.new_stream(sink, pa.schema([]))
        writer.close()
    return _Batches(found.columns, found.types, sink.getvalue().to_pybytes())


if __name__ == "__main__":
    main()
    leave(0)
