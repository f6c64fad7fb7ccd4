"""The chances of being late, scored on cases held out: learned at past moments, asked of the cases open then.

    OPSCONSOLE_DATA=… python -m tests.reference.score_flow

The permit process on its own planned dates, and on five days from the first event to the last; the job shop on twenty.
Chances are corrected by what came of earlier ones, as the engine does; those said before the part that is held out only
teach. The job shop's log is cut to cases that ended by its last day (59 cases end in that week, 17 in others): what is
due near it is late less often than it was. A forecaster that knows the truth of a simulated shop of that size is off by
0.04 (0.02 to 0.06), as there are only some hundred cases.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from opsconsole.insight.flow.rehearsal import corrected, rehearse
from opsconsole.insight.flow.reliability import brier, off, reliability
from tests.reference.logs import production, receipt

DAY = dt.timedelta(days=1)


def every(first: dt.datetime, last: dt.datetime, step: dt.timedelta) -> list[dt.datetime]:
    """Moments a step apart."""
    return [first + at * step for at in range(int((last - first) / step) + 1)]


def permits_planned(step: dt.timedelta = 7 * DAY) -> pl.DataFrame:
    """The permit process on its planned dates."""
    log, until = receipt(closed="case:enddate", due="case:enddate_planned"), dt.datetime(2012, 1, 23)
    moments = every(dt.datetime(2010, 11, 5, 12), dt.datetime(2012, 1, 20), step)
    return held_out(rehearse(log, moments, until), dt.datetime(2011, 4, 1))


def permits_in_days(days: float = 5, step: dt.timedelta = DAY) -> pl.DataFrame:
    """The permit process on so many days from its first to its last event."""
    moments = every(dt.datetime(2010, 11, 1, 12), dt.datetime(2012, 1, 10), step)
    said = rehearse(receipt(), moments, dt.datetime(2012, 1, 23), sla=days * 86400)
    return held_out(said, dt.datetime(2011, 4, 1))


def shop_in_days(days: float = 20, step: dt.timedelta = DAY) -> pl.DataFrame:
    """The job shop on so many days."""
    moments = every(dt.datetime(2012, 1, 5, 12), dt.datetime(2012, 3, 20), step)
    said = rehearse(production(), moments, dt.datetime(2012, 3, 31), sla=days * 86400)
    return held_out(said, dt.datetime(2012, 2, 1))


def held_out(said: pl.DataFrame, since: dt.datetime) -> pl.DataFrame:
    """What was said since then, corrected by all that came of earlier chances; `raw` is what it was before."""
    said = said.with_columns(raw=pl.col("late"))
    return corrected(said).filter(pl.col("moment") >= since)


def lines(name: str, said: pl.DataFrame) -> Sequence[str]:
    """What is printed of one."""
    table = reliability(said["late"], said["was_late"])
    rate = float(said["was_late"].mean())  # type: ignore[arg-type]
    head = (
        f"{name}: {said.height} forecasts of {said['case'].n_unique()} cases, {rate:.1%} late; "
        f"calibration error {off(table):.3f} (uncorrected "
        f"{off(reliability(said['raw'], said['was_late'])):.3f}), Brier {brier(said['late'], said['was_late']):.4f} "
        f"(base rate {rate * (1 - rate):.4f}); basis {dict(said['basis'].value_counts().iter_rows())}"
    )
    rows = [
        f"  {each.low:.0%}–{each.high:.0%}: n {each.n}, said {each.said:.1%}, came {each.came:.1%}" for each in table
    ]
    return [head, *rows]


if __name__ == "__main__":
    for name, said in (
        ("permits, planned date", permits_planned()),
        ("permits, 5 days", permits_in_days()),
        ("job shop, 20 days", shop_in_days()),
    ):
        print("\n".join(lines(name, said)), flush=True)
