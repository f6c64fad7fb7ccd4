"""A site file's KPIs as the engine computes them: real files, real ingest, real tables; no process around them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.drill import breakdown
from opsconsole.kpis.evaluate import evaluate
from opsconsole.kpis.measures import Measure
from opsconsole.site.parse import load_site
from opsconsole.tables.derived import sync
from opsconsole.tables.feed import Feed
from opsconsole.tables.store import Store


class Computed:
    """The KPIs of a site at the newest event of its data."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, binding: Binding, now: dt.datetime) -> None:
        self.cursor = cursor
        self.binding = binding
        self.now = now
        self.kpis: dict[str, Measure] = evaluate(cursor, binding, now).kpis

    def value(self, kpi: str) -> float | None:
        """A KPI over its window; a KPI without one must say why."""
        found = self.kpis[kpi]
        assert found.value is not None or found.reason, kpi
        return found.value

    def by(self, kpi: str, dimension: str) -> dict[str | None, float | None]:
        """A KPI by each member, as the evaluation gives it; drilling must give the same."""
        split = self.kpis[kpi].splits[dimension]
        drilled = breakdown(self.cursor, self.binding, kpi, dimension, {}, self.now)
        assert (split.members, split.values) == (drilled.members, drilled.values), (kpi, dimension)
        assert split.total == len(split.members), "a member is left out"
        return dict(zip(split.members, split.values, strict=True))


@contextmanager
def computed(folder: Path, text: str) -> Iterator[Computed]:
    """A site file written, its files taken, its KPIs computed."""
    (folder / "site.yaml").write_text(text, encoding="utf-8")
    loaded = load_site(folder)
    assert loaded.site is not None, [str(problem) for problem in loaded.problems]
    store = Store.open(folder / "state" / "tables.duckdb")
    feed = Feed(store, folder, loaded.site.sources, loaded.site.timezone, lambda: None)
    feed.start()
    try:
        assert feed.wait_settled(120)
        totals = store.totals()
        assert [(name, total) for name, total in totals.items() if total.quarantined or total.failed] == []
        binding, problems = bind(loaded, store.schemas())
        assert problems == [], [str(problem) for problem in problems]
        assert not binding.waiting, binding.waiting
        cursor = store.cursor()
        sync(cursor, {name: view.sql for name, view in binding.views.items()})
        newest = max(total.last_event or 0.0 for total in totals.values())
        yield Computed(cursor, binding, dt.datetime.fromtimestamp(newest, dt.UTC))
        cursor.close()
    finally:
        feed.stop()
        store.close()
