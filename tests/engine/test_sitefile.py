"""The site on disk: what counts as an edit, and what does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opsconsole.engine.place import Place
from opsconsole.engine.sitefile import SiteError, SiteFile

SITE = "site: Plant\nsources:\n  cycles: {files: '*.csv'}\nkpis:\n  n: {source: cycles, value: count(*)}\n"
LAYOUT = "title: One\nrows:\n  - [{kpi: n}]\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "plant"
    root.mkdir()
    (root / "site.yaml").write_text(SITE)
    return Place(site=root / "site.yaml", state=tmp_path / "state")


def loaded(place: Place) -> SiteFile:
    file = SiteFile(place)
    file.load()
    assert file.edited() is None
    return file


def test_data_that_comes_in_beside_the_site_file_is_no_edit(place: Place) -> None:
    file = loaded(place)
    (place.root / "a.csv").write_text("x\n1\n")
    (place.root / "sub").mkdir()
    assert file.edited() is None


def test_an_edited_site_file_is_read_anew_and_also_one_that_was_put_in_its_place(place: Place) -> None:
    file = loaded(place)
    place.site.write_text(SITE.replace("Plant", "Another"))
    found = file.edited()
    assert found is not None
    assert found.site is not None
    assert found.site.name == "Another"
    other = place.root / "new"
    other.write_text(SITE.replace("Plant", "Changed"))
    os.replace(other, place.site)
    found = file.edited()
    assert found is not None
    assert found.site is not None
    assert found.site.name == "Changed"
    assert file.edited() is None


def test_layouts_that_come_change_and_go_are_edits(place: Place) -> None:
    file = loaded(place)
    layouts = place.root / "layouts"
    layouts.mkdir()
    assert file.edited() is not None  # from "no such folder" to an empty one
    (layouts / "overview.yaml").write_text(LAYOUT)
    found = file.edited()
    assert found is not None
    assert found.site is not None
    assert found.site.layouts[0].title == "One"
    (layouts / "overview.yaml").write_text(LAYOUT.replace("One", "Another"))
    assert file.edited() is not None
    (layouts / ".overview.yaml.swp").write_text("an editor's own")
    (layouts / "README.md").write_text("about these")
    assert file.edited() is None
    (layouts / "overview.yaml").unlink()
    assert file.edited() is not None
    assert file.edited() is None


def test_a_broken_edit_is_told_once_and_mended_by_the_next(place: Place) -> None:
    file = loaded(place)
    place.site.write_text(SITE + "  m: {source: cycels, value: count(*)}\n")
    with pytest.raises(SiteError, match="did you mean `cycles`"):
        file.edited()
    assert file.edited() is None
    place.site.write_text(SITE)
    assert file.edited() is not None
