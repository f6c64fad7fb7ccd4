"""The headless command `backtest`."""

from __future__ import annotations

import argparse
import time
from typing import Any

from opsconsole.cli.headless import moment_at
from opsconsole.cli.reporting import report
from opsconsole.cli.show_backtest import backtest_json, backtest_text
from opsconsole.cli.waiting import settled, unless_stuck, with_engine
from opsconsole.engine.client import Client
from opsconsole.engine.messages import AskReport, SiteState
from opsconsole.site.duration import parse_duration
from opsconsole.site.moments import MomentError


def backtest(arguments: argparse.Namespace) -> int:
    """Print what rules would have raised over the past, and what a change to them would have saved."""

    async def work(client: Client) -> int:
        found = await settled(client, wait=True)
        options = options_of(found.site, arguments)
        result = await report(client, AskReport(kind="backtest", options=options))
        print(backtest_json(result) if arguments.json else backtest_text(result, whole=bool(arguments.rule)))
        return 1 if any(each["error"] for each in result["rules"]) else unless_stuck(found)

    return with_engine(arguments, work)


def options_of(site: SiteState, arguments: argparse.Namespace) -> dict[str, Any]:
    """The options of the report. Raises MomentError."""
    now = site.at + max(0.0, time.time() - site.wall) * site.speed
    until = moment_at(site, arguments.until) if arguments.until else now
    try:
        since = until - parse_duration(arguments.since)
    except ValueError:
        since = moment_at(site, arguments.since)
    if since >= until:
        raise MomentError(f"`{arguments.since}`: begins after it ends")
    return {"rules": arguments.rule, "since": since, "until": until, "changes": arguments.changes}
