"""What is not seen is not gone: folders that cannot be listed, and file systems that are away, keep their rows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.site.model import Scan, Source
from tests.tables.folder import Folder, folder
from tests.waiting import until

SOON = Scan(hot=0.1, full=0.3)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another device than `tmp_path`."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system here")
    place = Path(tempfile.mkdtemp(dir=shared))
    yield place
    shutil.rmtree(place)


def kept(watched: Folder) -> bool:
    """Whether two more full scans leave the rows as they are."""
    before = watched.rows()
    for _ in range(2):
        watched.feed.poke()
        assert watched.feed.wait_settled(20)
    return bool(before) and watched.rows() == before


@pytest.mark.parametrize("watch", ["events", "poll"])
def test_a_folder_that_cannot_be_listed_keeps_its_rows(tmp_path: Path, watch: str) -> None:
    source = Source("t", ("in/**/*.csv",), watch="poll" if watch == "poll" else "events", scan=SOON)
    other = Source("u", ("beside/*.csv",), scan=SOON)
    with folder(tmp_path, source, other) as watched:
        watched.write("sub/a.csv", "x\n1\n")
        until(lambda: watched.rows() == [(1,)])
        watched.place.rename(tmp_path / "away")
        watched.place.symlink_to(watched.place)  # a circle: nobody can read it, not even the superuser
        until(lambda: watched.feed.trouble().get("t", "").startswith("in cannot be read: "))
        until(lambda: watched.feed.problem == watched.feed.trouble()["t"])
        assert watched.feed.trouble()["u"] == "folder beside is not there"
        assert kept(watched)
        (tmp_path / "beside").mkdir()
        (tmp_path / "beside" / "b.csv").write_text("x\n2\n")
        until(lambda: watched.rows("u") == [(2,)])  # nothing else stops
        watched.place.unlink()
        (tmp_path / "away").rename(watched.place)
        until(lambda: watched.feed.trouble() == {})
        watched.append("sub/a.csv", "3\n")
        until(lambda: watched.rows() == [(1,), (3,)])


def test_files_that_vanish_with_their_device_are_kept(tmp_path: Path, elsewhere: Path) -> None:
    """As with a share that is not mounted: the folder is there, on another device, and empty. Over a restart too."""
    (tmp_path / "in").symlink_to(elsewhere)
    (tmp_path / "mountpoint").mkdir()
    with folder(tmp_path, Source("t", ("in/**/*.csv",), scan=SOON)) as watched:
        watched.write("a.csv", "x\n1\n")
        watched.write("sub/b.csv", "x\n2\n")
        until(lambda: watched.rows() == [(1,), (2,)])
        watched.settle()
        watched.place.unlink()
        watched.place.symlink_to(tmp_path / "mountpoint")
        until(lambda: watched.feed.problem.startswith("the file system of in is not mounted: its rows are kept"))
        assert kept(watched)
        watched.close()
        watched.open()
        until(lambda: watched.feed.problem.startswith("the file system of in is not mounted"))
        assert kept(watched)
        watched.place.unlink()  # not even the mount point is there
        until(lambda: watched.feed.problem.startswith("the file system of in is not mounted"))
        assert kept(watched)
        watched.place.symlink_to(elsewhere)
        until(lambda: watched.feed.problem == "")
        (elsewhere / "a.csv").unlink()
        until(lambda: watched.rows() == [(2,)])
        (elsewhere / "sub" / "b.csv").unlink()  # all of them, on the device they were on: deleted
        until(lambda: watched.rows() == [] and watched.store.files() == [])


def test_a_share_that_is_unmounted_and_mounted_again(tmp_path: Path) -> None:
    place = tmp_path / "in" / "share"
    place.mkdir(parents=True)
    mounted = ["mount", "-t", "tmpfs", "none", str(place)]
    if os.geteuid() or subprocess.run(mounted, check=False, capture_output=True).returncode:
        pytest.skip("mounting is refused here")
    try:
        with folder(tmp_path, Source("t", ("in/**/*.csv",), scan=SOON)) as watched:
            watched.write("share/a.csv", "x\n1\n")
            watched.write("own.csv", "x\n2\n")
            until(lambda: sorted(watched.rows()) == [(1,), (2,)])
            watched.settle()
            until(lambda: subprocess.run(["umount", str(place)], check=False, capture_output=True).returncode == 0)
            until(lambda: watched.feed.problem == "the file system of in/share is not mounted: its rows are kept")
            assert kept(watched)
            watched.append("own.csv", "3\n")
            until(lambda: len(watched.rows()) == 3)
            subprocess.run(mounted, check=True, timeout=60)
            watched.write("share/a.csv", "x\n1\n4\n")
            until(lambda: watched.feed.problem == "" and len(watched.rows()) == 4)
            watched.check_fresh()
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False, capture_output=True)


def test_a_link_to_a_folder_that_is_away_for_a_moment(tmp_path: Path) -> None:
    (tmp_path / "v1").mkdir()
    (tmp_path / "in").symlink_to(tmp_path / "v1")
    with folder(tmp_path, Source("t", ("in/*.csv",), scan=SOON)) as watched:
        watched.write("a.csv", "x\n1\n")
        until(lambda: watched.rows() == [(1,)])
        (tmp_path / "v1").rename(tmp_path / "v2")
        until(lambda: watched.feed.trouble().get("t") == "folder in is not there")
        assert kept(watched)
        watched.place.unlink()
        watched.place.symlink_to(tmp_path / "v2")
        until(lambda: watched.feed.trouble() == {})
        assert watched.rows() == [(1,)]
        watched.place.unlink()
        until(lambda: watched.rows() == [])


CLOSED = """
import sys
from pathlib import Path
from opsconsole.site.model import Scan, Source
from tests.tables.folder import folder
from tests.tables.folders.test_lookout import kept
from tests.waiting import until

root, watch = Path(sys.argv[1]), sys.argv[2]
with folder(root, Source("t", ("in/**/*.csv",), watch=watch, scan=Scan(0.1, 3600 if watch == "events" else 0.3))) as it:
    it.write("open/a.csv", "x\\n1\\n")
    it.write("shut/b.csv", "x\\n2\\n")
    until(lambda: it.rows() == [(1,), (2,)])
    it.settle()
    (it.place / "shut").chmod(0)
    it.feed.poke()
    until(lambda: it.feed.problem.startswith("in/shut cannot be read: Permission denied"))
    assert kept(it)
    it.append("open/a.csv", "3\\n")
    until(lambda: it.rows() == [(1,), (3,), (2,)])
    (it.place / "shut").chmod(0o755)
    it.append("shut/b.csv", "4\\n")
    until(lambda: it.rows() == [(1,), (3,), (2,), (4,)] and it.feed.problem == "")
    it.close()
    (it.place / "shut").chmod(0)
    it.open()  # with a folder that cannot be watched from the start
    until(lambda: it.feed.problem.startswith("in/shut cannot be read: Permission denied"))
    assert kept(it)
    (it.place / "shut").chmod(0o755)
    until(lambda: it.feed.problem == "", 20)
    it.settle()
    it.append("shut/b.csv", "5\\n")
    until(lambda: it.rows()[-1] == (5,), 5)
print("good")
"""


@pytest.mark.parametrize("watch", ["events", "poll"])
def test_permission_lost_and_regained(tmp_path: Path, watch: str) -> None:
    """In a child that may not read what its mode forbids, even where the tests run as the superuser."""
    command = [sys.executable, "-c", CLOSED, str(tmp_path), watch]
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("no setpriv here to give up the superuser's rights")
        command = [setpriv, "--bounding-set=-dac_override,-dac_read_search", *command]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, cwd=Path(__file__).parents[3]
    )
    assert done.stdout.splitlines()[-1:] == ["good"], done.stdout + done.stderr
