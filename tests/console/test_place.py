from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from opsconsole.console.place import Block, Spot, essential, per_line, place


class Stub:
    """A panel of which only its measures matter."""

    def __init__(self, kind: str, tiles: int = 0, least: int = 3, wanted: int = 5, most: int = 9) -> None:
        self.kind = kind
        self._measures = (tiles, least, wanted, most)

    def tiles(self) -> int:
        return self._measures[0]

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
    assert place([*overview(), *overview()[2:]], 80, 15)[0].tile < 5


def test_the_essentials_are_alerts_and_a_list() -> None:
    assert essential(40, 10)
    spots = place(overview(), 40, 10)
    assert kinds(spots) == ["alerts", "kpi"]
    assert spots[1].tile == 1


def test_tiles_are_spread_evenly() -> None:
    assert [per_line(4, cells) for cells in (160, 80, 60, 20)] == [4, 4, 2, 1]
    assert per_line(5, 80) == 3


@given(st.integers(1, 200), st.integers(1, 70), st.integers(1, 12), st.integers(0, 8))
def test_nothing_overlaps_or_sticks_out(cells: int, lines: int, tiles: int, extra: int) -> None:
    blocks = [Block(((Stub("kpi", tiles=tiles, least=1), 1),), 5), *overview()[1:]]
    blocks += [Block(((Stub("text", least=1, wanted=2), 2), (Stub("grid"), 1))) for _ in range(extra)]
    taken: set[tuple[int, int]] = set()
    for spot in place(blocks, cells, lines):
        assert spot.x >= 0
        assert spot.y >= 0
        assert spot.x + spot.cells <= cells
        assert spot.y + spot.lines <= lines
        area = {(x, y) for x in range(spot.x, spot.x + spot.cells) for y in range(spot.y, spot.y + spot.lines)}
        assert not area & taken
        taken |= area
