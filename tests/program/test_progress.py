"""Long work: seen by every console that looks and headless, while it goes on; and gone when it is done."""

from __future__ import annotations

import json
from typing import Any

from tests.program.conftest import PROGRAM, SiteFolder
from tests.terminal import Terminal
from tests.waiting import until

ROW = "2026-06-24 06:{:02}:{:02},{},50,1,{}\n"
BLOCK = "".join(
    ROW.format(at // 60 % 60, at % 60, at % 7, "a remark of some length that is only text" * 2) for at in range(5000)
)
TIMES = 600


def drop(site: SiteFolder, times: int = TIMES) -> int:
    """A file that takes seconds to read, there at once; how many bytes it has."""
    aside = site.folder / "big.part"
    aside.write_text("ts,line,qty,scrap,remark\n" + BLOCK * times)
    size = aside.stat().st_size
    aside.rename(site.folder / "data/big.csv")
    return size


def progress(site: SiteFolder) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(site.run("status", "--json").stdout)["progress"]
    return found


def test_it_is_seen_from_two_consoles_and_headless_and_ends(site: SiteFolder) -> None:
    with site.terminal(columns=160, rows=40) as one, site.terminal() as other:
        one.shows("100 pcs")
        other.shows("100 pcs")
        one.press("8")
        other.press("8")
        one.shows("2 rows")
        other.shows("2 rows")
        size = drop(site)
        (found,) = until(lambda: progress(site), what="progress in the status")
        assert found["source"] == "cycles"
        assert found["what"] == "reading"
        assert 0 <= found["bytes_done"] <= found["bytes_total"]
        assert found["bytes_total"] >= size
        assert found["since"].startswith("20")
        done = f"{5000 * TIMES + 2:,} rows".replace(",", " ")
        one.shows(done, timeout=120)
        other.shows(done, timeout=120)
        until(lambda: "reading " not in one.text and "reading " not in other.text)
        # what was painted, not what is there by now: the machine may be fast
        assert all(b"reading " in terminal.raw and b"rows" in terminal.raw for terminal in (one, other))
        assert progress(site) == []


def test_a_headless_command_says_on_standard_error_how_far_it_is_where_that_is_a_terminal(site: SiteFolder) -> None:
    drop(site)
    with Terminal([*PROGRAM, "sources", str(site.folder)], columns=100, env=site.env) as terminal:
        assert terminal.process.wait(120) == 0
        assert b"cycles: reading " in terminal.raw
        assert b" of 2 files" in terminal.raw
        terminal.shows(f"{5000 * TIMES + 2:,} rows".replace(",", " "))
        assert "reading" not in terminal.text
    quiet = site.run("sources")
    assert quiet.stderr == ""


def test_now_does_not_wait(site: SiteFolder) -> None:
    drop(site, 150)
    site.run("status")
    (source,) = site.json("sources", "--now")
    assert source["rows"] < 5000 * 150
    (source,) = site.json("sources", "--wait")
    assert source["rows"] == 5000 * 150 + 2
    assert source["taken"] == source["bytes"]
