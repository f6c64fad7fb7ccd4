"""Frames on the socket: four bytes of length, big-endian, then one MessagePack message."""

from __future__ import annotations

import asyncio
from functools import cache

import msgspec

from opsconsole.engine.messages import Answer, Ask, Failure, Reply, Snapshot, Subscribe, ToClient, ToEngine

MAX_FRAME = 256 * 1024 * 1024


def _plain(value: object) -> object:
    """A figure of NumPy as Python has it: what is computed with it may hold some. Raises TypeError for all else."""
    item = getattr(value, "item", None)
    if item is None:
        raise TypeError(f"a value of type {type(value).__name__} cannot be sent")
    return item()


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)


@cache
def _to_engine() -> msgspec.msgpack.Decoder[ToEngine]:
    """Made when it is first used: it takes some of the time of a start, and a client needs only the other one."""
    return msgspec.msgpack.Decoder(ToEngine)


@cache
def _to_client() -> msgspec.msgpack.Decoder[ToClient]:
    return msgspec.msgpack.Decoder(ToClient)


@cache
def _first_answer() -> msgspec.msgpack.Decoder[Snapshot | Failure]:
    return msgspec.msgpack.Decoder(Snapshot | Failure)


@cache
def _any_answer() -> msgspec.msgpack.Decoder[Answer]:
    """Made when the first picture has been shown: all that can be answered takes longer than what that is made of."""
    return msgspec.msgpack.Decoder(Answer)


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


def reply(number: int, body: Answer) -> Reply:
    """The answer to the request of that number. Raises TypeError or ValueError for what cannot be sent."""
    return Reply(number, msgspec.Raw(_encoder.encode(body)))


def answer(to: Ask, came: Reply) -> Answer:
    """What a reply to that request says. Raises WireError."""
    decoder = _first_answer() if isinstance(to, Subscribe) else _any_answer()
    try:
        return decoder.decode(came.body)
    except msgspec.DecodeError as error:
        raise WireError(str(error)) from error
