"""The place of a row: lines of every kind of text, packed or huge or changed or gone; records of the other formats."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import random
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from opsconsole.site.model import Read, Source
from opsconsole.tables.reading import rawlines
from opsconsole.tables.reading.cut import normal
from opsconsole.tables.reading.raw import raw_lines
from opsconsole.tables.records import StoreError
from tests.tables.folder import Folder, folder
from tests.tables.reading.test_excel import book


def test_lines_are_found_whatever_ends_them(monkeypatch: pytest.MonkeyPatch) -> None:
    random_ = random.Random(3)
    for _ in range(400):
        monkeypatch.setattr(rawlines, "BLOCK", random_.randrange(1, 12))
        data = b"".join(random_.choice([b"a", b"bc", b"\n", b"\r\n", b"\r", b""]) for _ in range(random_.randrange(40)))
        whole = normal(data).decode().split("\n")
        if whole and not whole[-1]:
            whole.pop()
        line, reach = random_.randrange(1, 30), random_.randrange(4)
        first, found = rawlines.around(io.BytesIO(data), "utf-8", line, reach)
        assert first == max(1, line - reach)
        assert found == whole[first - 1 : line + reach], (data, line, reach)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1252", "shift_jis"])
def test_encodings(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rawlines, "BLOCK", 7)
    word = "ソ表" if encoding == "shift_jis" else "größe"
    data = "".join(f"{i} {word}\r\n" for i in range(50)).encode(encoding)
    dialect = {"utf-8-sig": "utf-8", "utf-16": "utf-16"}.get(encoding, encoding)
    assert rawlines.around(io.BytesIO(data), dialect, 20, 1) == (19, [f"{i} {word}" for i in (18, 19, 20)])
    assert rawlines.around(io.BytesIO(data), dialect, 1, 0)[1] == [f"0 {word}"]


def test_a_line_of_another_encoding_among_utf8() -> None:
    data = "grün\n".encode() + "grün\n".encode("cp1252")
    assert rawlines.around(io.BytesIO(data), "utf-8", 2, 1)[1] == ["grün", "grün"]


def test_lines_without_end_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rawlines, "BLOCK", 1 << 16)
    data = b"id\n" + b"x" * 3_000_000 + b"\nlast\n"
    first, found = rawlines.around(io.BytesIO(data), "utf-8", 2, 1)
    assert (first, [len(text) for text in found]) == (1, [2, rawlines.LONGEST, 4])


def test_a_line_far_down_is_found_quickly(tmp_path: Path) -> None:
    path = tmp_path / "a"
    block = b"".join(b"%07d,some text of a usual length,1.5\r\n" % i for i in range(100_000))
    with path.open("wb") as stream:
        for _ in range(20):
            stream.write(block)
    started = time.perf_counter()
    with path.open("rb") as stream:
        first, found = rawlines.around(stream, "utf-8", 1_900_001, 1)
    took = time.perf_counter() - started
    print(f"{path.stat().st_size / took / 1e6:,.0f} MB/s")
    assert (first, found[1]) == (1_900_000, "0000000,some text of a usual length,1.5")
    assert took < 3


def shown(watched: Folder, name: str, line: int, around: int = 1) -> tuple[int, list[str], str]:
    _, first, _, text, note = raw_lines(watched.store, "t", f"in/{name}", line, around)
    return first, text, note


@pytest.mark.parametrize("ending", ["", ".gz", ".bz2", ".zst"])
@pytest.mark.parametrize("name", ["a.csv", "a.ndjson", "a.log"])
def test_lines_of_every_text_packed_or_not(tmp_path: Path, name: str, ending: str) -> None:
    source = Source("t", ("in/*",))
    lines = ["id,name"] + [f"{i},ü{i}" for i in range(100)]
    if name == "a.ndjson":
        lines = [json.dumps({"id": i}) for i in range(101)]
    if name == "a.log":
        source = Source("t", ("in/*",), format="lines", read=Read(pattern=r"(?P<id>\d+) .*"))
        lines = [f"{i} ü" for i in range(101)]
    data = ("\r\n".join(lines) + "\r\n").encode()
    pack = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".zst": pa.Codec("zstd").compress}[ending]
    with folder(tmp_path, source) as watched:
        watched.write(name + ending, bytes(pack(data)))
        watched.settle()
        assert shown(watched, name + ending, 50) == (49, lines[48:51], "")
        assert shown(watched, name + ending, 101) == (100, lines[99:101], "")


def test_records_of_the_other_formats(tmp_path: Path) -> None:
    table = pa.table({"id": range(50), "name": [f"n{i}" for i in range(50)]})
    with folder(tmp_path, Source("t", ("in/*",))) as watched:
        pq.write_table(table, watched.place / "a.parquet", row_group_size=20)
        feather.write_feather(table, str(watched.place / "a.feather"), chunksize=20)
        watched.write("a.json", json.dumps([{"id": i, "name": f"n{i}"} for i in range(50)]))
        watched.write("a.xlsx", book(("Data", [["id", "name"], *([i, f"n{i}"] for i in range(50))])))
        watched.settle()
        fields = ["id: 41", "name: n41"]
        assert shown(watched, "a.parquet", 42) == (1, fields, "row group 3, row 2, field by field")
        assert shown(watched, "a.feather", 42) == (1, fields, "batch 3, row 2, field by field")
        assert shown(watched, "a.json", 42) == (1, fields, "record 42, field by field")
        assert shown(watched, "a.xlsx", 43) == (1, fields, "sheet Data, row 43, field by field")
        with pytest.raises(StoreError, match="no longer holds record 99"):
            shown(watched, "a.parquet", 99)


def test_cells_and_records_that_were_set_aside(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*",))) as watched:
        watched.write("a.xlsx", book(("Data", [["id", "v"], [1, ("=1/0", "#DIV/0!")], [2, 3], [3, 4]])))
        watched.write("a.json", '[{"id": 1, "v": 2}, 17]')
        watched.settle()
        assert shown(watched, "a.xlsx", 2)[1] == ["id: 1", "v:  (#DIV/0!: error value #DIV/0!)"]
        assert shown(watched, "a.json", 2) == (1, ["17"], "record 2, set aside: not a JSON object")


def test_files_that_changed_or_are_gone(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*",))) as watched:
        watched.write("a.csv", "id,v\n1,x\n2,y\n")
        watched.write("b.csv", "id,v\n3,x\n4,y\n")
        pq.write_table(pa.table({"id": [5], "v": ["z"]}), watched.place / "a.parquet")
        watched.settle()
        watched.feed.stop()
        watched.append("a.csv", "9,more\n")
        assert shown(watched, "a.csv", 3)[2] == ""
        watched.write("a.csv", "id,v\n1,x\n2,Y\n")
        assert shown(watched, "a.csv", 3) == (2, ["1,x", "2,Y"], "the file has changed since it was read")
        watched.write("a.csv", "")
        assert shown(watched, "a.csv", 3) == (2, [], "the file has changed since it was read")
        (watched.place / "b.csv").unlink()
        assert shown(watched, "b.csv", 3) == (1, ["id: 4", "v: y"], "the file is gone, line 3, field by field")
        (watched.place / "a.parquet").unlink()
        assert shown(watched, "a.parquet", 1)[2] == "the file is gone, row 1, field by field"
        watched.write("a.parquet", b"other")
        assert shown(watched, "a.parquet", 1)[2] == "the file has changed since it was read, row 1, field by field"


def test_a_packed_file_that_was_damaged_since(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*",))) as watched:
        whole = gzip.compress(b"id,v\n" + b"".join(b"%d,%d\n" % (i, i * 7919 % 1009) for i in range(5000)))
        watched.write("a.csv.gz", whole)
        watched.settle()
        watched.feed.stop()
        watched.write("a.csv.gz", whole[:3000])
        with pytest.raises(StoreError, match=r"a.csv.gz cannot be read: the gzip file has no end yet"):
            shown(watched, "a.csv.gz", 4900)
