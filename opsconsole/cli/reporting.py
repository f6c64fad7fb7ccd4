"""Following a report that the engine works on, with a line of progress for whoever looks."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import Any

from opsconsole.cli.text import inert
from opsconsole.engine.client import Client, EngineGoneError, RefusedError
from opsconsole.engine.messages import AskReport, Report


async def report(client: Client, ask: AskReport) -> dict[str, Any]:
    """The result of a report, once the engine has it; interrupted here it ends there too. Raises RefusedError."""
    job: int | None = None
    shown = False
    try:
        while True:
            found = await client.ask(ask if job is None else AskReport(kind=ask.kind, job=job))
            assert isinstance(found, Report)
            job = found.job
            if found.trouble:
                raise RefusedError(found.trouble)
            if found.result is not None:
                return found.result
            if sys.stderr.isatty():
                columns = os.get_terminal_size(sys.stderr.fileno()).columns - 1
                line = inert(f"{found.done:4.0%}  {found.doing}")[:columns]
                print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
                shown = True
    except asyncio.CancelledError:
        if job is not None:
            with contextlib.suppress(EngineGoneError, RefusedError, TimeoutError):
                await asyncio.wait_for(client.ask(AskReport(kind=ask.kind, job=job, cancel=True)), 1.0)
        raise
    finally:
        if shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
