"""How likely each open case is to be late, when it will be done, and whether it is old for the stage it is in. Pure.

P(late | age a) = S(L) / S(a), with S the survival of cases and L the time they have, as learned from all cases so far:
those that are open count for as long as they have lasted (`survival`). An open case is compared, in this order, with
the first of these of which at least `least` were on at its age:

1. stage: where all have the same time, those that stayed in the stage as long as it has (`stay`); else, or where those
   are too few, the cases that ever came to the stage it is in, each from the moment it came there (late entry);
2. class: the cases of its group;
3. all cases.

Where none has so many, nothing is said of the case, and why. Where cases have due moments of their own, the clock is
the time until that moment and not since the beginning: it is what people work by, and the two are one where all have
the same time. The age of a case in its stage is judged by that stage's own time of stay: its P50, P85 and P95.

Processes drift: what was said of cases that were due lately corrects what is said now (`recalibration`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import NDArray

from opsconsole.insight.flow.hours import Floats, Hours
from opsconsole.insight.flow.log import TIME
from opsconsole.insight.flow.recalibration import Recalibration
from opsconsole.insight.flow.stay import Stays, from_landmarks
from opsconsole.insight.flow.steps import between
from opsconsole.insight.flow.survival import Curve, kaplan_meier, on_at, outlasts, quantile

LEAST = 30
Places = NDArray[np.int64]
Key = TypeVar("Key")
_STAGE = ("activity", "working")
_ALIKE = 1.0
"""Seconds by which times that cases have may differ, and are the same."""


class Model(Struct, frozen=True):
    """What was learned: curves of the end of cases by stage, by class, of all; and of the stay in each stage.

    `held`: the visits to each stage, where all cases have the same time.
    """

    held: dict[tuple[str, bool], Stays]
    stage: dict[tuple[str, bool], Curve]
    group: dict[str | None, Curve]
    everything: Curve
    stay: dict[tuple[str, bool], Curve]


def learn(
    cases: pl.DataFrame,
    visits: pl.DataFrame,
    now: dt.datetime,
    *,
    limit: float | None = None,
    hours: Hours | None = None,
) -> Model:
    """The curves, from `stages.cases` and `stages.visits` as they are known at `now`; `limit` as in `open_cases`."""
    sound = _aged(cases.filter(~pl.col("impossible")), now, limit, hours)
    clocked = sound.filter(pl.col("begun").is_not_nan())
    # A case counts in a stage from when it first came there.
    own_time = clocked.select("case", "begun", "reached", "ended", "age")
    came = visits.group_by("case", *_STAGE, maintain_order=True).agg(pl.col("into").min())
    came = came.join(own_time, on="case", how="inner")
    came = came.with_columns(begun=pl.col("begun") + pl.col("into"))
    stays = visits.with_columns(gone=pl.col("left").is_not_null() | pl.col("closed"))
    held = {}
    times = clocked["begun"].to_numpy()
    if times.size and np.ptp(times) < _ALIKE:
        since = visits.join(own_time, on="case", how="inner").with_columns(lasted=pl.col("age") - pl.col("into"))
        held = {
            key: Stays(*(part[name].to_numpy() for name in ("dwell", "lasted", "ended"))) for key, part in _parts(since)
        }
    return Model(
        held,
        {key: _curve(part) for key, part in _parts(came)},
        {group: _curve(part) for (group,), part in clocked.group_by("group")},
        _curve(clocked),
        {key: kaplan_meier(part["dwell"].to_numpy(), part["gone"].to_numpy()) for key, part in _parts(stays)},
    )


def open_cases(
    model: Model,
    cases: pl.DataFrame,
    visits: pl.DataFrame,
    now: dt.datetime,
    *,
    limit: float | None = None,
    hours: Hours | None = None,
    least: int = LEAST,
    recalibration: Recalibration | None = None,
) -> pl.DataFrame:
    """One row per open case, the most likely to be late first, then the oldest.

    `limit` in seconds since the case began (by the hours), for cases without a due moment of their own; without either
    there is no chance of being late. `recalibration`: by what earlier chances were worth.

    Columns: case, group, start, age, activity, working, entered, stay (seconds in the stage), stay_p50, stay_p85,
    stay_p95 (of the stage; null under `least`), band (0 under P50, 1, 2, 3 over P95; null where unknown), remaining
    (seconds until due; negative once late), late (probability) with late_low and late_high, open_ended, basis ("late
    already", "stage", "class", "all" or "too few"), learned (how many lasted so long), eta_p50
    and eta_p85 (seconds from now until done, null where so many were never seen to end), row.
    """
    there = visits.filter(~pl.col("closed")).group_by("case", maintain_order=True).last()
    opened = _aged(cases.filter("open"), now, limit, hours).join(
        there.select("case", "activity", "working", "entered", "row", stay=pl.col("dwell")),
        on="case", how="inner", maintain_order="left",
    )  # fmt: skip
    reached, stay = opened["reached"].to_numpy(), opened["stay"].to_numpy()
    has_limit = limit is not None or bool(cases["due"].is_not_null().any())
    remaining = -reached if has_limit else np.full(len(reached), np.nan)
    found = _Answers(reached, remaining, least)
    stages = list(zip(opened["activity"], opened["working"], strict=True))
    for key, at in _places(stages):
        if key in model.held:
            for curve, those in from_landmarks(model.held[key], stay[at], least):
                found.fill("stage", curve, at[those], stay)
        found.fill("stage", model.stage.get(key), at)
    for group, at in _places(opened["group"].to_list()):
        found.fill("class", model.group.get(group), at)
    found.fill("all", model.everything, np.arange(len(reached)))
    if recalibration is not None:
        found.p, found.low, found.high = recalibration.of(found.p, found.low, found.high)
    found.settle()
    stays = _stays(model, stages, least)
    band = np.where(np.isnan(stays[0]), np.nan, sum((stay > each).astype(float) for each in stays))
    listed = opened.with_columns(
        pl.Series("stay_p50", stays[0]), pl.Series("stay_p85", stays[1]), pl.Series("stay_p95", stays[2]),
        pl.Series("band", band), pl.Series("remaining", remaining),
        pl.Series("late", found.p), pl.Series("late_low", found.low), pl.Series("late_high", found.high),
        pl.Series("open_ended", found.open_ended), pl.Series("basis", found.basis, dtype=pl.String),
        pl.Series("learned", found.n, dtype=pl.Int64),
        pl.Series("eta_p50", found.eta[0]), pl.Series("eta_p85", found.eta[1]),
    )  # fmt: skip
    floats = [name for name, kind in listed.schema.items() if kind == pl.Float64]
    listed = listed.with_columns(pl.when(pl.col(name).is_finite()).then(name).alias(name) for name in floats)
    listed = listed.with_columns(pl.col("band").cast(pl.Int8))
    columns = ("end", "open", "due", "steps", "duration", "impossible", "ended", "was_late", "begun", "reached")
    return listed.sort("late", "age", descending=True, nulls_last=True, maintain_order=True).drop(columns)


class _Answers:
    """The answers for each open case, filled by the first comparison that knows enough.

    `reached` is how far each case has come on the clock of the curves, `remaining` what it has until it is due.
    """

    def __init__(self, reached: Floats, remaining: Floats, least: int) -> None:
        n = len(reached)
        self.reached, self.remaining, self.least = reached, remaining, least
        self.p, self.low, self.high = (np.full(n, np.nan) for _ in range(3))
        self.eta = np.full((2, n), np.nan)
        self.n, self.open_ended = np.zeros(n, np.int64), np.zeros(n, bool)
        self.basis = np.full(n, "too few", dtype=object)

    def fill(self, basis: str, curve: Curve | None, at: Places, clock: Floats | None = None) -> None:
        """The answers of one curve for the cases at these places, where none is known yet and it knows enough.

        `clock`: how far each case has come on the clock of the curve, where it is another than `reached`.
        """
        at = at[(self.basis[at] == "too few") & ~np.isnan(self.reached[at])]
        if curve is None or not at.size:
            return
        reached = self.reached if clock is None else clock
        known = on_at(curve, reached[at])
        self.n[at] = np.maximum(self.n[at], known)
        at = at[known >= self.least]
        age = reached[at]
        chance = outlasts(curve, age, age + np.nan_to_num(self.remaining[at]))
        self.basis[at], self.n[at] = basis, chance.n
        self.p[at], self.low[at], self.high[at] = chance.p, chance.low, chance.high
        self.open_ended[at] = chance.open_ended
        for place, share in enumerate((0.5, 0.85)):
            self.eta[place, at] = quantile(curve, age, share) - age

    def settle(self) -> None:
        """What is late already is certain; what has no limit has no chance of being late."""
        late, timeless = self.remaining <= 0, np.isnan(self.remaining)
        for each in (self.p, self.low, self.high):
            each[late], each[timeless] = 1.0, np.nan
        self.open_ended[late | timeless] = False
        self.basis[late] = "late already"


def _aged(cases: pl.DataFrame, now: dt.datetime, limit: float | None, hours: Hours | None) -> pl.DataFrame:
    """Cases begun by now, with `age` until they ended or now, and whether they `ended` by then.

    `begun` and `reached` are where they began and have come to on the clock of the curves: the time since they were
    due, negative before; without due moments or a limit, the time since they began. NaN where a case alone has none.
    """
    moment = pl.lit(now, TIME)
    begun = cases.filter(pl.col("start") <= moment).with_columns(
        ended=(pl.col("end") <= moment).fill_null(value=False), until=pl.min_horizontal("end", moment)
    )
    begun = begun.with_columns(between(begun, "start", "until", hours).alias("age"))
    whole = between(begun, "start", "due", hours).to_numpy().astype(float)
    if not np.isfinite(whole).any():
        whole = np.full(begun.height, 0.0 if limit is None else limit)
    elif limit is not None:
        whole = np.where(np.isnan(whole), limit, whole)
    begun = begun.with_columns(pl.Series("begun", -whole), pl.Series("reached", begun["age"].to_numpy() - whole))
    return begun.drop("until").rename({"late": "was_late"})


def _parts(visits: pl.DataFrame) -> Iterator[tuple[tuple[str, bool], pl.DataFrame]]:
    for (activity, working), part in visits.group_by(*_STAGE, maintain_order=True):
        yield (str(activity), bool(working)), part


def _curve(frame: pl.DataFrame) -> Curve:
    return kaplan_meier(frame["reached"].to_numpy(), frame["ended"].to_numpy(), frame["begun"].to_numpy())


def _places(keys: list[Key]) -> Iterator[tuple[Key, Places]]:
    places: dict[Key, list[int]] = {}
    for at, key in enumerate(keys):
        places.setdefault(key, []).append(at)
    for key, those in places.items():
        yield key, np.asarray(those, np.int64)


def _stays(model: Model, stages: list[tuple[str, bool]], least: int) -> Floats:
    """P50, P85 and P95 of the stay in each one's stage; NaN where too few were there."""
    known: dict[tuple[str, bool], Floats] = {}
    for key in set(stages):
        curve = model.stay.get(key)
        if curve is None or curve.n < least:
            known[key] = np.full(3, np.nan)
        else:
            known[key] = np.concatenate([quantile(curve, 0.0, share) for share in (0.5, 0.85, 0.95)])
    return np.asarray([known[key] for key in stages]).reshape(-1, 3).T
