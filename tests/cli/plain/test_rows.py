"""Rows in the line mode: sentences, with the place of a row where it has one."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from opsconsole.cli.plain.doing import rows
from opsconsole.engine.table_messages import TablePage


def test_a_row_says_where_it_stands_if_it_stands_anywhere() -> None:
    page = TablePage(
        source="parts",
        columns=["part", "left"],
        types=["VARCHAR", "BIGINT"],
        data=[["bolt", "nut"], [3, None]],
        files=["data/parts.csv", ""],
        lines=[7, 0],
        first=0,
        total=2,
        all=2,
        next=None,
        previous=None,
        version=1,
    )
    assert rows(page, ZoneInfo("UTC")) == [
        "2 rows of parts:",
        "part bolt, left 3. data/parts.csv, line 7.",
        "part nut, left missing.",
    ]
