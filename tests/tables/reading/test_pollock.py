"""Every pollution class of the Pollock benchmark (Vitagliano et al., VLDB 2023), read without an option per file.

Each class is made from one clean table. What comes out has to be that table; or the one affected record is set aside
with its line, and all others are there and in the right columns.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

import pytest

from tests.tables.reading.pieces import Result, read, read_growing, written

HEADER = ["DATE", "TIME", "Qty", "PRODUCTID", "Price", "ProductType", "Description", "URL", "Comments"]


def row(number: int) -> list[str]:
    """A record with a date, a clock, numbers, and texts with delimiters, line ends and quotes in them."""
    notes = ["Warm, light and quick", "plain", "Men's 10\" boots", "two\nlines, and more", 'she said "go", twice']
    return [
        f"{number % 28 + 1:02}/01/2018",
        f"{number % 24:02}:15",
        str(number % 9),
        f"MG-{8000 + number}",
        f"{number * 1.25 + 0.5:.2f}",
        ["Boots", "Throw Pillow", "Kids' Jumper Hat"][number % 3],
        notes[number % len(notes)],
        f"https://example.com/p/{number}.html",
        "" if number % 4 else "last one",
    ]


CLEAN = [row(number) for number in range(84)]
TABLE = [HEADER, *CLEAN]


def rows_of(result: Result) -> list[list[str | None]]:
    return [list(one) for one in result.rows]


def the_table(result: Result, rows: Sequence[Sequence[str]] = CLEAN, names: Sequence[str] = HEADER) -> None:
    assert result.names == list(names)
    assert rows_of(result) == [list(one) for one in rows]


def lines_of(rows: Sequence[Sequence[str]]) -> list[int]:
    """The line on which each record begins."""
    at, result = 1, []
    for one in rows:
        result.append(at)
        at += 1 + sum(cell.count("\n") for cell in one)
    return result


# --- the whole file ---------------------------------------------------------------------------------------------

FILES: dict[str, bytes] = {
    "source": written(TABLE),
    "source, all quoted": written(TABLE, every=True),
    "no trailing newline": written(TABLE)[:-1],
    "double trailing newline": written(TABLE) + b"\n",
    "double trailing newline, CRLF": written(TABLE, end="\r\n") + b"\r\n\r\n",
    "record delimiter LF": written(TABLE, end="\n"),
    "record delimiter CR": written(TABLE, end="\r"),
    "record delimiter CRLF": written(TABLE, end="\r\n"),
    "field delimiter semicolon": written(TABLE, ";"),
    "field delimiter tab": written(TABLE, "\t"),
    "field delimiter bar": written(TABLE, "|"),
    "field delimiter space": written(TABLE, " "),
    "field delimiter caret": written(TABLE, "^"),
    "field delimiter control-A": written(TABLE, "\x01"),
    "field delimiter section sign": written(TABLE, "§"),
    "quote '": written(TABLE, quote="'"),
    "quote ', all quoted": written(TABLE, quote="'", every=True),
    "quote ' and semicolon": written(TABLE, ";", quote="'", every=True),
    "preamble": b"PREAMBLE,,,,,,,,\n,,,,,,,,\n" + written(TABLE),
    "preamble, not padded": b"Sales of 2018\nof the shop\n\n" + written(TABLE),
    "header of two rows": written([HEADER, HEADER, *CLEAN]),
    "header of three rows": written([HEADER, HEADER, HEADER, *CLEAN]),
    "UTF-8 with mark": b"\xef\xbb\xbf" + written(TABLE),
    "UTF-16": written(TABLE, encoding="utf-16"),
    "UTF-16 without mark": written(TABLE, encoding="utf-16-le"),
    "UTF-16 big endian, without mark": written(TABLE, encoding="utf-16-be"),
    "UTF-32": written(TABLE, encoding="utf-32"),
    "UTF-32 without mark": written(TABLE, encoding="utf-32-be"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_polluted_file_gives_the_clean_table(name: str) -> None:
    result = read(FILES[name])
    the_table(result)
    assert result.rejects == []


def test_comma_and_space_delimit_together() -> None:
    lines = []
    for one in TABLE:
        lines.append(
            ", ".join('"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n') else cell for cell in one)
        )
    result = read(("\n".join(lines) + "\n").encode())
    the_table(result)
    assert "comma and space" in result.told


def test_escape_with_a_backslash() -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, doublequote=False, escapechar="\\", lineterminator="\n").writerows(TABLE)
    result = read(stream.getvalue().encode())
    the_table(result)
    assert "escape \\" in result.told


def test_no_escape_at_all() -> None:
    """A quote inside a quoted field, neither doubled nor escaped. One before a comma is ambiguous: it is set aside."""
    lines = []
    for one in TABLE:
        lines.append(",".join('"' + cell + '"' if set(cell) & set(',"\n') else cell for cell in one))
    result = read(("\n".join(lines) + "\n").encode())
    ambiguous = [number for number, one in enumerate(CLEAN) if '",' in one[6]]
    assert rows_of(result) == [one for number, one in enumerate(CLEAN) if number not in ambiguous]
    assert [line for line, _ in result.aside] == [lines_of(TABLE)[number + 1] for number in ambiguous]


def test_no_payload() -> None:
    for data in (b"", b"\n", b"\r\n\r\n"):
        result = read(data)
        assert (result.names, result.rows, result.rejects) == ([], [], [])


def test_header_only_and_one_row() -> None:
    assert read(written([HEADER])).names == HEADER
    assert read(written([HEADER])).rows == []
    for count in (1, 2, 3):
        the_table(read(written(TABLE[: count + 1])), CLEAN[:count])


def test_no_header() -> None:
    result = read(written(CLEAN))
    the_table(result, CLEAN, [f"column_{number}" for number in range(1, 10)])
    assert "no header" in result.told


# --- several tables in one file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", ["", "\n", "\n\nAnother table\n"])
@pytest.mark.parametrize("width", [6, 9, 11])
def test_a_second_table_below(width: int, gap: str) -> None:
    """One like the first goes on with it. Of one with fewer or more columns under the same names none gets lost."""
    names = [*HEADER, "More", "Still more"][:width]
    extra = [[*one, "x", "y"][:width] for one in CLEAN[:20]]
    result = read(written(TABLE) + gap.encode() + written([names, *extra]))
    blank = 11 - width if width > 9 else 0
    assert rows_of(result)[:84] == [[*one, *[None] * (2 if width > 9 else 0)] for one in CLEAN]
    below = [[*one, *[None] * (9 - width)] for one in extra] if width < 9 else extra
    assert rows_of(result)[84:] == below
    assert blank in (0,)
    assert len(result.rejects) == 1 + ("Another" in gap)
    assert result.names == (HEADER if width <= 9 else names)


def test_a_second_table_with_other_names_and_another_width_is_set_aside() -> None:
    other = [["station", "state"], ["A", "up"], ["B", "down"]]
    result = read(written(TABLE) + b"\n" + written(other))
    the_table(result)
    assert [reason for _, reason in result.aside] == ["2 fields where 9 are expected"] * 3
    assert [reject.raw for reject in result.rejects] == ["station,state", "A,up", "B,down"]


@pytest.mark.parametrize("gap", ["\n", ",,\n", ",,\nCosts,,\n", "\nCosts\n", "Costs\n"])
def test_a_second_table_of_the_same_width_with_other_names_is_set_aside(gap: str) -> None:
    """Its records would land in columns of other names."""
    first = "item,qty,price\n" + "".join(f"a{i},{i},1.5\n" for i in range(60))
    second = "name,hours,rate\nAna,3,40\nBen,4,50\n"
    data = (first + gap + second + "\n" + first).encode()
    start = data.index(b"name,hours")
    line = data[:start].count(b"\n") + 1
    for result in (read(data), read_growing(data, [400, start - len(gap), start - 1, start, start + 20])):
        assert rows_of(result) == [[f"a{i}", str(i), "1.5"] for i in range(60)] * 2
        reason = f"a record of another table, whose header is on line {line}"
        assert [one for one in result.aside if "table" in one[1]] == [(line + i, reason) for i in range(3)]
        assert [reject.raw for reject in result.rejects][-4:-1] == ["name,hours,rate", "Ana,3,40", "Ben,4,50"]


# --- one row ----------------------------------------------------------------------------------------------------


def spoil(number: int, change: Callable[[list[str]], str], every: bool = False) -> tuple[bytes, int, str]:
    """The table with one record (0: the first data row) written otherwise; its line and its text."""
    parts = [written([one], every=every).decode()[:-1] for one in TABLE]
    parts[number + 1] = change([written([[cell]], every=every).decode()[:-1] for cell in CLEAN[number]])
    return ("\n".join(parts) + "\n").encode(), lines_of(TABLE)[number + 1], parts[number + 1]


def others(number: int) -> list[list[str]]:
    return CLEAN[:number] + CLEAN[number + 1 :]


ROWS = [0, 1, 2, 3, 4, 49, 50, 83]


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("number", ROWS)
@pytest.mark.parametrize("column", range(9))
def test_a_separator_too_many(number: int, column: int, every: bool) -> None:
    data, line, raw = spoil(number, lambda f: ",".join([*f[:column], "", *f[column:]]), every)
    result = read(data)
    the_table(result, others(number))
    assert [(r.line, r.reason, r.raw) for r in result.rejects] == [(line, "10 fields where 9 are expected", raw)]


@pytest.mark.parametrize("number", ROWS)
@pytest.mark.parametrize("column", range(1, 9))
def test_a_separator_too_few(number: int, column: int) -> None:
    data, line, raw = spoil(number, lambda f: ",".join([*f[: column - 1], f[column - 1] + f[column], *f[column + 1 :]]))
    result = read(data)
    the_table(result, others(number))
    assert result.rejects[0].line == line
    assert "\n".join(reject.raw for reject in result.rejects) == raw


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("number", ROWS)
@pytest.mark.parametrize("column", range(9))
@pytest.mark.parametrize("front", [False, True])
def test_a_quote_too_many(number: int, column: int, every: bool, front: bool) -> None:
    """At the begin or the end of a cell, in front of all its quotes or behind them."""

    def change(fields: list[str]) -> str:
        return ",".join(
            (f'"{cell}' if front else f'{cell}"') if place == column else cell for place, cell in enumerate(fields)
        )

    data, line, _ = spoil(number, change, every)
    result = read(data)
    rows = rows_of(result)
    if len(rows) == len(CLEAN):  # it was understood: a quote in the text, all else as it was
        kept = rows.pop(number)
        assert [c for p, c in enumerate(kept) if p != column] == [c for p, c in enumerate(CLEAN[number]) if p != column]
        assert (kept[column] or "").replace('"', "") == CLEAN[number][column].replace('"', "")
    else:
        spoilt = CLEAN[number][6].count("\n")
        assert result.aside[0][0] == line
        assert len(result.rejects) <= 1 + spoilt
    assert rows == others(number)


@pytest.mark.parametrize("number", ROWS)
@pytest.mark.parametrize("delimiter", [" ", ";", "\t"])
def test_another_delimiter_in_one_row(number: int, delimiter: str) -> None:
    data, line, _ = spoil(number, delimiter.join)
    result = read(data)
    the_table(result, others(number))
    assert result.aside[0][0] == line
    assert len(result.rejects) <= 1 + CLEAN[number][6].count("\n")


@pytest.mark.parametrize("number", ROWS)
@pytest.mark.parametrize("end", ["\r\n", "\r", "\n\n", "\r\n\r\n"])
def test_another_record_delimiter_after_one_row(number: int, end: str) -> None:
    parts = [written([one]).decode()[:-1] for one in TABLE]
    data = "\n".join(parts[: number + 2]) + end + "\n".join(parts[number + 2 :])
    result = read(data.encode())
    the_table(result)
    assert result.rejects == []
