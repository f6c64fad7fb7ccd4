"""Were the chances of being late right? Said at past moments with what was known then, against what came of it. Pure.

At each moment the model is learned from the log as it was, and asked about the cases open then. What it said is put
beside what came: late, or in time; a case whose end and due moment are both still to come says nothing. Of the cases
that were said to be late with about 70 %, about 70 % should have been: a reliability table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import ArrayLike

from opsconsole.insight.flow.hours import Hours, after
from opsconsole.insight.flow.log import TIME, Log
from opsconsole.insight.flow.risk import LEAST, learn, open_cases
from opsconsole.insight.flow.stages import cases, known_at, visits

_SAID: dict[str, pl.DataType | type[pl.DataType]] = {
    "moment": TIME, "case": pl.String, "basis": pl.String, "late": pl.Float64, "late_low": pl.Float64,
    "late_high": pl.Float64, "was_late": pl.Boolean,
}  # fmt: skip


class Bin(Struct, frozen=True):
    """Forecasts of a range of chances: how many, their mean, and the share of them that came true."""

    low: float
    high: float
    n: int
    said: float
    came: float


def rehearse(
    log: Log,
    moments: Sequence[dt.datetime],
    until: dt.datetime,
    *,
    done: Collection[str] = (),
    sla: float | None = None,
    hours: Hours | None = None,
    least: int = LEAST,
) -> pl.DataFrame:
    """What would have been said of the cases open at each moment, and whether they were late by what is known `until`.

    Columns: moment, case, basis, late, late_low, late_high, was_late. Cases that were late already, of which nothing
    was said, or whose outcome is not known, are not in it.
    """
    finished = cases(log, done=done, hours=hours).select("case", "end")
    said = [pl.DataFrame(schema=_SAID)]
    for moment in moments:
        known = known_at(log, moment)
        every = cases(known, done=done, hours=hours)
        if not done and known.steps["closed"].null_count() == known.steps.height:
            # Only what came later tells an ended case from one that waits.
            every = _not_yet(every, finished, moment)
        stays = visits(known, every, moment, hours=hours)
        model = learn(every, stays, moment, limit=sla, hours=hours)
        listed = open_cases(model, every, stays, moment, limit=sla, hours=hours, least=least)
        listed = listed.filter(pl.col("late").is_not_null() & (pl.col("basis") != "late already"))
        due = _due(listed, moment, hours)
        outcome = listed.with_columns(due=due).join(finished, on="case", how="left", maintain_order="left")
        over = pl.coalesce("end", pl.lit(until, TIME))
        was_late = (
            pl.when(over > pl.col("due")).then(pl.lit(True)).when(pl.col("end").is_not_null()).then(pl.lit(False))
        )
        outcome = outcome.select(
            pl.lit(moment, TIME).alias("moment"), *list(_SAID)[1:-1], was_late.alias("was_late")
        ).filter(pl.col("was_late").is_not_null())
        said.append(outcome)
    return pl.concat(said)


def reliability(said: ArrayLike, came: ArrayLike, bins: int = 10) -> list[Bin]:
    """The reliability table: forecasts in bins of equal width, those that are empty left out."""
    chance, true = np.asarray(said, float), np.asarray(came, float)
    at = np.minimum((chance * bins).astype(int), bins - 1)
    found = []
    for place in range(bins):
        inside = at == place
        if inside.any():
            low, high = place / bins, (place + 1) / bins
            found.append(Bin(low, high, int(inside.sum()), float(chance[inside].mean()), float(true[inside].mean())))
    return found


def off(table: Sequence[Bin]) -> float:
    """The expected calibration error: the mean distance between what was said and what came, by how often it was said.

    NaN where nothing was said.
    """
    n = sum(each.n for each in table)
    return sum(each.n * abs(each.said - each.came) for each in table) / n if n else float("nan")


def brier(said: ArrayLike, came: ArrayLike) -> float:
    """Brier's score, the mean squared distance (1950): 0 is perfect, what always says the base rate has q (1 - q)."""
    return float(np.mean((np.asarray(said, float) - np.asarray(came, float)) ** 2))


def _not_yet(every: pl.DataFrame, finished: pl.DataFrame, moment: dt.datetime) -> pl.DataFrame:
    late = finished.filter(pl.col("end").is_null() | (pl.col("end") > moment))["case"].implode()
    waits = pl.col("case").is_in(late)
    return every.with_columns(
        open=waits,
        end=pl.when(~waits).then("end"),
        duration=pl.when(~waits).then("duration"),
        late=pl.when(~waits).then("late"),
    )


def _due(listed: pl.DataFrame, moment: dt.datetime, hours: Hours | None) -> pl.Series:
    """The moment each is due: so much time of the calendar after `moment`."""
    now = moment.replace(tzinfo=dt.UTC).timestamp()
    due = after(hours, np.full(listed.height, now), listed["remaining"].to_numpy())
    return pl.Series("due", np.where(np.isfinite(due), due * 1e6, 0)).round().cast(pl.Int64).cast(TIME)
