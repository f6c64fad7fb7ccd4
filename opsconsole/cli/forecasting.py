"""The headless command `forecast`."""

from __future__ import annotations

import argparse
from typing import Any

from opsconsole.cli.headless import moment_at
from opsconsole.cli.reporting import report
from opsconsole.cli.show_forecast import forecast_json, forecast_text
from opsconsole.cli.waiting import settled, unless_stuck, with_engine
from opsconsole.engine.client import Client, RefusedError
from opsconsole.engine.messages import AskReport
from opsconsole.site.duration import parse_duration


def forecast(arguments: argparse.Namespace) -> int:
    """Print where a KPI is going, for each group."""
    options: dict[str, Any] = {
        "kpi": arguments.kpi,
        "by": [name.strip() for name in (arguments.by or "").split(",") if name.strip()],
        "where": dict(map(_member, arguments.where or ())),
    }
    if arguments.ahead:
        try:
            options["ahead"] = parse_duration(arguments.ahead)
        except ValueError as error:
            raise RefusedError(f"--ahead {arguments.ahead}: {error}") from error

    async def work(client: Client) -> int:
        found = await settled(client)
        if arguments.at:
            options["at"] = moment_at(found.site, arguments.at)
        told = await report(client, AskReport(kind="forecast", options=options))
        print(forecast_json(told) if arguments.json else forecast_text(told))
        return unless_stuck(found)

    return with_engine(arguments, work)


def _member(text: str) -> tuple[str, str]:
    name, sign, member = text.partition("=")
    if not sign:
        raise RefusedError(f"--where {text}: say it as column=value")
    return name, member
