"""`opsconsole kpis`: the KPIs of a site as cards, one card in full, and the library of KPIs."""

from __future__ import annotations

import argparse
import sys

from opsconsole.cli import show_kpis
from opsconsole.cli.headless import as_of
from opsconsole.cli.waiting import settled, unless_stuck, with_engine
from opsconsole.engine.client import Client
from opsconsole.site.names import did_you_mean, show


def kpis(arguments: argparse.Namespace) -> int:
    """Print the KPIs of a site or of the library; all, or the one that is named."""
    if arguments.library:
        return _library(arguments)

    async def work(client: Client) -> int:
        live = await settled(client)
        found = await as_of(client, live, arguments.at) if arguments.at else live
        if not arguments.name:
            print(show_kpis.kpis_json(found) if arguments.json else show_kpis.kpis_text(found))
            return unless_stuck(live)
        named = {kpi.name.casefold(): kpi for kpi in found.kpis}
        kpi = named.get(arguments.name.casefold())
        if kpi is None:
            near = did_you_mean(arguments.name, [kpi.name for kpi in found.kpis])
            return _unknown(f"this site has no KPI `{show(arguments.name)}`{near}")
        print(show_kpis.kpi_json(kpi, found.site) if arguments.json else show_kpis.kpi_text(kpi, found.site))
        return unless_stuck(live)

    return with_engine(arguments, work)


def _library(arguments: argparse.Namespace) -> int:
    """The library needs no site and no engine."""
    from opsconsole.cli import show_library
    from opsconsole.site.library.catalogue import ENTRIES, find, nearest_entry

    name = arguments.site
    if not name:
        print(show_library.library_json(ENTRIES) if arguments.json else show_library.library_text(ENTRIES))
        return 0
    entry = find(name) or ENTRIES.get(next((each for each in ENTRIES if each.endswith(f".{name.casefold()}")), ""))
    if entry is None:
        near = nearest_entry(name)
        return _unknown(f"the library has no KPI `{show(name)}`" + (f", did you mean `{near}`?" if near else ""))
    print(show_library.entry_json(entry) if arguments.json else show_library.entry_text(entry))
    return 0


def _unknown(message: str) -> int:
    print(f"opsconsole: {message}", file=sys.stderr)
    return 1
