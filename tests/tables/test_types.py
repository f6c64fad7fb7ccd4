"""The types of a table are a function of its files: not of their order, nor of how they came to be what they are."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import pytest

from opsconsole.site.model import Read, Source
from tests.tables.folder import Folder, folder

NUMBERS = "id,v\n" + "".join(f"{i},{i}\n" for i in range(60))
FRACTIONS = "id,v\n" + "".join(f"{i},{i}.5\n" for i in range(60))
WORDS = "id,v\n" + "".join(f"{i},high\n" for i in range(60))
ONE_WORD = "id,v\n" + "".join(f"{i},{i}\n" for i in range(2000)) + "2000,soon\n"
OPEN_DATES = "id,day\n1,03/04/2024\n2,05/06/2024\n"
MONTH_FIRST = "id,day\n3,04/25/2024\n4,05/06/2024\n"


def types(watched: Folder) -> dict[str, str]:
    return {name: kind for name, kind in watched.store.schemas()["t"].items() if not name.startswith("_")}


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ((NUMBERS, FRACTIONS), "DOUBLE"),
        ((NUMBERS, WORDS), "VARCHAR"),
        ((FRACTIONS, WORDS), "VARCHAR"),
        ((NUMBERS, FRACTIONS, ONE_WORD), "DOUBLE"),
        (("id,v\n1,\n2,\n", NUMBERS), "BIGINT"),
        (("id,v\n1,NA\n2,\n", NUMBERS), "BIGINT"),
        (("id,v\n1,007\n2,008\n", NUMBERS), "VARCHAR"),
    ],
)
def test_the_order_in_which_files_come_does_not_matter(tmp_path: Path, files: tuple[str, ...], kind: str) -> None:
    orders = list(itertools.permutations(range(len(files))))
    sources = [Source(f"s{number}", (f"in/{number}/*.csv",)) for number in range(len(orders))]
    with folder(tmp_path, *sources) as watched:
        for step in range(len(files)):
            for number, order in enumerate(orders):
                watched.write(f"{number}/{order[step]}.csv", files[order[step]])
            watched.settle()
        watched.check_fresh()
        schemas = watched.store.schemas()
        assert {schemas[source.name]["v"] for source in sources} == {kind}
        seen = [watched.rows(source.name) for source in sources]
    assert len(seen[0]) == sum(text.count("\n") - 1 for text in files)
    assert all(rows == seen[0] for rows in seen)


def test_a_file_shows_how_the_dates_of_the_others_are_to_be_read(watched: Folder) -> None:
    watched.write("a.csv", OPEN_DATES)
    watched.settle()
    assert watched.rows(columns="day::VARCHAR") == [("2024-04-03",), ("2024-06-05",)]
    watched.write("b.csv", MONTH_FIRST)
    watched.settle()
    days = ["2024-03-04", "2024-05-06", "2024-04-25", "2024-05-06"]
    assert [row[0] for row in watched.rows(columns="day::VARCHAR")] == days
    assert "M/D/Y assumed" in watched.file("a.csv").read_as
    watched.check_fresh()


def test_a_pin_of_the_dates_is_not_overruled(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.csv",), read=Read(dates="dmy"))) as watched:
        watched.write("a.csv", OPEN_DATES)
        watched.write("b.csv", MONTH_FIRST)
        watched.settle()
        assert watched.rows(columns="day::VARCHAR")[:2] == [("2024-04-03",), ("2024-06-05",)]
        watched.check_fresh()


def test_a_type_narrows_when_the_file_that_widened_it_is_gone(watched: Folder) -> None:
    watched.write("a.csv", NUMBERS)
    path = watched.write("b.csv", WORDS)
    watched.settle()
    assert types(watched)["v"] == "VARCHAR"
    path.unlink()
    watched.settle()
    assert types(watched)["v"] == "BIGINT"
    watched.check_fresh()


def test_a_fraction_far_down_widens_its_column(watched: Folder) -> None:
    watched.write("a.csv", "id,v\n" + "".join(f"{i},{'0.5' if i == 5001 else 1}\n" for i in range(6000)))
    watched.settle()
    assert watched.query("SELECT sum(v) FROM t") == [(5999.5,)]
    assert watched.store.quarantine()[1] == 0
    watched.check_fresh()


def test_new_bytes_that_prove_an_assumption_wrong_have_the_file_read_again(watched: Folder) -> None:
    watched.write("a.csv", "id,day\n" + "".join(f"{i},03/{i % 12 + 1:02}/2024\n" for i in range(100)))
    watched.settle()
    watched.append("a.csv", "100,03/25/2024\n")
    watched.settle()
    assert watched.query("SELECT min(day)::VARCHAR, max(day)::VARCHAR FROM t") == [("2024-03-01", "2024-03-25")]
    watched.check_fresh()


def test_a_decimal_comma_further_down_has_the_file_read_again(watched: Folder) -> None:
    watched.write("a.csv", "id;v\n" + "".join(f"{i};{i}\n" for i in range(100)))
    watched.settle()
    watched.append("a.csv", "".join(f"{i};{i},5\n" for i in range(100, 800)))
    watched.settle()
    assert watched.query("SELECT max(v) FROM t") == [(799.5,)]
    assert "decimal comma" in watched.file("a.csv").read_as
    watched.check_fresh()


def test_whoever_reads_sees_a_whole_table_while_it_is_made_anew(tmp_path: Path) -> None:
    """100 files are read again because of one: nobody sees fewer rows than there were."""
    with folder(tmp_path) as watched:
        for number in range(100):
            watched.write(f"{number:03}.csv", NUMBERS)
        watched.settle()
        counts: list[int] = []
        done = threading.Event()

        def look() -> None:
            while not done.is_set():
                counts.append(watched.query("SELECT count(*) FROM t")[0][0])

        reader = threading.Thread(target=look, daemon=True)
        reader.start()
        try:
            watched.write("z.csv", WORDS * 100)
            watched.settle()
        finally:
            done.set()
            reader.join(30)
            assert not reader.is_alive(), "a reader that was told to end still asks"
        assert types(watched)["v"] == "VARCHAR"
        assert min(counts) == 6000
        watched.check_fresh()


def test_a_table_that_was_being_made_anew_when_the_engine_was_stopped_is_finished_after(tmp_path: Path) -> None:
    with folder(tmp_path) as watched:
        watched.write("a.csv", NUMBERS)
        watched.write("b.csv", WORDS)
        watched.settle()
        watched.feed.stop()
        watched.query("INSERT INTO _ops.shadows VALUES ('t', 'a test')")
        watched.query("DELETE FROM _ops.columns")
        watched.query('UPDATE _ops.files SET "offset" = 0, size = 0, prefix = \'\', "rows" = 0')
        watched.store.close()
        watched.open()
        watched.settle()
        assert types(watched)["v"] == "VARCHAR"
        watched.check_fresh()
        assert watched.query("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE '_next%'") == [(0,)]


def test_drift_is_noted_once_with_the_file_that_brought_it(watched: Folder) -> None:
    watched.write("a.csv", "id,v\n1,2\n")
    watched.settle()
    # each is compared with the one taken before it, and a look may find a file while it is still empty
    watched.write("b.csv", "id,v,shift\n1,2,Early\n")
    watched.settle()
    watched.write("c.csv", "id,quantity\n1,2\n")
    watched.settle()
    watched.write("d.csv", "id,v,shift\n1,2.5,Early\n")
    watched.settle()
    watched.append("d.csv", "1,2,Early\n")
    watched.settle()
    found = {(each.kind, each.column, each.file) for each in watched.store.drift("t")}
    assert found == {
        ("added", "shift", "in/b.csv"),
        ("renamed", "v", "in/c.csv"),
        ("missing", "shift", "in/c.csv"),
        ("missing", "quantity", "in/d.csv"),
        ("type", "v", "in/d.csv"),
    }
    assert len(watched.store.drift()) == len(found)


def test_a_strict_source_refuses_other_columns(tmp_path: Path) -> None:
    with folder(
        tmp_path, Source("t", ("in/*.csv",), schema="strict", columns={"id": "integer", "v": "number"})
    ) as watched:
        watched.write("a.csv", "id,v\n1,2\n")
        watched.write("b.csv", "id,v,extra\n1,2,3\n")
        watched.write("c.csv", "id\n1\n")
        watched.settle()
        assert watched.rows() == [(1, 2.0)]
        assert watched.file("b.csv").status == "failed"
        assert watched.file("b.csv").reason == "column 'extra' is not one of the table's (schema: strict)"
        assert watched.file("c.csv").reason == "column 'v' is missing (schema: strict)"
        watched.write("b.csv", "id,v\n5,6\n")
        watched.settle()
        assert watched.rows() == [(1, 2.0), (5, 6.0)]


def test_a_strict_source_of_json_bears_keys_that_are_left_out(tmp_path: Path) -> None:
    pinned = Source("t", ("in/*.ndjson",), schema="strict", columns={"id": "integer", "v": "number"})
    with folder(tmp_path, pinned) as watched:
        watched.write("a.ndjson", '{"id": 1, "v": 2}\n' * 60)
        watched.settle()
        watched.append("a.ndjson", '{"id": 2}\n')
        watched.settle()
        assert watched.query("SELECT count(*), count(v) FROM t") == [(61, 60)]
        watched.append("a.ndjson", '{"id": 3, "w": 1}\n')
        watched.settle()
        assert watched.file("a.ndjson").reason == "column 'w' is not one of the table's (schema: strict)"


def test_retry_reads_what_gave_trouble_again(watched: Folder) -> None:
    watched.write("a.csv", "id,v\n1,2,3\n4,5\n")
    watched.settle()
    version = watched.store.data_version
    watched.feed.retry("t")
    assert watched.feed.wait_settled(20)
    assert watched.store.data_version > version
    assert watched.file("a.csv").rejected == 1
    watched.check_fresh()


def test_a_fraction_in_one_file_of_a_batch_is_no_fraction_of_the_others(tmp_path: Path) -> None:
    with folder(tmp_path) as watched:
        watched.feed.stop()
        watched.store.close()
        watched.write("a.csv", NUMBERS)
        path = watched.write("b.csv", "id,v\n" + "".join(f"{i},{'0.5' if i == 501 else 1}\n" for i in range(600)))
        watched.open()
        watched.settle()
        assert types(watched)["v"] == "DOUBLE"
        path.unlink()
        watched.settle()
        assert types(watched)["v"] == "BIGINT"
        watched.check_fresh()


def test_times_that_do_not_say_when_they_were_are_told(tmp_path: Path) -> None:
    stamps = ["2024-03-31 02:30", "2024-10-27 02:30", "2024-07-01 02:30"]
    with folder(tmp_path, Source("t", ("in/*.csv",), time="ts"), timezone="Europe/Berlin") as watched:
        for name, stamp in zip("abc", stamps, strict=True):
            watched.write(f"{name}.csv", f"ts,v\n{stamp},1\n")
        watched.settle()
        utc = [row[0] for row in watched.rows(columns="strftime(_time, '%m-%d %H:%M')")]
        assert utc == ["03-31 01:30", "10-27 01:30", "07-01 00:30"]
        assert "ts in an hour that the clocks skip: taken as an hour later" in watched.file("a.csv").read_as
        assert "ts in the hour that the clocks repeat: taken as the second time" in watched.file("b.csv").read_as
        assert "clocks" not in watched.file("c.csv").read_as
