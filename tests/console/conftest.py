"""Tests that are coroutines run in an event loop of their own, and ask that loop whether a console is done."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine
from typing import Any

import pytest
import textual.app
import textual.pilot

from tests.console.idle import idle

textual.app.wait_for_idle = textual.pilot.wait_for_idle = idle  # type: ignore[attr-defined]

_PATIENCE = 150.0
"""Seconds after which a coroutine is cancelled where it waits: its traceback says what it waited for."""


async def _within(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    async with asyncio.timeout(seconds):
        await work


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    work = pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
    asyncio.run(_within(_PATIENCE, work))
    return True
