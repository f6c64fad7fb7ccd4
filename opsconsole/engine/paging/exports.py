"""Exports: all rows of a table written to a file by a thread of its own, fetched by chunks, then removed."""

from __future__ import annotations

import concurrent.futures
import contextlib
import logging
import secrets
import shutil
import threading
import time
from pathlib import Path

import duckdb

from opsconsole.engine.paging import formats
from opsconsole.engine.paging.formats import FormatError
from opsconsole.engine.paging.indexes import no_room, said
from opsconsole.engine.paging.subjects import Scope, Subjects
from opsconsole.engine.paging.upkeep import Upkeep
from opsconsole.engine.table_messages import Chunk, Export, ExportFormat
from opsconsole.kpis.paging import pages
from opsconsole.kpis.paging.filters import column_of
from opsconsole.kpis.paging.order import Name
from opsconsole.kpis.paging.wanted import Sort

log = logging.getLogger(__name__)

UNUSED = 300.0
"""Seconds after which an export that nobody asks after is given up, or its file removed."""
MOST = 8
_CHUNK = 1 << 20
_BATCH = 20_000
_LONGEST = 3600.0


class _CancelledError(Exception):
    """It was given up."""


class _Job:
    """One export."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self.rows = 0
        self.total: int | None = None
        self.ready = False
        self.failed = ""
        self.size = 0
        self.asked = time.monotonic()
        self.cancelled = False
        self.cursor: duckdb.DuckDBPyConnection | None = None
        self.future: concurrent.futures.Future[None] | None = None

    def state(self) -> Export:
        return Export(self.name, self.rows, self.total, self.ready, self.size, self.failed)


class Exports:
    """The exports of an engine. Any thread may ask."""

    def __init__(self, subjects: Subjects, folder: Path) -> None:
        self._subjects = subjects
        self._folder = folder
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()
        self._pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="export")
        self._upkeep = Upkeep(UNUSED / 5, self._sweep)
        shutil.rmtree(folder, ignore_errors=True)  # of an engine that was killed

    def close(self) -> None:
        """Give up what runs, and remove all."""
        self._upkeep.close()
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            self._drop(job)
        self._pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(
        self, scope: Scope, sort: tuple[Sort, ...], order: Name, columns: tuple[str, ...], format_: ExportFormat
    ) -> Export:
        """Begin one. Raises LookupError for an unknown column, ValueError where there are too many exports."""
        rows = scope.rows
        names = [column_of(rows.columns, name, rows.source) for name in columns] or list(rows.columns)
        if not names:
            raise ValueError("there are no columns to write")
        order_by = pages.ordered(rows, sort, order)
        kinds = {name: rows.columns[name] for name in dict.fromkeys(names)}
        with self._lock:
            if len(self._jobs) >= MOST:
                raise ValueError(f"there are {MOST} exports already: wait until one of them is fetched")
            job = _Job(secrets.token_hex(8), self._folder / f"{secrets.token_hex(8)}.{format_}")
            self._jobs[job.name] = job
            job.future = self._pool.submit(self._write, job, scope, kinds, order_by, format_)
        self._upkeep.begin()
        return job.state()

    def state(self, name: str, drop: bool) -> Export:
        """How far one is. Raises LookupError for one that is not there."""
        job = self._known(name)
        if drop:
            self._drop(job)
            job.failed = job.failed or ("" if job.ready else "it was given up")
        return job.state()

    def chunk(self, name: str, offset: int) -> Chunk:
        """A part of one that is ready; at its end there is nothing, and the file is removed.

        Raises LookupError for one that is not there, ValueError for one that is not ready, OSError.
        """
        job = self._known(name)
        if not job.ready:
            raise ValueError(job.failed or "the export is not ready yet")
        with job.path.open("rb") as file:
            file.seek(max(offset, 0))
            data = file.read(_CHUNK)
        if not data:
            self._drop(job)
        return Chunk(data)

    def _known(self, name: str) -> _Job:
        with self._lock:
            job = self._jobs.get(name)
        if job is None:
            raise LookupError("this export is not there any more: ask for it again")
        job.asked = time.monotonic()
        return job

    def _write(self, job: _Job, scope: Scope, columns: dict[str, str], order_by: str, format_: ExportFormat) -> None:
        try:
            if job.cancelled:
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._subjects.reading(scope, _LONGEST) as cursor:
                job.cursor = cursor
                try:
                    self._stream(cursor, job, scope, columns, order_by, format_)
                finally:
                    job.cursor = None
            job.size = job.path.stat().st_size
            job.ready = not job.cancelled
        except _CancelledError:
            job.failed = "it was given up"
        except FormatError as error:
            job.failed = str(error)
        except duckdb.Error as error:
            job.failed = "it was given up" if job.cancelled else said(error, self._folder)
        except OSError as error:
            job.failed = no_room(error, self._folder)
        except Exception as error:
            log.exception("an export failed")
            job.failed = f"the export failed: {error} (details: opsconsole logs)"
        finally:
            if not job.ready:
                job.path.unlink(missing_ok=True)

    def _stream(
        self,
        cursor: duckdb.DuckDBPyConnection,
        job: _Job,
        scope: Scope,
        columns: dict[str, str],
        order_by: str,
        format_: ExportFormat,
    ) -> None:
        rows = scope.rows
        job.total = pages.count(cursor, rows)
        if format_ == "xlsx" and job.total > formats.XLSX_ROWS:
            raise FormatError(formats.too_many(job.total))
        where, values = rows.where()
        query = f"SELECT {formats.selected(columns, format_)} FROM {rows.table}{where} ORDER BY {order_by}"
        with (
            contextlib.closing(cursor.sql(query, params=values).to_arrow_reader(_BATCH)) as found,
            formats.writer(job.path, columns, found.schema, format_) as write,
        ):
            for batch in found:
                if job.cancelled:
                    raise _CancelledError
                write(batch)
                job.rows += batch.num_rows

    def _drop(self, job: _Job) -> None:
        job.cancelled = True
        with self._lock:
            self._jobs.pop(job.name, None)
        cursor = job.cursor
        if cursor is not None:
            cursor.interrupt()
        if job.future is not None:
            job.future.cancel()
        job.path.unlink(missing_ok=True)

    def _sweep(self) -> bool:
        now = time.monotonic()
        with self._lock:
            old = [job for job in self._jobs.values() if now - job.asked >= UNUSED]
        for job in old:
            self._drop(job)
        with self._lock:
            return bool(self._jobs)
