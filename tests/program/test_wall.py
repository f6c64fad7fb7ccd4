"""`--wall` and `--read-only` with a real terminal and engine: a wall needs nobody, and neither changes anything."""

from __future__ import annotations

import asyncio

import pytest

from opsconsole.engine.client import Client
from opsconsole.engine.messages import Command, Done
from tests.program.conftest import PROGRAM, SiteFolder
from tests.terminal import Terminal
from tests.waiting import until

CRITICAL = "2026-06-24 06:02:00,1,50,40\n"


def console(site: SiteFolder, *words: str, columns: int = 80) -> Terminal:
    return Terminal([*PROGRAM, *words, str(site.folder)], columns=columns, env=site.env)


def states(site: SiteFolder) -> list[str]:
    """Of the alerts as the engine has them."""
    return [alert["state"] for alert in site.json("snapshot")["alerts"]]


def with_layouts(site: SiteFolder) -> None:
    folder = site.folder / "layouts"
    folder.mkdir()
    (folder / "north.yaml").write_text("title: North\nrows: [[{text: This is the north hall.}]]\n")
    (folder / "south.yaml").write_text("title: South\nrows: [[{alerts: open}]]\n")


def test_a_wall_turns_by_itself_minds_what_is_critical_and_changes_nothing(site: SiteFolder) -> None:
    with_layouts(site)
    with console(site, "--wall", "--rotate", "1") as wall:
        for _ in range(2):
            wall.shows("North", "This is the north hall.", "1 of 2")
            wall.shows("South", "Scrap ratio 5 % over 3 %", "2 of 2")
        site.append(CRITICAL)
        wall.shows("South", "held: a critical alert is unacknowledged", "Scrap ratio 30 % over 20 %")
        # who stands before it may turn it and look, and is told why nothing can be done here
        wall.press("[")
        wall.shows("This is the north hall.")
        wall.press(":ack\r")
        wall.shows("this console is read-only")
        wall.press(":restart-engine\r")
        wall.shows("this console is read-only: it neither ends nor starts an engine")
        assert states(site) == ["UNACK"]
        with site.terminal() as desk:
            desk.shows("Scrap ratio 30 %")
            desk.press("2")
            desk.shows("UNACK")
            desk.press("a")
            until(lambda: states(site) == ["ACK"], what="an acknowledgement at the desk")
            desk.press("q")
            assert desk.process.wait(10) == 0
        wall.shows("This is the north hall.")  # nothing holds it any more
        wall.shows("South", "2 of 2")
        assert "held" not in wall.text
        wall.press("q")
        assert wall.process.wait(10) == 0
    assert site.run("status").returncode == 0, "the engine goes on"


def test_a_read_only_console_shows_everything_and_gives_no_command(site: SiteFolder) -> None:
    with console(site, "--read-only", columns=100) as reader:
        reader.shows("Scrap ratio 5 % over 3 %", " ro")
        pid = site.engine_pid()
        reader.press("2")
        reader.shows("UNACK")
        for keys, what in (("a", "acknowledge"), ("c", "comment"), (":shelve 1h noise\r", "shelve for a time")):
            reader.press(keys)
            text = reader.shows(": this console is read-only", what)
            assert text.splitlines()[-1].strip().startswith(what)
            reader.press("2")
            reader.shows("? help")
        reader.press("5\r")
        reader.shows("row 1 of 2 rows", "2026-06-24 06:00:00")
        reader.press(";SELECT sum(qty) AS pieces FROM cycles\r")
        reader.shows("pieces", "100")
        reader.press(":restart-engine\r")
        reader.shows("this console is read-only: it neither ends nor starts an engine")
        assert site.engine_pid() == pid
        assert states(site) == ["UNACK"]


@pytest.mark.parametrize("name", ["ack", "save-layout", "retry"])
def test_the_engine_itself_takes_nothing_from_who_only_looks(running: SiteFolder, name: str) -> None:
    """A console is a client like any: what it does not offer could still be sent."""
    assert states(running) == ["UNACK"]

    async def sent() -> Done:
        client = await Client.connect(running.place, read_only=True)
        try:
            done = await client.ask(Command(name=name, source="cycles"))
        finally:
            await client.close()
        assert isinstance(done, Done)
        return done

    done = asyncio.run(sent())
    assert (done.applied, done.already) == ([], {})
    assert [why.startswith("this console is read-only, and it takes") for why in done.refused.values()] == [True]
    assert states(running) == ["UNACK"]
