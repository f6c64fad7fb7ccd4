"""Which files are read anew, that the feed does it, and that the journal says who wanted it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from opsconsole.engine import retry
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import Command, Done
from opsconsole.engine.watch import AlertWatch
from opsconsole.journal.journal import Journal
from opsconsole.site.model import Site, Source
from tests.tables.folder import Folder, folder

SOURCES = (Source("t", ("in/*.csv",)), Source("u", ("in/u/*.csv",)))
GOOD, BAD = "a,b\n1,2\n", "a,b\n1,2\n3,4,5\n"


def again(made: Folder, path: Path, command: Command) -> tuple[Done, list[tuple[str, str]]]:
    journal = Journal.open(path / "journal.sqlite")
    try:
        watch = AlertWatch(Site("s", sources=made.sources), journal)
        peer = Peer(pid=1, uid=1, gid=1, user="ana", ssh="")
        done = retry.again(made.feed, made.store, watch, command, peer, dt.datetime.now(dt.UTC))
        return done, [(record.actor, record.object) for record in journal.latest("retry")]
    finally:
        journal.close()


def test_without_a_name_all_that_had_trouble(tmp_path: Path) -> None:
    with folder(tmp_path, *SOURCES) as made:
        for name, text in (("a.csv", GOOD), ("b.csv", BAD), ("u/c.csv", BAD)):
            made.write(name, text)
        made.settle()
        done, noted = again(made, tmp_path, Command("retry"))
        assert (done.applied, done.refused) == (["in/b.csv", "in/u/c.csv"], {})
        assert len(noted) == 1
        assert noted[0][0].startswith("ana")
        assert again(made, tmp_path, Command("retry", source="t"))[0].applied == ["in/b.csv"]
        made.settle()
        made.check_fresh()


def test_names_globs_and_ends_of_paths(tmp_path: Path) -> None:
    with folder(tmp_path, *SOURCES) as made:
        for name in ("a1.csv", "a2.csv", "u/c.csv"):
            made.write(name, GOOD)
        made.settle()
        done, _ = again(made, tmp_path, Command("retry", files=["in/a*.csv", "c.csv", "nothing.csv"]))
        assert done.applied == ["in/a1.csv", "in/a2.csv", "in/u/c.csv"]
        assert list(done.refused) == ["nothing.csv"]
        assert "no such file" in done.refused["nothing.csv"]
        made.settle()
        made.check_fresh()
