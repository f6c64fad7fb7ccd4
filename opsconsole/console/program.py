"""The program: keys go in, the model changes, lines come out. It holds no truth of its own."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import RenderableType
from textual import events
from textual.app import App
from textual.screen import Screen

from opsconsole.console import around, hangup, mouse
from opsconsole.console.actions import ACTIONS, Registry, rebound, then
from opsconsole.console.address import Address
from opsconsole.console.among import Among
from opsconsole.console.bell import Bell, Ringer
from opsconsole.console.canvas import Canvas, Main
from opsconsole.console.config import Config, Start
from opsconsole.console.doing import Doing
from opsconsole.console.ground import Terminal
from opsconsole.console.hearing import Hearing
from opsconsole.console.history import History, Left
from opsconsole.console.layers import Layers
from opsconsole.console.link import Link
from opsconsole.console.looking import Looking
from opsconsole.console.memory import Memory
from opsconsole.console.model import EVERYTHING, Model
from opsconsole.console.outlet import EMPTY, Outlet
from opsconsole.console.pause import Pause
from opsconsole.console.prompt import Prompt
from opsconsole.console.resizing import Resizing
from opsconsole.console.runs import exact
from opsconsole.console.ticking import Ticking
from opsconsole.console.touring import Toured
from opsconsole.console.travel import Travel
from opsconsole.console.tty import Tty
from opsconsole.console.views.base import View
from opsconsole.console.views.make import make
from opsconsole.engine.messages import Answer, Ask, KpiState

if TYPE_CHECKING:
    from opsconsole.console.scrub import Scrubber
    from opsconsole.console.sql.desk import SqlDesk
    from opsconsole.console.turning import Turning


class Console(App[int], inherit_bindings=False):
    """The console on one engine."""

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[Any]] = []
    CSS = "Screen { overflow: hidden; }"

    def __init__(
        self,
        link: Link,
        wall: Callable[[], float] = time.time,
        ascii_only: bool = False,
        trouble: Path | None = None,
        bell: Bell | None = None,
        config: Config = Config(),  # noqa: B008 (frozen)
        terminal: Terminal | None = None,
        toured: Toured | None = None,
        start: Start = Start(),  # noqa: B008 (frozen)
        memory: Memory | None = None,
    ) -> None:
        # told at once and not by the theme alone: the filter for NO_COLOR is chosen in there
        super().__init__(ansi_color=True, driver_class=Tty)
        self.terminal = terminal or Terminal()
        self.theme = "ansi-dark"
        self.animation_level = "none"
        self.link = link
        self.trouble = trouble
        self.farewell = ""
        self.failed = False
        self.wall_clock = wall
        self.travel = Travel(self)
        self.pause = Pause()
        self.config = config
        self.toured = toured
        self.registry = Registry(rebound(ACTIONS, config.keys))
        self.layers = Layers(self)
        self.doing = Doing(self)
        self.canvas = Canvas(ascii_only)
        self.looking = Looking(self, config, self.terminal)
        self.history = History(Left(Address("overview")), self._made)
        self.prompt: Prompt | None = None
        self.message: tuple[str, str] = ("", "")
        self._among = Among(self)
        self._entered: View | None = None
        self._painting = False
        self.ticking = Ticking(self, self.set_timer)
        self._work: set[asyncio.Task[None]] = set()
        self.outlet = Outlet(lambda: self._driver, self.set_timer, self._draw)
        ringer = Ringer(bell or Bell(quiet=True), self.outlet.write, self.set_timer)
        self.hearing = Hearing(self, self.ticking, ringer, self.doing.welcome, self._hopeless, self._heed)
        self._resizing = Resizing(
            self.set_timer,
            lambda: self.size,
            lambda size: self.post_message(events.Resize(size, size)),
            lambda: self._draw(True),
        )
        self.wall_mode = self._turning(start.rotate or config.rotate) if start.wall else None
        self.memory = memory
        if memory is not None:
            self.message = (memory.bring_back(self.history, self.layers), "")

    def _turning(self, seconds: float) -> Turning:
        from opsconsole.console.turning import Turning

        return Turning(self, seconds, self.set_timer)

    def _made(self, left: Left) -> View:
        """A screen as it was left."""
        view = make(self, left.address, self.registry, "overview")
        try:
            view.recall(left.kept)
        except (TypeError, ValueError, KeyError):
            return make(self, left.address, self.registry, "overview")  # left by another version
        return view

    def _handle_exception(self, error: Exception) -> None:
        """A fault of ours: no traceback for the person at the console, all of it for whoever mends it."""
        if self.is_headless or self.trouble is None:
            super()._handle_exception(error)
            return
        if self.memory is not None:
            # what was shown may be what leads to it
            self.memory.forget()
            self.memory = None
        from opsconsole.console import faults

        self.failed = True
        self.farewell = faults.note(error, self.trouble)
        self.exit(1, return_code=1)

    # --- what screens may use (opsconsole.console.context) ---

    def wall(self) -> float:
        return self.wall_clock()

    def now(self) -> float:
        return self.model.now(self.wall_clock())

    @property
    def model(self) -> Model:
        if self.pause.frozen is not None and not self.travel.at:
            return self.pause.frozen
        return self.travel.model

    @property
    def user(self) -> str:
        return self.link.user

    @property
    def role(self) -> str:
        return self.link.role

    @cached_property
    def sql(self) -> SqlDesk:
        from opsconsole.console.sql.desk import desk_of

        return desk_of(self, self.link.place)

    @cached_property
    def scrubber(self) -> Scrubber:
        from opsconsole.console.scrub import Scrubber

        return Scrubber(self)

    @property
    def on_wall(self) -> bool:
        return self.wall_mode is not None and self.wall_mode.on_layout

    def seconds(self, at: str) -> float | None:
        return self.travel.seconds(at)

    def asked_at(self, at: str) -> float | None:
        return self.pause.at if self.pause.on and not at else self.travel.seconds(at)

    def alert_at(self, alert: str, then: float | None) -> float | None:
        return self.pause.at if then is None and self.pause.holds(alert) else then

    def range_seconds(self, over: str) -> tuple[float, float] | None:
        return self.travel.over_seconds(over) if over else None

    @property
    def stack(self) -> str:
        """Which scopes of actions are active here, now."""
        stack = "wall" if self.on_wall else self.history.current.stack
        return then(stack) if self.travel.at else stack

    async def ask(self, body: Ask) -> Answer:
        answer = await self.link.ask(body)
        if self.pause.commanded(body, answer, self.travel.live):
            self.history.current.update({"alerts"})
        return answer

    def among(self, kpi: str, where: Mapping[str, str | None]) -> KpiState | None:
        return self._among.get(kpi, where, self.travel.at)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._handle_exception(error)  # type: ignore[arg-type]
        self.paint_soon()

    def go(self, address: Address) -> None:
        address = self.travel.there(address)
        if self.travel.at_hand(address.at):
            self._open(address)
        else:
            self.say(f"how it was at {self.travel.label(address.at)} …")
            self.spawn(self._go_then(address))

    def _open(self, address: Address) -> None:
        self.history.open(make(self, address, self.registry, self.stack))
        self.enter()
        # what it asks for is answered by the rows known now: the figures around it are to be by the same
        self.travel.again(anew=False)

    async def _go_then(self, address: Address) -> None:
        """Open a screen at a moment that has to be asked for first."""
        before = self.history.current
        if await self.travel.bring(address.at) and self.history.current is before:
            self.say("")
            self._open(address)

    def told(self, text: str) -> str:
        return self.registry.told(text)

    def say(self, text: str, style: str = "") -> None:
        self.message = (text, style)
        self.paint_soon()

    def redraw(self) -> None:
        self.paint_soon()

    # --- what concerns the whole program (opsconsole.console.doing) ---

    def leave(self) -> None:
        self.exit(0)

    def copy_out(self, text: str) -> None:
        self.say(*self.outlet.copy(text))

    def go_home(self, address: Address) -> None:
        self.history.recall([Left(address)], [])
        self.enter()
        self.paint_soon()

    def link_is_free(self) -> None:
        """The terminal has drawn what it was sent."""
        self.outlet.free()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, exact(renderable))

    def post_display_hook(self) -> None:
        self.outlet.sent()

    def reload(self) -> None:
        if self.travel.at:
            self.travel.again()
        else:
            self.spawn(self.history.current.load())
        self.say("asked again")

    def refill(self) -> None:
        self.history.current.update(EVERYTHING)

    def enter(self) -> None:
        view = self._entered = self.history.current
        self.ticking.soon()
        if self.model.site is not None:
            view.update(EVERYTHING)
            self.spawn(view.load())

    # --- Textual ---

    def get_default_screen(self) -> Screen[None]:
        return Main(self.canvas)

    async def on_mount(self) -> None:
        self.canvas.focus()
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTERM, self.exit, 0, 128 + signal.SIGTERM)
            loop.add_signal_handler(signal.SIGHUP, self.hung_up)
        if mouse.wanted(self.config.mouse):
            self.outlet.switch_mouse()
        self.spawn(self.hearing.listen())
        self.set_timer(EMPTY, self._open_anyway)
        self.ticking.soon()

    def _open_anyway(self) -> None:
        self.outlet.opens(True)
        self.paint()

    def hung_up(self) -> None:
        """The terminal has gone: the console goes too."""
        hangup.end_soon()
        self.exit(0, return_code=hangup.CODE)

    async def on_unmount(self) -> None:
        if self.memory is not None and self.model.site is not None:
            self.farewell = self.memory.keep(self.history, self.travel, self.layers) or self.farewell
        for task in tuple(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await self.link.close()

    def on_resize(self, _: events.Resize) -> None:
        self.paint_soon()
        self._resizing.settle(self.model.site is not None, ask=not self.is_headless)

    def _draw(self, whole: bool) -> None:
        self.paint()
        if whole and self.outlet.takes(whole=True):
            self.canvas.refresh()

    def _hopeless(self, reason: str) -> None:
        """There is no engine, and none can be started."""
        self.farewell = reason
        self.exit(1, return_code=1)

    def _heed(self) -> None:
        if self.wall_mode is not None:
            self.wall_mode.heed()

    # --- keys ---

    async def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self.press(event.key, event.character if event.is_printable else None)

    def on_paste(self, event: events.Paste) -> None:
        self.doing.paste(event.text)
        self.paint_soon()

    def press(self, key: str, character: str | None) -> None:
        """A key: to the prompt while one is open, else what the registry says it means here."""
        self._act(lambda: self._key(key, character))

    def _key(self, key: str, character: str | None) -> None:
        if self.prompt is not None:
            self.doing.type(self.prompt, key, character)
            return
        if self.history.current.typing:
            self.doing.sql.type_on_screen(self.history.current, key, character)
            return
        if self.history.current.any_key:
            self.history.back()
            return
        name = character if character is not None and character != " " else key
        action = self.registry.find(name, self.stack)
        if action is not None:
            self.doing.run(action)
        elif key == "ctrl+c":
            self.say(self.registry.told("{quit} leaves the console; the engine goes on"))

    def on_click(self, event: events.Click) -> None:
        self._act(lambda: mouse.click(self, self.canvas.spans(), event.screen_x, event.screen_y, event.chain > 1))

    def on_mouse_scroll_down(self) -> None:
        self._act(lambda: self.history.current.page(mouse.WHEEL))

    def on_mouse_scroll_up(self) -> None:
        self._act(lambda: self.history.current.page(-mouse.WHEEL))

    def _act(self, do: Callable[[], object]) -> None:
        """Do what a person wants, and show what came of it."""
        self.message = ("", "")
        if self.wall_mode is not None:
            self.wall_mode.touched()
        before, at, self._entered = self.history.current, self.travel.at, None
        do()
        view = self.history.current
        if view is not before and view is not self._entered:
            # come back to: it is as it was left
            if self.travel.at == at:
                view.update(EVERYTHING)
            else:
                self.travel.arrive()
        self.paint()

    # --- drawing ---

    def paint_soon(self) -> None:
        """Draw once the messages at hand are dealt with."""
        if not self._painting and self.is_running:
            self._painting = True
            self.call_later(self.paint)

    def paint(self) -> None:
        """Draw everything; the canvas sends only what differs, and nothing while the terminal cannot take it."""
        self._painting = False
        if self.outlet.opens(self.model.site is not None) and self.outlet.takes():
            self.canvas.show(*around.picture(self, self.message, *self.size))
