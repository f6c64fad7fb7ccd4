"""People are told of alerts while nobody looks: from changes of alerts to messages on their way, and what came of them.

It belongs to the tick's thread; changes of alerts and answers of targets come in from other threads and wait in line
for the next `work`, which never waits for a target.
"""

from __future__ import annotations

import datetime as dt
import random
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol

from opsconsole.alerts.alert import Alert, Transition
from opsconsole.engine.messages import Notice
from opsconsole.engine.notify import record, routes, words
from opsconsole.engine.notify.known import known_of
from opsconsole.engine.notify.outbox import By, Letter, Outbox
from opsconsole.engine.notify.plan import Memory, Message, Plan
from opsconsole.engine.notify.post import Post
from opsconsole.engine.notify.pulse import Pulse
from opsconsole.engine.notify.secret import shown
from opsconsole.engine.notify.send import MISSING, installed
from opsconsole.engine.notify_messages import Notifications, TargetState
from opsconsole.journal.journal import Entry, Record
from opsconsole.site.model import Site
from opsconsole.site.notifying import Address

NOTICE = "notify"


class Alerts(Protocol):
    """What it needs of the watch over alerts."""

    def ranked(self) -> Sequence[Alert]:
        """All that are open."""
        ...

    def alert(self, alert: str) -> Alert | None:
        """One that is or lately was open."""
        ...

    def keep(self, entries: Sequence[Entry], now: float) -> bool:
        """Write to the journal, now or as soon as it can be written; whether it is written."""
        ...


class Notifier:
    """The notifications of one site. `wake` has `work` called soon; `root` is the folder of the site file."""

    def __init__(
        self,
        site: Site,
        alerts: Alerts,
        records: Iterable[Record],
        root: Path,
        slips: Path,
        wake: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._site = site
        self._alerts = alerts
        self._wake = wake
        self._clock = clock
        self._news: deque[Transition] = deque()
        self._answers: deque[tuple[str, str]] = deque()
        self._letters: dict[str, Letter] = {}
        self._trouble: dict[str, str] = {}
        self._tests: dict[str, tuple[dict[str, str], set[str], Future[dict[str, str]]]] = {}
        self._missing = ""
        self._outbox = Outbox(chance)
        self._post = Post(root, slips, self._answered)
        self._pulse = Pulse(root, clock)
        self._memory, pending = record.recall(records)
        self._plan = Plan(site)
        self._begun = False
        for letter in pending:
            self._add(letter)
        self._post.clean([letter.id for letter in pending])

    # --- from other threads ------------------------------------------------------------------------------------

    def take(self, transitions: Sequence[Transition]) -> None:
        """Alerts have changed."""
        self._news.extend(transitions)

    def _answered(self, letter: str, reason: str) -> None:
        self._answers.append((letter, reason))
        self._wake()

    # --- the tick's thread -------------------------------------------------------------------------------------

    def configure(self, site: Site, now: dt.datetime, wall: float) -> None:
        """Take over a site, at the start or when it was edited: what was told is not told again."""
        memory = self._plan.memory() if self._begun else self._memory
        self._site, self._begun, self._memory = site, True, {}
        self._news.clear()  # the alerts are taken as they are
        self._plan = Plan(site)
        self._plan.restore(memory, [known_of(each, site) for each in self._known(memory)], wall)
        targets = self._targets
        for target in {letter.target for letter in self._letters.values()} - set(targets):
            self._keep([self._drop(letter, now) for letter in self._outbox.drop(target)], now)
            self._note(target, "")
        self._missing = MISSING if targets and not installed() else ""
        self._pulse.configure(site.notify.heartbeat if site.notify is not None else None)

    def _known(self, memory: Memory) -> list[Alert]:
        found = {alert.id: alert for alert in self._alerts.ranked()} if self._targets else {}
        for _, name in memory:
            if name not in found and (alert := self._alerts.alert(name)) is not None:
                found[name] = alert
        return list(found.values())

    @property
    def _targets(self) -> Mapping[str, Address]:
        return self._site.notify.targets if self._site.notify is not None else {}

    def work(self, now: dt.datetime, wall: float, flood: bool) -> bool:
        """Do what is due, without waiting for anything; whether there is something new for people to know."""
        before = self.notices()
        while self._news:
            transition = self._news.popleft()
            if self._targets:
                self._plan.take(known_of(transition.alert, self._site), wall)
        answers = [self._answers.popleft() for _ in range(len(self._answers))]
        entries = [self._settled(*answer, now, wall) for answer in answers]
        if self._targets:
            due = self._plan.due(wall, now, self._outbox.busy(), flood)
            entries += [self._queued(self._letter(message, now, wall), now) for message in due]
        written = self._keep([entry for entry in entries if entry is not None], now)
        for name, _ in answers:
            if written and name not in self._letters:
                self._post.forget(name)
        # what is sent is in the journal before, if that can be written
        for letter in self._outbox.ready(self._clock()):
            self._post.send(letter, self._targets[letter.target])
        return self.notices() != before

    def beat(self, now: dt.datetime) -> bool:
        """Rules have been evaluated, or were not due: the heartbeat goes on. Whether people have to know of it."""
        changed = self._pulse.beat()
        if changed:
            self._keep([record.heartbeat(self._pulse.trouble, now.timestamp())], now)
        return changed

    def notices(self) -> list[Notice]:
        """What people must know of targets that cannot be told."""
        found = [Notice(NOTICE, f"nobody is told of alerts: {self._missing}", "critical")] if self._missing else []
        if not self._missing:
            found += [
                Notice(NOTICE, f"{target} cannot be told of alerts: {why}. It is tried again by itself.", "warning")
                for target, why in self._trouble.items()
            ]
        if self._pulse.trouble:
            found.append(Notice(NOTICE, f"the dead-man switch cannot be reached: {self._pulse.trouble}", "warning"))
        return found

    def test(self, targets: Sequence[str], by: By, now: dt.datetime, wall: float) -> Future[dict[str, str]]:
        """Send a message to each of the targets; what came of it. Raises ValueError where one is unknown."""
        unknown = [name for name in targets if name not in self._targets]
        if unknown:
            there = ", ".join(self._targets) or "none"
            raise ValueError(f"the site has no target {unknown[0]}; there are: {there}")
        future: Future[dict[str, str]] = Future()
        ids: set[str] = set()
        results: dict[str, str] = {}
        entries = []
        for name in dict.fromkeys(targets):
            letter = Letter(
                id=uuid.uuid4().hex,
                target=name,
                title=f"Test · {self._site.name}",
                body=f"{by.user} tries whether alerts of {self._site.name} reach {name}. There is nothing to do.",
                worst="low",
                at=wall,
                test=by,
            )
            ids.add(letter.id)
            self._tests[letter.id] = results, ids, future
            entries.append(self._queued(letter, now))
        self._keep(entries, now)
        if not ids:
            future.set_result({})
        return future

    def state(self) -> Notifications:
        """Targets, routes and steps, and how the targets are."""
        waiting = [letter.target for letter in self._letters.values() if not letter.test]
        return Notifications(
            targets=[
                TargetState(name, shown(address), waiting.count(name), self._trouble.get(name, ""))
                for name, address in self._targets.items()
            ],
            routes=routes.routes(self._site),
            steps=routes.steps(self._site),
            heartbeat=self._pulse.where,
            heartbeat_trouble=self._pulse.trouble,
            missing=self._missing,
        )

    def close(self) -> None:
        """End what is being sent; it is sent after the next start."""
        self._post.close()

    # --- messages on their way ---------------------------------------------------------------------------------

    def _letter(self, message: Message, now: dt.datetime, wall: float) -> Letter:
        return Letter(
            id=uuid.uuid4().hex,
            target=message.target,
            title=words.title(message, self._site),
            body=words.body(message, self._site, now),
            worst=words.worst(message),
            step=message.step,
            told=message.told(),
            over=message.over(),
            at=wall,
        )

    def _add(self, letter: Letter) -> None:
        self._letters[letter.id] = letter
        self._outbox.add(letter, self._clock())

    def _queued(self, letter: Letter, now: dt.datetime) -> Entry:
        self._add(letter)
        return record.entry_of("queued", letter, now.timestamp())

    def _settled(self, name: str, reason: str, now: dt.datetime, wall: float) -> Entry | None:
        """What came of a try."""
        verdict = self._outbox.done(name, not reason, self._clock())
        letter = self._letters.get(name)
        if verdict is None or letter is None:
            return None
        if verdict.what != "retried":
            del self._letters[name]
        if letter.test:
            self._tested(letter, reason)
        else:
            self._note(letter.target, reason)
        if verdict.what == "given up" and not letter.test:
            self._plan.give_up(letter.target, letter.step, letter.told, wall)
        return record.entry_of(verdict.what, letter, now.timestamp(), reason, verdict.tries)

    def _note(self, target: str, trouble: str) -> None:
        """Why a target cannot be told, or that it can. A new table each time: other threads read it."""
        others = {name: why for name, why in self._trouble.items() if name != target}
        self._trouble = {**others, target: trouble} if trouble else others

    def _tested(self, letter: Letter, reason: str) -> None:
        results, ids, future = self._tests.pop(letter.id)
        results[letter.target] = reason
        ids.discard(letter.id)
        if not ids:
            future.set_result(results)

    def _drop(self, letter: Letter, now: dt.datetime) -> Entry:
        self._letters.pop(letter.id, None)
        self._post.forget(letter.id)
        reason = "the site has no such target any more"
        if letter.test:
            self._tested(letter, reason)
        return record.entry_of("given up", letter, now.timestamp(), reason)

    def _keep(self, entries: Sequence[Entry], now: dt.datetime) -> bool:
        return self._alerts.keep(entries, now.timestamp()) if entries else True
