"""An engine without a loop over a folder of files, for the tests of paging."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from opsconsole.engine.core import Core
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import Answer, Ask, Failure
from opsconsole.engine.place import Place
from opsconsole.engine.queries import Queries
from opsconsole.engine.sitefile import SiteFile
from opsconsole.engine.table_messages import AskPage, TableOf, TablePage
from opsconsole.engine.watch import AlertWatch
from opsconsole.journal.journal import Journal
from opsconsole.tables.feed import Feed
from opsconsole.tables.store import Store
from tests.waiting import until

SITE = """\
site: Plant
timezone: Europe/Berlin
sources:
  cycles: {files: "data/cycles*.csv", time: ts, dimensions: [line]}
  parts: {files: data/parts.csv, key: [id]}
  halves: {sql: "SELECT line, qty / 2 AS half FROM cycles"}
  firsts: {sql: "SELECT line, TIMESTAMP '2024-06-24 08:00' AS since FROM cycles GROUP BY line", time: since}
kpis:
  made: {source: cycles, value: sum(qty), where: qty > 0, window: all, by: [line]}
"""
ANA = Peer(pid=1, uid=1, gid=1, user="ana")


class Plant:
    """A running feed and what answers questions; no rules are evaluated."""

    def __init__(self, root: Path, more: dict[str, str] | None = None) -> None:
        """`more`: further sources of one file each, with its text."""
        self.root = root
        (root / "data").mkdir()
        sources = "".join(f"  {name}: {{files: data/{name}.csv}}\n" for name in more or {})
        (root / "site.yaml").write_text(SITE.replace("kpis:\n", f"{sources}kpis:\n"))
        for name, text in (more or {}).items():
            self.write(name, text)
        self.write(
            "cycles1",
            "ts,line,qty\n"
            + "".join(f"2024-06-24 {8 + i // 60:02}:{i % 60:02},{'AB'[i % 2]},{i % 7}\n" for i in range(120)),
        )
        self.write("parts", "id,name\n1,bolt\n2,nut\n1,bolt M8\n")
        place = Place(root / "site.yaml", root / "state")
        place.make()
        file = SiteFile(place)
        loaded = file.load()
        assert loaded.site is not None
        self.place = place
        self.store = Store.open(place.tables)
        self.journal = Journal.open(place.journal)
        sources = {name: replace(each, settle=0.1) for name, each in loaded.site.sources.items()}
        self.watch = AlertWatch(loaded.site, self.journal)
        self.core = Core(file, loaded, self.store, self.watch, lambda _: None, stays=True)
        self.feed = Feed(self.store, root, sources, "Europe/Berlin", lambda: self.core.data_changed(), None)
        self.core.attach(self.feed)
        self.core.start()
        self.feed.start()
        assert self.feed.wait_settled(20)
        self.queries = Queries(self.store, self.core, self.watch, root, place.state)
        known = {"cycles", "parts", "halves", "firsts", *(more or {})}
        until(lambda: known <= set(self.core.binding.schemas), 20)

    def write(self, name: str, text: str) -> None:
        (self.root / f"data/{name}.csv").write_text(text)

    def append(self, name: str, text: str) -> None:
        with (self.root / f"data/{name}.csv").open("a") as file:
            file.write(text)

    def ask(self, body: Ask) -> Answer:
        return asyncio.run(self.queries.handle(body, ANA))

    def page(self, of: TableOf | None = None, **words: Any) -> TablePage:
        found = self.ask(AskPage(of or TableOf(source="cycles"), **words))
        assert isinstance(found, TablePage), found
        return found

    def refused(self, body: Ask) -> str:
        found = self.ask(body)
        assert isinstance(found, Failure), found
        return found.message

    def close(self) -> None:
        self.feed.stop()
        self.core.stop()
        self.queries.close()
        self.store.close()
        self.journal.close()
