"""Contributions add up, blame the right one, and say so where nothing can be told."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.insight.change.contribution import Part, Point, Quantity, combined, of_members, weights

AMOUNT = st.floats(0.01, 1e6)
MEMBERS = st.sampled_from(["weld", "press", "paint", None, ""])
GROUPS = st.dictionaries(MEMBERS, st.tuples(AMOUNT, AMOUNT), min_size=1)


def quantities(groups: dict[str | None, tuple[float, float]]) -> tuple[Quantity, dict[str | None, Quantity]]:
    whole = Quantity(math.fsum(above for above, _ in groups.values()), math.fsum(below for _, below in groups.values()))
    return whole, {name: Quantity(*pair) for name, pair in groups.items()}


@given(GROUPS, GROUPS)
def test_the_contributions_to_a_ratio_add_up(
    before: dict[str | None, tuple[float, float]], now: dict[str | None, tuple[float, float]]
) -> None:
    (first, old), (last, new) = quantities(before), quantities(now)
    parts = of_members(first, last, old, new)
    assert parts is not None
    assert first.value is not None
    assert last.value is not None
    assert set(parts) == {*before, *now}
    near = 1e-9 * max(1.0, abs(first.value), abs(last.value), *(abs(part.total) for part in parts.values()))
    assert math.fsum(part.total for part in parts.values()) == pytest.approx(last.value - first.value, abs=near)
    for part in parts.values():
        assert part.rate is not None
        assert part.mix is not None
        assert part.rate + part.mix == pytest.approx(part.total, abs=max(near, 1e-9 * abs(part.rate)))


def test_rate_and_mix_are_told_apart() -> None:
    """Each member is as good as before; the bad one has more of the work: all of it is mix."""
    before = {"old line": Quantity(90, 100), "new line": Quantity(50, 100)}
    now = {"old line": Quantity(45, 50), "new line": Quantity(75, 150)}
    parts = of_members(Quantity(140, 200), Quantity(120, 200), before, now)
    assert parts is not None
    assert [part.rate for part in parts.values()] == pytest.approx([0.0, 0.0])
    assert math.fsum(part.mix or 0.0 for part in parts.values()) == pytest.approx(-0.1)
    # Nothing moved between them, one got worse: all of it is its rate, and the other had no part in it.
    parts = of_members(Quantity(140, 200), Quantity(120, 200), before, {**before, "new line": Quantity(30, 100)})
    assert parts is not None
    assert parts["old line"] == Part(0.0, 0.0, 0.0)
    assert (parts["new line"].rate, parts["new line"].mix) == (pytest.approx(-0.1), pytest.approx(0.0))


def test_sums_change_by_what_members_change() -> None:
    parts = of_members(
        Quantity(12), Quantity(15), {"a": Quantity(5), "b": Quantity(7)}, {"a": Quantity(4), "c": Quantity(11)}
    )
    assert parts == {"a": Part(-1), "c": Part(11), "b": Part(-7)}


def test_a_side_without_value_has_no_contributions() -> None:
    assert of_members(Quantity(0, 0), Quantity(1, 2), {}, {"a": Quantity(1, 2)}) is None
    assert of_members(Quantity(1, 2), Quantity(0, 0), {"a": Quantity(1, 2)}, {}) is None


def oee(points: Sequence[Point]) -> list[float | None]:
    return [100 * a * b * c for a, b, c in points]


def share(points: Sequence[Point]) -> list[float | None]:
    return [a / (a + b * b) if a + b * b else None for a, b in points]


@given(*(st.tuples(*(st.floats(0.0, 1.5).map(lambda share: round(share, 6)) for _ in range(3))) for _ in range(2)))
def test_the_factors_of_a_product_share_its_change(before: Point, now: Point) -> None:
    found = weights(oee, before, now)
    assert found is not None
    moved = [end - start for start, end in zip(before, now, strict=True)]
    parts = [weight * step for weight, step in zip(found, moved, strict=True)]
    first, last = oee([before, now])
    assert math.fsum(parts) == pytest.approx((last or 0.0) - (first or 0.0), abs=1e-9)
    # exactly known for a product: with one factor at rest, the others share as the mean of both orders says
    a, b, c = before
    d, e, _ = now
    found = weights(oee, before, (d, e, c))
    assert found is not None
    assert found[0] * (d - a) == pytest.approx(100 * c * (d - a) * (b + e) / 2, abs=1e-6)


@given(*(st.tuples(st.floats(1.0, 100.0), st.floats(1.0, 100.0)) for _ in range(2)))
def test_any_smooth_formula_is_shared_out(before: Point, now: Point) -> None:
    found = weights(share, before, now)
    assert found is not None
    first, last = share([before, now])
    total = math.fsum(weight * (end - start) for weight, start, end in zip(found, before, now, strict=True))
    assert total == pytest.approx((last or 0.0) - (first or 0.0), abs=1e-9)


def test_what_jumps_or_has_no_value_on_the_way_is_not_shared_out() -> None:
    def jump(points: Sequence[Point]) -> list[float | None]:
        return [10.0 if a > 0.37 else 0.0 for (a,) in points]

    def hole(points: Sequence[Point]) -> list[float | None]:
        return [a if abs(a - 0.5) > 0.01 else None for (a,) in points]

    assert weights(jump, (0.0,), (1.0,)) is None
    assert weights(hole, (0.0,), (1.0,)) is None
    assert weights(lambda points: [None for _ in points], (0.0,), (1.0,)) is None


@given(GROUPS, GROUPS, GROUPS, GROUPS)
def test_members_share_the_change_of_a_product_of_ratios(
    a0: dict[str | None, tuple[float, float]],
    a1: dict[str | None, tuple[float, float]],
    b0: dict[str | None, tuple[float, float]],
    b1: dict[str | None, tuple[float, float]],
) -> None:
    sides = [quantities(groups) for groups in (a0, a1, b0, b1)]
    (qa0, ma0), (qa1, ma1), (qb0, mb0), (qb1, mb1) = sides
    before, now = (qa0.value or 0.0, qb0.value or 0.0), (qa1.value or 0.0, qb1.value or 0.0)
    factors = weights(lambda points: [a * b for a, b in points], before, now)
    assert factors is not None
    parts_a, parts_b = of_members(qa0, qa1, ma0, ma1), of_members(qb0, qb1, mb0, mb1)
    assert parts_a is not None
    assert parts_b is not None
    found = combined(factors, [parts_a, parts_b])
    change = now[0] * now[1] - before[0] * before[1]
    # digits are lost where large parts cancel out: what is compared is measured by those
    all_parts = zip(factors, (parts_a, parts_b), strict=True)
    size = max(1.0, *(abs(factor * part.total) for factor, parts in all_parts for part in parts.values()))
    assert math.fsum(part.total for part in found.values()) == pytest.approx(change, abs=1e-9 * size)
    for part in found.values():
        rate, mix = part.rate or 0.0, part.mix or 0.0
        assert rate + mix == pytest.approx(part.total, abs=1e-9 * max(size, abs(rate)))


def test_sums_alone_have_neither_rate_nor_mix() -> None:
    assert combined([2.0, 1.0], [{"a": Part(1.0)}, {"a": Part(3.0), "b": Part(-1.0)}]) == {
        "a": Part(5.0),
        "b": Part(-1.0),
    }
    mixed = combined([1.0, 1.0], [{"a": Part(1.0)}, {"a": Part(3.0, 1.0, 2.0)}])
    assert mixed == {"a": Part(4.0, 2.0, 2.0)}
