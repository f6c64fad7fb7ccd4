"""The command `rows`: rows of a source, or behind a KPI or an alert, filtered and sorted; printed, or all to a file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from opsconsole.cli import show
from opsconsole.cli.headless import moment_at
from opsconsole.cli.text import inert
from opsconsole.cli.waiting import settled, unless_stuck, with_engine
from opsconsole.engine.client import Client, RefusedError
from opsconsole.engine.messages import Snapshot, Table
from opsconsole.engine.table_file import ExportError, fetch, format_of
from opsconsole.engine.table_messages import AskExport, AskPage, Export, SortBy, TableOf, TablePage
from opsconsole.site.figures import count, number

_PAGE = 10_000


def rows(arguments: argparse.Namespace) -> int:
    """Print rows, or write all of them to a file."""

    async def work(client: Client) -> int:
        found = await settled(client)
        of = _meant(arguments, found)
        sort = tuple(SortBy(name.lstrip("-+"), name.startswith("-")) for name in _names(arguments.sort))
        if arguments.out:
            await _to_file(client, AskExport(of, format_of(arguments.out), _names(arguments.columns), sort), arguments)
        else:
            await _print(client, of, sort, arguments)
        return unless_stuck(found)

    try:
        return with_engine(arguments, work)
    except (ValueError, ExportError) as error:
        raise RefusedError(str(error)) from error


def _meant(arguments: argparse.Namespace, found: Snapshot) -> TableOf:
    if sum(map(bool, (arguments.source, arguments.kpi, arguments.alert))) != 1:
        names = ", ".join(source.name for source in found.sources)
        raise RefusedError(f"say whose rows: a source ({names or 'there is none yet'}), --kpi NAME or --alert ID")
    return TableOf(
        kpi=arguments.kpi,
        alert=arguments.alert,
        source=arguments.source,
        where=members(arguments.where),
        at=moment_at(found.site, arguments.at) if arguments.at else None,
        words=" ".join(arguments.words or ()),
        expression=_all_of(arguments.filter or []),
    )


def members(texts: Sequence[str] | None) -> dict[str, str | None]:
    """The members that `--where` names, by dimension. Raises RefusedError."""
    where: dict[str, str | None] = {}
    for text in texts or ():
        name, sign, member = text.partition("=")
        if not sign:
            raise RefusedError(f"--where {text}: say it as column=value")
        where[name] = member
    return where


def _all_of(filters: list[str]) -> str:
    """Conditions that must all hold; a single one stays as it is, so that a place in it is told as it was typed."""
    return filters[0] if len(filters) == 1 else " AND ".join(f"(\n{text}\n)" for text in filters)


async def _print(client: Client, of: TableOf, sort: tuple[SortBy, ...], arguments: argparse.Namespace) -> None:
    page = await client.ask(AskPage(of, sort, limit=min(max(arguments.limit, 1), _PAGE)))
    assert isinstance(page, TablePage)
    table = _table(page, _names(arguments.columns))
    if arguments.json:
        print(show.table_json(table))
    elif arguments.csv:
        show.table_csv(table, sys.stdout)
    else:
        print(show.table_text(table))
    shown = len(page.lines)
    if page.next is not None:
        of_all = f" of {number(page.total)}" if page.total is not None else ""
        print(f"{number(shown)}{of_all} rows; --limit shows more, --out FILE has all", file=sys.stderr)
    if page.note:
        print(inert(page.note), file=sys.stderr)


def _table(page: TablePage, chosen: tuple[str, ...]) -> Table:
    """The columns that are wanted; all of them with file and line, unless some were named."""
    known = {name.lower(): at for at, name in reversed(list(enumerate(page.columns)))}
    if not chosen:
        placed = any(page.lines)
        more: list[list[object]] = [list(page.files), list(page.lines)] if placed else []
        return Table(
            columns=[*page.columns, *(("file", "line") if placed else ())],
            types=[*page.types, *(("VARCHAR", "BIGINT") if placed else ())],
            data=[*page.data, *more],
        )
    missing = [name for name in chosen if name.lower() not in known]
    if missing:
        raise RefusedError(f"`{page.source}` has no column `{missing[0]}`; it has {', '.join(page.columns)}")
    places = [known[name.lower()] for name in chosen]
    return Table(
        columns=[page.columns[at] for at in places],
        types=[page.types[at] for at in places],
        data=[page.data[at] for at in places],
    )


async def _to_file(client: Client, wanted: AskExport, arguments: argparse.Namespace) -> None:
    looks = sys.stderr.isatty()

    def told(export: Export, _written: int) -> None:
        if looks:
            of_all = f" of {number(export.total)}" if export.total is not None else ""
            print(f"\r\x1b[K{number(export.rows)}{of_all} rows", end="", file=sys.stderr, flush=True)

    try:
        written = await fetch(client.ask, wanted, Path(arguments.out), told)
    finally:
        if looks:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    print(f"{count(written.rows, 'row')} in {arguments.out}", file=sys.stderr)


def _names(texts: list[str] | None) -> tuple[str, ...]:
    """Names that may stand in one option, with commas between them, or in several."""
    return tuple(name.strip() for text in texts or () for name in text.split(",") if name.strip())
