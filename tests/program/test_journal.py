"""The journal from the command line: `log`, `audit` and `procedures`, on a real engine and without one."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from opsconsole.cli.arguments import parse
from opsconsole.cli.main import run
from opsconsole.engine.audit import audit
from opsconsole.engine.place import find_place
from tests.program.conftest import PROGRAM, SiteFolder
from tests.waiting import until

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(site: SiteFolder, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command in this process: its exit code and what it printed."""

    def work(command: str, *words: str) -> tuple[int, str, str]:
        if command == "audit":
            kept = words[-1] if "--head" in words else ""
            code = audit(words[0], str(site.folder), as_json="--json" in words, kept=kept)
        else:
            code = run(parse([command, str(site.folder), *words]))
        return (code, *capsys.readouterr())

    return work


def test_the_log_and_the_chain_beside_a_running_engine_and_without_one(site: SiteFolder, say: Say) -> None:
    path = Path(site.folder / "site.yaml")
    path.write_text(path.read_text().replace("every: 1s", "every: 1s\nalert_from: all\nprocedure: any.md"))
    (site.folder / "any.md").write_text("# Any\n\n1. Look\n2. Tell\n")
    code, out, err = say("audit", "verify")
    assert (code, out) == (1, "")
    assert err.startswith("opsconsole: no journal yet")
    engine = subprocess.Popen([*PROGRAM, "engine", str(site.folder)])
    try:
        until(lambda: find_place(site.folder).socket.exists())
        until(lambda: say("log")[0] == 0, what="a record")
        found = json.loads(say("log", "scrap", "--kind", "alert", "--since", "1h", "--json")[1])
        assert [(each["actor"], each["uid"], each["what"], each["after"]) for each in found] == [
            ("system", None, "raised", "UNACK")
        ]
        assert found[0]["utc"].endswith("+00:00")
        assert "system  raised  kpi:scrap  " in say("log")[1]
        assert say("log", "nowhere")[:2] == (1, "no record is like that\n")
        code, _, err = say("log", "--since", "tomorrow")
        assert (code, err[:12]) == (1, "opsconsole: ")

        used = json.loads(say("procedures", "--json")[1])["procedures"]
        assert [(each["path"], each["title"], each["steps"], each["alerts"]) for each in used] == [
            ("any.md", "Any", 2, 1)
        ]
        assert "any.md  Any" in say("procedures", "--since", "2h")[1]
        assert say("audit", "verify")[0] == 0
        assert say("audit", "head")[1].startswith("1:")
    finally:
        site.stop()
        assert engine.wait(20) == 0

    kept = say("audit", "head")[1].split()[0]
    code, out, _ = say("audit", "verify", "--json", "--head", kept)
    answer = json.loads(out)
    assert (code, answer["broken"], answer["kept"], answer["head"]["seq"]) == (0, None, True, answer["records"])
    assert "the chain is whole" in say("audit", "verify")[1]
    other = sqlite3.connect(find_place(site.folder).journal)
    other.execute("DROP TRIGGER journal_no_update")
    other.execute("UPDATE journal SET actor = 'eve\x1b[31m' WHERE seq = 1")
    other.commit()
    other.close()
    command = [*PROGRAM, "audit", "verify", str(site.folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "the chain is broken at record 1" in done.stdout
    assert "eve\\x1b[31m" in done.stdout
    assert json.loads(say("audit", "verify", "--json")[1])["broken"]["seq"] == 1
    assert "the head that was kept is not in it" in say("audit", "verify", "--head", "0" * 64)[1]


def test_wrong_words_are_told_as_such() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "opsconsole", "audit", "."], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "invalid choice" in done.stderr
