"""Those that stayed in a stage as long as an open case: whom it is compared with where all have the same time. Pure.

A case that still waits in a stage is not like those that ever came there: they have moved on meanwhile, it has not. So
it is compared, from landmarks of the stay on, with the visits that lasted as long and with what became of them, counted
from when they came to the stage: a Kaplan–Meier curve of the subset at the landmark, which holds whatever hangs on what
came before (van Houwelingen 2007; Putter and Spitoni 2018, "the landmark Aalen–Johansen estimator").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from opsconsole.insight.flow.hours import Floats
from opsconsole.insight.flow.survival import Curve, kaplan_meier

LANDMARKS = 40
"""So many of a stage at most."""


class Stays(Struct, frozen=True):
    """The visits to a stage: the seconds `stay` in it (so far), and `lasted` from then on until the case `ended`, or is
    still on."""

    stay: Any
    lasted: Any
    ended: Any


def from_landmarks(stays: Stays, old: Floats, least: int) -> Iterator[tuple[Curve, NDArray[np.int64]]]:
    """The curves that cases which are in the stage since `old` seconds are asked of, each with the places of its cases.

    The landmark of a case is the last one that it has passed; the last of all is one that `least` visits came to.
    """
    known = np.sort(stays.stay)
    if len(known) < least:
        return
    marks = np.unique(np.append(0.0, np.quantile(known[: len(known) - least + 1], np.linspace(0, 1, LANDMARKS))))
    passed = np.searchsorted(marks, old, side="right") - 1
    for at in np.unique(passed):
        there = stays.stay >= marks[at]
        yield kaplan_meier(stays.lasted[there], stays.ended[there]), np.flatnonzero(passed == at)
