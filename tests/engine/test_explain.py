"""How a file is read: of the ledger, of the bytes, of files that no source takes; and the YAML reads the same again."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsconsole.engine.explain import explain
from opsconsole.engine.messages import AskExplain, Explained
from opsconsole.site.model import Read, Site, Source
from opsconsole.site.parse import parse_site
from tests.tables.folder import Folder, folder

MESSY = (
    "Bestellungen\n\nts;nr;menge;preis;plz;gut\n"
    + "".join(f"{day:02}.11.2026 06:{day:02};{day};{day + 1};1.{day:03},50;0{day:04};ja\n" for day in range(1, 29))
    + "29.11.2026 06:00;29;30;1,00;00001;ja;zu viel\n"
)
SOURCE = Source("orders", ("in/orders*.csv",), time="ts")


def told(made: Folder, file: str, source: str = "") -> Explained:
    site = Site("s", sources=made.sources)
    return explain(made.store, made.root, site, AskExplain(file, source))


def test_a_file_of_the_ledger(tmp_path: Path) -> None:
    with folder(tmp_path, SOURCE) as made:
        made.write("orders_1.csv", MESSY)
        made.settle()
        found = told(made, "in/orders_1.csv")
        assert found == told(made, "orders_1.csv") == told(made, str(made.place / "orders_1.csv"))
        assert (found.source, found.path, found.hints) == ("orders", "in/orders_1.csv", [])
        assert (found.format, found.encoding, found.delimiter, found.header) == ("csv", "utf-8", ";", 3)
        assert found.file is not None
        assert (found.file.records, found.file.rows, found.file.rejected) == (29, 28, 1)
        assert found.offset == found.file.bytes == len(MESSY.encode())
        assert found.fingerprint
        assert found.tail == "none"
        columns = {column.name: column for column in found.columns}
        assert {name: column.type for name, column in columns.items()} == {
            "ts": "time", "nr": "integer", "menge": "integer", "preis": "number", "plz": "text", "gut": "boolean",
        }  # fmt: skip
        assert (columns["ts"].dates, columns["preis"].decimal) == ("dmy", ",")
        assert columns["preis"].examples[0] == "1.001,50"
        assert columns["plz"].examples[:2] == ["00001", "00002"]


def test_the_yaml_is_valid_and_reads_the_file_the_same_way(tmp_path: Path) -> None:
    with folder(tmp_path, SOURCE) as made:
        made.write("orders_1.csv", MESSY)
        made.settle()
        before, rows = made.store.schemas(), made.rows("orders")
        snippet = told(made, "orders_1.csv").yaml
        text = f"sources:\n  orders:\n    files: in/orders*.csv\n    time: ts\n    settle: 1s\n{snippet}"
        loaded = parse_site(text.encode(), lambda _folder: {})
        assert [str(problem) for problem in loaded.problems] == []
        assert loaded.site is not None
        pinned = loaded.site.sources["orders"]
        assert pinned.read == Read(encoding="utf-8", delimiter=";", header=3, decimal=",", dates="dmy")
        made.feed.replace({"orders": pinned})
        made.settle()
        assert made.store.schemas() == before
        assert made.rows("orders") == rows
        assert all(column.pinned for column in told(made, "orders_1.csv").columns)


def test_what_was_assumed_is_said(tmp_path: Path) -> None:
    with folder(tmp_path, SOURCE) as made:
        made.write("orders_1.csv", "ts,n\n03/04/2026,1\n04/05/2026,2\n")
        made.settle()
        (doubt,) = told(made, "orders_1.csv").assumed
        assert doubt == "ts: the day is assumed to come first: no value shows it"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("in/order.csv", "no source takes it; nearly `orders`: in/orders*.csv (the folder fits, the name does not)"),
        ("in/deep/orders_1.csv", "nearly `orders`: in/orders*.csv (the name fits, the folder is in/deep)"),
        ("in/Orders_1.csv", "(upper and lower case differ)"),
        ("in/orders_1.txt", "(the ending is .txt, not .csv)"),
        ("other/x.csv", "no source takes it, and none nearly does"),
        ("in/.orders_1.csv", "files of this name are never taken"),
    ],
)
def test_a_file_that_no_source_takes_is_explained_all_the_same(tmp_path: Path, name: str, hint: str) -> None:
    with folder(tmp_path, SOURCE) as made:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a;b\n1;x\n")
        found = told(made, name)
        assert (found.source, found.file) == ("", None)
        assert hint in found.hints[0]
        assert [(column.name, column.type) for column in found.columns] == [("a", "integer"), ("b", "text")]
        assert found.yaml


def test_a_file_that_is_gone_is_told_from_memory_and_one_that_never_was_is_refused(tmp_path: Path) -> None:
    with folder(tmp_path, Source("orders", ("in/orders*.csv",))) as made:
        made.write("orders_1.csv", "a,b\n1,x\n")
        made.settle()
        made.feed.stop()
        (made.place / "orders_1.csv").unlink()
        found = told(made, "orders_1.csv")
        assert found.note == "the file is gone; what was taken from it is told"
        assert [(column.name, column.type) for column in found.columns] == [("a", "integer"), ("b", "text")]
        with pytest.raises(LookupError, match=r"there is no file nothing\.csv"):
            told(made, "nothing.csv")


def test_a_broken_file_says_why(tmp_path: Path) -> None:
    with folder(tmp_path, Source("orders", ("in/orders*.*",))) as made:
        made.write("orders.parquet", b"half a parquet file")
        found = told(made, "in/orders.parquet")
        assert "cannot be read as it lies there" in found.note
        assert found.columns == []


def test_names_that_yaml_would_misread_are_quoted(tmp_path: Path) -> None:
    with folder(tmp_path, Source("orders", ("in/orders*.csv",))) as made:
        made.write("orders.csv", "no,on: x,#1,'q',ü\n1,2,3,4,5\n")
        made.settle()
        snippet = told(made, "orders.csv").yaml
        text = f"sources:\n  orders:\n    files: in/orders*.csv\n{snippet}"
        loaded = parse_site(text.encode(), lambda _folder: {})
        assert [str(problem) for problem in loaded.problems] == []
        assert loaded.site is not None
        assert list(loaded.site.sources["orders"].columns) == ["no", "on: x", "#1", "'q'", "ü"]


def test_an_unusual_quote_is_told_and_pinned(tmp_path: Path) -> None:
    with folder(tmp_path, Source("orders", ("in/orders*.csv",))) as made:
        made.write("orders.csv", "a,b\n" + "".join(f"'x, {at}',{at}\n" for at in range(30)))
        made.settle()
        found = told(made, "orders.csv")
        assert found.quote == "'"
        loaded = parse_site(
            f"sources:\n  orders:\n    files: in/orders*.csv\n{found.yaml}".encode(), lambda _folder: {}
        )
        assert [str(problem) for problem in loaded.problems] == []
        assert loaded.site is not None
        assert loaded.site.sources["orders"].read.quote == "'"
