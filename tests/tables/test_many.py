"""Many files in one source: all arrive, none twice, and looking for changes among them stays cheap.

OPSCONSOLE_MANY sets their number (20,000 and 100,000 were run by hand; the default keeps the suite short).
"""

from __future__ import annotations

import os
from pathlib import Path

from opsconsole.site.model import Scan, Source
from opsconsole.tables.folders.globs import Pattern
from opsconsole.tables.folders.lookout import Devices, Lookout
from opsconsole.tables.keeper import Keeper
from opsconsole.tables.store import Store
from tests.tables.folder import folder
from tests.waiting import until

MANY = int(os.environ.get("OPSCONSOLE_MANY", "3000"))
HEAD = "id\n"


def fill(place: Path) -> None:
    """Files of one row each, in 20 folders."""
    for number in range(20):
        (place / f"d{number}").mkdir(parents=True)
    for number in range(MANY):
        (place / f"d{number % 20}" / f"{number}.csv").write_text(f"{HEAD}{number}\n")


def test_many_files_dropped_at_once_all_arrive_and_none_twice(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/**/*.csv",), scan=Scan(1, 3600))) as watched:
        watched.settle()
        fill(watched.place)
        wait = 60 + MANY / 50
        until(lambda: watched.query("SELECT count(*) FROM _ops.files") == [(MANY,)], wait)
        assert watched.feed.wait_settled(wait)
        found = watched.query("SELECT count(*), count(DISTINCT id), min(id), max(id) FROM t")
        assert found == [(MANY, MANY, 0, MANY - 1)]
        assert watched.store.data_version < MANY / 4 + 200
        (watched.place / "d7" / "7.csv").unlink()
        watched.append("d8/8.csv", f"{MANY}\n")
        until(lambda: watched.query("SELECT count(*), max(id) FROM t") == [(MANY, MANY)])


def test_a_scan_of_many_files_takes_up_only_what_changed(tmp_path: Path) -> None:
    fill(tmp_path / "in")
    patterns = [Pattern(tmp_path, "in/**/*.csv"), Pattern(tmp_path, "in/d3")]
    store = Store.open(tmp_path / "tables.duckdb")
    keeper = Keeper(store, tmp_path, lambda: False, lambda: None)
    try:
        keeper.serve({"t": Source("t", ("in/**/*.csv", "in/d3"))}, "UTC")
        keeper.scan()
        entries, devices = keeper._served["t"].entries, Devices({})
        assert len(entries) == MANY
        (tmp_path / "in" / "d3" / "3.csv").write_text("id\n77777777\n")
        (tmp_path / "in" / "d4" / "4.csv").unlink()
        found = Lookout(patterns, polled=False).survey(entries, (), devices, lambda: False)
        assert found is not None
        assert [os.path.basename(path) for path in found.changed] == ["3.csv"]
        assert [os.path.basename(path) for path in found.gone] == ["4.csv"]
        assert 0 < found.cost < MANY * 100e-6
        assert Lookout(patterns, polled=False).survey(entries, (), devices, lambda: True) is None
    finally:
        keeper.close()
        store.close()
