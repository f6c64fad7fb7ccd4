"""Whatever the bytes are: a reader gives a piece whose counts add up, or one of the reasons that the feed knows."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest

from opsconsole.site.model import Format, Read
from opsconsole.tables.reading import reader
from opsconsole.tables.reading.piece import NotReadyError, RereadError, Stretch, Wish
from tests.tables.reading.test_excel import book

BOOKS = Path(__file__).parents[2] / "data" / "workbooks"
ROUNDS = 150
WISH = Wish(Read(pattern=r"(?P<id>\d+),(?P<v>.*)"))
TABLE = pa.table({"id": range(60), "v": [[{"x": i}] for i in range(60)], "s": [f"text {i}" for i in range(60)]})


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(TABLE, sink, row_group_size=20)
    return sink.getvalue()


def arrow(how: Callable[..., ipc.RecordBatchFileWriter]) -> bytes:
    sink = io.BytesIO()
    with how(sink, TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=20)
    return sink.getvalue()


def text() -> bytes:
    return ("id,v\r\n" + "".join(f'{i},"ü {i}"\r\n' for i in range(40))).encode()


def records() -> bytes:
    return "".join(json.dumps({"id": i, "v": {"w": [i, None, 1.5]}}) + "\n" for i in range(40)).encode()


WHOLE: dict[str, tuple[str, Format, bytes]] = {
    "csv": ("a.csv", "csv", text()),
    "utf-16": ("a.csv", "csv", text().decode().encode("utf-16")),
    "lines": ("a.log", "lines", text()),
    "ndjson": ("a.ndjson", "ndjson", records()),
    "json": ("a.json", "json", json.dumps({"data": [{"id": i, "v": [i]} for i in range(40)]}).encode()),
    "gz": ("a.csv.gz", "csv", gzip.compress(text())),
    "bz2": ("a.ndjson.bz2", "ndjson", bz2.compress(records())),
    "zst": ("a.json.zst", "json", bytes(pa.Codec("zstd").compress(records(), asbytes=True))),
    "parquet": ("a.parquet", "parquet", parquet()),
    "arrow": ("a.arrow", "arrow", arrow(ipc.new_file)),
    "stream": ("a.arrow", "arrow", arrow(ipc.new_stream)),
    "xlsx": ("a.xlsx", "excel", book(("Data", [["id", "v"], *([i, f"t{i}"] for i in range(40))]))),
    "xls": ("a.xls", "excel", (BOOKS / "sheet.xls").read_bytes()),
    "xlsb": ("a.xlsb", "excel", (BOOKS / "sheet.xlsb").read_bytes()),
    "ods": ("a.ods", "excel", (BOOKS / "sheet.ods").read_bytes()),
}


def read(path: str, format_: Format, stretch: Stretch) -> int | None:
    """Records of a piece, rows and those set aside; None where a reason was given."""
    try:
        piece = reader.read(format_, path, stretch, None, WISH)
    except (NotReadyError, RereadError):
        return None
    assert piece.data.num_rows == len(piece.lines)
    assert piece.data.num_columns == len(piece.names) == len({name.lower() for name in piece.names})
    assert all(reject.line > 0 and reject.reason for reject in piece.rejects)
    return len(piece.lines) + sum(not reject.column for reject in piece.rejects)


@pytest.mark.parametrize("kind", WHOLE)
def test_damaged_files(kind: str) -> None:
    path, format_, whole = WHOLE[kind]
    assert read(path, format_, Stretch(whole)) in (3, 40, 41, 60)
    random_ = random.Random(kind)
    for _ in range(20 if kind in ("xls", "xlsb", "ods") else ROUNDS):  # these are tried in a process of their own
        data = bytearray(whole)
        for _ in range(random_.randrange(1, 6)):
            at = random_.randrange(len(data))
            match random_.randrange(4):
                case 0:
                    data[at] = random_.randrange(256)
                case 1:
                    del data[at : at + random_.randrange(1, 40)]
                case 2:
                    data[at:at] = random_.randbytes(random_.randrange(1, 20))
                case _:
                    data[at : at + 8] = random_.choice([bytes(8), b"\xff" * 8, b'"\n"\r,{}['])
            if not data:
                break
        read(path, format_, Stretch(bytes(data), quiet=random_.random() < 0.5))


@pytest.mark.parametrize("kind", WHOLE)
def test_files_of_another_kind(kind: str) -> None:
    path, format_, _ = WHOLE[kind]
    for other, (_, _, data) in WHOLE.items():
        read(path, format_, Stretch(data[: len(data) // 2], quiet=other < kind))
    for data in (b"", b"\0", b"\n", b" ", b"\r", b"\xef\xbb\xbf", b"\xff\xfe", bytes(5000), b"\n" * 5000):
        read(path, format_, Stretch(data))
