"""Reaching the engine of a place, and starting one where none runs."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import time
from typing import Literal

from opsconsole.engine.client import Client, EngineGoneError, RefusedError
from opsconsole.engine.launch import IDLE_EXIT, Launch, LaunchError, start_engine
from opsconsole.engine.messages import AskStop
from opsconsole.engine.place import Place

# An engine that another client has just started holds the lock a moment before it listens; one that ends may first have
# to write what it has read.
_PATIENCE = 30.0
# It is given so long before its lock is tried: whoever tries it may be in the way of one that starts.
_LOOK = 0.3


async def reach(
    place: Place,
    kind: Literal["console", "headless"],
    *,
    idle_exit: float = IDLE_EXIT,
    launch: Launch | None = None,
    read_only: bool = False,
) -> Client:
    """A client of the place's engine; starts one where none runs (or waits for the one that `launch` started).

    Raises LaunchError, PlaceError, or RefusedError.
    """
    if launch is None:
        try:
            return await Client.connect(place, kind, read_only=read_only)
        except EngineGoneError:
            launch = start_engine(place, idle_exit=idle_exit)
    await asyncio.to_thread(launch.wait)
    end = time.monotonic() + _PATIENCE
    look = time.monotonic() + _LOOK
    while True:
        try:
            return await Client.connect(place, kind, read_only=read_only)
        except EngineGoneError as error:
            if time.monotonic() > end:
                raise LaunchError(f"an engine holds {place.lock} but does not answer; end it and try again") from error
            await asyncio.sleep(0.02)
            if time.monotonic() > look and not _held(place):
                # the one that held it was ending, and ended without ever listening to us
                launch = start_engine(place, idle_exit=idle_exit)
                await asyncio.to_thread(launch.wait)
                look = time.monotonic() + _LOOK


async def stop_engine(place: Place) -> bool:
    """End the engine of a place and wait until it has gone; False when none ran.

    One of another version does not understand a request to stop; it is ended by a signal. Raises OSError when that is
    not permitted.
    """
    try:
        client = await Client.connect(place)
        await client.ask(AskStop())
        async for _ in client.events():
            pass
        await client.close()
    except EngineGoneError:
        if not _held(place):
            return False
    except RefusedError:
        os.kill(int(place.lock.read_text()), signal.SIGTERM)
    while _held(place):
        await asyncio.sleep(0.02)
    return True


def _held(place: Place) -> bool:
    """Whether an engine holds the lock: it does so until its tables are closed."""
    try:
        with place.lock.open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
