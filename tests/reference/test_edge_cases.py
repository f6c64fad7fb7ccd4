"""Every edge case of the shared data in one watched folder, and a real log by its pattern."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.site.model import Read, Source
from tests.reference import edge_cases
from tests.reference.edge_cases import Outcome
from tests.tables.folder import folder

DATA = Path(os.environ.get("OPSCONSOLE_DATA", ""))
CASES = DATA / "edge_cases"
NAMES = list(json.loads((CASES / "manifest.json").read_text())) if CASES.is_dir() else []
SSH = r'(?P<ts>[\d-]+ [\d:]+),(?P<pid>\d+),(?P<event>E\d+),(?P<ip>[\d.]*),"?(?P<message>.*?)"?'


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Outcome]]:
    made = edge_cases.watched(CASES, tmp_path_factory.mktemp("cases"))
    try:
        made.settle()
        taken = {file.path.removeprefix("in/") for file in made.store.files()}
        there = {path.name for path in CASES.iterdir()} - {"manifest.json", "README.md"}
        assert taken == there - edge_cases.UNTAKEN
        yield {each.name: each for each in edge_cases.outcomes(CASES, made)}
    finally:
        made.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_case_meets_its_line(found: dict[str, Outcome], name: str) -> None:
    assert found[name].wrong == ""


def test_a_real_log_by_its_pattern(tmp_path: Path) -> None:
    expected = json.loads((DATA / "openssh_log/expected.json").read_text())["OpenSSH"]
    lines = (DATA / "openssh_log/openssh_events.csv").read_text().split("\n", 1)[1]
    source = Source("t", ("in/*.log",), format="lines", time="ts", read=Read(pattern=SSH))
    with folder(tmp_path, source) as watched:
        watched.write("sshd.log", lines)
        watched.settle()
        assert (watched.file("sshd.log").rows, watched.file("sshd.log").rejected) == (expected["rows"], 0)
        failed = "SELECT count(*) FROM t WHERE message LIKE 'Failed password%'"
        assert watched.query(failed) == [(expected["failed_password"],)]
        for ip, count in expected["failed_by_ip_top"].items():
            assert watched.query(f"{failed} AND ip = '{ip}'") == [(count,)]
        assert watched.query("SELECT count(DISTINCT event) FROM t") == [(expected["event_types"],)]
        breaks = "SELECT count(*) FROM t WHERE message LIKE '%BREAK-IN%'"
        assert watched.query(breaks) == [(expected["break_in_messages"],)]
