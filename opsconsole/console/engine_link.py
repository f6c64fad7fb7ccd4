"""The link to a real engine: connects, subscribes, and comes back after a loss."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from opsconsole.console.link import Back, Event, Hopeless, LinkError, Lost
from opsconsole.engine.client import Client, EngineGoneError, RefusedError
from opsconsole.engine.launch import Launch, LaunchError
from opsconsole.engine.messages import Answer, Ask, Failure, Goodbye, Snapshot, Subscribe
from opsconsole.engine.place import Place, PlaceError
from opsconsole.engine.reach import reach, stop_engine

_TRY_AGAIN = (0.1, 0.3, 1.0, 2.0)


class EngineLink:
    """A connection to the engine of a place. An engine that ended on purpose is not started again unasked.

    `launch`: the engine that was just started, to wait for; `start`: whether to start one where none runs;
    `read_only`: the engine is to take nothing from here that changes something. `patient`: an engine that cannot be
    started is tried again; nobody is there to do it.
    """

    def __init__(
        self,
        place: Place,
        launch: Launch | None = None,
        start: bool = True,
        *,
        read_only: bool = False,
        patient: bool = False,
    ) -> None:
        self.read_only = read_only
        self._patient = patient
        self.place = place
        self._start = start
        self._launch = launch
        self._client: Client | None = None
        self._met = False
        self._ended = False
        self._again = asyncio.Event()
        self.user = ""
        self.role = ""

    async def ask(self, body: Ask) -> Answer:
        """The engine's answer. Raises LinkError where there is no engine."""
        if self._client is None:
            raise LinkError("the engine is not there")
        try:
            return await self._client.ask(body)
        except RefusedError as error:
            return Failure(message=str(error))
        except EngineGoneError as error:
            raise LinkError(str(error)) from error

    async def events(self) -> AsyncIterator[Event]:
        """A snapshot, then changes; losses and returns in between."""
        tries, lost = 0, False
        while True:
            try:
                client = await self._connect()
                snapshot = await client.ask(Subscribe())
            except (EngineGoneError, RefusedError, LaunchError, PlaceError) as error:
                if not self._met and not self._patient and isinstance(error, LaunchError | PlaceError):
                    yield Hopeless(reason=str(error))
                    return
                if not lost or tries == 0:
                    yield Lost(reason=str(error))
                lost = True
                await self._pause(_TRY_AGAIN[min(tries, len(_TRY_AGAIN) - 1)])
                tries += 1
                continue
            self._client, self._met = client, True
            self.user, self.role = client.welcome.user, client.welcome.role
            if lost:
                yield Back()
            tries, lost = 0, True
            if isinstance(snapshot, Snapshot):
                yield snapshot
            async for event in client.events():
                self._ended = isinstance(event, Goodbye)
                yield event
            self._client = None
            await client.close()
            if not self._ended:
                yield Lost(reason="the engine is gone")
                tries = 1

    async def _connect(self) -> Client:
        launch, self._launch = self._launch, None
        if self._ended or not self._start:
            # another person may start one; this console only looks
            return await Client.connect(self.place, "console", read_only=self.read_only)
        return await reach(self.place, "console", launch=launch, read_only=self.read_only)

    async def _pause(self, seconds: float) -> None:
        self._again.clear()
        try:
            await asyncio.wait_for(self._again.wait(), seconds)
        except TimeoutError:
            return

    async def restart(self) -> None:
        """End the running engine, if any, and start anew. Raises LinkError."""
        if self.read_only:
            raise LinkError("this console is read-only: it neither ends nor starts an engine")
        try:
            await stop_engine(self.place)
        except (RefusedError, OSError) as error:
            raise LinkError(str(error)) from error
        while self._client is not None:
            await asyncio.sleep(0.02)
        self._ended = False
        self._again.set()

    async def close(self) -> None:
        """Hang up; the engine goes on."""
        if self._client is not None:
            await self._client.close()
