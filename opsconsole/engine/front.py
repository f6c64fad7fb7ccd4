"""What consoles are shown: the last picture with the alerts as they are now, and the one place where it goes out.

A person's command is shown at once, with the figures of the last evaluation, and does not wait for the next one. Alerts
are put into a picture at the moment it goes out, so that nothing older ever follows what is newer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from msgspec.structs import replace

from opsconsole.engine.marks import SHOWN
from opsconsole.engine.messages import AlertState, Notice, Snapshot
from opsconsole.engine.watch import AlertWatch


class Front:
    """Publishes pictures. May be used by any thread.

    `finish` adds to alerts what others know of them; `notices` are the lines above all screens, by the wall clock.
    """

    def __init__(
        self,
        watch: AlertWatch,
        publish: Callable[[Snapshot], None],
        finish: Callable[[list[AlertState]], list[AlertState]],
        notices: Callable[[float], list[Notice]],
    ) -> None:
        self._watch = watch
        self._publish = publish
        self._finish = finish
        self._notices = notices
        self._lock = threading.Lock()
        self._last: Snapshot | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Send a picture with new figures."""
        with self._lock:
            self._last = snapshot
            self._send(snapshot)

    def again(self) -> None:
        """Send the last picture with the alerts and notices of now."""
        with self._lock:
            if self._last is not None:
                self._send(self._last)

    def _send(self, snapshot: Snapshot) -> None:
        wall = time.time()
        site = snapshot.site
        now = site.at + (wall - site.wall) * site.speed
        with self._watch.lock:  # all of one moment
            full = replace(
                snapshot,
                alerts=self._finish(self._watch.open_alerts()),
                counts=self._watch.counts(),
                views=self._watch.views(),
                maintenance=self._watch.maintenance(now),
                marked=self._watch.marked()[-SHOWN:],
                notices=self._notices(wall),
            )
        self._publish(full)
