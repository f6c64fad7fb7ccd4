"""When a console under Textual's Pilot has done all that there is to do.

Textual looks at how much processor its process used in 20 ms, again and again: three times for each key, and a process
that a busy machine does not let run seems to be done. The console and the canned engine live in one event loop, which
can say so itself.
"""

from __future__ import annotations

import asyncio
from typing import Any

AHEAD = 0.02
"""Seconds: timers that are due so soon are waited for, as Textual's pause would."""
ROUNDS = 3
"""Turns of the loop without anything to do: what one end of a socket has written is read by the other in the next."""


async def idle(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Wait, `max_sleep` s at most, until nothing is ready to run or to read and no timer is due within 20 ms of now.

    It stands for Textual's `wait_for_idle`, which waits `min_sleep` s at least.
    """
    loop: Any = asyncio.get_running_loop()  # what is ready and what is due is told to nobody but the loop itself
    began = loop.time()
    rounds = 0
    while rounds < ROUNDS and loop.time() - began < max_sleep:
        await asyncio.sleep(0)  # the loop looks at its sockets, and runs all that is ready
        rounds = 0 if loop._ready else rounds + 1
        due = min((timer.when() for timer in loop._scheduled if not timer.cancelled()), default=began + max_sleep)
        if rounds and due < max(began + min_sleep, began + AHEAD):
            rounds = 0
            await asyncio.sleep(max(0.0, due - loop.time()))
    if min_sleep:
        await asyncio.sleep(max(0.0, began + min_sleep - loop.time()))
