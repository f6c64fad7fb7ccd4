"""The headless command `flow`."""

from __future__ import annotations

import argparse

from opsconsole.cli.headless import moment_at
from opsconsole.cli.show_flow import flow_json, flow_text
from opsconsole.cli.waiting import settled, unless_stuck, with_engine
from opsconsole.engine.client import Client
from opsconsole.engine.messages import AskFlow, FlowState


def flow(arguments: argparse.Namespace) -> int:
    """Print a flow: where cases wait, which of them will be late, which station holds up the others."""

    async def work(client: Client) -> int:
        found = await settled(client)
        at = moment_at(found.site, arguments.at) if arguments.at else None
        state = await client.ask(AskFlow(flow=arguments.name, at=at))
        assert isinstance(state, FlowState)
        print(flow_json(state, found.site.timezone) if arguments.json else flow_text(state, found.site.timezone))
        return unless_stuck(found)

    return with_engine(arguments, work)
