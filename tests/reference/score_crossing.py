"""Were the chances of crossing a limit right? Said at moments of the last 30 % of series, against what came.

    OPSCONSOLE_DATA=… python -m tests.reference.score_crossing

Eight hours ahead, of simulated hours (a day's season under an AR(1) of 0.5, 0.8, 0.95) and of departures and taxis; at
each moment six limits, about as far from the forecast as an error goes, so that all chances occur.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from opsconsole.insight.flow.reliability import off, reliability
from opsconsole.insight.forecast import NotEnough, plan, refresh
from opsconsole.insight.forecast.smooth import Floats
from tests.reference.score_forecast import DAY, WEEK, departures, taxi

HORIZON, STRIDE, PART = 8, 5, 0.7
Said = list[tuple[float, bool]]


def simulated(phi: float, seed: int, length: int = 2400) -> Floats:
    """Hours with a season of a day under an AR(1)."""
    shocks = np.random.default_rng(seed).normal(size=length)
    noise = np.zeros(length)
    for at in range(1, length):
        noise[at] = phi * noise[at - 1] + shocks[at]
    season = 3 * np.sin(2 * np.pi * np.arange(length) / 24)
    return np.asarray(50 + 2 * np.sqrt(1 - phi**2) * noise + season, np.float64)


def crossings(values: Floats) -> Said:
    """What was said of limits that were not crossed yet, and whether they were within the horizon."""
    said: Said = []
    for week in range(int(len(values) * PART), len(values) - HORIZON, WEEK):
        kept = plan(values[:week], (DAY, WEEK), HORIZON)
        if isinstance(kept, NotEnough):
            continue
        for origin in range(week, min(week + WEEK, len(values) - HORIZON), STRIDE):
            [found] = refresh(values[None, :origin], [kept])
            came, size = values[origin : origin + HORIZON], float(np.nanstd(found.paths[:, -1]))
            for away in (-size, 0.0, size):
                for below, limit in ((True, found.point.min() - away), (False, found.point.max() + away)):
                    crossing = found.crosses(float(limit), below=below)
                    if not crossing.crossed:
                        said.append((crossing.probability, bool((came < limit if below else came > limit).any())))
    return said


def groups() -> Iterator[tuple[str, Said]]:
    """The simulated series together, and the real ones."""
    yield "simulated", [each for at in range(9) for each in crossings(simulated((0.5, 0.8, 0.95)[at % 3], at))]
    yield "real", [each for values in (*departures().values(), taxi()) for each in crossings(values)]


def main() -> None:
    """Prints the reliability tables."""
    for name, said in groups():
        chances, came = zip(*said, strict=True)
        table = reliability(chances, came)
        print(f"{name}: {len(said)} forecasts, calibration error {off(table):.3f}")
        for each in table:
            print(
                f"  {each.low:.0%}–{each.high:.0%}: n {each.n}, said {each.said:.1%}, came {each.came:.1%}", flush=True
            )


if __name__ == "__main__":
    main()
