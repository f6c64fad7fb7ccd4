"""A few screens as pictures, so that a change of looks is seen and meant."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from opsconsole.console.engine_link import EngineLink
from opsconsole.console.program import Console
from tests.console.canned import NOW, CannedEngine
from tests.waiting import until

Compare = Callable[..., bool]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[CannedEngine]:
    """A canned engine in a thread of its own, since the picture is taken in a loop of its own."""
    served = CannedEngine(tmp_path)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(served.start(), loop).result(5)
    yield served
    asyncio.run_coroutine_threadsafe(served.stop(), loop).result(5)
    until(lambda: not asyncio.all_tasks(loop), 5, "the server to end")
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


@pytest.mark.parametrize(
    ("size", "keys", "shown"),
    [
        ((80, 24), "", "▲C Line 3 weld"),
        ((160, 50), "", "2 of 5 steps done"),
        ((60, 20), "", "▲C Line 3 weld"),
        ((40, 12), "", "▲C Line 3"),
        ((160, 50), "3 enter", "newest rows|18 of the last 20|owner"),
        ((80, 24), "3 enter tab", "effectiveness"),
        ((80, 24), "2", "2 of 5 steps done"),
        ((80, 24), "4", "of 2 attained"),
    ],
    ids=["overview", "overview wide", "overview small", "essentials", "kpi wide", "kpi moved", "alerts", "goals"],
)
def test_looks(snap_compare: Compare, engine: CannedEngine, size: tuple[int, int], keys: str, shown: str) -> None:
    app = Console(EngineLink(engine.place, start=False), wall=lambda: NOW)

    async def ready(pilot: Pilot[int]) -> None:
        async def sees(text: str) -> None:
            deadline = asyncio.get_running_loop().time() + 5
            while not all(each in "\n".join(app.canvas.text()) for each in text.split("|")):
                assert asyncio.get_running_loop().time() < deadline, f"never saw {text}"
                await asyncio.sleep(0.01)
            await pilot.pause()

        await sees("▲C")
        await pilot.press(*keys.split())
        await sees(shown)

    assert snap_compare(app, terminal_size=size, run_before=ready)
