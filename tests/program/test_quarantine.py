"""Quarantine and explanations headless, through the real program: look, filter, export, mend, read anew."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from tests.program.conftest import HEADER, SITE, SiteFolder

BAD = HEADER + "".join(f"2026-06-24 06:{at % 60:02}:00,1,{'=1+1' if at % 2 else at},0\n" for at in range(120))


def pinned(site: SiteFolder, kind: str = "integer") -> None:
    text = SITE.replace("    dimensions: [line]\n", f"    dimensions: [line]\n    columns: {{qty: {kind}}}\n", 1)
    (site.folder / "site.yaml").write_text(text)


def test_all_of_it_is_exported_and_filtered(site: SiteFolder) -> None:
    pinned(site)
    (site.folder / "data/b.csv").write_text(BAD)
    (site.folder / "data/c.csv").write_text(HEADER + "2026-06-24 06:00:00,1,1,0,9\n")
    with site.engine():
        records = site.json("quarantine")
        assert len(records) == 61
        assert {record["raw"] for record in records if record["column"] == "qty"} == {"=1+1"}
        rows = list(csv.DictReader(io.StringIO(site.run("quarantine", "--csv", "--column", "qty").stdout)))
        assert len(rows) == 60
        assert {row["raw"] for row in rows} == {"'=1+1"}
        assert len(site.json("quarantine", "--limit", "7")) == 7
        assert [record["file"] for record in site.json("quarantine", "--file", "c.csv")] == ["data/c.csv"]
        assert site.json("quarantine", "--reason", "no such reason") == []
        text = site.run("quarantine", "--limit", "1")
        assert "60  cycles · column qty" in text.stdout
        assert "1 of 61 shown" in text.stderr
        unknown = site.run("quarantine", "--source", "nobody")
        assert unknown.returncode == 1
        assert "there is no source nobody; there are cycles" in unknown.stderr


def test_explained_pinned_and_read_again(site: SiteFolder) -> None:
    (site.folder / "data/a.csv").write_text(HEADER + "03/04/2026 06:00:00,1,5,0\n")
    found = site.json("sources", "--explain", "data/a.csv")
    assert found["source"] == "cycles"
    assert found["file"]["rows"] == 1
    assert found["assumed"] == ["ts: the day is assumed to come first: no value shows it"]
    text = site.run("sources", "--explain", "data/a.csv").stdout
    assert "D/M/Y" in text
    snippet = text.partition("in site.yaml\n")[2].rstrip("\n")
    lines = SITE.splitlines()
    at = lines.index("    dimensions: [line]")
    (site.folder / "site.yaml").write_text("\n".join([*lines[: at + 1], snippet, *lines[at + 1 :]]) + "\n")
    assert json.loads(site.run("check", "--json").stdout) == []
    again = site.json("sources", "--explain", "a.csv")
    assert again["assumed"] == []
    assert all(column["pinned"] for column in again["columns"])


def test_one_source_and_its_sums(site: SiteFolder) -> None:
    (site.folder / "data/b.csv").write_text(HEADER + "2026-06-24 06:00:00,1,1,0,9\n2026-06-24 06:00:00,1,1,0\n")
    with site.engine():
        text = site.run("sources", "cycles").stdout
        assert "4 records = 3 rows + 1 rejected" in text
        assert "2 records = 1 row + 1 rejected" in text
        (source,) = site.json("sources", "cycles", "--wait")
        assert source["records"] == source["rows"] + source["rejected"] + source["expired"] == 4
        assert (
            source["taken"] == source["bytes"] == sum(path.stat().st_size for path in (site.folder / "data").iterdir())
        )
        assert site.run("sources", "nobody").returncode == 1


def test_a_file_mended_elsewhere_is_read_anew_on_request(site: SiteFolder) -> None:
    pinned(site)
    path = Path(site.folder / "data/b.csv")
    path.write_text(BAD)
    with site.terminal() as terminal:
        terminal.shows("60 rows in quarantine")
        done = site.run("quarantine", "--retry")
        assert done.returncode == 0, done.stderr
        assert "data/b.csv: 120 rows, 60 set aside (before: 60)" in done.stdout
        assert "data/a.csv" not in done.stdout
        named = site.run("quarantine", "--retry", "a.csv", "nothing.csv")
        assert named.returncode == 1
        assert "data/a.csv: 2 rows, 0 set aside (before: 0)" in named.stdout
        assert "nothing.csv: no such file" in named.stderr


def test_a_cell_that_did_not_fit_is_raw_on_the_screen_and_leads_to_its_line(site: SiteFolder) -> None:
    pinned(site)
    (site.folder / "data/a.csv").write_text(HEADER + "2026-06-24 06:00:00,1,vier,1\n2026-06-24 06:01:00,2,5,0\n")
    with site.terminal(columns=120) as terminal:
        terminal.shows("1 row in quarantine")
        terminal.press(":rows source cycles\r")
        terminal.shows("1 cell did not fit: shown raw", "vier")
        terminal.press("G\r")
        terminal.shows("did not fit: qty: vier", "▸2 │ 2026-06-24 06:00:00,1,vier,1")
    assert site.json("query", "SELECT qty FROM cycles ORDER BY ts") == [{"qty": None}, {"qty": 5}]
