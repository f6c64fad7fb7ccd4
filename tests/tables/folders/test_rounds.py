"""When each source is looked at next."""

from __future__ import annotations

import pytest

from opsconsole.site.model import Scan
from opsconsole.tables.folders.rounds import FULL_SHARE, Rounds


def made(hot: float = 1.0, full: float = 30.0) -> Rounds:
    """Rounds of one source `t` that was scanned at 100 s."""
    rounds = Rounds()
    rounds.serve({"t": Scan(hot, full)})
    assert rounds.full(100.0, ()) == ["t"]  # a new source is due at once
    rounds.scanned("t", 100.0, 0.01)
    return rounds


def test_hot_often_and_full_now_and_then() -> None:
    rounds = made(hot=2.0)
    assert (rounds.hot(101.9), rounds.full(129.9, ())) == ([], [])
    assert (rounds.hot(102.0), rounds.full(130.0, ())) == (["t"], ["t"])
    assert rounds.wait(100.5, ()) == pytest.approx(1.5)
    rounds.glanced("t", 129.0, 0.0)
    assert rounds.wait(129.0, ()) == pytest.approx(1.0)


@pytest.mark.parametrize(("cost", "due"), [(0.1, 130.0), (2.0, 200.0)])
def test_never_more_than_a_small_share_of_a_core(cost: float, due: float) -> None:
    rounds = made()
    rounds.scanned("t", 100.0, cost)
    assert rounds.full(due - 0.1, ()) == []
    assert rounds.full(due, ()) == ["t"]
    rounds.glanced("t", 100.0, 0.1)
    assert (rounds.hot(119.9), rounds.hot(120.0)) == ([], ["t"])


def test_a_blind_source_is_scanned_often_but_not_for_more_than_its_share() -> None:
    rounds = made()
    assert (rounds.full(100.9, {"t"}), rounds.full(101.0, {"t"})) == ([], ["t"])
    rounds.scanned("t", 101.0, 0.1)
    assert (rounds.full(105.9, {"t"}), rounds.full(106.0, {"t"})) == ([], ["t"])


def test_asking_brings_a_scan_forward_and_is_remembered_until_it_is_done() -> None:
    rounds = made()
    rounds.scanned("t", 100.0, 1.0)
    rounds.ask("t", 101.0)
    assert rounds.asked
    assert (rounds.full(103.9, ()), rounds.full(104.0, ())) == ([], ["t"])
    rounds.ask("t", 101.0, FULL_SHARE)  # less urgent: the first stays
    assert rounds.full(104.0, ()) == ["t"]
    rounds.ask_all(102.0)  # a person asks: at once
    assert rounds.full(102.0, ()) == ["t"]
    rounds.scanned("t", 103.0, 1.0)
    assert not rounds.asked
    rounds.ask("nobody", 103.0)
    assert not rounds.asked
