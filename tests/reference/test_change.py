"""Changes whose moment is known: the plant's faults set in at row 160 of each run, in the normal run nothing does.

The plant is a simulation (Tennessee Eastman); among the real data there is no change that somebody made and noted.
"""

from __future__ import annotations

import numpy as np
import pytest

from opsconsole.insight.change.breaks import change_points
from opsconsole.insight.change.effect import effect
from tests.reference.plant import ONSET, run
from tests.reference.score_change import coverage

FIRST, LAST, EVERY = 40, 280, 2
AT = (ONSET - FIRST) // EVERY
"""Each second row (six minutes) of 240, half of them before the fault."""


def taken(name: str, variable: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    names, rows = run(name)
    return rows[FIRST:LAST:EVERY, names.index(variable)]


def test_a_valve_that_has_to_open_further_at_a_known_moment() -> None:
    """Fault 4: the cooling water comes in warmer, by a step; the valve of the reactor's cooling makes up for it."""
    values = taken("d04_te", "XMV_10")
    [found] = change_points(values).found
    assert found.at == found.first == found.last == AT
    said = effect(values, AT)
    assert said.verdict == "changed"
    assert said.mean is not None
    assert said.mean.low <= values[AT:].mean() - values[:AT].mean() <= said.mean.high
    assert said.placebo is not None
    assert said.placebo.chance < 0.1


@pytest.mark.parametrize(
    ("name", "variable", "way"),
    [
        *[("d02_te", "XMEAS_10", 1), ("d02_te", "XMV_06", 1), ("d02_te", "XMEAS_34", -1)],
        *[("d06_te", "XMEAS_16", 1), ("d06_te", "XMEAS_07", 1)],
    ],
)
def test_what_moves_after_a_fault_is_said_to_have_changed_and_not_without(name: str, variable: str, way: int) -> None:
    said, normal = effect(taken(name, variable), AT), effect(taken("d00_te", variable), AT)
    assert said.verdict == "changed"
    assert said.mean is not None
    assert np.sign(said.mean.value) == way
    assert normal.verdict == "cannot tell"


def test_of_all_variables_of_the_normal_run_few_are_said_to_have_changed() -> None:
    names, rows = run("d00_te")
    said = [effect(rows[FIRST:LAST:EVERY, at], AT).verdict for at in range(0, len(names), 2)]
    assert sum(verdict == "changed" for verdict in said) <= 0.1 * len(said)


@pytest.mark.parametrize(("kind", "phi"), [("ar1", 0.0), ("ar2", 0.6), ("wander", 0.9)])
def test_intervals_hold_what_was_planted_in_whatever_noise(kind: str, phi: float) -> None:
    """A small part of score_change.py: 120 series, of which a share of 95 % is known to 2 points."""
    held, claimed = coverage(60, 30, 0, kind, phi, 120, 4)
    assert min(held) > 0.84
    assert claimed < 0.09
