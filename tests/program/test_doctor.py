"""`opsconsole doctor` as a person runs it: without a site, on a good one, on broken ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from opsconsole.engine.place import find_place
from tests.engine_process import EngineProcess
from tests.program.conftest import PROGRAM, SiteFolder
from tests.terminal import Terminal
from tests.waiting import until


def findings(target: str, cwd: Path) -> tuple[int, dict[str, tuple[str, str]]]:
    words = [*PROGRAM, "doctor", *([target] if target else []), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=cwd)
    assert done.stderr == ""
    return done.returncode, {each["check"]: (each["state"], each["found"]) for each in json.loads(done.stdout)}


def test_a_good_site_with_its_engine_a_broken_one_and_none(site: SiteFolder, tmp_path: Path) -> None:
    code, found = findings("", tmp_path)
    assert (code, found["site"][0], found["program"][0]) == (0, "note", "fine")
    assert not (tmp_path / "state").exists()

    engine = EngineProcess(site.folder)
    engine.start()
    try:
        code, found = findings(str(site.folder), tmp_path)
        assert code == 0, found
        assert [name for name, (state, _) in found.items() if state == "broken"] == []
        assert engine.process is not None
        assert f"pid {engine.process.pid}" in found["engine"][1]
        assert found["folders"] == ("fine", "1 file in 1 folder")
        assert "1 folder to watch" in found["inotify"][1]
        assert found["site file"] == ("fine", str(site.folder / "site.yaml"))
        assert found["permissions"][0] == "fine"
    finally:
        engine.end()

    (site.folder / "site.yaml").chmod(0o666)
    (site.folder / "site.yaml").write_text("site: Small plant\nsources: {cycles: {files: gone/*.csv}}\nkpsi: {}\n")
    code, found = findings(str(site.folder), tmp_path)
    assert code == 1
    assert found["site file"][0] == "broken"
    assert "did you mean `kpis`" in found["site file"][1]
    assert found["folders"] == ("broken", f"{site.folder}/gone is not there")
    assert found["permissions"][0] == "warning"
    assert found["engine"][0] == "note"
    (site.folder / "site.yaml").write_text("{")
    code, found = findings("", site.folder)
    assert (code, found["site file"][0]) == (1, "broken")
    code, found = findings(str(tmp_path / "nowhere"), tmp_path)
    assert (code, found["site file"][0]) == (1, "broken")
    assert "no such file" in found["site file"][1]
    draft = tmp_path / "draft"
    draft.mkdir()
    code, found = findings(str(draft), tmp_path)
    assert (code, found["site file"][0]) == (0, "note")
    assert not find_place(draft).state.exists()


def test_on_a_terminal_it_asks_for_the_background_and_fits(site: SiteFolder) -> None:
    question = b"\x1b]11;?\x1b\\\x1b[c"
    command = [*PROGRAM, "doctor", str(site.folder)]
    with Terminal(command, columns=80, rows=60, env={"TMUX": "", "SSH_CONNECTION": "10.9.8.7 1 2 3"}) as terminal:
        until(lambda: question in terminal.raw, what="the question")
        terminal.press("\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62;c")
        text = terminal.shows("light, by the terminal's own answer", "SSH from 10.9.8.7", "80x60", "All is fine.")
        assert terminal.process.wait(20) == 0
    assert "● terminal      TERM is xterm-256color" in text
    assert "rgb:" not in text


def test_without_utf8_it_is_told_in_ascii(site: SiteFolder) -> None:
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "TERM": "dumb"}
    done = subprocess.run(
        [sys.executable, "-m", "opsconsole", "doctor"], capture_output=True, timeout=60, env=env, cwd=site.folder.parent
    )
    assert done.returncode == 0
    assert b"* encoding      warning: locale C is not UTF-8" in done.stdout
    assert done.stdout.isascii()
    assert b"\\u" not in done.stdout
