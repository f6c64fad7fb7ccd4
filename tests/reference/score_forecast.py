"""Forecasts scored on series of the M4 competition (weekly) and on hours of real operations.

    OPSCONSOLE_DATA=… python -m tests.reference.score_forecast

Of the hours: the last three tenths of each series, a day ahead from every 13th hour, with plans made anew each week.
Each forecast, and what was picked for it, sees only what came before it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from opsconsole.insight.forecast import Forecast, NotEnough, forecast, plan, refresh
from opsconsole.insight.forecast.smooth import Floats

DATA = Path(os.environ.get("OPSCONSOLE_DATA", ""))
DAY, WEEK = 24, 168
M4_HORIZON = 13


class Score(NamedTuple):
    """Over all series: sMAPE in %, MASE, share of values inside the 80 and the 90 % interval."""

    smape: float
    mase: float
    inside: tuple[float, float]


def weekly() -> Iterator[tuple[Floats, Floats]]:
    """Past and the 13 weeks that came, of each of the 359 series."""
    past, came = (
        pl.read_csv(DATA / f"m4_weekly/Weekly_{part}_long.csv").sort("unique_id", "t").group_by("unique_id").agg("y")
        for part in ("train", "test")
    )
    for row in past.join(came, on="unique_id", suffix="_came").sort("unique_id").iter_rows(named=True):
        yield np.array(row["y"]), np.array(row["y_came"])


def m4(every: int = 1) -> tuple[Score, Score]:
    """The forecaster's score on the weekly series and that of the last value (Naive2 of the competition for weeks).

    sMAPE and MASE as the competition counts them: a season of one week, the scale from the past alone.
    """
    ours, naive = [], []
    for past, came in list(weekly())[::every]:
        found = forecast(past, (52,), M4_HORIZON)
        assert isinstance(found, Forecast)
        ours.append((*_errors(found.point, past, came), *_inside(found, came)))
        naive.append((*_errors(np.full(M4_HORIZON, past[-1]), past, came), np.nan, np.nan))
    return _score(ours), _score(naive)


def departures(scheduled: bool = False) -> dict[str, Floats]:
    """Departures per hour of 2013 at each of New York's airports, by the hour they left (or were to leave) in."""
    flights = pl.read_parquet(DATA / "nycflights13/flights.parquet")
    planned = pl.datetime("year", "month", "day", "hour", "minute")
    if not scheduled:
        flights = flights.filter(pl.col("dep_delay").is_not_null())
        planned += pl.duration(minutes=pl.col("dep_delay"))
    first, last = pl.datetime(2013, 1, 1), pl.datetime(2013, 12, 31, 23)
    hours = pl.select(pl.datetime_range(first, last, "1h").alias("hour_of"))
    counts = flights.with_columns(planned.dt.truncate("1h").alias("hour_of")).group_by("origin", "hour_of").len()
    return {
        origin: hours.join(counts.filter(pl.col("origin") == origin), on="hour_of", how="left")
        .sort("hour_of")["len"]
        .fill_null(0)
        .to_numpy()
        .astype(np.float64)
        for origin in ("EWR", "JFK", "LGA")
    }


def taxi() -> Floats:
    """Taxi passengers per hour."""
    path = DATA / "nab_known_cause/data/realKnownCause/nyc_taxi.csv"
    frame = pl.read_csv(path, try_parse_dates=True).sort("timestamp")
    return frame.group_by_dynamic("timestamp", every="1h").agg(pl.col("value").sum())["value"].to_numpy().astype(float)


class Hourly(NamedTuple):
    """On the hours: mean absolute error over that of the same hour a week and a day ago; shares inside 80 and 90 %."""

    to_week: float
    to_day: float
    inside: tuple[float, float]
    claimed: float
    """What the plans said of the 90 % interval."""


def hourly(values: Floats, horizon: int = DAY, stride: int = 13, parts: float = 0.3) -> Hourly:
    """Rolling origin over the newest part of a series. Its MASE has one scale for all methods: ratios are of errors."""
    errors, inside, claimed = [], [], []
    for week in range(int(len(values) * (1 - parts)), len(values) - horizon, WEEK):
        kept = plan(values[:week], (DAY, WEEK), horizon)
        assert not isinstance(kept, NotEnough)
        claimed.append(kept.coverage[1].held)
        for origin in range(week, min(week + WEEK, len(values) - horizon), stride):
            [found] = refresh(values[None, :origin], [kept])
            came = values[origin : origin + horizon]
            guesses = (found.point, *(values[origin - back : origin - back + horizon] for back in (WEEK, DAY)))
            errors.append([float(np.abs(came - guess).mean()) for guess in guesses])
            inside.append(_inside(found, came))
    ours, week_ago, day_ago = np.mean(errors, axis=0)
    share = np.mean(inside, axis=0)
    return Hourly(
        float(ours / week_ago), float(ours / day_ago), (float(share[0]), float(share[1])), float(np.mean(claimed))
    )


def _errors(guess: Floats, past: Floats, came: Floats) -> tuple[float, float]:
    off = np.abs(guess - came)
    return float(200 * np.mean(off / (np.abs(guess) + np.abs(came)))), float(off.mean() / np.abs(np.diff(past)).mean())


def _inside(found: Forecast, came: Floats) -> tuple[float, float]:
    share = ((came >= found.low) & (came <= found.high)).mean(axis=1)
    return float(share[0]), float(share[1])


def _score(found: list[tuple[float, float, float, float]]) -> Score:
    smape, mase, low, high = np.mean(found, axis=0)
    return Score(float(smape), float(mase), (float(low), float(high)))


def main() -> None:
    """Prints all figures."""
    ours, naive = m4()
    print(f"M4 weekly, 359 series       sMAPE {ours.smape:.3f}  MASE {ours.mase:.3f}   inside {_shares(ours.inside)}")
    print(f"  last value (Naive2)       sMAPE {naive.smape:.3f}  MASE {naive.mase:.3f}")
    every = {f"{origin}, departures": values for origin, values in departures().items()}
    every |= {"taxi, passengers": taxi()}
    every |= {f"{origin}, scheduled": values for origin, values in departures(scheduled=True).items()}
    for horizon in (DAY, 8):
        print(f"\nHours, {horizon} ahead: MASE to that of seasonal naive (week, day)")
        for name, values in every.items():
            found = hourly(values, horizon)
            shares = f"inside {_shares(found.inside)}, claimed {found.claimed:.1%}"
            print(f"  {name:25s} {found.to_week:.3f}  {found.to_day:.3f}   {shares}", flush=True)


def _shares(inside: tuple[float, float]) -> str:
    return f"80 %: {inside[0]:.1%}, 90 %: {inside[1]:.1%}"


if __name__ == "__main__":
    main()
