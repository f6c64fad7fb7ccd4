"""What people ask of notifications: how they are, and whether a target can be reached."""

from __future__ import annotations

import asyncio
import time

from msgspec.structs import replace

from opsconsole.engine.core import Core
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import AskNotify, Failure, Notifications
from opsconsole.engine.notify.outbox import By


async def answer(core: Core, body: AskNotify, peer: Peer) -> Notifications | Failure:
    """How notifications are, after the test that is asked for."""
    results: dict[str, str] = {}
    if body.test:
        if await asyncio.to_thread(core.role, peer) == "viewer":
            return Failure(message=f"{peer.user} is a viewer here, and it takes an operator to send a test message")
        by = By(peer.user, peer.uid, peer.origin)
        try:
            trying = await asyncio.wrap_future(
                core.with_notifier(lambda it: it.test(body.test, by, core.now(), time.time()))
            )
        except (LookupError, ValueError) as error:
            return Failure(message=str(error.args[0]))
        results = await asyncio.wrap_future(trying)
    try:
        state = await asyncio.wrap_future(core.with_notifier(lambda it: it.state()))
    except LookupError:
        return Notifications()  # nobody is told
    return replace(state, results=results)
