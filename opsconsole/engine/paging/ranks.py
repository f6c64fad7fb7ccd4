"""Where rows stand in their order: sign posts by row set, counted in a thread of their own and kept.

Posts of the present version of the data are exact. Where rows came or went within a stretch of time since, only that
is counted again, at once; else all is, in the background, and until then nothing is known.
"""

from __future__ import annotations

import concurrent.futures
import logging
import threading
from collections import OrderedDict

import duckdb

from opsconsole.engine.paging.subjects import Scope, Subjects
from opsconsole.engine.paging.versions import Versions
from opsconsole.kpis.paging.order import Order
from opsconsole.kpis.paging.posts import Posts, moved, planted

log = logging.getLogger(__name__)

_KEPT = 32
_LONGEST = 600.0
_Known = tuple[int, Posts]


class Ranks:
    """The posts of the row sets that were asked for last."""

    def __init__(self, subjects: Subjects, versions: Versions) -> None:
        self._subjects = subjects
        self._versions = versions
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()
        self._under_way: dict[tuple[str, str], concurrent.futures.Future[None]] = {}
        self._lock = threading.Lock()
        self._pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="count")

    def close(self) -> None:
        """End; what runs is interrupted by whoever closes all."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def exact(self, cursor: duckdb.DuckDBPyConnection, scope: Scope, order: Order, version: int) -> Posts | None:
        """Posts that are right for a version of the data, which `cursor` sees; None where they have to be counted."""
        key = (scope.rows.key, order.name)
        with self._lock:
            known = self._known.get(key)
        if known is None:
            return None
        if known[0] == version:
            return known[1]
        if scope.rows.place != "lines":
            return None  # a row that is derived may have another time than the one that it came or went with
        hull = self._versions.since(cursor, scope.files_of, known[0])
        posts = moved(cursor, scope.rows, known[1], *hull) if hull is not None else None
        if posts is not None:
            self._keep(key, version, posts)
        return posts

    def rough(self, scope: Scope, order: Order) -> Posts | None:
        """Posts of whatever version."""
        with self._lock:
            known = self._known.get((scope.rows.key, order.name))
        return known[1] if known is not None else None

    def count(self, scope: Scope, order: Order) -> concurrent.futures.Future[None]:
        """Have posts counted in the background; done when they are there, or cannot be."""
        key = (scope.rows.key, order.name)
        with self._lock:
            future = self._under_way.get(key)
            if future is None:
                future = self._pool.submit(self._count, key, scope, order)
                self._under_way[key] = future
        return future

    def _count(self, key: tuple[str, str], scope: Scope, order: Order) -> None:
        try:
            with self._subjects.reading(scope, _LONGEST) as cursor:
                version = self._versions.of(cursor, scope)
                self._keep(key, version, planted(cursor, scope.rows, order))
        except duckdb.Error as error:
            # told to whoever waits; for others it only stays unknown how many there are
            log.info("rows could not be counted: %s", str(error).splitlines()[0])
            raise
        finally:
            with self._lock:
                self._under_way.pop(key, None)

    def _keep(self, key: tuple[str, str], version: int, posts: Posts) -> None:
        with self._lock:
            self._known[key] = (version, posts)
            self._known.move_to_end(key)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
