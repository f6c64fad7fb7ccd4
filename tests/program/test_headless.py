"""Commands without a screen, through the real program and a real engine."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from opsconsole.engine.place import find_place
from tests.program.conftest import PROGRAM, SiteFolder
from tests.waiting import until


def test_snapshot_tells_kpis_alerts_and_sources_and_leaves_no_engine(site: SiteFolder) -> None:
    found = site.json("snapshot")
    assert [(kpi["name"], kpi["value"], kpi["unit"]) for kpi in found["kpis"]] == [
        ("pieces", 100, "pcs"),
        ("scrap", 5, "%"),
    ]
    assert found["kpis"][1]["status"] == "warning"
    assert [(alert["id"].split(" ")[0], alert["state"], alert["priority"]) for alert in found["alerts"]] == [
        ("kpi:scrap", "UNACK", "warning")
    ]
    assert [(source["name"], source["rows"], source["files"]) for source in found["sources"]] == [("cycles", 2, 1)]
    assert found["site"]["settled"] is True
    assert found["site"]["at"].endswith("+00:00")
    gone = until(lambda: site.run("status").returncode == 1, every=0.2)
    assert gone


def test_kpis_are_cards_with_their_gaps_and_one_is_told_in_full(running: SiteFolder) -> None:
    lines = running.run("kpis").stdout.splitlines()
    assert lines[4].split() == ["◆W", "scrap", "5", "%", "all", "≤", "2", "–", "–"]
    assert lines[5].strip() == "no owner, no objective, no procedure"
    card = running.json("kpis", "Scrap")
    assert (card["name"], card["value"], card["state"], card["missing"][0]) == ("scrap", 5, "known", "no owner")
    assert card["sources"] == [{"name": "cycles", "title": "cycles"}]
    wrong = running.run("kpis", "scrub")
    assert (wrong.returncode, wrong.stderr) == (1, "opsconsole: this site has no KPI `scrub`, did you mean `scrap`?\n")


def test_snapshot_text_says_the_same_to_a_person(running: SiteFolder) -> None:
    text = running.run("snapshot").stdout
    assert "◆W" in text
    assert "Scrap ratio" in text
    assert "5 %" in text
    assert "UNACK" in text


def test_without_a_terminal_the_console_prints_the_snapshot(site: SiteFolder) -> None:
    done = subprocess.run([*PROGRAM, str(site.folder)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "Scrap ratio" in done.stdout


def test_query_gives_text_json_and_csv(running: SiteFolder) -> None:
    sql = "SELECT line, sum(qty) AS pieces, '=1+1' AS formula FROM cycles GROUP BY line ORDER BY line"
    assert running.json("query", sql) == [
        {"line": 1, "pieces": 50, "formula": "=1+1"},
        {"line": 2, "pieces": 50, "formula": "=1+1"},
    ]
    rows = list(csv.reader(io.StringIO(running.run("query", sql, "--csv").stdout)))
    assert rows == [["line", "pieces", "formula"], ["1", "50", "'=1+1"], ["2", "50", "'=1+1"]]
    assert "pieces" in running.run("query", sql).stdout


@pytest.mark.parametrize(
    "sql", ["DROP TABLE cycles", "SELECT * FROM read_csv('/etc/passwd')", "SELECT nothing FROM cycles"]
)
def test_query_refuses_in_one_message(running: SiteFolder, sql: str) -> None:
    done = running.run("query", sql)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("opsconsole: ")
    assert "Traceback" not in done.stderr


def test_sources_tell_each_file_its_rows_and_what_was_set_aside(site: SiteFolder) -> None:
    (site.folder / "data/b.csv").write_text(HEADER_AND_BAD)
    (site.folder / "data/~$c.csv").write_text("lock")
    (site.folder / "data/d.csv.part").write_text("upload")
    found = site.json("sources")
    files = {Path(file["path"]).name: file for file in found[0]["files"]}
    assert sorted(files) == ["a.csv", "b.csv"]
    assert (files["a.csv"]["rows"], files["a.csv"]["quarantined"]) == (2, 0)
    assert (files["b.csv"]["rows"], files["b.csv"]["quarantined"]) == (1, 1)
    assert files["a.csv"]["status"] == "ready"


HEADER_AND_BAD = "ts,line,qty,scrap\n2026-06-24 07:00:00,1,10,0\n2026-06-24 07:01:00,1\n"


def test_check_reports_all_mistakes_with_their_places(site: SiteFolder) -> None:
    assert site.run("check").returncode == 0
    text = (site.folder / "site.yaml").read_text()
    text = text.replace("target: 2", "tarhet: 2").replace("sum(qty)\n    unit: pcs", "sum(qtty)\n    unit: pcs")
    (site.folder / "site.yaml").write_text(text.replace("better: lower", "better: smaller"))
    done = site.run("check")
    assert done.returncode == 1
    assert "did you mean `target`" in done.stdout
    assert "smaller" in done.stdout
    numbers = [int(found) for found in re.findall(r"^site\.yaml:(\d+):\d+ ", done.stdout, re.MULTILINE)]
    written = (site.folder / "site.yaml").read_text().splitlines()
    assert any("tarhet" in written[number - 1] for number in numbers)


def test_check_finds_unknown_columns_in_sql(site: SiteFolder) -> None:
    path = site.folder / "site.yaml"
    path.write_text(path.read_text().replace("value: sum(qty)", "value: sum(qtty)"))
    done = site.run("check")
    assert done.returncode == 1
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if "sum(qtty)" in text)
    assert f"site.yaml:{line}:16" in done.stdout
    assert "did you mean `qty`" in done.stdout


def test_init_writes_a_site_that_is_fine_and_never_overwrites(tmp_path: Path, site: SiteFolder) -> None:
    (site.folder / "site.yaml").unlink()
    first = site.run("init")
    assert first.returncode == 0, first.stderr
    written = (site.folder / "site.yaml").read_text()
    assert "#" in written
    assert (site.folder / "layouts/overview.yaml").exists()
    assert site.run("check").returncode == 0, site.run("check").stdout
    again = site.run("init")
    assert again.returncode == 1
    assert "site.yaml" in again.stderr + again.stdout
    assert (site.folder / "site.yaml").read_text() == written


def test_schema_is_json_schema() -> None:
    for words in ([], ["--layout"]):
        done = subprocess.run([*PROGRAM, "schema", *words], capture_output=True, text=True, timeout=60)
        assert json.loads(done.stdout)["$schema"].startswith("https://json-schema.org/")


def test_a_broken_site_file_is_told_whole_and_nothing_starts(site: SiteFolder) -> None:
    (site.folder / "site.yaml").write_text("site: x\nkpis: {a: {sauce: b}}\nsorces: {}\n")
    done = site.run("snapshot")
    assert done.returncode == 1
    assert "site.yaml:3:1" in done.stderr
    assert "did you mean `sources`" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("target", "says"), [("nowhere", "no such file or folder"), ("plant/data/a.csv", "not a site file")]
)
def test_no_site_is_one_clear_message(site: SiteFolder, tmp_path: Path, target: str, says: str) -> None:
    done = subprocess.run([*PROGRAM, "snapshot", str(tmp_path / target)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_empty_folder_says_what_to_do(tmp_path: Path, site: SiteFolder) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = subprocess.run([*PROGRAM, "snapshot", str(empty)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Drop a CSV" in done.stdout


AS_A_STRANGER = """
import argparse, os, shutil, sys
import opsconsole.cli.arguments, opsconsole.cli.main
from opsconsole.__main__ import main
if os.getuid() == 0:
    os.setuid(54321)
sys.argv = ["opsconsole", "snapshot", sys.argv[1]]
main()
"""


def test_a_folder_without_permission_is_one_clear_message(tmp_path: Path, site: SiteFolder) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    for parent in list(closed.parents)[:3]:
        parent.chmod(parent.stat().st_mode | 0o055)
    done = subprocess.run(
        [sys.executable, "-c", AS_A_STRANGER, str(closed)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "permission denied" in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_a_state_folder_that_cannot_be_written_is_one_clear_message(site: SiteFolder, tmp_path: Path) -> None:
    (tmp_path / "full").write_text("")
    done = site.run("snapshot", env={"XDG_STATE_HOME": str(tmp_path / "full")})
    assert done.returncode == 1
    assert "cannot write the state folder" in done.stderr
    assert "XDG_STATE_HOME" in done.stderr


def test_one_engine_a_site_and_a_killed_one_is_replaced(site: SiteFolder) -> None:
    engine = subprocess.Popen([*PROGRAM, "engine", str(site.folder)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        pid = site.engine_pid()
        assert pid == engine.pid
        second = site.run("engine")
        assert second.returncode == 1
        assert f"pid {pid}" in second.stderr
        assert "opsconsole stop" in second.stderr
        os.kill(pid, signal.SIGKILL)
        engine.wait(10)
        found = site.json("snapshot")
        assert found["kpis"][0]["value"] == 100
    finally:
        engine.kill()
        engine.wait(30)
        assert engine.stdout is not None
        engine.stdout.close()


def test_the_foreground_engine_ends_in_order_when_asked(site: SiteFolder) -> None:
    engine = subprocess.Popen([*PROGRAM, "engine", str(site.folder)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    site.engine_pid()
    status = site.json("status")
    assert status["stays"] is True
    assert "ended" in site.run("stop").stdout
    out, _ = engine.communicate(timeout=20)
    assert engine.returncode == 0, out.decode()
    assert "engine ended: stopped by" in site.run("logs").stdout


def test_a_pipe_that_closes_is_no_accident(site: SiteFolder) -> None:
    done = subprocess.run(
        f"{sys.executable} -m opsconsole snapshot {site.folder} | head -1",
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr


def test_a_command_that_meets_an_engine_on_its_way_out_gets_a_fresh_one(site: SiteFolder) -> None:
    place = find_place(site.folder)
    place.make()
    with place.lock.open("a+") as ending:
        fcntl.flock(ending, fcntl.LOCK_EX)
        waiting = subprocess.Popen(
            [*PROGRAM, "snapshot", str(site.folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        children = Path(f"/proc/{waiting.pid}/task/{waiting.pid}/children")
        until(lambda: children.read_text(), what="an engine that it starts")
        until(lambda: not children.read_text(), what="that one finds the lock taken")
        assert waiting.poll() is None
        fcntl.flock(ending, fcntl.LOCK_UN)
    out, error = waiting.communicate(timeout=30)
    assert error == ""
    assert "Scrap ratio" in out


def test_scorecard_of_what_the_engine_has_recorded(running: SiteFolder) -> None:
    found = running.json("scorecard")
    (position,) = found["positions"]
    assert (found["site"], found["indicative"], position["figures"]["alarms"]) == ("Small plant", True, 1)
    assert [each["rule"] for each in position["figures"]["rules"]] == ["kpi:scrap"]
    lines = running.run("scorecard", "--days", "7").stdout.splitlines()
    assert lines[1].startswith("Indicative only")
    assert [line.split("  ")[0][2:] for line in lines if "≤ 150" in line] == ["alarms a day"]
    assert running.run("scorecard", "--md").stdout.startswith("# Small plant")
    wrong = running.run("scorecard", "--days", "99999")
    message = "opsconsole: days: a number above 0 and up to 3660 is wanted, not 99999\n"
    assert (wrong.returncode, wrong.stderr) == (1, message)


def test_a_parent_inhibits_its_children_and_they_are_one_incident(site: SiteFolder) -> None:
    rules = """
rules:
  bad: {source: cycles, rows: scrap > 3, within: 1000d, by: [line], inhibited_by: [few]}
  few: {source: cycles, rows: qty < 100, within: 1000d, by: [line], priority: critical}
alert_from: all
"""
    (site.folder / "site.yaml").write_text((site.folder / "site.yaml").read_text() + rules)
    found = {alert["id"]: alert for alert in site.json("snapshot")["alerts"] if alert["rule"] in ("bad", "few")}
    assert {name: (alert["state"], alert["suppressed"]) for name, alert in found.items()} == {
        "bad{line=2}": ("SUPPRESSED", ["few"]),
        "few{line=1}": ("UNACK", []),
        "few{line=2}": ("UNACK", []),
    }
    assert found["bad{line=2}"]["incident"] == found["few{line=2}"]["incident"] != found["few{line=1}"]["incident"]
    assert {name for name, alert in found.items() if alert["first_out"]} == {"few{line=1}", "few{line=2}"}


def test_rows_are_filtered_sorted_and_written_to_a_file(running: SiteFolder, tmp_path: Path) -> None:
    text = running.run("rows", "cycles", "--sort=-qty").stdout.splitlines()
    assert "qty" in text[0]
    assert text[0].split()[-2:] == ["file", "line"]
    found = running.json(
        "rows", "--kpi", "pieces", "--filter", "qty > 0", "--filter", "qty < 1000", "--columns", "qty,ts"
    )
    assert found
    assert list(found[0]) == ["qty", "ts"]
    out = tmp_path / "rows.csv"
    done = running.run("rows", "cycles", "--out", str(out))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"2 rows in {out}\n")
    assert len(list(csv.reader(out.open()))) == 3
    assert [path.name for path in tmp_path.iterdir() if "rows" in path.name] == ["rows.csv"]
    for words, said in (
        (("rows",), "say whose rows"),
        (("rows", "cycles", "--out", "x.doc"), "name a file that ends in .csv"),
        (("rows", "cycles", "--sort", "nope"), "has no column `nope`"),
        (("rows", "cycles", "--filter", "(SELECT 1) = 1"), "a subquery is not allowed"),
        (("rows", "nope"), "there is no source `nope`"),
        (("rows", "cycles", "--out", str(tmp_path / "none" / "x.csv")), "none: there is no such folder"),
    ):
        done = running.run(*words)
        assert done.returncode == 1
        assert done.stderr.startswith("opsconsole: ")
        assert said in done.stderr
        assert "Traceback" not in done.stderr
