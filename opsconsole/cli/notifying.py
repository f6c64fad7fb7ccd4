"""`opsconsole notify`: who is told of alerts, what was sent lately, and whether a target can be reached."""

from __future__ import annotations

import argparse
from zoneinfo import ZoneInfo

import msgspec

from opsconsole.cli import show_records
from opsconsole.cli.text import dump, inert
from opsconsole.cli.waiting import with_engine
from opsconsole.engine.client import Client
from opsconsole.engine.messages import (
    AskJournal,
    AskNotify,
    Event,
    JournalPage,
    Notifications,
    Snapshot,
    Subscribe,
    TargetState,
)
from opsconsole.site.figures import count, padded, width

ALL = "*"
KIND = "notification"


def notify(arguments: argparse.Namespace) -> int:
    """Print how notifications are, or send a test message and say what came of it."""

    async def work(client: Client) -> int:
        found = await _ask(client, ())
        if arguments.test is not None:
            names = [arguments.test] if arguments.test != ALL else [target.name for target in found.targets]
            if not names:
                print("the site has no targets: `notify: targets:` names them")
                return 1
            found = await _ask(client, tuple(names))
            print(dump(found.results) if arguments.json else tested(found))
            return 1 if any(found.results.values()) else 0
        snapshot = await client.ask(Subscribe(settled=False, follow=False))
        page = await client.ask(AskJournal(kinds=(KIND,), limit=arguments.limit))
        assert isinstance(snapshot, Snapshot)
        assert isinstance(page, JournalPage)
        zone = ZoneInfo(snapshot.site.timezone)
        print(as_json(found, page.events, zone) if arguments.json else as_text(found, page, zone))
        return 0

    return with_engine(arguments, work)


async def _ask(client: Client, test: tuple[str, ...]) -> Notifications:
    found = await client.ask(AskNotify(test=test))
    assert isinstance(found, Notifications)
    return found


def tested(found: Notifications) -> str:
    """What came of test messages, a target on a line."""
    return "\n".join(
        inert(f"{name}: not taken: {why}" if why else f"{name}: taken") for name, why in found.results.items()
    )


def as_json(found: Notifications, events: list[Event], zone: ZoneInfo) -> str:
    """The targets, routes and steps, and the newest records."""
    fields = msgspec.to_builtins(found)
    del fields["results"], fields["type"]
    return dump({**fields, "events": msgspec.json.decode(show_records.log_json(events, zone))})


def as_text(found: Notifications, page: JournalPage, zone: ZoneInfo) -> str:
    """Who is told of what, how the targets are, and what was sent lately."""
    if not found.targets and not found.heartbeat:
        return "nobody is told of alerts: `notify:` in the site file says who"
    cells = max((width(target.name) for target in found.targets), default=0)
    lines = [found.missing] if found.missing else []
    lines += ["targets", *(f"  {padded(each.name, cells)}  {_target(each)}" for each in found.targets)]
    for title, sentences in (("routes", found.routes), ("escalation", found.steps)):
        if sentences:
            lines += [title, *(f"  {number}. {sentence}" for number, sentence in enumerate(sentences, 1))]
    if found.heartbeat:
        how = f"  cannot be reached: {found.heartbeat_trouble}" if found.heartbeat_trouble else ""
        lines += ["dead-man switch", f"  {found.heartbeat}{how}"]
    text = "\n".join(inert(line) for line in lines)
    if not page.events:
        return f"{text}\nnothing was sent yet"
    return f"{text}\nlately\n{show_records.log_text(page.events, False, zone)}"


def _target(target: TargetState) -> str:
    waiting = f"  {count(target.waiting, 'message')} on the way" if target.waiting else ""
    return f"{target.where}{waiting}{f'  {target.trouble}' if target.trouble else ''}"
