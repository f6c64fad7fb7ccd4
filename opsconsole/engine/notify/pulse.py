"""The heartbeat: a dead-man switch is asked for as long as rules are evaluated, and calls people when that stops.

The tick itself gives the beat; a thread only waits for the answer. So a tick that hangs gives none, and a switch that
hangs holds up no tick.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from opsconsole.engine.notify.secret import SecretError, resolve, scrubbed, shown
from opsconsole.site.notifying import Heartbeat

TIMEOUT = 10.0


class Pulse:
    """One site's heartbeat. `clock`: seconds that never jump.

    `trouble` says why the switch could not be reached the last time; nothing where it could.
    """

    def __init__(self, root: Path, clock: Callable[[], float], ask: Callable[[str], str] | None = None) -> None:
        self.trouble = ""
        self._root = root
        self._clock = clock
        self._ask = ask or _get
        self._heartbeat: Heartbeat | None = None
        self._begun: float | None = None
        self._thread: threading.Thread | None = None
        self._answer: str | None = None

    @property
    def where(self) -> str:
        """The switch as it may be shown; nothing where there is none."""
        return shown(self._heartbeat.address) if self._heartbeat is not None else ""

    def configure(self, heartbeat: Heartbeat | None) -> None:
        """Take over what the site says of it."""
        if heartbeat != self._heartbeat:
            self._heartbeat, self._begun, self.trouble = heartbeat, None, ""

    def beat(self) -> bool:
        """A tick has been done: ask the switch, if it is time to. Whether its trouble has come, gone or changed."""
        before = self.trouble
        self._look()
        now = self._clock()
        if self._heartbeat is not None and (self._begun is None or now - self._begun >= self._heartbeat.every):
            if self._thread is not None:
                self.trouble = "it does not answer"
                return self.trouble != before
            self._begun = now
            self._thread = threading.Thread(target=self._run, args=(self._heartbeat,), name="heartbeat", daemon=True)
            self._thread.start()
        return self.trouble != before

    def _look(self) -> None:
        """Take the answer, once there is one."""
        if self._thread is not None and not self._thread.is_alive():
            self._thread = None
            if self._answer is not None and self._heartbeat is not None:
                self.trouble = self._answer

    def _run(self, heartbeat: Heartbeat) -> None:
        self._answer = None
        try:
            url = resolve(heartbeat.address, self._root)
        except SecretError as error:
            self._answer = str(error)
            return
        self._answer = scrubbed(self._ask(url), url)


def _get(url: str) -> str:
    """Ask for a URL; why it could not be had, else nothing."""
    import http.client
    import urllib.error
    import urllib.request

    from opsconsole import __version__

    request = urllib.request.Request(url, headers={"User-Agent": f"opsconsole/{__version__}"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT):
            return ""
    except urllib.error.HTTPError as error:
        return f"it answered {error.code}"
    except urllib.error.URLError as error:
        reason = error.reason
        return (reason.strerror if isinstance(reason, OSError) else None) or str(reason)
    except TimeoutError:
        return "it did not answer in time"
    except (OSError, http.client.HTTPException, ValueError) as error:
        return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
