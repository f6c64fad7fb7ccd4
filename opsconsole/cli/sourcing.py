"""Headless commands about sources: what was taken, how a file is read, what was set aside, and reading it anew."""

from __future__ import annotations

import argparse
import sys
from zoneinfo import ZoneInfo

from opsconsole.cli import show_sources as show
from opsconsole.cli.waiting import caught_up, settled, unless_stuck, with_engine
from opsconsole.engine.client import Client, RefusedError
from opsconsole.engine.messages import (
    AskExplain,
    AskFiles,
    AskQuarantine,
    Command,
    Done,
    Explained,
    Files,
    FileState,
    Quarantine,
    Snapshot,
    Subscribe,
)
from opsconsole.engine.quarantine_file import records, write_csv
from opsconsole.site.figures import count, number

_FIRST = 50


def sources(arguments: argparse.Namespace) -> int:
    """Print each file of each source, or of one; or how one file is read."""

    async def work(client: Client) -> int:
        if arguments.now:
            found = await client.ask(Subscribe(settled=False, follow=False))
            assert isinstance(found, Snapshot)
        else:
            found = await settled(client, wait=arguments.wait)
        if arguments.explain is not None:
            return await _explain(client, found, arguments)
        _known(found, arguments.source)
        files = await client.ask(AskFiles(arguments.source, drift=10_000 if arguments.json else 5))
        assert isinstance(files, Files)
        told = show.sources_json if arguments.json else show.sources_text
        print(told(found, files, arguments.source))
        return unless_stuck(found)

    return with_engine(arguments, work)


async def _explain(client: Client, snapshot: Snapshot, arguments: argparse.Namespace) -> int:
    found = await client.ask(AskExplain(arguments.explain, arguments.source))
    assert isinstance(found, Explained)
    zone = ZoneInfo(snapshot.site.timezone)
    print(show.explained_json(found, zone) if arguments.json else show.explained_text(found, zone))
    return 0


def _known(snapshot: Snapshot, source: str) -> None:
    names = [each.name for each in snapshot.sources]
    if source and source not in names:
        raise RefusedError(f"there is no source {source}; there are {', '.join(names) or 'none'}")


def quarantine(arguments: argparse.Namespace) -> int:
    """Print what was set aside, write all of it as CSV or JSON, or have its files read anew."""

    async def work(client: Client) -> int:
        found = await settled(client)
        _known(found, arguments.source)
        if arguments.retry is not None:
            return await _retry(client, arguments.source, arguments.retry)
        wanted = AskQuarantine(
            source=arguments.source, file=arguments.file, reason=arguments.reason, column=arguments.column
        )
        zone = ZoneInfo(found.site.timezone)
        if arguments.csv:
            await write_csv(records(client.ask, wanted, arguments.limit), sys.stdout)
        elif arguments.json:
            await _as_json(client, wanted, arguments.limit, zone)
        else:
            await _as_text(client, wanted, _FIRST if arguments.limit is None else arguments.limit)
        return unless_stuck(found)

    return with_engine(arguments, work)


async def _as_json(client: Client, wanted: AskQuarantine, limit: int | None, zone: ZoneInfo) -> None:
    """A list, one record a line, so that it can be written and read without holding all of it."""
    before = "["
    async for record in records(client.ask, wanted, limit):
        print(before, show.quarantined_json(record, zone), sep="\n", end="")
        before = ","
    print("[]" if before == "[" else "\n]")


async def _as_text(client: Client, wanted: AskQuarantine, limit: int) -> None:
    """How many there are for which reason, then the newest of them."""
    heaps = await client.ask(AskQuarantine(wanted.source, 20, wanted.file, wanted.reason, wanted.column, None, True))
    assert isinstance(heaps, Quarantine)
    if not heaps.total:
        print("nothing in quarantine" if wanted == AskQuarantine() else "nothing in quarantine that matches")
        return
    for group in heaps.groups:
        print(show.group_text(group))
    print()
    shown = 0
    async for record in records(client.ask, wanted, limit):
        print(show.quarantined_text(record))
        shown += 1
    if shown < heaps.total:
        print(
            f"{number(shown)} of {number(heaps.total)} shown, newest first; --limit shows more, --csv and --json all",
            file=sys.stderr,
        )


async def _retry(client: Client, source: str, files: list[str]) -> int:
    """Have files read anew, wait for it, and say what has changed."""
    before = {file.path: file for file in await _files(client)}
    done = await client.ask(Command("retry", source=source, files=files))
    assert isinstance(done, Done)
    for path, reason in done.refused.items():
        print(f"opsconsole: {path}: {reason}", file=sys.stderr)
    if not done.applied:
        if not done.refused:
            print("nothing to read anew: no file has trouble")
        return 1 if done.refused else 0
    await caught_up(client)
    after = {file.path: file for file in await _files(client)}
    for path in done.applied:
        print(_difference(path, before.get(path), after.get(path)))
    return 1 if done.refused else 0


async def _files(client: Client) -> list[FileState]:
    found = await client.ask(AskFiles(drift=0))
    assert isinstance(found, Files)
    return found.files


def _difference(path: str, before: FileState | None, after: FileState | None) -> str:
    if after is None:
        return f"{path}: gone"
    was = before.quarantined if before is not None else 0
    state = "" if after.status == "ready" else f" · {after.status}: {after.reason}"
    return f"{path}: {count(after.rows, 'row')}, {number(after.quarantined)} set aside (before: {number(was)}){state}"
