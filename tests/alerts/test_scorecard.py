"""The scorecard: each figure by a count of its own, each target met and missed, and what is proposed."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.deed import Deed, Target
from opsconsole.alerts.facts import Held, Letter, Shelf, What
from opsconsole.alerts.history import Happening, History, Known, Occurrence
from opsconsole.alerts.performance import Figures, figures, quantile
from opsconsole.alerts.proposals import Proposal, calmer, lower, truer
from opsconsole.alerts.scorecard import Line, PositionCard, Scorecard, as_json, scorecard
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.duration import parse_duration
from opsconsole.site.model import Area, Chatter, Rule, Shelving, Site
from opsconsole.site.parse import parse_site

ZONE = ZoneInfo("Europe/Berlin")
BEGIN = dt.datetime(2026, 6, 1, tzinfo=ZONE).timestamp()
MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
MONTH = 30 * DAY
SITE = Site(
    name="Plant",
    timezone="Europe/Berlin",
    rules={
        "slow": Rule(name="slow", kpi="cycle", when="> 100", by=("n",), area="hall"),
        "many": Rule(name="many", source="s", rows="bad", by=("n",), area="hall", priority="critical"),
        "limits": Rule(name="limits", kpi="cycle", area="hall"),
        "late": Rule(name="late", source="s", rows="late", by=("n",), priority="low"),
        "single": Rule(name="single", source="s", rows="x", per_row=True),
    },
    areas={"hall": Area(name="hall", position="floor"), "yard": Area(name="yard", position="floor")},
)
LEVELS = {"low": 1, "warning": 2, "critical": 3}


class Diary:
    """Writes down what alerts did; minutes after the beginning of the period."""

    def __init__(self) -> None:
        self.told: list[Happening] = []

    def say(
        self, at: float, what: What, after: Letter, rule: str = "slow", n: int = 1, call: bool = False,
        worst: float | None = None, **known: Any,
    ) -> None:  # fmt: skip
        of = Known(**known)
        self.told.append(Happening(BEGIN + at * MINUTE, f"{rule}{n}", rule, what, after, of, call, worst, 100.0))

    def alarm(
        self, at: float, lasts: float | None = 5.0, rule: str = "slow", n: int = 1, level: str = "warning",
        worst: float | None = None, acked: float | None = None, disposition: Any = None,
    ) -> None:  # fmt: skip
        """An alarm that comes and, unless `lasts` is None, goes."""
        worse = LEVELS[level]
        since = BEGIN + at * MINUTE
        self.say(at, "raised", "UNACK", rule, n, True, worst, level=worse, peak=worse, since=since)
        if acked is not None:
            self.say(at + acked, "acknowledged", "ACK", rule, n, False, worst, level=worse, peak=worse, since=since)
        if lasts is not None:
            after: Letter = "RTNUN" if acked is None else "NORM"
            known = {"peak": worse, "since": since, "disposition": disposition}
            self.say(at + lasts, "cleared", after, rule, n, False, worst, **known)

    def history(self, end: float = MONTH) -> History:
        found = History()
        for each in sorted(self.told, key=lambda each: each.at):
            found.take(each)
        found.close(BEGIN + end)
        return found

    def figures(self, end: float = MONTH, **more: Any) -> Figures:
        given = {"chatter": Chatter(), "every": {"slow": 10.0}, "shelving": Shelving()} | more
        return figures(self.history(end), BEGIN, BEGIN + end, ZONE, **given)

    def card(self, end: float = MONTH, site: Site = SITE) -> Scorecard:
        return scorecard(self.history(end), site, BEGIN, BEGIN + end, ZONE, asked=30.0, path="plants/a b")

    def position(self, end: float = MONTH, site: Site = SITE, name: str = "floor") -> PositionCard:
        return next(each for each in self.card(end, site).positions if each.position == name)

    def line(self, key: str, end: float = MONTH, **more: Any) -> tuple[Line, str]:
        """A line, and the command that is proposed for it."""
        card = self.position(end, **more)
        line = next(each for each in card.lines if each.key == key)
        return line, card.proposals[line.proposal - 1].command if line.proposal else ""


# --- rates -----------------------------------------------------------------------------------------------------


def test_rates_count_empty_periods_and_say_their_peaks() -> None:
    diary = Diary()
    for number in range(12):  # twelve alarms within ten minutes on one of thirty days
        diary.alarm(3 * 24 * 60 + 61 + number * 0.5, n=number)
    found = diary.figures()
    assert (found.alarms, found.bins, found.bins_over) == (12, 30 * 144, 1)
    assert found.bins_over_share == pytest.approx(100 / 4_320)
    assert found.per_day.mean == pytest.approx(0.4)
    assert (found.per_day.peak, found.per_day.at) == (12, BEGIN + 3 * DAY)
    assert found.per_hour.mean == pytest.approx(12 / 720)
    assert (found.per_hour.peak, found.per_hour.at) == (12, BEGIN + 3 * DAY + HOUR)
    assert (found.per_ten_minutes.peak, found.per_ten_minutes.at) == (12, BEGIN + 3 * DAY + HOUR)


def test_days_are_those_of_the_site_also_where_a_clock_is_changed() -> None:
    diary = Diary()
    summer = dt.datetime(2026, 10, 25, 0, 30, tzinfo=ZONE).timestamp()
    for hours in (0, 1, 24.4):  # a day of 25 hours
        diary.alarm((summer - BEGIN) / MINUTE + hours * 60)
    found = diary.figures(end=200 * DAY)
    assert (found.per_day.peak, found.per_day.at) == (3, dt.datetime(2026, 10, 25, tzinfo=ZONE).timestamp())


def test_hours_are_those_of_the_sites_clock() -> None:
    zone = ZoneInfo("Asia/Kathmandu")  # 5 h 45 min ahead of UTC
    begin = dt.datetime(2026, 6, 1, 8, tzinfo=zone).timestamp()
    diary = Diary()
    for minutes in (5, 50):
        diary.alarm((begin - BEGIN) / MINUTE + minutes)
    found = figures(diary.history(), BEGIN, BEGIN + MONTH, zone, chatter=Chatter(), every={}, shelving=Shelving())
    assert (found.per_hour.peak, found.per_hour.at) == (2, begin)


def test_what_was_not_announced_is_no_alarm() -> None:
    diary = Diary()
    diary.say(0, "raised", "SUPPRESSED", level=2, peak=2, since=BEGIN)
    diary.say(1, "escalated", "UNACK", call=True, n=2, level=2, peak=2, since=BEGIN)
    diary.say(2, "worsened", "UNACK", call=True, n=3, level=3, peak=3, since=BEGIN)
    assert (diary.figures().alarms, diary.figures().priorities["critical"]) == (1, 100.0)


def test_floods_and_their_share_of_the_time() -> None:
    diary = Diary()
    for number in range(30):
        diary.alarm(60 + number / 2, n=number)
    found = diary.figures(end=DAY)
    (flood,) = found.floods
    # the eleventh begins it; it ends when fewer than five of the last ten minutes are left
    assert (flood.start, flood.end) == (BEGIN + 65 * MINUTE, BEGIN + 82.5 * MINUTE)
    assert (flood.alarms, found.flood_share) == (30, pytest.approx(100 * 17.5 / 1_440))
    line, _ = diary.line("flood", end=DAY)
    assert (line.verdict, line.found) == ("warning", "1.2 %: 1, longest 17 min")


def test_top_ten() -> None:
    diary = Diary()
    for number in range(250):
        for time in range(3 if number < 10 else 1):
            diary.alarm(number * 100 + time * 30, n=number)
    found = diary.figures()
    assert (found.different, len(found.top)) == (250, 10)
    assert found.top_share == pytest.approx(100 * 30 / 270)
    line, command = diary.line("top")
    assert (line.verdict, line.found) == ("warning", "11 %")
    assert [each.rule for each in line.behind] == ["slow"]
    assert command == "opsconsole backtest 'plants/a b' slow --with 'for: 10m'"


def test_the_top_ten_of_few_are_not_judged() -> None:
    diary = Diary()
    for number in range(20):
        diary.alarm(number * 100, n=number)
    line, command = diary.line("top")
    assert (line.verdict, line.found, command) == ("none", "50 % of 20, judged from 200", "")


# --- alerts that come and go, and those that stay ----------------------------------------------------------------


def test_chattering_by_time_and_by_evaluations() -> None:
    diary = Diary()
    for at in (0, 0.4, 0.9):
        diary.alarm(at, lasts=0.2, n=1)
    for number in range(4):  # one of eight changes at each of the newest evaluations, ten minutes apart
        diary.alarm(100 + 20 * number, lasts=10, n=2)
        diary.alarm(100 + 20 * number, lasts=10, rule="late", n=2)
    found = diary.figures(every={"slow": 600.0})  # it is not known how often `late` is evaluated
    assert [(each.name, each.count) for each in found.chattering] == [("slow2", 4), ("slow1", 3)]


def test_fleeting_is_over_within_a_minute_before_anybody_looked() -> None:
    diary = Diary()
    diary.alarm(0, lasts=0.5, n=1)
    diary.alarm(10, lasts=0.9, n=2, acked=0.3)
    diary.alarm(20, lasts=1.0, n=3)
    found = diary.figures()
    assert (found.fleeting_count, [each.name for each in found.fleeting]) == (1, ["slow1"])


def test_stale_is_the_most_on_any_day_and_standing_the_mean_over_time() -> None:
    diary = Diary()
    for number in range(6):
        diary.alarm(0, lasts=3 * 24 * 60, n=number)
    diary.alarm(12 * 60, lasts=23 * 60, n=50)
    found = diary.figures(end=10 * DAY)
    assert (found.stale, found.stale_on) == (6, "2026-06-02")
    assert {each.name for each in found.stale_alerts} == {f"slow{number}" for number in range(6)}
    assert found.standing == pytest.approx((6 * 72 + 23) / 240)
    assert found.standing_peak == 7
    line, command = diary.line("stale", end=10 * DAY)
    assert (line.verdict, line.found) == ("warning", "6, on 06-02")
    assert command == "opsconsole backtest 'plants/a b' slow"


def test_what_is_put_aside_does_not_stand_before_the_operator() -> None:
    diary = Diary()
    diary.alarm(0, lasts=None)
    since = {"level": 2, "peak": 2, "since": BEGIN}
    shelf = Shelf("ana", BEGIN + HOUR, "known", BEGIN + 8 * HOUR)
    diary.say(60, "shelved", "SHELVED", shelf=shelf, **since)
    diary.say(480, "unshelved-by-time", "UNACK", call=True, **since)
    found = diary.figures(end=DAY)
    assert (found.alarms, found.standing) == (2, pytest.approx((1 + 16) / 24))
    assert found.stale == 0
    assert diary.figures(end=2 * DAY).stale == 1


def test_a_record_may_begin_in_the_middle_of_anything() -> None:
    diary = Diary()
    before = -3 * 24 * 60.0
    diary.say(before, "acknowledged", "ACK", level=2, peak=2, since=BEGIN - 4 * DAY)
    diary.say(60, "cleared", "NORM", peak=2, since=BEGIN - 4 * DAY)
    found = diary.figures(end=DAY)
    assert (found.alarms, found.standing, found.stale) == (0, pytest.approx(1 / 24), 1)


# --- people ------------------------------------------------------------------------------------------------------


def test_priorities_against_80_15_5() -> None:
    diary = Diary()
    for number in range(16):
        diary.alarm(number * 60, n=number, level="low")
    for number in range(3):
        diary.alarm(number * 60 + 20, n=50 + number)
    assert diary.line("priorities")[0].verdict == "none"  # nineteen are too few to judge
    diary.alarm(1_000, n=60, level="critical")
    line, _ = diary.line("priorities")
    assert (line.verdict, line.found, line.behind) == ("good", "80 / 15 / 5 %", [])
    diary.alarm(1_060, rule="many", n=61, level="critical")
    line, command = diary.line("priorities")
    assert (line.verdict, line.found) == ("warning", "76 / 14 / 10 %")
    assert [each.rule for each in line.behind] == ["many", "slow"]
    assert command == "opsconsole backtest 'plants/a b' many --with 'priority: warning'"


def test_until_acknowledged() -> None:
    diary = Diary()
    for number in range(1, 11):
        diary.alarm(number * 100, lasts=90, n=number, acked=float(number))
    diary.alarm(5_000, n=20)
    found = diary.figures()
    assert (found.answered, found.answer_median, found.answer_p90) == (10, 5 * MINUTE, 9 * MINUTE)
    assert found.unanswered == 1
    assert diary.line("answers")[0].found == "5 min, 90 % within 9 min; 1 never"


def test_what_was_put_aside_past_the_procedure() -> None:
    diary = Diary()
    held = {"level": 2, "peak": 2, "since": BEGIN}
    diary.say(0, "shelved", "SHELVED", n=1, shelf=Shelf("ana", BEGIN, "x", BEGIN + 7 * DAY), **held)
    diary.say(0, "shelved", "SHELVED", n=2, shelf=Shelf("ben", BEGIN, "x", BEGIN + 8 * DAY), **held)
    diary.say(0, "shelved", "SHELVED", n=3, shelf=Shelf("eve", BEGIN, "x"), **held)
    diary.say(0, "out-of-service", "OOS", n=4, out=Held("ana", BEGIN, "x"), **held)
    diary.say(12 * 60, "returned", "UNACK", n=4, **held)
    diary.say(12 * 60, "out-of-service", "OOS", n=5, out=Held("ana", BEGIN + DAY / 2, "x"), **held)
    assert [(each.alert, each.by) for each in diary.figures(end=DAY).suppressions] == [("slow2", "ben")]
    found = diary.figures(end=9 * DAY).suppressions
    assert [(each.alert, each.by, each.why) for each in found] == [
        ("slow2", "ben", "shelved for longer than is allowed"),
        ("slow3", "eve", "shelved without an end for longer than is allowed"),
        ("slow5", "ana", "out of service for over a day"),
    ]
    line, command = diary.line("suppressions", end=9 * DAY)
    assert (line.verdict, line.found) == ("warning", "3")
    assert command.endswith(" slow")


def test_how_often_people_found_a_rule_false() -> None:
    diary = Diary()
    for number, disposition in enumerate(["false-rule", "false-rule", "true", "undetermined", "undetermined"]):
        diary.alarm(number * 100, n=number, acked=1, disposition=disposition, worst=101.0 + number)
    (rule,) = diary.figures().rules
    assert (rule.judged, rule.false_rate) == (3, pytest.approx(200 / 3))
    assert diary.line("false")[0].verdict == "good"  # three judgements are no rule's fault
    diary.alarm(900, n=9, acked=1, disposition="false-rule", worst=103.0)
    line, command = diary.line("false")
    assert (line.verdict, line.found) == ("warning", "slow 75 %, of 4 judged")
    assert command == "opsconsole backtest 'plants/a b' slow --with 'when: \"> 102\"'"


def test_false_data_is_for_the_source_not_for_the_rule() -> None:
    diary = Diary()
    for number in range(4):
        diary.alarm(number * 100, n=number, acked=1, disposition="false-data")
    card = diary.position()
    assert [each.change for each in card.proposals] == ["review"]
    assert "source" in card.proposals[0].says


# --- what to try -------------------------------------------------------------------------------------------------


def tried(diary: Diary, name: str = "slow", site: Site = SITE) -> Proposal:
    """What is proposed for a rule with too many alarms."""
    lived = [each for each in diary.history(DAY).occurrences if each.rule == name]
    return calmer(name, site.rules.get(name), lived)


def proposed(diary: Diary, name: str = "slow", site: Site = SITE) -> tuple[str, str]:
    found = tried(diary, name, site)
    return found.change, found.with_


def test_an_on_delay_that_would_have_saved_half_of_them() -> None:
    diary = Diary()
    for number in range(8):
        diary.alarm(number * 5, lasts=4 if number < 4 else 50, n=number)
    assert proposed(diary) == ("on-delay", "for: 5m")
    assert tried(diary).says == "on-delay of 5m: 4 of its 8 occurrences were over before it"


def test_an_off_delay_comes_first_where_they_come_again() -> None:
    diary = Diary()
    for number in range(8):
        diary.alarm(number * 6, lasts=4)
    assert proposed(diary) == ("off-delay", "clear: 5m")


def test_delays_that_a_rule_has_are_counted() -> None:
    rules = {**SITE.rules, "slow": Rule(name="slow", kpi="cycle", when="> 100", area="hall", hold=300.0, clear=600.0)}
    diary = Diary()
    for number in range(8):  # its condition held for 8 minutes: 5 before it was raised, 10 of 13 after it had gone
        diary.alarm(number * 5, lasts=13, n=number)
    assert proposed(diary, site=msgspec.structs.replace(SITE, rules=rules)) == ("on-delay", "for: 10m")


def test_a_limit_that_half_of_them_never_went_beyond() -> None:
    diary = Diary()
    for number in range(8):
        diary.alarm(number * 5, lasts=None, n=number, worst=101.0 + number)
    assert proposed(diary) == ("limit", 'when: "> 105"')


def test_so_many_rows_that_half_of_them_had_fewer() -> None:
    diary = Diary()
    for number in range(8):
        diary.alarm(number * 5, lasts=None, n=number, rule="many", worst=2.0 + number)
    assert proposed(diary, "many") == ("limit", "at_least: 7")


def test_a_deadband_for_a_kpi_whose_limits_are_its_own() -> None:
    diary = Diary()
    for number in range(8):
        diary.alarm(number * 5, lasts=None, n=number, rule="limits", worst=101.0)
    assert proposed(diary, "limits") == ("deadband", "deadband: 5")


def test_nothing_is_changed_where_nothing_would_help() -> None:
    diary = Diary()
    for number in range(8):
        diary.alarm(number * 5, lasts=None, n=number, rule="many")
    assert proposed(diary, "many") == ("review", "")
    assert tried(diary, "many").command("plants/a b") == "opsconsole backtest 'plants/a b' many"


def test_a_few_occurrences_tell_nothing() -> None:
    diary = Diary()
    for number in range(2):
        diary.alarm(number * 5, lasts=2, n=number, worst=105.0)
    assert proposed(diary) == ("review", "")


def test_a_rule_that_is_gone_is_said_to_be() -> None:
    diary = Diary()
    for number in range(8):
        diary.alarm(number * 5, n=number, rule="gone")
    assert tried(diary, "gone").says == "it is not in the site file any more"


# --- the card ----------------------------------------------------------------------------------------------------


def test_a_quiet_month_meets_every_target() -> None:
    card = Diary().position()
    assert {line.verdict for line in card.lines} <= {"good", "none"}
    assert (card.proposals, card.areas) == ([], ["hall", "yard"])


@pytest.mark.parametrize(("a_day", "verdict"), [(150, "good"), (151, "warning"), (300, "warning"), (301, "critical")])
def test_the_targets_of_the_rate(a_day: int, verdict: str) -> None:
    diary = Diary()
    for number in range(a_day):
        diary.alarm(number * 1_440 / a_day, n=number)
    lines = {line.key: line.verdict for line in diary.position(DAY).lines}
    assert lines["per_day"] == verdict


def test_rates_of_less_than_a_day_are_not_judged() -> None:
    diary = Diary()
    for number in range(20):
        diary.alarm(number, n=number)
    lines = {line.key: line for line in diary.position(HOUR).lines}
    assert (lines["per_day"].verdict, lines["per_day"].found) == ("none", "480, judged from a day on")
    assert lines["peak"].verdict == "good"


def test_a_site_is_scored_by_position_and_indicative_below_thirty_days() -> None:
    diary = Diary()
    diary.alarm(0, rule="slow")
    diary.alarm(0, rule="late")
    diary.alarm(0, rule="error:slow")
    card = diary.card()
    assert [(each.position, each.figures.alarms) for each in card.positions] == [("", 1), ("floor", 2)]
    assert (card.days, card.indicative, card.transitions) == (30.0, False, 6)
    assert diary.card(end=29 * DAY).indicative
    values: Any = as_json(card)
    assert values["positions"][1]["lines"][0]["key"] == "per_day"
    assert msgspec.json.decode(msgspec.json.encode(values)) == values


def test_every_missed_target_has_rules_behind_it_and_something_to_try() -> None:
    diary = Diary()
    for number in range(400):
        diary.alarm(number * 3, lasts=0.5, n=number % 250, level="critical")
    card = diary.position(DAY)
    missed = [line for line in card.lines if line.verdict in ("warning", "critical")]
    assert {line.key for line in missed} >= {"per_day", "per_hour", "fleeting", "priorities"}
    for line in missed:
        assert line.behind
        assert line.proposal is not None
        assert card.proposals[line.proposal - 1].command.startswith("opsconsole backtest ")


# --- against counting one by one, on what real alerts do -----------------------------------------------------------

RULES = {
    "a": Rule(name="a", source="s", rows="x", by=("n",), hold=20.0),
    "b": Rule(name="b", source="s", rows="x", by=("n",), latch=True, inhibited_by=("a",)),
    "c": Rule(name="c", source="s", rows="x", by=("n",), acknowledge=False, priority="low"),
}
STEPS = st.lists(
    st.tuples(
        st.integers(1, 500),
        st.sets(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=12),
        st.sampled_from(["", "", "ack", "shelve", "out-of-service", "return", "dispose"]),
    ),
    min_size=1,
    max_size=40,
)


def lived(steps: list[tuple[int, set[tuple[str, int]], str]]) -> tuple[list[Happening], float]:
    """What a book of alerts does with observations and people; and when it ends."""
    book = AlertBook(Site(name="x", rules=RULES))
    now, told = BEGIN, []
    for gap, active, deed in steps:
        now += gap
        found = book.tick(now)
        if deed:
            targets = tuple(Target(each.id, each.version) for each in book.open())
            done = Deed(deed, "ana", now, targets, text="why", until=now + 900, disposition="true")
            found += book.command(done).transitions
        observations = [
            Observation(rule=rule, labels={"n": str(n)}, priority=RULES[rule].priority) for rule, n in sorted(active)
        ]
        found += book.observe(Evaluation(now, observations, {name: Verdict() for name in RULES}))
        told += [
            Happening(
                each.at, each.alert.id, each.alert.rule, each.what, each.after,
                msgspec.convert(msgspec.to_builtins(each.alert.facts), Known), each.annunciate,
            )
            for each in found
        ]  # fmt: skip
    return told, now + 500


@settings(deadline=None, database=None, max_examples=60)
@given(STEPS)
def test_figures_are_those_of_a_plain_count(steps: Any) -> None:
    told, end = lived(steps)
    history = History()
    for each in told:
        history.take(each)
    history.close(end)
    found = figures(history, BEGIN, end, ZONE, chatter=Chatter(), every={}, shelving=Shelving())
    called = [each.at for each in told if each.annunciate and each.what != "escalated"]
    assert found.alarms == len(called)
    bins = range(math.floor(BEGIN / 600), math.ceil(end / 600))
    counts = [sum(math.floor(at / 600) == number for at in called) for number in bins]
    assert (found.bins, found.bins_over) == (len(bins), sum(count > 10 for count in counts))
    assert found.per_ten_minutes.peak == max(counts)
    assert found.per_day.mean == pytest.approx(len(called) * DAY / max(end - BEGIN, 600))
    # how many stood active before the operator, second by second between the changes
    moments = sorted({BEGIN, end, *(each.at for each in told)})
    area, most = 0.0, 0
    for begin, over in itertools.pairwise(moments):
        last = {each.alert: each.after for each in told if each.at <= begin}
        standing = sum(letter in ("UNACK", "ACK") for letter in last.values())
        area, most = area + standing * (over - begin), max(most, standing)
    assert found.standing == pytest.approx(area / (end - BEGIN))
    assert found.standing_peak == most
    assert sum(each.alarms for each in found.rules) == found.alarms
    assert sum(found.priorities.values()) == pytest.approx(100.0 if called else 0.0)
    raised = sum(each.what == "raised" for each in told)
    assert sum(each.occurrences for each in found.rules) == raised
    whole = scorecard(history, Site(name="x", rules=RULES), BEGIN, end, ZONE, asked=30.0, path=".")
    assert [each.figures.alarms for each in whole.positions] == [found.alarms]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.sampled_from([0.5, 0.9]))
@settings(deadline=None, database=None)
def test_a_quantile_is_not_exceeded_by_that_part(values: list[float], part: float) -> None:
    found = quantile(sorted(values), part)
    assert found in values
    assert found is not None
    assert sum(each <= found for each in values) >= part * len(values)
    assert sum(each < found for each in values) < part * len(values)


KINDS = {
    "compared": '{kpi: load, when: "> 100", by: [line]}',
    "ranged": "{kpi: load, when: outside 20..30}",
    "limits": "{kpi: load}",
    "changed": '{kpi: load, when: "> 5", change: 1h}',
    "rows": "{source: cycles, rows: qty > 3, at_least: 2}",
    "single": "{source: cycles, rows: qty > 3, every: row}",
    "silent": "{source: cycles, silent: 10m}",
    "due": "{source: cycles, due: until}",
    "both": '{combine: "compared and rows"}',
}
SHORT = [(number * 60.0, number * 60.0 + 2, number, 101.0 + number) for number in range(8)]
AGAIN = [(number * 4.0, number * 4.0 + 2, 1, 101.0 + number) for number in range(8)]
LONG = [(number * 7.0, None, number, 101.0 + number) for number in range(8)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lived", [SHORT, AGAIN, LONG], ids=["short", "again", "long"])
def test_what_is_proposed_is_a_change_that_the_rule_can_take(kind: str, lived: Any) -> None:
    def site(changes: dict[str, str]) -> str:
        rules = {name: f"{rule[:-1]}, {changes[name]}}}" if name in changes else rule for name, rule in KINDS.items()}
        return "\n".join(
            [
                "sources: {cycles: {files: '*.csv', time: ts}}",
                "kpis: {load: {source: cycles, value: sum(qty), window: 1h, better: lower, warning: 100}}",
                "rules:",
                *(f"  {name}: {rule}" for name, rule in rules.items()),
            ]
        )

    loaded = parse_site(site({}).encode(), lambda _folder: {})
    assert loaded.site is not None, loaded.problems
    rule = loaded.site.rules[kind]
    for level in ("low", "critical"):
        occurrences = [
            Occurrence(f"{kind}{n}", kind, began * 60, None if ended is None else ended * 60, worst=worst, limit=100.0)
            for began, ended, n, worst in lived
        ]
        for each in occurrences:
            each.disposition = "false-rule"
        for found in (calmer(kind, rule, occurrences), truer(kind, rule, occurrences), lower(kind, rule, level)):
            if found.with_ and found.change != "priority":
                key = found.with_.partition(":")[0]
                text = (
                    site({kind: found.with_})
                    if key not in KINDS[kind]
                    else site({}).replace(KINDS[kind], KINDS[kind].replace(_written(KINDS[kind], key), found.with_))
                )
                again = parse_site(text.encode(), lambda _folder: {})
                assert [str(problem) for problem in again.problems] == []
                assert again.site is not None
                assert again.site.rules[kind] != rule


def _written(rule: str, key: str) -> str:
    """The part of a rule that a key of it takes up."""
    return next(part for part in rule.strip("{}").split(", ") if part.startswith(f"{key}:"))


def test_a_delay_that_would_leave_nothing_asks_whether_the_rule_is_needed() -> None:
    diary = Diary()
    for number in range(8):
        diary.alarm(number * 5, lasts=2, n=number)
    assert tried(diary).says == "on-delay of 5m: all its 8 occurrences were over before it; is the rule needed?"


def test_an_acknowledgement_answers_all_earlier_calls_and_some_alerts_ask_for_none() -> None:
    diary = Diary()
    for at in (0, 10, 20):
        diary.alarm(at, lasts=5)
    since = {"level": 2, "peak": 2, "since": BEGIN}
    diary.say(30, "acknowledged", "NORM", peak=2)
    diary.alarm(40, lasts=5, n=2)
    diary.say(100, "raised", "ACK", n=3, call=True, **since)  # its rule has `acknowledge: false`
    diary.say(110, "cleared", "NORM", n=3, peak=2)
    found = diary.figures()
    assert (found.answered, found.answer_median, found.unanswered) == (1, 30 * MINUTE, 1)
    assert found.alarms == 5


@settings(deadline=None, database=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=3, max_size=12),
    st.sampled_from([0.0, 20.0, 60.0]),
    st.sampled_from([0.0, 20.0, 60.0]),
)
def test_a_delay_saves_what_it_says(stretches: list[tuple[int, int]], hold: float, clear: float) -> None:
    """The same condition, seen every 10 s, with the rule as it is and with the change that is proposed."""
    seen = [on for length, gap in stretches for on in (*[True] * length, *[False] * gap)] + [False] * 20

    def raised(rule: Rule) -> History:
        book, found = AlertBook(Site(name="x", rules={"a": rule})), History()
        for number, on in enumerate(seen):
            now = BEGIN + 10.0 * number
            observations = [Observation(rule="a", priority="warning")] if on else []
            for each in book.observe(Evaluation(now, observations, {"a": Verdict()})):
                known = msgspec.convert(msgspec.to_builtins(each.alert.facts), Known)
                found.take(Happening(now, "a", "a", each.what, each.after, known, each.annunciate))
        return found

    rule = Rule(name="a", source="s", rows="x", hold=hold, clear=clear)
    before = raised(rule).occurrences
    proposal = calmer("a", rule, before)
    if proposal.change in ("off-delay", "on-delay"):
        key, _, value = proposal.with_.partition(": ")
        changed = {"clear" if key == "clear" else "hold": parse_duration(value)}
        after = raised(msgspec.structs.replace(rule, **changed)).occurrences
        found = re.search(r"(\d+) (?:of its \d+ )?occurrences", proposal.says)
        assert found is not None
        assert len(after) <= len(before) - int(found[1])
