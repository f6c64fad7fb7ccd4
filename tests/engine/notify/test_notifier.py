"""From changes of alerts to messages at real receivers, through the real Apprise; the clock is a number."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from opsconsole.alerts.alert import Alert
from opsconsole.alerts.facts import Facts
from opsconsole.engine.notify import notifier as module
from opsconsole.engine.notify.notifier import Notifier
from opsconsole.engine.notify.outbox import By, Letter
from opsconsole.engine.notify.post import Post
from opsconsole.engine.notify.record import KIND
from opsconsole.engine.notify.send import perform
from opsconsole.journal.journal import Entry, Journal
from opsconsole.site.model import Rule, Site
from opsconsole.site.notifying import Address, Escalation, Heartbeat, Notify, Route
from tests.receivers import Mail, Silence, Web
from tests.waiting import until

NOW = dt.datetime(2026, 6, 24, 12, tzinfo=dt.UTC)
ANA = By("ana", 1000, "10.0.0.7")
SECRET = "hunter2hunter2"


class Plant:
    """A site, its alerts, its journal on disk, and a notifier whose clock stands until it is moved."""

    def __init__(self, folder: Path, notify: Notify, **more: Any) -> None:
        self.folder = folder
        self.site = Site(name="Plant", rules={"hot": Rule("hot"), "late": Rule("late")}, notify=notify, **more)
        self.journal = Journal.open(folder / "journal.sqlite")
        self.alerts: dict[str, Alert] = {}
        self.at = 1_000_000.0
        self.full = False
        self.begin()

    def begin(self) -> None:
        """A notifier, as an engine makes it at its start."""
        self.notifier = Notifier(
            self.site,
            self,
            reversed(self.journal.records(KIND, limit=1000)),
            self.folder,
            self.folder / "notify",
            lambda: None,
            clock=lambda: self.at,
            chance=lambda: 0.5,
        )
        self.notifier.configure(self.site, NOW, self.at)

    # what the watch over alerts gives
    def ranked(self) -> Sequence[Alert]:
        return [alert for alert in self.alerts.values() if alert.facts.letter != "NORM"]

    def alert(self, alert: str) -> Alert | None:
        return self.alerts.get(alert)

    def keep(self, entries: Sequence[Entry], now: float) -> bool:
        if not self.full:
            self.journal.append(entries)
        return not self.full

    def see(self, name: str, **facts: Any) -> None:
        usual: dict[str, Any] = {
            "level": 3,
            "peak": 3,
            "acked": False,
            "since": NOW.timestamp(),
            "raised": 1,
            "count": 1,
        }
        alert = Alert(id=name, rule=name.partition("{")[0], facts=Facts(**(usual | facts)), text=f"{name} it is")
        self.alerts[name] = alert
        from opsconsole.alerts.alert import Transition

        self.notifier.take([Transition(NOW.timestamp(), "raised", "", "NORM", "UNACK", alert)])

    def work(self, seconds: float = 0.0) -> bool:
        self.at += seconds
        return self.notifier.work(NOW, self.at, flood=False)

    def until(self, *whats: str, without: str = "") -> None:
        """Work on until the journal says so of messages, in any order, but for those to one target."""

        def said() -> bool:
            self.work()
            return sorted(self.told(without)) == sorted(whats)

        try:
            until(said, timeout=60.0)
        except AssertionError as error:
            told = [(each.what, each.object, each.reason) for each in self.journal.records(KIND)]
            raise AssertionError(f"expected {whats}, the journal says {told}") from error

    def told(self, without: str = "") -> list[str]:
        """What the journal says of messages, the oldest first: `sent oncall`."""
        found = [each for each in reversed(self.journal.records(KIND)) if each.what != "queued"]
        return [f"{each.what} {each.object}" for each in found if each.object != without]


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as receiver:
        yield receiver


@pytest.fixture
def at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sends from this process, by the same code: one of its own for each message takes 0.6 s to load Apprise."""
    monkeypatch.setattr(Post, "_try", lambda _post, _letter, job: perform(job).reason)


def notify(*routes: Route, **targets: str) -> Notify:
    return Notify({name: Address(url) for name, url in targets.items()}, routes)


def test_a_web_server_and_a_mail_server_are_told_and_a_silent_one_holds_up_nobody(tmp_path: Path, web: Web) -> None:
    (tmp_path / "mail").write_text("")
    with Mail() as mail, Silence() as silence:
        url = f"mailto://127.0.0.1:{mail.port}?from=plant@example.org&to=ana@example.org"
        (tmp_path / "mail").write_text(url)
        (tmp_path / "mail").chmod(0o600)
        targets = {
            "board": Address(f"json://127.0.0.1:{web.port}/board"),
            "ana": Address(url_file="mail"),
            "silent": Address(f"json://127.0.0.1:{silence.port}/{SECRET}"),
        }
        plant = Plant(tmp_path, Notify(targets, (Route(("silent", "board", "ana"), group_wait=30.0),)))
        plant.see("hot")
        plant.work()
        plant.work(29.9)
        assert plant.journal.records(KIND) == []
        begun = time.monotonic()
        plant.work(0.1)
        assert len(plant.journal.records(KIND)) == 3
        assert time.monotonic() - begun < 20.0, "nothing waits for a target"
        plant.until("sent board", "sent ana", without="silent")
        assert [(method, path, body["title"], body["type"]) for method, path, body in web.got] == [
            ("POST", "/board", "▲ hot it is · Plant", "failure")
        ]
        assert web.got[0][2]["message"] == "▲ critical, since 12:00: hot it is"
        [letter] = mail.got
        assert letter.rcpt_tos == ["ana@example.org"]
        content = letter.content
        assert isinstance(content, bytes)
        assert b"Subject:" in content
        until(lambda: silence.calls)
        plant.see("hot", level=0, cleared=NOW.timestamp() + 60)
        plant.work()
        plant.work(30.0)
        plant.work(270.0)
        plant.until("sent board", "sent ana", "sent board", "sent ana", without="silent")
        assert web.titles()[-1] == "● back to normal: hot it is · Plant"
        assert web.got[-1][2]["type"] == "success"
        begun = time.monotonic()
        plant.notifier.close()
        assert time.monotonic() - begun < 20.0, "nor does the end of the engine"
    plant.journal.close()
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "mail")
    assert SECRET.encode() not in everything
    assert url.encode() not in everything


@pytest.mark.usefixtures("at_hand")
def test_what_is_not_taken_is_tried_again_with_growing_pauses_and_people_see_it(tmp_path: Path, web: Web) -> None:
    answers = iter([500, 500, 200])
    web.status = lambda _path: next(answers)
    plant = Plant(tmp_path, notify(Route(("oncall",), group_wait=0.0), oncall=f"json://127.0.0.1:{web.port}/{SECRET}"))
    plant.see("hot")
    plant.until("retried oncall")
    [notice] = plant.notifier.notices()
    assert "oncall cannot be told of alerts: " in notice.text
    assert "500" in notice.text
    plant.work(4.9)
    assert len(web.got) == 1
    plant.work(0.1)
    plant.until("retried oncall", "retried oncall")
    assert plant.notifier.state().targets[0].waiting == 1
    plant.work(10.0)
    plant.until("retried oncall", "retried oncall", "sent oncall")
    assert plant.notifier.notices() == []
    assert len({body["message"] for _, _, body in web.got}) == 1
    told = " ".join(str(each) for each in plant.journal.records(KIND))
    assert "500" in told
    assert SECRET not in told + notice.text
    plant.notifier.close()
    plant.journal.close()


@pytest.mark.usefixtures("at_hand")
def test_what_is_given_up_after_an_hour_is_news_again(tmp_path: Path) -> None:
    plant = Plant(tmp_path, notify(Route(("oncall",), group_wait=0.0), oncall="json://127.0.0.1:1/"))
    plant.see("hot")
    plant.until("retried oncall")
    plant.work(3601.0)
    plant.until("retried oncall", "given up oncall")
    assert plant.notifier.notices() != []
    plant.work(1.0)
    queued = [each for each in plant.journal.records(KIND) if each.what == "queued"]
    assert [each.data["message"]["told"] for each in queued] == [{"hot": "1.0.0"}] * 2
    plant.notifier.close()
    plant.journal.close()


def test_after_an_engine_was_killed_what_was_on_its_way_is_sent_and_what_was_sent_is_not(
    tmp_path: Path, web: Web
) -> None:
    url = f"json://127.0.0.1:{web.port}/"
    plant = Plant(
        tmp_path, notify(Route(("oncall", "leads"), group_wait=0.0), oncall=url + "oncall", leads=url + "leads")
    )
    web.status = lambda path: 500 if path.startswith("/leads") else 200
    plant.see("hot")
    plant.until("sent oncall", "retried leads")
    # the engine is gone with all that it had in its memory; what it had started ends by itself
    web.status = lambda _path: 200
    plant.begin()
    plant.until("sent oncall", "retried leads", "sent leads")
    plant.work(3600.0)
    assert [path for _, path, _ in web.got].count("/oncall") == 1
    plant.see("hot", realarms=1)
    plant.work(1.0)
    plant.until("sent oncall", "retried leads", "sent leads", "sent oncall", "sent leads")
    plant.notifier.close()
    plant.journal.close()


def test_what_was_taken_while_the_engine_was_killed_is_not_sent_a_second_time(tmp_path: Path, web: Web) -> None:
    plant = Plant(tmp_path, notify(Route(("oncall",), group_wait=0.0), oncall=f"json://127.0.0.1:{web.port}/"))
    plant.see("hot")
    plant.work()
    [slip] = until(lambda: [each for each in (tmp_path / "notify").iterdir() if each.read_bytes() == b"taken\n"])
    assert plant.told() == []  # nobody has heard of it: the engine was killed just then
    plant.begin()
    plant.until("sent oncall")
    assert len(web.got) == 1
    assert not slip.exists()
    plant.notifier.close()
    plant.journal.close()


@pytest.mark.usefixtures("at_hand")
def test_while_the_journal_cannot_be_written_people_are_told_all_the_same(tmp_path: Path, web: Web) -> None:
    plant = Plant(tmp_path, notify(Route(("oncall",), group_wait=0.0), oncall=f"json://127.0.0.1:{web.port}/"))
    plant.full = True
    plant.see("hot")
    until(lambda: plant.work() or web.got)
    plant.notifier.close()
    plant.journal.close()


@pytest.mark.usefixtures("at_hand")
def test_escalation_tells_others(tmp_path: Path, web: Web) -> None:
    url = f"json://127.0.0.1:{web.port}/"
    plant = Plant(
        tmp_path,
        notify(Route(("oncall",)), oncall=url + "oncall", leads=url + "leads"),
        escalation=(Escalation(900.0, ("leads",)),),
    )
    plant.see("hot", escalation=1)
    plant.until("sent leads")
    assert web.titles() == ["▲ escalated, step 1: hot it is · Plant"]
    plant.notifier.close()
    plant.journal.close()


def test_a_target_can_be_tried_and_says_what_came_of_it(tmp_path: Path, web: Web) -> None:
    url = f"json://127.0.0.1:{web.port}/"
    plant = Plant(tmp_path, notify(oncall=url, unset="${env:NOT_SET_ANYWHERE}"))
    with pytest.raises(ValueError, match="no target nobody; there are: oncall, unset"):
        plant.notifier.test(["nobody"], ANA, NOW, plant.at)
    future = plant.notifier.test(["oncall", "unset"], ANA, NOW, plant.at)
    until(lambda: plant.work() or future.done(), timeout=40.0)
    why = "the environment has no NOT_SET_ANYWHERE; set it where the engine is started"
    assert future.result() == {"oncall": "", "unset": why}
    assert web.titles() == ["Test · Plant"]
    assert sorted(plant.told()) == [
        "test given up unset",
        "test queued oncall",
        "test queued unset",
        "test sent oncall",
    ]
    assert {(each.actor, each.uid, each.origin) for each in plant.journal.records(KIND)} == {("ana", 1000, "10.0.0.7")}
    assert plant.notifier.notices() == []
    plant.notifier.close()
    plant.journal.close()


@pytest.mark.usefixtures("at_hand")
def test_a_target_that_is_gone_from_the_site_gets_nothing_more(tmp_path: Path) -> None:
    plant = Plant(tmp_path, notify(Route(("oncall",), group_wait=0.0), oncall="json://127.0.0.1:1/"))
    plant.see("hot")
    plant.until("retried oncall")
    plant.site = Site(name="Plant", notify=notify(other="json://127.0.0.1:1/"))
    plant.notifier.configure(plant.site, NOW, plant.at)
    assert plant.told() == ["retried oncall", "given up oncall"]
    assert plant.notifier.notices() == []
    plant.work(100.0)
    plant.notifier.close()
    plant.journal.close()


def test_without_apprise_people_are_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "installed", lambda: False)
    plant = Plant(tmp_path, notify(Route(("oncall",)), oncall="json://127.0.0.1:1/"))
    [notice] = plant.notifier.notices()
    assert notice.text == ("nobody is told of alerts: Apprise is not installed: pip install 'opsconsole[notify]'")
    assert notice.priority == "critical"
    plant.journal.close()


def test_a_process_that_hangs_is_ended(tmp_path: Path) -> None:

    done: list[tuple[str, str]] = []
    with Silence() as silence:
        post = Post(tmp_path, tmp_path / "notify", lambda *of: done.append(of), timeout=3.0)
        post.send(Letter("a", "oncall", "t", "b", "low"), Address(f"json://127.0.0.1:{silence.port}/"))
        until(lambda: done)
        assert done == [("a", "it did not answer within 3 s")]
        assert post._running == {}
        post.close()


def test_the_heartbeat_goes_with_the_tick_and_its_loss_is_told_and_recorded(tmp_path: Path, web: Web) -> None:
    (tmp_path / "switch").write_text(f"http://127.0.0.1:{web.port}/{SECRET}")
    (tmp_path / "switch").chmod(0o600)
    plant = Plant(tmp_path, Notify(heartbeat=Heartbeat(Address(url_file="switch"), 60.0)))
    notifier = plant.notifier

    def beat(seconds: float = 0.0) -> None:
        plant.at += seconds
        notifier.beat(NOW)

    beat()
    until(lambda: len(web.got) == 1)
    until(lambda: beat() or notifier._pulse._thread is None)
    beat(59.0)
    plant.at += 3600.0  # no tick, no beat, however long it takes
    assert [(method, path) for method, path, _ in web.got] == [("GET", f"/{SECRET}")]
    web.status = lambda _path: 503
    beat()
    until(lambda: beat() or notifier.notices())
    [notice] = notifier.notices()
    assert notice.text == "the dead-man switch cannot be reached: it answered 503"
    web.status = lambda _path: 200
    beat(60.0)
    until(lambda: beat() or not notifier.notices())
    assert len(web.got) == 3
    told = plant.journal.records(KIND)
    assert [(each.what, each.reason) for each in told] == [("reached again", ""), ("unreachable", "it answered 503")]
    plant.journal.close()


def test_a_switch_that_hangs_holds_up_no_tick(tmp_path: Path) -> None:
    with Silence() as silence:
        address = Address(f"http://127.0.0.1:{silence.port}/{SECRET}")
        plant = Plant(tmp_path, Notify(heartbeat=Heartbeat(address, 60.0)))
        begun = time.monotonic()
        plant.notifier.beat(NOW)
        plant.at += 60.0
        plant.notifier.beat(NOW)
        assert time.monotonic() - begun < 9.0
        assert [each.text for each in plant.notifier.notices()] == [
            "the dead-man switch cannot be reached: it does not answer"
        ]
    plant.journal.close()
