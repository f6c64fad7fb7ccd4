"""Exactly once: whatever happens to the files, wherever the process is killed, the tables are what the files say."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from opsconsole.tables import fingerprint
from tests.tables.folder import Folder
from tests.tables.torture import Report, Torture
from tests.tables.victim import POINTS

Record = Callable[[str, object], None]
SEEDS = (1, 2)
OPERATIONS, KILLS = 2_500, 30
"""Of each of the seeds: 5,000 operations and 60 kills in all."""
HEAD = "id,name,qty\n"


def check(report: Report, record: Record) -> None:
    """Tell what was done, and fail for any difference."""
    record("told", str(report))
    record(
        "counts",
        {
            "operations": report.operations,
            "kills": sum(report.kills.values()),
            "rows compared with a plain read": report.rows,
            "rows compared with a fresh database": report.fresh_rows,
            "missing": report.missing,
            "extra": report.extra,
        },
    )
    assert not report.faults, "\n".join([str(report), *report.faults[:20]])
    assert (report.missing, report.extra) == (0, 0)


def test_killed_anywhere(tmp_path: Path, record_property: Record) -> None:
    report = Torture(tmp_path, 7).run(300, 5)
    check(report, record_property)
    assert report.operations >= 300
    assert sum(report.kills.values()) >= 5


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point_of_a_transaction(tmp_path: Path, point: str) -> None:
    report = Torture(tmp_path, 8, points=(point,)).run(60, 2)
    assert not report.faults, "\n".join([str(report), *report.faults[:20]])
    assert report.kills[point] > 0, "the point was never reached"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS)
def test_killed_anywhere_in_full(tmp_path: Path, seed: int, record_property: Record) -> None:
    report = Torture(tmp_path, seed).run(OPERATIONS, KILLS)
    check(report, record_property)
    assert report.operations >= OPERATIONS
    assert sum(report.kills.values()) >= KILLS
    assert sum(report.kills[point] for point in POINTS) >= 5, "the points of a transaction were hardly reached"
    assert len(report.deeds) == 30, "a deed was never done"


def test_the_harness_sees_a_ledger_in_its_own_transaction(tmp_path: Path) -> None:
    torture = Torture(tmp_path, 11, "ledger apart", ("before ledger",), only=("append", "append a part"))
    report = torture.run(200, 6)
    assert report.extra > 0, report


def test_the_harness_sees_the_inode_taken_as_identity(tmp_path: Path) -> None:
    report = Torture(tmp_path, 12, "inode").run(300, 2)
    assert report.missing > 0, report
    assert report.extra > 0, report


def head_and_tail(fd: int, end: int, *_: object) -> str:
    """A fingerprint that looks at the beginning and the end only."""
    ends = fingerprint.read_at(fd, 0, min(end, 1024)) + fingerprint.read_at(fd, max(0, end - 1024), min(end, 1024))
    return hashlib.blake2b(ends + str(end).encode(), digest_size=16).hexdigest()


@pytest.mark.parametrize("whole", [True, False], ids=["the whole prefix", "head and tail"])
def test_an_edit_in_the_middle_together_with_growth(
    watched: Folder, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    if not whole:
        monkeypatch.setattr(fingerprint, "of_file", head_and_tail)
        monkeypatch.setattr(fingerprint, "WHOLE", 0)  # no prefix is hashed in full
    text = HEAD + "".join(f"r{i},name {i},{i}\n" for i in range(10_000, 11_000))
    path = watched.write("a.csv", text)
    watched.settle()
    at = text.index("r10500") + 1
    watched.close()  # the feed must not look between the edit and the growth
    with path.open("r+b", buffering=0) as stream:
        os.pwrite(stream.fileno(), b"9", at)
        os.pwrite(stream.fileno(), b"r11000,last,1\n", len(text))
    watched.open()
    watched.settle()
    assert len(watched.rows()) == 1001
    if whole:
        watched.check_fresh()
        return
    monkeypatch.undo()
    with pytest.raises(AssertionError):
        watched.check_fresh()


def test_the_comparison_sees_a_row_too_few(watched: Folder) -> None:
    watched.write("a.csv", HEAD + "r1,a,1\nr2,b,2\n")
    watched.settle()
    watched.check_fresh()
    watched.query("DELETE FROM t WHERE id = 'r2'")
    with pytest.raises(AssertionError):
        watched.check_fresh()
