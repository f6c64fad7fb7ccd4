from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.console.place import Block, Item, Pile, Spot, essential, per_line, place


class Stub:
    """A panel of which only its measures matter."""

    def __init__(
        self, kind: str, tiles: int = 0, least: int = 3, wanted: int = 5, most: int = 9, breadth: int = 34
    ) -> None:
        self.kind = kind
        self._measures = (tiles, least, wanted, most, breadth)

    def tiles(self) -> int:
        return self._measures[0]

    def breadth(self) -> int:
        return self._measures[4]

    def least(self) -> int:
        return self._measures[1]

    def wanted(self, cells: int) -> int:
        return self._measures[2]

    def most(self, cells: int) -> int:
        return self._measures[3]


def overview() -> list[Block]:
    return [
        Block(((Stub("kpi", tiles=4, least=1),  1),), 5),
        Block(((Stub("alerts"), 1),), 5),
        Block(((Stub("grid"), 1), (Stub("breakdown"), 1))),
        Block(((Stub("sources", least=1, wanted=7), 1),), 1),
    ]  # fmt: skip


def kinds(spots: list[Spot]) -> list[str]:
    return [spot.panel.kind for spot in spots]


def test_all_stands_on_the_smallest_full_screen() -> None:
    spots = place(overview(), 80, 20)
    assert kinds(spots) == ["kpi", "alerts", "grid", "breakdown", "sources"]
    assert spots[0].tile >= 5


def test_panels_beside_each_other_go_below_each_other_when_narrow() -> None:
    wide, narrow = place(overview(), 100, 30), place(overview(), 60, 30)
    assert wide[2].y == wide[3].y
    assert narrow[2].y < narrow[3].y


def test_tiles_grow_where_there_is_room_and_shrink_where_there_is_none() -> None:
    assert place(overview(), 160, 46)[0].tile == 9
    assert place([*overview(), *(Block(block.panels, 2) for block in overview()[2:] * 2)], 80, 13)[0].tile < 5


def test_a_row_without_a_height_gives_way_to_those_that_have_one() -> None:
    extra = Block(((Stub("chart", least=6), 1),))
    low, high = place([*overview(), extra], 80, 19), place([*overview(), extra], 80, 20)
    assert kinds(low) == ["kpi", "alerts", "grid", "breakdown", "sources"]
    assert low[0].tile >= 5
    assert low[1].lines >= 5
    assert kinds(high) == [*kinds(low), "chart"]


def test_the_essentials_are_alerts_and_a_list() -> None:
    assert essential(40, 10)
    spots = place(overview(), 40, 10)
    assert kinds(spots) == ["alerts", "kpi", "sources"]
    assert spots[1].tile == 1
    assert kinds(place(overview(), 40, 6)) == ["alerts", "kpi"]
    assert kinds(place(overview(), 40, 3)) == ["alerts"]


def test_tiles_are_spread_evenly() -> None:
    assert [per_line(4, cells) for cells in (160, 80, 60, 20)] == [4, 4, 2, 1]
    assert per_line(5, 80) == 3


def test_a_panel_spans_the_pile_beside_it() -> None:
    chart, gauge, clock, table = (Stub(kind, breadth=20) for kind in ("chart", "gauge", "clock", "table"))
    blocks = [Block(((chart, 2), (Pile(((gauge, 4), (clock, None))), 1)), 12), Block(((table, 1),))]
    one, two, three, below = place(blocks, 100, 30)
    assert (one.x, one.y, one.cells, one.lines) == (0, 0, 65, 13)
    assert (two.x, two.y, two.cells, two.lines) == (67, 0, 33, 5)  # which shows all of it
    assert (three.x, three.y, three.lines) == (67, 5, 8)
    assert (below.y, below.cells) == (13, 100)
    # where the pile has no room beside it, its panels are rows of their own
    assert [(spot.panel.kind, spot.y > 0) for spot in place(blocks, 58, 40)] == [
        ("chart", False), ("gauge", True), ("clock", True), ("table", True),
    ]  # fmt: skip


def test_what_is_dropped_first_and_what_never_is() -> None:
    tall = [Stub("chart", least=6), Stub("alerts"), Stub("text", least=6)]
    blocks = [Block(((Pile(tuple((panel, None) for panel in tall)), 1), (Stub("grid", least=9), 1)))]
    assert kinds(place(blocks, 100, 15)) == ["chart", "alerts", "text", "grid"]
    assert kinds(place(blocks, 100, 13)) == ["chart", "alerts", "grid"]
    many = [Block(((Stub("kpi", tiles=60, least=1), 1),)), Block(((Stub("alerts"), 1),)), Block(((Stub("table"), 1),))]
    spots = place(many, 80, 13)
    assert kinds(spots) == ["kpi", "alerts", "table"]  # the list of KPIs scrolls
    assert sum(spot.lines for spot in spots) == 13


@st.composite
def layouts(draw: st.DrawFn) -> list[Block]:
    """Rows of panels and piles with measures of all kinds, an alert list somewhere among them."""

    def panel() -> Stub:
        kind = draw(st.sampled_from(["kpi", "chart", "text"]))
        least = draw(st.integers(1, 6))
        wanted = draw(st.integers(least, 40))
        tiles = draw(st.integers(1, 12)) if kind == "kpi" else 0
        breadth = draw(st.sampled_from([16, 18, 24, 34]))
        return Stub(kind, tiles, 1 if tiles else least, wanted, wanted + draw(st.integers(0, 9)), breadth)

    def item() -> Item:
        if draw(st.integers(0, 3)):
            return panel()
        return Pile(tuple((panel(), draw(st.none() | st.integers(1, 12))) for _ in range(draw(st.integers(1, 4)))))

    blocks = [
        Block(
            tuple((item(), draw(st.integers(1, 5))) for _ in range(draw(st.integers(1, 4)))),
            draw(st.none() | st.integers(1, 30)),
        )
        for _ in range(draw(st.integers(1, 6)))
    ]
    at = draw(st.integers(0, len(blocks) - 1))
    row = blocks[at]
    alerts: Item = Stub("alerts", least=3, wanted=draw(st.integers(3, 60)))
    if draw(st.booleans()):
        alerts = Pile(((alerts, draw(st.none() | st.integers(1, 9))), (panel(), None)))
    blocks[at] = Block((*row.panels[:-1], (alerts, 1)), row.height)
    return blocks


@settings(max_examples=150)
@given(layouts(), st.integers(1, 220), st.integers(1, 80))
def test_nothing_overlaps_or_sticks_out_or_is_too_low_and_alerts_are_always_there(
    blocks: list[Block], cells: int, lines: int
) -> None:
    spots = place(blocks, cells, lines)
    taken: set[tuple[int, int]] = set()
    for spot in spots:
        assert spot.x >= 0
        assert spot.y >= 0
        assert spot.x + spot.cells <= cells
        assert spot.y + spot.lines <= lines
        assert spot.lines >= min(spot.panel.least(), lines)
        assert spot.cells >= min(spot.panel.breadth(), cells)
        area = {(x, y) for x in range(spot.x, spot.x + spot.cells) for y in range(spot.y, spot.y + spot.lines)}
        assert not area & taken
        taken |= area
    assert "alerts" in kinds(spots)
    assert len({id(spot.panel) for spot in spots}) == len(spots)
