"""Frames on the socket: four bytes of length, big-endian, then one MessagePack message."""

from __future__ import annotations

import asyncio
from functools import cache

import msgspec

from opsconsole.engine.messages import ToClient, ToEngine

MAX_FRAME = 256 * 1024 * 1024

_encoder = msgspec.msgpack.Encoder()


@cache
def _to_engine() -> msgspec.msgpack.Decoder[ToEngine]:
    """Made when it is first used: it takes some of the time of a start, and a client needs only the other one."""
    return msgspec.msgpack.Decoder(ToEngine)


@cache
def _to_client() -> msgspec.msgpack.Decoder[ToClient]:
    return msgspec.msgpack.Decoder(ToClient)


class WireError(Exception):
    """The partner sent something that is no message of this protocol."""


def frame(message: ToClient | ToEngine) -> bytes:
    """One message as bytes for the socket."""
    body = _encoder.encode(message)
    return len(body).to_bytes(4, "big") + body


async def _read(reader: asyncio.StreamReader) -> bytes | None:
    try:
        head = await reader.readexactly(4)
        size = int.from_bytes(head, "big")
        if size > MAX_FRAME:
            raise WireError(f"a frame of {size} bytes")
        return await reader.readexactly(size)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def read_to_engine(reader: asyncio.StreamReader) -> ToEngine | None:
    """The next message of a client; None when it has gone. Raises WireError."""
    body = await _read(reader)
    try:
        return None if body is None else _to_engine().decode(body)
    except msgspec.DecodeError as error:
        raise WireError(str(error)) from error


async def read_to_client(reader: asyncio.StreamReader) -> ToClient | None:
    """The next message of the engine; None when it has gone. Raises WireError."""
    body = await _read(reader)
    try:
        return None if body is None else _to_client().decode(body)
    except msgspec.DecodeError as error:
        raise WireError(str(error)) from error
