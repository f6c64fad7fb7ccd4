"""Several people at once, over the real socket: each sees what the others do, and nobody does what they may not."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from opsconsole.engine.client import RefusedError
from opsconsole.engine.messages import Alerts, AskAlerts, AskStop, Command, Done, Maintenance, Target
from tests.engine_process import EngineProcess, Watcher, stamp

# Rules are evaluated once an hour: whatever is seen in between is there because a person did something.
SITE = """\
site: Many hands
timezone: UTC
every: 1h
alert_from: all
areas: {weld: {title: Welding}}
sources:
  events: {files: data/*.csv, time: ts, settle: 1s}
rules:
  wrong: {source: events, rows: bad = 1, within: 20d, by: line, area: weld}
"""
ME = pwd.getpwuid(os.getuid()).pw_name
A, B = "wrong{line=A}", "wrong{line=B}"


class Plant(EngineProcess):
    def write(self, site: str = SITE) -> None:
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        (self.folder / "site.yaml").write_text(site)
        (self.folder / "data/a.csv").write_text(f"ts,line,bad\n{stamp(-7200)},A,1\n{stamp(-7200)},B,1\n")


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plant]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = Plant(tmp_path / "plant")
    found.write()
    yield found
    found.end()


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(work(), 60)

    asyncio.run(bounded())


async def looking(plant: Plant) -> Watcher:
    watcher = await Watcher.connect(plant.place)
    while {A, B} - set(watcher.alerts):
        await watcher.next()
    return watcher


def about(watcher: Watcher, name: str, *alerts: str, **given: object) -> Command:
    return Command(name, [Target(alert, watcher.alerts[alert].version) for alert in alerts], **given)  # type: ignore[arg-type]


async def done(watcher: Watcher, command: Command) -> Done:
    answer = await watcher.client.ask(command)
    assert isinstance(answer, Done)
    return answer


async def until_state(watcher: Watcher, alert: str, state: str) -> None:
    while watcher.alerts[alert].state != state:
        await watcher.next()


def test_what_one_does_the_others_see_with_no_evaluation_in_between(plant: Plant) -> None:
    plant.start()

    async def work() -> None:
        ana, bob = await looking(plant), await looking(plant)
        assert (await done(ana, about(ana, "ack", A))).applied == [A]
        await until_state(bob, A, "ACK")
        assert bob.alerts[A].who == ME
        await done(bob, about(bob, "assign", A, to="bob"))
        while ana.alerts[A].owner != "bob":
            await ana.next()
        window = Maintenance(area="weld", start=0, end=ana.snapshot.site.at + 600, reason="oil change")
        planned = await done(ana, Command("plan-maintenance", maintenance=window))
        assert planned.applied == ["m1"]
        await until_state(bob, B, "SUPPRESSED")
        await done(bob, Command("end-maintenance", maintenance=Maintenance(id="m1")))
        await until_state(ana, B, "UNACK")
        found = await ana.client.ask(AskAlerts(limit=1))
        assert isinstance(found, Alerts)
        assert (found.total, len(found.alerts)) == (2, 1)
        await ana.client.close()
        await bob.client.close()

    run(work)


def test_two_who_acknowledge_at_once_do_not_conflict_and_the_stale_are_told(plant: Plant) -> None:
    plant.start()

    async def work() -> None:
        ana, bob = await looking(plant), await looking(plant)
        both = await asyncio.gather(done(ana, about(ana, "ack", A)), done(bob, about(bob, "ack", A)))
        assert sorted(each.applied for each in both) == [[], [A]]
        assert [each.already for each in both if each.already] == [{A: f"{ME} has already acknowledged it"}]
        assert all(not each.refused for each in both)
        old = about(ana, "ack", B)
        late = Command("ack", [Target(B, 0)])
        assert (await done(bob, late)).refused == {B: "it was raised anew since you saw it"}
        assert (await done(bob, old)).applied == [B]
        await ana.client.close()
        await bob.client.close()

    run(work)


def test_roles_hold_whatever_a_client_says_and_as_the_site_file_is_now(plant: Plant) -> None:
    plant.write(SITE + "roles: {supervisor: nobody_here}\n")
    plant.start()

    async def work() -> None:
        ana = await looking(plant)
        assert ana.client.welcome.role == "viewer"
        refused = await done(ana, about(ana, "ack", A))
        assert refused.refused == {A: f"{ME} is a viewer here, and it takes an operator to acknowledge"}
        with pytest.raises(RefusedError, match="it takes a supervisor"):
            await ana.client.ask(AskStop())
        (plant.folder / "site.yaml").write_text(SITE + f"roles: {{operator: {ME}}}\n")
        while (await done(ana, about(ana, "ack", A))).refused:
            await asyncio.sleep(0.05)
        refused = await done(ana, about(ana, "out-of-service", B, text="sensor broken"))
        assert refused.said == f"{ME} is an operator here, and it takes a supervisor to take out of service"
        shelf = about(ana, "shelve", B, text="tip ordered", until=ana.snapshot.site.at + 9 * 3600)
        assert (await done(ana, shelf)).refused == {B: "an operator may shelve a warning alert for 8h at most"}
        await ana.client.close()

    run(work)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_a_group_may_connect_where_the_state_folder_is_open_to_it() -> None:
    other = pwd.getpwnam("nobody")
    base = Path(tempfile.mkdtemp(prefix="opsconsole-"))
    plant = Plant(base / "plant")
    try:
        base.chmod(0o755)
        plant.write(SITE + "state: ../state\nroles: {supervisor: root}\n")
        plant.place.state.mkdir()
        os.chown(plant.place.state, -1, other.pw_gid)
        plant.place.state.chmod(0o750)
        plant.start()
        assert connects(plant.place.socket, other.pw_uid, other.pw_gid)
        assert not connects(plant.place.socket, other.pw_uid, 54_321)
    finally:
        plant.end()
        shutil.rmtree(base)


def connects(path: Path, uid: int, gid: int) -> bool:
    """Whether a process of this user and group can connect to a socket."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(path))
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
