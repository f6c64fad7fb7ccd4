"""When the level of a KPI changed, by its own points, beside the changes that people marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opsconsole.engine.insight.charts import Charted
from opsconsole.engine.insight.marked import Changed
from opsconsole.insight.change.breaks import change_points

_DAY = 86_400.0


def levels(charted: Charted, marked: Sequence[Changed]) -> dict[str, Any]:
    """The changes of level of a chart's points, the latest first; `lacking` says why none could be looked for.

    Each: `at` (the start of the first point after it), `first` … `last` (95 % of where it may have been), the levels
    `before` and `after`, and the `marked` changes that lie there (`id`, `at`, `text`, `who`).
    """
    starts, step = charted.points.starts[charted.first :], charted.points.step
    seasons = [round(span / step) for span in (_DAY, 7 * _DAY) if step < span and span % step == 0]
    found = change_points(charted.measured.values[charted.first :], seasons=seasons)
    scale = charted.measured.scale
    told = [
        {
            "at": starts[each.at],
            "first": starts[each.first],
            "last": starts[each.last],
            "before": each.before * scale,
            "after": each.after * scale,
            "marked": [
                {"id": one.id, "at": one.at, "text": one.text, "who": one.who}
                for one in marked
                if starts[each.first] - step <= one.at <= starts[each.last] + step
            ],
        }
        for each in reversed(found.found)
    ]
    return {"lacking": found.reason, "found": told}
