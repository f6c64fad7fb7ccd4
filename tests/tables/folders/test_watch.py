"""Where the system gives no events, or too few: it is said in words, scans take over, and it heals by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from opsconsole.site.model import Scan, Source
from opsconsole.tables.folders.watch import Watcher
from tests.tables.folder import folder
from tests.waiting import until

HEAD = "id\n"
UNSHARE = shutil.which("unshare")
LIMITED = """
import sys
from pathlib import Path
from watchdog.observers.inotify_c import InotifyConstants, InotifyEvent
from opsconsole.site.model import Source
from tests.tables.folder import folder
from tests.waiting import until

def limit(kind, number):
    Path(f"/proc/sys/user/max_inotify_{kind}").write_text(str(number))

def follows(watched, number):
    watched.write(f"d7/{number}.csv", f"id\\n{number}\\n")
    until(lambda: (number,) in watched.rows(), 10)

def observer(watched):
    return until(lambda: [t for t in __import__("threading").enumerate() if type(t).__name__ == "TellingObserver"])[0]

root, what = Path(sys.argv[1]), sys.argv[2]
for number in range(10):
    (root / "in" / f"d{number}").mkdir(parents=True)
kind = "instances" if what == "instances" else "watches"
if what != "overflow":
    limit(kind, 0 if what == "instances" else 5)
with folder(root, Source("t", ("in/**/*.csv",))) as watched:
    if what == "overflow":
        watched.settle()
        assert watched.feed.problem == "", watched.feed.problem
        limit(kind, 5)
        observer(watched)._fd.handle_event(InotifyEvent(-1, InotifyConstants.IN_Q_OVERFLOW, 0, b""))
    until(lambda: "max_user_" + kind in watched.feed.problem, 10)
    assert watched.feed.problem.startswith("in is not watched: the system's limit"), watched.feed.problem
    assert watched.feed.trouble() == {"t": watched.feed.problem}
    follows(watched, 1)
    limit(kind, 1000)
    until(lambda: watched.feed.problem == "", 20)
    assert watched.feed.trouble() == {}
    follows(watched, 2)
    watched.settle()
    watched.check_fresh()
print("good")
"""


@pytest.mark.parametrize("what", ["watches", "instances", "overflow"])
def test_the_limits_of_the_system_are_said_and_met_by_scans(tmp_path: Path, what: str) -> None:
    """In a user namespace of its own, where the limits may be set without touching anybody else's."""
    probe = [UNSHARE or "", "-Ur", "test", "-w", "/proc/sys/user/max_inotify_watches"]
    if UNSHARE is None or subprocess.run(probe, check=False, capture_output=True).returncode:
        pytest.skip("user namespaces are not to be had here")
    done = subprocess.run(
        [UNSHARE, "-Ur", sys.executable, "-c", LIMITED, str(tmp_path), what],
        capture_output=True, text=True, timeout=100, check=False, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert done.stdout.splitlines()[-1:] == ["good"], done.stdout + done.stderr


class Hints:
    """Gathers what a watcher says."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.folders: set[str] = set()
        self.all = 0

    def file(self, path: str) -> None:
        """A file."""
        self.files.add(path)

    def folder(self, path: str) -> None:
        """A folder."""
        self.folders.add(path)

    def lost(self) -> None:
        """Everything."""
        self.all += 1


def test_a_base_that_is_a_link_is_watched_where_it_leads(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    base = tmp_path / "base"
    base.symlink_to(tmp_path / "one")
    hints = Hints()
    watcher = Watcher(hints)
    watcher.start()
    try:
        watcher.serve({str(base): True, str(tmp_path / "one"): False})
        (tmp_path / "one" / "a.csv").write_text("x")
        until(lambda: {str(base / "a.csv"), str(tmp_path / "one" / "a.csv")} <= hints.files)
        base.unlink()
        base.symlink_to(tmp_path / "two")
        assert str(base) in watcher.check()
        (tmp_path / "two" / "b.csv").write_text("x")
        until(lambda: str(base / "b.csv") in hints.files)
        (tmp_path / "one" / "c.csv").write_text("x")
        until(lambda: str(tmp_path / "one" / "c.csv") in hints.files)
        assert watcher.blind() == {}
    finally:
        watcher.stop()


def test_a_dead_thread_of_watchdog_is_noticed(tmp_path: Path) -> None:
    hints = Hints()
    watcher = Watcher(hints)
    watcher.start()
    try:
        watcher.serve({str(tmp_path): True})
        first = watcher._observer
        assert first is not None
        first._fd.stop()  # type: ignore[attr-defined]
        until(lambda: not first.reading)  # type: ignore[attr-defined]
        assert watcher.check() == [str(tmp_path)]
        (tmp_path / "a.csv").write_text("x")
        until(lambda: str(tmp_path / "a.csv") in hints.files)
        next(iter(watcher._observer.emitters)).stop()  # type: ignore[union-attr]
        until(lambda: watcher.check() == [str(tmp_path)])
        (tmp_path / "b.csv").write_text("x")
        until(lambda: str(tmp_path / "b.csv") in hints.files)
    finally:
        watcher.stop()


def test_without_a_watch_files_come_by_scans_alone(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.csv",), watch="poll", scan=Scan(0.1, 3600))) as watched:
        watched.settle()
        assert not [name for name in os.listdir("/proc/self/fd") if _inotify(name)]
        watched.write("a.csv", HEAD + "1\n")  # the folder's own time shows it long before the full scan
        until(lambda: watched.rows() == [(1,)], 5)
        assert watched.feed.problem == ""


def _inotify(fd: str) -> bool:
    try:
        return os.readlink(f"/proc/self/fd/{fd}") == "anon_inode:inotify"
    except FileNotFoundError:
        return False
