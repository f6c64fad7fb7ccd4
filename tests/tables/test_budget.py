"""The disk budget and the room on the volume, told in words before they run out."""

from __future__ import annotations

import contextlib
from pathlib import Path

import duckdb
import pytest

from opsconsole.tables import budget
from opsconsole.tables.budget import Usage

GB = 10**9


def used(size: float, free: float = 500 * GB, volume: float = 1000 * GB) -> Usage:
    return Usage(int(size), 0, 0, 0, int(free), int(volume))


def test_quiet_below_four_fifths() -> None:
    assert budget.judge(used(15.9 * GB), 20 * GB, {"mes": 9 * GB}) == budget.Verdict()
    assert budget.judge(used(15.9 * GB), None, {}) == budget.Verdict()


def test_a_notice_says_how_much_who_and_what_to_do() -> None:
    found = budget.judge(used(16 * GB), 20 * GB, {"mes": 12 * GB, "erp": GB})
    assert not found.full
    assert found.notice == (
        "16 GB of the disk budget of 20 GB are used; source mes takes most of it (12 GB);"
        " raise `disk`, or let rows leave sooner (`retain`)"
    )


def test_a_budget_that_is_used_up_takes_no_more_and_heals() -> None:
    found = budget.judge(used(20 * GB), 20 * GB, {"mes": 12 * GB})
    assert found.full
    assert found.reason == ("the disk budget of 20 GB is used up; raise `disk`, or let rows leave sooner (`retain`)")
    assert found.notice.startswith("the disk budget of 20 GB is used up (20 GB), so no new rows are taken; source mes")
    assert not budget.judge(used(20 * GB), 30 * GB, {}).full
    assert not budget.judge(used(19 * GB), 20 * GB, {}).full


@pytest.mark.parametrize(
    ("free", "size", "said"), [(0.15, 2, True), (0.6, 2, False), (40, 1000, True), (60, 1000, False)]
)
def test_a_volume_that_is_nearly_full_is_told_with_or_without_a_budget(free: float, size: float, said: bool) -> None:
    for limit in (None, 20 * GB):
        notice = budget.judge(used(GB, free * GB, size * GB), limit, {}, "/var/lib/x").notice
        assert ("the disk of /var/lib/x is nearly full" in notice) == said


def test_all_that_lies_in_the_state_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "tables.duckdb"
    (tmp_path / "archive" / "mes").mkdir(parents=True)
    (tmp_path / "archive" / "mes" / "a.parquet").write_bytes(b"x" * 70_000)
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / "s").write_bytes(b"x" * 30_000)
    with contextlib.closing(duckdb.connect(str(path))) as cursor:
        empty = budget.usage(cursor, path)
        assert (empty.archives, empty.scratch) == (70_000, 30_000)
        assert empty.size >= empty.free > 0
        cursor.execute("CREATE TABLE small AS SELECT 1 AS v")
        cursor.execute("CREATE TABLE mes AS SELECT hash(i) AS v FROM range(500000) r(i)")
        cursor.execute("CHECKPOINT")
        filled = budget.usage(cursor, path)
        assert 4_000_000 <= filled.database <= path.stat().st_size
        shares = budget.shares(cursor, path, {"mes": ["mes"], "small": ["small"], "new": ["new"]})
        assert shares["mes"] > shares["small"] > shares["new"] == 0
        assert 4_000_000 < shares["mes"] < 6_000_000
        cursor.execute("DELETE FROM mes")
        cursor.execute("CHECKPOINT")
        assert budget.usage(cursor, path).database < filled.database - 3_000_000, "rows that leave make room"


def test_sizes_as_people_write_them() -> None:
    texts = [budget.size_text(size) for size in (0, 999, 1500, 20 * GB, 999.9 * GB, 1.25e12)]
    assert texts == ["0 B", "999 B", "1.5 kB", "20 GB", "1000 GB", "1.25 TB"]
