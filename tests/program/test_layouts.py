"""Layout files as a person edits them: saved, they are on the screen; broken, the old one stays, and why is told."""

from __future__ import annotations

from tests.program.conftest import SiteFolder
from tests.terminal import Terminal
from tests.waiting import until

ONE = "title: First\nrows:\n  - [{number: scrap}, {alerts: open}]\n"


def test_what_is_saved_is_on_the_screen_and_what_is_broken_is_told_with_its_place(site: SiteFolder) -> None:
    layouts = site.folder / "layouts"
    layouts.mkdir()
    (layouts / "overview.yaml").write_text(ONE)
    with site.terminal(columns=120) as terminal:
        terminal.shows("Scrap ratio  ◆W", "Scrap ratio 5 % over 3 %", "1 source fresh")
        # an edit: another panel, with the rows of the tables that are read anew
        (layouts / "overview.yaml").write_text(f"{ONE}  - [{{bars: scrap, by: line}}, {{table: cycles, most: 3}}]\n")
        terminal.shows("Scrap ratio by line", "newest 2 of 2 rows", "2026-06-24 06:01:00", "8 %")
        site.append("2026-06-24 06:02:00,1,900,0\n")
        terminal.shows("newest 3 of 3 rows", "2026-06-24 06:02:00")
        # a slip: the old one stays, and the place of the mistake is told
        (layouts / "overview.yaml").write_text(ONE.replace("number: scrap", "numbre: scrap"))
        terminal.shows("layouts/overview.yaml:3:", "did you mean `number`?", "Scrap ratio by line")
        (layouts / "overview.yaml").write_text(ONE.replace("number: scrap", "gauge: pieces"))
        terminal.shows("Pieces  1 000 pcs", "900 ")
        # another file: one key away, or by its name, which is completed
        (layouts / "overview.yaml").write_text(ONE)
        (layouts / "night.yaml").write_text("title: Night\nrows: [[{clock: site}, {text: Call 4711.}]]\n")
        terminal.shows("Scrap ratio  ●")
        terminal.press(":overview ni")
        terminal.shows(":overview night")
        terminal.press("\t\r")
        terminal.shows("Site time", "Call 4711.", "UTC")
        terminal.press("]")
        terminal.shows("Scrap ratio 5 % over 3 %")
        (layouts / "night.yaml").unlink()
        until(lambda: "this site has one layout" in _pressed(terminal, "["), what="the other layout to be gone")


def _pressed(terminal: Terminal, key: str) -> str:
    """What the screen says a moment after a key."""
    terminal.press(key)
    terminal.quiet_for(0.3)
    return terminal.text
