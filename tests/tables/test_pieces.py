"""The small parts alone: cutting records, guessing types, names, patterns, raw lines and the look at a head."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.site.model import Source
from opsconsole.tables.folders.globs import Pattern, expand
from opsconsole.tables.names import clean
from opsconsole.tables.reading import cut
from opsconsole.tables.reading.guess import Style, guess
from opsconsole.tables.reading.raw import raw_lines
from opsconsole.tables.reading.sniff import sniff
from opsconsole.tables.records import StoreError
from tests.tables.folder import Folder, folder

FIELD = st.text(alphabet=st.sampled_from('ab,"\n é'), max_size=6)


@settings(max_examples=200, deadline=None, database=None)
@given(st.lists(st.lists(FIELD, min_size=2, max_size=3), min_size=1, max_size=8))
def test_records_are_cut_where_the_standard_library_cuts_them(rows: list[list[str]]) -> None:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    data = stream.getvalue().encode()
    found = cut.scan(data, cut.Grammar(b","))
    texts = [data[a:b].decode() for a, b in zip(found.starts.tolist(), found.ends.tolist(), strict=True)]
    assert [next(csv.reader(io.StringIO(text, newline=""))) for text in texts] == rows
    assert len(found.broken) == len(found.odd) == 0
    assert found.end == len(data)
    for end in range(len(data)):  # a file that is still being written never shows half a record
        assert cut.scan(data[:end], cut.Grammar(b",")).end in {0, *[b + 1 for b in found.ends.tolist()]}


@pytest.mark.parametrize(
    ("values", "style"),
    [
        (["1", "2", "-3"], Style("integer")),
        (["1", "2.5", "1e5"], Style("number")),
        (["001", "2"], Style()),
        (["1,5", "2,25"], Style("number", decimal=",")),
        (["1.234,5", "3"], Style("number", decimal=",")),
        (["1,234", "2"], Style("number", sure=False)),
        (["1,234.5", "2"], Style("number")),
        (["$5", "(3.50)", "7%"], Style("number")),
        (["NA", "1"], Style("integer")),
        (["NA", "EU"], Style()),
        (["", "NA", None], Style(empty=True)),
        (["yes", "No"], Style("boolean")),
        (["N", "S"], Style()),
        (["N", "Y"], Style("boolean")),
        (["2024-01-31"], Style("date")),
        (["2024-01-31T10:00:00Z"], Style("zoned")),
        (["2024-01-31 10:00"], Style("time")),
        (["31/01/2024", "01/02/2024"], Style("date", order="dmy")),
        (["01/31/2024", "01/02/2024"], Style("date", order="mdy")),
        (["01/02/2024"], Style("date", order="dmy", sure=False)),
        (["31.01.2024 10:00"], Style("time", order="dmy")),
        (["Jan 31 2024", "1 February 2024"], Style("date")),
        (["12345678901234567890"], Style()),
        (["1.2.3.4"], Style()),
        (["99/99/2024"], Style()),
    ],
)
def test_types_are_guessed_from_values(values: list[str | None], style: Style) -> None:
    assert guess(values) == style


def test_names_are_trimmed_filled_and_made_unique() -> None:
    given_ = [" a ", "A", "", "_file", "a", None, "two\nlines"]
    assert clean(given_) == ["a", "A_2", "column_3", "_file_2", "a_3", "column_6", "two lines"]


@pytest.mark.parametrize(
    ("pattern", "hits"),
    [
        ("in/*.csv", {"in/a.csv", "in/b.csv"}),
        ("in", {"in/a.csv", "in/b.csv", "in/x.txt"}),
        ("in/**/*.csv", {"in/a.csv", "in/b.csv", "in/s/c.csv", "in/s/t/d.csv"}),
        ("in/*/c.csv", {"in/s/c.csv"}),
        ("in/[ab].csv", {"in/a.csv", "in/b.csv"}),
        ("in/a.csv", {"in/a.csv"}),
        ("none/*.csv", set()),
    ],
)
def test_patterns_find_and_match_the_same_files(tmp_path: Path, pattern: str, hits: set[str]) -> None:
    names = ["in/a.csv", "in/b.csv", "in/x.txt", "in/s/c.csv", "in/s/t/d.csv", "in/.hidden/e.csv", "in/~$a.csv"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    made = Pattern(tmp_path, pattern)
    found = {str(Path(path).relative_to(tmp_path)) for path in expand([made], {})}
    assert found == hits
    assert {name for name in names if made.matches(str(tmp_path / name))} == hits


def test_raw_lines_around_a_row(watched: Folder) -> None:
    watched.write("a.csv", "id,v\r\n" + "".join(f"{i},ü{i}\r\n" for i in range(100)))
    watched.settle()
    path, first, at, text, note = raw_lines(watched.store, "t", "in/a.csv", 50, 2)
    assert (path, first, at, note) == (str(watched.place.resolve() / "a.csv"), 48, 50, "")
    assert text == ["46,ü46", "47,ü47", "48,ü48", "49,ü49", "50,ü50"]
    watched.feed.stop()
    watched.write("a.csv", "short\n")
    assert raw_lines(watched.store, "t", "in/a.csv", 50, 2)[4] == "the file has changed since it was read"
    with pytest.raises(StoreError, match="no longer a file"):
        raw_lines(watched.store, "t", "in/gone.csv", 1)


def test_a_record_without_lines_is_shown_field_by_field(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.json",))) as watched:
        watched.write("a.json", '[{"id": 1, "v": "x"}, {"id": 2, "v": null}]')
        watched.settle()
        _, first, at, text, note = raw_lines(watched.store, "t", "in/a.json", 2)
        assert (first, at, text, note) == (1, 1, ["id: 2", "v: "], "record 2, field by field")


def test_a_look_at_a_head(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("title\n\nat;line;v\n" + "".join(f"2024-01-01 10:00;L{i % 3};{i},5\n" for i in range(50)))
    found = sniff(path)
    assert found.columns == {"at": "time", "line": "text", "v": "number"}
    assert (found.delimiter, found.header, found.rows, found.whole) == (";", 3, 50, True)
    assert (found.distinct["line"], found.samples["line"]) == (3, ["L0", "L1", "L2"])
    (tmp_path / "b.bin").write_bytes(b"\0")
    with pytest.raises(ValueError, match="not a kind of file"):
        sniff(tmp_path / "b.bin")
    (tmp_path / "c.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match="Parquet"):
        sniff(tmp_path / "c.parquet")
