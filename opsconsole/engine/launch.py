"""Starting an engine in the background, as tmux starts its server. Runs before Textual is imported: nothing heavy."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time

from opsconsole.engine.place import Place

IDLE_EXIT = 600.0


class LaunchError(Exception):
    """The engine did not come up; the message says why, for a person."""


class Launch:
    """An engine that is coming up. It writes `ready` or a reason to a pipe, then closes it."""

    def __init__(self, process: subprocess.Popen[bytes], pipe: int) -> None:
        self.process = process
        self._pipe = pipe
        self._said: str | None = None

    def wait(self, timeout: float = 60.0) -> None:
        """Return once the engine listens (or another one does). Raises LaunchError."""
        if self._said is None:
            self._said = self._listen(timeout)
        if self._said not in ("ready", "taken"):
            raise LaunchError(self._said or f"the engine ended at its start (exit code {self.process.poll()})")

    def _listen(self, timeout: float) -> str:
        said = bytearray()
        end = time.monotonic() + timeout
        with contextlib.closing(os.fdopen(self._pipe, "rb", buffering=0)) as pipe:
            while True:
                left = end - time.monotonic()
                if left <= 0 or not select.select([pipe], [], [], left)[0]:
                    raise LaunchError(
                        f"the engine did not answer within {timeout:.0f} s; see its log with `opsconsole logs`"
                    )
                piece = pipe.read(65536)
                if not piece:
                    break
                said += piece
        # reaps it where it has ended already; a running one is left alone
        if said.strip() not in (b"ready",):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(2)
        return said.decode("utf-8", "replace").strip()


def start_engine(place: Place, *, idle_exit: float = IDLE_EXIT) -> Launch:
    """Start an engine that ends `idle_exit` seconds after its last client left. Raises PlaceError."""
    place.make()
    read_end, write_end = os.pipe()
    try:
        with place.log.open("ab") as log:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "opsconsole.engine",
                    "serve",
                    str(place.site),
                    "--idle-exit",
                    str(idle_exit),
                    "--ready-fd",
                    str(write_end),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(write_end,),
                start_new_session=True,
                cwd="/",
            )
    finally:
        os.close(write_end)
    return Launch(process, read_end)
