"""Where the rows of a page came from: their files, and the cells that are missing because their text did not fit."""

from __future__ import annotations

import contextlib

from opsconsole.engine.core import Core
from opsconsole.engine.kpi_messages import Misfit
from opsconsole.kpis.paging.pages import Found
from opsconsole.kpis.paging.rowset import RowSet
from opsconsole.site.builtin import BUILT_IN
from opsconsole.tables import setaside
from opsconsole.tables.store import Store


def paths(store: Store, numbers: set[int]) -> dict[int, str]:
    """The paths of files relative to the site; empty for those that are gone. Raises duckdb.Error."""
    wanted = sorted(number for number in numbers if number)
    found: dict[int, str] = dict.fromkeys(numbers, "")
    if wanted:
        with contextlib.closing(store.cursor()) as cursor:
            rows = cursor.execute(
                "SELECT id, path FROM _ops.files WHERE id IN (SELECT unnest(?::INTEGER[]))", [wanted]
            ).fetchall()
        found.update({int(number): str(path) for number, path in rows})
    return found


def misfits(store: Store, core: Core, rows: RowSet, page: Found) -> list[Misfit]:
    """The cells of a page that are missing because their text did not fit, told by what was set aside."""
    if rows.place != "lines" or rows.source in BUILT_IN or rows.source in core.binding.reads:
        return []
    places = list(zip(page.files, page.lines, strict=True))
    aside = setaside.cells_of(store, rows.source, places)
    found = []
    for row, place in enumerate(places):
        raw = {each.column.lower(): each for each in aside.get(place, ()) if each.column}
        for at, name in enumerate(rows.columns):
            if name.lower() in raw and page.data[at][row] is None:
                each = raw[name.lower()]
                found.append(Misfit(row, at, each.raw, each.reason))
    return found
