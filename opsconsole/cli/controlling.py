"""The headless command `control`."""

from __future__ import annotations

import argparse

from opsconsole.cli.headless import moment_at
from opsconsole.cli.reporting import report
from opsconsole.cli.rows import members
from opsconsole.cli.show_control import control_json, control_text
from opsconsole.cli.waiting import settled, unless_stuck, with_engine
from opsconsole.engine.client import Client
from opsconsole.engine.messages import AskReport


def control(arguments: argparse.Namespace) -> int:
    """Print the control chart of a KPI."""

    async def work(client: Client) -> int:
        live = await settled(client)
        options = {
            "kpi": arguments.name,
            "where": members(arguments.where),
            "at": moment_at(live.site, arguments.at) if arguments.at else None,
            "points": arguments.points,
        }
        found = await report(client, AskReport(kind="control", options=options))
        print(control_json(found) if arguments.json else control_text(found))
        return unless_stuck(live)

    return with_engine(arguments, work)
