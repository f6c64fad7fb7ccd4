"""The demo as a person meets it: what goes wrong shows in its time, and however it ends nothing stays behind."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.demo.incidents import INCIDENTS, ZONE, Incident
from opsconsole.demo.packs import pack
from opsconsole.engine.place import find_place
from opsconsole.site.parse import load_site
from tests.program.conftest import PROGRAM
from tests.terminal import Terminal
from tests.waiting import until

SPEED = 100
# Site time in which the machine may do its part: 45 seconds, of which the start takes the most where others work.
GRACE = dt.timedelta(minutes=75)
# Site time that a busy machine takes at that speed until all that rules look at off the tick was looked at: 18 seconds.
LOOKING = dt.timedelta(minutes=30)


class Run:
    """One run of the demo, in a temporary folder of its own by which its processes are known."""

    def __init__(self, home: Path) -> None:
        self.temporary = home / "t"
        self.temporary.mkdir()
        self.env = {"TMPDIR": str(self.temporary), "XDG_STATE_HOME": str(home / "state")}

    def terminal(self, *words: str, columns: int = 120, rows: int = 40) -> Terminal:
        return Terminal([*PROGRAM, "demo", *words], columns=columns, rows=rows, env=self.env)

    def site(self) -> Path:
        """The site file of the demo that runs."""
        return next(self.temporary.glob("opsconsole-demo-*/site/site.yaml"))

    def processes(self) -> dict[int, str]:
        """The processes that the run started and that are still there, ended ones that wait to be reaped aside."""
        mark = f"TMPDIR={self.temporary}".encode()
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:  # it ended meanwhile, or is somebody else's
                continue
        return found

    def nothing_left(self, timeout: float = 20) -> None:
        """Wait until the run has left no process and no file."""
        until(lambda: not self.processes(), timeout, "every process ends")
        until(lambda: not list(self.temporary.iterdir()), timeout, "the folder is removed")
        assert not Path(self.env["XDG_STATE_HOME"]).exists()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    for pid in run.processes():
        os.kill(pid, signal.SIGKILL)


def wording(incident: Incident) -> str:
    """What the title of an incident's alert begins with, up to its value."""
    site = load_site(pack("factory").layouts).site
    assert site is not None
    return site.rules[incident.rule].title.format(**incident.labels, value="\0").split("\0")[0].strip()


def clock(screen: str) -> dt.datetime:
    """The site time of a screen, on the day of the incidents."""
    found = re.search(r"24 Jun\D*(?:2026\D*)?(\d\d):(\d\d)", screen.splitlines()[0])
    assert found is not None, screen.splitlines()[0]
    return dt.datetime(2026, 6, 24, int(found[1]), int(found[2]))


def raised(run: Run) -> list[tuple[dt.datetime, str, dict[str, str]]]:
    """When alerts were raised by the journal, in site time, by which rule and of what; the earliest first."""
    local = f"timezone('{ZONE}', timezone('UTC', site_time))"
    query = f"SELECT strftime({local}, '%Y-%m-%dT%H:%M:%S') AS moment, rule, labels FROM journal WHERE what = 'raised'"
    done = subprocess.run(
        [*PROGRAM, "query", str(run.site()), f"{query} ORDER BY moment", "--csv"],
        capture_output=True, text=True, timeout=60, env={**os.environ, **run.env},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = csv.DictReader(io.StringIO(done.stdout))
    return [(dt.datetime.fromisoformat(row["moment"]), row["rule"], json.loads(row["labels"] or "{}")) for row in rows]


def told_by_their_early_rules(found: list[tuple[dt.datetime, str, dict[str, str]]]) -> None:
    """Each incident by the rule that is to announce it; with `-s` the lead before its hard limit is printed.

    An engine that had no time to look before a limit was near cannot have told: on a busy machine a start takes long,
    and so does a look off the tick, for which a minute is half a second here. How long before each rule knows is held
    minute by minute in `tests.demo.test_announced`.
    """
    began = found[0][0]
    for incident in INCIDENTS:
        times = [at for at, rule, labels in found if (rule, labels) == (incident.early, incident.labels)]
        if incident.limit_at is None:
            assert times, incident.id
            print(f"{incident.id}: {incident.early} at {times[0]:%H:%M}, no hard limit is crossed")
        elif began <= incident.limit_at - LOOKING:
            assert times, incident.id
            assert times[0] < incident.limit_at + GRACE, incident.id
            ahead = (incident.limit_at - times[0]) / dt.timedelta(minutes=1)
            print(f"{incident.id}: {incident.early} at {times[0]:%H:%M}, {ahead:+.0f} min to its hard limit")


@pytest.mark.timeout(600)
def test_each_incident_of_the_factory_shows_in_its_time(run: Run) -> None:
    with run.terminal("factory", "--speed", str(SPEED)) as terminal:
        terminal.shows("North plant")
        terminal.press("2")
        early = terminal.shows(wording(INCIDENTS[0]), timeout=120)
        too_early = [each for each in INCIDENTS[1:] if wording(each) in early and clock(early) < each.begins]
        assert [incident.id for incident in too_early] == []
        for incident in INCIDENTS:
            screen = terminal.shows(wording(incident), timeout=120)
            assert incident.begins <= clock(screen) <= incident.shown_by + GRACE, f"{incident.id}\n{screen}"
        folder, place = run.site().parent.parent, find_place(run.site())
        assert place.socket.exists()
        told_by_their_early_rules(raised(run))
        terminal.press("q")
        assert terminal.process.wait(15) == 0
        assert not place.socket.exists()
        assert not folder.exists()
        run.nothing_left()


@pytest.mark.parametrize(
    ("end", "name", "site"),
    [
        ("SIGKILL", "", "North plant"),
        ("SIGHUP", "emergency", "NHS emergency departments"),
        ("SIGTERM", "emergency", "NHS emergency departments"),
        ("hang-up", "emergency", "NHS emergency departments"),
    ],
)
def test_nothing_is_left_when_the_console_is_ended(run: Run, end: str, name: str, site: str) -> None:
    with run.terminal(*name.split()) as terminal:
        terminal.shows(site, "Overview")
        place = find_place(run.site())
        assert len(run.processes()) >= 3, "console, player, engine"
        if end == "hang-up":
            terminal.hang_up()
        else:
            terminal.process.send_signal(signal.Signals[end])
        terminal.process.wait(15)
        run.nothing_left()
        assert not place.socket.exists()


def test_the_airport_opens_with_what_its_readme_tells(run: Run) -> None:
    with run.terminal("airport", "--speed", "300") as terminal:
        terminal.shows("New York airports", "On time", "Departure delay", "Cancelled", "Flights")
        terminal.press("2")
        terminal.shows("B6: on time", "9E: on time", "On time 7")
        terminal.shows("of today's flights cancelled", "JFK: on time", "more than 5 h late", timeout=40)
        terminal.press("q")
        assert terminal.process.wait(15) == 0
        run.nothing_left()


def test_a_month_comes_to_the_emergency_departments_and_the_worst_trust_leads_to_its_rows(run: Run) -> None:
    with run.terminal("emergency") as terminal:
        terminal.shows("NHS emergency departments", "Months met", "What needs attention first")
        terminal.press("2")
        terminal.shows("Four hours 8", "under 95.0 %", "RXL: four hours 58.9 %")
        terminal.shows("1 Oct 00:00")
        terminal.press(":kpi trust by org_code\r")
        terminal.shows("RWD", "RQW")
        terminal.press("/RQW\r\r")
        terminal.shows("2018-10-01")
        terminal.press("q")
        assert terminal.process.wait(15) == 0
        run.nothing_left()


@pytest.mark.parametrize("name", ["factory", "airport", "emergency"])
def test_without_a_terminal_it_prints_a_snapshot(run: Run, name: str) -> None:
    done = subprocess.run(
        [*PROGRAM, "demo", name], capture_output=True, text=True, timeout=60, env={**os.environ, **run.env}
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    site = load_site(pack(name).layouts).site
    assert site is not None
    assert site.name in done.stdout
    assert [kpi.title for kpi in site.kpis.values() if kpi.title not in done.stdout] == []
    run.nothing_left(0)
