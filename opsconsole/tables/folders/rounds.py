"""When each source is looked at next: its hot files often, all its files now and then, and never for too much time.

Pure: the time is given, nothing is read. All times are monotonic seconds, costs are CPU seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from opsconsole.site.model import Scan

BLIND = 1.0
"""Seconds between full scans of a source with a folder that is there but gives no events."""
FULL_SHARE = 50
"""A full scan is due at the earliest after so many times what the last one cost: 2 % of a core."""
HOT_SHARE = 200
"""The same for looks at hot files: 0.5 % of a core."""
ASKED_SHARE = 4
"""The same for full scans that an event asks for (a folder came, events were lost): they are wanted soon."""
_NEVER = float("-inf")


class _Plan:
    """What is known of one source: when it was looked at last (the end), and what that cost."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self.full_at = _NEVER
        self.full_cost = 0.0
        self.hot_at = _NEVER
        self.hot_cost = 0.0
        self.asked: float | None = None

    def full_due(self, blind: bool) -> float:
        interval = min(BLIND, self.scan.full) if blind else self.scan.full
        due = self.full_at + max(interval, FULL_SHARE * self.full_cost)
        return due if self.asked is None else min(due, self.asked)

    def hot_due(self) -> float:
        return self.hot_at + max(self.scan.hot, HOT_SHARE * self.hot_cost)


class Rounds:
    """The rounds of all sources by name."""

    def __init__(self) -> None:
        self._plans: dict[str, _Plan] = {}

    def serve(self, scans: Mapping[str, Scan]) -> None:
        """Go round these sources from now on; all are due at once."""
        self._plans = {name: _Plan(scan) for name, scan in scans.items()}

    def ask(self, name: str, now: float, share: float = ASKED_SHARE) -> None:
        """Want a full scan of a source at once, or as soon as `share` times the last one's cost has passed since."""
        plan = self._plans.get(name)
        if plan is not None:
            due = max(now, plan.full_at + share * plan.full_cost)
            plan.asked = due if plan.asked is None else min(due, plan.asked)

    def ask_all(self, now: float, share: float = 0.0) -> None:
        """Want a full scan of every source, now (whatever it costs) or when its share allows."""
        for name in self._plans:
            self.ask(name, now, share)

    @property
    def asked(self) -> bool:
        """Whether a full scan that was asked for has not been done yet."""
        return any(plan.asked is not None for plan in self._plans.values())

    def full(self, now: float, blind: Collection[str]) -> list[str]:
        """The sources that a full scan is due for."""
        return [name for name, plan in self._plans.items() if plan.full_due(name in blind) <= now]

    def hot(self, now: float) -> list[str]:
        """The sources whose hot files are to be looked at."""
        return [name for name, plan in self._plans.items() if plan.hot_due() <= now]

    def scanned(self, name: str, now: float, cost: float) -> None:
        """A full scan was done; the hot files were seen by it too."""
        plan = self._plans[name]
        plan.full_at = plan.hot_at = now
        plan.full_cost = cost
        plan.asked = None

    def glanced(self, name: str, now: float, cost: float) -> None:
        """The hot files were looked at."""
        plan = self._plans[name]
        plan.hot_at, plan.hot_cost = now, cost

    def wait(self, now: float, blind: Collection[str]) -> float:
        """Seconds until the next look at anything is due."""
        dues = [min(plan.full_due(name in blind), plan.hot_due()) for name, plan in self._plans.items()]
        return max(min(dues, default=float("inf")) - now, 0.0)
