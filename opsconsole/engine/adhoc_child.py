"""The child that runs one ad-hoc statement under limits of the kernel: `python -m opsconsole.engine.adhoc_child`."""

from __future__ import annotations

import resource
import sys

import duckdb
import msgspec

from opsconsole.engine.adhoc import AdhocError, _Job, _quoted, _run_here
from opsconsole.engine.messages import Failure, Table

_BASE_MEMORY = 2 * 1024**3


def main() -> None:
    """Read a job from standard input, write a `Table` or a `Failure` to standard output."""
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Job)
    seconds = max(1, round(job.seconds))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds * 2, seconds * 2 + 1))
    resource.setrlimit(resource.RLIMIT_AS, (job.memory + _BASE_MEMORY, job.memory + _BASE_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    answer: Table | Failure
    try:
        answer = _answer(job)
    except (AdhocError, duckdb.Error) as error:
        answer = Failure(message=str(error).splitlines()[0])
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))


def _answer(job: _Job) -> Table:
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
    return _run_here(connection, job.sql, job.limit, job.seconds)


if __name__ == "__main__":
    main()
