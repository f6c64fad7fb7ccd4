from __future__ import annotations

from opsconsole.console.grid.columns import WIDEST, Columns
from opsconsole.console.grid.pages import Held


def row(number: int, station: str, scrap: float) -> Held:
    return Held(number, str(number), (station, scrap), "/var/drops/cycles/2026-06-24.csv", number, {})


def test_a_longer_text_on_a_later_page_is_seen_whole_and_no_column_shrinks() -> None:
    columns = Columns("UTC")
    columns.take(["station", "scrap"], ["VARCHAR", "DOUBLE"], [row(1, "weld", 1.25)], placed=True)
    station, scrap = columns.by_name["station"], columns.by_name["scrap"]
    before = scrap.width
    columns.widen([row(2, "weld and paint", 2.0)])
    assert station.width == len("weld and paint")
    columns.widen([row(3, "cut", 3.0), row(4, "x" * 100, 12_345.5)])
    assert station.width == WIDEST
    assert scrap.width > before
    # the decimals are those of the first page: nothing jumps sideways within a column
    assert scrap.decimals == 2


def test_the_file_of_a_row_is_the_only_path() -> None:
    columns = Columns("UTC")
    one = row(1, "weld", 1.0)
    columns.take(["station", "scrap"], ["VARCHAR", "DOUBLE"], [one], placed=True)
    assert [column.name for column in columns.all if column.path(one)] == ["file"]
