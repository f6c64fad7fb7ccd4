"""Exports, read back by other programs; and what happens to those that are given up or find no room."""

from __future__ import annotations

import csv
import io
import json
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastexcel
import polars as pl
import pytest

from opsconsole.engine.paging import exports, formats
from opsconsole.engine.table_messages import (
    AskChunk,
    AskExport,
    AskExported,
    Chunk,
    ColumnFilter,
    Export,
    Grouping,
    SortBy,
    TableOf,
)
from tests.engine.paging.plant import Plant
from tests.waiting import until

TEXTS = ["=1+1", "a|b", "two\nlines", 'say "x"', "", "+49", "-5", "@x", "back\\slash", "ümlaut"]
NAMES = TableOf(source="names")


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    root = tmp_path_factory.mktemp("plant")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "text", "amount", "=head", "day"])
    for at in range(200):
        writer.writerow(
            [at, TEXTS[at % len(TEXTS)], f"{at - 100}.25" if at % 3 else "", "x", f"2026-01-{at % 28 + 1:02}"]
        )
    made = Plant(root, {"names": out.getvalue()})
    yield made
    made.close()


def exported(plant: Plant, format_: Any, **words: Any) -> bytes:
    """The bytes of an export, as a client gets them."""
    export = plant.ask(AskExport(words.pop("of", NAMES), format_, **words))
    assert isinstance(export, Export), export

    def state() -> Export:
        found = plant.ask(AskExported(export.export))
        assert isinstance(found, Export), found
        return found

    until(lambda: state().ready or bool(state().failed))
    done = state()
    assert not done.failed
    assert done.rows == done.total
    data = b""
    while True:
        chunk = plant.ask(AskChunk(export.export, len(data)))
        assert isinstance(chunk, Chunk), chunk
        if not chunk.data:
            break
        data += chunk.data
    assert len(data) == done.size
    assert "ask for it again" in plant.refused(AskExported(export.export))
    assert not list((plant.place.state / "scratch/tables/exports").iterdir())
    return data


def expected() -> list[tuple[int, str | None, float | None]]:
    return [
        (at, TEXTS[at % len(TEXTS)] or None, at - 100 + 0.25 * (1 if at >= 100 else -1) if at % 3 else None)
        for at in range(200)
    ]


def test_csv_runs_no_formula(plant: Plant) -> None:
    rows = list(csv.reader(io.StringIO(exported(plant, "csv", order="file").decode())))
    assert rows[0] == ["id", "text", "amount", "'=head", "day"]
    guarded = [f"'{text}" if text[:1] in "=+-@" and text else text for text in TEXTS]
    assert [row[1] for row in rows[1:]] == [guarded[at % len(TEXTS)] for at in range(200)]
    assert [float(row[2]) if row[2] else None for row in rows[1:]] == [amount for _, _, amount in expected()]
    some = exported(plant, "csv", columns=("amount", "ID"), sort=(SortBy("id", True),))
    assert some.decode().splitlines()[1] == "99.25,199"


def test_json_parquet_and_xlsx_have_what_the_table_has(plant: Plant, tmp_path: Path) -> None:
    found = json.loads(exported(plant, "json", order="file"))
    assert [(row["id"], row["text"], row["amount"]) for row in found] == expected()
    assert found[3]["day"] == "2026-01-04"
    few = TableOf(source="names", filters=(ColumnFilter("id", "above", "1000"),))
    assert json.loads(exported(plant, "json", of=few)) == []

    frame = pl.read_parquet(io.BytesIO(exported(plant, "parquet", order="file")))
    assert frame.select("id", "text", "amount").rows() == expected()
    assert frame.schema["day"] == pl.Date
    assert pl.read_parquet(io.BytesIO(exported(plant, "parquet", of=few))).shape == (0, 5)

    sheet = tmp_path / "found.xlsx"
    sheet.write_bytes(exported(plant, "xlsx", order="file"))
    read = fastexcel.read_excel(sheet).load_sheet(0).to_polars()
    assert read.columns == ["id", "text", "amount", "=head", "day"]
    assert read["text"].to_list() == [text for _, text, _ in expected()]
    assert read["amount"].to_list() == [amount for _, _, amount in expected()]


def test_markdown_and_groups(plant: Plant) -> None:
    lines = exported(plant, "md", order="file", columns=("id", "text")).decode().splitlines()
    assert lines[:5] == ["| id | text |", "| ---: | --- |", "| 0 | =1+1 |", "| 1 | a\\|b |", "| 2 | two lines |"]
    assert len(lines) == 202
    groups = TableOf(source="names", group=Grouping(("text",)))
    rows = list(csv.reader(io.StringIO(exported(plant, "csv", of=groups).decode())))
    assert (rows[0], len(rows), {row[1] for row in rows[1:]}) == (["text", "count"], 11, {"20"})


def test_what_cannot_be_written_is_said(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(format_: Any) -> str:
        export = plant.ask(AskExport(NAMES, format_))
        assert isinstance(export, Export), export
        found = export

        def done() -> bool:
            nonlocal found
            answer = plant.ask(AskExported(export.export))
            assert isinstance(answer, Export)
            found = answer
            return bool(found.failed) or found.ready

        until(done)
        plant.ask(AskExported(export.export, drop=True))
        assert not list((plant.place.state / "scratch/tables/exports").iterdir())
        return found.failed

    monkeypatch.setattr(formats, "XLSX_ROWS", 150)
    assert failed("xlsx").startswith("a sheet of Excel holds 150 rows below its header, and these are 200")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        said = failed("csv"), failed("md"), failed("parquet")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    for each in said:
        assert each.startswith("cannot write in ")
        assert each.endswith("File too large")
    assert "no column `nope`" in plant.refused(AskExport(NAMES, "csv", columns=("nope",)))
    monkeypatch.setattr(exports, "MOST", 0)
    assert "already" in plant.refused(AskExport(NAMES, "csv"))
