"""Sends messages, each in a process of its own, and says what came of them. Nobody waits here for a target.

The folder of slips of paper holds one for each message that is on its way (see `opsconsole.engine.notify.send`).
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Collection
from pathlib import Path

import msgspec

from opsconsole.engine.notify.outbox import Letter
from opsconsole.engine.notify.send import Answer, Job
from opsconsole.site.notifying import Address

log = logging.getLogger(__name__)

TIMEOUT = 60.0
"""Seconds after which a process that sends is killed."""
_FAREWELL = 2.0


class Post:
    """The processes that send. `done` is called from other threads, with the id of a message and why it failed."""

    def __init__(self, root: Path, slips: Path, done: Callable[[str, str], None], timeout: float = TIMEOUT) -> None:
        self._root = root
        self._slips = slips
        self._done = done
        self._timeout = timeout
        self._lock = threading.Lock()
        self._running: dict[str, tuple[threading.Thread, subprocess.Popen[bytes] | None]] = {}
        self._closed = False

    def send(self, letter: Letter, address: Address) -> None:
        """Send a message; returns at once."""
        slip = ""
        with contextlib.suppress(OSError):  # without a slip it is sent all the same, if need be twice
            self._slips.mkdir(mode=0o700, exist_ok=True)
            slip = str(self._slips / letter.id)
        job = Job(address, str(self._root), letter.title, letter.body, letter.worst, slip)
        thread = threading.Thread(target=self._run, args=(letter.id, job), name=f"send {letter.target}", daemon=True)
        with self._lock:
            self._running[letter.id] = thread, None
        thread.start()

    def forget(self, letter: str) -> None:
        """A message is done with: its slip is not needed any more."""
        with contextlib.suppress(OSError):
            (self._slips / letter).unlink(missing_ok=True)

    def clean(self, pending: Collection[str]) -> None:
        """Throw away the slips of messages that are not pending."""
        with contextlib.suppress(OSError):
            for slip in list(self._slips.iterdir()):
                if slip.name not in pending:
                    slip.unlink(missing_ok=True)

    def close(self) -> None:
        """Let what is being sent come to its end for a moment, then end it; it is sent after the next start."""
        with self._lock:
            self._closed = True
            threads = [thread for thread, _ in self._running.values()]
        for thread in threads:
            thread.join(_FAREWELL / max(1, len(threads)))
        with self._lock:
            for _, process in self._running.values():
                if process is not None:
                    process.kill()
        for thread in threads:
            thread.join()

    def _run(self, letter: str, job: Job) -> None:
        reason = "the engine is ending"
        try:
            reason = self._try(letter, job)
        except OSError as error:
            reason = f"no process could be started to send it: {error.strerror or error}"
        except Exception:
            # the boundary of the thread: whatever it is, the message is tried again
            log.exception("a message could not be sent")
            reason = "it could not be sent; opsconsole logs says why"
        finally:
            with self._lock:
                self._running.pop(letter, None)
                closed = self._closed
            if not closed:
                self._done(letter, reason)

    def _try(self, letter: str, job: Job) -> str:
        with self._lock:
            if self._closed:
                return "the engine is ending"
            process = subprocess.Popen(
                [sys.executable, "-m", "opsconsole.engine.notify.send"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
            self._running[letter] = threading.current_thread(), process
        with process:
            try:
                out, _ = process.communicate(msgspec.json.encode(job), timeout=self._timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                return f"it did not answer within {self._timeout:g} s"
        try:
            return msgspec.json.decode(out, type=Answer).reason
        except msgspec.MsgspecError:
            return f"the process that sends it ended early (exit code {process.returncode})"
