"""Running the console against a canned engine under Textual's Pilot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from textual.pilot import Pilot

from opsconsole.console.engine_link import EngineLink
from opsconsole.console.program import Console
from opsconsole.engine.messages import Snapshot
from tests.console.canned import NOW, CannedEngine

T = TypeVar("T")


class Session:
    """A console on a canned engine, with the keyboard of a person."""

    def __init__(self, engine: CannedEngine, app: Console, pilot: Pilot[int]) -> None:
        self.engine = engine
        self.patience = 5.0
        self.app = app
        self.pilot = pilot

    def lines(self) -> list[str]:
        """What is on the screen."""
        return self.app.canvas.text()

    def text(self) -> str:
        """The same, in one piece."""
        return "\n".join(self.lines())

    async def press(self, *keys: str) -> None:
        """Press keys and wait until they are dealt with."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.press(*("space" if char == " " else char for char in text))

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait until something holds; fails with the screen once patience (5 s) is over."""
        deadline = asyncio.get_running_loop().time() + self.patience
        while not condition():
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"never came true: {what}\n{self.text()}")
            await asyncio.sleep(0.01)
            await self.pilot.pause()

    async def sees(self, text: str) -> None:
        """Wait until a text is on the screen."""
        await self.until(lambda: text in self.text(), f"to see {text!r}")

    def last(self, kind: type[T]) -> T:
        """The last question of a kind that the engine was asked, whatever it was asked besides."""
        found = [ask for ask in self.engine.asked if isinstance(ask, kind)]
        assert found, f"it was never asked for {kind.__name__}"
        return found[-1]

    def row(self, text: str) -> str:
        """The one line on the screen that has this text."""
        found = [line for line in self.lines() if text in line]
        assert len(found) == 1, f"{len(found)} lines have {text!r}:\n{self.text()}"
        return found[0]

    def styles(self, text: str) -> str:
        """The styles of the spans that make up this text's line."""
        return " ".join(
            style for line in self.app.canvas.spans() if text in "".join(part for part, _ in line) for _, style in line
        )


@asynccontextmanager
async def console(
    folder: Path,
    cells: int = 80,
    lines: int = 24,
    state: Snapshot | None = None,
    wall: Callable[[], float] = lambda: NOW,
) -> AsyncIterator[Session]:
    """A console that has drawn its first snapshot."""
    async with CannedEngine(folder, state) as engine:
        app = Console(EngineLink(engine.place, start=False), wall=wall)
        async with app.run_test(size=(cells, lines)) as pilot:
            session = Session(engine, app, pilot)
            await session.until(lambda: app.model.site is not None, "a snapshot")
            await pilot.pause()
            yield session
