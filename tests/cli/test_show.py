"""What headless commands print: aligned, complete, and unable to drive the terminal that shows it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from opsconsole.cli import show, show_sources
from opsconsole.cli.text import sentence
from opsconsole.engine.messages import (
    AlertState,
    Attention,
    EngineStatus,
    Files,
    FileState,
    GoalState,
    KpiState,
    Notice,
    Revision,
    ShiftState,
    SiteState,
    Snapshot,
    SourceState,
    Table,
)

ESCAPE = "\x1b[31mred\x9b0m\u202e"
SITE = SiteState(name="Plant", timezone="UTC", clock="wall", speed=1, at=100.0, wall=100.0, settled=True)


def table(**columns: list[object]) -> Table:
    return Table(list(columns), ["VARCHAR"] * len(columns), list(columns.values()))


def test_numbers_to_the_right_text_to_the_left() -> None:
    assert show.table_text(table(name=["a", "bb"], n=[1, 100], x=[None, 0.5])).splitlines() == [
        "name    n     x",
        "────  ───  ────",
        "a       1  NULL",
        "bb    100   0.5",
    ]


def test_wide_characters_take_two_cells_and_marks_none() -> None:
    lines = show.table_text(table(表=["漢字", "ab", "e\u0301f"], n=[1, 2, 3])).splitlines()
    assert lines == ["表    n", "────  ─", "漢字  1", "ab    2", "e\u0301f    3"]


def test_a_table_without_rows_has_its_head() -> None:
    assert show.table_text(table(a=[], bcd=[])) == "a  bcd\n─  ───"
    assert show.table_json(table(a=[])) == "[]"


def test_who_works_and_what_late_rows_changed_is_said() -> None:
    late = Revision("Night Tue 23 Jun", 0, 28800, 84.2, 29100, 83.9, 12)
    kpis = [KpiState("oee", "OEE", "cycles", "good", 85.0, unit="%", decimals=1, window="shift", revised=late)]
    site = msgspec.structs.replace(SITE, shift=ShiftState("Early", 1, 2, "B"), holiday="Corpus Christi")
    lines = show.snapshot_text(Snapshot(site, kpis)).splitlines()
    assert lines[0].startswith("Plant · Early · team B · Corpus Christi · ")
    assert "Night Tue 23 Jun: 83.9 %, revised from 84.2 % (12 late rows)" in lines[3]
    found = json.loads(show.snapshot_json(Snapshot(site, kpis)))["kpis"][0]["revised"]
    assert (found["was"], found["value"], found["rows"]) == (84.2, 83.9, 12)
    assert (found["start"], found["noted"]) == ("1970-01-01T00:00:00.000+00:00", "1970-01-01T08:05:00.000+00:00")


def test_truth_is_written_as_in_sql() -> None:
    found = table(ok=[True, False])
    assert show.table_text(found).split() == ["ok", "─────", "true", "false"]
    out = io.StringIO()
    show.table_csv(found, out)
    assert out.getvalue() == "ok\ntrue\nfalse\n"
    assert json.loads(show.table_json(found)) == [{"ok": True}, {"ok": False}]


def test_columns_of_one_name_are_all_in_the_json() -> None:
    found = Table(["a", "a", "a_2", "a"], ["INTEGER"] * 4, [[1], [2], [3], [4]])
    assert json.loads(show.table_json(found)) == [{"a": 1, "a_3": 2, "a_2": 3, "a_4": 4}]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_text_that_a_spreadsheet_would_run_is_quoted_and_numbers_are_not(text: str) -> None:
    out = io.StringIO()
    show.table_csv(Table(["t", "n"], ["VARCHAR", "INTEGER"], [[text], [-1]]), out)
    assert out.getvalue() == f"t,n\n'{text},-1\n"


def acting(text: str) -> list[str]:
    """The characters of a text that a terminal would act on."""
    return [char for char in text if char != "\n" and (ord(char) < 32 or 126 < ord(char) < 160 or char == "\u202e")]


def test_a_head_that_a_spreadsheet_would_run_is_quoted() -> None:
    out = io.StringIO()
    show.table_csv(Table(["=1+1", "n"], ["VARCHAR", "INTEGER"], [["a"], [1]]), out)
    assert out.getvalue() == "'=1+1,n\na,1\n"


def test_an_error_that_quotes_a_file_cannot_drive_the_terminal() -> None:
    assert sentence(ValueError("could not convert '\x1b[2J\x9b'\nin line 2")) == (
        "could not convert '\\x1b[2J\\x9b'\nin line 2"
    )


def test_no_text_from_a_file_can_drive_the_terminal() -> None:
    snapshot = Snapshot(
        site=msgspec.structs.replace(SITE, name=ESCAPE, shift=ShiftState(ESCAPE, 1, 2, ESCAPE), holiday=ESCAPE),
        kpis=[
            KpiState("k", ESCAPE, "s", "nodata", reason=ESCAPE, leader=ESCAPE, unit=ESCAPE),
            KpiState("l", ESCAPE, "s", "good", 1.0, unit=ESCAPE, target=1.0, change=1.0, previous_label=ESCAPE),
            KpiState("m", ESCAPE, "s", "good", 1.0, unit=ESCAPE, revised=Revision(ESCAPE, 1, 2, 3.0, 2, 4.0, 1)),
        ],
        alerts=[AlertState("a", "r", ESCAPE, "ACK", "low", 1.0, 1, who=ESCAPE)],
        sources=[SourceState("s", ESCAPE, "stale", note=ESCAPE)],
        notices=[Notice("x", ESCAPE)],
    )
    files = Files([FileState("s", ESCAPE, "failed", reason=ESCAPE, read_as=ESCAPE)])
    rows = Table([ESCAPE], ["VARCHAR"], [[ESCAPE, "a\nb\0"]])
    texts = (
        show.snapshot_text(snapshot),
        show.snapshot_json(snapshot),
        show_sources.sources_text(snapshot, files),
        show_sources.sources_json(snapshot, files),
        show.table_text(rows),
        show.table_json(rows),
    )
    for text in texts:
        assert acting(text) == []
        assert "red" in text
    assert json.loads(show.table_json(rows))[0] == {ESCAPE: ESCAPE}


def test_one_file_is_not_files() -> None:
    one = SourceState("s", "S", "fresh", files=1, rows=1, waiting=1, failed=2, quarantined=3)
    text = show.snapshot_text(Snapshot(site=SITE, sources=[one]))
    assert "S: 1 row in 1 file · 3 quarantined · 1 file waiting · 2 files failed" in text


def test_titles_are_aligned_by_cells() -> None:
    kpis = [KpiState("a", "漢字", "s", "good", 1.0), KpiState("b", "ab", "s", "good", 2.0)]
    first, second = (line for line in show.snapshot_text(Snapshot(site=SITE, kpis=kpis)).splitlines() if "●" in line)
    assert first.index("1") + 2 == second.index("2")


def test_status_tells_how_long_and_who_looks() -> None:
    status = EngineStatus("s", "p", "st", 7, "v", 0.0, True, False, ["ana", "ben"], 1, 12_304, 5_000_000, 1.25)
    text = show.status_text(status, 7_500.0)
    assert "pid 7, for 2 h 05" in text
    assert "looking: ana, ben" in text
    assert "12 304 rows, 5 MB" in text


PROGRAM = [sys.executable, "-m", "opsconsole"]


def run(*words: str, output: str = "", encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
    """The program with its standard output somewhere."""
    shell = f'"$@" {output}'
    return subprocess.run(
        ["env", f"PYTHONIOENCODING={encoding}", "bash", "-c", shell, "-", *PROGRAM, *words],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_output_that_cannot_show_a_character_gets_its_number() -> None:
    done = run("schema", encoding="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()


def test_check_too_writes_what_the_output_can_show(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("site: x\nüber: 1\n", encoding="utf-8")
    done = run("check", str(tmp_path), encoding="ascii")
    assert done.returncode == 1
    assert "\\xfcber" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_one_message() -> None:
    done = run("schema", output=">/dev/full")
    assert done.returncode == 1
    assert done.stderr == "opsconsole: cannot go on: No space left on device\n"


def test_a_closed_output_is_no_accident() -> None:
    assert run("schema", output=">&-").stderr == ""


def test_goals_and_what_needs_attention_are_told_in_words() -> None:
    kpis = [KpiState("oee", "OEE", "c", "critical", 52.0), KpiState("otif", "OTIF", "o", "nodata")]
    goals = [
        GoalState("t", "Throughput", "critical", 0.25, 0.5, missing={"otif": "no rows"}),
        GoalState("", "No objective", "good"),
    ]
    attention = [Attention("oee", "t", 0.1, 0.2, 0.5, 1.0, 1, 1.0, 1.0, 0.5, reason=f"50 % attained{ESCAPE}")]
    text = show.snapshot_text(Snapshot(SITE, kpis, goals=goals, attention=attention))
    assert "  ▲C  Throughput   25 % attained · without OTIF: no rows\n" in text
    assert "  1 OEE: 50 % attained" in text
    assert "No objective" not in text
    assert ESCAPE not in text
    assert "Goals" not in show.snapshot_text(Snapshot(SITE, kpis, goals=goals[1:], attention=attention))
