"""JSON as it comes: documents, wrappers, lines, values that are only nearly JSON, and what grows."""

from __future__ import annotations

import datetime as dt
import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from opsconsole.site.model import Read, Source
from opsconsole.tables.reading import jsonread
from opsconsole.tables.reading.piece import NotReadyError, Piece, Stretch, Wish
from tests.tables.folder import Folder, folder


def document(data: str | bytes, **read: Any) -> Piece:
    return jsonread.read_document(Stretch(data.encode() if isinstance(data, str) else data), Wish(Read(**read)))


def lines(data: str | bytes, **read: Any) -> Piece:
    return jsonread.read_lines(Stretch(data.encode() if isinstance(data, str) else data), None, Wish(Read(**read)))


def rows(piece: Piece) -> list[dict[str, Any]]:
    """The records of a piece, without the fields that they lack."""
    named = piece.data.rename_columns(piece.names).to_pylist()
    return [{key: value for key, value in row.items() if value is not None} for row in named]


def aside(watched: Folder) -> list[tuple[int, str, str]]:
    return [(r.line, r.column, r.raw) for r in watched.store.quarantine()[0]]


@pytest.mark.parametrize(
    ("text", "wanted", "told"),
    [
        ('[{"id": 1}, {"id": 2}]', [{"id": "1"}, {"id": "2"}], "utf-8"),
        ('{"id": 1, "a": {"b": {"c": "x"}}}', [{"id": "1", "a_b_c": "x"}], "one record"),
        (
            '{"status": "ok", "page": {"n": 3, "of": 9}, "data": [{"id": 1}, {"id": 2, "page_n": 7}]}',
            [{"id": "1", "status": "ok", "page_of": "9"}, {"id": "2", "page_n": "7", "status": "ok", "page_of": "9"}],
            "records of data",
        ),
        (
            '{"station": "S1", "out": {"readings": [{"v": 1.50}]}, "log": [], "people": [{"n": 1}], "tags": [1]}',
            [{"v": "1.5", "station": "S1", "log": "[]", "tags": "[1]"}],
            "records of out.readings, not read: people",
        ),
        (
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Point",'
            ' "coordinates": [1.5, 2]}, "properties": {"name": "A"}}]}',
            [{"type": "Feature", "geometry_type": "Point", "geometry_coordinates": "[1.5,2]", "properties_name": "A"}],
            "records of features",
        ),
        ('{"data": [], "total": 0}', [], "no records in data"),
        ('{"id": 1, "tags": []}', [{"id": "1", "tags": "[]"}], "one record"),
        ("[]", [], "utf-8"),
        ("[1, null, [2]]", [{"value": "1"}, {}, {"value": "[2]"}], "utf-8"),
        ('[{"order": 1, "items": [{"sku": "007"}]}]', [{"order": "1", "items": '[{"sku":"007"}]'}], "utf-8"),
        ('{"a": 1}\n{"a": 2}\n', [{"a": "1"}, {"a": "2"}], "utf-8"),
        ('{"a": 1}{"a": 2} [{"a": 3}]', [{"a": "1"}, {"a": "2"}, {"a": "3"}], "3 documents"),
        ('{\n  "a": 1\n}\n{\n  "a": 2\n}\n', [{"a": "1"}, {"a": "2"}], "2 documents"),
        ('{"a": 1}\n{\n  "a": 2\n}\n', [{"a": "1"}, {"a": "2"}], "2 documents"),
        ('[{"a": NaN, "b": -Infinity, "c": 1e400}]', [{"b": "-Infinity", "c": "1e400"}], "nearly JSON"),
        ('\ufeff[{"a": 1}]', [{"a": "1"}], "utf-8"),
        ("", [], "utf-8"),
    ],
)
def test_documents(text: str, wanted: list[dict[str, Any]], told: str) -> None:
    piece = document(text)
    assert rows(piece) == wanted
    assert told in piece.read_as
    assert piece.rejects == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("18446744073709551617", "18446744073709551617"),
        ("-9223372036854775809", "-9223372036854775809"),
        ("1" * 5000, "1" * 5000),
        ("20.0", "20.0"),
        ("0.1", "0.1"),
        ("1e400", "1e400"),
        ('"007"', "007"),
        ('"1E5"', "1E5"),
        ("true", "true"),
        ('"a\tb"', "a\tb"),
        ('"\\ud800x"', "?x"),
        ('""', ""),
        ("{}", "{}"),
        ('{"x": {"y": {"z": {"deep": {"er": 1}}}}}', '{"er":1}'),
    ],
)
def test_values_keep_their_text(value: str, text: str) -> None:
    piece = lines(f'{{"v": {value}}}\n')
    assert (piece.data.column(0).to_pylist(), piece.rejects) == ([text], [])


def test_mixed_values_in_one_column() -> None:
    values = ["1", "2.50", "null", "true", '"x"', "[1, 2]", "{}", "123456789012345678901234567890"]
    piece = lines("".join(f'{{"v": {value}}}\n' for value in values))
    assert piece.data.column(0).to_pylist() == ["1", "2.5", None, "true", "x", "[1,2]", "{}", values[-1]]


def test_keys_that_meet_and_keys_given_twice() -> None:
    assert rows(lines('{"a_b": 1}\n{"a": {"b": 2}}\n')) == [{"a_b": "1"}, {"a_b": "2"}]
    assert rows(lines('{"a_b": 1, "a": {"b": 2}}\n')) == [{"a_b": "1", "a_b_2": "2"}]
    assert rows(lines('{"a": 1, "a": 2}\n')) == [{"a": "2"}]
    assert rows(lines('{"a": {"b": 1}}\n{"a": 5}\n{"a": null}\n')) == [{"a_b": "1"}, {"a": "5"}, {}]


def test_data_as_keys_stay_one_column() -> None:
    inner = {f"order-{i}": {"v": i} for i in range(1000)}
    (row,) = rows(lines(json.dumps({"id": 1, "orders": inner}) + "\n"))
    assert row["id"] == "1"
    assert json.loads(row["orders"]) == inner


def test_lines_that_are_no_records_are_set_aside_one_by_one() -> None:
    bad = ["[1]", "17", '"x"', "null", '{"id": ', "{'id': 1}", "[" * 100_000 + "]" * 100_000]
    body = "".join(f'{{"id": {i}}}\n{text}\r\n' for i, text in enumerate(bad))
    piece = lines(body)
    assert rows(piece) == [{"id": str(i)} for i in range(len(bad))]
    assert [r.line for r in piece.rejects] == [2, 4, 6, 8, 10, 12, 14]
    assert [r.raw for r in piece.rejects] == bad
    assert {r.reason for r in piece.rejects[:4]} == {"not a JSON object"}
    assert all(r.reason.startswith("not JSON: ") for r in piece.rejects[4:])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "utf-32"])
def test_encodings_and_line_ends(encoding: str) -> None:
    piece = lines('{"v": "žluť"}\r\n\r\n{"v": "b"}\r\n{"v": "c"}'.encode(encoding))
    assert rows(piece) == [{"v": "žluť"}, {"v": "b"}, {"v": "c"}]
    assert piece.lines.tolist() == [1, 3, 4]


def test_bytes_that_are_not_utf8_are_read_in_the_fallback() -> None:
    body = '{"v": "grün"}\n'.encode() + '{"v": "grün"}\n'.encode("cp1252")
    piece = lines(body)
    assert rows(piece) == [{"v": "grün"}, {"v": "grün"}]
    assert "nearly JSON in 1 place" in piece.read_as
    assert rows(lines('{"v": "Москва"}\n'.encode("cp1251"), fallback="cp1251")) == [{"v": "Москва"}]
    assert rows(lines('{"v": "Москва"}\n'.encode("cp1251"), encoding="cp1251")) == [{"v": "Москва"}]


def test_a_document_under_the_name_of_lines(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.jsonl",))) as watched:
        watched.write("a.jsonl", json.dumps([{"id": 1, "v": "x"}, {"id": 2, "v": None}], indent=2))
        watched.write("b.jsonl", json.dumps({"id": 3}, indent=2) + "\n" + json.dumps({"id": 4}, indent=2))
        watched.settle()
        assert watched.rows(columns="id") == [(1,), (2,), (3,), (4,)]
        assert aside(watched) == []
        watched.check_fresh()


def test_lines_under_the_name_of_a_document_that_grow(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.json",))) as watched:
        watched.write("a.json", '{"id": 1}\nbad\n{"id": 2}\n{"id": 3')
        watched.settle()
        assert watched.rows(columns="id, _line") == [(1, 1), (2, 3)]
        assert aside(watched) == [(2, "", "bad")]
        assert watched.file("a.json").reason == "its last record is not complete"
        watched.append("a.json", "4}\n")
        watched.settle()
        assert watched.rows(columns="id, _line") == [(1, 1), (2, 3), (34, 4)]
        watched.check_fresh()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[{"id": 1},\n {"id": 2', "not a whole JSON document: Input data was truncated"),
        ('[{"id": 1},\n {"id" 2}]', "not a whole JSON document: line 2: "),
        ("17", "the JSON document holds no records"),
        ("id,v\n1,2\n", "not a whole JSON document"),
        ("[" * 100_000, "not a whole JSON document"),
    ],
)
def test_what_is_no_document_says_why(text: str, reason: str) -> None:
    with pytest.raises(NotReadyError, match=reason):
        document(text)


def test_infinite_and_missing_numbers_in_a_table(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.ndjson",))) as watched:
        watched.write("a.ndjson", '{"id": 1, "v": 1.5}\n{"id": 2, "v": NaN}\n{"id": 3, "v": Infinity}\n')
        watched.settle()
        assert watched.rows() == [(1, 1.5), (2, None), (3, None)]
        assert aside(watched) == [(3, "v", "Infinity")]


def test_drifting_and_wide_records(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.ndjson",))) as watched:
        body = [{"id": i, f"k{i % 40}": i, "late": dt.date(2024, 1, 1 + i % 28).isoformat()} for i in range(5000)]
        body += [{"id": 5000 + i, **{f"w{j}": j for j in range(200)}} for i in range(50)]
        watched.write("a.ndjson", "".join(json.dumps(record) + "\n" for record in body))
        watched.settle()
        assert watched.query("SELECT count(*), sum(k7), count(w199), max(late) FROM t") == [
            (5050, sum(range(7, 5000, 40)), 50, dt.date(2024, 1, 28))
        ]
        watched.append("a.ndjson", '{"id": 9999, "brand": {"new": "x"}}\n')
        watched.settle()
        assert watched.query("SELECT id FROM t WHERE brand_new = 'x'") == [(9999,)]
        watched.check_fresh()


def test_every_value_comes_out_as_json_reads_it() -> None:
    random_ = random.Random(7)
    values = [None, True, False, 0, -5, 2**62, 1.5, 20.0, 1e-7, 1e300, "", "x", "ä\n", [1, "a"], {}, {"k": [None]}]
    records = [
        {f"k{random_.randrange(12)}": random_.choice(values) for _ in range(random_.randrange(6))} for _ in range(9000)
    ]
    piece = lines("".join(json.dumps(record) + "\n" for record in records))
    for record, row in zip(records, rows(piece), strict=True):
        wanted = {
            key: value for key, value in record.items() if value is not None and not (value and isinstance(value, dict))
        }
        assert {key: row[key] for key in wanted} == {
            key: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
            for key, value in wanted.items()
            if not isinstance(value, float)
        } | {key: row[key] for key, value in wanted.items() if isinstance(value, float)}
        assert all(float(row[key]) == value for key, value in wanted.items() if isinstance(value, float))


def test_lines_are_read_fast() -> None:
    record = (
        '{{"ts":"2024-01-01T10:00:{0:02d}Z","id":{1},"site":"S1","line":"L{2}","temp":{3},"qty":7,"ok":true,"n":"x"}}\n'
    )
    body = "".join(record.format(i % 60, i, i % 3, i / 8) for i in range(100_000)).encode()
    lines(body[:1000])
    started = time.perf_counter()
    piece = lines(body)
    rate = len(piece.lines) / (time.perf_counter() - started)
    print(f"{rate:,.0f} records/s")
    assert len(piece.lines) == 100_000
    assert rate > 50_000
