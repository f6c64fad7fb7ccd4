"""The headless commands about changes: mark one, list them, say whether they helped."""

from __future__ import annotations

import argparse
import sys
from zoneinfo import ZoneInfo

from opsconsole.cli import show_changes
from opsconsole.cli.records import moment
from opsconsole.cli.reporting import report
from opsconsole.cli.text import inert
from opsconsole.cli.waiting import settled, unless_stuck, with_engine
from opsconsole.engine.client import Client
from opsconsole.engine.messages import AskReport, ChangeMark, Command, Done, Snapshot, Subscribe


def change(arguments: argparse.Namespace) -> int:
    """Mark a change, or take one back; exit code 1 where that is refused."""

    async def work(client: Client) -> int:
        found = await client.ask(Subscribe(settled=False, follow=False))
        assert isinstance(found, Snapshot)
        if arguments.drop:
            command = Command("drop-change", change=ChangeMark(id=arguments.drop))
        else:
            where = dict(pair.partition("=")[::2] for pair in arguments.where)
            command = Command(
                "change",
                change=ChangeMark(
                    kpis=[name for name in arguments.kpi.split(",") if name],
                    where=where,
                    at=moment(found.site, arguments.at) if arguments.at else 0.0,
                    text=" ".join(arguments.what),
                ),
            )
        done = await client.ask(command)
        assert isinstance(done, Done)
        said = inert(done.said or next(iter(done.refused.values()), ""))
        print(said, file=sys.stderr if done.refused else sys.stdout)
        return 1 if done.refused else 0

    return with_engine(arguments, work)


def changes(arguments: argparse.Namespace) -> int:
    """Print the changes that are marked; exit code 1 where there is none."""

    async def work(client: Client) -> int:
        found = await client.ask(Subscribe(settled=False, follow=False))
        assert isinstance(found, Snapshot)
        zone = ZoneInfo(found.site.timezone)
        marked = [each for each in found.marked if arguments.kpi in ("", *each.kpis)]
        show = show_changes.changes_json if arguments.json else show_changes.changes_text
        print(show(marked, zone))
        return 0 if marked else 1

    return with_engine(arguments, work)


def helped(arguments: argparse.Namespace) -> int:
    """Print what changes did to the KPIs that they should move; exit code 1 where there is none."""

    async def work(client: Client) -> int:
        found = await settled(client)
        options = {"change": arguments.change or "", "kpi": arguments.kpi}
        result = await report(client, AskReport(kind="helped", options=options))
        show = show_changes.helped_json if arguments.json else show_changes.helped_text
        print(show(result, ZoneInfo(result["timezone"])))
        return unless_stuck(found) if result["changes"] else 1

    return with_engine(arguments, work)
