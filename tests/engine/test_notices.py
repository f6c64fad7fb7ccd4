"""The lines on every console: each thing once, what holds the tables up apart from what does not."""

from __future__ import annotations

from opsconsole.engine import notices, telling
from opsconsole.engine.condition import Condition
from opsconsole.engine.messages import Drift, FileState, Notice, Progress
from opsconsole.site.model import Site, Source

SITE = Site("s", sources={"orders": Source("orders", (), title="Orders"), "cycles": Source("cycles", ())})


def test_a_folder_that_cannot_be_read_is_told_once_however_many_sources_have_it() -> None:
    text = "data cannot be read: Permission denied"
    assert notices.tables(text, {"a": text, "b": text}, "") == [
        Notice("stuck", f"{text}. It is tried again by itself.", "critical")
    ]


def test_a_folder_that_is_only_scanned_holds_nothing_up() -> None:
    text = "data is not watched: the limit of watches is reached; it is scanned"
    assert notices.tables(text, {"a": text}, "") == [Notice("watch", text, "low")]


def test_a_folder_that_is_not_there_is_the_business_of_its_source() -> None:
    assert notices.tables("", {"a": "folder data is not there"}, "") == []


def test_a_full_disk_is_told_beside_the_troubles_of_sources() -> None:
    other = "data cannot be read: Permission denied"
    found = notices.tables("the tables cannot be written: no space", {"a": other}, "made anew from the files")
    assert [notice.kind for notice in found] == ["stuck", "stuck", "tables"]
    assert found[0].text.startswith("the tables cannot be written: no space")


def test_each_text_stands_once() -> None:
    one, other = Notice("a", "text", "critical"), Notice("b", "text")
    assert notices.single([one, other, Notice("c", "more")]) == [one, Notice("c", "more")]


def test_drift_is_told_for_an_hour_in_one_line_a_source() -> None:
    found = {"orders": Condition(drift=3, drifted="new column `shift` from a.csv (and 2 more changes)", noted=1000.0)}
    assert [notice.text for notice in notices.drifts(SITE, found, 1060.0)] == [
        "Orders: new column `shift` from a.csv (and 2 more changes)"
    ]
    assert notices.drifts(SITE, found, 1000.0 + 3601) == []


def test_changes_in_words() -> None:
    def said(kind: str, detail: str, column: str = "qty") -> str:
        return telling.drift(Drift("s", 0.0, "data/a.csv", kind, column, detail))  # type: ignore[arg-type]

    assert said("added", "is new") == "new column `qty` from a.csv"
    assert said("missing", "is missing; it is empty in the rows of this file") == (
        "column `qty` is missing; it is empty in the rows of this file (a.csv)"
    )
    assert said("type", "integer is text now") == "column `qty` integer is text now (a.csv)"
    assert said("refused", "a column that the table lacks", "") == "a.csv is refused: a column that the table lacks"


def test_sums_add_up_in_words() -> None:
    def said(rows: int, rejected: int = 0, expired: int = 0, cells: int = 0) -> str:
        file = FileState(
            "s", "p", "ready", records=rows + rejected + expired, rows=rows, rejected=rejected, expired=expired,
            cells=cells,
        )  # fmt: skip
        return telling.sums_and_cells(file)

    assert said(998, 2) == "1 000 records = 998 rows + 2 rejected"
    assert said(1) == "1 row"
    assert said(1, 0, 2, 1) == "3 records = 1 row + 2 expired · 1 cell set aside"


def test_progress_in_words_says_all_of_it_only_when_it_is_done() -> None:
    found = Progress("s", "reading", 0.0, 999, 1000, 1, 2, 5, 123_456.0, 3900.0)
    assert telling.progress(found) == (
        "reading 99 % · 999 B of 1.0 KB · 1 of 2 files · 5 rows · 120 000 rows/s · 1 h 05 left"
    )
    assert telling.progress_short(found) == "99 % · 1 h 05 left"
    begun = Progress("s", "reading again: qty is text", 0.0, 0, 0, 0, 0, 0, 0.0)
    assert telling.progress(begun) == "reading again: qty is text 0 % · 0 of 0 B · 0 of 0 files · 0 rows"
    assert telling.taken(5, 5) == "5 B"
    assert telling.taken(2_100_000, 5_600_000) == "2.1 of 5.6 MB read (37 %)"
