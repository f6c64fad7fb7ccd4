"""Rules on anomalies: of a KPI for each group of its rows, of the columns of a source together for each machine.

An alert begins at an onset and stands as long as what followed is as odd. A group without enough past, or whose latest
point is old, is not known, which clears nothing. What was learnt is kept and fed with what is new; it is learnt anew
every day, as late rows may have changed the past; machines not while they are unusual, up to a week.
"""

from __future__ import annotations

from collections.abc import Mapping

from opsconsole.engine.insight.study import Ground, Task
from opsconsole.engine.insight.together import Machines
from opsconsole.engine.insight.unusual import Streams
from opsconsole.kpis.binding import Binding, BoundRule
from opsconsole.kpis.ruling.insights import Found

_EVERY = 60.0


class AnomalyStudy:
    """Looks at what rules with `anomaly` watch, each minute of site time."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[BoundRule, Streams | Machines]] = {}

    def tasks(self, binding: Binding) -> Mapping[str, Task]:
        """By rule."""
        names = [name for name, rule in binding.rules.items() if rule.kind == "anomaly"]
        self._kept = {name: self._kept[name] for name in names if name in self._kept}
        return {name: Task(_EVERY, (name,)) for name in names}

    def look(self, key: str, task: Task, ground: Ground) -> Mapping[str, Found]:
        """What stands of each group now."""
        del task
        rule = ground.binding.rules[key]
        at = ground.now.timestamp()
        known, learnt = self._kept.get(key, (None, None))
        if learnt is None or known != rule or not learnt.fresh(at):
            standing = learnt.standing(at) if isinstance(learnt, Machines) and known == rule else {}
            learnt = Streams(rule) if rule.kpi is not None else Machines(rule, standing)
            self._kept[key] = rule, learnt
        return {key: self._look(learnt, rule, ground)}

    @staticmethod
    def _look(learnt: Streams | Machines, rule: BoundRule, ground: Ground) -> Found:
        if isinstance(learnt, Streams):
            return learnt.look(ground.cursor, ground.binding, ground.now, ground.past.ahead if ground.past else None)
        read = ground.past.rows_of(rule) if ground.past else None
        return learnt.look(ground.cursor, ground.binding, ground.now, read)
