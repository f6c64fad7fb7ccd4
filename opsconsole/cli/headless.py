"""Headless commands that ask an engine: snapshot, query, sources, status, stop, logs."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable

from opsconsole.cli import show
from opsconsole.engine.client import Client, EngineGoneError
from opsconsole.engine.messages import (
    AskFiles,
    AskQuery,
    AskStatus,
    EngineStatus,
    Files,
    Snapshot,
    Subscribe,
    Table,
)
from opsconsole.engine.place import Place, find_place
from opsconsole.engine.reach import reach, stop_engine


def snapshot(arguments: argparse.Namespace) -> int:
    """Print KPIs, alerts and sources."""

    async def work(client: Client) -> int:
        found = await client.ask(Subscribe(settled=True, follow=False))
        assert isinstance(found, Snapshot)
        print(show.snapshot_json(found) if arguments.json else show.snapshot_text(found))
        return _unless_stuck(found)

    return _with_engine(arguments, work)


def query(arguments: argparse.Namespace) -> int:
    """Run one SELECT."""

    async def work(client: Client) -> int:
        found = await client.ask(Subscribe(settled=True, follow=False))
        assert isinstance(found, Snapshot)
        table = await client.ask(AskQuery(sql=arguments.sql, limit=arguments.limit, seconds=arguments.seconds))
        assert isinstance(table, Table)
        if arguments.json:
            print(show.table_json(table))
        elif arguments.csv:
            show.table_csv(table, sys.stdout)
        else:
            print(show.table_text(table))
        if table.truncated:
            print(f"only the first {arguments.limit} rows; --limit gives more", file=sys.stderr)
        if table.note:
            print(table.note, file=sys.stderr)
        return _unless_stuck(found)

    return _with_engine(arguments, work)


def sources(arguments: argparse.Namespace) -> int:
    """Print each file of each source."""

    async def work(client: Client) -> int:
        found = await client.ask(Subscribe(settled=True, follow=False))
        files = await client.ask(AskFiles())
        assert isinstance(found, Snapshot)
        assert isinstance(files, Files)
        print(show.sources_json(found, files) if arguments.json else show.sources_text(found, files))
        return _unless_stuck(found)

    return _with_engine(arguments, work)


def _unless_stuck(snapshot: Snapshot) -> int:
    """The exit code: 1 where the tables could not be brought up to date, which standard error then says."""
    stuck = [notice.text for notice in snapshot.notices if notice.kind == "stuck"]
    for text in stuck:
        print(f"opsconsole: not up to date: {text}", file=sys.stderr)
    return 1 if stuck else 0


def status(arguments: argparse.Namespace) -> int:
    """Say whether an engine runs; exit code 1 if none does."""
    place = find_place(arguments.site)

    async def work() -> int:
        try:
            client = await Client.connect(place)
        except EngineGoneError:
            print(show.no_engine_json(place) if arguments.json else f"no engine runs for {place.site}")
            return 1
        found = await client.ask(AskStatus())
        await client.close()
        assert isinstance(found, EngineStatus)
        print(show.status_json(found) if arguments.json else show.status_text(found, time.time()))
        return 0

    return asyncio.run(work())


def stop(arguments: argparse.Namespace) -> int:
    """End the engine, and wait until it has gone."""
    place = find_place(arguments.site)
    ended = asyncio.run(stop_engine(place))
    print(f"the engine of {place.site} has ended" if ended else f"no engine runs for {place.site}")
    return 0


def logs(arguments: argparse.Namespace) -> int:
    """Print the end of the engine's log, and go on with --follow."""
    place = find_place(arguments.site)
    if not place.log.exists():
        print(f"no log yet: no engine has run for {place.site}", file=sys.stderr)
        return 1
    with place.log.open(encoding="utf-8", errors="backslashreplace") as file:
        for line in deque(file, maxlen=arguments.lines):
            print(line, end="")
        while arguments.follow:
            line = file.readline()
            if line:
                print(line, end="", flush=True)
            else:
                time.sleep(0.3)
    return 0


def _with_engine(arguments: argparse.Namespace, work: Callable[[Client], Awaitable[int]]) -> int:
    place: Place = find_place(arguments.site)

    async def run() -> int:
        client = await reach(place, "headless", idle_exit=0.0)
        try:
            return await work(client)
        finally:
            await client.close()

    return asyncio.run(run())
