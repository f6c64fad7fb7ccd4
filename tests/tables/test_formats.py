"""All edge cases in one watched folder, one source per file, each against its line in the manifest; and more."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from opsconsole.site.model import Read, Source
from tests.tables.folder import Folder, folder

CASES = Path(__file__).parent.parent / "data" / "edge_cases"
MANIFEST: dict[str, dict[str, Any]] = json.loads((CASES / "manifest.json").read_text())
DRIFT = "drift_a.parquet+drift_b.parquet"


def table(name: str) -> str:
    """The source of a file."""
    return "".join(c if c.isalnum() else "_" for c in name)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """Everything dropped into one folder at once."""
    root = tmp_path_factory.mktemp("cases")
    sources = [
        Source(table(path.name), (f"in/{path.name}",))
        for path in sorted(CASES.iterdir())
        if path.name != "manifest.json"
    ]
    sources.append(Source(table(DRIFT), ("in/drift_*.parquet",)))
    with folder(root, *sources, timezone="Europe/Berlin") as made:
        for path in CASES.iterdir():
            if path.name != "manifest.json":
                shutil.copy(path, made.place / path.name)
        made.settle()
        yield made


def one(cases: Folder, name: str, what: str) -> Any:
    """One value of a file's table."""
    return cases.query(f'SELECT {what} FROM "{table(name)}"')[0][0]


REFUSED = {
    "broken.parquet": ("failed", "not a whole Parquet file"),
    "empty.csv": ("ready", "empty"),
}
IGNORED = {"~$lock.xlsx", "upload.csv.part"}


@pytest.mark.parametrize("name", sorted(set(MANIFEST) - set(REFUSED) - IGNORED))
def test_a_case_meets_its_line_in_the_manifest(cases: Folder, name: str) -> None:
    wanted = MANIFEST[name]
    columns = [c for c in cases.store.schemas()[table(name)] if c not in ("_file", "_line", "_time")]
    counted = next(
        (
            wanted[k]
            for k in ("rows", "rows_good", "rows_data", "data_rows", "rows_complete", "rows_items")
            if k in wanted
        ),
        None,
    )
    if counted is not None:
        assert one(cases, name, "count(*)") == counted
    for key, value in wanted.items():
        if key.startswith("sum_"):
            column = {"sum_qty_without_bad": "qty", "sum_amount_if_understood": "amount"}.get(key, key[4:])
            assert one(cases, name, f'sum("{column}")') == value
    if "cols" in wanted:
        assert columns == wanted["cols"]
    if "ncols" in wanted:
        assert len(columns) == wanted["ncols"]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_cannot_be_read_says_why(cases: Folder, name: str) -> None:
    status, reason = REFUSED[name]
    file = cases.file(name)
    assert (file.status, file.rows) == (status, 0)
    assert file.reason.startswith(reason)


def test_every_file_is_accounted_for(cases: Folder) -> None:
    listed = {file.path.removeprefix("in/") for file in cases.store.files()}
    there = {path.name for path in CASES.iterdir()} - {"manifest.json"}
    assert listed == there - IGNORED


def test_the_bad_lines_are_named(cases: Folder) -> None:
    def aside(name: str) -> list[tuple[int, str, str]]:
        return [(r.line, r.column, r.raw) for r in cases.store.quarantine(table(name))[0]]

    assert aside("ragged.csv") == [(3, "", "B,2"), (4, "", "C,Z,3,EXTRA")]
    assert aside("one_bad_row_in_1000.csv") == [(701, "", "700,S0")]
    assert aside("bad_line_middle.jsonl") == [(2, "", "NOT JSON")]
    assert aside("preamble_and_total.csv") == [(8, "", "Total,400")]
    assert aside("workbook_title_merged_formula_hidden.xlsx") == [
        *((row, "rate", f"=C{row}/24") for row in range(4, 9)),
        (9, "", "Total\t\t\t"),
    ]
    assert aside("dates_mixed_formats.csv") == [(6, "when", "not a date")]
    assert aside("nan_inf.csv") == [(3, "v", "inf"), (4, "v", "-inf")]


def test_texts_stay_as_they_are(cases: Folder) -> None:
    assert cases.rows(table("ids_leading_zeros.csv"), "sku") == [
        ("000123",),
        ("000124",),
        ("1E5",),
        ("12345678901234567890",),
    ]
    groups = dict(cases.rows(table("na_is_an_id.csv"), "region, qty"))
    assert groups == {"NA": 1, "EU": 2, "null": 3, "None": 4, None: 5}
    assert cases.rows(table("terminal_escape.csv"), "note")[0] == ("\x1b[31mred\x1b[0m",)
    assert cases.rows(table("nul_bytes.csv"), "id")[0] == ("A\0",)
    assert one(cases, "duplicate_headers.csv", "sum(value_2)") == 30
    assert one(cases, "very_long_field.csv", "max(length(blob))") > 2_900_000
    assert cases.rows(table("embedded_newlines_quotes.csv"), "note, _line")[:2] == [
        ("line1\nline2", 2),
        ('say "hi", ok', 4),
    ]


def test_dates_and_times(cases: Folder) -> None:
    when = [row[0] for row in cases.rows(table("dates_dmy_ambiguous.csv"), '"when"')]
    assert when == [dt.date(2024, 4, 3), dt.date(2024, 4, 13), dt.date(2024, 12, 5)]
    utc = cases.rows(table("tz_offsets_dst.csv"), "strftime(timezone('UTC', ts), '%Y-%m-%dT%H:%M:%SZ')")
    assert [row[0] for row in utc] == MANIFEST["tz_offsets_dst.csv"]["utc"]
    dates = cases.rows(table("epoch1904.xlsx"), "CAST(d AS VARCHAR)")
    assert [row[0] for row in dates] == MANIFEST["epoch1904.xlsx"]["dates"]
    assert cases.rows(table("cp1252_semicolon_decimal_comma.csv"), "name, value, date")[0] == (
        "Müller",
        1234.5,
        dt.date(2024, 1, 31),
    )


def test_nested_and_typed(cases: Folder) -> None:
    assert one(cases, "nested.json", "avg(m_t)") == 21.0
    assert cases.rows(table("types.parquet"), "lst, d, dec") == [
        ("[1,2]", dt.date(2024, 1, 1), 1.1),
        ("[3]", dt.date(2024, 1, 2), 2.2),
    ]
    assert cases.store.schemas()[table(DRIFT)]["v"] == "DOUBLE"
    assert cases.rows(table("boolean_variants.csv"), "ok") == [(True,), (False,), (True,), (False,), (True,), (False,)]
    assert one(cases, "money_percent_parentheses.csv", "max(margin)") == 12.5


def test_how_a_file_was_read_is_told(cases: Folder) -> None:
    assert (
        cases.file("cp1252_semicolon_decimal_comma.csv").read_as
        == "cp1252, semicolon, header on line 1, decimal comma, date D/M/Y"
    )
    assert cases.file("utf16le_bom.csv").read_as.startswith("utf-16-le")
    assert cases.file("preamble_and_total.csv").read_as == "utf-8, comma, header on line 4"
    assert (
        cases.file("workbook_title_merged_formula_hidden.xlsx").read_as
        == "sheet Data, header in row 3, not read: Errors, Empty, hidden: Hidden, 5 formulas without a stored value"
    )
    assert cases.file("not_really.xlsx").read_as.startswith(
        "no workbook but text, whatever its name says, utf-8, comma"
    )
    assert cases.rows(table("not_really.xlsx")) == [(1, 2)]
    assert cases.file("gz.csv.gz").read_as.startswith("gzip, utf-8")


# --- more than the manifest ------------------------------------------------------------------------------------


def test_event_time_is_naive_utc_and_survives_gap_and_fold(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.csv",), time="at"), timezone="Europe/Berlin") as watched:
        watched.write("a.csv", "at,v\n2024-01-01 12:00:00,1\n2024-03-31 02:30:00,2\n2024-10-27 02:30:00,3\n")
        watched.settle()
        times = [row[0] for row in watched.rows(columns="_time")]
        assert times == [dt.datetime(2024, 1, 1, 11), dt.datetime(2024, 3, 31, 1, 30), dt.datetime(2024, 10, 27, 1, 30)]
        assert watched.store.schemas()["t"]["at"] == "TIMESTAMP"
        assert watched.store.totals()["t"].last_event == dt.datetime(2024, 10, 27, 1, 30, tzinfo=dt.UTC).timestamp()


def test_the_sources_own_zone_and_epoch_seconds(tmp_path: Path) -> None:
    sources = [
        Source("t", ("in/*.csv",), time="at", timezone="America/New_York"),
        Source("e", ("in/*.ndjson",), time="at"),
    ]
    with folder(tmp_path, *sources) as watched:
        watched.write("a.csv", "at,v\n2024-01-01 12:00:00,1\n")
        watched.write("a.ndjson", '{"at": 1704110400, "v": 1}\n{"at": 1704110401500, "v": 2}\n')
        watched.settle()
        assert watched.rows("t", "_time") == [(dt.datetime(2024, 1, 1, 17),)]
        moments = [dt.datetime(2024, 1, 1, 12), dt.datetime(2024, 1, 1, 12, 0, 1, 500000)]
        assert [row[0] for row in watched.rows("e", "_time")] == moments


def test_stamps_with_z_are_times(watched: Folder) -> None:
    watched.write("a.csv", "ts,v\n2013-01-01T10:00:00Z,1\n")
    watched.settle()
    assert watched.store.schemas()["t"]["ts"] == "TIMESTAMP WITH TIME ZONE"


def test_day_and_month_are_decided_over_the_whole_file(watched: Folder) -> None:
    body = "".join(f"0{1 + i % 9}/0{1 + i % 5}/2024,{i}\n" for i in range(5000))
    watched.write("a.csv", "d,v\n" + body + "09/28/2024,1\n")
    watched.settle()
    assert watched.rows(columns="d")[-1] == (dt.date(2024, 9, 28),)
    assert watched.rows(columns="d")[0] == (dt.date(2024, 1, 1),)
    assert watched.rows(columns="d")[1] == (dt.date(2024, 2, 2),)
    assert "d M/D/Y" in watched.file("a.csv").read_as


def test_a_later_line_that_proves_the_order_wrong_reads_the_file_again(watched: Folder) -> None:
    watched.write("a.csv", "d,v\n" + "".join(f"03/04/2024,{i}\n" for i in range(100)))
    watched.settle()
    assert "D/M/Y assumed" in watched.file("a.csv").read_as
    watched.append("a.csv", "03/25/2024,1\n")
    watched.settle()
    assert set(watched.rows(columns="d")) == {(dt.date(2024, 3, 4),), (dt.date(2024, 3, 25),)}
    assert watched.file("a.csv").quarantined == 0


def test_types_widen_and_columns_come(watched: Folder) -> None:
    watched.write("a.csv", "id,v,d\n1,1,2024-01-01\n")
    watched.settle()
    assert watched.store.schemas()["t"]["v"] == "BIGINT"
    watched.write("b.csv", "v,d,id,more\n2.5,2024-01-01 10:00,2,x\n")
    watched.settle()
    types = watched.store.schemas()["t"]
    assert (types["v"], types["d"], types["more"]) == ("DOUBLE", "TIMESTAMP", "VARCHAR")
    assert watched.rows(columns="v, more") == [(1.0, None), (2.5, "x")]


def test_a_type_decided_from_few_values_is_decided_again(watched: Folder) -> None:
    watched.write("a.csv", "order,v\n1001,1\n1002,2\n")
    watched.settle()
    watched.write("b.csv", "order,v\nA-17,3\n0018,4\n")
    watched.settle()
    assert watched.rows(columns='"order"') == [("1001",), ("1002",), ("A-17",), ("0018",)]
    assert watched.store.quarantine()[1] == 0


def test_a_cell_that_does_not_fit_an_established_type_is_set_aside(watched: Folder) -> None:
    watched.write("a.csv", "id,v\n" + "".join(f"{i},{i}\n" for i in range(3000)))
    watched.settle()
    watched.append("a.csv", "3000,soon\n")
    watched.settle()
    assert watched.rows(columns="id, v")[-1] == (3000, None)
    (record,), total = watched.store.quarantine()
    assert (record.file, record.line, record.column, record.reason, record.raw) == (
        "in/a.csv",
        3002,
        "v",
        "not a number",
        "soon",
    )
    assert total == watched.file("a.csv").quarantined == 1


def test_a_column_with_few_values_has_their_type(watched: Folder) -> None:
    watched.write("a.csv", "id,speed\n" + "".join(f"{i},{90.5 if i in (7777, 15551) else ''}\n" for i in range(20_000)))
    watched.settle()
    assert watched.store.schemas()["t"]["speed"] == "DOUBLE"
    assert watched.query("SELECT sum(speed), count(speed) FROM t") == [(181.0, 2)]


def test_pins_win(tmp_path: Path) -> None:
    pins = {"order": "text", "v": "number", "d": "date"}
    with folder(tmp_path, Source("t", ("in/*.csv",), columns=pins)) as watched:  # type: ignore[arg-type]
        watched.write("a.csv", "order,v,d\n17,1,2024-01-01\n18,x,2024-01-02\n")
        watched.settle()
        assert watched.rows() == [("17", 1.0, dt.date(2024, 1, 1)), ("18", None, dt.date(2024, 1, 2))]
        assert watched.store.quarantine()[0][0].reason == "not a number"


def test_read_options(tmp_path: Path) -> None:
    read = Read(encoding="cp1252", delimiter="|", decimal=",", header=3, null=("-99", "k.A."))
    with folder(tmp_path, Source("t", ("in/*.csv",), read=read)) as watched:
        watched.write("a.csv", "Bericht|x\n|\nwert|größe\n1,5|a\n-99|k.A.\n1.000,25|ü\n".encode("cp1252"))
        watched.settle()
        assert watched.rows() == [(1.5, "a"), (None, None), (1000.25, "ü")]


def test_ndjson_grows_with_new_keys_and_bad_lines(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.ndjson",))) as watched:
        watched.write("a.ndjson", "".join(f'{{"id": {i}, "a": {{"b": "x"}}}}\n' for i in range(60)))
        watched.settle()
        watched.append("a.ndjson", '{"id": 60, "new": [1, 2]}\n[1]\n\n{"id": 61, "a": {"b": nul')
        watched.settle()
        assert watched.rows(columns="id, a_b, new")[-2:] == [(59, "x", None), (60, None, "[1,2]")]
        assert watched.file("a.ndjson").reason == "its last record is not complete"
        watched.append("a.ndjson", 'l}, "new": true}\n')
        watched.settle()
        assert watched.rows(columns="id, new, _line")[-1] == (61, "true", 64)
        assert [(r.line, r.reason) for r in watched.store.quarantine()[0]] == [(62, "not a JSON object")]
        watched.check_fresh()


def test_ndjson_with_only_bad_lines_added(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.ndjson",))) as watched:
        watched.write("a.ndjson", "".join(f'{{"id": {i}}}\n' for i in range(60)))
        watched.settle()
        for step in range(2):
            watched.append("a.ndjson", f"bad {step}\n")
            watched.settle()
        watched.append("a.ndjson", '{"id": 60}\n')
        watched.settle()
        assert watched.rows(columns="id, _line")[-1] == (60, 63)
        assert watched.file("a.ndjson").rows == 61
        assert watched.query("SELECT generation FROM _ops.files") == [(1,)]
        watched.check_fresh()


def test_a_readers_panic_stops_only_its_file(watched: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    from opsconsole.tables.reading import reader

    class PanicException(BaseException):
        pass

    real = reader._read

    def read(format_: Any, path: str, *rest: Any) -> Any:
        if path.endswith("bad.csv"):
            raise PanicException("index out of bounds")
        return real(format_, path, *rest)

    monkeypatch.setattr(reader, "_read", read)
    watched.write("bad.csv", "id\n1\n")
    watched.write("good.csv", "id,v\n2,3\n")
    watched.settle()
    assert watched.rows() == [(2, 3)]
    assert watched.file("bad.csv").reason == "cannot be read: index out of bounds"


def test_a_parquet_file_that_is_replaced_and_whose_types_differ(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with folder(tmp_path, Source("t", ("in/*.parquet",))) as watched:
        pq.write_table(pa.table({"v": [1, 2], "d": [dt.date(2024, 1, 1), None]}), watched.place / "a.parquet")
        watched.settle()
        moments = pa.array([dt.datetime(2024, 1, 1, 10), None])
        other = pa.table({"v": [4.5, float("nan")], "d": moments, "s": [{"x": 1, "y": "b"}, None]})
        pq.write_table(other, watched.place / "b.parquet")
        watched.settle()
        assert watched.rows(columns="v, d, s_x, s_y") == [
            (1.0, dt.datetime(2024, 1, 1), None, None),
            (2.0, None, None, None),
            (4.5, dt.datetime(2024, 1, 1, 10), 1, "b"),
            (None, None, None, None),
        ]
        pq.write_table(pa.table({"v": [9]}), watched.place / "a.parquet")
        watched.settle()
        assert watched.rows(columns="v")[0] == (9.0,)
        assert watched.store.quarantine()[1] == 0


def test_a_half_written_document_waits_and_is_taken_when_whole(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.json",), settle=60)) as watched:
        watched.write("a.json", '[{"id": 1}, {"id"')
        from tests.waiting import until

        until(lambda: [f.status for f in watched.store.files()] == ["waiting"])
        file = watched.file("a.json")
        assert file.reason.startswith("not a whole JSON document")
        assert file.retry_at is not None
        watched.append("a.json", ": 2}]")
        until(lambda: watched.rows(columns="id") == [(1,), (2,)])
        assert watched.file("a.json").status == "ready"


def test_half_a_gzip_waits_then_fails_and_heals(watched: Folder) -> None:
    watched.close()
    watched.sources = {"t": Source("t", ("in/*",), settle=0.2)}
    watched.open()
    whole = gzip.compress(b"id,v\n1,2\n") + gzip.compress(b"3,4\n")
    watched.write("a.csv.gz", whole[:-9])
    watched.write("good.csv", "id,v\n5,6\n")
    watched.settle()
    assert (watched.file("a.csv.gz").status, watched.file("good.csv").status) == ("failed", "ready")
    watched.write("a.csv.gz", whole)
    watched.settle()
    assert watched.rows() == [(1, 2), (3, 4), (5, 6)]


def test_odd_quotes_and_headerless(watched: Folder) -> None:
    watched.write("a.csv", 'id,note\n1,5" pipe\n2,"never closed\n3,"a ""b"""\n4,plain\n')
    watched.settle()
    assert watched.rows() == [(1, '5" pipe'), (3, 'a "b"'), (4, "plain")]
    assert [(r.line, r.reason) for r in watched.store.quarantine()[0]] == [(3, "quote never closed")]
    watched.write("a.csv", "2024-01-01,1.5\n2024-01-02,2.5\n")
    watched.settle()
    assert watched.rows(columns="column_1, column_2") == [(dt.date(2024, 1, 1), 1.5), (dt.date(2024, 1, 2), 2.5)]


def test_bytes_that_are_not_utf8_after_all(watched: Folder) -> None:
    watched.write("a.csv", "id,name\n" + "".join(f"{i},x\n" for i in range(100)))
    watched.settle()
    assert "utf-8" in watched.file("a.csv").read_as
    watched.append("a.csv", "100,Grün\n".encode("cp1252"))
    watched.settle()
    assert watched.rows(columns="name")[-1] == ("Grün",)
    assert "cp1252" in watched.file("a.csv").read_as


@pytest.mark.parametrize("name", ["noise.csv", "noise.tsv"])
def test_a_picture_called_table_gives_no_rows(watched: Folder, name: str) -> None:
    noise = bytes(range(256)) * 16 + b"\n" + bytes(reversed(range(256))) * 16
    with folder(watched.root / "other", Source("t", (f"in/{name}",))) as made:
        made.write(name, b"\x89PNG\r\n" + noise)
        made.settle()
        found = made.file(name)
        assert (found.rows, made.rows()) == (0, [])
        assert "not text" in found.reason
        assert found.status in ("waiting", "failed")


def test_a_few_control_characters_are_no_picture(watched: Folder) -> None:
    watched.write("a.csv", "id,text\n" + "".join(f"{row},a\x01b\x02 and the like\n" for row in range(50)))
    watched.settle()
    assert len(watched.rows()) == 50
