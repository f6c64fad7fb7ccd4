"""The report on changes: what each did to the KPIs it should move."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import duckdb
import msgspec

from opsconsole.engine.change_messages import ChangeMark
from opsconsole.engine.insight.change import Studied, study
from opsconsole.engine.insight.marked import changes_of
from opsconsole.engine.jobs import Desk, Job, ReportError
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.nodes import bound_kpi

Json = dict[str, Any]


def report(desk: Desk, job: Job, options: Json) -> Json:
    """The verdict on each change, the latest first, one entry a KPI. Moments are seconds since the epoch, site time.

    `options`: `change`, an id, and `kpi`: of these alone; with both the entry has the `points` that were looked at,
    with what would have been (`expected`, `low`, `high` from the change on). Raises ReportError for one that is not
    there, JournalError.
    """
    core = desk.core
    binding, now = core.binding, core.now()
    wanted, kpi = str(options.get("change") or ""), str(options.get("kpi") or "")
    marked = [each for each in desk.watch.marked() if wanted in ("", each.id) and kpi in ("", *each.kpis)]
    if wanted and not marked:
        raise ReportError(f"there is no change {wanted}{f' of {kpi}' if kpi else ''}; opsconsole changes lists them")
    pairs = [(mark, name) for mark in reversed(marked) for name in mark.kpis if kpi in ("", name)]
    found: list[Json] = []
    for number, (mark, name) in enumerate(pairs):
        job.tell(number / len(pairs), f"{mark.id}: {name}")
        found.append(_entry(desk, binding, mark, name, now, job, whole=bool(wanted and kpi)))
    return {"now": now.timestamp(), "timezone": binding.site.timezone, "changes": found}


def _entry(
    desk: Desk, binding: Binding, mark: ChangeMark, name: str, now: dt.datetime, job: Job, *, whole: bool
) -> Json:
    known = binding.site.kpis.get(name)
    entry: Json = {
        **{key: value for key, value in msgspec.to_builtins(mark).items() if key not in ("kpis", "dropped")},
        "kpi": name,
        "title": (known.title or name) if known is not None else name,
        "unit": known.unit if known is not None else "",
        "decimals": known.decimals if known is not None else None,
        "better": known.better if known is not None else None,
    }
    others = [
        each.at for each in changes_of(desk.watch, name, dict(mark.where)) if each.id != mark.id and each.at != mark.at
    ]
    try:
        with job.reading(desk.store) as cursor:
            studied = study(cursor, binding, bound_kpi(binding, name), mark.at, now, dict(mark.where), others)
    except (LookupError, ValueError) as error:
        return {**entry, "verdict": "cannot tell", "said": f"Cannot tell: {error.args[0] if error.args else error}"}
    except duckdb.Error as error:
        if job.cancelled:
            raise
        return {**entry, "verdict": "cannot tell", "said": f"Cannot tell: {str(error).splitlines()[0]}"}
    return {**entry, **_of(studied, whole=whole)}


def _of(studied: Studied, *, whole: bool) -> Json:
    effect = studied.effect
    told: Json = {
        name: msgspec.to_builtins(getattr(effect, name))
        for name in ("verdict", "before", "after", "reason", "horizon", "mean", "level", "slope", "now", "total")
    }
    told |= {"better_chance": effect.better, "persistence": effect.persistence, "seasons": effect.seasons}
    told |= {
        "chance": effect.placebo.chance if effect.placebo is not None else None,
        "dates": effect.placebo.dates if effect.placebo is not None else 0,
        "said": studied.said,
        "note": studied.note,
        "step": studied.step,
        "digits": studied.digits,
    }
    if whole:
        other = effect.counterfactual
        told["points"] = {
            "at": studied.at,
            "starts": studied.starts,
            "values": [None if math.isnan(value) else value for value in studied.values.tolist()],
            "expected": other.value if other is not None else [],
            "low": other.low if other is not None else [],
            "high": other.high if other is not None else [],
        }
    return told
