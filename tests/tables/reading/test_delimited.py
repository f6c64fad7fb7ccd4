"""Delimited text beyond the benchmark: whatever a writer splits, mixes or adds, the cells come out as they were."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.site.model import Read
from opsconsole.tables.reading import cut
from opsconsole.tables.reading.piece import NotReadyError
from tests.tables.reading.pieces import Result, read, read_growing, written

TEXTS = st.text(alphabet=st.sampled_from("ab1,;\t|'\"\n\r \\é€日"), max_size=6)


@st.composite
def files(draw: st.DrawFn) -> tuple[list[list[str]], bytes, Read]:
    """Rows of texts and a file that csv.writer makes of them, with how it was written as pins."""
    width = draw(st.integers(2, 4))
    some = st.lists(TEXTS, min_size=width, max_size=width).filter(
        lambda row: any(cell.strip("\"' ,;\t|") for cell in row)
    )
    rows = draw(st.lists(some, min_size=1, max_size=70))
    delimiter = draw(st.sampled_from([",", ";", "\t", "|", "^", " "]))
    quote = draw(st.sampled_from(['"', "'"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32-le", "gb18030"]))
    # csv.writer leaves a line end unquoted that is not its own
    every = draw(st.booleans()) or any("\r" in cell or "\n" in cell for row in rows for cell in row)
    header = [f"n{place}" for place in range(width)]
    data = written([header, *rows], delimiter, quote, end, encoding, every=every)
    if draw(st.booleans()):
        data = data[
            : -len(
                end.encode(encoding.replace("16", "16-le") if encoding == "utf-16" else encoding.removesuffix("-sig"))
            )
        ]
    pinned = None if encoding in ("utf-8", "utf-8-sig", "utf-16") else encoding
    return rows, data, Read(delimiter=delimiter, quote=quote, escape="", header=1, encoding=pinned)


def cells(result: Result) -> list[list[str | None]]:
    return [list(row) for row in result.rows]


@settings(max_examples=150, deadline=None, database=None)
@given(files(), st.data())
def test_cells_come_out_as_they_were_written_however_the_file_grows(
    made: tuple[list[list[str]], bytes, Read], data: st.DataObject
) -> None:
    rows, content, options = made
    splits = data.draw(st.lists(st.integers(0, len(content)), max_size=6))
    whole = read(content, options)
    assert cells(whole) == rows
    assert whole.rejects == []
    grown = read_growing(content, splits, options)
    assert (cells(grown), grown.lines, grown.rejects) == (cells(whole), whole.lines, whole.rejects)


JUNK = st.text(alphabet=st.sampled_from('ab1,;"\n\r\\ü'), max_size=300)


@settings(max_examples=150, deadline=None, database=None)
@given(JUNK, st.integers(0, 60), st.binary(max_size=6), st.data())
def test_whatever_a_file_holds_it_is_the_same_at_once_and_grown(
    text: str, regular: int, noise: bytes, data: st.DataObject
) -> None:
    """Never an error, and no difference between a file that grew and one that is read afresh."""
    content = b"id,note,v\n" + b"".join(b'%d,"a, b",1\n' % number for number in range(regular))
    content += text.encode() + noise + text[::-1].encode("cp1252")
    splits = data.draw(st.lists(st.integers(0, len(content)), max_size=6))
    try:
        whole = read(content)
    except NotReadyError:
        return
    grown = read_growing(content, splits)
    assert (cells(grown), grown.lines, sorted(grown.aside)) == (cells(whole), whole.lines, sorted(whole.aside))
    assert grown.names == whole.names


PIECES = [
    b"1,ab,1\n", b'2,"a, b",1\n', b"3,x,1\r\n", b"4,x\r", b"Total,,3\n", b"Total,6\n", b"Total,x,3\n", b"id,note,v\n",
    b"id,note,v,w\n", b"v,id,note\n",
    b",,\n", b"   \n", b" , ,\n", b"\n", b"5,\"open\n", b'6,"a" b",2\n', b"7,a\"b,c\",1\n",
    "8,gr\u00fcn,1\n".encode(), b"9,gr\xfcn,1\n", b"Source: x\n", b"Source: x,,\n", b"1,2,3,4\n", b"1,ab,1\n" * 30,
    b'1,"ab",1\n' * 20, b"Title,,\n", b"name,what,rate\n", b"one field\n",
]  # fmt: skip


@settings(max_examples=150, deadline=None, database=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25), st.integers(0, 60), st.data())
def test_every_mixture_of_troubles_is_the_same_at_once_and_grown(
    pieces: list[bytes], regular: int, data: st.DataObject
) -> None:
    content = b"id,note,v\n" + b"".join(b"%d,ab,%d\n" % (number, number % 3) for number in range(regular))
    content += b"".join(pieces)
    splits = data.draw(st.lists(st.integers(0, len(content)), max_size=6))
    whole, grown = read(content), read_growing(content, splits)
    assert (cells(grown), grown.lines, sorted(grown.aside)) == (cells(whole), whole.lines, sorted(whole.aside))
    assert grown.names == whole.names


@pytest.mark.parametrize("chunks", [3, 7, 20])
def test_a_log_that_grows_is_decided_by_its_first_lines(chunks: int) -> None:
    rows = [["at", "what", "v"], *([f"2024-01-{i % 28 + 1:02} 10:00", f"it's, {i}", str(i)] for i in range(400))]
    data = written(rows, "|", "'", "\r\n")
    splits = [len(data) * part // chunks for part in range(1, chunks)]
    assert cells(read_growing(data, splits)) == rows[1:]


def test_pins_are_honoured() -> None:
    text = b'id/note/v\n1/<a/b!<c</2\n3/"x"/4\n'
    result = read(text, Read(delimiter="/", quote="<", escape="!"))
    assert cells(result) == [["1", "a/b<c", "2"], ["3", '"x"', "4"]]
    assert read(b'a||b\n1||"2||3"\n4||5\n', Read(delimiter="||")).rows == [("1", "2||3"), ("4", "5")]
    assert read("a¦b\n1¦ü\n".encode("cp1252"), Read(delimiter="¦", encoding="cp1252")).rows == [("1", "ü")]
    assert read(b"title,x\na,b\n1,2\n", Read(header=2)).names == ["a", "b"]
    assert read(b"1,2\n3,4\n", Read(header=0)).rows == [("1", "2"), ("3", "4")]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("sep=;\nid;v\n1;2\n3;4\n", [("1", "2"), ("3", "4")]),
        ('path,n\n"C:\\dir\\",1\n"D:\\x, y\\",2\n', [("C:\\dir\\", "1"), ("D:\\x, y\\", "2")]),
        ('a,b\n1,"x" \n2,"y"\n', [("1", "x"), ("2", "y")]),
        ("name,note\nO'Brien,it's\nD'Arc,x\n", [("O'Brien", "it's"), ("D'Arc", "x")]),
        ("id|name|note\n1|a, b|c\n2|d, e|f, g\n", [("1", "a, b", "c"), ("2", "d, e", "f, g")]),
        ("id;v\n1;2,5\n2;3,5\n", [("1", "2,5"), ("2", "3,5")]),
        ("at t h\n10:00 20.5 40\n10:01 20.6 41\n", [("10:00", "20.5", "40"), ("10:01", "20.6", "41")]),
        ("k,v\nTotal,5\n", [("Total", "5")]),
        (
            "2024-01-01 10:00:00 INFO started\n2024-01-01 10:00:01 WARN slow disk\n2024-01-01 10:00:02 INFO ok\n",
            [
                ("2024-01-01 10:00:00 INFO started",),
                ("2024-01-01 10:00:01 WARN slow disk",),
                ("2024-01-01 10:00:02 INFO ok",),
            ],
        ),
    ],
)
def test_what_delimits_quotes_and_escapes_is_found_out(text: str, rows: list[tuple[str, ...]]) -> None:
    assert read(text.encode()).rows == rows


# --- encodings --------------------------------------------------------------------------------------------------


def test_one_invalid_byte_does_not_make_noise_of_all_umlauts() -> None:
    lines = ["id,name"] + [f"{i},Grün {i}" for i in range(200)]
    data = "\n".join(lines).encode().replace(b"Gr\xc3\xbcn 120", b"Gr\xfcn 120") + b"\n"
    for result in (read(data), read_growing(data, [300, 1500, 1700, 2000])):
        assert result.aside == [(122, "not UTF-8 at byte 7 of the record")]
        assert result.rejects[0].raw == "120,Gr\\xfcn 120"
        assert len(result.rows) == 199
        assert result.rows[10] == ("10", "Grün 10")
        assert result.told.startswith("utf-8")


def test_the_fallback_is_for_files_that_are_not_utf8() -> None:
    lines = "\n".join(["id,name", *(f"{i},Grün {i}" for i in range(200))]) + "\n"
    result = read_growing(lines.encode("cp1252"), [5, 700, 900])
    assert (result.told.split(",")[0], result.rows[150], result.rejects) == ("cp1252", ("150", "Grün 150"), [])
    greek = "id,όνομα\n1,Αθήνα\n"
    assert read(greek.encode("cp1253"), Read(fallback="cp1253")).rows == [("1", "Αθήνα")]
    assert read("id,n\n1,Größe\n".encode("cp850"), Read(encoding="cp850")).rows == [("1", "Größe")]


def test_a_file_turns_out_to_be_utf8_after_an_odd_record() -> None:
    """The first record beyond ASCII is noise, all later ones are UTF-8: grown or not, the noise is set aside."""
    data = b"id,name\n" + b"".join(b"%d,plain\n" % i for i in range(60)) + b"60,Gr\xfcn\n"
    data += "".join(f"{i},Grün\n" for i in range(61, 70)).encode()
    for result in (read(data), read_growing(data, [580, 620, 640, 660])):
        assert [line for line, _ in result.aside] == [62]
        assert result.rows[-1] == ("69", "Grün")


@pytest.mark.parametrize("encoding", ["shift_jis", "gb18030", "euc_jp", "big5", "utf-16-le", "utf-32-be", "cp037"])
def test_declared_encodings(encoding: str) -> None:
    """In some of them the second byte of a character is a bar or a backslash."""
    word = "Straße" if encoding == "cp037" else "中文" if encoding in ("gb18030", "big5") else "表示ソ"
    word = word if encoding != "utf-16-le" else "ਊ਍"  # both bytes of these are line ends
    data = f'id|name\n1|"{word}|x"\n2|{word}\n'.encode(encoding)
    for splits in ([], [9, 20], [len(data) - 3]):
        result = read_growing(data, splits, Read(encoding=encoding))
        assert result.rows == [("1", f"{word}|x"), ("2", word)]
    assert read(data, Read(fallback=encoding)).rows == [("1", f"{word}|x"), ("2", word)] or encoding[:2] in ("ut", "cp")


def test_whole_characters_only() -> None:
    data = "id,name\n1,ä\n2,ö\n".encode("utf-16")
    busy = read(data[:-1], quiet=False)
    assert (busy.rows, busy.tail) == ([("1", "ä")], "waiting")
    torn = read(data[:-1])
    assert (torn.rows, torn.tail, torn.rejects) == ([("1", "ä")], "held", [])
    torn = read("id,name\n1,ä\n2,ö".encode()[:-1])
    assert (torn.rows, torn.tail) == ([("1", "ä")], "held")


def test_bytes_that_a_declared_encoding_does_not_know() -> None:
    data = "id|name\n1|表示\n2|x\n".encode("shift_jis") + b"3|\x81\xff\n4|y\n"
    result = read(data, Read(encoding="shift_jis"))
    assert result.rows == [("1", "表示"), ("2", "x"), ("4", "y")]
    assert result.aside == [(4, "bytes that are not shift_jis")]
    result = read("id,n\n1,€ \x81\n".encode("cp1252", "ignore") + b"2,\x80\x81\n", Read(encoding="cp1252"))
    assert result.rows[-1] == ("2", "€\x81")  # what cp1252 leaves undefined does not change what it defines


def test_nul_bytes() -> None:
    assert read(b"id,v\na\0,1\nb,2\n").rows == [("a\0", "1"), ("b", "2")]


# --- headers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names", "count"),
    [
        (",Sales,,Cost\nitem,Q1,Q2,Q1\na,1,2,3\nb,1,2,3\n", ["item", "Sales Q1", "Sales Q2", "Cost Q1"], 2),
        ("at,t,p\n,[°C],[bar]\n2024-01-01,20.5,1.1\n2024-01-02,20.7,1.2\n", ["at", "t [°C]", "p [bar]"], 2),
        ("name,v\nA,unknown\nB,5\nC,7\nD,8\n", ["name", "v"], 4),
        ("name,a,b\nA,NA,NA\nB,5,6\nC,7,8\n", ["name", "a", "b"], 3),
        ("a,a,,b\n1,2,3,4\n5,6,7,8\n", ["a", "a_2", "column_3", "b"], 2),
        ("Report of May\nby Ana\n\nid,qty\nA,1\nB,2\n", ["id", "qty"], 2),
        ("Report;;\n;;\nid;qty;v\nA;1;2\nB;2;3\n", ["id", "qty", "v"], 2),
        ("id,v,\n1,2,\n3,4,\n", ["id", "v", "column_3"], 2),
        ("id,v\n1,2,\n3,4,\n", ["id", "v", "column_3"], 2),
        ("v\n1,5\n2,5\n3,75\n", ["v"], 3),
        ("at\n10:30:00\n10:31:00\n", ["at"], 2),
        ("1,5;2,5\n3,5;4,5\n", ["column_1", "column_2"], 2),
        ("note\nfoo bar\nbaz qux\n", ["note"], 2),
    ],
)  # fmt: skip
def test_headers(text: str, names: list[str], count: int) -> None:
    result = read(text.encode())
    assert result.names == names
    assert (len(result.rows), result.rejects) == (count, [])


def test_a_header_again_is_dropped_and_told() -> None:
    rows = [f"{i},{i * 2},x" for i in range(60)]
    text = "\n".join(["id,v,note", *rows[:30], "id,v,note", *rows[30:], "id,v,note"]) + "\n"
    for result in (read(text.encode()), read_growing(text.encode(), [100, 400, 500])):
        assert len(result.rows) == 60
        assert result.aside == [(32, "the header again"), (63, "the header again")]


@pytest.mark.parametrize("quoted", [False, True])
def test_a_header_that_changes_in_the_life_of_a_log(quoted: bool) -> None:
    first = [["id", "v", "note"], *([str(i), str(i * 2), "x, y" if quoted else "x"] for i in range(60))]
    more = [["id", "v", "note", "temp"], *([str(i), "1", "x", "20.5"] for i in range(60, 70))]
    turned = [["v", "id", "temp"], *([str(i), "9", "30.5"] for i in range(70, 75))]
    data = written([*first, *more, *turned])
    for result in (read(data), read_growing(data, [400, 600, len(written(first)) + 9, len(data) - 40, len(data) - 4])):
        assert result.names == ["id", "v", "note", "temp"]
        assert cells(result) == [
            *([*row, None] for row in first[1:]),
            *more[1:],
            *([row[1], row[0], None, row[2]] for row in turned[1:]),
        ]
        assert [line for line, _ in result.aside] == [62, 73]
        assert result.rejects[0].reason == "the header changes: its names hold from here on"


# --- totals and notes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "below",
    [
        "Total,,15,1.5",
        "Summe,,15,1.5",
        "Grand Total:,,15,",
        "TOTAL,,,",
        ",Total,15,1.5",
        "Итого,,15,1.5",
        "合计,,15,1.5",
        "Gesamt Mai,,15,",
        "North Total,,15,1.5",
        "Source: ERP,,,",
        "* preliminary,,,",
        "Source: ERP",
        "Stand: 31.05.2024",
        ",,,",
    ],
)
def test_what_stands_below_a_table_is_no_record(below: str) -> None:
    text = "region,item,qty,v\nN,a,1,0.1\nN,b,2,0.2\nS,a,3,0.3\nS,c,4,0.4\nS,d,5,0.5\n"
    result = read(f"{text}{below}\n".encode())
    assert len(result.rows) == 5
    assert [reject.line for reject in result.rejects] == [7]


def test_subtotals() -> None:
    result = read(b"who,qty\nA,1\nB,2\nSubtotal,3\nC,4\nD,5\nSubtotal,9\nTotal,12\n")
    assert cells(result) == [["A", "1"], ["B", "2"], ["C", "4"], ["D", "5"]]


def test_a_brand_called_total_is_data() -> None:
    rows = [["brand", "city", "price"]]
    rows += [[("Shell", "Total", "Esso")[i % 3], ("Ulm", "Bonn")[i % 2], f"1.{i:03}"] for i in range(200)]
    for data in (written(rows), written([[row[0], row[2]] for row in rows])):
        for result in (read(data), read_growing(data, [900, 1500, 2000])):
            assert (len(result.rows), result.rejects) == (200, [])
    result = read(written([*rows, ["Total", "", "300.5"]]))
    assert (len(result.rows), result.aside) == (200, [(202, "a total row: it would be counted twice")])


# --- quotes over lines ------------------------------------------------------------------------------------------


def test_a_quoted_field_split_over_two_appends() -> None:
    head = "id,note\n" + "".join(f'{i},"n, {i}"\n' for i in range(60))
    data = (head + '60,"one\ntwo\nthree"\n61,x\n').encode()
    for at in range(len(head), len(data)):
        result = read_growing(data, [len(head), at])
        assert result.rows[-2:] == [("60", "one\ntwo\nthree"), ("61", "x")]
        assert result.lines[-2:] == [62, 65]


def test_a_quote_that_is_never_closed_waits_while_the_file_is_written() -> None:
    data = b'id,note\n1,a\n2,"open\n3,b\n4,c\n'
    busy = read(data, quiet=False)
    assert (busy.rows, busy.tail, busy.rejects) == ([("1", "a")], "waiting", [])
    done = read(data)
    assert (done.rows, done.aside) == ([("1", "a"), ("3", "b"), ("4", "c")], [(3, "quote never closed")])


def test_a_quote_that_is_never_closed_spoils_one_line_of_a_big_file() -> None:
    lines = b"".join(b"%d,text\n" % number for number in range(300_000))
    data = b'id,note\n0,"open\n' + lines
    assert len(lines) > 2 * cut.SPAN
    busy = read(data, quiet=False)
    assert len(busy.rows) == 300_000
    assert busy.aside == [(2, "quote never closed")]
