"""The bell of a real console on a real engine: silent for what was there, once for what comes, silent while idle."""

from __future__ import annotations

from tests.program.conftest import SiteFolder
from tests.waiting import until

SITE = """\
site: Small plant
every: 1s
alert_from: all
sources:
  cycles: {files: data/*.csv, time: ts, settle: 1s, dimensions: [line]}
rules:
  hot: {source: cycles, rows: scrap > 90, within: 36500d, by: [line], title: "line {line} is hot"}
"""
NOTICE = "\a\x1b]9;Small plant: warning: line {} is hot\a"


def rung(raw: bytes) -> list[str]:
    """The lines for which a notice was sent."""
    return [piece.split("line ")[1][0] for piece in raw.decode("utf-8", "replace").split("\x1b]9;")[1:]]


def test_it_rings_once_for_what_comes_and_not_for_what_was_there(site: SiteFolder) -> None:
    (site.folder / "site.yaml").write_text(SITE)
    site.append("2026-06-24 06:02:00,1,50,95\n")
    with site.terminal() as terminal, site.terminal(env={"OPSCONSOLE_QUIET": "1"}) as quiet:
        terminal.shows("line 1 is hot")
        quiet.shows("line 1 is hot")
        site.append("2026-06-24 06:03:00,2,50,95\n")
        until(lambda: NOTICE.format(2).encode() in bytes(terminal.raw), timeout=30)
        quiet.shows("line 2 is hot")
        assert rung(bytes(terminal.raw)) == ["2"]
        assert rung(bytes(quiet.raw)) == []
