"""Steps of alerts as they are taken: suppressed first where that is meant, kept, told, with what follows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.alerts.alert import Alert, Transition
from opsconsole.alerts.deed import Covers, Take
from opsconsole.alerts.escalation import waiting_since
from opsconsole.alerts.facts import Config, Facts, Step
from opsconsole.alerts.holding import Holding
from opsconsole.alerts.inhibit import Inhibition
from opsconsole.alerts.standing import release, suppress
from opsconsole.alerts.step import NEW
from opsconsole.alerts.suppression import PLANNED, planned, tell
from opsconsole.alerts.timers import Timers, due_of
from opsconsole.alerts.together import Together
from opsconsole.site.model import Rule, Site

_UNREMARKABLE = Config()
_NORMAL = Facts()


class Move(Struct):
    """A step of one alert that is to be taken: `again` makes it of other facts, where it turns out to be suppressed."""

    alert: Alert
    step: Step
    again: Callable[[Facts], Step]
    why: str


class Course:
    """What has become of alerts, step by step. `held` has them, `timers` when time alone will change them."""

    def __init__(self, site: Site, most_closed: int) -> None:
        self.held = Holding(most_closed)
        self.timers = Timers()
        self.together = Together()
        self._covers: Covers = {}
        self.configure(site)

    def configure(self, site: Site) -> None:
        """Take over the rules of a site."""
        self._configs = {name: config_of(rule) for name, rule in site.rules.items()}
        self.together.configure(site)
        self._inhibition = Inhibition(site.rules)
        self.unsure()

    def unsure(self) -> None:
        """After a restart or an edit alerts may be suppressed by what suppresses them no more."""
        self._unsure = self._uncovered = True

    def config(self, rule: str) -> Config:
        """What a rule says of the life of its alerts; that of an alert about a rule is unremarkable."""
        return self._configs.get(rule, _UNREMARKABLE)

    def cover(self, covers: Covers, now: float) -> list[Transition]:
        """Suppress what is planned and running now, let go what is no more; see `AlertBook.cover`."""
        same = covers.keys() == self._covers.keys() and not self._uncovered
        self._covers, self._uncovered = dict(covers), False
        transitions: list[Transition] = []
        if same:
            return transitions
        for alert in list(self.held.ranked()):
            wanted = planned(covers, alert.rule, alert.labels) if alert.facts.beneath != "NORM" else set()
            held = {name for name in alert.facts.suppressed if name.startswith(PLANNED)}
            self._suppress(alert.id, sorted(wanted - held), now, transitions)
            self._release(alert.id, sorted(held - wanted), now, transitions)
        return transitions

    def apply(self, moves: dict[str, Move], now: float, transitions: list[Transition]) -> None:
        """Take the steps, and what follows from them for what they suppress."""
        for move in moves.values():
            alert, step = move.alert, move.step
            tell(self._inhibition, alert.id, alert.rule, alert.labels, step.facts, step.annunciate)
        changed = self._settle()
        taken = ((move.alert, move.step) for move in moves.values())
        for key, member in self.together.arrive(taken, now).items():
            moves[key].alert = replace(moves[key].alert, incident=member.incident, first_out=member.first_out)
        for key, move in moves.items():
            self._take_suppressed(key, move, now, transitions)
        moves.clear()
        for key in sorted(changed):
            known = self.held.alerts.get(key)
            if known is not None and known.facts.letter != "NORM":
                held = {name for name in known.facts.suppressed if not name.startswith(PLANNED)}
                self._suppress(key, sorted(set(changed[key]) - held), now, transitions)
                self._release(key, sorted(held - set(changed[key])), now, transitions)

    def _settle(self) -> dict[str, tuple[str, ...]]:
        """The alerts that others suppress now, or suppress no more; after a restart or an edit all that may be."""
        changed = self._inhibition.settle()
        if self._unsure:
            self._unsure = False
            changed.update(
                (alert.id, self._inhibition.suppressors(alert.id))
                for alert in self.held.ranked()
                if alert.facts.suppressed or self._inhibition.suppressors(alert.id)
            )
        return changed

    def _take_suppressed(self, key: str, move: Move, now: float, transitions: list[Transition]) -> None:
        """Take a step; if it begins or would call people about what is suppressed, it is suppressed first."""
        step = move.step
        if step.annunciate or step.what in NEW:
            wanted = planned(self._covers, move.alert.rule, move.alert.labels) if self._covers else set()
            wanted.update(self._inhibition.suppressors(key))
            if wanted:
                known = self.held.alerts.get(key)
                if known is None or known.facts.beneath == "NORM":
                    facts = replace(known.facts if known else self.held.fresh(), suppressed=tuple(sorted(wanted)))
                else:
                    self._suppress(key, sorted(wanted), now, transitions)
                    facts = self.held.alerts[key].facts
                step = move.again(facts)
        self.take(move.alert, step, move.why, now, transitions)

    def _suppress(self, key: str, names: Iterable[str], now: float, transitions: list[Transition]) -> None:
        for name in names:
            alert = self.held.alerts[key]
            self.take(alert, suppress(alert.facts, name), f"suppressed by {name}", now, transitions)

    def _release(self, key: str, names: Iterable[str], now: float, transitions: list[Transition]) -> None:
        for name in names:
            alert = self.held.alerts[key]
            step = release(alert.facts, self.config(alert.rule), name)
            self.take(alert, step, f"no longer suppressed by {name}", now, transitions)

    def take(
        self,
        alert: Alert,
        step: Step,
        why: str,
        now: float,
        transitions: list[Transition],
        who: str = "",
        reason: str = "",
        take: Take | None = None,
    ) -> None:
        """Keep an alert after a step, and tell of it; what is suppressed and has closed is let go."""
        known = self.held.alerts.get(alert.id)
        if step.what is None:
            self.keep(replace(alert, facts=step.facts))
            return
        facts = known.facts if known is not None else _NORMAL
        before = facts.letter
        waits = waiting_since(alert.waits, facts, step, now)
        called = step.facts.version if step.annunciate else alert.called
        after = replace(alert, facts=step.facts, waits=waits, called=called)
        self.keep(after)
        self.together.took(facts, after, step, now)
        transitions.append(
            Transition(
                at=now,
                what=step.what,
                why=why,
                before=before,
                after=step.facts.letter,
                alert=after,
                who=who,
                annunciate=step.annunciate,
                reason=reason,
                take=take,
            )
        )
        if step.facts.suppressed and step.facts.beneath == "NORM":
            self._release(alert.id, step.facts.suppressed, now, transitions)

    def let_pass(self, now: float) -> None:
        """Floods and chatter come to their end by time alone."""
        marked = (self.held.alerts.get(key) for key in self.together.chattering)
        self.together.look(now, {alert.id: alert.rule for alert in marked if alert is not None})

    def keep(self, alert: Alert) -> None:
        """Remember an alert as it is now."""
        known = self.held.alerts.get(alert.id)
        self.held.keep(alert)
        if known is None or known.facts is not alert.facts:
            self.heed(alert)

    def forget(self, alert: str) -> None:
        """Let go of an alert that can never come again."""
        self.held.forget(alert)
        self.timers.set(alert, None)
        self.together.forget(alert)
        self._inhibition.drop(alert)

    def heed(self, alert: Alert) -> None:
        """Heed what time will do to an alert, and what it suppresses."""
        self.timers.set(alert.id, due_of(alert.facts, self.config(alert.rule)))
        self.together.heed(alert)
        tell(self._inhibition, alert.id, alert.rule, alert.labels, alert.facts)


def config_of(rule: Rule) -> Config:
    """What a rule says about the life of its alerts."""
    return Config(
        hold=rule.hold,
        clear=rule.clear,
        times=rule.times,
        latch=rule.latch,
        acked=not rule.acknowledge,
        realarm=rule.realarm,
        realarms=rule.realarms,
    )
