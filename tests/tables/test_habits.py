"""Whatever those who write files do, the table follows: by events alone, and by scans alone.

Nobody asks the feed for a scan here: with events the full scan is an hour away, with `watch: poll` no event is heard
(invariant I6).
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from opsconsole.site.model import Scan, Source
from tests.tables.folder import folder
from tests.tables.habits import HEAD, Habit, ids, lines, wanted
from tests.tables.moves import HABITS
from tests.waiting import until

EVENTS = Scan(hot=0.1, full=3600.0)
POLL = Scan(hot=0.1, full=0.4)


@pytest.mark.parametrize("way", ["events", "poll"])
@pytest.mark.parametrize("habit", HABITS, ids=lambda function: function.__name__)
def test_the_table_follows(tmp_path: Path, habit: Habit, way: str) -> None:
    poll = way == "poll"
    sources = [
        Source(name, (pattern,), watch="poll" if poll else "events", scan=POLL if poll else EVENTS)
        for name, pattern in (("t", "in/**/*.csv*"), ("u", "beside/*.csv"))
    ]
    (tmp_path / "beside").mkdir()
    with folder(tmp_path, *sources) as watched:
        assert watched.feed.wait_settled(20)
        for expected in habit(watched):
            until(lambda: ids(watched) == sorted(expected), 20, f"{ids(watched)[:5]}", every=0.05)  # noqa: B023
        assert watched.feed.wait_settled(20)
        watched.check_fresh()


@pytest.mark.parametrize("way", ["events", "poll"])
def test_two_sources_share_a_file(tmp_path: Path, way: str) -> None:
    poll = way == "poll"
    sources = [
        Source(name, ("in/*.csv",), watch="poll" if poll else "events", scan=POLL if poll else EVENTS)
        for name in ("t", "u")
    ]
    with folder(tmp_path, *sources) as watched:
        path = watched.write("a.csv", HEAD + lines(1, 100))
        until(lambda: ids(watched) == sorted(wanted(1, 100) * 2))
        watched.append("a.csv", lines(101, 101))
        until(lambda: ids(watched) == sorted(wanted(1, 101) * 2))
        path.rename(watched.place / "b.csv")
        until(lambda: [file.path for file in watched.store.files()] == ["in/b.csv"] * 2)
        assert ids(watched) == sorted(wanted(1, 101) * 2)
        (watched.place / "b.csv").unlink()
        until(lambda: ids(watched) == [])


@pytest.mark.parametrize("way", ["events", "poll"])
def test_touching_and_permissions_change_nothing(tmp_path: Path, way: str) -> None:
    poll = way == "poll"
    source = Source("t", ("in/*.csv",), watch="poll" if poll else "events", scan=POLL if poll else EVENTS)
    with folder(tmp_path, source) as watched:
        path = watched.write("a.csv", HEAD + lines(1, 100))
        os.utime(path, (86400, 86400))
        until(lambda: len(ids(watched)) == 100)
        watched.settle()
        version, arrived = watched.store.data_version, watched.query("SELECT arrived, generation FROM _ops.files")
        path.touch()
        path.chmod(0o640)
        key = path.stat()
        seen = "SELECT count(*) FROM _ops.files WHERE mtime_ns = ? AND ctime_ns = ?"
        with contextlib.closing(watched.store.cursor()) as cursor:
            until(lambda: cursor.execute(seen, [key.st_mtime_ns, key.st_ctime_ns]).fetchall() == [(1,)])
        watched.settle()
        assert watched.store.data_version == version
        assert watched.query("SELECT arrived, generation FROM _ops.files") == arrived
        assert ids(watched) == wanted(1, 100)
