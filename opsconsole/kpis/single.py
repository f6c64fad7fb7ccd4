"""Rules on single rows: which rows meet them, each known again by what it says.

A file may be written anew, moved, or read again into an empty database, and its rows get other numbers; what they say
stays. So a row is known by a digest of its columns, and the second of two equal rows by that and its place among them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

import duckdb

from opsconsole.kpis.binding import Binding, BoundRule
from opsconsole.kpis.expression import ident
from opsconsole.kpis.failing import begin_again, failure
from opsconsole.kpis.lasting import among
from opsconsole.kpis.observation import Observation
from opsconsole.kpis.ruling.outcome import INSTANCES
from opsconsole.kpis.ruling.texts import short, titled
from opsconsole.kpis.scan import Cursor, Members
from opsconsole.kpis.span import moment
from opsconsole.kpis.words import labelled
from opsconsole.site.figures import count
from opsconsole.tables.store import OWN


class Single(NamedTuple):
    """A row that meets a rule: what it is known by, its event time (s since the epoch; None without), its members."""

    key: str
    at: float | None
    members: Members


class FailedError(Exception):
    """The rule's SQL fails on the data; one line says why."""


def rows_that_meet(cursor: Cursor, binding: Binding, rule: BoundRule, first: float | None, last: float) -> list[Single]:
    """The rows of a rule's source with first <= event time <= last, in order of time; all up to the last without first.

    Of a source without times all rows. Raises FailedError.
    """
    assert rule.rows is not None
    until = _moment(last)
    table = ident(rule.source)
    if rule.source in binding.until:
        table = f"({among(rule.source, binding.until[rule.source], None, until)}) AS {table}"
    conditions = [f"(\n{rule.rows.text}\n)"]
    if rule.timed:
        conditions.append(f"_time <= {moment(until)}")
        if first is not None:
            conditions.append(f"_time >= {moment(_moment(first))}")
    columns = [name for name in binding.schemas[rule.source] if name not in OWN]
    said = ", ".join(f"coalesce(CAST({ident(name)} AS VARCHAR), chr(30))" for name in columns) or "''"
    members = "".join(f", {binding.member(rule.source, name)}" for name in rule.by)
    when = "epoch_us(_time) / 1e6" if rule.timed else "NULL"
    order = "_file, _line"
    query = (
        f"SELECT substr(md5(concat_ws(chr(31), {said})), 1, 16) AS k, {when} AS t, "
        f"row_number() OVER (PARTITION BY k, t ORDER BY {order}){members} FROM {table} "
        f"WHERE {' AND '.join(conditions)} ORDER BY t, {order}"
    )
    try:
        found = cursor.execute(query).fetchall()
    except duckdb.Error as error:
        begin_again(cursor)
        raise FailedError(failure(error)) from error
    return [Single(key if nth == 1 else f"{key}#{nth}", at, tuple(rest)) for key, at, nth, *rest in found]


def observed(rule: BoundRule, found: Iterable[Single], at: float) -> list[Observation]:
    """Rows as occurrences, by labels; those without a time happened at `at`."""
    groups: dict[Members, list[float]] = {}
    for each in found:
        groups.setdefault(each.members, []).append(each.at if each.at is not None else at)
    observations = []
    for members, moments in list(groups.items())[:INSTANCES]:
        labels = dict(zip(rule.by, members, strict=True))
        text = f"{count(len(moments), 'row')} with {short(rule.rule.rows or '')}"
        text = f"{text} · {labelled(labels)}" if labels else text
        if rule.rule.title:
            text = titled(rule.rule.title, labels, str(len(moments)), "")
        observations.append(
            Observation(
                rule=rule.rule.name,
                labels=labels,
                priority=rule.rule.priority,
                value=float(len(moments)),
                text=text,
                moments=tuple(moments),
            )
        )
    return observations


def _moment(at: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(at, dt.UTC)
