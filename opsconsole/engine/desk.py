"""Where people's commands on alerts are taken: one after another, by a thread of its own.

A command waits for no evaluation, and what it did is shown at once, with the figures of the last one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from opsconsole.engine.front import Front
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import Command, Done
from opsconsole.engine.procedures import Procedures
from opsconsole.engine.watch import AlertWatch
from opsconsole.site.model import Site


class Desk:
    """Takes commands from any thread. `site` and `now` are as they are when a command's turn comes."""

    def __init__(
        self,
        watch: AlertWatch,
        procedures: Procedures,
        front: Front,
        site: Callable[[], Site],
        now: Callable[[], dt.datetime],
    ) -> None:
        self._watch = watch
        self._procedures = procedures
        self._front = front
        self._site = site
        self._now = now
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="people")

    def command(self, command: Command, peer: Peer) -> Future[Done]:
        """Have a command of a person who may give it applied and written to the journal; then it is done."""
        return self._thread.submit(self._do, command, peer)

    def opened(self, alert: str, peer: Peer) -> None:
        """Have it noted that a person has looked at the procedure of an alert, unless it is known."""
        if self._procedures.unseen(self._site(), alert, peer):
            self._thread.submit(lambda: self._procedures.opened(self._site(), alert, peer, self._now()))

    def close(self) -> None:
        """Do what was taken, and take no more."""
        self._thread.shutdown(wait=True)

    def _do(self, command: Command, peer: Peer) -> Done:
        if command.name in ("tick", "untick"):
            done = self._procedures.command(self._site(), command, peer, self._now())
        else:
            done = self._watch.command(command, peer, self._now())
        self._front.again()
        return done
