from __future__ import annotations

from msgspec.structs import replace

from opsconsole.console.frame import top_line
from opsconsole.console.model import Model
from opsconsole.console.text import line_width, plain
from opsconsole.engine.messages import ShiftState, SiteState
from tests.console import canned


def top(cells: int, **changes: object) -> str:
    model = Model()
    model.load(canned.snapshot(site=canned.site(**changes)))
    line = top_line(model, canned.NOW, canned.NOW, cells)
    assert line_width(line) == cells
    return " ".join(plain(line).split())


def shift(team: str) -> ShiftState:
    now: SiteState = canned.site()
    assert now.shift is not None
    return replace(now.shift, team=team)


def test_the_team_stands_beside_the_shift_where_there_is_room() -> None:
    assert "Early · team B 06:00–14:00 ━" in top(100, shift=shift("B"))
    assert "Early · teams A, B 06:00–14:00" in top(100, shift=shift("A, B"))
    assert "Early · Red team 06:00–14:00" in top(100, shift=shift("Red team"))
    narrow = top(52, shift=shift("Brandschutz und Werkswache"))
    assert "Early 06:00–14:00" in narrow
    assert "Werkswache" not in narrow
    assert top(100, shift=shift("")) == top(100)


def test_a_holiday_is_shown_with_and_without_a_shift() -> None:
    assert "61 % · Corpus Christi Wed 24 Jun 10:52" in top(110, holiday="Corpus Christi")
    assert top(90, shift=None, holiday="Corpus Christi") == "North plant · Corpus Christi Wed 24 Jun 10:52"
    assert "Christi" not in top(56, holiday="Corpus Christi")


def test_what_a_site_file_says_cannot_paint_the_screen() -> None:
    assert "\x1b" not in top(110, shift=shift("\x1b[31mB"), holiday="\x1b[31mFair")


def test_a_clock_that_goes_by_data_says_so_only_once_there_is_some() -> None:
    assert "newest data Wed 24 Jun 10:52" in top(100, clock="data")
    snapshot = canned.snapshot(site=canned.site(clock="data"))
    model = Model()
    model.load(replace(snapshot, sources=[replace(each, last_event=None) for each in snapshot.sources]))
    assert "no data yet Wed 24 Jun 10:52" in plain(top_line(model, canned.NOW, canned.NOW, 100))
