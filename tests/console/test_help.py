"""Help and the tour: what they say, and that they go away."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.console import legend, signs
from opsconsole.console.address import VIEWS
from opsconsole.console.empty import no_alerts, no_kpis
from opsconsole.console.model import Model
from opsconsole.console.purposes import PURPOSES
from opsconsole.console.touring import Toured, toured
from opsconsole.engine.messages import Snapshot
from tests.console import canned
from tests.console.harness import console
from tests.program.conftest import PROGRAM, SiteFolder, site
from tests.terminal import Terminal

__all__ = ["site"]  # a fixture


def test_every_screen_has_a_purpose() -> None:
    assert set(VIEWS) <= set(PURPOSES)


def test_the_legend_has_every_sign() -> None:
    told = {sign for sign, _, _ in legend.entries()}
    assert {signs.sign(status) for status in signs.GLYPHS} - {""} <= told
    assert {signs.alert_sign(priority) for priority in signs.PRIORITY} <= told


async def test_help_is_about_the_screen_one_came_from_and_finds(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("2", "?")
        assert "what is wrong now, most urgent first" in person.text()
        assert "In a list of alerts" in person.text()
        await person.press("/")
        await person.type("shelve")
        assert "Shelve" in person.text()
        assert "Everywhere" not in person.text()
        await person.type(" !shelve")
        assert "nothing here is like “shelve !shelve”" in person.text()
        await person.press("enter", "escape")
        assert "In a list of alerts" in person.text()
        await person.press("/")
        await person.type("signs stale")
        assert "  ◌ST   stale" in person.text()
        await person.press("enter", "escape", "G")
        assert ":" in person.lines()[-3]
        await person.press("escape")
        assert "In a list of alerts" not in person.text()
        await person.type(":help")
        await person.press("enter", "?")
        assert "what is wrong now" in person.text()
        await person.press("escape")
        assert "Keys that work here" not in person.text()


@pytest.mark.parametrize(("cells", "lines", "across"), [(60, 20, 1), (160, 50, 2)])
async def test_help_is_as_wide_as_there_is_room(tmp_path: Path, cells: int, lines: int, across: int) -> None:
    async with console(tmp_path, cells, lines) as person:
        await person.press("3", "enter", "?")
        text = person.text()
        assert "On a KPI" in text
        assert all(len(line) <= cells for line in person.lines())
        # keys begin in so many columns
        row = next(line for line in person.lines() if "Break down by the next dimension" in line)
        assert row.index("Break down") < cells // 2
        assert (row[80:].strip() != "") is (across == 2)


@pytest.mark.parametrize(("cells", "lines"), [(80, 24), (60, 20), (40, 12)])
async def test_the_tour_fits_and_any_key_leaves_it(tmp_path: Path, cells: int, lines: int) -> None:
    async with console(tmp_path, cells, lines) as person:
        await person.type(":tour")
        await person.press("enter")
        text = person.text()
        assert "any key goes on" in text
        for words in ("open: from a KPI", "back again", "acknowledge", "show only", "the keys that work"):
            assert words in text, words
        if lines >= 20:
            assert "What you see" in text
            assert "▲C critical" in text
            assert "`:tour` shows this again" in " ".join(text.split())
        await person.press("x")
        assert "any key goes on" not in person.text()


def test_it_is_shown_once(tmp_path: Path) -> None:
    found = toured({"XDG_STATE_HOME": str(tmp_path)})
    assert found.due()
    assert found.note() == ""
    assert not found.due()
    assert found.file == tmp_path / "opsconsole/console/tour"
    (tmp_path / "file").write_text("")
    stuck = Toured(tmp_path / "file" / "tour")
    assert not stuck.due()
    assert "is not kept" in stuck.note()


def test_a_first_start_shows_it_and_the_next_does_not(site: SiteFolder, tmp_path: Path) -> None:
    fresh = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    with Terminal([*PROGRAM, str(site.folder)], env=fresh) as terminal:
        terminal.shows("any key goes on", "Five keys")
        terminal.press("x")
        terminal.shows("Scrap ratio", "1 Overview")
        terminal.press("q")
        assert terminal.process.wait(20) == 0
    with Terminal([*PROGRAM, str(site.folder)], env=fresh) as terminal:
        assert "any key goes on" not in terminal.shows("Scrap ratio", "1 Overview")


@pytest.mark.parametrize(
    ("site_", "says"),
    [
        ({"settled": False}, {"8": "the first scan is under way", "2": "nothing is measured yet"}),
        (
            {"draft": True},
            {
                "8": "nothing here yet: drop a CSV, JSON, Parquet or Excel file into the folder",
                "5": "it will appear here",
                "3": "no KPIs yet: they come with the first file",
            },
        ),
        (
            {},
            {
                "8": "this site has no sources: name some under `sources:` in site.yaml",
                "3": "this site has no KPIs: add some under `kpis:` in site.yaml",
                "4": "no objectives: name one under `objective:`",
            },
        ),
    ],
)
async def test_empty_screens_say_why_and_what_to_do(
    tmp_path: Path, site_: dict[str, bool], says: dict[str, str]
) -> None:
    state = Snapshot(canned.site(layouts=[], **site_))
    async with console(tmp_path, 100, 24, state) as person:
        for key, words in says.items():
            await person.press(key)
            await person.sees(words)


async def test_what_a_site_does_not_have_is_told_with_the_nearest(tmp_path: Path) -> None:
    async with console(tmp_path, 100, 24) as person:
        for line, words in (
            ("kpi oeee", "this site has no KPI oeee; did you mean `oee`?  (:kpis lists them)"),
            ("source cycle", "this site has no source cycle; did you mean `cycles`?  (:sources lists them)"),
            ("alert gone", "no open alert has the id gone: :alerts lists those that are open"),
        ):
            await person.type(f":{line}")
            await person.press("enter")
            await person.sees(words)


def test_no_alerts_says_whether_one_could_come() -> None:
    model = Model()
    model.load(canned.snapshot(alerts=[]))
    assert no_alerts(model) == "no open alerts: all is well"
    model.kpis = {name: replace(kpi, warning=None, critical=None) for name, kpi in model.kpis.items()}
    assert "no KPI has limits" in no_alerts(model)
    assert model.site is not None
    model.site = replace(model.site, draft=True)
    assert no_kpis(model) == "no KPIs in the draft: :save-draft makes it yours, then add some under `kpis:`"
    model.site = replace(model.site, as_of=1.0)
    assert no_alerts(model) == "no alert on record that was open then"


async def test_a_short_screen_keeps_the_last_lines_in_place_and_the_palette_says_keys(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("?", "/")
        await person.type("sort")
        await person.press("enter")
        assert len(person.lines()) == 24
        assert "quit" in person.lines()[-1]
        await person.press("escape", "escape", "ctrl+p")
        await person.type("acknow")
        assert person.row("▸ Acknowledge").rstrip().endswith(" a")


async def test_all_is_well_is_not_said_before_all_is_read(tmp_path: Path) -> None:
    state = canned.snapshot(site=canned.site(settled=False), alerts=[])
    async with console(tmp_path, state=state) as person:
        assert "no open alerts yet: the first scan is under way" in person.text()
