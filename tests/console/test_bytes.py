"""What the console sends stays within its budget."""

from __future__ import annotations

from pathlib import Path

from tests.console.spending import BUDGET, costs


def test_everything_stays_within_its_budget_of_bytes(tmp_path: Path) -> None:
    found = costs(tmp_path)
    assert found.keys() == BUDGET.keys()
    assert {name: spent for name, spent in found.items() if not 0 < spent <= BUDGET[name]} == {}
