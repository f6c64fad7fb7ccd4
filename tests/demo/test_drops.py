"""How the pretended systems write."""

from __future__ import annotations

from pathlib import Path

from opsconsole.demo.clock import ReplayClock
from opsconsole.demo.drops import Append, Whole, write_history, write_live


def test_history_and_live_make_one_file(tmp_path: Path) -> None:
    lines = [Append(float(number), "data/a.csv", f"{number},x\n", "n,t\n") for number in range(9)]
    write_history(tmp_path, lines[:4], lambda at: 1000.0 + at)
    assert (tmp_path / "data/a.csv").stat().st_mtime == 1003.0
    write_live(tmp_path, lines[4:6])
    write_live(tmp_path, lines[6:])
    assert (tmp_path / "data/a.csv").read_text() == "n,t\n" + "".join(line.text for line in lines)


def test_live_begins_a_new_file_with_its_head(tmp_path: Path) -> None:
    write_live(tmp_path, [Append(0.0, "data/new/b.csv", "1\n", "n\n")])
    assert (tmp_path / "data/new/b.csv").read_text() == "n\n1\n"


def test_whole_files_are_replaced_and_leave_no_rest(tmp_path: Path) -> None:
    write_history(tmp_path, [Whole(1.0, "w.bin", lambda: b"one"), Whole(2.0, "w.bin", lambda: b"two")], lambda at: at)
    assert (tmp_path / "w.bin").read_bytes() == b"two"
    inode = (tmp_path / "w.bin").stat().st_ino
    write_live(tmp_path, [Whole(3.0, "w.bin", lambda: b"three")])
    assert [path.name for path in tmp_path.iterdir()] == ["w.bin"]
    assert (tmp_path / "w.bin").read_bytes() == b"three"
    assert (tmp_path / "w.bin").stat().st_ino != inode


def test_clock_there_and_back() -> None:
    clock = ReplayClock(start=1000.0, since=50.0, speed=60.0)
    assert clock.site(52.0) == 1120.0
    assert clock.wall(1120.0) == 52.0
