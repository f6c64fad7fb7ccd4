"""Rights that are lost while the program runs: that source waits with a reason and a next try, the rest goes on.

Root may read everything, so where the tests run as root the program runs as a user whom nobody is; and where only root
can read the program, as root without the right to pass over permissions.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from opsconsole.engine.client import Client, EngineGoneError
from opsconsole.engine.messages import AskFiles, Files, FileState, Snapshot, SourceState, Subscribe
from tests.program.conftest import HEADER, PROGRAM, SITE, SiteFolder
from tests.waiting import until

OTHER = """\
  other:
    files: other/*.csv
    time: ts
    settle: 1s
kpis:
"""
ROW = "2026-06-24 07:00:00,3,7,0\n"

BOUND = "-dac_override,-dac_read_search"


class Plain(NamedTuple):
    """How a program is started so that permissions hold for it: what stands before it, and as which user it runs."""

    before: tuple[str, ...]
    uid: int

    def started(self) -> dict[str, Any]:
        """Arguments for subprocess."""
        return {} if self.uid == os.getuid() else {"user": self.uid, "group": self.uid, "extra_groups": []}


class Stranger(SiteFolder):
    """A site with two sources, and a program for which permissions hold."""

    def __init__(self, base: Path, plain: Plain) -> None:
        super().__init__(base / "plant")
        self.plain = plain
        (self.folder / "site.yaml").write_text(SITE.replace("kpis:\n", OTHER))
        (self.folder / "other").mkdir()
        (self.folder / "other/b.csv").write_text(HEADER + ROW)
        self.env = {"XDG_STATE_HOME": str(base / "state"), "HOME": str(base)}
        for path in (base, *base.rglob("*")):
            os.chown(path, plain.uid, -1)

    def run(
        self, *words: str, timeout: float = 60, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A headless command as that user."""
        command, *rest = words
        return subprocess.run(
            [*self.plain.before, *PROGRAM, command, str(self.folder), *rest],
            capture_output=True, text=True, timeout=timeout, env={**os.environ, **self.env, **(env or {})},
            **self.plain.started(),
        )  # fmt: skip

    def told(self, name: str) -> dict[str, Any]:
        """What `sources --json` says of a source now; while one is in trouble the command fails, and says it all."""
        sources = json.loads(self.run("sources", "--json", "--now").stdout)
        found: dict[str, Any] = next(source for source in sources if source["name"] == name)
        return found

    def source(self, name: str) -> tuple[SourceState, list[FileState]]:
        """A source and its files as they are now; nothing of a source that the engine does not know yet."""
        return asyncio.run(self._source(name))

    def rows(self, name: str) -> int:
        """How many rows a source has now."""
        return self.source(name)[0].rows

    async def _source(self, name: str) -> tuple[SourceState, list[FileState]]:
        try:
            client = await Client.connect(self.place)
        except EngineGoneError:  # not yet there
            return SourceState(name, name, "nodata"), []
        try:
            snapshot = await client.ask(Subscribe(settled=False, follow=False))
            assert isinstance(snapshot, Snapshot)
            files = await client.ask(AskFiles(name))
            assert isinstance(files, Files)
        finally:
            await client.close()
        found = [source for source in snapshot.sources if source.name == name]
        return (found or [SourceState(name, name, "nodata")])[0], files.files


@pytest.fixture
def plain() -> Plain:
    """The user of the tests; for root one that the system does not know, or root bound by permissions."""
    if os.getuid():
        return Plain((), os.getuid())
    known = {user.pw_uid for user in pwd.getpwall()}
    ways = [
        Plain((), next(number for number in range(61_234, 65_000) if number not in known)),
        Plain(("setpriv", "--bounding-set", BOUND, "--inh-caps", BOUND), 0),
    ]
    for way in ways:
        command = [*way.before, sys.executable, "-c", "import opsconsole.cli"]
        with contextlib.suppress(OSError):
            if subprocess.run(command, capture_output=True, **way.started()).returncode == 0:
                return way
    pytest.skip("only root can read the program, and root's rights cannot be bound")


@pytest.fixture
def site(plain: Plain) -> Iterator[Stranger]:
    """A site with a running engine."""
    base = Path(tempfile.mkdtemp())
    made = Stranger(base, plain)
    engine = subprocess.Popen(
        [*plain.before, *PROGRAM, "engine", str(made.folder)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **made.env}, **plain.started(),
    )  # fmt: skip
    try:
        until(lambda: made.rows("cycles") == 2 and made.rows("other") == 1, 60)
        yield made
    finally:
        engine.terminate()
        engine.wait(30)
        for path in (made.folder / "data", made.folder / "other"):
            path.chmod(0o755)
        shutil.rmtree(base)


def test_a_file_that_may_no_longer_be_read(site: Stranger) -> None:
    path = site.folder / "data/a.csv"
    path.chmod(0)
    with path.open("a") if os.getuid() == 0 else _forced(path) as stream:
        stream.write(ROW)
    until(lambda: any(file.status == "waiting" for file in site.source("cycles")[1]), 60)
    waiting = [file for file in site.told("cycles")["files"] if file["status"] == "waiting"]
    assert "ermission denied" in waiting[0]["reason"]
    assert waiting[0]["retry_at"]
    assert site.rows("cycles") == 2, "what was taken stays"
    site.append(ROW, "../other/b.csv")
    until(lambda: site.rows("other") == 2, 60, "the rest goes on")
    path.chmod(0o644)
    until(lambda: site.rows("cycles") == 3, 90, "it heals by itself")
    assert all(file["status"] == "ready" for file in site.told("cycles")["files"])


def _forced(path: Path) -> Any:
    path.chmod(0o200)
    return path.open("a")


def test_a_folder_that_may_no_longer_be_read(site: Stranger) -> None:
    folder = site.folder / "data"
    (folder / "a.csv").write_text(HEADER)  # must not be seen before the folder may be read again
    until(lambda: site.rows("cycles") == 0, 60)
    site.append(ROW)
    until(lambda: site.rows("cycles") == 1, 60)
    folder.chmod(0)
    until(lambda: "ermission denied" in site.source("cycles")[0].trouble, 90, "it says so")
    assert "ermission denied" in site.told("cycles")["trouble"]
    assert site.rows("cycles") == 1, "what was taken stays"
    site.append(ROW, "../other/b.csv")
    until(lambda: site.rows("other") == 2, 60, "the rest goes on")
    folder.chmod(0o755)
    (folder / "c.csv").write_text(HEADER + ROW)
    (folder / "c.csv").chmod(0o644)
    until(lambda: site.rows("cycles") == 2, 90, "it heals by itself")
    until(lambda: not site.source("cycles")[0].trouble, 60)


def test_a_state_place_that_may_not_be_written(site: Stranger) -> None:
    locked = site.folder.parent / "locked"
    locked.mkdir(mode=0o500)
    os.chown(locked, site.plain.uid, -1)
    done = site.run("snapshot", env={"XDG_STATE_HOME": str(locked)})
    assert done.returncode == 1
    assert "Traceback" not in done.stderr + done.stdout
    assert "ermission" in done.stderr
