"""Past moments through the real program: headless, and on a terminal."""

from __future__ import annotations

import pytest

from tests.program.conftest import SiteFolder
from tests.waiting import until


def test_snapshot_of_a_past_moment_counts_rows_up_to_then_and_says_so(running: SiteFolder) -> None:
    found = running.json("snapshot", "--at", "2026-06-24 06:00:30")
    assert found["site"]["as_of"] == found["site"]["at"] == "2026-06-24T06:00:30.000+00:00"
    assert [(kpi["name"], kpi["value"], kpi["rows"], kpi["undated"]) for kpi in found["kpis"]] == [
        ("pieces", 50, 1, False),
        ("scrap", 2, 1, False),
    ]
    assert [(source["status"], source["rows"], source["last_event"]) for source in found["sources"]] == [
        ("asof", 1, "2026-06-24T06:00:00.000+00:00")
    ]
    assert found["alerts"] == []
    assert found["notices"][0]["text"].startswith("No alert is on record")
    text = running.run("snapshot", "--at", "2026-06-24").stdout
    assert text.splitlines()[0] == "Small plant · AS OF 2026-06-24 UTC, by the rows known now"
    assert "≤   cycles: 2 rows up to then · newest event 2026-06-24 06:01" in text


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("noon", "opsconsole: `noon` is no moment; say `yesterday`"),
        ("2999-01-01", "opsconsole: `2999-01-01` lies ahead"),
        ("shift -1", "opsconsole: `shift -1`: the site has no shifts"),
    ],
)
def test_what_is_no_past_moment_is_refused_in_one_line(running: SiteFolder, words: str, why: str) -> None:
    done = running.run("snapshot", "--at", words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(why)
    assert done.stderr.count("\n") == 1


def test_a_console_looks_back_sends_nothing_meanwhile_and_is_live_again_at_once(site: SiteFolder) -> None:
    with site.terminal() as terminal:
        terminal.shows("100 pcs", "Scrap ratio ◆W")
        terminal.press(":at 2026-06-24 06:00:30\r")
        terminal.shows(" AS OF Wed 24 Jun 06:00:30", "50 pcs", "Scrap ratio ●")
        terminal.quiet_for(0.5)
        sent = terminal.bytes
        site.append("2026-06-24 06:02:00,1,25,0\n")
        assert until(lambda: site.json("snapshot")["kpis"][0]["value"] == 125, every=0.2)
        terminal.quiet_for(0.5)
        assert terminal.bytes == sent
        terminal.press("a")
        terminal.shows("you look at Wed 24 Jun 06:00:30; press 0 for live")
        terminal.press("0")
        terminal.shows("125 pcs", "Small plant", timeout=2.0)
