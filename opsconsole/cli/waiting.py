"""Reaching an engine for one command, and waiting for its tables with a line of progress for whoever looks."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

from opsconsole.cli.text import inert
from opsconsole.engine import telling
from opsconsole.engine.client import Client
from opsconsole.engine.messages import AskCaughtUp, AskStatus, EngineStatus, Snapshot, Subscribe
from opsconsole.engine.place import Place, find_place
from opsconsole.engine.reach import reach

_T = TypeVar("_T")

# What is done sooner needs no line.
_PATIENCE = 1.0
_EVERY = 0.25


def with_engine(arguments: argparse.Namespace, work: Callable[[Client], Awaitable[int]]) -> int:
    """Run something with a client of the site's engine; its exit code."""
    place: Place = find_place(arguments.site)

    async def run() -> int:
        client = await reach(place, "headless", idle_exit=0.0)
        try:
            return await work(client)
        finally:
            await client.close()

    return asyncio.run(run())


async def settled(client: Client, *, wait: bool = False) -> Snapshot:
    """The snapshot once the first scan has settled; with `wait` once all that lies there now has been taken."""

    async def ask() -> Snapshot:
        found = await client.ask(Subscribe(settled=True, follow=False))
        if wait:
            await client.ask(AskCaughtUp())
            found = await client.ask(Subscribe(settled=True, follow=False))
        assert isinstance(found, Snapshot)
        return found

    return await _watched(client, asyncio.ensure_future(ask()))


async def caught_up(client: Client) -> None:
    """Return when all that lies in the folders now has been taken, or cannot be."""

    async def ask() -> None:
        await client.ask(AskCaughtUp())

    await _watched(client, asyncio.ensure_future(ask()))


async def _watched(client: Client, waiting: asyncio.Future[_T]) -> _T:
    """Wait, with a line of progress on standard error where that is a terminal."""
    if not sys.stderr.isatty():
        return await waiting
    shown = False
    try:
        await asyncio.wait({waiting}, timeout=_PATIENCE)
        while not waiting.done():
            status = await client.ask(AskStatus())
            assert isinstance(status, EngineStatus)
            told = "   ".join(f"{each.source}: {telling.progress(each)}" for each in status.progress)
            columns = os.get_terminal_size(sys.stderr.fileno()).columns - 1
            print(f"\r\x1b[K{inert(told or 'reading …')[:columns]}", end="", file=sys.stderr, flush=True)
            shown = True
            await asyncio.wait({waiting}, timeout=_EVERY)
        return await waiting
    finally:
        waiting.cancel()
        if shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def unless_stuck(snapshot: Snapshot) -> int:
    """The exit code: 1 where the tables could not be brought up to date, which standard error then says."""
    stuck = [notice.text for notice in snapshot.notices if notice.kind == "stuck"]
    for text in stuck:
        print(f"opsconsole: not up to date: {text}", file=sys.stderr)
    return 1 if stuck else 0
