"""Simulates the run lengths of control charts: `python -m tests.reference.run_lengths [--write]` (some minutes each).

Prints DOMAIN.md's table (ARL by shift) beside the simulated and the computed figures; with `--write` renews
`opsconsole/insight/control/figures.json` instead. Rules are run by the very functions that judge a site's points.

Points are independent and normal, with centre and σ known, unless said otherwise. A run that has not ended after the
last point is censored; run lengths have a geometric tail, so that points seen / signals seen is the mean run length.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import numpy as np

from opsconsole.insight.control import false_alarms, run_length
from opsconsole.insight.control.constants import Array
from opsconsole.insight.control.false_alarms import RULES, Simulated
from opsconsole.insight.control.limits import JUMP
from opsconsole.insight.control.rules import fires
from opsconsole.insight.control.small_shifts import cusum, ewma

SIGMA = 1.1283791670955126  # mean moving range of independent points of σ 1


def first_signals(rule: str, z: Array) -> Array:
    """By row the number of the first point that signals; infinite where none does."""
    where = {"ewma": lambda: ewma(z).signals, "cusum": lambda: cusum(z).signals}.get(rule, lambda: fires(rule, z))()
    return np.where(where.any(axis=-1), where.argmax(axis=-1) + 1.0, np.inf)


def mean_run(first: Array, length: int) -> float:
    """Mean run length of censored runs."""
    return float(np.minimum(first, length).sum() / max(1, np.isfinite(first).sum()))


def run(rules: tuple[str, ...], shift: float, rows: int, length: int, seed: int = 0) -> float:
    """Mean run length of rules that are on together, for a mean `shift` σ off."""
    firsts = []
    generator = np.random.default_rng(seed)
    for _ in range(max(1, rows * length // 2_000_000)):
        z = generator.standard_normal((min(rows, max(1, 2_000_000 // length)), length)) + shift
        firsts.append(np.min([first_signals(rule, z) for rule in rules], axis=0))
    return mean_run(np.concatenate(firsts), length)


def all_sets(rows: int, length: int) -> list[float]:
    """ARL0 by set of rules, from one simulation: a set signals when the first of its rules does."""
    generator = np.random.default_rng(1)
    chunks = []
    for _ in range(rows // 1000):
        z = generator.standard_normal((1000, length))
        chunks.append(np.stack([first_signals(rule, z) for rule in RULES]))
    firsts = np.concatenate(chunks, axis=1)
    found = [0.0]
    for index in range(1, 1 << len(RULES)):
        together = np.min(firsts[[bit for bit in range(len(RULES)) if index >> bit & 1]], axis=0)
        found.append(float(f"{mean_run(together, length):.5g}"))
    return found


def with_baseline(size: int, charts: int, runs: int, length: int) -> dict[str, float]:
    """False alarms per point by rule, as a mean over charts whose XmR limits are from `size` points."""
    generator = np.random.default_rng(size)
    rates: dict[str, list[Array]] = {rule: [] for rule in RULES}
    for _ in range(charts // 100):
        known = generator.standard_normal((100, size))
        ranges = np.abs(np.diff(known))
        kept = ranges <= JUMP * ranges.mean(axis=1, keepdims=True)
        sigma = (ranges * kept).sum(axis=1) / kept.sum(axis=1) / SIGMA
        noise = generator.standard_normal((100, runs, length))
        z = (noise - known.mean(axis=1)[:, None, None]) / sigma[:, None, None]
        for rule in RULES:
            first = first_signals(rule, z)
            rates[rule].append(np.isfinite(first).sum(axis=1) / np.minimum(first, length).sum(axis=1))
    return {rule: float(f"{np.concatenate(found).mean():.4g}") for rule, found in rates.items()}


def correlated(by: float, rows: int, length: int) -> dict[str, float]:
    """False alarms per point by rule for points with a lag-1 autocorrelation, and limits from their moving ranges."""
    generator = np.random.default_rng(round(100 * by))
    noise = generator.standard_normal((rows, length)) * np.sqrt(1.0 - by * by)
    z = np.empty_like(noise)
    z[:, 0] = generator.standard_normal(rows)
    for index in range(1, length):
        z[:, index] = by * z[:, index - 1] + noise[:, index]
    z /= np.sqrt(1.0 - by)
    return {rule: float(f"{1.0 / mean_run(first_signals(rule, z), length):.4g}") for rule in RULES}


# DOMAIN.md, part D: ARL by shift of 0, 0.5, 1, 2, 3 σ
TABLE: dict[tuple[str, ...], tuple[float, ...]] = {
    ("rule1",): (378, 152, 43, 6.2, 2.0),
    ("rule1", "western4"): (147, 43, 14.7, 4.8, 2.0),
    false_alarms.SETS["western"]: (91, 28, 9.2, 3.3, 1.8),
    false_alarms.SETS["nelson"]: (73, 29, 9.7, 3.4, 1.8),
    ("ewma",): (367, 35, 8.6, 2.7, 1.5),
    ("cusum",): (467, 39, 10.4, 4.0, 2.6),
}
SHIFTS = (0.0, 0.5, 1.0, 2.0, 3.0)
COMPUTED = {("rule1",): run_length.rule1_arl, ("ewma",): run_length.ewma_arl, ("cusum",): run_length.cusum_arl}


def table() -> None:
    """Print DOMAIN.md's table beside what is simulated and computed."""
    for rules, published in TABLE.items():
        print("+".join(rules))
        for shift, figure in zip(SHIFTS, published, strict=True):
            length = {0.0: 2_000, 0.5: 600, 1.0: 200}.get(shift, 40)
            found = run(rules, shift, 20_000 if shift < 1.0 else 40_000, length)
            exact = f"{COMPUTED[rules](shift):9.2f}" if rules in COMPUTED else ""
            print(f"  {shift:3.1f} σ  {figure:7.1f}  simulated {found:8.2f} ({found / figure - 1:+.1%})  {exact}")


def write() -> None:
    """Renew the figures that the package brings."""
    figures = Simulated(
        "python -m tests.reference.run_lengths --write: 20,000 runs of 1,500 points; baselines: 2,000 charts of 6 runs "
        "of 300 points each; correlations: 2,000 runs of 1,500 points",
        all_sets(20_000, 1_500),
        {size: with_baseline(size, 2_000, 6, 300) for size in (10, 20, 30, 50, 100, 200)},
        {by: correlated(by, 2_000, 1_500) for by in (0.1, 0.2, 0.4, 0.6, 0.8)},
    )
    path = Path(false_alarms.__file__).with_name("figures.json")
    path.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=-1) + b"\n")


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    else:
        table()
