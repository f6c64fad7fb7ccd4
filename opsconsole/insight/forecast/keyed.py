"""Means of what is alike by name and not by distance: points of the same shift and hour, holidays of the same kind."""

from __future__ import annotations

import numpy as np

from opsconsole.insight.forecast.smooth import Floats, Whole


def same_key(values: Floats, keys: Whole, origins: Whole, horizon: int, count: int) -> Floats:
    """The mean of the last `count` known values of the same key before each origin, (rows, origins, horizon).

    `values` (rows, n); `keys` (at least n + horizon of the largest origin), a key below 0 is like none; an origin is
    how many values are known at it. NaN: no value of that key before.
    """
    found = np.full((len(values), len(origins), horizon), np.nan)
    targets = origins[:, None] + np.arange(horizon)
    wanted = keys[targets]
    limits = np.broadcast_to(origins[:, None], wanted.shape)
    for key in np.unique(wanted[wanted >= 0]):
        places = np.flatnonzero(keys[: values.shape[1]] == key)
        here = wanted == key
        until = np.searchsorted(places, limits[here])
        for row, single in enumerate(values):
            seen = places[np.isfinite(single[places])]
            upto = np.searchsorted(seen, places[until - 1], side="right") if len(places) else np.zeros_like(until)
            upto = np.where(until > 0, upto, 0)
            sums = np.concatenate([[0.0], np.cumsum(single[seen])])
            since = np.maximum(upto - count, 0)
            with np.errstate(invalid="ignore", divide="ignore"):
                found[row][here] = (sums[upto] - sums[since]) / (upto - since)
    return found
