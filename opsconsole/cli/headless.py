"""Headless commands that ask an engine: snapshot, query, status, stop, logs."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import sys
import time
from collections import deque
from zoneinfo import ZoneInfo

from opsconsole.cli import show
from opsconsole.cli.waiting import settled, unless_stuck, with_engine
from opsconsole.engine.client import Client, EngineGoneError
from opsconsole.engine.messages import AskQuery, AskSnapshot, AskStatus, EngineStatus, SiteState, Snapshot, Table
from opsconsole.engine.place import find_place
from opsconsole.engine.reach import stop_engine
from opsconsole.site.moments import moment_of


def snapshot(arguments: argparse.Namespace) -> int:
    """Print KPIs, alerts and sources, now or as of a past moment."""

    async def work(client: Client) -> int:
        found = await settled(client)
        then = await as_of(client, found, arguments.at) if arguments.at else found
        print(show.snapshot_json(then) if arguments.json else show.snapshot_text(then))
        return unless_stuck(found)

    return with_engine(arguments, work)


async def as_of(client: Client, live: Snapshot, words: str) -> Snapshot:
    """The snapshot of the past moment that words name. Raises MomentError."""
    answer = await client.ask(AskSnapshot(at=moment_at(live.site, words)))
    assert isinstance(answer, Snapshot)
    return answer


def moment_at(site: SiteState, words: str) -> float:
    """The moment that words name by the clocks and shifts of a site, in seconds since the epoch. Raises MomentError."""
    now = site.at + max(0.0, time.time() - site.wall) * site.speed
    ended = [dt.datetime.fromtimestamp(end, dt.UTC) for end in site.ended]
    return moment_of(words, dt.datetime.fromtimestamp(now, dt.UTC), ZoneInfo(site.timezone), ended).timestamp()


def query(arguments: argparse.Namespace) -> int:
    """Run one SELECT."""

    async def work(client: Client) -> int:
        found = await settled(client)
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
        return unless_stuck(found)

    return with_engine(arguments, work)


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
