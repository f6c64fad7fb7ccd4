"""Data health end to end: bad rows, late data and changed files raise alerts like any KPI, and lead to the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.program.conftest import HEADER, ROWS, SITE, SiteFolder
from tests.waiting import until

HEALTH = """\
  rejected:
    title: Rejected records
    source: health
    value: max(rejected_share)
    unit: "%"
    better: lower
    warning: 40
rules:
  bad_rows: {source: health, rows: rejected_share > 2, by: [source], title: "{source}: rejected records"}
  late: {source: health, rows: age_s > 3, by: [source], title: "{source}: nothing came"}
  changed: {source: health, rows: drift > 0, by: [source], priority: low, title: "{source}: other columns"}
  files: {source: health_files, rows: "status = 'failed'", by: [file]}
"""


@pytest.fixture
def watched(site: SiteFolder) -> SiteFolder:
    (site.folder / "site.yaml").write_text(SITE + HEALTH)
    return site


def alerts(site: SiteFolder) -> dict[str, Any]:
    return {alert["text"]: alert for alert in site.json("snapshot")["alerts"]}


def test_bad_rows_raise_an_alert_that_leads_to_the_files_and_it_ends_with_them(watched: SiteFolder) -> None:
    with watched.terminal() as terminal:
        terminal.shows("100 pcs")
        assert "rejected records" not in terminal.text
        watched.append("2026-06-24 06:02:00,1,50,1,and more\n", "a.csv")
        terminal.shows("cycles: rejected records", "Rejected records", "33.33 %")
        found = alerts(watched)["cycles: rejected records"]
        assert (found["source"], found["labels"], found["priority"]) == ("health", {"source": "cycles"}, "warning")
        terminal.press(f":rows alert '{found['id']}'\r")
        terminal.shows("Rows  row 1 of 1 row", "cycles")
        terminal.press("\r")
        terminal.shows("3 records = 2 rows + 1 rejected", "data/a.csv", "5 fields")
        terminal.press("Q")
        terminal.shows("Quarantine cycles", "2026-06-24 06:02:00,1,50,1,and more"[:12])
        (watched.folder / "data/a.csv").write_text(HEADER + ROWS)
        until(lambda: "cycles: rejected records" not in _unacknowledged(watched))


def _unacknowledged(site: SiteFolder) -> set[str]:
    return {text for text, alert in alerts(site).items() if alert["state"] == "UNACK"}


def test_silence_raises_an_alert_and_ends_with_new_data(watched: SiteFolder) -> None:
    with watched.terminal() as terminal:
        terminal.shows("100 pcs")
        terminal.shows("cycles: nothing came")

        def ends() -> bool:
            watched.append("2026-06-24 06:02:00,1,50,1\n")  # each time: a look may take longer than silence lasts
            return "cycles: nothing came" not in _unacknowledged(watched)

        until(ends)


def test_a_changed_schema_raises_an_alert_and_is_told_once(watched: SiteFolder) -> None:
    with watched.terminal(columns=110) as terminal:
        terminal.shows("100 pcs")
        watched.append("ts,line,qty,scrap,shift\n2026-06-24 06:02:00,1,50,1,Early\n", "b.csv")
        terminal.shows("cycles: other columns", "cycles: new column `shift`")
        assert terminal.text.count("new column `shift`") == 1
    (source,) = watched.json("sources")
    assert [(each["kind"], each["column"], each["file"]) for each in source["changes"]] == [
        ("added", "shift", "data/b.csv")
    ]
    assert source["drift"] == 1


def test_health_is_a_table_for_queries_also_beside_the_engine(watched: SiteFolder) -> None:
    with watched.engine():
        assert watched.json("query", "SELECT source, files, records FROM health") == [
            {"source": "cycles", "files": 1, "records": 2}
        ]
        beside = "SELECT list_sort(list(source)) AS all_of_them FROM health"
        assert watched.json("query", beside) == [{"all_of_them": "[cycles]"}]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (
            "sources: {health: {files: x}, Health_Files: {files: x}, a: {files: x}}\n"
            "rules: {r: {source: health, silent: 5m}, s: {source: health, rows: files > 1, within: 5m}}",
            (
                "`health`: the name of a table that is always there",
                "`Health_Files`: the name of a table that is always there",
                "never falls silent",
                "how things are now",
            ),
        ),
        (
            "sources: {a: {files: x}}\nkpis: {k: {source: health, value: max(agee_s)}}",
            ("did you mean `age_s`",),
        ),
        (
            "sources: {a: {files: x}}\nkpis: {k: {source: health, value: max(age_s), window: 8h}}",
            ("no time column",),
        ),
    ],
    ids=["several", "an unknown column", "a window"],
)
def test_mistakes_about_health_are_told(site: SiteFolder, text: str, messages: tuple[str, ...]) -> None:
    Path(site.folder / "site.yaml").write_text(text + "\n")
    done = site.run("check")
    assert done.returncode == 1
    assert [message for message in messages if message not in done.stdout] == [], done.stdout
    Path(site.folder / "site.yaml").write_text(SITE)
