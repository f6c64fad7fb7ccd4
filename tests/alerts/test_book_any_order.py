"""A book of alerts under any history: evaluations, commands, time, maintenance, inhibition, restarts, in any order."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsconsole.alerts.alert import Alert, Transition
from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.deed import Deed, Target
from opsconsole.alerts.ranking import rank
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.model import Priority, Rule, Site

RULES = (
    Rule(name="power", source="s", rows="true", by=("line",)),
    Rule(name="stopped", source="s", rows="true", by=("line",), inhibited_by=("power",), latch=True, clear=20.0),
    Rule(name="slow", source="s", rows="true", by=("line",), hold=10.0, realarm=60.0, realarms=1),
    Rule(name="row", source="s", rows="true", by=("line",), per_row=True),
    Rule(name="note", source="s", rows="true", by=("line",), acknowledge=False, inhibited_by=("power",)),
)
SITE = Site(name="Plant", rules={rule.name: rule for rule in RULES})
LINES = ("A", "B")
IDS = [f"{rule.name}{{line={line}}}" for rule in RULES for line in LINES]
LEVELS: list[Priority | None] = [None, "low", "warning", "critical"]

seen = st.dictionaries(
    st.sampled_from(IDS), st.tuples(st.sampled_from(LEVELS), st.sampled_from([1.0, 2.0])), max_size=8
)
events = st.one_of(
    st.tuples(st.just("see"), seen, st.sampled_from(["good", "good", "good", "stale", "error"])),
    st.tuples(st.just("see"), seen, st.just("good")),
    st.tuples(st.just("see again"), st.none(), st.none()),
    st.tuples(st.just("do"), st.sampled_from(IDS), st.sampled_from(["ack", "unack", "reset", "unshelve", "return"])),
    st.tuples(st.just("do"), st.sampled_from(IDS), st.sampled_from(["shelve", "once", "out-of-service", "dispose"])),
    st.tuples(st.just("cover"), st.sampled_from(["", "A"]), st.none()),
    st.tuples(st.just("restart"), st.none(), st.none()),
)
histories = st.lists(st.tuples(events, st.sampled_from([0.0, 10.0, 30.0, 100.0, -3600.0])), max_size=25)


class Story:
    """A book beside a twin that remembers no observations, and what was written of both."""

    def __init__(self) -> None:
        self.book, self.twin = AlertBook(SITE), AlertBook(SITE)
        self.now = 1e9
        self.covered = ""
        self.last: list[tuple[Observation, ...]] = [()]
        self.journal: dict[str, bytes] = {}
        self.letters: dict[str, str] = {}
        self.active: Counter[str] = Counter()

    def evaluated(self, observations: tuple[Observation, ...], quality: Any) -> None:
        verdicts = {name: Verdict() for name in SITE.rules}
        verdicts["slow"] = Verdict(quality, reason="broken" if quality != "good" else "")
        evaluation = Evaluation(self.now, list(observations), verdicts)
        # The twin is told copies of all, and has nothing to compare them with.
        copied = msgspec.convert(msgspec.to_builtins(evaluation), Evaluation)
        self.twin._memos.clear()
        found = self.ticked(self.book) + self.book.observe(evaluation)
        assert found == self.ticked(self.twin) + self.twin.observe(copied)
        self.told(found)

    def ticked(self, book: AlertBook) -> list[Transition]:
        covers = {f"maintenance:{self.covered}": lambda _, labels: labels.get("line") == self.covered}
        return book.cover(covers if self.covered else {}, self.now) + book.tick(self.now)

    def done(self, alert: str, name: str) -> None:
        known = self.book.get(alert)
        target = Target(alert, known.facts.version if known is not None else 0)
        until = self.now + 50.0 if name == "shelve" else None
        deed = Deed({"once": "shelve"}.get(name, name), "ana", self.now, (target,), "why", until, disposition="true")
        outcome = self.book.command(deed)
        assert outcome == self.twin.command(deed)
        self.told(outcome.transitions)

    def restarted(self) -> None:
        before = self.book.open()
        self.book, self.twin = AlertBook(SITE), AlertBook(SITE)
        for book in (self.book, self.twin):
            book.restore([msgspec.json.decode(line) for line in self.journal.values()])
        # Figures are those of the last transition; all else is as it was.
        assert [(one.id, one.state, one.who, one.version, one.suppressed, one.until) for one in self.book.open()] == [
            (one.id, one.state, one.who, one.version, one.suppressed, one.until) for one in before
        ]

    def told(self, transitions: list[Transition]) -> None:
        for one in transitions:
            key = one.alert.id
            assert one.before == self.letters.get(key, "NORM")
            assert one.why
            self.letters[key] = one.after
            self.journal[key] = msgspec.json.encode(one.alert)
            if one.annunciate:
                assert one.after not in {"SHELVED", "SUPPRESSED", "OOS"}
                assert one.alert.labels["line"] != self.covered, "called about what is covered"
            if one.what == "raised":
                self.active[key] += 1
                assert self.active[key] == 1, "raised twice"
            if one.what == "cleared":
                self.active[key] -= 1
            if one.before == "UNACK":
                assert one.after != "NORM", "closed without acknowledgement"

    def holds(self) -> None:
        """What is kept as alerts change is what it would be if it were made anew."""
        shown = self.book.open()
        alerts = [alert for key in IDS if (alert := self.book.get(key)) is not None and alert.facts.letter != "NORM"]
        order = sorted(alerts, key=lambda alert: rank(alert.id, alert.facts))
        assert [one.id for one in shown] == [alert.id for alert in order]
        assert self.book.open(2) == shown[:2]
        counts = self.book.counts()
        letters = Counter(one.state for one in shown)
        assert (counts.open, counts.shelved, counts.suppressed, counts.out, counts.unacknowledged) == (
            len(shown), letters["SHELVED"], letters["SUPPRESSED"], letters["OOS"], letters["UNACK"] + letters["RTNUN"],
        )  # fmt: skip
        visible = Counter(one.priority for one in shown if one.state not in {"SHELVED", "SUPPRESSED", "OOS"})
        assert (counts.critical, counts.warning, counts.low) == (
            visible["critical"], visible["warning"], visible["low"],
        )  # fmt: skip
        assert {one.id: one.state for one in shown} == {
            key: letter for key, letter in self.letters.items() if letter != "NORM"
        }

    def suppressed_as_meant(self) -> None:
        """Right after an evaluation: covered or inhibited is what is open and meant, and nothing else."""
        for key in IDS:
            alert = self.book.get(key)
            if alert is None or alert.facts.beneath == "NORM":
                assert alert is None or not alert.facts.suppressed
                continue
            line = alert.labels["line"]
            wanted = {f"maintenance:{line}"} if line == self.covered else set()
            parent: Alert | None = self.book.get(f"power{{line={line}}}")
            inhibits = parent is not None and parent.facts.level > 0 and parent.facts.out is None
            if SITE.rules[alert.rule].inhibited_by and inhibits:
                wanted.add("power")
            assert set(alert.facts.suppressed) == wanted, (key, alert.facts)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories)
def test_a_book_keeps_the_rules_in_any_order(history: list[tuple[tuple[str, Any, Any], float]]) -> None:
    story = Story()
    for (what, first, second), jump in history:
        story.now += jump
        if what == "see":
            story.last = [observed(story.now, first)]
            story.evaluated(story.last[0], second)
        elif what == "see again":
            story.evaluated(story.last[0], "good")
        elif what == "do":
            story.done(first, second)
        elif what == "cover":
            story.covered = first
        else:
            story.restarted()
        story.holds()
        if what.startswith("see"):
            story.suppressed_as_meant()


def observed(now: float, found: dict[str, tuple[Priority | None, float]]) -> tuple[Observation, ...]:
    observations = []
    for key in sorted(found):
        priority, value = found[key]
        rule, _, line = key.partition("{line=")
        per_row = SITE.rules[rule].per_row
        if per_row and priority is None:
            continue
        text = f"{rule} {value:g}" if priority else ""
        moments = (now,) if per_row else ()
        observations.append(Observation(rule, {"line": line[:-1]}, priority, value, text=text, moments=moments))
    return tuple(observations)
