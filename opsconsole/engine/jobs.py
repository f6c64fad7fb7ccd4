"""Reports that take a while: each a job with a number, worked on beside the tick, followed and cancelled by it.

What makes one tells the job how far it is every few hundredths of a second: that is also where it ends when it is
cancelled, and where the tick gets its turn. What a person can mend it raises as `ReportError`, LookupError or
ValueError with one sentence.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from opsconsole.engine.core import Core
from opsconsole.engine.messages import AskReport, Report
from opsconsole.engine.watch import AlertWatch
from opsconsole.journal.journal import JournalError
from opsconsole.tables.store import Store

log = logging.getLogger(__name__)

_PATIENCE = 0.25
"""Seconds for which an answer waits for a job that is about to be done."""
_ABANDONED = 60.0
"""A job that nobody has asked after for so long is ended."""
_KEPT = 20
"""So many jobs that are done are remembered."""
_TURN = 0.02
"""After so many seconds of work the tick gets its turn."""


class ReportError(Exception):
    """Why there is no report, in one sentence for a person."""


class CancelledError(Exception):
    """The job was cancelled, or nobody has asked after it for a while."""


class Desk(NamedTuple):
    """What a report is made from. `root` is the folder of the site file.

    `kept`: what reports keep from one to the next, by name; for the thread of the jobs alone.
    """

    core: Core
    store: Store
    watch: AlertWatch
    root: Path
    kept: dict[str, object]


class Job:
    """One report under way."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.done = 0.0
        self.doing = "waits for its turn"
        self.asked = time.monotonic()
        self.on_cancel: Callable[[], None] | None = None
        self._cancelled = threading.Event()
        self._worked_since = time.monotonic()

    def cancel(self) -> None:
        """End it at the next `tell`; `on_cancel` ends what would be waited for until then."""
        self._cancelled.set()
        if self.on_cancel is not None:
            self.on_cancel()

    @contextlib.contextmanager
    def reading(self, store: Store) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor in a read-only transaction, so that all that is asked of it is of one state of the data; a cancel
        ends what it runs."""
        cursor = store.cursor()
        self.on_cancel = cursor.interrupt
        try:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            yield cursor
        finally:
            self.on_cancel = None
            cursor.close()

    @property
    def cancelled(self) -> bool:
        """Whether it is to end."""
        return self._cancelled.is_set()

    def tell(self, done: float, doing: str) -> None:
        """Say how far it is, `done` of 1.0. Raises CancelledError."""
        self.done, self.doing = done, doing
        now = time.monotonic()
        if self._cancelled.is_set() or now - self.asked > _ABANDONED:
            raise CancelledError
        if now - self._worked_since > _TURN:
            time.sleep(_TURN / 4)
            self._worked_since = time.monotonic()


Work = Callable[[Desk, Job, dict[str, Any]], dict[str, Any]]


class Jobs:
    """The jobs of an engine, one after the other in a thread of their own; asked from the loop's thread.

    `kinds`: by kind of report what imports the function that makes it, so that nothing is loaded before it is wanted.
    """

    def __init__(self, desk: Desk, kinds: Mapping[str, Callable[[], Work]]) -> None:
        self._desk = desk
        self._kinds = kinds
        self._numbers = itertools.count(1)
        self._jobs: dict[int, tuple[Job, concurrent.futures.Future[dict[str, Any]]]] = {}
        self._pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="report")

    def close(self) -> None:
        """End what runs."""
        for job, _ in self._jobs.values():
            job.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def ask(self, body: AskReport) -> Report:
        """Start a job, or say how far one is. Raises LookupError for a kind or a job that is not known."""
        job, future = self._start(body) if body.job is None else self._known(body.job)
        job.asked = time.monotonic()
        if body.cancel:
            job.cancel()
            future.cancel()
        await asyncio.to_thread(concurrent.futures.wait, [future], _PATIENCE)
        if not future.done():
            return Report(job=job.number, done=job.done, doing=job.doing)
        return self._ended(job, future)

    def _start(self, body: AskReport) -> tuple[Job, concurrent.futures.Future[dict[str, Any]]]:
        kind = self._kinds.get(body.kind)
        if kind is None:
            raise LookupError(f"there is no report `{body.kind}`")
        for number in [number for number, (_, future) in self._jobs.items() if future.done()][:-_KEPT]:
            del self._jobs[number]
        job = Job(next(self._numbers))
        future = self._pool.submit(lambda: kind()(self._desk, job, body.options))
        self._jobs[job.number] = job, future
        return job, future

    def _known(self, number: int) -> tuple[Job, concurrent.futures.Future[dict[str, Any]]]:
        if number not in self._jobs:
            raise LookupError(f"there is no report number {number} any more; ask for it again")
        return self._jobs[number]

    @staticmethod
    def _ended(job: Job, future: concurrent.futures.Future[dict[str, Any]]) -> Report:
        try:
            return Report(job=job.number, done=1.0, doing="done", result=future.result())
        except (CancelledError, concurrent.futures.CancelledError):
            trouble = "it was cancelled"
        except (ReportError, JournalError) as error:
            trouble = str(error)
        except (LookupError, ValueError) as error:
            trouble = str(error.args[0]) if error.args else str(error)
        except duckdb.Error as error:
            trouble = "it was cancelled" if job.cancelled else str(error).splitlines()[0]
        except Exception as error:
            log.exception("a report failed")
            trouble = f"the report failed: {error} (details: opsconsole logs)"
        return Report(job=job.number, done=job.done, doing=job.doing, trouble=trouble)
