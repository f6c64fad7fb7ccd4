"""`opsconsole SITE --plain` on a real engine: through a pipe as a log, and on a terminal as a person."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from pathlib import Path

from tests.engine_process import EngineProcess
from tests.program.conftest import PROGRAM, SiteFolder
from tests.terminal import Terminal
from tests.waiting import until


class Log:
    """The line mode with its output in a pipe."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, str(folder), "--plain", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TERM": "dumb", "LC_ALL": "C.UTF-8"},
        )
        self.text = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.text += line.decode()

    def says(self, pattern: str) -> None:
        until(lambda: re.search(pattern, self.text, re.MULTILINE), 30, f"{pattern} in what it says: {self.text}")

    def end(self) -> None:
        self.process.kill()
        self.process.wait(30)
        self._reader.join(10)


def test_a_person_and_a_log_follow_and_the_person_acts(site: SiteFolder) -> None:
    engine = EngineProcess(site.folder)
    engine.start()
    log = Log(site.folder)
    try:
        log.says(r"^Small plant\. .* UTC\.$")
        log.says(r"^Of 2 KPIs, 1 is not good:\nScrap ratio is at warning: 5 %, over 3 %\.$")
        log.says(r"^Alert 1\. Warning: Scrap ratio 5 % over 3 %\. Since \d\d:\d\d\. Not acknowledged\.$")
        with Terminal([*PROGRAM, str(site.folder), "--plain"], columns=110, rows=50, env={"TERM": "dumb"}) as person:
            person.shows("Alert 1. Warning", "Type help")

            def does(line: str, *says: str) -> None:
                person.press(line + "\r")
                person.shows(*says)

            does("ack 1", "Alert 1: acknowledged.")
            log.says(r"^\d\d:\d\d Alert 1, Scrap ratio 5 % over 3 %: Acknowledged by \w+\.$")
            does("ack 1", "Alert 1 is so already: ")
            does(":comment 1 tip ordered", "the comment is written.")
            log.says(r"^\d\d:\d\d \w+ on alert 1: tip ordered\.$")
            does("shelve 1 soon", "Say first for how long: 30m REASON")
            does("shelve 1 30m tip comes", "Alert 1: shelved.")
            # half an hour before midnight a day stands before the time
            log.says(r"^\d\d:\d\d Alert 1, .*: Shelved by \w+ until (\S+ )*\d\d:\d\d: tip comes\.$")
            does("undo", "taken back for 1 alert.")
            assert person.text.count("Shelved by") == 0, "what a person did is told them once"
            log.says(r"tip comes\.\n(.*\n)*\d\d:\d\d Alert 1, .*: Acknowledged by")
            does("kpi scr", "Its target is 2 %.")
            does("at 2026-06-24 05:00", "As of 2026-06-24 05:00", "No alert is open")
            does("at soon", "soon")
            does("rows source cycles", "ts 2026-06-24 06:01:00, line 2, qty 50, scrap 4. data/a.csv, line 3.")
            does("rows source nothing", "Refused: ")
            does("ack 7", "There is no alert 7")
            does("alrts", "did you mean alerts?")
            does("log shelved", "shelved, kpi:scrap")

            # many changes at once are told once, when it is quiet; values within their status not at all
            for at in range(10):
                site.append(f"2026-06-24 06:1{at}:00,3,50,2\n")
            site.append("2026-06-24 07:00:00,3,50,600\n")
            log.says(r"^\d\d:\d\d Worse: Alert 1\. Critical: Scrap ratio [\d.]+ % over 20 %\. ")
            log.says(r"^\d\d:\d\d Scrap ratio is critical: [\d.]+ %, over 20 %\.$")

            engine.kill()
            log.says(r"^The engine does not answer\.")
            log.says(r"^The engine answers again, after \d+ s\.$")
            person.shows("The engine answers again")
            does("alert 1", "Alert 1. Critical")
            does("restart-engine", "The engine has ended: ")
            until(lambda: person.text.count("The engine answers again") == 2, 30)
            person.press("\x04")
            assert person.process.wait(20) == 0
            assert b"\x1b" not in person.raw
        assert "\x1b" not in log.text
        assert "Pieces:" not in log.text.split("\nThe one source")[-1], "values are not told while they move"
    finally:
        log.end()


def test_read_only_roles_and_a_reader_that_goes(site: SiteFolder) -> None:
    with Terminal([*PROGRAM, str(site.folder), "--plain", "--read-only"], columns=110) as person:
        person.shows("Alert 1. Warning", "Type help")
        person.press("ack 1\r")
        person.shows("read-only, and it takes an operator to acknowledge")
        person.press("quit\r")
        assert person.process.wait(20) == 0
    log = Log(site.folder)
    log.says("The one source is fresh")
    log.process.send_signal(signal.SIGINT)
    assert log.process.wait(20) == 130
    assert "Traceback" not in log.text
    missing = subprocess.run(
        [*PROGRAM, str(site.folder / "none"), "--plain"], capture_output=True, text=True, timeout=60
    )
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "no such file or folder" in missing.stderr
