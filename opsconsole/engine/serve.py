"""One engine for one site: takes the lock, opens tables and journal, runs feed, tick and service, ends in order."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import fcntl
import gc
import logging
import logging.handlers
import os
import resource
import signal
import sys
import time
from typing import IO, TYPE_CHECKING

import msgspec

from opsconsole import __version__
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import Answer, Ask, EngineStatus, Progress, Snapshot
from opsconsole.engine.place import Place, find_place
from opsconsole.engine.sitefile import SiteFile

if TYPE_CHECKING:
    from opsconsole.engine.notify.notifier import Notifier
    from opsconsole.engine.queries import Queries
    from opsconsole.site.model import Site
    from opsconsole.tables.feed import Feed

log = logging.getLogger(__name__)

_LOG_BYTES = 5_000_000


class TakenError(Exception):
    """Another engine has the site."""


class Engine:
    """The parts of a running engine."""

    def __init__(self, place: Place, idle_exit: float | None) -> None:
        # A site file that cannot be used is found before anything heavy is imported.
        file = SiteFile(place)
        loaded = file.load()
        assert loaded.site is not None

        from opsconsole.kpis.expression import Bench

        with concurrent.futures.ThreadPoolExecutor(1) as beside:
            # DuckDB works without Python's lock: its two instances come up while the rest is imported
            bench = beside.submit(Bench)
            from opsconsole.tables.store import Store

            self.store = Store.open(place.tables)
            from opsconsole.engine.core import Core
            from opsconsole.engine.revised import Revisions
            from opsconsole.engine.service import Service
            from opsconsole.engine.watch import AlertWatch
            from opsconsole.journal.journal import Journal

        self.place = place
        self.started = time.time()
        self.stays = idle_exit is None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._feed: Feed | None = None
        self._queries: Queries | None = None
        self.journal = Journal.open(place.journal)
        if self.store.rebuilt:
            log.warning("the tables are built anew from the files: %s", self.store.rebuilt)
        self.watch = AlertWatch(loaded.site, self.journal)
        self.core = Core(
            file,
            loaded,
            self.store,
            self.watch,
            self._publish,
            stays=self.stays,
            bench=bench.result(),
            revisions=Revisions(place.periods),
            notifier=self._notifier,
            ruled=place.ruled,
        )
        self.service = Service(place, self._handle, self._status, idle_exit, self.core.role)

    async def run(self, say_ready: IO[str] | None) -> str:
        """Run until stopped; the reason."""
        self._loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._loop.add_signal_handler(number, self.service.stop, f"ended by {signal.Signals(number).name}")

        def ready() -> None:
            if say_ready is not None:
                say_ready.write("ready\n")
                say_ready.close()
            # the tables as they were left are shown at once; the feed then brings them up to date
            self.core.start()

        feeding = asyncio.create_task(asyncio.to_thread(self._start_feed))
        try:
            return await self.service.run(ready)
        finally:
            self.core.first_tick.set()
            await feeding
            await asyncio.to_thread(self._close)

    def _start_feed(self) -> None:
        """Watch and read the files, once the tables as they were left are on the screens."""
        self.core.first_tick.wait()
        gc.freeze()
        gc.enable()
        from opsconsole.tables.feed import Feed

        site = self.core.site
        self._feed = Feed(self.store, self.place.root, site.sources, site.timezone, self._data_changed, site.disk)
        self.core.attach(self._feed)
        self._feed.start()

    def _notifier(self, site: Site) -> Notifier:
        """What tells people of alerts; where it left off, the journal says."""
        from opsconsole.engine.notify.notifier import Notifier
        from opsconsole.engine.notify.record import KIND, REMEMBERED

        told = reversed(self.journal.records(KIND, limit=REMEMBERED))
        slips = self.place.state / "notify"
        return Notifier(site, self.watch, told, self.place.root, slips, lambda: self.core.nudge())

    async def _handle(self, body: Ask, peer: Peer) -> Answer:
        if self._queries is None:
            from opsconsole.engine.queries import Queries

            self._queries = Queries(self.store, self.core, self.watch, self.place.root, self.place.state)
        return await self._queries.handle(body, peer)

    def _close(self) -> None:
        if self._feed is not None:
            self._feed.stop()
        self.core.stop()
        if self._queries is not None:
            self._queries.close()
        self.store.close()
        self.journal.close()

    def _data_changed(self) -> None:
        self.core.data_changed()

    def _publish(self, snapshot: Snapshot) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has closed: the engine is ending
                self._loop.call_soon_threadsafe(self.service.publish, snapshot)

    def _status(self) -> EngineStatus:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return EngineStatus(
            site=self.core.site.name,
            path=str(self.place.site),
            state=str(self.place.state),
            pid=os.getpid(),
            version=__version__,
            started=self.started,
            settled=self.core.settled,
            stays=self.stays,
            consoles=self.service.consoles,
            data_version=self.store.data_version,
            rows=sum(total.rows for total in self.store.totals().values()),
            memory=_resident_bytes(),
            cpu=usage.ru_utime + usage.ru_stime,
            progress=[msgspec.convert(each, Progress, from_attributes=True) for each in self.core.progress()],
        )


def serve(target: str, *, idle_exit: float | None, ready_fd: int | None) -> int:
    """Run an engine in this process. Without `ready_fd` it is in the foreground and logs to standard error as well."""
    # nothing that is loaded at the start is garbage; looking for some costs a tenth of the start
    gc.disable()
    say_ready = os.fdopen(ready_fd, "w", encoding="utf-8") if ready_fd is not None else None
    place: Place | None = None
    try:
        place = find_place(target)
        place.make()
        _log_to(place, foreground=say_ready is None)
        with _hold(place):
            engine = Engine(place, idle_exit)
            log.info("engine %s started for %s, pid %d", __version__, place.site, os.getpid())
            reason = asyncio.run(engine.run(say_ready))
            log.info("engine ended: %s", reason)
        return 0
    except TakenError as error:
        return _fail(say_ready, "taken" if say_ready else str(error))
    except OSError as error:
        where = error.filename or (place.state if place is not None else target)
        cure = "Free space or mend the permissions, and try again."
        return _fail(say_ready, f"{where}: {error.strerror or error}. {cure}")
    except Exception as error:
        if not _for_a_person(error):
            log.exception("the engine could not start")
        return _fail(say_ready, str(error) or type(error).__name__)


def _for_a_person(error: Exception) -> bool:
    """Errors whose text says what to do; others are ours, and their traceback belongs in the log."""
    return type(error).__module__.startswith("opsconsole.")


def _fail(say_ready: IO[str] | None, message: str) -> int:
    if say_ready is not None:
        with contextlib.suppress(OSError):
            say_ready.write(message + "\n")
            say_ready.close()
    else:
        print(f"opsconsole: {message}", file=sys.stderr)
    return 1


@contextlib.contextmanager
def _hold(place: Place):  # type: ignore[no-untyped-def]
    """Hold the lock of a place: one engine a site. Raises TakenError."""
    with place.lock.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise TakenError(
                f"an engine already runs for {place.site} (pid {lock.read().strip() or '?'}); "
                "`opsconsole status` says more, `opsconsole stop` ends it."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _log_to(place: Place, *, foreground: bool) -> None:
    handlers: list[logging.Handler] = [
        logging.handlers.RotatingFileHandler(place.log, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8")
    ]
    if foreground:
        handlers.append(logging.StreamHandler())
    logging.basicConfig(
        level=logging.INFO, handlers=handlers, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", force=True
    )
    # watchdog's debug chatter would fill the log; its overflow warning is meant for the scanner and stays
    logging.getLogger("watchdog").setLevel(logging.WARNING)


def _resident_bytes() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # no /proc: macOS gives the peak in bytes
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
