"""Procedures of alerts: which page, who ticked what, and that a tick is on disk before it is shown."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.engine import recording
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import (
    AskJournal,
    AskProcedure,
    AskReport,
    Command,
    Done,
    JournalPage,
    Procedure,
    Report,
    Target,
)
from opsconsole.engine.procedure_pages import ProcedureError, read
from opsconsole.engine.procedures import KIND, Procedures
from opsconsole.engine.watch import AlertWatch
from opsconsole.journal.journal import Journal
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.model import Kpi, Rule, Site, Source
from opsconsole.site.procedures import inherit
from tests.engine import test_past

PAGE = "# A line is late\n\n1. Ask the *line*\n2. Call maintenance\n3. Ask the *line*\n"
SITE = Site(
    "Plant",
    sources={"cycles": Source("cycles", ("*.csv",))},
    kpis={"made": Kpi("made", "cycles", "sum(a)", procedure="procedures/late.md")},
    rules=inherit(
        {
            "late": Rule("late", kpi="made", when="< 5", by=("line",)),
            "gone": Rule("gone", kpi="made", when="< 5", procedure="procedures/gone.md"),
            "bare": Rule("bare", source="cycles", rows="true"),
        },
        {"made": Kpi("made", "cycles", "sum(a)", procedure="procedures/late.md")},
        {},
        "",
    ),
)
ANA = Peer(pid=1, uid=1001, gid=1, user="ana", ssh="10.0.0.7 5022 22")
BEN = Peer(pid=2, uid=1002, gid=1, user="ben")
LATE = "late{line=A}"


class Plant:
    """The watch of a site with its journal, and the procedures beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "procedures").mkdir(exist_ok=True)
        (root / "procedures/late.md").write_text(PAGE)
        self.at = 1_700_000_000.0
        self.start()

    def start(self) -> None:
        self.journal = Journal.open(self.root / "journal.sqlite")
        self.watch = AlertWatch(SITE, self.journal)
        self.procedures = Procedures(self.root, self.watch)

    def restart(self) -> None:
        self.journal.close()
        self.start()

    def observe(self, *rules: str) -> None:
        """These rules have something to say; the others do not any more."""
        self.at += 10
        labels: dict[str, dict[str, str | None]] = {"late": {"line": "A"}}
        seen = [Observation(rule, labels.get(rule, {}), "warning", 3.0, 5.0, f"{rule}!") for rule in rules]
        self.watch.observe(Evaluation(self.at, seen, {name: Verdict(absent="normal") for name in SITE.rules}))

    def do(self, name: str, step: int | None, who: Peer = ANA, *, text: str = "", version: int = 99) -> Done:
        self.at += 1
        command = Command(name, [Target(LATE, version)], text=text, path="", step=step)
        return self.procedures.command(SITE, command, who, dt.datetime.fromtimestamp(self.at, dt.UTC))

    def page(self, alert: str = LATE, at: float | None = None) -> Procedure:
        return self.procedures.answer(SITE, AskProcedure(alert=alert, at=at))

    def ticked(self, at: float | None = None) -> list[tuple[int, str]]:
        return [(step.number, step.ticked_by) for step in self.page(at=at).steps if step.ticked_by]


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    made = Plant(tmp_path)
    yield made
    made.journal.close()


def test_an_alert_has_the_page_of_its_kpi_and_steps_that_people_tick(plant: Plant) -> None:
    plant.observe("late")
    page = plant.page()
    assert (page.title, page.path, page.inherited_from) == ("A line is late", "procedures/late.md", "KPI made")
    assert [(step.number, step.text, step.line) for step in page.steps][1] == (2, "Call maintenance", 4)
    assert plant.ticked() == []
    assert plant.do("tick", 2).applied == [LATE]
    done = plant.at
    assert plant.do("tick", 1, BEN).applied == [LATE]
    assert plant.ticked() == [(1, "ben"), (2, "ana")]
    assert plant.page().steps[1].ticked_at == done
    (second, first) = plant.journal.records(KIND)
    assert (first.actor, first.uid, first.origin, first.what, first.object) == ("ana", 1001, "10.0.0.7", "ticked", LATE)
    assert (first.text, first.data["path"], second.text) == ("Call maintenance", "procedures/late.md", "Ask the line")


def test_a_tick_can_be_taken_back_and_twice_is_no_error(plant: Plant) -> None:
    plant.observe("late")
    plant.do("tick", 2)
    assert plant.do("tick", 2, BEN).already == {LATE: "ana has ticked step 2 already"}
    assert plant.do("untick", 2, BEN).applied == [LATE]
    assert plant.ticked() == []
    assert plant.do("untick", 2).already == {LATE: "step 2 is not ticked"}
    assert [record.what for record in plant.journal.records(KIND)] == ["unticked", "ticked"]


def test_ticks_are_there_after_a_restart_and_gone_with_a_new_occurrence(plant: Plant) -> None:
    plant.observe("late")
    plant.do("tick", 1)
    first = plant.at
    plant.restart()
    assert plant.ticked() == [(1, "ana")]
    (shown,) = plant.procedures.counted(plant.watch.open_alerts())
    assert shown.ticked == 1
    plant.observe()
    plant.observe("late")
    plant.observe("late")
    assert plant.ticked() == []
    assert plant.ticked(at=first) == [(1, "ana")]
    assert plant.ticked(at=first - 1) == []
    assert [each.ticked for each in plant.procedures.counted(plant.watch.open_alerts())] == [0]
    seen = plant.watch.alert(LATE)
    assert seen is not None
    refused = plant.do("tick", 1, version=seen.facts.raised - 1).refused
    assert refused == {LATE: "it was raised anew since you saw it: its steps begin again"}


def test_a_page_that_was_edited_meanwhile_refuses_what_was_not_seen_and_keeps_ticks_of_the_same_words(
    plant: Plant,
) -> None:
    plant.observe("late")
    plant.do("tick", 2, text="Call maintenance")
    plant.do("tick", 1)
    (plant.root / "procedures/late.md").write_text("1. Look\n2. Ask the *line*\n3. Call maintenance\n4. Ask the line\n")
    assert plant.ticked() == [(3, "ana")]  # of two steps with the same words nobody knows which was meant
    assert plant.do("tick", 2, text="Call maintenance").refused == {LATE: "the procedure was edited since you saw it"}
    assert plant.do("tick", 9).refused == {LATE: "the procedure was edited since you saw it"}
    assert plant.do("untick", 3).applied == [LATE]
    assert plant.ticked() == []


def test_that_somebody_looked_is_noted_once_in_each_occurrence(plant: Plant) -> None:
    plant.observe("late")
    for who in (ANA, ANA, BEN):
        plant.procedures.opened(SITE, LATE, who, dt.datetime.fromtimestamp(plant.at, dt.UTC))
    assert [(record.what, record.actor) for record in plant.journal.records(KIND)] == [
        ("opened", "ben"),
        ("opened", "ana"),
    ]
    assert not plant.procedures.unseen(SITE, LATE, ANA)
    plant.observe()
    plant.do("tick", 1)
    plant.observe("late")
    assert plant.procedures.unseen(SITE, LATE, ANA)
    assert not plant.procedures.unseen(SITE, "nothing", ANA)


def test_what_is_not_there_is_said(plant: Plant) -> None:
    plant.observe("late", "gone", "bare")
    assert plant.page("gone").trouble == "procedures/gone.md: there is no such file"
    assert plant.page("gone").inherited_from == "rule gone"
    assert "names a procedure" in plant.page("bare").trouble
    assert plant.procedures.answer(SITE, AskProcedure(path="procedures/late.md")).title == "A line is late"
    with pytest.raises(LookupError, match="names the procedure"):
        plant.procedures.answer(SITE, AskProcedure(path="site.yaml"))
    with pytest.raises(LookupError, match="no such alert"):
        plant.page("nothing")
    with pytest.raises(LookupError, match="was no such alert then"):
        plant.page(at=5.0)
    assert plant.do("tick", None).refused == {"tick": "one alert and the number of a step are needed"}


def test_files_outside_the_folder_and_files_that_are_none_are_not_read(tmp_path: Path) -> None:
    root = tmp_path / "site"
    root.mkdir()
    (tmp_path / "secret.md").write_text("1. secret")
    (root / "link.md").symlink_to(tmp_path / "secret.md")
    (root / "large.md").write_bytes(b"x" * 300_000)
    (root / "latin.md").write_bytes(b"# Gr\xfc\xdfe\n")
    for path, why in (
        ("../secret.md", "outside"),
        (str(tmp_path / "secret.md"), "outside"),
        ("link.md", "leads out"),
        ("large.md", "larger than 256 kB"),
        (".", "directory"),
        ("a\0b.md", "cannot be read"),
        ("x" * 5000, "too long"),
    ):
        with pytest.raises(ProcedureError, match=f"(?i){why}"):
            read(root, path)
    assert read(root, "latin.md") == "# Gr\ufffd\ufffde\n"


def test_a_tick_that_cannot_be_written_is_refused_in_one_sentence_and_works_again_when_there_is_room(
    plant: Plant,
) -> None:
    plant.observe("late")
    plant.journal._connection.execute("PRAGMA query_only = ON")
    (why,) = plant.do("tick", 1).refused.values()
    assert why.startswith("nothing can be acknowledged or recorded: ")
    assert "\n" not in why
    assert plant.ticked() == []
    assert plant.procedures.counted(plant.watch.open_alerts())[0].ticked == 0
    plant.journal._connection.execute("PRAGMA query_only = OFF")
    assert plant.do("tick", 1).applied == [LATE]
    assert plant.ticked() == [(1, "ana")]


def test_events_of_records_say_who_by_uid_and_claimed_origin(plant: Plant) -> None:
    plant.observe("late")
    plant.do("tick", 2)
    record = plant.journal.records(KIND)[0]
    event = recording.event_of(record)
    assert (event.actor, event.uid, event.origin, event.kind, event.what) == ("ana", 1001, "10.0.0.7", KIND, "ticked")
    assert event.at == plant.at
    system = recording.event_of(plant.journal.records("alert")[0])
    assert (system.actor, system.uid, system.before, system.after) == ("system", None, "NORM", "UNACK")
    assert sqlite3.connect(plant.journal.path).execute("SELECT count(*) FROM journal").fetchone() == (2,)


def test_the_engine_ticks_for_a_person_and_every_console_sees_how_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_past, "SITE", f"procedure: any.md\n{test_past.SITE}")
    (tmp_path / "any.md").write_text(PAGE)
    made = test_past.Past(tmp_path)
    try:
        made.observe(test_past.at("14:00"), "A")
        made.core.start()
        page = made.ask(AskProcedure(alert=LATE, opened=True))
        assert isinstance(page, Procedure)
        assert (page.path, page.inherited_from, len(page.steps)) == ("any.md", "site", 3)
        done = made.ask(Command("tick", [Target(LATE, page.version)], text="Call maintenance", path="any.md", step=2))
        assert isinstance(done, Done)
        assert done.applied == [LATE]
        (shown,) = made.core.procedures.counted(made.watch.open_alerts())
        assert (shown.procedure, shown.ticked) == ("any.md", 1)
        log = made.ask(AskJournal(kinds=(KIND,)))
        assert isinstance(log, JournalPage)
        assert [(event.what, event.actor, event.uid) for event in log.events] == [
            ("ticked", "ana", 1),
            ("opened", "ana", 1),
        ]
        report = made.ask(AskReport(kind="procedures", options={"since": test_past.at("13:00")}))
        while isinstance(report, Report) and report.result is None and not report.trouble:
            report = made.ask(AskReport(kind="procedures", job=report.job))
        assert isinstance(report, Report)
        assert report.result is not None
        (use,) = report.result["procedures"]
        assert (use["alerts"], use["opened"], use["ticked"], use["title"]) == (1, 1, 1, "A line is late")
    finally:
        made.feed.stop()
        made.core.stop()
        made.queries.close()
        made.store.close()
        made.journal.close()
