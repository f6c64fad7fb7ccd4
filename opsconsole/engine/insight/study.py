"""What a kind of insight is to the engine: what it wants to look at by itself, and how it looks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

import duckdb

from opsconsole.engine.insight.marked import Marks
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.ruling.insights import Found

if TYPE_CHECKING:
    from opsconsole.engine.insight.read_ahead import ReadAhead


class Ground(NamedTuple):
    """What is looked at: tables by a cursor in a transaction, the site bound to them, site time now, the journal.

    `past`: `now` is one of many moments of the past, for which the tables were read at once. Rows with a later event
    time are as if they were not there yet.
    """

    cursor: duckdb.DuckDBPyConnection
    binding: Binding
    now: dt.datetime
    watch: Marks
    past: ReadAhead | None = None

    @property
    def until(self) -> dt.datetime | None:
        """The moment after which rows do not count; None where all do."""
        return None if self.past is None else self.now


class Task(NamedTuple):
    """Something that rules want looked at: every so many seconds of site time, for these rules."""

    every: float
    rules: tuple[str, ...]


class Study(Protocol):
    """One kind of insight. Used by the thread of the runner alone, one look at a time; it may keep what is costly."""

    def tasks(self, binding: Binding) -> Mapping[str, Task]:
        """What is to be looked at without being asked, by a key of its own (a KPI, a source, a flow)."""
        ...

    def look(self, key: str, task: Task, ground: Ground) -> Mapping[str, Found]:
        """What is found of the rules of a task. Raises duckdb.Error, LookupError, ValueError with what is wrong."""
        ...
