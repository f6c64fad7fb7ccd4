"""Principal components of a normal stretch of many columns, and how far a row is from it: Hotelling's T² and Q (SPE).

T² is the distance within the plane of the components kept, Q the squared distance from that plane. Formulas and limits
as in Chiang, Russell and Braatz, Fault Detection and Diagnosis in Industrial Systems (2001), ch. 4: T² by the F
distribution for rows that were not in the fit, Q by Jackson and Mudholkar (1979).
"""

from math import sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from opsconsole.insight.anomaly.distributions import f_quantile, normal_quantile

Rows = NDArray[np.float64]

_DRAWS = 50  # random sets of the parallel analysis
_LEAST_COLUMNS = 2
_ROWS_PER_COLUMN = 3


class NotEnoughError(ValueError):
    """Too few rows or columns to say what is normal; the message says how many there are and how many are needed."""


class Model(Struct, frozen=True, eq=False):
    """What normal looks like. Arrays have a length of the columns kept unless said otherwise."""

    names: tuple[str, ...]
    """Columns of the model, in order."""
    left_out: tuple[str, ...]
    """Columns that never changed in the normal stretch: nothing can be measured in their standard deviations."""
    columns: NDArray[np.intp]
    """Where the columns kept stand in a row that is given."""
    mean: Rows
    deviation: Rows
    loadings: Rows
    """Columns × components."""
    variances: Rows
    """Eigenvalues of the correlation matrix, largest first, all of them."""
    rows: int

    @property
    def components(self) -> int:
        """How many components span the plane."""
        return int(self.loadings.shape[1])

    @property
    def explained(self) -> float:
        """Share of the variance within the plane."""
        return float(self.variances[: self.components].sum() / self.variances.sum())


class Distances(Struct, frozen=True, eq=False):
    """T² and Q of each row; NaN where the row has a gap."""

    t2: Rows
    q: Rows


def needed(columns: int) -> int:
    """How many rows without a gap a model of so many columns needs."""
    return max(50, _ROWS_PER_COLUMN * columns)


def fit(rows: Rows, names: tuple[str, ...], components: int | None = None) -> Model:
    """Learn a model from a normal stretch (rows × columns, in order of time). Rows with a gap (NaN) are left out.

    Without `components` their number follows from parallel analysis (Horn 1965): those whose variance exceeds the 95th
    percentile of what random data of the same size would give. Raises `NotEnoughError` for fewer rows than `needed`, or
    fewer than two columns that change.
    """
    whole = rows[np.isfinite(rows).all(axis=1)]
    if len(whole) < needed(rows.shape[1]):
        text = f"{len(whole)} rows without a gap; {needed(rows.shape[1])} are needed for {rows.shape[1]} columns"
        raise NotEnoughError(text)
    deviation = whole.std(axis=0, ddof=1)
    changing = deviation > 1e-9 * np.maximum(np.abs(whole).max(axis=0), 1e-300)
    if changing.sum() < _LEAST_COLUMNS:
        raise NotEnoughError(f"{int(changing.sum())} columns that change; {_LEAST_COLUMNS} are needed")
    mean, deviation = whole[:, changing].mean(axis=0), deviation[changing]
    scaled = (whole[:, changing] - mean) / deviation
    variances, vectors = np.linalg.eigh(scaled.T @ scaled / (len(scaled) - 1))
    variances, vectors = np.maximum(variances[::-1], 0.0), vectors[:, ::-1]
    kept = parallel_analysis(len(scaled), variances) if components is None else components
    kept = max(1, min(kept, len(variances) - 1))
    return Model(
        names=tuple(name for name, moves in zip(names, changing, strict=True) if moves),
        left_out=tuple(name for name, moves in zip(names, changing, strict=True) if not moves),
        columns=np.flatnonzero(changing),
        mean=mean,
        deviation=deviation,
        loadings=np.ascontiguousarray(vectors[:, :kept]),
        variances=variances,
        rows=len(whole),
    )


def parallel_analysis(rows: int, variances: Rows) -> int:
    """How many of these eigenvalues of a correlation matrix exceed what chance gives for so many rows (Horn 1965)."""
    chance = np.random.default_rng(0)  # the same data gives the same model, whenever it is fitted
    size = (rows, len(variances))
    random = [np.linalg.eigvalsh(np.corrcoef(chance.normal(size=size), rowvar=False))[::-1] for _ in range(_DRAWS)]
    above = variances > np.quantile(random, 0.95, axis=0)
    return int(len(above) if above.all() else above.argmin())


def scaled(model: Model, rows: Rows) -> Rows:
    """Rows (× all columns) in standard deviations from the normal mean, of the columns kept."""
    result: Rows = (rows[:, model.columns] - model.mean) / model.deviation
    return result


def distances(model: Model, rows: Rows) -> Distances:
    """T² and Q of rows (× all columns that the model was fitted with)."""
    z = scaled(model, rows)
    scores = z @ model.loadings
    beside = z - scores @ model.loadings.T
    return Distances((scores**2 / model.variances[: model.components]).sum(axis=1), (beside**2).sum(axis=1))


def t2_limit(model: Model, confidence: float = 0.99) -> float:
    """The T² that a new normal row exceeds with probability 1 − confidence: a(n−1)(n+1)/(n(n−a)) · F(a, n−a)."""
    a, n = model.components, model.rows
    return a * (n - 1) * (n + 1) / (n * (n - a)) * f_quantile(confidence, a, n - a)


def q_limit(model: Model, confidence: float = 0.99) -> float:
    """The Q that a normal row exceeds with probability 1 − confidence, after Jackson and Mudholkar (1979).

    It is meant for rows of the fit: with few rows for many columns a new row exceeds it more often than that.
    """
    rest = model.variances[model.components :]
    one, two, three = (float((rest**power).sum()) for power in (1, 2, 3))
    if one <= 0.0:
        return 0.0
    h = 1.0 - 2.0 * one * three / (3.0 * two**2)
    inner = normal_quantile(confidence) * sqrt(2.0 * two * h * h) / one + 1.0 + two * h * (h - 1.0) / one**2
    return float(one * max(inner, 0.0) ** (1.0 / h))


def contributions(model: Model, row: Rows) -> tuple[Rows, Rows]:
    """What each column kept adds to T² and to Q of one row; each adds up to the row's own.

    T²: complete decomposition z_j · (P Λ⁻¹ Pᵀ z)_j; Q: the squared residual (Alcala and Qin 2009).
    """
    z = scaled(model, row[None, :])[0]
    scores = z @ model.loadings
    within = z * (model.loadings @ (scores / model.variances[: model.components]))
    return within, (z - model.loadings @ scores) ** 2
