"""The bell and the desktop notice (OSC 9) for what has newly called people.

They come at most once in `PAUSE` seconds, once at the beginning of a flood and then not until it is over, and never for
low priorities. What was there before this console looked rings nothing; what came while it was cut off does.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from opsconsole.console import signs
from opsconsole.console.clipboard import passed_on
from opsconsole.console.model import Model
from opsconsole.console.text import inert
from opsconsole.engine.messages import AlertCounts, AlertState

PAUSE = 5.0
_LONGEST = 120
_MOST = 20_000
# They print the text of a sequence that they do not know.
_NO_NOTICES = ("linux", "vt", "dumb")


class Timer(Protocol):
    """Something that comes later, and can be stopped."""

    def stop(self) -> None:
        """Let it not come."""
        ...


def wanted(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment lets consoles make a sound."""
    return environ.get("OPSCONSOLE_QUIET", "") in ("", "0")


class Bell:
    """What one console has heard, and what it has still to ring for. `now` is any clock that never jumps."""

    def __init__(self, *, quiet: bool = False, environ: Mapping[str, str] = os.environ) -> None:
        self._quiet = quiet
        self._environ = environ
        self._heard: dict[str, int] | None = None
        self._new: dict[str, AlertState] = {}
        self._rang: float | None = None
        self._flood = False

    def heed(self, alerts: Mapping[str, AlertState], counts: AlertCounts) -> None:
        """The alerts as the engine tells them now; the first time is how things were."""
        heard, partial = self._heard, counts.open > len(alerts)
        now = {alert.id: alert.called for alert in alerts.values()}
        # one that is not shown for a while has been heard all the same
        self._heard = now if heard is None or len(heard) > _MOST else {**heard, **now}
        flood = counts.flood_since is not None
        begins, self._flood = flood and not self._flood, flood
        if heard is None or self._quiet:
            return
        for alert in alerts.values():
            # of a list that is cut off nobody knows what was on the rest of it before
            before = heard.get(alert.id, alert.called if partial else 0)
            if alert.called > before and alert.state in ("UNACK", "RTNUN", "ACK") and alert.priority != "low":
                self._new[alert.id] = alert
        if flood and not begins:
            self._new.clear()
        for key in [key for key, alert in self._new.items() if not _calls(alerts.get(key), alert)]:
            del self._new[key]

    def due(self, now: float) -> float | None:
        """Seconds until it is to ring; None where there is nothing to ring for."""
        if not self._new:
            return None
        return 0.0 if self._rang is None else max(0.0, self._rang + PAUSE - now)

    def ring(self, now: float, site: str) -> str:
        """The bytes that ring for all there is; nothing while it is not due."""
        if self.due(now) != 0.0:
            return ""
        worst = min(self._new.values(), key=lambda alert: (signs.RANK[alert.priority], -alert.since, alert.id))
        more = f" and {len(self._new) - 1} more" if len(self._new) > 1 else ""
        self._new.clear()
        self._rang = now
        return "\a" + self._notice(f"{site}: {worst.priority}: {worst.text}{more}")

    def _notice(self, text: str) -> str:
        term = self._environ.get("TERM", "")
        if term.startswith(_NO_NOTICES) and not self._environ.get("TMUX"):
            return ""
        shown = inert(text).replace("\n", " ")[:_LONGEST]
        # "9;4;…" is another sequence of some terminals: a bar of progress
        return passed_on(f"\x1b]9;{shown.lstrip('0123456789;')}\a", self._environ)


def _calls(now: AlertState | None, new: AlertState) -> bool:
    """Whether what was to be rung for still is there: somebody else may have been faster."""
    return now is not None and now.state == new.state


class Ringer:
    """Rings a console's bell, now or as soon as it may. `later` calls back after so many seconds."""

    def __init__(self, bell: Bell, write: Callable[[str], None], later: Callable[..., Timer]) -> None:
        self._bell = bell
        self._write = write
        self._later = later
        self._waiting: Timer | None = None
        self._site = ""

    def heed(self, model: Model) -> None:
        """The engine has told of alerts. What it finds on its way to the first whole picture is how things were."""
        if model.site is None or not model.site.settled:
            return
        self._site = model.site.name
        self._bell.heed(model.alerts, model.alert_counts)
        self._ring()

    def _ring(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
        now = time.monotonic()
        soon = self._bell.due(now)
        if soon:
            self._waiting = self._later(soon + 0.01, self._ring)
        elif soon is not None:
            self._write(self._bell.ring(now, self._site))
