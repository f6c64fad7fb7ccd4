"""Exactly once: whatever happens to the files, and wherever the process is killed, the table is what the files say."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsconsole.tables import fingerprint
from tests.tables.folder import Folder, folder
from tests.waiting import until

HEAD = "id,name,qty\n"

CHILD = """
import os, signal, sys, threading
from pathlib import Path
from opsconsole.site.model import Source
from opsconsole.tables import feed, ledger, store, writer

root, mode, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def die_in(owner, name, after):
    kept, calls = getattr(owner, name), [0]
    def replaced(*args):
        calls[0] += 1
        if after:
            result = kept(*args)
        if calls[0] == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return result if after else kept(*args)
    setattr(owner, name, replaced)

def torn(cursor, entries):
    cursor.execute("COMMIT")
    os.kill(os.getpid(), signal.SIGKILL)

if mode == "written":
    die_in(writer.Writer, "write", True)
elif mode == "committed":
    die_in(store.Store, "committed", False)
elif mode == "ledger":
    die_in(ledger, "put", False)
elif mode == "torn":
    ledger.put = torn
opened = store.Store.open(root / "state" / "tables.duckdb")
fed = feed.Feed(opened, root, {"t": Source("t", ("in/*.csv",), settle=0.15)}, "UTC", lambda: None)
fed.start()
print("started", flush=True)
threading.Event().wait()
"""


def run_child(root: Path, mode: str, count: int = 1) -> subprocess.Popen[str]:
    """The store and feed in a process of their own that kills itself at a point, or waits to be killed."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(root), mode, str(count)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    return child


def record(number: int) -> str:
    """One line; some with a quoted line end."""
    return f'r{number},"two\nlines",{number}\n' if number % 7 == 0 else f"r{number},Größe {number},{number}\n"


class Writer:
    """Does to files what writers do, driven by numbers."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.number = 0

    def records(self, count: int) -> bytes:
        """The next records."""
        self.number += count
        return "".join(record(i) for i in range(self.number - count, self.number)).encode()

    def do(self, action: str, index: int, amount: int) -> None:
        """One action on the file of an index."""
        path = self.place / f"f{index}.csv"
        if action == "create" or not path.exists():
            path.write_bytes(HEAD.encode() + self.records(amount))
        elif action == "append":
            self.add(path, self.records(amount))
        elif action == "partial":
            self.add(path, self.records(2)[: -1 - amount % 9])
        elif action == "truncate":
            os.truncate(path, path.stat().st_size * (amount % 5) // 5)
        elif action == "edit":
            data = path.read_bytes()
            at = len(data) // 2
            path.write_bytes(data[:at] + data[at : at + 3].replace(b"1", b"2").replace(b"r", b"s") + data[at + 3 :])
        elif action == "replace":
            part = path.with_suffix(".tmp")
            part.write_bytes(HEAD.encode() + self.records(amount))
            part.replace(path)
        elif action == "rotate":
            path.rename(self.place / f"f{index}-{self.number}.csv")
            path.write_bytes(HEAD.encode() + self.records(amount))
        elif action == "rename":
            path.rename(self.place / f"f{index}-{self.number + 1}.csv")
        elif action == "delete":
            path.unlink()

    @staticmethod
    def add(path: Path, data: bytes) -> None:
        """Append bytes."""
        with path.open("ab") as stream:
            stream.write(data)


ACTIONS = [
    "create",
    "append",
    "append",
    "append",
    "partial",
    "truncate",
    "edit",
    "replace",
    "rotate",
    "rename",
    "delete",
]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(ACTIONS), st.integers(0, 2), st.integers(1, 120)),
            st.tuples(st.sampled_from(["settle", "reopen"]), st.just(0), st.just(0)),
        ),
        min_size=4,
        max_size=24,
    )
)
def test_random_writers(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]) -> None:
    with folder(tmp_path_factory.mktemp("random")) as watched:
        writer = Writer(watched.place)
        for action, index, amount in steps:
            if action == "settle":
                watched.settle()
            elif action == "reopen":
                watched.close()
                watched.open()
            else:
                writer.do(action, index, amount)
        watched.settle()
        watched.check_fresh()


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_anywhere(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    (tmp_path / "in").mkdir()
    writer = Writer(tmp_path / "in")
    for round_ in range(6):
        mode = ("written", "committed", "ledger", "any")[round_ % 4]
        child = run_child(tmp_path, mode, chance.randint(1, 3))
        try:
            deadline = chance.randint(15, 60)
            for _ in range(deadline):
                if child.poll() is not None:
                    break
                writer.do(chance.choice(ACTIONS), chance.randint(0, 3), chance.randint(1, 80))
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
            assert child.stdout is not None
            child.stdout.close()
    with folder(tmp_path) as watched:
        watched.settle()
        watched.check_fresh()
        assert watched.store.rebuilt == ""


def test_the_comparison_sees_a_ledger_in_its_own_transaction(tmp_path: Path) -> None:
    with folder(tmp_path) as watched:
        watched.write("a.csv", HEAD + "".join(record(i) for i in range(100)))
        watched.settle()
    watched.append("a.csv", record(101))
    child = run_child(tmp_path, "torn")
    until(lambda: child.poll() is not None)
    assert child.stdout is not None
    child.stdout.close()
    with folder(tmp_path) as watched:
        watched.settle()
        with pytest.raises(AssertionError):
            watched.check_fresh()


def test_the_comparison_sees_the_inode_taken_as_identity(watched: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint, "of_bytes", lambda data: "same")
    path = watched.write("a.csv", HEAD + "".join(record(i) for i in range(100)))
    watched.settle()
    size = path.stat().st_size
    # over the old bytes in one go: a watcher that saw the file truncated first would rightly read it anew
    with path.open("r+b", buffering=0) as file:
        file.write((HEAD + "".join(record(i) for i in range(1000, 1200))).encode())
    assert path.stat().st_size > size
    watched.settle()
    monkeypatch.undo()
    with pytest.raises(AssertionError):
        watched.check_fresh()
