"""The console as a person meets it: the real program on a real terminal, with a real engine behind it."""

from __future__ import annotations

import os
import re
import signal
import time

import pytest

from tests.program.conftest import SiteFolder
from tests.waiting import until


def test_it_starts_shows_the_figures_and_leaves_the_terminal_as_it_was(site: SiteFolder) -> None:
    with site.terminal() as terminal:
        terminal.shows("Small plant", "Scrap ratio ◆W", "5 %", "100 pcs", "1 source fresh")
        terminal.press("q")
        assert terminal.process.wait(10) == 0
        assert b"\x1b[?1049l" in terminal.raw, "the alternate screen is left"
        assert b"\x1b[?25h" in terminal.raw, "the cursor is shown again"


def test_the_first_picture_has_the_figures_in_it(site: SiteFolder) -> None:
    def first_picture() -> bytes:
        """What is sent before the terminal is asked whether it has drawn that; the next picture waits for it."""
        with site.terminal() as terminal:
            terminal.shows("100 pcs")
            until(lambda: b"\x1b[6n" in terminal.raw)
            return bytes(terminal.raw).partition(b"\x1b[6n")[0]

    with site.terminal() as keeper:
        keeper.shows("100 pcs")
        # on a busy machine the engine may answer late, and then an empty picture is shown
        assert any(b"Scrap ratio" in first_picture() for _ in range(6))


def test_a_line_appended_to_a_file_shows_without_a_keystroke(site: SiteFolder) -> None:
    with site.terminal() as terminal:
        terminal.shows("100 pcs")
        site.append("2026-06-24 06:02:00,1,900,0\n")
        terminal.shows("1 000 pcs", "0.50 %")


def test_from_the_number_to_the_line_in_the_file_and_back(site: SiteFolder) -> None:
    with site.terminal() as terminal:
        terminal.shows("Scrap ratio ◆W")
        terminal.press(":kpi scrap by line\r")
        terminal.shows("Overview › Scrap ratio", "by line", "8 %", "2 %")
        terminal.press("j\r")
        terminal.shows("Rows  row 1 of 1 row", "data/a.csv")
        terminal.press("\r")
        terminal.shows("Line 3  data/a.csv", "▸3 │ 2026-06-24 06:01:00,2,50,4")
        for _ in range(3):
            before = terminal.text
            terminal.press("\x1b")
            until(lambda before=before: terminal.text != before)
        terminal.shows("100 pcs", "Sources")


def test_the_sql_on_the_screen_gives_the_number_on_the_screen(site: SiteFolder) -> None:
    with site.terminal() as terminal:
        terminal.shows("Scrap ratio ◆W")
        terminal.press(":kpi scrap where line=2\r")
        terminal.shows("Overview › Scrap ratio › line 2", "◆W 8 %", "4 of 50 · sum(scrap) of sum(qty)")
        terminal.press(":sql\r")
        terminal.shows("SELECT", "WHERE")
        lines = [line[2:] for line in terminal.text.splitlines() if line[:2] in ("▸ ", "  ") and line.strip()]
        assert site.json("query", "\n".join(lines)) == [{"scrap": 8.0}]


def test_an_acknowledgement_is_seen_by_the_other_console_and_outlives_a_crash(site: SiteFolder) -> None:
    with site.terminal() as mine, site.terminal() as other:
        mine.shows("Scrap ratio 5 % over 3 %")
        other.press("2")
        other.shows("UNACK")
        mine.press("2")
        mine.shows("UNACK")
        mine.press("a")
        mine.shows("ACK")
        until(lambda: "UNACK" not in other.text)
        pid = site.engine_pid()
        os.kill(pid, signal.SIGKILL)
        until(lambda: site.engine_pid() != pid)
        until(lambda: "engine" not in mine.text.splitlines()[0].lower(), 30)
        found = site.json("snapshot")["alerts"]
        assert [(alert["state"], alert["count"]) for alert in found] == [("ACK", 1)], "neither lost nor announced twice"
        mine.shows("ACK")
        assert "UNACK" not in mine.text


def test_a_killed_engine_comes_back_under_the_same_view_and_cursor(site: SiteFolder) -> None:
    site.append("".join(f"2026-06-24 07:{n:02}:00,{n % 4},1,0\n" for n in range(40)))
    with site.terminal() as terminal:
        terminal.shows("Scrap ratio")
        terminal.press(":rows source cycles\r")
        terminal.shows("Rows  row 1 of 42 rows")  # also where it is asked for before the first scan is over
        terminal.press("jjjjj")
        terminal.shows("▸ 2026-06-24 07:34:00")
        os.kill(site.engine_pid(), signal.SIGKILL)
        until(lambda: "engine" in terminal.text.splitlines()[0].lower(), what="a banner says that the engine is lost")
        terminal.shows("Small plant", "Rows  row 6 of 42 rows", "▸ 2026-06-24 07:34:00")


def test_an_engine_stopped_on_purpose_is_not_started_again(site: SiteFolder) -> None:
    with site.terminal() as terminal:
        terminal.shows("100 pcs")
        site.stop()
        terminal.shows("stopped by")
        terminal.quiet_for(3)
        assert site.run("status").returncode == 1
        terminal.press(":restart-engine\r")
        terminal.shows("Small plant", "100 pcs", "1 source fresh")
        until(lambda: "stopped by" not in terminal.text)


def test_a_dropped_link_ends_the_console_and_nothing_else(site: SiteFolder) -> None:
    with site.terminal() as terminal, site.terminal() as other:
        terminal.shows("100 pcs")
        other.shows("100 pcs")
        begun = time.monotonic()
        terminal.hang_up()
        assert terminal.process.wait(5) is not None
        assert time.monotonic() - begun < 3
        site.append("2026-06-24 06:02:00,1,900,0\n")
        other.shows("1 000 pcs")


@pytest.mark.parametrize("how", ["not reading", "stopped"])
def test_a_console_that_hangs_is_not_noticed_by_the_others(site: SiteFolder, how: str) -> None:
    with site.terminal() as stuck, site.terminal() as other:
        stuck.shows("100 pcs")
        other.shows("100 pcs")
        if how == "stopped":
            stuck.process.send_signal(signal.SIGSTOP)
        else:
            stuck.stall()
        total = 100
        for number in range(20):
            site.append(f"2026-06-24 08:{number:02}:00,1,10,0\n")
            total += 10
            other.shows(f"{total} pcs", timeout=10)
        if how == "stopped":
            stuck.process.send_signal(signal.SIGCONT)
        else:
            stuck.go_on()
        stuck.shows("300 pcs")


def test_an_idle_console_sends_nothing(running: SiteFolder) -> None:
    with running.terminal() as terminal:
        terminal.shows("100 pcs", "1 source fresh")
        terminal.quiet_for(2.5)
        before = terminal.bytes
        # into the next minute but not over its edge
        left = 60 - time.time() % 60
        if left < 12:
            until(lambda: time.time() % 60 < 40, 20)
            terminal.quiet_for(2.5)
            before = terminal.bytes
        end = time.time() + min(20.0, 58 - time.time() % 60)
        until(lambda: time.time() >= end or terminal.bytes != before, 60)
        assert terminal.bytes == before, bytes(terminal.raw[before:][-400:])


@pytest.mark.parametrize(("columns", "rows"), [(40, 12), (60, 20), (80, 24), (160, 50)])
def test_each_size_shows_what_is_wrong(running: SiteFolder, columns: int, rows: int) -> None:
    with running.terminal(columns=columns, rows=rows) as terminal:
        text = terminal.shows("Scrap ratio", "◆")
        assert all(len(line) <= columns for line in text.splitlines())


def test_a_terminal_may_change_its_size_at_any_time(running: SiteFolder) -> None:
    with running.terminal() as terminal:
        terminal.shows("100 pcs")
        for columns, rows in [(40, 12), (20, 5), (200, 60), (10, 2), (60, 20), (1, 1), (80, 24)] * 3:
            terminal.resize(columns, rows)
        terminal.shows("Scrap ratio ◆W", "100 pcs", "q quit")


def test_a_dumb_terminal_gets_the_snapshot(running: SiteFolder) -> None:
    with running.terminal(env={"TERM": "dumb"}) as terminal:
        assert terminal.process.wait(20) == 0
        text = terminal.shows("Scrap ratio", "UNACK")
        assert b"\x1b[?1049h" not in terminal.raw
        assert "Small plant" in text


def test_a_locale_without_utf8_gets_plain_signs(running: SiteFolder) -> None:
    with running.terminal(env={"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}) as terminal:
        terminal.shows("Scrap ratio", "100 pcs")
        terminal.press("q")
        assert terminal.process.wait(10) == 0
        assert max(terminal.raw) < 128


def test_no_color_is_no_colour(site: SiteFolder) -> None:
    with site.terminal(env={"NO_COLOR": "1"}) as terminal:
        terminal.shows("Scrap ratio", "100 pcs")
        terminal.press("2")
        terminal.shows("UNACK")
        colours = re.findall(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|9[0-7]|4[0-7]|10[0-7]|38|48)[0-9;]*m", bytes(terminal.raw))
        assert not colours


def test_an_edited_site_file_is_applied_and_a_broken_one_is_not(site: SiteFolder) -> None:
    path = site.folder / "site.yaml"
    good = path.read_text()
    with site.terminal() as terminal:
        terminal.shows("Scrap ratio ◆W")
        path.write_text(good.replace("title: Scrap ratio", "titel: Scrap share"))
        terminal.shows("did you mean `title`")
        assert "Scrap ratio" in terminal.text
        path.write_text(good.replace("title: Scrap ratio", "title: Scrap share"))
        terminal.shows("Scrap share")
        until(lambda: "did you mean" not in terminal.text)


def test_a_broken_site_file_is_told_after_the_screen_is_left(site: SiteFolder) -> None:
    (site.folder / "site.yaml").write_text("site: x\nsorces: {}\n")
    with site.terminal() as terminal:
        assert terminal.process.wait(20) == 1
        terminal.shows("site.yaml:2:1", "did you mean `sources`")
        assert "Traceback" not in terminal.text


def test_help_and_commands(site: SiteFolder) -> None:
    with site.terminal() as terminal:
        terminal.shows("100 pcs")
        terminal.press("?")
        terminal.shows("Keys that work here")
        terminal.press("\x1b")
        terminal.shows("100 pcs")
        terminal.press(":sources\r")
        terminal.shows("▸ ●   cycles", "last event")
        terminal.press(":nonsense\r")
        terminal.shows("nonsense")
        terminal.press("\x1b")
        terminal.press(":quit\r")
        assert terminal.process.wait(10) == 0


def test_a_folder_without_a_site_file_is_drafted_and_the_draft_can_be_kept(site: SiteFolder) -> None:
    (site.folder / "site.yaml").unlink()
    with site.terminal(columns=120) as terminal:
        terminal.shows("DRAFT", ":save-draft", "2 rows")
        terminal.press(":save-draft\r")
        terminal.shows("written: ", "site.yaml")
        until(lambda: "DRAFT" not in terminal.text, what="the site file is adopted")
        terminal.press(":save-draft\r")
        terminal.shows("has a site file already")
        engine = site.engine_pid()
        assert engine == site.json("status")["pid"], "it is still found, now that there is a site file"
    assert site.run("check").returncode == 0
    assert [source["rows"] for source in site.json("snapshot")["sources"]] == [2]
