from __future__ import annotations

from msgspec.structs import replace

from opsconsole.console.frame import trust_line
from opsconsole.console.model import Model
from opsconsole.console.text import line_width, plain
from opsconsole.console.trust import Part, together
from tests.console import canned

ZONE = [("all times Europe/Berlin ", "dim")]
PARTS = [
    Part("◌ stale", "warning", ("Quality checks", "Energy meters", "Orders of the week", "Gates")),
    Part("3 files failed", "warning"),
    Part("1 204 rows in quarantine"),
    Part("12 sources fresh"),
    Part("4 sources without freshness check"),
]


def shown(cells: int) -> str:
    line = together(PARTS, ZONE, cells)
    assert line_width(line) == cells
    return plain(line).strip()


def test_where_there_is_room_all_is_told_and_the_zone() -> None:
    assert shown(200) == (
        "◌ stale: Quality checks, Energy meters, Orders of the week, Gates · 3 files failed · 1 204 rows in quarantine"
        " · 12 sources fresh · 4 sources without freshness check" + " " * 11 + "all times Europe/Berlin"
    )


def test_names_give_way_before_parts_and_the_worst_stays() -> None:
    assert shown(130) == (
        "◌ stale: Quality checks +3 · 3 files failed · 1 204 rows in quarantine · 12 sources fresh"
        " · 4 sources without freshness check"
    )
    assert shown(80) == "◌ stale: Quality checks +3 · 3 files failed · 3 more, see :sources"
    assert shown(60) == "◌ stale: Quality checks +3 · 4 more, see :sources"
    assert shown(40) == "◌ stale: Qualit… · 4 more, see :sources"


def test_the_trust_line_of_a_troubled_site_is_never_cut_in_a_word() -> None:
    snapshot = canned.snapshot()
    late = [replace(each, status="stale", title=f"{each.title} of the northern plant") for each in snapshot.sources]
    model = Model()
    model.load(replace(snapshot, sources=late))
    for cells in (80, 100, 160):
        line = plain(trust_line(model, cells))
        assert "…" not in line
        assert line.startswith(" ◌ stale: ")
    assert plain(trust_line(model, 80)).rstrip().endswith("more, see :sources")
