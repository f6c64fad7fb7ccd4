"""The chart with limits, the good band, lines told apart without colour, notes and a crosshair."""

from __future__ import annotations

from msgspec.structs import replace

from opsconsole.console.draw.charts import Chart, chart_of
from opsconsole.console.draw.gauge import gauge
from opsconsole.console.draw.heat import heat
from opsconsole.console.draw.line_chart import NOTE, STROKES, Curve, Noted, line_chart
from opsconsole.console.text import line_width, plain
from tests.console import canned
from tests.console.canned import HOUR, NOW, SHIFT

OEE = canned.kpis()[0]


def texts(of: Chart, cells: int = 70, lines: int = 14, **more: object) -> list[str]:
    """The lines of a chart, each of the width that was asked for."""
    drawn = line_chart(of, cells, lines, **more)  # type: ignore[arg-type]
    assert all(line_width(line) == cells for line in drawn)
    assert len(drawn) <= lines
    return [plain(line) for line in drawn]


def test_limits_cross_it_and_the_good_band_is_the_heavy_part_of_the_axis() -> None:
    drawn = texts(chart_of(OEE, "Europe/Berlin"))
    words = ("target 85", "warning 77", "critical 60")
    named = {word: at for at, line in enumerate(drawn) for word in words if word in line}
    assert named["target 85"] < named["warning 77"] < named["critical 60"]
    stems = [next(sign for sign in line if sign in "┫┤┃│") for line in drawn[:-2]]
    heavy = [sign in "┫┃" for sign in stems]
    assert heavy[named["target 85"]]
    assert not heavy[named["critical 60"]]
    assert heavy == sorted(heavy, reverse=True)
    assert "┃" not in "\n".join(texts(replace(chart_of(OEE, "UTC"), limits=[])))


def test_notes_stand_at_their_moments_and_the_crosshair_on_its_bucket() -> None:
    of = chart_of(OEE, "Europe/Berlin")
    start, length = NOW - 8 * HOUR, 8 * HOUR
    drawn = texts(of, notes=[Noted(start + length / 2), Noted(start - 60), Noted(NOW)], at=0)
    foot = next(line for line in drawn if "└" in line)
    axis = foot.index("└") + 1
    room = len(foot.rstrip()) - axis
    assert [at - axis for at, sign in enumerate(foot) if sign == NOTE] == [room // 2, room - 1]
    assert foot[axis : axis + 2].count("┴") == 1
    column = foot.index("┴")
    assert all(line[column] != " " for line in drawn[:-2])


def test_lines_are_told_apart_by_strokes_and_names() -> None:
    names = ["line 1", "line 2", "a line with a very long name", "line 4", "one too many"]
    curves = [Curve(name, [50.0 + at, 60.0 + 3 * at, None, 55.0 - at]) for at, name in enumerate(names)]
    of = Chart([None] * 4, SHIFT, HOUR, "Europe/Berlin")
    text = "\n".join(texts(of, lines=18, curves=curves))
    for stroke, name in zip(STROKES, ("line 1", "line 2", "a line with a…", "line 4"), strict=True):
        assert f"{stroke[0]} {name}" in text
    assert "one too many" not in text
    assert "no values" in texts(of, curves=[Curve("x", [None] * 4)])[0]
    low = "\n".join(texts(replace(of, limits=chart_of(OEE, "UTC").limits), cells=40, lines=6, curves=curves[:1]))
    assert "line 1" in low  # where there is little room the names come before the limits


def test_a_gauge_has_its_bands_target_and_scale() -> None:
    bar, band, scale = (plain(line) for line in gauge(OEE, 62, 3))
    assert (len(bar), len(band), len(scale)) == (62, 62, 62)
    assert band.strip().startswith("▒")
    assert band.index("▒") < band.index("░") < band.index("─")
    assert scale[band.index("┼") :].startswith("┼85")
    assert abs(bar.rstrip().index("█") - 1) < 1
    assert abs(len(bar.rstrip()) - scale.index("▲60")) < 12  # 52.4 is a little under 60
    assert plain(gauge(replace(OEE, range=[50.0, 100.0]), 62, 3)[2]).split()[0] == "50"
    assert "no value and no limits" in plain(gauge(canned.kpis()[4], 40, 3)[0])
    assert "○ no value" in plain(gauge(replace(OEE, value=None), 40, 4)[0])


def test_a_heat_map_is_shaded_where_there_is_room_and_says_what_is_abnormal_anyway() -> None:
    grid = canned.grid()
    wide = [plain(line) for line in heat(grid, OEE, "Europe/Berlin", 90, 8)]
    assert "▲ 52.0 ██" in wide[3]
    assert "◆ 63.0 ▓▓" in wide[3]
    assert "86.0 ··" in wide[4]
    narrow = "\n".join(plain(line) for line in heat(grid, OEE, "Europe/Berlin", 40, 8))
    assert "▲ 52.0" in narrow
    assert "█" not in narrow
    lower = plain(heat(grid, replace(OEE, better="lower"), "Europe/Berlin", 90, 8)[3])
    assert "52.0 ··" in lower
    alike = replace(grid, values=[[5.0] * 5] * 4, statuses=[["good"] * 5] * 4)
    assert "5.0 ░░" in plain(heat(alike, OEE, "UTC", 90, 8)[1])
