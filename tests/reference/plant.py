"""The Tennessee Eastman runs: normal, and with faults that begin at row 160."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DATA = Path(os.environ.get("OPSCONSOLE_DATA", "")) / "tennessee_eastman"
STEP = 180.0
ONSET = 160


def run(name: str) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Names of the variables, and rows × variables, of `d00`, `d01_te` and so on."""
    with (DATA / "csv" / f"{name}.csv").open() as file:
        head, *rows = csv.reader(file)
    return tuple(head[1:]), np.array([row[1:] for row in rows], float)


def expected() -> dict[str, Any]:
    """The textbook's figures."""
    found: dict[str, Any] = json.loads((DATA / "expected.json").read_text())
    return found


def faults() -> list[int]:
    """The faults whose test run is there."""
    return sorted(int(path.stem[1:3]) for path in (DATA / "csv").glob("d*_te.csv") if path.stem != "d00_te")
