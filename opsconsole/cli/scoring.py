"""The headless command `scorecard`."""

from __future__ import annotations

import argparse

from opsconsole.cli.reporting import report
from opsconsole.cli.show_scorecard import scorecard_json, scorecard_markdown, scorecard_text
from opsconsole.cli.waiting import settled, unless_stuck, with_engine
from opsconsole.engine.client import Client
from opsconsole.engine.messages import AskReport


def scorecard(arguments: argparse.Namespace) -> int:
    """Print the alarms of the last days against the targets of ISA-18.2 and EEMUA 191."""

    async def work(client: Client) -> int:
        found = await settled(client)
        options = {"days": arguments.days, "site": arguments.site}
        card = await report(client, AskReport(kind="scorecard", options=options))
        show = scorecard_json if arguments.json else scorecard_markdown if arguments.md else scorecard_text
        print(show(card))
        return unless_stuck(found)

    return with_engine(arguments, work)
