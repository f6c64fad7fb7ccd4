"""A few screens as pictures, so that a change of looks is seen and meant.

`pytest tests/console/test_screens.py --snapshot-update` renews them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from opsconsole.console.config import Config, Theme
from opsconsole.console.engine_link import EngineLink
from opsconsole.console.ground import Terminal as Known
from opsconsole.console.program import Console
from opsconsole.console.themes import Depth
from tests.console.canned import NOW, CannedEngine
from tests.waiting import until

Compare = Callable[..., bool]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[CannedEngine]:
    """A canned engine in a thread of its own, since the picture is taken in a loop of its own."""
    served = CannedEngine(tmp_path)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(served.start(), loop).result(5)
    yield served
    asyncio.run_coroutine_threadsafe(served.stop(), loop).result(5)
    until(lambda: not asyncio.all_tasks(loop), 5, "the server to end")
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


SMALL, WIDE = (80, 24), (160, 50)
# What is pressed, and what the screen shows when it is complete.
SCREENS = {
    "overview": ("", "▲C Line 3 weld"),
    "alerts": ("2", "2 of 5 steps done"),
    "kpi": ("3 enter", "critical 60"),
    "rows": ("5 enter", "line"),
    "help": ("?", "Keys that work here"),
}
WHOLE = {
    "overview": "2 of 5 steps done|10:43 ana|K2-9000",
    "alerts": "2 of 5 steps done|10:41 system|08:51:38",
    "kpi": "critical 60|effectiveness|typical of 18|M. Weber|K2-9000",
}
"""What a large terminal shows besides: each comes with an answer of its own."""
OTHERS = {
    "overview small": ((60, 20), "", "▲C Line 3 weld"),
    "essentials": ((40, 12), "", "▲C Line 3"),
    "kpi moved": (SMALL, "3 enter tab", "effectiveness"),
    "goals": (SMALL, "4", "of 2 attained"),
}
# Both sizes in dark, each other theme at one.
WORN: tuple[tuple[str, Theme, Depth, tuple[int, int]], ...] = (
    ("dark", "dark", "truecolor", SMALL),
    ("dark wide", "dark", "256", WIDE),
    ("light", "light", "truecolor", SMALL),
    ("mono wide", "mono", "mono", WIDE),
)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize(("theme", "depth", "size"), [worn[1:] for worn in WORN], ids=[worn[0] for worn in WORN])
def test_themes(
    snap_compare: Compare, engine: CannedEngine, screen: str, theme: Theme, depth: Depth, size: tuple[int, int]
) -> None:
    keys, shown = SCREENS[screen]
    if size == WIDE:
        shown = WHOLE.get(screen, shown)
    assert looks_the_same(snap_compare, engine, size, keys, shown, theme, depth)


@pytest.mark.parametrize("screen", OTHERS)
def test_looks(snap_compare: Compare, engine: CannedEngine, screen: str) -> None:
    assert looks_the_same(snap_compare, engine, *OTHERS[screen])


def looks_the_same(
    compare: Compare,
    engine: CannedEngine,
    size: tuple[int, int],
    keys: str,
    shown: str,
    theme: Theme = "auto",
    depth: Depth = "16",
) -> bool:
    """Whether a screen looks as in its picture."""
    config = Config(theme=theme)
    link = EngineLink(engine.place, start=False)
    app = Console(link, wall=lambda: NOW, config=config, terminal=Known(depth))
    if theme == "light":
        app.theme = "ansi-light"  # the ground of the picture; a terminal brings its own

    async def ready(pilot: Pilot[int]) -> None:
        async def sees(text: str) -> None:
            deadline = asyncio.get_running_loop().time() + 5
            while not all(each in "\n".join(app.canvas.text()) for each in text.split("|")):
                assert asyncio.get_running_loop().time() < deadline, f"never saw {text}"
                await asyncio.sleep(0.01)
            while link._client is not None and link._client._waiting:  # answers come from the other thread
                assert asyncio.get_running_loop().time() < deadline, "a question is not answered"
                await asyncio.sleep(0.01)
            await pilot.pause()

        await sees("▲C")
        await pilot.press(*keys.split())
        await sees(shown)

    return compare(app, terminal_size=size, run_before=ready)
