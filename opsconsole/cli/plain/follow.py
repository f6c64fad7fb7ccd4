"""`opsconsole SITE --plain`: a summary in sentences, then what changes, one line each; and words that are typed.

Nothing is drawn and no escape sequence is sent, so that a screen reader or a log can follow. Changes are told once
they have been quiet for a moment; what comes and goes within it is not told at all.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterable

from opsconsole.cli.plain.changes import told
from opsconsole.cli.plain.doing import Doing
from opsconsole.cli.plain.picture import Numbers, Picture, changed, taken
from opsconsole.cli.plain.sentences import summary
from opsconsole.cli.text import inert, sentence
from opsconsole.engine.client import Client, EngineGoneError, RefusedError
from opsconsole.engine.launch import LaunchError
from opsconsole.engine.messages import Goodbye, Snapshot, Subscribe
from opsconsole.engine.place import Place, PlaceError, find_place
from opsconsole.engine.reach import reach, stop_engine

# Changes wait until nothing has come for so many seconds, but not longer than the other.
_QUIET, _LONGEST = 1.0, 5.0
_TRY_AGAIN = (0.1, 0.3, 1.0, 2.0)
# For terminals and logs without UTF-8.
_ASCII = str.maketrans(
    {"–": "-", "—": "-", "−": "-", "’": "'", "“": '"', "”": '"', "…": "...", "≥": ">=", "≤": "<=", "×": "x", "·": ",",
     "\u202f": " ", "\u00a0": " ", "→": "->", "°": " deg ", "µ": "u", "∞": "infinite"}
)  # fmt: skip


def follow(site: str, *, read_only: bool = False) -> int:
    """Follow a site until the person leaves, the input ends or the reader goes; the exit code. Raises PlaceError."""
    return asyncio.run(Follower(find_place(site), read_only=read_only).run())


class Follower:
    """One person (or log) that follows one site."""

    def __init__(self, place: Place, *, read_only: bool) -> None:
        self._place = place
        self._read_only = read_only
        self._doing = Doing(Numbers())
        self._told: Picture | None = None
        self._over = asyncio.Event()
        self._again = asyncio.Event()
        self._first_untold: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._code = 0
        self._typed = b""
        self._lines: asyncio.Queue[str] = asyncio.Queue()

    async def run(self) -> int:
        """Follow; the exit code."""
        loop = asyncio.get_running_loop()
        typing = sys.stdin is not None and sys.stdin.isatty()
        if typing:
            loop.add_reader(sys.stdin.fileno(), self._read)
        tasks = [asyncio.create_task(each) for each in (self._engine(), self._obey(), self._over.wait())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            if typing:
                loop.remove_reader(sys.stdin.fileno())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._doing.client is not None:
                await self._doing.client.close()
        return self._code

    def _say(self, lines: Iterable[str]) -> None:
        """Print; raises BrokenPipeError when the reader has gone."""
        utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        for line in lines:
            print(inert(line if utf8 else line.translate(_ASCII)))
        sys.stdout.flush()

    def _now(self, picture: Picture) -> float:
        return picture.now(time.time())

    # --- the engine ---

    async def _engine(self) -> None:
        """Connect, tell how things are, follow; over and over until the person leaves."""
        tries, met, ended, silent_since = 0, False, False, 0.0
        while True:
            try:
                client = await self._connect(start=not ended)
                snapshot = await client.ask(Subscribe(settled=not met))
            except (LaunchError, PlaceError) as error:
                if not met:
                    print(f"opsconsole: {sentence(error)}", file=sys.stderr)
                    self._code = 1
                    return
                self._say(
                    [f"The engine cannot be started: {str(error).rstrip('.')}. Trying again."] if not tries else []
                )
            except (EngineGoneError, RefusedError) as error:
                if isinstance(error, RefusedError) and not met:
                    print(f"opsconsole: {sentence(error)}", file=sys.stderr)
                    self._code = 1
                    return
            else:
                assert isinstance(snapshot, Snapshot)
                self._doing.client = client
                self._meet(taken(snapshot), again=met, silent=time.time() - silent_since)
                met, tries, ended = True, 0, False
                ended = await self._listen(client)
                silent_since = time.time()
                continue
            await self._pause(_TRY_AGAIN[min(tries, len(_TRY_AGAIN) - 1)])
            tries += 1
            ended = ended and not self._again.is_set()
            self._again.clear()

    async def _connect(self, *, start: bool) -> Client:
        if start:
            return await reach(self._place, "console", read_only=self._read_only)
        return await Client.connect(self._place, "console", read_only=self._read_only)

    def _meet(self, picture: Picture, *, again: bool, silent: float) -> None:
        """The first picture, or the first after a loss: what changed meanwhile is told."""
        self._doing.picture = picture
        if not again or self._told is None:
            self._say(summary(picture, self._now(picture), self._doing.numbers))
            self._told = picture
            if sys.stdin is not None and sys.stdin.isatty():
                self._say(["Changes are told as they come. Type help for what you can ask and do, quit to leave."])
            return
        self._say([f"The engine answers again, after {max(1, round(silent))} s."])
        self._tell()

    async def _listen(self, client: Client) -> bool:
        """Take what the engine pushes until it goes; whether it ended on purpose."""
        ended = False
        async for event in client.events():
            assert self._doing.picture is not None
            if isinstance(event, Goodbye):
                ended = True
                self._tell()
                self._say([f"The engine has ended: {event.reason.rstrip('.')}. restart-engine starts it again."])
            elif isinstance(event, Snapshot):
                self._doing.picture = taken(event)
                self._soon()
            else:
                self._doing.picture = changed(self._doing.picture, event)
                self._soon()
        self._doing.client = None
        await client.close()
        if not ended:
            self._tell()
            self._say(["The engine does not answer. Trying again; until then all is as it was."])
        return ended

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._again.wait(), seconds)
        except TimeoutError:
            return

    # --- telling ---

    def _soon(self) -> None:
        """Tell of changes once it has been quiet for a moment."""
        loop = asyncio.get_running_loop()
        if self._first_untold is None:
            self._first_untold = loop.time()
        if self._timer is not None:
            self._timer.cancel()
        wait = min(_QUIET, max(0.0, self._first_untold + _LONGEST - loop.time()))
        self._timer = loop.call_later(wait, self._tell_or_end)

    def _tell_or_end(self) -> None:
        try:
            self._tell()
        except BrokenPipeError:
            self._gone()

    def _gone(self) -> None:
        """Nobody reads any more: nothing may be written, not even at exit."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        self._code = 1
        self._over.set()

    def _tell(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._first_untold = None, None
        picture, before = self._doing.picture, self._told
        if picture is not None and before is not None and picture is not before:
            own = {name for name in self._doing.own if before.alerts.get(name) != picture.alerts.get(name)}
            self._say(told(before, picture, self._now(picture), self._doing.numbers, own))
            self._doing.own -= own
            self._told = picture

    # --- the person ---

    def _read(self) -> None:
        """What the terminal has: whole lines, as it edits them itself."""
        try:
            piece = os.read(sys.stdin.fileno(), 65536)
        except OSError:
            piece = b""
        if not piece:
            self._over.set()
            return
        self._typed += piece
        *lines, self._typed = self._typed.split(b"\n")
        for line in lines:
            self._lines.put_nowait(line.decode("utf-8", "replace"))

    async def _obey(self) -> None:
        while True:
            line = (await self._lines.get()).strip()
            if not line:
                continue
            word = line.removeprefix(":").split(" ")[0]
            if word in ("quit", "q"):
                self._over.set()
                return
            if word == "restart-engine":
                await self._restart()
                continue
            self._tell()
            picture = self._doing.picture
            self._say(await self._doing.line(line, self._now(picture) if picture is not None else time.time()))

    async def _restart(self) -> None:
        self._say(["Starting the engine anew."])
        try:
            await stop_engine(self._place)
        except (RefusedError, OSError) as error:
            self._say([f"Not done: {error}."])
            return
        self._again.set()
