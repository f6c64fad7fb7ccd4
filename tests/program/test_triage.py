"""Triage end to end: the real program in a terminal on a real engine, from the key to the journal and back."""

from __future__ import annotations

import os
import pwd

from tests.program.conftest import SITE, SiteFolder

RULES = """\
areas: {press: {title: Press shop}, weld: {title: Weld shop}}
rules:
  scrap: {kpi: scrap, by: [line], area: weld, title: "Line {line}: scrap {value}"}
  idle: {source: cycles, rows: qty < 100, by: [line], within: 10000d, priority: low, area: press, title: "{line} slow"}
alert_from: all
"""
ME = pwd.getpwuid(os.getuid()).pw_name


def test_an_alert_is_shelved_undone_filtered_for_closed_and_followed_to_its_rows(site: SiteFolder) -> None:
    (site.folder / "site.yaml").write_text(SITE + RULES)
    with site.terminal(columns=100) as terminal:
        terminal.press("2")
        terminal.shows("◆W UNACK   Line 2: scrap", "▽L UNACK   1 slow", "▽L UNACK   2 slow", "3 of 3 open")
        terminal.shows("1 in 30 d", "raised")
        terminal.press("s30m\r")
        terminal.shows("a shelf needs a reason")
        terminal.press(" tip ordered\r")
        terminal.shows("shelved: Line 2: scrap", "SHELVED z Line 2: scrap", "tip ordered")
        terminal.press("z")
        terminal.shows("taken back for 1 alert", "◆W UNACK   Line 2: scrap")
        terminal.press("A")
        terminal.shows(f"assigned to {ME}")
        terminal.press(":alerts area=press\r")
        terminal.shows("2 of 3 open", "filter: area=press")
        terminal.press("v")
        terminal.press("jxe")
        terminal.shows("closed as expected: 2 alerts", "ACK     1 slow", "ACK     2 slow")
        terminal.press("\x1b")
        terminal.shows("3 of 3 open")
        terminal.press("g")
        terminal.press("d")
        terminal.shows("Rows", "data/a.csv")
        terminal.press("\x1b")
        terminal.shows("3 of 3 open")
        terminal.press(":view save mine\r")
        terminal.shows("view mine saved")
    events = {alert["id"]: alert for alert in site.json("snapshot")["alerts"]}
    scrap = events["scrap{line=2}"]
    assert (scrap["state"], scrap["owner"], scrap["until"]) == ("UNACK", ME, None)
    assert {each["disposition"] for each in events.values() if each["area"] == "press"} == {"expected"}
