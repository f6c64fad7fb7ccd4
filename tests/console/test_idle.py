"""What tests of the console rest on: that a loop which is said to be idle has nothing to do."""

from __future__ import annotations

import asyncio
import socket
import time

from tests.console.idle import idle


async def test_what_follows_from_what_runs_is_waited_for() -> None:
    done: list[int] = []

    def step(left: int) -> None:
        done.append(left)
        if left:
            asyncio.get_running_loop().call_soon(step, left - 1)

    asyncio.get_running_loop().call_soon(step, 50)
    await idle()
    assert done == list(range(50, -1, -1))


async def test_what_is_on_its_way_between_two_ends_is_waited_for() -> None:
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_unix_connection(sock=ours)
    far_reader, far_writer = await asyncio.open_unix_connection(sock=theirs)

    async def echo() -> None:
        while line := await far_reader.readline():
            far_writer.write(line)

    async def ask(times: int) -> int:
        for _ in range(times):
            writer.write(b"are you there\n")
            assert await reader.readline()
        return times

    answering = asyncio.create_task(echo())
    asking = asyncio.create_task(ask(20))
    await idle()
    assert asking.done()
    writer.close()
    await answering
    far_writer.close()


async def test_a_timer_is_waited_for_where_it_is_due_soon() -> None:
    loop = asyncio.get_running_loop()
    due: list[str] = []
    loop.call_later(0.01, due.append, "soon")
    late = loop.call_later(30.0, due.append, "late")
    loop.call_later(0.005, due.append, "never").cancel()
    began = time.monotonic()
    await idle()
    late.cancel()
    assert due == ["soon"]
    assert time.monotonic() - began < 10.0


async def test_a_loop_that_never_rests_is_left() -> None:
    going = True

    def again() -> None:
        if going:
            asyncio.get_running_loop().call_soon(again)

    again()
    began = time.monotonic()
    await idle(max_sleep=0.1)
    going = False
    assert time.monotonic() - began >= 0.1
