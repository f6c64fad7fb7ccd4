"""Workbooks: the sheet, header and range; every kind of cell; errors and formulas; other kinds of workbook."""

from __future__ import annotations

import datetime as dt
import io
import time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from opsconsole.site.model import Read, Source
from opsconsole.tables.reading import excelread, excelzip
from opsconsole.tables.reading.piece import NotReadyError, Piece, Stretch, Wish
from tests.tables.folder import folder

BOOKS = Path(__file__).parents[2] / "data" / "workbooks"
FORMATS = {dt.date: "yyyy-mm-dd", dt.datetime: "yyyy-mm-dd hh:mm:ss", dt.time: "hh:mm:ss", dt.timedelta: "[h]:mm:ss"}


def book(*sheets: tuple[str, list[list[Any]]], first: str = "A1", options: dict[str, Any] | None = None) -> bytes:
    """A workbook; texts that begin with `=` are formulas with the error #DIV/0! or (as a pair) a stored value."""
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True, **(options or {})}) as workbook:
        formats = {kind: workbook.add_format({"num_format": text}) for kind, text in FORMATS.items()}
        for name, rows in sheets:
            sheet = workbook.add_worksheet(name)
            if name.startswith("hidden"):
                sheet.hide()
            at = int(first[1:]) - 1, ord(first[0]) - 65
            for y, row in enumerate(rows, at[0]):
                for x, value in enumerate(row, at[1]):
                    if isinstance(value, tuple):
                        sheet.write_formula(y, x, value[0], None, value[1])
                    elif value is not None:
                        sheet.write(y, x, value, formats.get(type(value)))
    return sink.getvalue()


def read(data: bytes, **options: Any) -> Piece:
    return excelread.read(Stretch(data), Wish(Read(**options)))


def rows(piece: Piece) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in piece.data.to_pylist()]


def aside(piece: Piece) -> list[tuple[int, str, str, str]]:
    return [(each.line, each.column, each.reason, each.raw) for each in piece.rejects]


def test_every_kind_of_cell(tmp_path: Path) -> None:
    stamp = dt.datetime(2024, 3, 31, 2, 30, 15)
    record = ["007", 17, 0.125, True, dt.date(2024, 1, 31), stamp, dt.time(7, 30), dt.timedelta(hours=36), "x\ny"]
    names = ["id", "n", "share", "ok", "day", "at", "clock", "took", "note"]
    with folder(tmp_path, Source("t", ("in/*.xlsx",))) as watched:
        watched.write("a.xlsx", book(("Data", [names, record, [None] * 9, record])))
        watched.settle()
        wanted = ("007", 17, 0.125, True, dt.date(2024, 1, 31), stamp, "07:30:00", 129600, "x\ny")
        assert watched.rows() == [wanted, wanted]
        assert watched.rows(columns="_line") == [(2,), (4,)]
        assert watched.file("a.xlsx").read_as == "sheet Data, header in row 1, column H in seconds"
        assert watched.store.quarantine()[1] == 0


@pytest.mark.parametrize("epoch", [False, True])
def test_dates_about_1904_and_the_other_epoch(epoch: bool) -> None:
    day = [[dt.date(1904, 5, 1)], [dt.date(2024, 2, 29)]]
    clock = [[dt.time(0, 0, 1)], [dt.time(23, 59, 59)]]
    table = [["born", "at"], *([a[0], b[0]] for a, b in zip(day, clock, strict=True))]
    piece = read(book(("Data", table), options={"date_1904": epoch}))
    assert rows(piece) == [("1904-05-01", "00:00:01"), ("2024-02-29", "23:59:59")]


def test_error_values_are_cells_set_aside(tmp_path: Path) -> None:
    table = [
        ["id", "a", "b"],
        [1, ("=1/0", "#DIV/0!"), 2],
        [2, 5, ("=VLOOKUP(1,A1:A2,2)", "#N/A")],
        [None, ("=X", "#NAME?"), None],
        [4, 1, 3],
        [3, ("=1+1", 2), ("=1", "#VALUE!")],
        ["Total", ("=B9", "#REF!"), 5],
    ]
    with folder(tmp_path, Source("t", ("in/*.xlsx",))) as watched:
        watched.write("a.xlsx", book(("Data", table)))
        watched.settle()
        assert watched.rows() == [(1, None, 2), (2, 5, None), (None, None, None), (4, 1, 3), (3, 2, None)]
        found, total = watched.store.quarantine()
        assert [(r.line, r.column, r.reason, r.raw) for r in found if r.column] == [
            (2, "a", "error value #DIV/0!", "#DIV/0!"),
            (3, "b", "error value #N/A", "#N/A"),
            (4, "a", "error value #NAME?", "#NAME?"),
            (6, "b", "error value #VALUE!", "#VALUE!"),
        ]
        file = watched.file("a.xlsx")
        assert (file.rows, file.rejected, file.cells, total) == (5, 1, 4, 5)
        watched.check_fresh()


def test_formulas_that_were_never_computed_are_said() -> None:
    piece = read(book(("Data", [["id", "v", "w"], [1, ("=A2*2", ""), ("=A2", "x")], [2, ("=A3*2", 4), ("=1", "y")]])))
    assert rows(piece) == [("1", None, "x"), ("2", "4", "y")]
    assert aside(piece) == [(2, "v", "a formula without a stored value: open and save it once", "=A2*2")]
    assert piece.read_as == "sheet Data, header in row 1, 1 formulas without a stored value"


def test_the_first_visible_sheet_with_data_is_read_and_the_others_named() -> None:
    data = book(("Empty", []), ("hidden 1", [["x"], [1]]), ("Plan", [["id"], [1]]), ("Ist", [["id"], [2]]))
    piece = read(data)
    assert (rows(piece), piece.read_as) == (
        [("1",)],
        "sheet Plan, header in row 1, not read: Empty, Ist, hidden: hidden 1",
    )
    assert rows(read(data, sheet=" ist ")) == [("2",)]
    assert rows(read(data, sheet="hidden 1")) == [("1",)]
    with pytest.raises(NotReadyError, match="no sheet 'Soll'; it has Empty, hidden 1, Plan, Ist"):
        read(data, sheet="Soll")
    with pytest.raises(NotReadyError, match="sheet Empty has nothing in it"):
        read(data, sheet="Empty")
    with pytest.raises(NotReadyError, match="no visible sheet"):
        read(book(("Empty", [])))


def test_a_chart_before_the_data_is_no_sheet() -> None:
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True}) as workbook:
        chart = workbook.add_chart({"type": "line"})
        chart.add_series({"values": "=Data!$A$2:$A$2"})
        workbook.add_chartsheet("Chart").set_chart(chart)
        workbook.add_worksheet("Data").write_column(0, 0, ["id", 1])
    assert rows(read(sink.getvalue())) == [("1",)]


@pytest.mark.parametrize(
    ("options", "wanted", "lines"),
    [
        ({}, [("1", "a", "10"), ("2", "b", "20"), ("3", "c", "30")], [6, 7, 8]),
        ({"range": "C5:E7"}, [("1", "a", "10"), ("2", "b", "20")], [6, 7]),
        ({"range": "d5:e"}, [("a", "10"), ("b", "20"), ("c", "30")], [6, 7, 8]),
        ({"range": "C:D"}, [("1", "a"), ("2", "b"), ("3", "c")], [6, 7, 8]),
        ({"range": "A1:Z99"}, [("1", "a", "10"), ("2", "b", "20"), ("3", "c", "30")], [6, 7, 8]),
        ({"range": "E7:C6", "header": 0}, None, None),
        ({"range": "C7:E8", "header": 0}, [("2", "b", "20"), ("3", "c", "30")], [7, 8]),
        ({"header": 6}, [("2", "b", "20"), ("3", "c", "30")], [7, 8]),
        ({"range": "C6:E8", "header": 6}, [("2", "b", "20"), ("3", "c", "30")], [7, 8]),
    ],
)
def test_header_and_range(options: dict[str, Any], wanted: list[Any] | None, lines: list[int]) -> None:
    data = book(("Data", [["Report"], [], ["id", "name", "v"], [1, "a", 10], [2, "b", 20], [3, "c", 30]]), first="C3")
    if wanted is None:
        with pytest.raises(NotReadyError, match="nothing in the range"):
            read(data, **options)
        return
    piece = read(data, **options)
    assert (rows(piece), piece.lines.tolist()) == (wanted, lines)


def test_faults_move_with_the_range() -> None:
    table = [["x", "id", "v"], ["#", 1, ("=1/0", "#DIV/0!")], ["#", 2, ("=B3", "")]]
    piece = read(book(("Data", table), first="B2"), range="C2:D9")
    assert rows(piece) == [("1", None), ("2", None)]
    assert [(line, column, raw) for line, column, _, raw in aside(piece)] == [(3, "v", "#DIV/0!"), (4, "v", "=B3")]


def test_merged_titles_and_totals(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Data")
        sheet.merge_range("A1:C1", "Plant report 2024")
        sheet.write_row(2, 0, ["line", "id", "units"])
        sheet.merge_range("A4:A5", "L1")
        sheet.write_row(3, 1, [1, 10])
        sheet.write_row(4, 1, [2, 20])
        sheet.write_row(5, 0, ["Total", None, 30])
    piece = read(sink.getvalue())
    assert rows(piece) == [("L1", "1", "10"), (None, "2", "20")]
    assert [each.reason for each in piece.rejects] == ["a total row: it would be counted twice"]
    assert piece.read_as.endswith("1 merged cells over several rows: the first row has the value")


@pytest.mark.parametrize("kind", ["xls", "xlsb", "ods"])
def test_other_kinds_of_workbook(tmp_path: Path, kind: str) -> None:
    with folder(tmp_path, Source("t", ("in/*",))) as watched:
        watched.write(f"a.{kind}", (BOOKS / f"sheet.{kind}").read_bytes())
        watched.settle()
        assert watched.rows(columns="id, day, stamp, clock, ok, rate")[1] == (
            "001",
            dt.date(2024, 1, 2),
            dt.datetime(2024, 1, 2, 10, 30),
            "07:30:00",
            True,
            0.25,
        )
        assert watched.query("SELECT count(*), min(took) FROM t") == [(3, 129600 if kind == "xls" else 1.5)]
        assert watched.store.quarantine()[1] == 0
        assert ("hidden: Secret" in watched.file(f"a.{kind}").read_as) == (kind == "never")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "web page or XML: open it and save it"),
        (b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "locked with a password"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "not a whole workbook"),
        (b"PK\x03\x04" + bytes(600), "not a whole workbook"),
        (bytes(600), "not an Excel workbook"),
        (b"%PDF-1.7\n" + bytes(600), "not an Excel workbook"),
    ],
)
def test_what_is_no_workbook_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(NotReadyError, match=reason):
        read(data)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"id,v\n1,2\n", [("1", "2")]),
        (b"id\tv\r\n1\t2\r\n", [("1", "2")]),
        ("id\tname\r\n1\tžluť\r\n".encode("utf-16"), [("1", "žluť")]),
        ("id;name\n1;grün\n".encode("cp1252"), [("1", "grün")]),
    ],
)
def test_text_under_the_name_of_a_workbook_is_read(data: bytes, wanted: list[Any]) -> None:
    piece = read(data)
    assert rows(piece) == wanted
    assert piece.dialect.whole
    assert piece.read_as.startswith("no workbook but text, whatever its name says")


def test_half_a_workbook_gives_nothing_but_a_reason() -> None:
    whole = book(("Data", [["id", "v"], *([i, i] for i in range(300))]))
    for length in range(10, len(whole), len(whole) // 40):
        with pytest.raises(NotReadyError, match="not a whole workbook"):
            read(whole[:length])


def test_a_workbook_that_would_not_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opsconsole.tables.reading.unpack.MOST", 1000)
    with pytest.raises(NotReadyError, match="unpacks to more than"):
        read(book(("Data", [["id"], [1]])))


def test_a_cell_far_outside_does_not_take_all_memory() -> None:
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Data")
        sheet.write_column(0, 0, ["id", 1])
        sheet.write("XFD1048576", "x")
    with pytest.raises(NotReadyError, match="sheet Data reaches over 17,179,869,184 cells"):
        read(sink.getvalue())


def test_an_old_workbook_that_would_end_the_process_ends_another(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray((BOOKS / "sheet.xls").read_bytes())
    # The last row's cells are moved to the last row and column that the kind of file can speak of.
    for record in range(len(data) - 8):
        if data[record : record + 8] == b"\x03\x02\x0e\x00\x05\x00\x03\x00":
            data[record + 4 : record + 8] = b"\xff\xff\xff\xff"
    assert bytes(data) != (BOOKS / "sheet.xls").read_bytes()
    monkeypatch.setattr("opsconsole.tables.reading.unpack.MOST", 1 << 30)
    with pytest.raises(NotReadyError, match="takes more memory than there is"):
        read(bytes(data))


@pytest.mark.parametrize(("letters", "position"), [("A", 0), ("Z", 25), ("AA", 26), ("XFD", 16383)])
def test_letters(letters: str, position: int) -> None:
    assert (excelzip.column(letters), excelzip.letters(position)) == (position, letters)


def test_a_large_sheet_is_read_in_seconds() -> None:
    def record(i: int) -> list[Any]:
        return [f"{i:06d}", i, i / 7, "text", i % 2 == 0]

    data = book(("Data", [["id", "n", "x", "t", "ok"], *(record(i) for i in range(20_000))]))
    started = time.perf_counter()
    piece = read(data)
    print(f"{len(piece.lines) / (time.perf_counter() - started):,.0f} rows/s")
    assert (len(piece.lines), int(piece.lines[-1])) == (20_000, 20_001)
    assert time.perf_counter() - started < 10
