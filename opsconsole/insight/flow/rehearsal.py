"""Were the chances of being late right? Said at past moments with what was known then, against what came of it. Pure.

At each moment the model is learned from the log as it was, and asked about the cases open then. What it said is put
beside what came: late, or in time. Only cases whose due moment has come by the end count: of the others those in time
alone would be known. Of the cases that were said to be late with about 70 %, about 70 % should have been: a reliability
table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import polars as pl
from msgspec.structs import replace

from opsconsole.insight.flow.hours import Hours, after
from opsconsole.insight.flow.log import TIME, Log
from opsconsole.insight.flow.recalibration import Recalibration, sequence
from opsconsole.insight.flow.reliability import reliability
from opsconsole.insight.flow.risk import LEAST, learn, open_cases
from opsconsole.insight.flow.stages import cases, known_at, visits

_SAID: dict[str, pl.DataType | type[pl.DataType]] = {
    "moment": TIME, "case": pl.String, "basis": pl.String, "late": pl.Float64, "late_low": pl.Float64,
    "late_high": pl.Float64, "due": TIME, "was_late": pl.Boolean,
}  # fmt: skip


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

    Columns: moment, case, basis, late, late_low, late_high, due, was_late. Cases that were late already, of which
    nothing was said, or that are due only after `until`, are not in it. Nothing is corrected by what came of earlier
    chances: see `corrected`.
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
        outcome = listed.with_columns(due=_due(listed, moment, hours)).filter(pl.col("due") <= pl.lit(until, TIME))
        outcome = outcome.join(finished, on="case", how="left", maintain_order="left")
        was_late = (pl.col("end") > pl.col("due")).fill_null(value=True)
        outcome = outcome.select(pl.lit(moment, TIME).alias("moment"), *list(_SAID)[1:-1], was_late.alias("was_late"))
        said.append(outcome)
    return pl.concat(said)


def correction(said: pl.DataFrame, until: dt.datetime) -> Recalibration | None:
    """What a rehearsal teaches about chances that are said `until` then, with the reliability of what would have been
    said. None where nothing was due by then."""
    found = list(_sequence(said, until))
    was = _by(said, found)
    table = reliability(was["late"], was["was_late"])
    last = found[-1][1]
    return None if last is None else replace(last, table=tuple(table))


def corrected(said: pl.DataFrame) -> pl.DataFrame:
    """A rehearsal with each chance corrected by what was known at its moment of chances said before."""
    return _by(said, list(_sequence(said, said["moment"].max())))  # type: ignore[arg-type]  # a moment


def _sequence(said: pl.DataFrame, until: dt.datetime | None) -> Iterator[tuple[float, Recalibration | None]]:
    moment, due = (said[name].dt.epoch("us") for name in ("moment", "due"))
    end = 0.0 if until is None else _microseconds(until)
    return sequence(said["late"], said["was_late"], due, said["case"], moment, end)


def _microseconds(moment: dt.datetime) -> float:
    """Since the epoch, a whole number: seconds made here and by Polars would differ in the last bit, and are keys."""
    return float((moment - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1))


def _by(said: pl.DataFrame, found: Sequence[tuple[float, Recalibration | None]]) -> pl.DataFrame:
    """Each chance by the correction of its moment."""
    names = ("late", "late_low", "late_high")
    by_moment = dict(found)
    parts = [said.clear()]
    for (moment,), part in said.group_by("moment", maintain_order=True):
        assert isinstance(moment, dt.datetime)
        own = by_moment[_microseconds(moment)]
        if own is not None:
            now = own.of(*(part[name].to_numpy() for name in names))
            part = part.with_columns(pl.Series(name, each) for name, each in zip(names, now, strict=True))
        parts.append(part)
    return pl.concat(parts)


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
