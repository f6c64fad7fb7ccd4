"""What writers do to files, seeded: every habit that the tables must survive, one at a time, on real files."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import mmap
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.tables.oracle import NAMES, Oracle

HEAD = (",".join(NAMES) + "\n").encode()
SOURCES = {"t": "in/t", "lines": "in/lines", "docs": "in/docs", "frames": "in/frames", "wild": "in/wild"}
"""Source -> its folder below the site. All but `wild` hold what the oracle can read."""
_DIGITS = [b"%d" % digit for digit in range(1, 10)]
MOST = 9
"""Files of a source; where there are more, one is deleted."""


class Deeds:
    """Does things to the files of a site; `only` those named. `done` counts them by name."""

    def __init__(self, root: Path, chance: random.Random, oracle: Oracle, only: tuple[str, ...] = ()) -> None:
        self.root = root
        self.done: Counter[str] = Counter()
        self._chance = chance
        self._oracle = oracle
        self._number = 0
        self._pending: dict[int, bytes] = {}
        self._held: dict[int, io.FileIO] = {}
        self._deeds: list[tuple[str, Callable[[], None], int]] = [
            ("create", self.create, 6),
            ("append", self.append, 30),
            ("append a part", self.append_part, 16),
            ("burst of 3,000 lines", self.burst, 2),
            ("write through a handle kept open", self.write_held, 6),
            ("truncate to 0", self.truncate_all, 2),
            ("truncate to shorter", self.truncate, 6),
            ("rewrite to the same size", self.same_size, 4),
            ("rewrite with mtime restored", self.same_mtime, 4),
            ("edit in the middle", self.edit, 5),
            ("edit by mmap", self.edit_mapped, 2),
            ("edit in the middle and append", self.edit_and_append, 4),
            ("replace atomically", self.replace, 5),
            ("rewrite in place", self.rewrite, 4),
            ("rename", self.rename, 5),
            ("rotate", self.rotate, 4),
            ("rotate and gzip", self.rotate_gzip, 2),
            ("copytruncate", self.copytruncate, 3),
            ("delete", self.delete, 3),
            ("delete and create with the same inode", self.recreate, 4),
            ("move across sources", self.move_across, 3),
            ("move the folder", self.move_folder, 2),
            ("touch", self.touch, 2),
            ("replace a gzip file", self.whole_gzip, 3),
            ("replace a Parquet file", self.whole_parquet, 3),
            ("replace a JSON list", self.whole_json, 3),
            ("half of a whole-file unit", self.half, 3),
            ("append JSON lines", self.append_json, 6),
            ("truncate JSON lines anywhere", self.truncate_json, 2),
            ("truncate anywhere", self.truncate_wild, 4),
        ]
        self._deeds = [deed for deed in self._deeds if deed[0] in (only or [deed[0]])]
        for below in SOURCES.values():
            (root / below).mkdir(parents=True, exist_ok=True)

    def step(self) -> None:
        """One deed."""
        name, deed, _ = self._chance.choices(self._deeds, [weight for *_, weight in self._deeds])[0]
        deed()
        self.done[name] += 1

    def close(self) -> None:
        """Close the handles that were kept open."""
        for stream in self._held.values():
            stream.close()
        self._held.clear()

    # --- what is written ---------------------------------------------------------------------------------------

    def _rows(self, count: int) -> list[tuple[str, str, int]]:
        first = self._number
        self._number += count
        numbers = range(first, first + count)
        return [(f"r{i}", f"Größe {i} 京" if i % 3 else f"plain {i}", i * 7919 % 100_003) for i in numbers]

    def _line(self, row: tuple[str, str, int]) -> str:
        number = row[2]
        if number % 41 == 0:
            return f"{row[0]},only two\n"
        if number % 43 == 0:
            return f"{row[0]},{row[1]},x{number}\n"
        if number % 47 == 0:
            return f"{row[0]},four,{number},{number}\n"
        if number % 5 == 0:
            return f'{row[0]},"two\nlines, ""{number}""",{number}\n'
        return f"{row[0]},{row[1]},{number}\n"

    def _csv(self, count: int) -> bytes:
        return "".join(map(self._line, self._rows(count))).encode()

    def _json(self, count: int) -> bytes:
        lines = []
        for row in self._rows(count):
            lines.append("no record\n" if row[2] % 41 == 0 else _dumped(row) + "\n")
        return "".join(lines).encode()

    # --- which file --------------------------------------------------------------------------------------------

    def _files(self, source: str, ending: str) -> list[Path]:
        return sorted(p for p in (self.root / SOURCES[source]).rglob(f"*{ending}") if p.is_file())

    def _some(self, source: str = "", ending: str = ".csv") -> Path:
        """A growing file that is there, or a new one."""
        source = source or ("wild" if ending == ".csv" and self._chance.random() < 0.2 else "t")
        files = self._files(source, ending)
        if len(files) > MOST:
            gone = files.pop(self._chance.randrange(len(files)))
            gone.unlink()
        return self._chance.choice(files) if files else self._create(source, ending)

    def _fresh(self, source: str, ending: str) -> Path:
        self._number += 1
        folders = ["", "", "a/", "b/"] if source == "t" else [""]
        path = self.root / SOURCES[source] / f"{self._chance.choice(folders)}f{self._number}{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _create(self, source: str, ending: str) -> Path:
        path = self._fresh(source, ending)
        count = self._chance.choice([0, 1, 3, 60, 200, 1000])
        path.write_bytes(self._json(count) if ending == ".ndjson" else HEAD + self._csv(count))
        self._new(path)
        return path

    def _new(self, path: Path) -> None:
        """What was begun in a deleted file has no sequel in one that got its inode."""
        self._pending.pop(path.stat().st_ino, None)

    def _add(self, path: Path, data: bytes) -> None:
        """Append; the rest of what was begun comes first, and a file that was emptied gets its header again."""
        with path.open("ab", buffering=0) as stream:
            self._write(stream, data)

    def _write(self, stream: io.FileIO, data: bytes) -> None:
        status = os.fstat(stream.fileno())
        rest = self._pending.pop(status.st_ino, b"")
        stream.write(rest + data if status.st_size else HEAD + data)

    # --- growing files -----------------------------------------------------------------------------------------

    def create(self) -> None:
        """A new file."""
        self._create(*self._chance.choice([("t", ".csv"), ("t", ".csv"), ("wild", ".csv"), ("lines", ".ndjson")]))

    def append(self) -> None:
        """Whole lines."""
        self._add(self._some(), self._csv(self._chance.choice([1, 1, 2, 5, 40, 300])))

    def append_part(self) -> None:
        """Bytes that end anywhere: inside a line, a character, a quoted field. The rest comes with the next append."""
        path = self._some()
        data = self._csv(self._chance.randint(1, 4))
        at = self._chance.randrange(1, len(data))
        self._add(path, data[:at])
        self._pending[path.stat().st_ino] = data[at:]

    def burst(self) -> None:
        """Many lines at once."""
        self._add(self._some(), self._csv(3000))

    def write_held(self) -> None:
        """Through a handle that stays open, whatever happened to the name since."""
        if len(self._held) < 3:
            stream = self._some("t").open("ab", buffering=0)
            old = self._held.pop(os.fstat(stream.fileno()).st_ino, None)
            if old is not None:
                old.close()
            self._held[os.fstat(stream.fileno()).st_ino] = stream
        inode, stream = self._chance.choice(sorted(self._held.items()))
        if os.fstat(stream.fileno()).st_nlink:
            self._write(stream, self._csv(2))
        if self._chance.random() < 0.2:
            self._held.pop(inode).close()

    def truncate_all(self) -> None:
        """To no bytes."""
        self._truncate(self._some(), 0)

    def truncate(self) -> None:
        """To fewer bytes, inside a line too, but not inside a quoted field or the header."""
        path = self._some("t")
        data = path.read_bytes()
        for _ in range(20):
            at = self._chance.randint(min(len(HEAD), len(data)), len(data))
            kept = data[:at]
            if kept.count(b'"') % 2 or kept.endswith(b'"'):
                continue
            with contextlib.suppress(UnicodeDecodeError):
                kept.decode("utf-8")
                self._truncate(path, at)
                return

    def _truncate(self, path: Path, size: int) -> None:
        self._pending.pop(path.stat().st_ino, None)
        os.truncate(path, size)

    def _turned(self, path: Path) -> bytes:
        """Other content of the same size: digits of the rows turned."""
        data = path.read_bytes()
        by = self._chance.randint(1, 8)  # zeros stay: a number must not begin with one
        turn = bytes.maketrans(b"123456789", bytes(ord("1") + (d + by) % 9 for d in range(9)))
        return data[: len(HEAD)] + data[len(HEAD) :].translate(turn)

    def same_size(self) -> None:
        """Other bytes, as many."""
        path = self._some()
        path.write_bytes(self._turned(path))

    def same_mtime(self) -> None:
        """Other bytes, as many, under the old time stamp (`cp -p`, `rsync -t`)."""
        path = self._some()
        status = path.stat()
        path.write_bytes(self._turned(path))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    def _place(self, path: Path) -> tuple[int, bytes] | None:
        """A digit but 0 somewhere in the rows, and another one."""
        data = path.read_bytes()
        if len(data) <= len(HEAD):
            return None
        start = self._chance.randrange(len(HEAD), len(data))
        at = next((i for i in range(start, len(data)) if data[i : i + 1] in _DIGITS), None)
        return None if at is None else (at, b"%d" % ((data[at] - ord("1") + self._chance.randint(1, 8)) % 9 + 1))

    def edit(self) -> None:
        """One byte somewhere in the middle, in place."""
        path = self._some()
        place = self._place(path)
        if place is not None:
            with path.open("r+b", buffering=0) as stream:
                os.pwrite(stream.fileno(), place[1], place[0])

    def edit_mapped(self) -> None:
        """The same through memory: the system tells nobody of it."""
        path = self._some()
        place = self._place(path)
        if place is not None:
            with path.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as memory:
                memory[place[0] : place[0] + 1] = place[1]

    def edit_and_append(self) -> None:
        """Both in one step: the file has grown, but its beginning is another."""
        path = self._some()
        place = self._place(path)
        with path.open("r+b", buffering=0) as stream:
            if place is not None:
                os.pwrite(stream.fileno(), place[1], place[0])
            stream.seek(0, os.SEEK_END)
            self._write(stream, self._csv(3))

    def replace(self) -> None:
        """Written aside and renamed over."""
        path = self._some()
        part = path.with_suffix(".tmp")
        part.write_bytes(HEAD + self._csv(self._chance.choice([1, 30, 90, 700])))
        self._new(part)
        part.replace(path)

    def rewrite(self) -> None:
        """Opened for writing and written anew."""
        path = self._some()
        self._new(path)
        path.write_bytes(HEAD + self._csv(self._chance.choice([1, 30, 90, 700])))

    # --- names -------------------------------------------------------------------------------------------------

    def rename(self) -> None:
        """Another name, perhaps another folder of the same source."""
        path = self._some("t")
        path.rename(self._fresh("t", ".csv"))

    def rotate(self) -> None:
        """Renamed away, and a new file under the old name."""
        path = self._some("t")
        path.rename(self._fresh("t", ".csv"))
        path.write_bytes(HEAD + self._csv(2))
        self._new(path)

    def rotate_gzip(self) -> None:
        """Rotated, then compressed and deleted."""
        path = self._some("t")
        self._swap(path.with_name(f"{path.name}.gz"), gzip.compress(path.read_bytes(), 1))
        path.unlink()
        self._thin("t", ".gz")

    def copytruncate(self) -> None:
        """Copied, then emptied."""
        path = self._some("t")
        self._add(path, b"")  # nothing half-written goes into the copy: its rest would be lost
        copy = self._fresh("t", ".csv")
        shutil.copy(path, copy)
        self._new(copy)
        self._truncate(path, 0)

    def delete(self) -> None:
        """Gone."""
        self._some().unlink()

    def recreate(self) -> None:
        """Deleted and made again at once: most file systems give it the same inode."""
        path = self._some()
        path.unlink()
        path.write_bytes(HEAD + self._csv(self._chance.choice([1, 50, 120])))
        self._new(path)

    def move_across(self) -> None:
        """Into the folder of another source, or back."""
        if self._chance.random() < 0.5:
            path = self._some("t")
            path.rename(self.root / SOURCES["wild"] / f"{path.stem}-{self._number}.csv")
        else:
            path = self.root / "out"
            path.mkdir(exist_ok=True)
            away = sorted(path.iterdir())
            if away:
                away[0].rename(self.root / SOURCES["t"] / away[0].name)
            else:
                gone = self._some("t")
                gone.rename(path / f"{gone.stem}-{self._number}.csv")

    def move_folder(self) -> None:
        """A folder with its files: to another name, or out of sight and back."""
        place = self.root / SOURCES["t"]
        here, there = (place / name for name in self._chance.sample(["a", "b"], 2))
        aside = self.root / "away"
        if aside.exists():
            target = here if not here.exists() else there
            if not target.exists():
                aside.rename(target)
        elif here.exists():
            here.rename(aside if there.exists() else self._chance.choice([there, aside]))

    def touch(self) -> None:
        """Time stamps or rights change, nothing else."""
        path = self._some()
        if self._chance.random() < 0.5:
            path.touch()
        else:
            path.chmod(self._chance.choice([0o600, 0o644]))

    # --- whole-file units --------------------------------------------------------------------------------------

    def _swap(self, path: Path, data: bytes) -> None:
        part = path.with_suffix(".tmp")
        part.write_bytes(data)
        part.replace(path)

    def _thin(self, source: str, ending: str) -> None:
        files = self._files(source, ending)
        if len(files) > MOST:
            self._chance.choice(files).unlink()

    def _unit(self, source: str, ending: str) -> Path:
        self._thin(source, ending)
        files = self._files(source, ending)
        return self._chance.choice(files) if len(files) > 2 else self._fresh(source, ending)

    def whole_gzip(self) -> None:
        """A compressed file, whole; perhaps of two members."""
        data = gzip.compress(HEAD + self._csv(30), 1)
        if self._chance.random() < 0.5:
            data += gzip.compress(self._csv(20), 1)
        self._swap(self._unit("t", ".csv.gz"), data)

    def _frame(self) -> bytes:
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = self._rows(self._chance.choice([1, 40, 300]))
        sink = io.BytesIO()
        columns = [list(column) for column in zip(*rows, strict=True)]
        pq.write_table(pa.table(columns, names=list(NAMES)), sink, row_group_size=100)
        self._oracle.teach(sink.getvalue(), rows)
        return sink.getvalue()

    def _document(self) -> bytes:
        rows = self._rows(self._chance.choice([1, 25, 80]))
        return f"[{', '.join(map(_dumped, rows))}]".encode()

    def whole_parquet(self) -> None:
        """A Parquet file, renamed into place."""
        self._swap(self._unit("frames", ".parquet"), self._frame())

    def whole_json(self) -> None:
        """A JSON list, written over the old one."""
        self._unit("docs", ".json").write_bytes(self._document())

    def half(self) -> None:
        """A Parquet file, a JSON list or a gzip file without its end, in place."""
        source, ending, data = self._chance.choice(
            [
                ("frames", ".parquet", self._frame),
                ("docs", ".json", self._document),
                ("t", ".csv.gz", lambda: gzip.compress(HEAD + self._csv(30), 1)),
            ]
        )
        whole = data()
        self._unit(source, ending).write_bytes(whole[: self._chance.randrange(1, len(whole))])

    # --- JSON lines, and what only our own reader can follow ---------------------------------------------------

    def append_json(self) -> None:
        """JSON lines, perhaps ending in the middle of one."""
        path = self._some("lines", ".ndjson")
        data = self._json(self._chance.choice([1, 2, 30]))
        with path.open("ab") as stream:
            stream.write(data[: self._chance.choice([len(data), len(data), self._chance.randint(1, len(data))])])

    def truncate_json(self) -> None:
        """JSON lines cut off anywhere."""
        path = self._some("lines", ".ndjson")
        os.truncate(path, self._chance.randint(0, path.stat().st_size))

    def truncate_wild(self) -> None:
        """A CSV file cut off anywhere: in its header, in quotes, in a character."""
        path = self._some("wild")
        self._truncate(path, self._chance.randint(0, path.stat().st_size))


def _dumped(row: tuple[str, str, int]) -> str:
    return json.dumps(dict(zip(NAMES, row, strict=True)), ensure_ascii=False)
