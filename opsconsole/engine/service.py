"""The socket service: sessions of clients, who they are, what they ask, and the changes that are pushed to them.

A client that does not read holds up nobody: its session waits in `drain`, and when it reads again it gets one message
with all that changed since.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from opsconsole import __version__
from opsconsole.engine.commands import Role
from opsconsole.engine.diff import changes_between
from opsconsole.engine.identity import Peer, peer_of
from opsconsole.engine.messages import (
    PROTOCOL,
    Answer,
    Ask,
    AskStatus,
    AskStop,
    EngineStatus,
    Failure,
    Goodbye,
    Hello,
    Request,
    Snapshot,
    Subscribe,
    ToClient,
    Welcome,
)
from opsconsole.engine.place import Place
from opsconsole.engine.wire import WireError, frame, read_to_engine, reply

log = logging.getLogger(__name__)

# Requests of one client that are worked on at once; more wait unread, so that no client can fill the engine's memory.
_AT_ONCE = 8
_HELLO_WITHIN = 10.0
_FIRST_CLIENT_WITHIN = 30.0
# A client that was told goodbye and does not read is left behind after so long.
_GOODBYE_WITHIN = 1.0

Handler = Callable[[Ask, Peer], Awaitable[Answer]]


class Service:
    """Serves one site's clients. `handle` answers what is not about the connection itself, `role` says who may what."""

    def __init__(
        self,
        place: Place,
        handle: Handler,
        status: Callable[[], EngineStatus],
        idle_exit: float | None,
        role: Callable[[Peer], Role] = lambda _: "supervisor",
    ) -> None:
        self._place = place
        self._handle = handle
        self._status = status
        self._idle_exit = idle_exit
        self.role = role
        self._sessions: set[_Session] = set()
        self._latest: Snapshot | None = None
        self._stopping = False
        # set when a client came or went, or the end was asked for
        self._people = asyncio.Event()
        self._reason = "the engine was ended"
        # the first client of an engine that was started for one needs time to connect
        self._left = time.monotonic() + _FIRST_CLIENT_WITHIN
        self._moved = asyncio.Event()

    @property
    def consoles(self) -> list[str]:
        """Who looks: the users of the connected consoles."""
        return sorted(str(session.peer) for session in self._sessions if session.kind == "console")

    def publish(self, snapshot: Snapshot) -> None:
        """Make `snapshot` the latest; every subscriber gets what differs from what it has seen."""
        self._latest = snapshot
        for session in self._sessions:
            session.news.set()
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def stop(self, reason: str) -> None:
        """End the service after telling the clients why."""
        self._reason = reason
        self._stopping = True
        self._people.set()

    async def latest(self, *, settled: bool) -> Snapshot:
        """The latest snapshot, once there is one (and, if asked, once the first scan has settled or is stuck)."""
        while self._latest is None or (settled and not _at_rest(self._latest)):
            await self._moved.wait()
        return self._latest

    async def run(self, ready: Callable[[], None]) -> str:
        """Listen until stopped or idle for too long; returns the reason. Calls `ready` once clients can connect."""
        path = self._place.socket
        # We hold the lock, so a socket that lies here belongs to an engine that was killed.
        path.unlink(missing_ok=True)
        old = os.umask(0o177)
        try:
            server = await asyncio.start_unix_server(self._accept, str(path))
        finally:
            os.umask(old)
        if (group := self._place.shared_with) is not None:
            os.chown(path, -1, group)
            path.chmod(0o660)
        async with server:
            ready()
            await self._until_end()
            server.close()
            farewell = [asyncio.create_task(session.dismiss(self._reason)) for session in self._sessions]
            if farewell:
                await asyncio.wait(farewell, timeout=_GOODBYE_WITHIN)
            for session in list(self._sessions):
                session.abort()
        path.unlink(missing_ok=True)
        return self._reason

    async def _until_end(self) -> None:
        while not self._stopping:
            patience = None
            if self._idle_exit is not None and not self._sessions:
                patience = self._left + self._idle_exit - time.monotonic()
                if patience <= 0:
                    self._reason = "nobody looked any more"
                    return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._people.wait(), patience)
            self._people.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = _Session(self, reader, writer)
        self._sessions.add(session)
        self._people.set()
        try:
            await session.serve()
        except (ConnectionError, WireError, TimeoutError) as error:
            log.info("a client was dropped: %s", error or type(error).__name__)
        finally:
            self._sessions.discard(session)
            self._left = time.monotonic()
            self._people.set()
            session.abort()

    async def answer(self, session: _Session, body: Ask) -> Answer:
        """The answer to one request of a session."""
        if isinstance(body, Subscribe):
            snapshot = await self.latest(settled=body.settled)
            if body.follow:
                session.seen = snapshot
            return snapshot
        if isinstance(body, AskStatus):
            return self._status()
        if isinstance(body, AskStop):
            if await asyncio.to_thread(self.role, session.peer) != "supervisor":
                return Failure(message=f"{session.peer.user} may not end the engine: it takes a supervisor")
            log.info("stopped by %s", session.peer)
            self.stop(f"stopped by {session.peer.user}")
            return Goodbye(reason=self._reason)
        return await self._handle(body, session.peer)


def _at_rest(snapshot: Snapshot) -> bool:
    return snapshot.site.settled or any(notice.kind == "stuck" for notice in snapshot.notices)


class _Session:
    """One connected client."""

    def __init__(self, service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peer = Peer(pid=0, uid=-1, gid=-1, user="?")
        self.kind = "headless"
        self.seen: Snapshot | None = None
        self.news = asyncio.Event()
        self._service = service
        self._reader = reader
        self._writer = writer
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Greet, then answer requests until the client hangs up."""
        hello = await asyncio.wait_for(read_to_engine(self._reader), _HELLO_WITHIN)
        if not isinstance(hello, Hello):
            return
        peer = peer_of(self._writer.get_extra_info("socket"))
        self.peer = replace(peer, ssh=hello.ssh[:200], read_only=hello.read_only)
        self.kind = hello.kind
        welcome = Welcome(
            protocol=PROTOCOL,
            version=__version__,
            pid=os.getpid(),
            user=self.peer.user,
            role=await asyncio.to_thread(self._service.role, self.peer),  # a directory of users may be slow
            site=self._service._place.root.name,
            path=str(self._service._place.site),
        )
        await self._send(welcome)
        if hello.protocol != PROTOCOL:
            return
        push = asyncio.create_task(self._push())
        try:
            while (request := await read_to_engine(self._reader)) is not None:
                if isinstance(request, Request):
                    await self._slots.acquire()
                    task = asyncio.create_task(self._reply(request))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
        finally:
            push.cancel()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(push, *self._tasks, return_exceptions=True)

    async def dismiss(self, reason: str) -> None:
        """Tell the client that the engine ends on purpose."""
        await self._send(Goodbye(reason=reason))

    def abort(self) -> None:
        """Hang up at once."""
        self._writer.transport.abort()

    async def _reply(self, request: Request) -> None:
        try:
            body = await self._service.answer(self, request.body)
            packed = reply(request.id, body)
        except Exception as error:
            log.exception("request %s failed", type(request.body).__name__)
            body = Failure(message=f"the engine could not answer: {error} (details: opsconsole logs)")
            packed = reply(request.id, body)
        finally:
            self._slots.release()
        with contextlib.suppress(ConnectionError):
            await self._send(packed)
            if isinstance(body, Snapshot):
                # changes that came while the snapshot was on its way
                self.news.set()

    async def _push(self) -> None:
        while True:
            await self.news.wait()
            self.news.clear()
            latest = self._service._latest
            if self.seen is None or latest is None:
                continue
            changes = changes_between(self.seen, latest)
            self.seen = latest
            if changes is not None:
                await self._send(changes)

    async def _send(self, message: ToClient) -> None:
        self._writer.write(frame(message))
        await self._writer.drain()
