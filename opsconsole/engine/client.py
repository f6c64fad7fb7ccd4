"""A client of an engine: the one way in which consoles and headless commands reach it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Literal

from opsconsole import __version__
from opsconsole.engine.messages import (
    PROTOCOL,
    Answer,
    Ask,
    Changes,
    Failure,
    Goodbye,
    Hello,
    Reply,
    Request,
    Snapshot,
    Welcome,
)
from opsconsole.engine.place import Place
from opsconsole.engine.wire import WireError, answer, frame, read_to_client

Event = Snapshot | Changes | Goodbye


class EngineGoneError(Exception):
    """No engine answers at the place, or it went away."""


class RefusedError(Exception):
    """The engine answered and will not serve this client or request; the message is for a person."""


class Client:
    """A connection to an engine. Use `Client.connect`, and close it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, welcome: Welcome) -> None:
        self.welcome = welcome
        self._reader = reader
        self._writer = writer
        self._next = 0
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._pump_task = asyncio.create_task(self._pump())

    @classmethod
    async def connect(
        cls, place: Place, kind: Literal["console", "headless"] = "headless", *, read_only: bool = False
    ) -> Client:
        """Connect and say hello. Raises EngineGoneError when nobody listens, RefusedError on another protocol.

        `read_only`: the engine is to take nothing from this client that changes something.
        """
        try:
            reader, writer = await asyncio.open_unix_connection(str(place.socket))
        except OSError as error:
            raise EngineGoneError(f"no engine runs for {place.site}") from error
        ssh = os.environ.get("SSH_CONNECTION", "")
        writer.write(frame(Hello(protocol=PROTOCOL, version=__version__, kind=kind, ssh=ssh, read_only=read_only)))
        try:
            greeting = await read_to_client(reader)
        except WireError as error:
            writer.close()
            raise RefusedError(_OTHER_VERSION.format(theirs="another version")) from error
        if isinstance(greeting, Welcome) and greeting.protocol == PROTOCOL:
            return cls(reader, writer, greeting)
        writer.close()
        if isinstance(greeting, Failure):
            raise RefusedError(greeting.message)
        if isinstance(greeting, Welcome):
            raise RefusedError(_OTHER_VERSION.format(theirs=f"version {greeting.version}"))
        raise EngineGoneError("the engine hung up")

    async def ask(self, body: Ask) -> Answer:
        """The engine's answer. Raises EngineGoneError, or RefusedError with the engine's sentence."""
        if self._pump_task.done():
            raise EngineGoneError("the engine is gone")
        self._next += 1
        number = self._next
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._writer.write(frame(Request(id=number, body=body)))
            await self._writer.drain()
            came = await future
        except ConnectionError as error:
            raise EngineGoneError("the engine is gone") from error
        finally:
            self._waiting.pop(number, None)
        try:
            found = answer(body, came)
        except WireError as error:
            self._writer.close()
            raise EngineGoneError(_STRANGE.format(error)) from error
        if isinstance(found, Failure):
            raise RefusedError(found.message)
        return found

    async def events(self) -> AsyncIterator[Event]:
        """What the engine pushes after a `Subscribe`; ends when the engine is gone."""
        while True:
            event = await self._events.get()
            if event is None:
                return
            yield event

    async def close(self) -> None:
        """Hang up."""
        self._pump_task.cancel()
        self._writer.close()
        await asyncio.gather(self._pump_task, return_exceptions=True)

    async def _pump(self) -> None:
        reason = "the engine is gone"
        try:
            while True:
                try:
                    message = await read_to_client(self._reader)
                except WireError as error:
                    reason = _STRANGE.format(error)
                    break
                if isinstance(message, Reply):
                    future = self._waiting.get(message.id)
                    if future is not None and not future.done():
                        future.set_result(message)
                elif isinstance(message, Snapshot | Changes | Goodbye):
                    self._events.put_nowait(message)
                elif message is None:
                    break
        finally:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(EngineGoneError(reason))
            self._events.put_nowait(None)
            self._writer.close()


_STRANGE = "the engine sent what this version does not understand ({})"
_OTHER_VERSION = (
    f"this opsconsole ({__version__}) and the running engine ({{theirs}}) do not speak the same protocol: "
    "run `opsconsole stop SITE` (or :restart-engine in the console) so that a fresh engine starts."
)
