"""The socket service over a real socket: greeting, pushing, clients that misbehave."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import numpy as np
import pytest

from opsconsole.engine.client import Client, EngineGoneError, RefusedError
from opsconsole.engine.identity import Peer, own_login
from opsconsole.engine.messages import (
    PROTOCOL,
    Answer,
    Ask,
    AskFiles,
    AskQuery,
    AskStatus,
    AskStop,
    Changes,
    EngineStatus,
    Files,
    Goodbye,
    Hello,
    KpiState,
    Report,
    SiteState,
    Snapshot,
    Subscribe,
    Welcome,
)
from opsconsole.engine.place import Place
from opsconsole.engine.service import Service
from opsconsole.engine.wire import frame, read_to_client

SITE = SiteState(name="s", timezone="UTC", clock="wall", speed=1, at=1.0, wall=1.0, settled=False)


def snapshot(value: float, *, settled: bool = True, bulk: str = "") -> Snapshot:
    kpi = KpiState("scrap", "Scrap", "cycles", "good", value=value, description=bulk)
    return Snapshot(site=msgspec.structs.replace(SITE, settled=settled), kpis=[kpi])


async def handle(body: Ask, peer: Peer) -> Answer:
    if isinstance(body, AskQuery):
        if body.sql == "slow":
            await asyncio.sleep(3600)
        if body.sql == "figures":
            return Report(1, result={"mean": np.float64(0.5), "points": [np.int64(3)], "steady": np.bool_(True)})
        if body.sql == "unsendable":
            return Report(1, result={"mean": object()})
        raise RuntimeError("a fault of ours")
    return Files(files=[])


Running = tuple[Service, Place, asyncio.Task[str]]


@asynccontextmanager
async def serving(
    tmp_path: Path, idle_exit: float | None = None
) -> AsyncIterator[tuple[Service, Place, asyncio.Task[str]]]:
    place = Place(site=tmp_path / "site.yaml", state=tmp_path / "state")
    place.make()

    def status() -> EngineStatus:
        return EngineStatus("s", "p", "st", os.getpid(), "v", 0.0, True, True, service.consoles, 1, 0, 0, 0.0)

    service = Service(place, handle, status, idle_exit)
    listening = asyncio.Event()
    task = asyncio.create_task(service.run(listening.set))
    await asyncio.wait_for(listening.wait(), 30)
    try:
        yield service, place, task
    finally:
        service.stop("the test is over")
        await task


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(work(), 30)

    asyncio.run(bounded())


def test_a_client_is_greeted_with_what_the_kernel_says_of_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path) as (service, place, _):
            assert place.socket.stat().st_mode & 0o077 == 0
            client = await Client.connect(place, "console")
            assert client.welcome.user == own_login()
            status = await client.ask(AskStatus())
            assert isinstance(status, EngineStatus)
            assert status.consoles == service.consoles == [own_login()]
            await client.close()

    run(work)


def test_subscribers_get_the_world_once_and_then_what_changed(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path) as (service, place, _):
            service.publish(snapshot(1))
            client = await Client.connect(place)
            assert await client.ask(Subscribe()) == snapshot(1)
            events = client.events()
            service.publish(snapshot(1))
            service.publish(snapshot(2))
            changes = await anext(events)
            assert isinstance(changes, Changes)
            assert [kpi.value for kpi in changes.kpis] == [2]
            assert changes.kpi_order is None
            await client.close()

    run(work)


def test_figures_arrive_and_what_cannot_be_sent_is_answered_too(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path) as (_, place, _task):
            client = await Client.connect(place)
            found = await client.ask(AskQuery(sql="figures"))
            assert isinstance(found, Report)
            assert found.result == {"mean": 0.5, "points": [3], "steady": True}
            with pytest.raises(RefusedError, match="type object cannot be sent"):
                await client.ask(AskQuery(sql="unsendable"))
            assert isinstance(await client.ask(AskFiles()), Files)
            await client.close()

    run(work)


def test_settled_is_waited_for(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path) as (service, place, _):
            service.publish(snapshot(1, settled=False))
            client = await Client.connect(place)
            asked = asyncio.create_task(client.ask(Subscribe(settled=True, follow=False)))
            assert isinstance(await client.ask(AskFiles()), Files), "other requests are answered meanwhile"
            assert not asked.done()
            service.publish(snapshot(5))
            assert await asked == snapshot(5)
            await client.close()

    run(work)


def test_a_client_that_does_not_read_holds_up_nobody_and_catches_up_in_one_message(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path) as (service, place, _):
            service.publish(snapshot(0))
            reader, writer = await asyncio.open_unix_connection(str(place.socket), limit=1024)
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            from opsconsole.engine.messages import Request

            writer.write(frame(Hello(PROTOCOL, "v")) + frame(Request(1, Subscribe())))
            await writer.drain()
            watcher = await Client.connect(place)
            await watcher.ask(Subscribe())
            events = watcher.events()
            for number in range(1, 60):
                service.publish(snapshot(number, bulk="x" * 200_000))
                changes = await anext(events)
                assert isinstance(changes, Changes)
                assert changes.kpis[0].value == number
            writer.transport.resume_reading()  # type: ignore[attr-defined]
            got = []
            while not got or got[-1] != 59:
                message = await read_to_client(reader)
                if isinstance(message, Changes):
                    got.append(int(message.kpis[0].value or 0))
            assert len(got) < 30, "what it missed was coalesced, not queued"
            writer.close()
            await watcher.close()

    run(work)


def test_a_fault_in_one_request_is_told_and_ends_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path) as (_, place, _task):
            client = await Client.connect(place)
            with pytest.raises(RefusedError, match="a fault of ours"):
                await client.ask(AskQuery(sql="x"))
            assert isinstance(await client.ask(AskFiles()), Files)
            await client.close()

    run(work)


@pytest.mark.parametrize("noise", [b"\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\x03abc", b""])
def test_noise_on_the_socket_drops_that_client_only(tmp_path: Path, noise: bytes) -> None:
    async def work() -> None:
        async with serving(tmp_path) as (_, place, _task):
            reader, writer = await asyncio.open_unix_connection(str(place.socket))
            writer.write(noise)
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
            client = await Client.connect(place)
            assert isinstance(await client.ask(AskFiles()), Files)
            await client.close()

    run(work)


def test_another_protocol_is_told_how_to_go_on(tmp_path: Path) -> None:
    async def old_engine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frame(Welcome(PROTOCOL + 1, "9.9", 1, "u", "r", "s", "p")))
        await writer.drain()
        writer.close()

    async def work() -> None:
        place = Place(site=tmp_path / "site.yaml", state=tmp_path / "state")
        place.make()
        async with await asyncio.start_unix_server(old_engine, str(place.socket)):
            with pytest.raises(RefusedError, match=r"9\.9.*opsconsole stop"):
                await Client.connect(place)

    run(work)


def test_a_stop_is_told_to_everybody_with_who_did_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path) as (service, place, task):
            service.publish(snapshot(1))
            first, second = await Client.connect(place, "console"), await Client.connect(place)
            await first.ask(Subscribe())
            await second.ask(AskStop())
            heard = [event async for event in first.events()]
            assert heard == [Goodbye(reason=f"stopped by {own_login()}")]
            assert await task == f"stopped by {own_login()}"
            assert not place.socket.exists()
            with pytest.raises(EngineGoneError):
                await first.ask(AskFiles())
            await first.close()
            await second.close()

    run(work)


def test_requests_that_wait_are_told_when_the_engine_goes(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path) as (service, place, _):
            client = await Client.connect(place)
            asked = asyncio.create_task(client.ask(AskQuery(sql="slow")))
            assert isinstance(await client.ask(AskFiles()), Files)
            service.stop("enough")
            with pytest.raises(EngineGoneError):
                await asked
            await client.close()

    run(work)


def test_it_ends_by_itself_when_the_last_client_has_left(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path, idle_exit=0.2) as (_, place, task):
            client = await Client.connect(place)
            assert isinstance(await client.ask(AskFiles()), Files)
            assert not task.done()
            left = time.monotonic()
            await client.close()
            assert await task == "nobody looked any more"
            assert time.monotonic() - left >= 0.2

    run(work)


def test_a_stale_socket_of_a_killed_engine_is_replaced(tmp_path: Path) -> None:
    place = Place(site=tmp_path / "site.yaml", state=tmp_path / "state")
    place.make()
    place.socket.touch()

    async def work() -> None:
        async with serving(tmp_path):
            client = await Client.connect(place)
            assert isinstance(await client.ask(AskFiles()), Files)
            await client.close()

    run(work)
