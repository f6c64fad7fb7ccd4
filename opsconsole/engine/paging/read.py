"""Reads one page of a table, by whatever way leads to it fastest."""

from __future__ import annotations

import concurrent.futures
from typing import Any

import duckdb
import msgspec
from msgspec import Struct

from opsconsole.engine.paging.indexes import Entry, Indexes
from opsconsole.engine.paging.ranks import Ranks
from opsconsole.engine.paging.subjects import Scope
from opsconsole.engine.table_messages import AskPage, IndexState
from opsconsole.kpis.paging import pages
from opsconsole.kpis.paging.index import StaleError
from opsconsole.kpis.paging.order import FILE, TIME, Key, Order, from_time, order_of
from opsconsole.kpis.paging.pages import Found
from opsconsole.kpis.paging.posts import first_of
from opsconsole.kpis.paging.rowset import RowSet
from opsconsole.kpis.paging.wanted import Sort

DIRECT = 300_000
"""Tables of so many rows are simply counted and sorted for each page."""
DERIVED = 50_000
"""As `DIRECT`, of derived rows, which are computed for each page."""
SKIPPED = 20_000
"""So many rows are skipped by sorting while there is no index yet."""
_FAR = 200_000
_FARTHEST = 1 << 60
_MOMENT = 0.05
"""Seconds for which a page waits for counts that are about to be there."""


class WaitError(Exception):
    """The page can be read once something in the background is done."""

    def __init__(self, future: concurrent.futures.Future[None]) -> None:
        super().__init__("wait")
        self.future = future


class Read(Struct):
    """A page as it was found. `all` is left out where it is `total`, or not known.

    `rows`: the row set that its columns are of, where that is an older one than the one that was asked for.
    """

    found: Found
    version: int
    first: int | None
    total: int | None
    next: list[Any] | None
    previous: list[Any] | None
    all: int | None = None
    newest: bool = True
    index: IndexState = IndexState()
    rows: RowSet | None = None


class Reader:
    """Reads pages; `ranks` and `indexes` work in the background."""

    def __init__(self, ranks: Ranks, indexes: Indexes) -> None:
        self._ranks = ranks
        self._indexes = indexes

    def page(
        self, cursor: duckdb.DuckDBPyConnection, scope: Scope, ask: AskPage, sort: tuple[Sort, ...], version: int
    ) -> Read:
        """The page that is asked for. `cursor` sees the data of `version`; `sort` is that of the ask, or the usual one.

        Raises ValueError for a place that no page gave, LookupError, duckdb.Error, OSError, and WaitError.
        """
        limit = min(max(ask.limit, 1), pages.LARGEST)
        pages.ordered(scope.rows, sort, ask.order)  # says what columns there are not
        if scope.rows.place == "groups":
            return self._grouped(cursor, scope, ask, sort, limit, version)
        if sort or scope.rows.place == "none":
            return self._sorted(cursor, scope, ask, sort, limit, version)
        return self._keyed(cursor, scope, ask, limit, version)

    def counted(self, cursor: duckdb.DuckDBPyConnection, scope: Scope, version: int) -> int | None:
        """How many rows there are; None where that is still being counted."""
        if scope.rows.bounded or scope.rows.whole or self._small(cursor, scope):
            return pages.count(cursor, scope.rows)
        order = order_of(scope.rows, "time")
        if (posts := self._ranks.exact(cursor, scope, order, version)) is None:
            self._patiently(self._ranks.count(scope, order))
            posts = self._ranks.exact(cursor, scope, order, version)
        return posts.total if posts is not None else None

    # --- by the keys of rows ---

    def _keyed(self, cursor: duckdb.DuckDBPyConnection, scope: Scope, ask: AskPage, limit: int, version: int) -> Read:
        rows, order = scope.rows, order_of(scope.rows, ask.order)
        before = None
        if ask.after is not None:
            key = order.checked(ask.after)
            end = self._bound(cursor, scope, order, key, limit, version)
            found, after = pages.read(cursor, rows, order, key, limit, end=end)
        elif ask.before is not None:
            key = order.checked(ask.before)
            end = self._bound(cursor, scope, order, key, -limit, version)
            found, before = pages.read(cursor, rows, order, key, limit, forward=False, end=end)
            after = None
        elif ask.moment is not None and order in (TIME, FILE):
            found, after = self._from_moment(cursor, scope, order, ask.moment, limit)
        elif ask.row and ask.row > 0:
            found, after = self._from_row(cursor, scope, order, min(ask.row, _FARTHEST), limit, version)
        else:
            found, after = pages.read(cursor, rows, order, None, limit)
            before = False
        if not len(found) and (ask.row or ask.moment is not None):
            found, before = pages.read(cursor, rows, order, None, limit, forward=False)
            after = False
        if not len(found):
            return Read(found, version, None, self.counted(cursor, scope, version), None, None)
        first, total = self._ranked(cursor, scope, order, found.keys[0], version, top=before is False)
        if before is None:
            before = first > 0 if first is not None else pages.any_beyond(cursor, rows, order, found.keys[0], False)
        if after is None:
            after = pages.any_beyond(cursor, rows, order, found.keys[-1], True)
        return Read(found, version, first, total, found.keys[-1] if after else None, found.keys[0] if before else None)

    def _ranked(
        self, cursor: duckdb.DuckDBPyConnection, scope: Scope, order: Order, key: Key, version: int, top: bool
    ) -> tuple[int | None, int | None]:
        """The number of the row with a key, and of all; None where that is still being counted."""
        rows = scope.rows
        posts = self._ranks.exact(cursor, scope, order, version)
        if posts is None and (rows.bounded or rows.whole or self._small(cursor, scope)):
            first = 0 if top else pages.count_before(cursor, rows, order, key)
            return first, pages.count(cursor, rows)
        if posts is None:
            self._patiently(self._ranks.count(scope, order))
            posts = self._ranks.exact(cursor, scope, order, version)
        if posts is None:
            return (0 if top else None), None
        return (0 if top else first_of(cursor, rows, order, posts, key)), posts.total

    def _from_moment(
        self, cursor: duckdb.DuckDBPyConnection, scope: Scope, order: Order, at: float, limit: int
    ) -> tuple[Found, bool]:
        """From the newest row that is not after a moment; in files from the first row that is not before it."""
        key = from_time(at)
        if order is TIME:
            return pages.read(cursor, scope.rows, order, order.checked(key), limit)
        oldest, _ = pages.read(cursor, scope.rows, TIME, [(key[0] or 0) - 1, -1, -1], 1, forward=False, including=True)
        if not len(oldest):
            return oldest, False
        place: Key = [oldest.files[0], oldest.lines[0]]
        return pages.read(cursor, scope.rows, order, place, limit, including=True)

    def _from_row(
        self, cursor: duckdb.DuckDBPyConnection, scope: Scope, order: Order, row: int, limit: int, version: int
    ) -> tuple[Found, bool]:
        rows = scope.rows
        if rows.bounded or row <= SKIPPED or self._small(cursor, scope):
            return pages.read(cursor, rows, order, None, limit, skip=row)
        if (posts := self._ranks.exact(cursor, scope, order, version)) is not None:
            near, skip, beyond = posts.near(row)
            key = pages.key_at(cursor, rows, order, near, skip, end=beyond)
            if key is None:
                return pages.found_of(rows, []), False
            end = posts.near(row + limit + 1)[2]
            return pages.read(cursor, rows, order, key, limit, including=True, end=end)
        posts = self._ranks.rough(scope, order)
        if posts is None or not rows.whole:
            raise WaitError(self._ranks.count(scope, order))
        key, _, _ = posts.near(row)
        if key is None:
            return pages.read(cursor, rows, order, None, limit, skip=row)
        ahead = row - pages.count_before(cursor, rows, order, key)
        if abs(ahead) > _FAR:
            raise WaitError(self._ranks.count(scope, order))
        if ahead >= 0:
            return pages.read(cursor, rows, order, key, limit, skip=ahead)
        start, _ = pages.read(cursor, rows, order, key, 1, forward=False, skip=-ahead - 1)
        return pages.read(cursor, rows, order, start.keys[0], limit, including=True)

    def _bound(
        self,
        cursor: duckdb.DuckDBPyConnection,
        scope: Scope,
        order: Order,
        key: Key,
        limit: int,
        version: int,
    ) -> Key | None:
        """A key that lies more than `limit` rows beyond a key (negative: before it), where that is known."""
        posts = self._ranks.exact(cursor, scope, order, version)
        if posts is None:
            return None
        row = first_of(cursor, scope.rows, order, posts, key)
        near, _, beyond = posts.near(max(row + limit + (1 if limit > 0 else -1), 0))
        return beyond if limit > 0 else near

    # --- by numbers of rows ---

    def _sorted(
        self,
        cursor: duckdb.DuckDBPyConnection,
        scope: Scope,
        ask: AskPage,
        sort: tuple[Sort, ...],
        limit: int,
        version: int,
    ) -> Read:
        """A page of rows in an order of their own: by sorting while they are few, else by an index."""
        if ask.moment is not None:
            raise ValueError("sorted like this, no row is the one of a moment: sort by time to jump to it")
        order_by = pages.ordered(scope.rows, sort, ask.order)
        start, limit = _wanted(ask, limit)
        known = self._few(cursor, scope)
        if known is not None:
            start = _there(ask, start, limit, known)
            found = pages.by_count(cursor, scope.rows, order_by, start, limit)
            return _numbered(found, version, start, known)
        entry = self._entry(ask, version)
        if entry is not None and entry.future is not None:
            self._patiently(entry.future)
        if entry is not None and entry.state.state == "ready":
            try:
                return self._indexed(cursor, entry, ask, start, limit, version)
            except StaleError:
                self._indexes.drop(entry)
                entry = None
        at = start if start <= SKIPPED else 0
        found = pages.by_count(cursor, scope.rows, order_by, at, limit)
        # only now, so that the first page need not share the machine with the sorting of all
        if entry is None and (start > 0 or self._indexes.worth(key_of(ask))):
            entry = self._indexes.start(key_of(ask), scope, sort, ask.order, version)
        total = entry.total if entry is not None else None
        total = self.counted(cursor, scope, version) if total is None and scope.rows.place != "none" else total
        page = _numbered(found, version, at, total)
        page.index = entry.now() if entry is not None else IndexState()
        if total is None:
            page.next = found.keys[-1] if len(found) == limit else None
        return page

    def _entry(self, ask: AskPage, version: int) -> Entry | None:
        """The index to read by: that of the pages at hand, else one of now."""
        key = key_of(ask)
        found = self._indexes.find(key, ask.version) if ask.version is not None else None
        if found is not None and found.state.state in ("ready", "building", "cancelled"):
            return found
        return self._indexes.fresh(key, version)

    def _indexed(
        self, cursor: duckdb.DuckDBPyConnection, entry: Entry, ask: AskPage, start: int, limit: int, version: int
    ) -> Read:
        total = entry.total or 0
        start = _there(ask, start, limit, total)
        page = _numbered(self._indexes.read(cursor, entry, start, limit), entry.version, start, total)
        page.newest = entry.version == version
        page.rows = entry.scope.rows
        page.index = entry.now()
        return page

    def _grouped(
        self,
        cursor: duckdb.DuckDBPyConnection,
        scope: Scope,
        ask: AskPage,
        sort: tuple[Sort, ...],
        limit: int,
        version: int,
    ) -> Read:
        """A page of groups, of which there is none before all are there."""
        start, limit = _wanted(ask, limit)
        key = key_of(ask)
        entry = self._entry(ask, version) or self._indexes.start(key, scope, sort, ask.order, version)
        if entry.future is not None:
            self._patiently(entry.future)
        if entry.state.state == "ready":
            return self._indexed(cursor, entry, ask, start, limit, version)
        if entry.state.state == "failed":
            raise ValueError(entry.state.why)
        page = Read(pages.found_of(scope.rows, []), entry.version, None, None, None, None)
        page.index = entry.now()
        return page

    # --- how many ---

    def _few(self, cursor: duckdb.DuckDBPyConnection, scope: Scope) -> int | None:
        """How many rows there are where they are so few that they can be sorted for each page, else None."""
        rows = scope.rows
        if rows.place == "none":
            where, values = rows.where()
            limited = f"SELECT 1 FROM {rows.table}{where} LIMIT {DERIVED + 1}"
            many = int(cursor.execute(f"SELECT count(*) FROM ({limited})", values).fetchall()[0][0])
            return many if many <= DERIVED else None
        if rows.place == "numbers" or self._small(cursor, scope):
            return pages.count(cursor, rows)
        if rows.bounded:
            many = pages.count(cursor, rows)
            return many if many <= DIRECT else None
        return None

    def _small(self, cursor: duckdb.DuckDBPyConnection, scope: Scope) -> bool:
        """Whether the table itself is small."""
        if scope.rows.place != "lines":
            return scope.rows.place == "numbers"
        found = cursor.execute(
            "SELECT estimated_size FROM duckdb_tables() WHERE schema_name = 'main' AND table_name = ?",
            [scope.rows.source],
        ).fetchall()
        return not found or found[0][0] <= DIRECT

    @staticmethod
    def _patiently(future: concurrent.futures.Future[None]) -> None:
        concurrent.futures.wait([future], _MOMENT)


def key_of(ask: AskPage) -> str:
    """Names the order of an ask: what is meant, and how it stands."""
    return msgspec.json.encode((ask.of, ask.sort, ask.order)).decode()


def _wanted(ask: AskPage, limit: int) -> tuple[int, int]:
    """The first row, by number, and how many, of an ask whose keys are numbers. Raises ValueError."""
    if ask.after is None and ask.before is None:
        return min(max(ask.row or 0, 0), _FARTHEST), limit
    key = ask.after if ask.after is not None else ask.before
    if key is None or len(key) != 1 or type(key[0]) is not int or not 0 <= key[0] <= _FARTHEST:
        raise ValueError("this is not where a page ended")
    if ask.after is not None:
        return key[0] + 1, limit
    start = max(key[0] - limit, 0)
    return start, max(min(limit, key[0] - start), 0)


def _there(ask: AskPage, start: int, limit: int, total: int) -> int:
    """Where to begin: of a row beyond the last one, with the last page."""
    return max(total - limit, 0) if ask.row is not None and start >= total else start


def _numbered(found: Found, version: int, first: int, total: int | None) -> Read:
    """A page whose keys are the numbers of its rows."""
    last = first + len(found)
    return Read(
        found,
        version,
        first if len(found) else None,
        total,
        next=[last - 1] if len(found) and (total is None or last < total) else None,
        previous=[first] if len(found) and first > 0 else None,
    )
