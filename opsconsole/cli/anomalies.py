"""The headless command `anomalies`."""

from __future__ import annotations

import argparse

from opsconsole.cli.headless import moment_at
from opsconsole.cli.reporting import report
from opsconsole.cli.rows import members
from opsconsole.cli.show_anomalies import anomalies_json, anomalies_text
from opsconsole.cli.waiting import settled, unless_stuck, with_engine
from opsconsole.engine.client import Client
from opsconsole.engine.messages import AskReport


def anomalies(arguments: argparse.Namespace) -> int:
    """Print what was unusual of a KPI or of a source."""

    async def work(client: Client) -> int:
        found = await settled(client)
        options = {
            "of": arguments.of,
            "where": members(arguments.where),
            "at": moment_at(found.site, arguments.at) if arguments.at else None,
            "per_week": arguments.budget,
        }
        told = await report(client, AskReport(kind="anomalies", options=options))
        show = anomalies_json if arguments.json else anomalies_text
        print(show(told, arguments.limit))
        return unless_stuck(found)

    return with_engine(arguments, work)
