"""Layouts written back: over what was seen and nothing else, whole or not at all, and in the journal."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.engine.messages import Command, Done, LayoutDraft, LayoutFile
from opsconsole.engine.save_layout import SaveLayout
from opsconsole.engine.save_sql import CannotSaveError
from opsconsole.engine.site_edit import SiteEdit
from opsconsole.journal.journal import Entry
from opsconsole.site import layout_edit as edit
from opsconsole.site.layout_edit import At
from opsconsole.site.model import Layout, Panel
from opsconsole.site.parse import load_site
from tests.engine.plant import ANA

NOW = dt.datetime(2026, 6, 24, 10, tzinfo=dt.UTC)
SITE = """\
site: North plant
timezone: UTC
sources: {cycles: {files: data/*.csv, time: ts}}
kpis:
  pieces: {source: cycles, value: sum(qty), by: [line], window: all}
  rows: {source: cycles, value: count(*), window: all}
"""
LAYOUT = """\
# First thing in the morning.
rows:
  - height: 5  # lines
    panels:
      - kpi: pieces  # all of them
      - {kpi: rows}
  - [{alerts: open}]
"""
COLUMNS = {"ts": "TIMESTAMP", "line": "VARCHAR", "qty": "BIGINT", "_file": "INTEGER", "_line": "BIGINT",
           "_time": "TIMESTAMP"}  # fmt: skip


class Desk:
    """A site with a layout, and a journal that can be made to fail."""

    def __init__(self, folder: Path) -> None:
        self.site = folder / "site.yaml"
        self.file = folder / "layouts" / "overview.yaml"
        self.site.write_text(SITE)
        self.file.parent.mkdir()
        self.file.write_text(LAYOUT)
        self.known: Path | None = self.site
        self.journal: list[Entry] = []
        self.trouble = ""
        self.saver = SaveLayout(lambda: self.known, lambda: {"cycles": dict(COLUMNS)}, SiteEdit())

    def write(self, entries: list[Entry]) -> str:
        self.journal += entries if not self.trouble else []
        return self.trouble

    def look(self, name: str = "overview") -> LayoutFile:
        return self.saver.look(name)

    def save(self, layout: Layout, digest: str, name: str = "") -> Done:
        command = Command("save-layout", layout=LayoutDraft(layout, name), digest=digest)
        return self.saver.save(command, self.write, ANA, NOW)

    def why(self, layout: Layout, digest: str, name: str = "") -> str:
        before = {path: path.read_bytes() for path in self.file.parent.iterdir()}
        done = self.save(layout, digest, name)
        assert not done.applied
        assert {path: path.read_bytes() for path in self.file.parent.iterdir()} == before, "nothing is written"
        return next(iter(done.refused.values()))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_an_edit_is_written_with_all_comments_and_in_the_journal(desk: Desk) -> None:
    desk.file.chmod(0o640)
    seen = desk.look()
    after, _ = edit.add(seen.layout, At(1, 0), Panel("bars", of="pieces", by="line"))
    after = edit.heighten(after, At(0, 0), 1, 5)
    done = desk.save(after, seen.digest)
    assert (done.applied, done.said) == (["overview"], "layout saved: layouts/overview.yaml")
    assert desk.file.read_text() == LAYOUT.replace("height: 5", "height: 6").replace(
        "[{alerts: open}]", "[{alerts: open}, {bars: pieces, by: line}]"
    )
    assert desk.file.stat().st_mode & 0o777 == 0o640
    (entry,) = desk.journal
    assert (entry.actor, entry.kind, entry.what, entry.object) == ("ana", "site", "layout saved", "overview")
    assert (entry.before, entry.after) == ("2 rows, 3 panels", "2 rows, 4 panels")
    assert entry.data == {"file": "layouts/overview.yaml", "was": LAYOUT, "is": desk.file.read_text()}
    assert desk.look().layout == after
    again = desk.save(after, desk.look().digest)
    assert list(again.already) == ["overview"]
    assert len(desk.journal) == 1


def test_what_others_wrote_meanwhile_stays(desk: Desk) -> None:
    seen = desk.look()
    mine, _ = edit.remove(seen.layout, At(0, 1))
    theirs = LAYOUT.replace("height: 5", "height: 9")
    desk.file.write_text(theirs)
    assert desk.why(mine, seen.digest) == (
        "overview.yaml:3 has changed meanwhile, and nothing is written: look at it and try again"
    )
    now = desk.look()
    assert now.layout.rows[0].height == 9
    assert desk.save(mine, now.digest).applied, "whoever has looked at it may write"
    assert "# all of them" in desk.file.read_text()
    desk.file.write_text(LAYOUT + "rows: 3\n")
    assert "given twice" in desk.why(mine, desk_digest(desk))
    with pytest.raises(CannotSaveError, match=r"mend that first: layouts/overview.yaml:8:1"):
        desk.look()
    desk.file.unlink()
    assert "has no file any more" in desk.why(mine, now.digest)


def desk_digest(desk: Desk) -> str:
    return SiteEdit().read(desk.file)[1]


def test_what_the_site_cannot_show_is_refused(desk: Desk) -> None:
    seen = desk.look()
    at = At(1, 0)
    assert "`nothing`" in desk.why(edit.add(seen.layout, at, Panel("chart", of="nothing"))[0], seen.digest)
    assert "`nobody`" in desk.why(edit.add(seen.layout, at, Panel("bars", of="pieces", by="nobody"))[0], seen.digest)
    assert "no layout to be saved" in desk.why(replace(seen.layout, rows=()), seen.digest)
    assert "there is no layout other; there are overview" in desk.why(replace(seen.layout, name="other"), seen.digest)
    desk.trouble = "the journal cannot be written"
    assert desk.why(edit.remove(seen.layout, at)[0], seen.digest) == desk.trouble
    desk.trouble = ""
    desk.file.write_text("rows:\n  - [&one {kpi: pieces}]\n  - [*one]\n")
    seen = desk.look()
    assert "shared by an anchor" in desk.why(edit.with_title(seen.layout, At(0, 0), "One"), seen.digest)
    assert not desk.journal
    desk.known = None
    with pytest.raises(CannotSaveError, match="`:save-draft` writes the draft"):
        desk.look()
    assert "`:save-draft`" in desk.why(seen.layout, seen.digest)


def test_as_another_layout_and_one_that_had_no_file(desk: Desk) -> None:
    seen = desk.look()
    after, _ = edit.own_row(seen.layout, At(0, 0))
    assert desk.save(after, seen.digest, "night").said == "layout saved: layouts/night.yaml"
    assert desk.file.read_text() == LAYOUT
    text = (desk.file.parent / "night.yaml").read_text()
    assert all(note in text for note in ("# First thing", "# lines", "# all of them"))
    assert desk.look("night").layout.rows == after.rows
    assert "there is a night.yaml already" in desk.why(after, seen.digest, "night")
    assert "is no name for a layout" in desk.why(after, seen.digest, "../night")
    (desk.file.parent / "night.yaml").unlink()
    desk.file.unlink()
    desk.file.parent.rmdir()
    seen = desk.look()
    assert (seen.digest, seen.layout.file) == ("", "")
    after, _ = edit.remove(seen.layout, At(0, 0))
    assert desk.save(after, "").said == "layout saved: layouts/overview.yaml"
    loaded = load_site(desk.site)
    assert loaded.site is not None
    assert loaded.site.layouts[0].rows == after.rows
    assert [path.name for path in desk.file.parent.iterdir()] == ["overview.yaml"]
