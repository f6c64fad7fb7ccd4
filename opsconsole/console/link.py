"""What the console needs of an engine: questions with answers, and a stream of what changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from msgspec import Struct

from opsconsole.engine.messages import Answer, Ask, Changes, Goodbye, Snapshot
from opsconsole.engine.place import Place


class Lost(Struct, frozen=True):
    """The engine does not answer any more; the link goes on trying."""

    reason: str = ""


class Back(Struct, frozen=True):
    """The engine answers again; a `Snapshot` follows."""


class Hopeless(Struct, frozen=True):
    """There is no engine and cannot be one (a site file with errors, say): the console ends and prints the reason."""

    reason: str


Event = Snapshot | Changes | Goodbye | Lost | Back | Hopeless


class LinkError(Exception):
    """A question got no answer because the engine is gone; one sentence for a person."""


class Link(Protocol):
    """A connection to one engine that connects, subscribes and connects again by itself."""

    @property
    def user(self) -> str:
        """Who the person is, as the kernel told the engine; empty before it is known."""
        ...

    @property
    def role(self) -> str:
        """The role of the person; empty before it is known."""
        ...

    @property
    def place(self) -> Place:
        """Where the engine and its site lie."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether it was asked for a link over which nothing can be changed."""
        ...

    async def ask(self, body: Ask) -> Answer:
        """Put a question. A `Failure` is an answer; raises `LinkError` where there is no engine."""
        ...

    def events(self) -> AsyncIterator[Event]:
        """A `Snapshot`, then what changes, until closed. Called once."""
        ...

    async def restart(self) -> None:
        """Start an engine where none runs, or end the running one and start anew. Raises `LinkError`."""
        ...

    async def close(self) -> None:
        """Leave the engine."""
        ...
