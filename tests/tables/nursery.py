"""Children of the fault harness, forked from one process that has imported all they need.

A child starts in milliseconds, not in the second that the imports take: the harness starts a hundred of them, and a
kill while a child starts hits the opening of its database, not its imports. The process that forks has no thread.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from functools import cache
from pathlib import Path
from typing import Any

from tests.tables.victim import child

_PATIENCE = 60.0
"""Seconds after which a child that says nothing and does not end is one that hangs."""


class Child:
    """What the harness needs of a `subprocess.Popen`."""

    def __init__(self, told: socket.socket, stdin: int, stdout: int) -> None:
        self.stdin = os.fdopen(stdin, "w")
        self.stdout = os.fdopen(stdout)
        self._told = told
        self._told.settimeout(_PATIENCE)
        self._code: int | None = None
        self._pid = int(self._hear())

    def _hear(self) -> str:
        said = b""
        while not said.endswith(b"\n"):
            try:
                piece = self._told.recv(1)
            except TimeoutError:
                raise AssertionError(f"nothing heard of a child for {_PATIENCE:g} s") from None
            assert piece, "the process that forks the children has ended"
            said += piece
        return said.decode()

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        if self._code is None:
            self._told.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                self._told.recv(1, socket.MSG_PEEK)
                self.wait()
        return self._code

    def wait(self) -> int:
        """Wait for its end; the exit code."""
        if self._code is None:
            self._told.settimeout(_PATIENCE)
            self._code = int(self._hear())
            self._told.close()
        return self._code

    def kill(self) -> None:
        """SIGKILL. Who waits for it keeps its number until its end is told."""
        os.kill(self._pid, signal.SIGKILL)


@cache
def _channel() -> socket.socket:
    """To the process that forks, which ends with the last process that holds this end."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "tests.tables.nursery", str(theirs.fileno())]
    subprocess.Popen(command, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL)
    theirs.close()
    return ours


def start(root: Path, point: str, count: int, how: str) -> Child:
    """A child that serves the files below a root: `victim.child`."""
    mine, its = socket.socketpair()
    stdin, to_it = os.pipe()
    from_it, stdout = os.pipe()
    request = json.dumps([str(root), point, count, how]).encode()
    socket.send_fds(_channel(), [request], [stdin, stdout, its.fileno()])
    os.close(stdin)
    os.close(stdout)
    its.close()
    return Child(mine, to_it, from_it)


def serve(channel: socket.socket) -> None:
    """Fork a child for each request, until nobody can ask any more."""
    while True:
        request, fds, _, _ = socket.recv_fds(channel, 65536, 3)
        if not request:
            return
        if os.fork() == 0:
            channel.close()
            _keep(json.loads(request), *fds)
        for fd in fds:
            os.close(fd)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _keep(words: list[Any], stdin: int, stdout: int, told: int) -> None:
    """Fork the child, tell its number, wait for it and tell how it ended. Does not return."""
    pid = os.fork()
    if pid == 0:
        os.close(told)
        _live(words, stdin, stdout)
    os.close(stdin)
    os.close(stdout)
    with contextlib.suppress(BrokenPipeError):
        os.write(told, f"{pid}\n".encode())
        os.write(told, f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n".encode())
    os._exit(0)


def _live(words: list[Any], stdin: int, stdout: int) -> None:
    """The child itself. Does not return."""
    os.dup2(stdin, 0)
    os.dup2(stdout, 1)
    os.close(stdin)
    os.close(stdout)
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
    code = 1
    try:
        root, *rest = words
        child(Path(root), *rest)
        code = 0
    finally:
        if code:
            traceback.print_exc()
        os._exit(code)


if __name__ == "__main__":
    import fastexcel  # noqa: F401  # what a reader imports when it first needs it
    import polars  # noqa: F401
    import pyarrow.csv
    import pyarrow.parquet  # noqa: F401

    serve(socket.socket(fileno=int(sys.argv[1])))
