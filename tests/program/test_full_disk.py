"""A full disk under the state folder: said in one message, nothing lost, and it heals by itself."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.program.conftest import SiteFolder
from tests.waiting import until

Fill = Callable[[bool], None]


@pytest.fixture
def disk(tmp_path: Path, site: SiteFolder) -> Iterator[Fill]:
    """Fills the disk of the state folder, or empties it: a small tmpfs, or a limit on writes where none mounts."""
    state = tmp_path / "small"
    state.mkdir()
    site.env["XDG_STATE_HOME"] = str(state)
    mounted = (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(state)], capture_output=True).returncode
        == 0
    )
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(full: bool) -> None:
        if not mounted:
            resource.setrlimit(resource.RLIMIT_FSIZE, (16_384 if full else limits[0], limits[1]))
            return
        filler = state / "filler"
        filler.unlink(missing_ok=True)
        if full:
            with filler.open("wb", buffering=0) as file:
                free = os.statvfs(state)
                file.write(bytes(free.f_bavail * free.f_frsize - 90_000))

    try:
        yield fill
    finally:
        fill(False)
        site.run("stop")
        if mounted:
            subprocess.run(["umount", "-l", str(state)], check=True)


def test_a_full_disk_is_told_and_heals(site: SiteFolder, disk: Fill) -> None:
    disk(True)
    done = site.run("snapshot")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr + done.stdout
    assert done.stderr.startswith("opsconsole: ")
    assert any(word in done.stderr for word in ("No space", "is full", "too large"))
    disk(False)
    assert [kpi["value"] for kpi in site.json("snapshot")["kpis"]] == [100, 5]


def test_the_console_says_it_too_and_goes_on_when_there_is_room(site: SiteFolder, disk: Fill) -> None:
    with site.terminal() as terminal:
        terminal.shows("100 pcs", "1 source fresh")
        disk(True)
        site.append("".join(f"2026-06-24 09:00:00,{n % 9},1,0\n" for n in range(20_000)))
        terminal.shows("cannot be written")
        disk(False)
        terminal.shows("20 100 pcs", timeout=60)


def test_a_journal_without_room_says_that_nothing_can_be_acknowledged_and_heals(site: SiteFolder, disk: Fill) -> None:
    with site.terminal() as terminal:
        terminal.shows("100 pcs", "1 source fresh")
        terminal.press("2")
        terminal.shows("Scrap ratio")
        disk(True)
        filler = site.folder.parent / "small/filler"
        if filler.exists():  # a disk of its own: to the last byte, so that the next record has no room
            with filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(4096))
        terminal.press("a")
        terminal.shows("nothing can be acknowledged or recorded")
        disk(False)
        # the banner goes by itself; what was said of the key stays until the next one
        until(lambda: "▲ nothing can be acknowledged" not in terminal.text, 30, "the journal has room again")
        terminal.press("a")
        until(lambda: "ACK" in terminal.text and "UNACK" not in terminal.text, what=terminal.text)
    events = [(event["actor"], event["what"]) for event in site.json("log")]
    assert ("system", "written again") in events
    assert [what for _, what in events].count("acknowledged") == 1
