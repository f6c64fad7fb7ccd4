"""Pictures as fast as a link takes them: against links of known pace, without a clock."""

from __future__ import annotations

from collections import deque

import pytest

from opsconsole.console.pacing import PATIENCE, TRIES, Pace


class Link:
    """A link of so many bytes a second and a latency each way, whose terminal answers."""

    def __init__(self, pace: Pace, rate: float, latency: float) -> None:
        self.pace, self.rate, self.latency = pace, rate, latency
        self.now = 0.0
        self.busy_until = 0.0
        self.answers: deque[tuple[float, int]] = deque()
        self.drawn: deque[tuple[float, float]] = deque()
        self.worst = 0.0

    def picture(self, size: int) -> None:
        self.pace.sent(size)
        self.busy_until = max(self.busy_until, self.now) + size / self.rate
        at = self.busy_until + self.latency
        self.worst = max(self.worst, at - self.now - size / self.rate - self.latency)
        mark = self.pace.ask(self.now)
        if mark:
            self.answers.append((at + self.latency, mark))

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        while self.answers and self.answers[0][0] <= self.now:
            at, mark = self.answers.popleft()
            self.pace.answered(mark, at)


@pytest.mark.parametrize(
    ("rate", "latency", "size", "least"),
    [
        (960, 0.05, 300, 85),
        (960, 0.3, 500, 50),
        (5_000, 0.1, 2_000, 70),
        (125_000, 0.15, 600, 1_150),
        (1e7, 0.0, 600, 1_150),
    ],
)
def test_no_picture_waits_a_second_for_those_before_it_and_the_link_is_used(
    rate: float, latency: float, size: int, least: int
) -> None:
    link = Link(Pace(), rate, latency)
    sent = 0
    for _ in range(60 * 20):  # a minute in which the screen changes twenty times a second
        if link.pace.may(link.now):
            link.picture(size)
            sent += 1
        link.pass_time(0.05)
    assert link.worst < (2_000 + 8 * size) / rate + 1, "the first pictures may queue, as nothing is known of the link"
    link.worst = 0.0
    for _ in range(600):
        if link.pace.may(link.now):
            link.picture(size)
        link.pass_time(0.05)
    assert link.worst <= 1.0
    assert sent >= least


def test_a_link_that_gets_slow_is_noticed() -> None:
    link = Link(Pace(), 1e6, 0.01)
    for _ in range(600):
        if link.pace.may(link.now):
            link.picture(6_000)
        link.pass_time(0.05)
    assert link.pace.window > 10_000
    link.rate = 2_000.0
    for _ in range(1_200):
        if link.pace.may(link.now):
            link.picture(600)
        link.pass_time(0.05)
    link.worst = 0.0
    for _ in range(200):
        if link.pace.may(link.now):
            link.picture(600)
        link.pass_time(0.05)
    assert link.worst <= 1.0


def test_a_terminal_that_does_not_answer_is_asked_a_few_times_and_gets_what_there_is() -> None:
    pace, asked = Pace(), 0
    for second in range(200):
        assert pace.may(2.0 * second)
        pace.sent(3_000)
        asked += pace.ask(2.0 * second) > 0
    assert asked == TRIES


def test_one_that_stalls_is_tried_again_but_not_filled() -> None:
    pace = Pace()
    pace.sent(500)
    pace.answered(pace.ask(0.0), 0.01)
    sent = 0
    for tenth in range(600):
        if pace.may(tenth / 10):
            pace.sent(1_000)
            sent += 1
            pace.ask(tenth / 10)
    assert sent <= 60 / PATIENCE + 6


def test_answers_that_come_late_twice_or_to_no_question_do_no_harm() -> None:
    pace = Pace()
    pace.sent(500)
    first = pace.ask(0.0)
    pace.answered(first, 0.1)
    pace.answered(first, 0.2)
    pace.answered(99, 0.3)
    assert pace.in_flight == 0
    pace.sent(50_000)
    second = pace.ask(1.0)
    assert second not in (0, first)
    assert not pace.may(1.1)
    pace.anew()
    assert pace.may(1.1)
    pace.answered(second, 1.2)
    assert pace.in_flight == 0
