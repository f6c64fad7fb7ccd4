from __future__ import annotations

import random

import pytest

from opsconsole.insight.flow.shifting import Period, shifting, with_latest
from tests.insight.flow.sim import serial_line


def shares(periods: list[Period], since: float, until: float) -> dict[str, tuple[float, float]]:
    found = shifting(periods, since, until)
    return {each.station: (round(each.sole, 9), round(each.shifting, 9)) for each in found.shares}


def test_sole_and_shifting_by_hand() -> None:
    periods = [("a", 0.0, 4.0), ("b", 3.0, 9.0), ("c", 5.0, 6.0), ("a", 8.0, 10.0)]
    assert shares(periods, 0, 20) == {"b": (0.2, 0.1), "a": (0.2, 0.1), "c": (0.0, 0.0)}
    assert shifting(periods, 0, 20).momentary is None, "nobody is active"
    assert shifting(periods, 0, 9).momentary == "b"
    assert shifting(periods, 0, 20).periods == (("a", 0.0, 4.0), ("b", 3.0, 9.0), ("a", 8.0, 10.0))


def test_a_shift_counts_once_though_three_periods_overlap() -> None:
    periods = [("a", 0.0, 5.0), ("b", 4.0, 12.0), ("c", 4.9, 12.5)]
    found = shares(periods, 0, 12.5)
    assert found["b"] == (0.0, pytest.approx(8 / 12.5))
    assert found["a"] == (pytest.approx(4 / 12.5), pytest.approx(1 / 12.5))


def test_periods_that_touch_are_one_and_a_bridge_joins_more() -> None:
    periods = [("a", 0.0, 2.0), ("a", 2.0, 4.0), ("b", 0.0, 3.0)]
    assert shifting(periods, 0, 4).shares[0].station == "a"
    apart = [("a", 0.0, 2.0), ("a", 2.5, 5.0), ("b", 0.0, 3.0)]
    assert shifting(apart, 0, 5).periods[0][0] == "b"
    assert shifting(apart, 0, 5, bridge=0.5).periods == (("a", 0.0, 5.0),)


def test_what_ends_before_it_begins_is_counted_and_left_out() -> None:
    found = shifting([("a", 3.0, 1.0), ("b", 0.0, 2.0)], 0, 4)
    assert found.impossible == 1
    assert [(each.station, each.active) for each in found.shares] == [("b", 0.5), ("a", 0.0)]
    with pytest.raises(ValueError, match="window"):
        shifting([], 4, 4)


def brute(periods: list[Period], until: int) -> dict[str, tuple[float, float]]:
    """The definition, moment by moment: the longest period; shifting where two of its chain overlap."""
    winners: list[Period] = []
    for moment in range(until):
        on = [each for each in periods if each[1] <= moment < each[2]]
        if on:
            best = min(on, key=lambda each: (each[1] - each[2], each[1], each[0]))
            if best not in winners[-1:]:
                winners.append(best)
    found = {name: [0, 0] for name, _, _ in periods}
    for at, (name, start, end) in enumerate(winners):
        beside = winners[max(at - 1, 0) : at] + winners[at + 1 : at + 2]
        for moment in range(int(start), int(min(end, until))):
            found[name][any(low <= moment < high for _, low, high in beside)] += 1
    return {name: (round(a / until, 9), round(b / until, 9)) for name, (a, b) in found.items()}


def test_against_the_definition_moment_by_moment() -> None:
    chance = random.Random(3)
    for _ in range(150):
        periods: list[Period] = []
        for station in "abcd":
            at = 0
            while at < 60:
                at += chance.randint(1, 9)
                length = chance.randint(1, 15)
                periods.append((station, float(at), float(min(at + length, 60))))
                at += length
        periods = [each for each in periods if each[2] > each[1]]
        assert shares(periods, 0, 60) == brute(periods, 60)


def test_the_slowest_station_of_a_line_is_its_bottleneck() -> None:
    periods = serial_line([8.0, 9.0, 12.0, 8.5], 400)
    until = max(end for _, _, end in periods)
    found = shifting(periods, 0.0, until)
    first, second = found.shares[:2]
    assert first.station == "s2"
    assert first.total > 0.75
    assert first.total > 3 * second.total


def test_a_bottleneck_that_moves_is_seen_to_move() -> None:
    before = serial_line([8.0, 11.0, 8.0], 200, seed=2)
    at = max(end for _, _, end in before)
    after = [(name, start + at, end + at) for name, start, end in serial_line([8.0, 8.0, 11.0], 200, seed=3)]
    until = max(end for _, _, end in after)
    assert shifting(before + after, 0.0, at).shares[0].station == "s1"
    assert shifting(before + after, at, until).shares[0].station == "s2"


def test_balanced_stations_share_it() -> None:
    periods = serial_line([10.0, 10.0, 10.0], 400, seed=5)
    found = shifting(periods, 0.0, max(end for _, _, end in periods))
    assert found.shares[-1].total > 0.1
    assert sum(each.shifting for each in found.shares) > 0.1


def test_how_long_the_last_bottleneck_is_one_alone() -> None:
    periods = [("a", 0.0, 4.0), ("b", 3.0, 9.0), ("b", 9.5, 20.0), ("c", 12.0, 14.0)]
    assert (shifting(periods, 0, 20).momentary, shifting(periods, 0, 20).alone) == ("b", 10.5)
    assert shifting(periods, 0, 20, pause=0.5).alone == 16.0, "a short pause is none; before 4 it shifted"
    assert shifting([("a", 0.0, 9.0), ("b", 3.0, 13.0)], 0, 9).alone == 9.0, "b has not been active as long"
    assert shifting(periods, 0, 30).alone == 0.0, "nobody is active"


def test_the_latest_is_of_a_moment_of_which_all_is_known() -> None:
    """Each row is written once a cycle is over: at the newest end only the station that wrote last seems active."""
    cycles = [("slow", 10.0 * at, 10.0 * at + 10.0) for at in range(9)]
    cycles += [("quick", 10.0 * at + 4.0, 10.0 * at + 7.0) for at in range(10)]
    plain = shifting(cycles, 0, 100)
    assert plain.momentary is None
    latest = with_latest(plain, cycles, 100)
    assert latest.shares == plain.shares
    assert (latest.momentary, latest.known, latest.alone) == ("slow", 87.0, 87.0)
    going = with_latest(shifting([*cycles, ("slow", 90.0, 100.0)], 0, 100), [*cycles, ("slow", 90.0, 100.0)], 100)
    assert (going.momentary, going.known, going.alone) == ("slow", 100, 100.0)
