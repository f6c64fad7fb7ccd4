"""When a folder counts as settled: every tail has had its look, and a file that only grows holds nothing up."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from opsconsole.site.model import Source
from opsconsole.tables.keeper import Keeper
from opsconsole.tables.store import Store


@pytest.mark.parametrize(
    ("patience", "due", "unsettled"),
    [(+5.0, +1.0, True), (-1.0, -0.5, True), (-1.0, +1.0, False), (+5.0, -0.5, True)],
    ids=["young tail", "overdue after a long turn", "a file that only grows", "young and due"],
)
def test_a_tail_holds_up_settling_until_it_was_looked_at(
    tmp_path: Path, patience: float, due: float, unsettled: bool
) -> None:
    store = Store.open(tmp_path / "tables.duckdb")
    keeper = Keeper(store, tmp_path, lambda: False, lambda: None)
    try:
        keeper.serve({}, "UTC")
        keeper.scan()
        where = ("t", str(tmp_path / "a.csv"))
        keeper._dues.tails[where] = time.time() + patience
        keeper._dues.at[where] = time.time() + due
        assert keeper.unsettled() is unsettled
    finally:
        keeper.close()
        store.close()


def test_what_came_during_long_work_is_looked_at_next_and_holds_up_settling(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "tables.duckdb")
    (tmp_path / "a.csv").write_text("id\n1\n")
    keeper = Keeper(store, tmp_path, lambda: False, lambda: None)
    try:
        keeper.serve({"t": Source("t", ("*.csv",))}, "UTC")
        keeper.scan()
        keeper.follow(())
        settled = keeper.unsettled()
        keeper._taker.later = {str(tmp_path / "a.csv")}
        assert (keeper.unsettled(), keeper.next_due()) == (True, 0.0)
        keeper.follow(())
        assert keeper.unsettled() is settled
        assert keeper._taker.later == set()
    finally:
        keeper.close()
        store.close()
