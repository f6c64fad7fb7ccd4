"""What an evaluation of rules has found so far: observations and verdicts, made only where somebody waits for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from opsconsole.kpis.binding import BoundRule
from opsconsole.kpis.observation import Observation, Verdict, Worse
from opsconsole.kpis.ruling.texts import titled
from opsconsole.kpis.scan import Members
from opsconsole.kpis.words import labelled
from opsconsole.site.model import Priority

INSTANCES = 10_000
ERROR = "error:"
TOO_MANY = "many:"
UP = Worse("up")
_GOOD, _MISSING = Verdict(), Verdict(absent="stale")

Labels = Mapping[str, str | None]
Watched = Mapping[str, Collection[Labels]]
"""By the name of a rule that has alerts which are open or about to be: their labels."""


class Outcome:
    """The observations and verdicts of one evaluation.

    With `watched` nothing is said of instances that are not raised and were not before; but of `whole` rules, on which
    combinations depend, everything is. Without it everything is said of all rules.
    """

    def __init__(self, watched: Watched | None, whole: Collection[str] = ()) -> None:
        self.observations: list[Observation] = []
        self.verdicts: dict[str, Verdict] = {}
        self._watched = watched
        self._whole = whole
        self._extras = {name for name in watched or () if name.startswith((ERROR, TOO_MANY))}

    def watched(self, rule: BoundRule) -> set[Members] | None:
        """The members of a rule's instances that something has to be said of, raised or not; None: of all."""
        name = rule.rule.name
        if self._watched is None or name in self._whole:
            return None
        found = self._watched.get(name)
        return {tuple(labels.get(label) for label in rule.by) for labels in found} if found else set()

    def failed(self, name: str, reason: str) -> None:
        """A rule whose SQL fails on the data."""
        self.verdicts[name] = Verdict(quality="error", reason=reason)
        self._extra(ERROR, name, f"Rule {name} cannot be evaluated: {reason}")

    def stale(self, name: str, reason: str) -> None:
        """A rule of which nothing can be known at present."""
        self.verdicts[name] = Verdict(quality="stale", reason=reason)

    def well(self, rule: BoundRule, total: int = 0, *, missing: bool = False) -> None:
        """A rule that could be evaluated. `total`: its instances; of those beyond the most that are watched nothing is
        known. `missing`: an instance that is not mentioned is missing data, else it is back to normal."""
        name = rule.rule.name
        if total > INSTANCES:
            text = f"Rule {name} has {total} instances; only {INSTANCES} of them are watched"
            self.verdicts[name] = Verdict(absent="stale", reason=text)
            self._extra(TOO_MANY, name, text)
        else:
            self.verdicts[name] = _MISSING if missing else _GOOD
        if self._watched is not None and not self._extras:
            return
        for kind in (ERROR, TOO_MANY):
            if self._watched is None or kind + name in self._extras:
                self.verdicts.setdefault(kind + name, _GOOD)

    def unknown(self, rule: BoundRule, members: Members) -> None:
        """An instance without a value."""
        labels = dict(zip(rule.by, members, strict=True))
        self.observations.append(Observation(rule=rule.rule.name, labels=labels, quality="stale"))

    def add(
        self, rule: BoundRule, members: Members, priority: Priority | None, value: float, limit: float | None,
        text: Callable[[], tuple[str, str, str]] | None, worse: Worse = UP, kept: Priority | None = None,
    ) -> None:  # fmt: skip
        """An instance. `text` gives what is said of it, its value and its limit as text; asked only where needed."""
        labels = dict(zip(rule.by, members, strict=True))
        words = ""
        if priority is not None and text is not None:
            said, shown, limited = text()
            words = f"{said} · {labelled(labels)}" if labels else said
            if rule.rule.title:
                words = titled(rule.rule.title, labels, shown, limited)
        self.observations.append(
            Observation(
                rule=rule.rule.name,
                labels=labels,
                priority=priority,
                value=value,
                limit=limit,
                text=words,
                worse=worse,
                kept=kept,
            )
        )

    def _extra(self, kind: str, name: str, text: str) -> None:
        """An alert about a rule itself."""
        self.observations.append(Observation(rule=kind + name, priority="warning", text=text))
        self.verdicts[kind + name] = _GOOD
