"""Which messages are due, to whom, about what. Pure: the wall clock and site time come in as arguments.

The rules are those of Alertmanager, for people who acknowledge. Alerts with the same members of a route's `group_by`
are one group. What calls and has not been told is news. News is told `group_wait` after the first of it, and no sooner
than `interval` after the group's message before; what has been told and still calls is told anew after `repeat`. What
is acknowledged before it was told is not told, and what is acknowledged later is not repeated. What was told and is
over is told as resolved. What is shelved, suppressed or out of service is not there, and is news when it is back.
Outside the hours of a route all of this waits.

A route's hours are site time; waits are wall-clock time, for they are there for people. A clock that jumps back takes
the waits with it.

In a flood, and whenever a target would get more than `MOST` messages at once or in ten minutes, its groups go into one
summary, and the next follows after `PAUSE`, or after `URGENT` where it has a critical alert to tell of.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from opsconsole.engine.notify.known import Known
from opsconsole.site.hours import applies
from opsconsole.site.localtime import zone
from opsconsole.site.model import Site
from opsconsole.site.notifying import AREA, INCIDENT, RULE, Quiet, Route

MOST = 10
WITHIN = 600.0
PAUSE = 300.0
URGENT = 30.0
_LOOK_AGAIN = 60.0

Slot = tuple[str, str]  # "" for the routes, else the step of escalation; and the target
Key = tuple[str, str, tuple[str, ...]]  # the channel (a route or a step), the target, the members


class Part(Struct, frozen=True):
    """What a message says of one group: what is new, what was told and still calls, what is over."""

    fresh: tuple[Known, ...] = ()
    still: tuple[Known, ...] = ()
    over: tuple[Known, ...] = ()


class Message(Struct, frozen=True):
    """A message that is due. `step` names the step of escalation that it is of; `summary`: of many groups."""

    target: str
    step: str
    parts: tuple[Part, ...]
    summary: bool = False

    def told(self) -> dict[str, str]:
        """The stamps of what it tells of: of what is new, or where nothing is, of what is told anew."""
        return {each.id: each.stamp for part in self.parts for each in part.fresh or (() if part.over else part.still)}

    def over(self) -> list[str]:
        """What it says is over."""
        return [each.id for part in self.parts for each in part.over]


class Told(Struct, frozen=True):
    """That a target was told of an alert, and when (wall clock)."""

    stamp: str
    at: float


Memory = dict[tuple[Slot, str], Told]


class _Group:
    """The alerts of one channel, target and group: what was told, what waits to be told."""

    __slots__ = ("fresh", "key", "over", "route", "sent", "since", "told")

    def __init__(self, key: Key, route: Route) -> None:
        self.key = key
        self.route = route
        self.told: dict[str, str] = {}
        self.fresh: dict[str, Known] = {}
        self.over: dict[str, Known] = {}
        self.since: float | None = None
        self.sent: float | None = None

    def next(self) -> float:
        """When there may be something to do: its news has waited long enough, it is to be repeated, or forgotten."""
        free = float("-inf") if self.sent is None else self.sent + self.route.interval
        if self.since is not None and (self.fresh or self.over):
            return max(free, self.since + self.route.group_wait)
        if self.told:
            return float("inf") if self.sent is None else self.sent + self.route.repeat
        return free

    @property
    def idle(self) -> bool:
        """Whether there is nothing to be remembered but when its last message was."""
        return not (self.told or self.fresh or self.over)


class Plan:
    """The groups of a site, and what each target was told."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._routes = site.notify.routes if site.notify is not None else ()
        self._targets = site.notify.targets if site.notify is not None else {}
        self._alerts: dict[str, Known] = {}
        self._slots: dict[str, dict[Slot, Key]] = {}
        self._groups: dict[Key, _Group] = {}
        self._recent: defaultdict[str, deque[float]] = defaultdict(deque)
        self._wall = float("-inf")
        self._next = float("-inf")  # nothing is due before

    # --- what happens to alerts ------------------------------------------------------------------------------

    def take(self, known: Known, wall: float) -> None:
        """An alert has changed."""
        self._keep_pace(wall)
        self._next = float("-inf")
        before = self._alerts.get(known.id)
        slots = self._slots.get(known.id, {})
        if known.standing == "away":
            for slot in list(slots):
                self._leave(known.id, slot)
        elif known.standing == "over":
            for slot in list(slots):
                self._end(known, slot, wall)
        else:
            self._alerts[known.id] = known
            wanted = self._wanted(known)
            for slot in [slot for slot in slots if slot not in wanted or known.standing == "taken"]:
                self._let_be(known, slot)
            for slot, channel in wanted.items():
                by_hand = slot[0] != "" and _further(before, slot[0])
                if known.standing == "calls" or by_hand:
                    self._call(known, slot, channel, wall)
        if known.id not in self._slots:
            self._alerts.pop(known.id, None)

    def _wanted(self, known: Known) -> dict[Slot, str]:
        """Where an alert belongs: of the routes that fit it the first for each target, and its steps."""
        found: dict[Slot, str] = {}
        for number, route in enumerate(self._routes, 1):
            if (not route.priority or known.priority in route.priority) and (
                not route.areas or known.area in route.areas
            ):
                for target in route.to:
                    found.setdefault(("", target), f"route {number}")
        for number, targets in enumerate(known.steps, 1):
            for target in targets:
                found[(f"step {number}", target)] = f"step {number}"
        return {slot: channel for slot, channel in found.items() if slot[1] in self._targets}

    def _call(self, known: Known, slot: Slot, channel: str, wall: float) -> None:
        """It calls: news, unless it was told."""
        held = self._slots.get(known.id, {}).get(slot)
        if held is not None and self._groups[held].told.get(known.id) == known.stamp:
            return
        group = self._group(known, slot, channel)
        if held is not None and held != group.key:
            self._leave(known.id, slot)
        group.over.pop(known.id, None)
        group.fresh[known.id] = known
        group.since = wall if group.since is None else group.since
        self._slots.setdefault(known.id, {})[slot] = group.key

    def _let_be(self, known: Known, slot: Slot) -> None:
        """Somebody has it, or the route is no longer its: what was not told needs not be told."""
        group = self._groups[self._slots[known.id][slot]]
        waiting = group.fresh.get(known.id)
        if waiting is not None and waiting.standing == "taken":
            return  # escalated by hand after somebody had acknowledged it
        group.fresh.pop(known.id, None)
        if known.id not in group.told:
            self._leave(known.id, slot)
        self._settle(group)

    def _end(self, known: Known, slot: Slot, wall: float) -> None:
        """It is over: told where it was told."""
        group = self._groups[self._slots[known.id][slot]]
        told = known.id in group.told
        self._leave(known.id, slot)
        if told and group.route.resolved and not known.at_once:
            group.over[known.id] = known
            group.since = wall if group.since is None else group.since

    def _leave(self, alert: str, slot: Slot) -> None:
        """Forget an alert in a group."""
        slots = self._slots[alert]
        group = self._groups[slots.pop(slot)]
        group.told.pop(alert, None)
        group.fresh.pop(alert, None)
        self._settle(group)
        if not slots:
            del self._slots[alert]

    @staticmethod
    def _settle(group: _Group) -> None:
        if not group.fresh and not group.over:
            group.since = None

    def _group(self, known: Known, slot: Slot, channel: str) -> _Group:
        route = STEP if slot[0] else self._routes[int(channel.removeprefix("route ")) - 1]
        key: Key = (channel, slot[1], _members(known, route.group_by))
        if key not in self._groups:
            self._groups[key] = _Group(key, route)
        return self._groups[key]

    # --- what is due -----------------------------------------------------------------------------------------

    def due(self, wall: float, now: dt.datetime, busy: Collection[str] = (), flood: bool = False) -> list[Message]:
        """The messages that are due; they count as told. Targets that are `busy` with an earlier one wait.

        `now` is site time; `flood`: alerts come faster than anybody can read.
        """
        self._keep_pace(wall)
        if wall < self._next:
            return []
        ready: defaultdict[str, list[_Group]] = defaultdict(list)
        hours: dict[str, bool] = {}
        soonest = wall + _LOOK_AGAIN
        for group in list(self._groups.values()):
            channel, target, _ = group.key
            at = group.next()
            if wall < at:
                soonest = min(soonest, at)
            elif group.idle:
                del self._groups[group.key]
            elif group.fresh or group.over or self._any_calls(group):
                soonest = wall  # it goes out now, or waits for its target, its hours or the end of a pause
                if channel not in hours:
                    hours[channel] = self._within(group.route, now)
                if hours[channel] and target not in busy:
                    ready[target].append(group)
        self._next = soonest
        return [message for target in sorted(ready) for message in self._of_target(target, ready[target], wall, flood)]

    def _of_target(self, target: str, groups: list[_Group], wall: float, flood: bool) -> Iterator[Message]:
        recent = self._recent[target]
        while recent and recent[0] <= wall - WITHIN:
            recent.popleft()
        if flood or len(groups) > MOST or len(recent) + len(groups) > MOST:
            urgent = any(each.priority == "critical" for group in groups for each in group.fresh.values())
            if recent and wall < recent[-1] + (URGENT if urgent else PAUSE):
                return
            recent.append(wall)
            groups.sort(key=_urgency)
            steps = {group.key[0] for group in groups if group.key[0].startswith("step ")}
            for step in sorted(steps):
                mine = [group for group in groups if group.key[0] == step]
                yield Message(target, step, tuple(self._part(group, wall) for group in mine), len(mine) > 1)
            rest = [group for group in groups if group.key[0] not in steps]
            if rest:
                yield Message(target, "", tuple(self._part(group, wall) for group in rest), len(rest) > 1)
            return
        for group in sorted(groups, key=_urgency):
            recent.append(wall)
            step = group.key[0] if group.key[0].startswith("step ") else ""
            yield Message(target, step, (self._part(group, wall),))

    def _part(self, group: _Group, wall: float) -> Part:
        """What a group has to say; from now on it is told."""
        still = [known for key in group.told if key not in group.fresh and (known := self._calling(key)) is not None]
        part = Part(
            tuple(sorted(group.fresh.values(), key=_order)),
            tuple(sorted(still, key=_order)),
            tuple(sorted(group.over.values(), key=_order)),
        )
        group.told.update((each.id, each.stamp) for each in part.fresh)
        group.fresh, group.over, group.since, group.sent = {}, {}, None, wall
        return part

    def _any_calls(self, group: _Group) -> bool:
        """Whether something that was told still calls."""
        return any(self._calling(alert) is not None for alert in group.told)

    def _calling(self, alert: str) -> Known | None:
        known = self._alerts.get(alert)
        return known if known is not None and known.standing == "calls" else None

    def _within(self, route: Route, now: dt.datetime) -> bool:
        return applies(self._site, route.during, now) and not (
            route.quiet is not None and _is_quiet(route.quiet, now.astimezone(zone(self._site)).time())
        )

    def _keep_pace(self, wall: float) -> None:
        """A clock that has jumped back takes the waits with it."""
        gap = wall - self._wall
        if gap < 0 and self._wall != float("-inf"):
            self._next = float("-inf")
            for group in self._groups.values():
                group.since = group.since + gap if group.since is not None else None
                group.sent = group.sent + gap if group.sent is not None else None
            for recent in self._recent.values():
                for place, at in enumerate(recent):
                    recent[place] = at + gap
        self._wall = wall

    # --- what was told ---------------------------------------------------------------------------------------

    def give_up(self, target: str, step: str, told: Iterable[str], wall: float) -> None:
        """A message could not be delivered in all that time: what it told of is news again."""
        self._next = float("-inf")
        for alert in told:
            key = self._slots.get(alert, {}).get((step, target))
            if key is not None and self._groups[key].told.pop(alert, None) is not None:
                known = self._calling(alert)
                if known is None:
                    self._leave(alert, (step, target))
                else:
                    self._call(known, (step, target), key[0], wall)

    def memory(self) -> Memory:
        """What was told to whom, to go on from with another site."""
        return {
            (slot, alert): Told(self._groups[key].told[alert], self._groups[key].sent or 0.0)
            for alert, slots in self._slots.items()
            for slot, key in slots.items()
            if alert in self._groups[key].told
        }

    def restore(self, memory: Memory, alerts: Iterable[Known], wall: float) -> None:
        """Go on from what was told before a restart or an edit of the site. `alerts`: all that are or were told of."""
        by_alert: defaultdict[str, dict[Slot, Told]] = defaultdict(dict)
        for (slot, alert), told in memory.items():
            by_alert[alert][slot] = told
        for known in alerts:
            if known.standing == "away":
                continue
            wanted = self._wanted(known)
            for slot, told in by_alert.get(known.id, {}).items():
                if slot in wanted:
                    group = self._group(known, slot, wanted[slot])
                    group.told[known.id] = told.stamp
                    group.sent = max(group.sent or 0.0, min(told.at, wall))
                    self._slots.setdefault(known.id, {})[slot] = group.key
            if known.standing == "taken":
                self._alerts[known.id] = known  # what it was escalated to by hand was told then
            self.take(known, wall)


STEP = Route(to=(), group_wait=0.0)
"""A step of escalation tells at once: it has waited long enough."""


def _further(before: Known | None, step: str) -> bool:
    """Whether an alert has just gone as far as a step."""
    return int(step.removeprefix("step ")) > (len(before.steps) if before is not None else 0)


def _members(known: Known, by: tuple[str, ...]) -> tuple[str, ...]:
    words: Mapping[str, str] = {INCIDENT: known.incident or known.rule, RULE: known.rule, AREA: known.area}
    return tuple(words[name] if name in words else known.labels.get(name) or "" for name in by)


def _is_quiet(quiet: Quiet, time: dt.time) -> bool:
    if quiet.start < quiet.end:
        return quiet.start <= time < quiet.end
    return time >= quiet.start or time < quiet.end


_RANK = {"critical": 0, "warning": 1, "low": 2}


def _order(known: Known) -> tuple[bool, int, float, str]:
    return not known.first_out, _RANK[known.priority], known.since, known.id


def _urgency(group: _Group) -> tuple[int, Key]:
    return min((_RANK[each.priority] for each in group.fresh.values()), default=3), group.key
