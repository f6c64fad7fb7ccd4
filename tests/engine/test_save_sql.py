"""SQL made part of a site: valid as a whole, comments kept, never over an edit that nobody saw."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from opsconsole.engine.messages import Command, Done, Drafted, SqlDraft
from opsconsole.engine.save_sql import CannotSaveError, SaveSql
from opsconsole.engine.site_edit import ChangedError, SiteEdit
from opsconsole.journal.journal import Entry
from opsconsole.kpis.bind import bind
from opsconsole.site.parse import load_site
from tests.engine.plant import ANA

NOW = dt.datetime(2026, 6, 24, 10, tzinfo=dt.UTC)
SITE = """\
site: North plant   # its name
timezone: UTC
kpis:   # what we watch
  pieces: {source: cycles, value: sum(qty), window: all}   # all of them

sources:
  # what the machines write
  cycles:
    files: data/*.csv   # one a day
    time: ts
# the end
"""
COLUMNS = {"ts": "TIMESTAMP", "line": "VARCHAR", "qty": "BIGINT", "_file": "INTEGER", "_line": "BIGINT",
           "_time": "TIMESTAMP"}  # fmt: skip
SQL = "SELECT line, sum(qty) AS total\nFROM cycles -- all of it\nGROUP BY line;"


class Desk:
    """A site file, what the tables have, and a journal that can be made to fail."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "site.yaml"
        self.path.write_text(SITE)
        self.site: Path | None = self.path
        self.journal: list[Entry] = []
        self.trouble = ""
        self.saver = SaveSql(lambda: self.site, lambda: {"cycles": dict(COLUMNS)}, SiteEdit())

    def write(self, entries: list[Entry]) -> str:
        self.journal += entries if not self.trouble else []
        return self.trouble

    def draft(self, kind: str = "kpi", name: str = "by_line", sql: str = SQL, **given: object) -> Drafted:
        return self.saver.draft(SqlDraft(kind, name, sql, **given))  # type: ignore[arg-type]

    def save(self, digest: str, kind: str = "kpi", name: str = "by_line", sql: str = SQL, **given: object) -> Done:
        draft = SqlDraft(kind, name, sql, **given)  # type: ignore[arg-type]
        return self.saver.save(Command("save-sql", save=draft, digest=digest), self.write, ANA, NOW)

    def refused(self, name: str = "by_line", **given: object) -> str:
        with pytest.raises(CannotSaveError) as caught:
            self.draft(name=name, **given)  # type: ignore[arg-type]
        return str(caught.value)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    yield found
    assert [path.name for path in tmp_path.iterdir()] == ["site.yaml"]


def test_a_kpi_is_drafted_seen_and_written_with_all_comments(desk: Desk) -> None:
    drafted = desk.draft()
    assert desk.path.read_text() == SITE, "drafting writes nothing"
    assert drafted.path == "site.yaml"
    assert drafted.yaml == (
        "kpis:\n  by_line:\n    title: By line\n    source: by_line\n    value: avg(total)\n    window: all\n"
        "sources:\n  by_line:\n    sql: |-\n      SELECT line, sum(qty) AS total\n      FROM cycles -- all of it\n"
        "      GROUP BY line"
    )
    assert drafted.note == "its value is avg(total): give another after the name, such as sum(x) / count(*)"
    desk.path.chmod(0o640)
    done = desk.save(drafted.digest)
    assert (done.applied, done.said) == (["by_line"], "KPI saved: site.yaml, lines 5 to 9 and 16 to 20")
    text = desk.path.read_text()
    put = set(drafted.yaml.splitlines()) - {"sources:"}
    assert [line for line in text.splitlines() if line not in put] == SITE.splitlines()
    assert desk.path.stat().st_mode & 0o777 == 0o640
    read = yaml.safe_load(text)
    assert read["sources"]["by_line"]["sql"] == SQL.rstrip(";")
    (entry,) = desk.journal
    assert (entry.actor, entry.what, entry.object, entry.text) == ("ana", "KPI saved", "by_line", drafted.yaml)
    loaded = load_site(desk.path)
    binding, problems = bind(loaded, {"cycles": dict(COLUMNS)})
    assert not problems
    assert binding.schemas["by_line"]["total"] == "HUGEINT"

    assert "has a `by_line` already" in desk.refused()
    drafted = desk.draft(name="share", value='100 * max("total") / sum(total)')
    assert drafted.note == ""
    assert not desk.save(drafted.digest, name="share", value='100 * max("total") / sum(total)').refused
    assert yaml.safe_load(desk.path.read_text())["kpis"]["share"]["value"] == '100 * max("total") / sum(total)'


def test_an_alert_makes_a_section_of_rules(desk: Desk) -> None:
    assert "one alert for all rows" in desk.draft("alert", "any_line").note
    drafted = desk.draft("alert", "low_line", "SELECT line FROM cycles\nWHERE qty < 3", by=("line",))
    assert not desk.save(
        drafted.digest, "alert", "low_line", "SELECT line FROM cycles\nWHERE qty < 3", by=("line",)
    ).refused
    assert desk.path.read_text().endswith(
        "# the end\n\nrules:\n  low_line:\n    title: Low line\n    source: low_line\n"
        '    rows: "true"\n    by: [line]\n    priority: warning\n'
    )
    loaded = load_site(desk.path)
    assert loaded.site is not None
    assert bind(loaded, {"cycles": dict(COLUMNS)})[0].rules["low_line"].by == ("line",)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"sql": "SELECT line,\n  now() AS t FROM cycles"}, "line 2, column 3 of the SQL: now() depends on"),
        ({"sql": "SELECT 1 AS a FROM journal"}, "of the SQL: `journal` is no source of the site"),
        ({"sql": "SELECT nothing FROM cycles"}, "line 1, column 8 of the SQL: "),
        ({"sql": "DELETE FROM cycles"}, "expected one SELECT"),
        ({"sql": " ;"}, "there is no SQL"),
        ({"sql": "SELECT 1 AS a"}, "reads no source"),
        ({"name": "by line"}, "`by line` is no name"),
        ({"name": "cycles"}, "has a `cycles` already"),
        ({"name": "pieces"}, "has a `pieces` already"),
        ({"value": "sum(nothing)"}, "nothing"),
        ({"kind": "alert", "by": ("nobody",)}, "`nobody`"),
    ],
)
def test_what_would_not_work_is_refused_with_its_place(desk: Desk, given: dict[str, object], why: str) -> None:
    assert why in desk.refused(**given)  # type: ignore[arg-type]
    assert desk.path.read_text() == SITE


def test_a_kpi_over_text_alone_counts_rows(desk: Desk) -> None:
    assert "value: count(*)" in desk.draft(sql="SELECT line FROM cycles").yaml


def test_a_file_that_changed_or_is_wrong_is_left_alone(desk: Desk) -> None:
    drafted = desk.draft()
    edited = SITE.replace("timezone: UTC", "timezone: Europe/Berlin")
    desk.path.write_text(edited)
    done = desk.save(drafted.digest)
    assert done.refused == {
        "by_line": "site.yaml:2 has changed meanwhile, and nothing is written: look at it and try again"
    }
    assert desk.path.read_text() == edited
    assert "has changed meanwhile" in desk.save("0" * 32).refused["by_line"]
    desk.path.write_text(SITE + "kpi: 3\n")
    assert desk.refused().startswith("site.yaml has an error, mend that first: site.yaml:12:1 ")
    desk.path.write_text(SITE)
    desk.trouble = "the journal cannot be written"
    assert desk.save(desk.draft().digest).refused == {"by_line": "the journal cannot be written"}
    assert desk.path.read_text() == SITE
    assert desk.journal == []
    desk.site = None
    assert "`:save-draft` writes the draft" in desk.refused()
    assert "`:save-draft` writes the draft" in desk.save(drafted.digest).refused["by_line"]


def test_a_link_stays_a_link_and_a_failure_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "site.yaml", tmp_path / "site.yaml"
    real.write_text("one")
    link.symlink_to(real)
    edit = SiteEdit()
    _, seen = edit.read(link)
    with edit.replacing(link, b"two"):
        assert real.read_text() == "one"
    assert link.is_symlink()
    assert real.read_text() == "two"
    with pytest.raises(ChangedError, match=r"site\.yaml:1 has changed"):
        edit.expect(link, seen)
    with contextlib.suppress(RuntimeError), edit.replacing(link, b"three"):
        raise RuntimeError
    assert real.read_text() == "two"
    assert [path.name for path in real.parent.iterdir()] == ["site.yaml"]
