"""`opsconsole log` and `opsconsole procedures`: what people and the system did, and how procedures are used."""

from __future__ import annotations

import argparse
from zoneinfo import ZoneInfo

from opsconsole.cli import show_records
from opsconsole.cli.headless import moment_at
from opsconsole.cli.reporting import report
from opsconsole.cli.waiting import with_engine
from opsconsole.engine.client import Client
from opsconsole.engine.messages import AskJournal, AskReport, Event, JournalPage, SiteState, Snapshot, Subscribe
from opsconsole.site.duration import parse_duration

PAGE = 1_000


def log(arguments: argparse.Namespace) -> int:
    """Print records of the journal, the newest first; exit code 1 where there is none such."""

    async def work(client: Client) -> int:
        site = await _site(client)
        zone = ZoneInfo(site.timezone)
        ask = AskJournal(
            words=" ".join(arguments.words),
            kinds=tuple(arguments.kind or ()),
            object=arguments.object,
            actor=arguments.actor,
            people=arguments.people,
            since=moment(site, arguments.since) if arguments.since else None,
            until=moment(site, arguments.until) if arguments.until else None,
        )
        found, more = await _pages(client, ask, arguments.limit)
        if arguments.json:
            print(show_records.log_json(found, zone))
        else:
            print(show_records.log_text(found, more, zone))
        return 0 if found else 1

    return with_engine(arguments, work)


def procedures(arguments: argparse.Namespace) -> int:
    """Print how each procedure was used."""

    async def work(client: Client) -> int:
        site = await _site(client)
        options = {"since": moment(site, arguments.since)}
        result = await report(client, AskReport(kind="procedures", options=options))
        zone = ZoneInfo(site.timezone)
        print(show_records.use_json(result, zone) if arguments.json else show_records.use_text(result, zone))
        return 0

    return with_engine(arguments, work)


def moment(site: SiteState, words: str) -> float:
    """A moment of site time, also as how long ago it was: `30d`. Raises MomentError."""
    try:
        parse_duration(words)
    except (ValueError, OverflowError):
        return moment_at(site, words)
    return moment_at(site, f"-{words}")


async def _site(client: Client) -> SiteState:
    found = await client.ask(Subscribe(settled=False, follow=False))
    assert isinstance(found, Snapshot)
    return found.site


async def _pages(client: Client, ask: AskJournal, limit: int) -> tuple[list[Event], bool]:
    """So many records, page by page."""
    from msgspec.structs import replace

    found: list[Event] = []
    more = True
    while more and len(found) < limit:
        before = found[-1].seq if found else None
        page = await client.ask(replace(ask, before=before, limit=min(PAGE, limit - len(found))))
        assert isinstance(page, JournalPage)
        found += page.events
        more = page.more
    return found, more
