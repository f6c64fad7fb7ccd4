"""A demo in its own processes: it has a history, grows, and leaves nothing behind however it ends."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.demo import demo as module
from opsconsole.demo.demo import PREFIX, Demo, DemoError, prepare
from opsconsole.demo.packs import UnknownPackError, pack
from opsconsole.site.parse import load_site
from tests.waiting import line_of, until

HOLDER = """
import sys, time
from opsconsole.demo.demo import prepare
demo = prepare("emergency")
print(demo.process.pid, demo.folder, flush=True)
time.sleep(600)
"""


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.fixture(autouse=True)
def _own_temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


@pytest.fixture
def factory_demo() -> Iterator[Demo]:
    demo = prepare("factory", speed=600)
    yield demo
    if demo.folder.exists():
        demo.close()


@pytest.fixture
def small_demo() -> Iterator[Demo]:
    """The pack whose history is made soonest, for what is the same in all of them."""
    demo = prepare("emergency")
    yield demo
    if demo.folder.exists():
        demo.close()


def test_history_is_there_and_the_site_loads(factory_demo: Demo) -> None:
    site = load_site(factory_demo.site_path).site
    assert site is not None
    assert site.clock.speed == 600
    assert site.clock.since is not None
    assert abs((dt.datetime.now(dt.UTC) - site.clock.since).total_seconds()) < 30
    assert site.state is not None
    state = (factory_demo.site_path.parent / site.state).resolve()
    assert state.parent == factory_demo.folder
    assert not state.is_relative_to(factory_demo.site_path.parent)
    data = factory_demo.site_path.parent / "data"
    assert (data / "cycles/2026-06-24.csv").stat().st_size > 100_000
    assert {path.name for path in data.iterdir()} == {"cycles", "orders", "quality", "maintenance"}


def test_player_appends_in_step_with_the_clock(factory_demo: Demo) -> None:
    path = factory_demo.site_path.parent / "data/cycles/2026-06-24.csv"
    size = path.stat().st_size
    until(lambda: path.stat().st_size > size + 2000, what="the player appends")
    site = load_site(factory_demo.site_path).site
    assert site is not None
    assert site.clock.since is not None
    newest = dt.datetime.fromisoformat(path.read_text().splitlines()[-2].split(",")[0])
    passed = (dt.datetime.now(dt.UTC) - site.clock.since).total_seconds() * 600
    now = dt.datetime(2026, 6, 24, 12, 50) + dt.timedelta(seconds=passed)
    assert newest <= now
    assert now - newest < dt.timedelta(seconds=600 * 5)


def test_nothing_left_after_close(tmp_path: Path) -> None:
    demo = prepare("airport")
    pid = demo.process.pid
    assert demo.folder.parent == tmp_path.resolve()
    # an engine's leavings go too
    (demo.folder / "state").mkdir()
    (demo.folder / "state" / "tables.duckdb").write_bytes(b"x")
    demo.close()
    assert not alive(pid)
    assert list(tmp_path.iterdir()) == []


def test_close_after_the_player_was_killed(small_demo: Demo) -> None:
    small_demo.process.kill()
    small_demo.close()
    assert not small_demo.folder.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda n: n.name)
def test_nothing_left_when_the_owner_dies(number: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as holder:
        assert holder.stdout is not None
        pid, folder = line_of(holder.stdout).decode().split()
        assert Path(folder).is_dir()
        assert alive(int(pid))
        began = time.monotonic()
        holder.send_signal(number)
        holder.wait(10)
        until(lambda: not alive(int(pid)), what="the player ends with its owner")
        until(lambda: not Path(folder).exists(), what="the folder is removed")
        assert time.monotonic() - began < 10
    assert list(tmp_path.glob(PREFIX + "*")) == []


def test_player_does_not_mistake_the_end_of_a_thread_for_the_end_of_its_owner(factory_demo: Demo) -> None:
    # The kernel tells a child also when only the thread that started it has ended.
    os.kill(factory_demo.process.pid, signal.SIGUSR1)
    path = factory_demo.site_path.parent / "data/cycles/2026-06-24.csv"
    size = path.stat().st_size
    until(lambda: path.stat().st_size > size + 2000, what="the player plays on")


def test_player_ends_when_its_folder_is_taken_away(small_demo: Demo) -> None:
    module.remove_folder(small_demo.folder)
    until(lambda: small_demo.process.poll() is not None or not small_demo.folder.exists())
    small_demo.close()
    assert not small_demo.folder.exists()


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_senseless_speed_is_refused(speed: float, tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="speed"):
        prepare("factory", speed=speed)
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_pack_makes_a_demo_that_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = pack("emergency")
    layouts = tmp_path / "packs" / "emergency"
    shutil.copytree(found.layouts, layouts)
    for path in (*layouts.rglob("*"), layouts):
        path.chmod(0o555 if path.is_dir() else 0o444)
    monkeypatch.setattr(module, "pack", lambda _: found._replace(layouts=layouts))
    with prepare("emergency") as demo:
        assert demo.site_path.stat().st_mode & 0o200
        assert (demo.site_path.parent / "layouts").stat().st_mode & 0o200
    for path in (*layouts.rglob("*"), layouts):
        path.chmod(0o755)


def test_unknown_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownPackError, match="moon"):
        prepare("moon")
    assert list(tmp_path.iterdir()) == []


def test_a_player_that_fails_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DemoError, match="player ended"):
        prepare("factory")
    assert list(tmp_path.iterdir()) == []


def test_faster_than_the_player_can_write(tmp_path: Path) -> None:
    with prepare("factory", speed=100_000) as demo:
        cycles = demo.site_path.parent / "data/cycles"
        until(lambda: len(list(cycles.iterdir())) > 6, what="days go by")
    assert list(tmp_path.iterdir()) == []


def test_preparing_imports_nothing_heavy() -> None:
    code = "import sys, opsconsole.demo.demo; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    heavy = {"duckdb", "polars", "textual", "pyarrow", "numpy", "xlsxwriter"}
    assert not heavy & set(done.stdout.split())


def test_playing_imports_no_database_and_no_screen() -> None:
    code = (
        "import sys, itertools, pathlib\n"
        "from opsconsole.demo.play import drops_of\n"
        "from opsconsole.demo.drops import Whole\n"
        "for name in ('factory', 'airport', 'emergency'):\n"
        "    for drop in itertools.islice(drops_of(name, 1), 5000):\n"
        "        if isinstance(drop, Whole): drop.make()\n"
        "print(' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stdout.split())
    assert {"pyarrow", "xlsxwriter"} <= loaded
    assert not {"duckdb", "polars", "textual"} & loaded
