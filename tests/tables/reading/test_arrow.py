"""Parquet and Arrow: every type, nested ones, half-written files, and where in a file a row lies."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest

from opsconsole.site.model import Source
from opsconsole.tables.reading import arrowread, arrowtypes, parquetread, reader
from opsconsole.tables.reading.piece import NotReadyError, Stretch, Wish
from tests.tables.folder import folder
from tests.waiting import until

NOON = dt.datetime(2024, 1, 1, 12, 0, 0, 123456)
UTC = NOON.replace(tzinfo=dt.UTC)


def column(values: list[Any], kind: pa.DataType) -> tuple[str, list[Any], str]:
    """Kind, values and what is told of one column that went through a Parquet file's reader."""
    piece = arrowtypes.piece(pa.table({"v": pa.array(values, kind)}), "arrow", "x", 1)
    (kind_,) = piece.kinds.values()
    return kind_, piece.data.column(0).to_pylist(), piece.read_as.removeprefix("x").removeprefix(", v ")


@pytest.mark.parametrize(
    ("values", "type_", "kind", "wanted", "told"),
    [
        ([True, None], pa.bool_(), "boolean", [True, None], ""),
        ([1, 255], pa.uint8(), "integer", [1, 255], ""),
        ([1, 2**63 - 1], pa.uint64(), "integer", [1, 2**63 - 1], ""),
        ([1, 2**64 - 1], pa.uint64(), "text", ["1", str(2**64 - 1)], "as text (too long for a number)"),
        ([decimal.Decimal(17)], pa.decimal128(38, 0), "integer", [17], ""),
        ([decimal.Decimal(10**30)], pa.decimal128(38, 0), "text", [str(10**30)], "as text (too long for a number)"),
        ([decimal.Decimal("1.25"), None], pa.decimal128(10, 2), "number", [1.25, None], ""),
        ([decimal.Decimal("1.25")], pa.decimal256(40, 2), "number", [1.25], ""),
        ([1.5, float("nan")], pa.float32(), "number", [1.5, None], ""),
        ([1.5, None], pa.float16(), "number", [1.5, None], ""),
        ([dt.date(2024, 1, 31)], pa.date32(), "date", [dt.date(2024, 1, 31)], ""),
        ([dt.date(2024, 1, 31)], pa.date64(), "date", [dt.date(2024, 1, 31)], ""),
        ([dt.time(7, 30)], pa.time32("s"), "text", ["07:30:00"], ""),
        ([dt.time(7, 30, 0, 5)], pa.time64("us"), "text", ["07:30:00.000005"], ""),
        ([dt.timedelta(minutes=1.5), None], pa.duration("ms"), "number", [90.0, None], "in seconds"),
        ([NOON], pa.timestamp("us"), "time", [NOON], ""),
        ([1704110400123456789], pa.timestamp("ns"), "time", [NOON], ""),
        ([1704110400], pa.timestamp("s"), "time", [NOON.replace(microsecond=0)], ""),
        ([UTC], pa.timestamp("ms", "America/New_York"), "zoned", [UTC.replace(microsecond=123000)], ""),
        ([2**60], pa.timestamp("s"), "text", [str(2**60)], "as raw numbers"),
        (["a", None], pa.large_string(), "text", ["a", None], ""),
        (["a", None], pa.string_view(), "text", ["a", None], ""),
        (["a", "b", "a"], pa.dictionary(pa.int8(), pa.string()), "text", ["a", "b", "a"], ""),
        ([1, 2, 1], pa.dictionary(pa.int8(), pa.int64()), "integer", [1, 2, 1], ""),
        (["ä".encode(), b"\xff\x00"], pa.binary(), "text", ["ä", "ff00"], ""),
        ([b"\xff\xfe"], pa.binary(2), "text", ["fffe"], ""),
        ([[1, 2], None, []], pa.list_(pa.int64()), "text", ["[1,2]", None, "[]"], ""),
        ([[{"x": NOON.date()}]], pa.list_(pa.struct([("x", pa.date32())])), "text", ['[{"x":"2024-01-01"}]'], ""),
        ([[("k", 1), ("l", None)]], pa.map_(pa.string(), pa.int64()), "text", ['{"k":1,"l":null}'], ""),
        ([[(1, "x")]], pa.map_(pa.int64(), pa.string()), "text", ['[[1,"x"]]'], ""),
        ([None, None], pa.null(), "text", [None, None], ""),
        ([uuid.UUID(int=17).bytes], pa.uuid(), "text", ["00000000-0000-0000-0000-000000000011"], ""),
        ([(1, 2, 3)], pa.month_day_nano_interval(), "text", None, ""),
    ],
)  # fmt: skip
def test_every_type(values: list[Any], type_: pa.DataType, kind: str, wanted: list[Any] | None, told: str) -> None:
    found = column(values, type_)
    assert found == (kind, found[1] if wanted is None else wanted, told)
    assert found[1] != [None]


def test_structs_become_columns_and_names_stay_apart() -> None:
    inner = pa.array([{"b": {"c": 1, "d.e": "x"}, "l": [1]}, None])
    piece = arrowtypes.piece(pa.table({"a": inner, "a_l": pa.array([7, 8]), "t.x": [1, 2]}), "arrow", "", 1)
    assert piece.names == ["a_b_c", "a_b_d.e", "a_l", "a_l_2", "t.x"]
    assert [piece.data.column(i).to_pylist() for i in range(4)] == [[1, None], ["x", None], ["[1]", None], [7, 8]]


def write(path: Path, how: str, table: pa.Table) -> None:
    if how == "feather":
        feather.write_feather(table, path, compression="zstd")
    elif how == "parquet":
        pq.write_table(table, path, row_group_size=20)
    else:
        make = ipc.new_file if how == "file" else ipc.new_stream
        with make(path, table.schema) as sink:
            sink.write_table(table, max_chunksize=20)


@pytest.mark.parametrize("how", ["file", "stream", "feather", "parquet"])
def test_a_file_is_taken_whole_and_half_of_one_waits(tmp_path: Path, how: str) -> None:
    table = pa.table({"id": range(100), "name": [f"n{i}" for i in range(100)]})
    write(tmp_path / "whole", how, table)
    whole = (tmp_path / "whole").read_bytes()
    name = "a.parquet" if how == "parquet" else "a.arrow"
    with folder(tmp_path, Source("t", ("in/*",), settle=60)) as watched:
        watched.write(name, whole[: len(whole) - 5])
        until(lambda: [file.status for file in watched.store.files()] == ["waiting"])
        file = watched.file(name)
        assert "yet" in file.reason or "not a whole" in file.reason
        watched.write(name, whole)
        until(lambda: watched.rows(columns="id, name, _line")[99:] == [(99, "n99", 100)])
        assert watched.file(name).status == "ready"


@pytest.mark.parametrize("how", ["file", "stream", "feather", "parquet"])
def test_no_cut_of_a_file_gives_anything_but_a_reason(tmp_path: Path, how: str) -> None:
    write(tmp_path / "whole", how, pa.table({"id": range(40), "name": [f"n{i}" for i in range(40)]}))
    whole = (tmp_path / "whole").read_bytes()
    format_ = "parquet" if how == "parquet" else "arrow"
    for length in range(1, len(whole), max(1, len(whole) // 60)):
        with pytest.raises(NotReadyError):
            reader.read(format_, "a", Stretch(whole[:length], quiet=False), None, Wish(Source("t", ()).read))  # type: ignore[arg-type]


def test_a_stream_without_an_end_mark_is_taken_when_quiet(tmp_path: Path) -> None:
    write(tmp_path / "a", "stream", pa.table({"id": range(40)}))
    cut = (tmp_path / "a").read_bytes().removesuffix(b"\xff\xff\xff\xff\0\0\0\0")
    with pytest.raises(NotReadyError, match="no end yet"):
        arrowread.read(Stretch(cut, quiet=False))
    assert len(arrowread.read(Stretch(cut)).lines) == 40


def test_the_first_feather_is_refused_with_what_to_do() -> None:
    with pytest.raises(NotReadyError, match="write the file again"):
        arrowread.read(Stretch(b"FEA1" + bytes(100) + b"FEA1"))


@pytest.mark.parametrize("format_", ["parquet", "arrow"])
def test_other_files_under_these_names(format_: str) -> None:
    for data in (b"id,v\n1,2\n", b"PK\x03\x04" + bytes(50), b"\x89PNG\r\n\x1a\n" + bytes(50), bytes(100)):
        with pytest.raises(NotReadyError, match="whatever its name says"):
            reader.read(format_, "a", Stretch(data), None, Wish(Source("t", ()).read))  # type: ignore[arg-type]
    assert len(reader.read(format_, "a", Stretch(b""), None, Wish(Source("t", ()).read)).lines) == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["file", "stream", "parquet"])
def test_the_place_of_a_row(tmp_path: Path, how: str) -> None:
    path = tmp_path / "a"
    write(path, how, pa.table({"id": range(50)}))
    place, word = (parquetread.place, "row group") if how == "parquet" else (arrowread.place, "batch")
    assert [place(str(path), row) for row in (1, 20, 21, 50)] == [
        f"{word} 1, row 1",
        f"{word} 1, row 20",
        f"{word} 2, row 1",
        f"{word} 3, row 10",
    ]
    with pytest.raises(ValueError, match="no row 51"):
        place(str(path), 51)
    path.write_bytes(b"changed")
    with pytest.raises((ValueError, OSError)):
        place(str(path), 1)
