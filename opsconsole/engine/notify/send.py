"""Sends one message through Apprise, in a process of its own: `python -m opsconsole.engine.notify.send`.

A target that hangs, or a library that fails, takes nobody with it: whoever started this kills it when it takes too
long. The job comes by standard input, for a command line can be read by everyone; the answer goes to standard output.

So that a message is not sent twice because the engine was killed, a slip of paper is kept for each: this process holds
a lock on it while it sends, and notes there that the target has taken the message. Who comes later with the same
message waits for the lock and finds the note. What remains is the moment between the target's answer and the note.
"""

from __future__ import annotations

import fcntl
import importlib.util
import logging
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from opsconsole.engine.notify.secret import SecretError, resolve, scrubbed
from opsconsole.site.notifying import Address

MISSING = "Apprise is not installed: pip install 'opsconsole[notify]'"
_TAKEN = b"taken\n"
# Apprise's own 4 s make duplicates of messages that a slow target has taken.
_CONNECT = 10.0
_READ = 25.0


class Job(Struct, frozen=True):
    """What to send, and where. `slip`: the path of its slip of paper; `check`: only see whether the URL is one."""

    address: Address
    root: str
    title: str = ""
    body: str = ""
    worst: str = "info"
    slip: str = ""
    check: bool = False


class Answer(Struct, frozen=True):
    """What came of it: nothing where it was taken, else why not, without anything of the URL."""

    reason: str = ""


def installed() -> bool:
    """Whether Apprise is there, without importing it."""
    return importlib.util.find_spec("apprise") is not None


class _Said(logging.Handler):
    """What Apprise says of what went wrong."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def perform(job: Job) -> Answer:
    """Send it, once the slip is ours, unless it says that it was sent."""
    try:
        url = resolve(job.address, Path(job.root))
    except SecretError as error:
        return Answer(str(error))
    if not installed():
        return Answer(MISSING)
    if not job.slip or job.check:
        return _sent(job, url)
    with open(job.slip, "a+b") as slip:
        fcntl.flock(slip, fcntl.LOCK_EX)
        slip.seek(0)
        if slip.read() == _TAKEN:
            return Answer()
        answer = _sent(job, url)
        if not answer.reason:
            slip.write(_TAKEN)
            slip.flush()
            os.fsync(slip.fileno())
        return answer


def _sent(job: Job, url: str) -> Answer:
    import apprise

    said = _Said()
    log = logging.getLogger("apprise")
    log.addHandler(said)
    log.propagate = False
    apprise.URLBase.socket_connect_timeout = _CONNECT
    apprise.URLBase.socket_read_timeout = _READ
    asset = apprise.AppriseAsset(app_id="opsconsole", app_desc="opsconsole", app_url="", async_mode=False)
    target = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if target is None:
        return Answer("Apprise does not understand the URL: its scheme is unknown, or a part of it is missing")
    if job.check:
        return Answer()
    courier = apprise.Apprise(asset=asset)
    courier.add(target)
    kinds: dict[str, Any] = {"critical": "failure", "warning": "warning", "low": "info", "resolved": "success"}
    try:
        taken = courier.notify(
            body=job.body, title=job.title, notify_type=kinds.get(job.worst, "info"), body_format="text"
        )
    except Exception as error:  # noqa: BLE001 - a fault of a plugin is a message that was not sent
        return Answer(scrubbed(f"{type(error).__name__}: {error}", url))
    return Answer() if taken else Answer(scrubbed(said.lines[-1] if said.lines else "it was not taken", url))


def main() -> int:
    """One job from standard input, its answer to standard output."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    # what a library prints is no answer, and may hold what must not be shown
    answers = os.dup(sys.stdout.fileno())
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, sys.stdout.fileno())
    os.dup2(quiet, sys.stderr.fileno())
    try:
        answer = perform(job)
    except Exception as error:  # noqa: BLE001 - the boundary of the process: a traceback could show a URL
        answer = Answer(f"the message could not be sent: {type(error).__name__}")
    os.write(answers, msgspec.json.encode(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
