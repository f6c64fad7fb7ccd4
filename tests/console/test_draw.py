from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from opsconsole.console.canvas import changed
from opsconsole.console.draw.charts import BLOCKS, bullet, chart, chart_of, mini, resample, spark, status_of, stretch
from opsconsole.console.draw.heat import heat
from opsconsole.console.draw.tile import change, goal, one_line, tile
from opsconsole.console.text import Line, line_width, plain
from opsconsole.engine.messages import KpiState
from tests.console import canned

OEE, SCRAP, ON_TIME, OUTPUT, ENERGY, QUEUE = canned.kpis()
VALUES = st.lists(st.none() | st.floats(-1e9, 1e9), max_size=60)


@given(VALUES, st.integers(1, 40))
def test_sparklines_fit_and_gaps_stay_gaps(values: list[float | None], cells: int) -> None:
    line = spark(values, cells)
    assert len(line) <= cells
    for char, value in zip(line, resample(values, cells), strict=False):
        assert (char == " ") == (value is None)
    assert set(line) <= set(BLOCKS)


@given(VALUES.filter(bool), st.integers(1, 40))
def test_stretch_fills_exactly(values: list[float | None], cells: int) -> None:
    assert len(stretch(values, cells)) == cells


@given(VALUES, st.integers(24, 120), st.integers(4, 30))
def test_charts_are_as_wide_as_asked_and_not_higher(values: list[float | None], cells: int, lines: int) -> None:
    drawn = chart(chart_of(replace(OEE, trend=values), "Europe/Berlin"), cells, lines)
    assert len(drawn) <= lines
    assert {line_width(line) for line in drawn} == {cells}


def test_a_tile_says_all_there_is_to_say() -> None:
    texts = [plain(line).rstrip() for line in tile(OEE, 24, 5, False)]
    assert texts[0] == " OEE ▲C"
    assert texts[1] == "    52.4 %  ↓ 6.2"
    assert texts[2].endswith(" 8 h")
    assert texts[3].endswith("≥ 85")
    assert texts[4] == " first late: line 3"


def test_colour_is_spent_only_on_what_is_abnormal() -> None:
    def styles(kpi: KpiState) -> set[str]:
        return {word for line in tile(kpi, 24, 5, False) for _, style in line for word in style.split()}

    assert styles(SCRAP) <= {"bold", "dim", "bar"}
    assert styles(OUTPUT) <= {"bold", "dim", "bar"}
    assert "critical" in styles(OEE)
    assert "warning" in styles(ON_TIME)
    assert styles(ENERGY) <= {"bold", "dim", "bar", "nodata"}


def test_no_data_is_a_state_and_never_a_zero() -> None:
    texts = [plain(line).rstrip() for line in tile(ENERGY, 24, 5, False)]
    assert texts[0] == " Energy per piece ○ND"
    assert texts[1] == "  –"
    assert "no rows since 09:10" in "".join(texts)
    assert "no rows since" in plain(tile(ENERGY, 24, 3, False)[2])


def test_a_kpi_without_limits_is_plain() -> None:
    assert plain(tile(QUEUE, 24, 5, False)[0]).strip() == "Queue at the press"
    assert bullet(QUEUE, 20, "") == []


@given(st.floats(-1e6, 1e6), st.none() | st.floats(-1e6, 1e6), st.none() | st.floats(-1e6, 1e6), st.integers(6, 40))
def test_bullets_keep_their_width(value: float, target: float | None, warning: float | None, cells: int) -> None:
    line = bullet(replace(OEE, value=value, target=target, warning=warning, critical=None), cells, "")
    assert line_width(line) in (0, cells)
    assert (line == []) == (target is None and warning is None)


def test_the_arrow_says_the_way_and_its_colour_whether_that_is_bad() -> None:
    assert change(OEE) == ("↓ 6.2", "critical")
    assert change(replace(OEE, change=6.2)) == ("↑ 6.2", "dim")
    assert change(replace(SCRAP, change=0.0)) == ("→ 0.0", "dim")
    assert change(ENERGY) == ("", "")


def test_goals_name_their_relation() -> None:
    assert [goal(kpi) for kpi in (OEE, SCRAP, OUTPUT, QUEUE)] == ["≥ 85", "≤ 2.5", "≥ 5 000", ""]


def test_past_values_stand_against_the_limits() -> None:
    assert [status_of(OEE, value) for value in (90, 76, 59, None)] == ["good", "warning", "critical", "nodata"]
    assert [status_of(SCRAP, value) for value in (1, 3.1, 6)] == ["good", "warning", "critical"]
    aimed = replace(OEE, better="target", target=50, warning=55, critical=60)
    assert [status_of(aimed, value) for value in (50, 44, 39)] == ["good", "warning", "critical"]


def test_one_line_holds_value_and_change() -> None:
    assert plain(one_line(OEE, 40, False)) == " ▲C  OEE                52.4 %  ↓ 6.2   "


def test_the_heat_map_keeps_what_is_bad_in_sight() -> None:
    lines = [plain(line) for line in heat(canned.grid(), OEE, "Europe/Berlin", 70, 3)]
    assert "06:00" in lines[0]
    assert lines[1].startswith(" line 3")
    assert "▲ 52.0" in lines[1]
    assert "3 more" in lines[2]
    assert len(heat(canned.grid(), OEE, "Europe/Berlin", 70, 9)) == 5


def apply(old: Line, new: Line) -> list[tuple[str, str]]:
    """What a terminal shows that had `old` and was sent the changed runs of `new`."""
    before = [(char, style) for text, style in old for char in text]
    after = [(char, style) for text, style in new for char in text]
    before += [("", "")] * (len(after) - len(before))
    for x, stop in changed(old, new):
        before[x:stop] = after[x:stop]
    return before


@given(
    st.lists(st.tuples(st.text("ab ", max_size=9), st.sampled_from(["", "bold"])), max_size=6),
    st.lists(st.tuples(st.text("ab ", max_size=9), st.sampled_from(["", "bold"])), max_size=6),
)
def test_the_runs_that_differ_make_the_new_line(old: Line, new: Line) -> None:
    after = [(char, style) for text, style in new for char in text]
    assert [cell for cell in apply(old, new) if cell[0]][: len(after)] == after
    assert changed(new, new) == []


def test_a_clock_changes_by_its_minute_only() -> None:
    assert changed([("North plant 10:52", "bold")], [("North plant 10:53", "bold")]) == [(16, 17)]


def test_a_flat_trend_stands_at_half_height_and_one_bucket_is_no_trend() -> None:
    flat = KpiState("k", "K", "s", "good", 5, trend=[5.0, 5.0, 5.0, 5.0], window="shift")
    assert [plain(line).strip() for line in mini(flat, 4, 4)] == ["", "▁▁▁▁", "████", "████"]
    drawn = [plain(line) for line in tile(replace(flat, trend=[5.0]), 20, 9, False)]
    assert len(drawn) == 9
    assert drawn[6].strip() == "shift"
    assert not any(block in line for line in drawn for block in BLOCKS[1:])


def test_digits_that_change_move_nothing_beside_them() -> None:
    for value, unit, by, cells in ((9.8, "%", -6.2, 19), (104.5, "%", -6.2, 19), (-0.1, "%", 12.0, 24)):
        line = plain(tile(replace(OEE, value=value, unit=unit, change=by), cells, 5, False)[1])
        assert line.index("%") == 9
        assert line.index("↓" if by < 0 else "↑") == 12
    # what needs more room takes it, and where there is none the change goes rather than a digit
    assert "1 204 812.5 pcs" in plain(tile(replace(OEE, value=1204812.5, unit="pcs"), 19, 5, False)[1])
    for cells in (14, 16, 19, 24):
        assert len(plain(tile(replace(OEE, value=1812.5, unit="parts/h"), cells, 5, False)[1])) == cells


def test_what_explains_a_tile_is_told_without_a_cut_bracket() -> None:
    kpi = replace(OEE, reason="", leader="most changed: type 1 2 607 388 people (+120 443)")
    told = [plain(tile(kpi, cells, 5, False)[-1]).strip() for cells in (60, 40, 27)]
    assert told == [
        "most changed: type 1 2 607 388 people (+120 443)",
        "type 1 2 607 388 people (+120 443)",
        "type 1 2 607 388 people",
    ]
