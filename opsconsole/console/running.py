"""What the actions do that concern the program itself: where one has been, the mouse, the shell, the engine."""

from __future__ import annotations

import os
import signal

from opsconsole.console.address import Address
from opsconsole.console.host import Program
from opsconsole.console.link import LinkError
from opsconsole.console.text import inert


class Running:
    """The handlers of `program_actions`: `do_<id>` for each."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def do_previous_screen(self, _: str) -> None:
        if not self.program.history.back():
            self.program.say("this is the first screen")

    def do_next_screen(self, _: str) -> None:
        if not self.program.history.forward():
            self.program.say("you came back from no screen")

    def do_keys(self, _: str) -> None:
        self.program.go(Address("keys"))

    def do_mouse(self, _: str) -> None:
        if self.program.outlet.switch_mouse():
            self.program.say(self.program.registry.told("mouse on; shift and drag selects text, {mouse} turns it off"))
        else:
            self.program.say("mouse off: the terminal selects text")

    def do_restart_engine(self, _: str) -> None:
        self.program.say("starting the engine anew …")
        self.program.spawn(self._restart())

    async def _restart(self) -> None:
        try:
            await self.program.link.restart()
        except LinkError as error:
            self.program.say(inert(str(error)), "warning")

    def do_suspend(self, _: str) -> None:
        if not can_suspend():
            self.program.say("there is no shell to go to: this console was not started from one")
        else:
            os.kill(os.getpid(), signal.SIGTSTP)

    def do_wall_next(self, _: str) -> None:
        self._turn(1)

    def do_wall_previous(self, _: str) -> None:
        self._turn(-1)

    def _turn(self, by: int) -> None:
        if self.program.wall_mode is not None:
            self.program.wall_mode.by_hand(by)


def can_suspend() -> bool:
    """Whether somebody would bring a stopped process back: a shell with job control in the same session."""
    # a process that leads its session, as under `ssh -t HOST opsconsole` or as the command of a tmux window, has none
    try:
        return os.getsid(0) != os.getpid() and os.getsid(os.getppid()) == os.getsid(0) and os.getpgrp() != os.getsid(0)
    except OSError:
        return False
