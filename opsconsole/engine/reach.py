"""Reaching the engine of a place, and starting one where none runs."""

from __future__ import annotations

import asyncio
import time
from typing import Literal

from opsconsole.engine.client import Client, EngineGoneError
from opsconsole.engine.launch import IDLE_EXIT, Launch, LaunchError, start_engine
from opsconsole.engine.place import Place

# An engine that another client has just started holds the lock a moment before it listens.
_PATIENCE = 10.0


async def reach(
    place: Place,
    kind: Literal["console", "headless"],
    *,
    idle_exit: float = IDLE_EXIT,
    launch: Launch | None = None,
) -> Client:
    """A client of the place's engine; starts one where none runs (or waits for the one that `launch` started).

    Raises LaunchError, PlaceError, or RefusedError.
    """
    if launch is None:
        try:
            return await Client.connect(place, kind)
        except EngineGoneError:
            launch = start_engine(place, idle_exit=idle_exit)
    await asyncio.to_thread(launch.wait)
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return await Client.connect(place, kind)
        except EngineGoneError as error:
            if time.monotonic() > end:
                raise LaunchError(f"an engine holds {place.lock} but does not answer; end it and try again") from error
            await asyncio.sleep(0.02)
