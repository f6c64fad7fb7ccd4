"""What must be quick, with room for a loaded machine; the figures themselves are printed (`pytest -s`)."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from opsconsole.site.model import Source
from opsconsole.tables.store import Store
from tests.tables.folder import Folder
from tests.waiting import until

HEAD = "ts,line,station,qty,value,order\n"


def body(first: int, count: int) -> str:
    """Rows of six columns."""
    return "".join(
        f"2024-01-{1 + i // 36000 % 28:02}T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02},L{i % 4},weld,{i % 997},"
        f"{i * 7919 % 10007 / 100},{i:08}\n"
        for i in range(first, first + count)
    )


def test_a_load_an_append_and_reopening(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(40):
        (tmp_path / "in" / f"a{number:03}.csv").write_text(HEAD + body(number * 10_000, 10_000))
    started = time.monotonic()
    watched = Folder(tmp_path, Source("t", ("in/*.csv",), time="ts"))
    until(lambda: watched.feed.settled, 60)
    rate = 400_000 / (time.monotonic() - started)
    assert watched.store.totals()["t"].rows == 400_000

    took = []
    for step in range(15):
        until(lambda: watched.feed.settled)
        version, at = watched.store.data_version, time.monotonic()
        watched.append("a001.csv", body(400_000 + step, 1))
        until(lambda version=version: watched.store.data_version > version, 5)  # type: ignore[misc]
        took.append((time.monotonic() - at) * 1000)
    assert watched.store.totals()["t"].rows == 400_015
    watched.close()

    at = time.monotonic()
    store = Store.open(watched.store.path)
    opened = (time.monotonic() - at) * 1000
    rows = store.totals()["t"].rows
    store.close()
    print(f"\nload {rate:,.0f} rows/s; append median {statistics.median(took):.0f} ms; open {opened:.0f} ms")
    assert rows == 400_015
    assert rate > 60_000  # 250,000 and more on a machine with nothing else to do
    # a row more costs a small part of what all did, on the same machine at the same time: 4 % of it
    assert statistics.median(took) / 1000 < 0.12 * 400_000 / rate
    assert opened / 1000 < 0.25 * 400_000 / rate


def test_an_idle_feed_does_nothing(tmp_path: Path) -> None:
    watched = Folder(tmp_path)
    try:
        for number in range(200):
            watched.write(f"{number}.csv", "id,v\n1,2\n")
        watched.settle()
        version, at = watched.store.data_version, time.monotonic()
        start, own = time.process_time(), time.thread_time()
        until(lambda: time.monotonic() - at > 3.0)
        used = time.process_time() - start - (time.thread_time() - own)
        assert watched.store.data_version == version
        assert used < 0.3, f"{used:.2f} s of CPU in 3 s"
    finally:
        watched.close()
