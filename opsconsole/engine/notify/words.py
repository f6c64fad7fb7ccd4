"""What messages say, in plain text: first what is worst, then the rest of it, as far as people read. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from opsconsole.engine.notify.known import Known
from opsconsole.engine.notify.plan import Message, Part
from opsconsole.site.calendar import zone
from opsconsole.site.figures import clipped, count, moment
from opsconsole.site.model import Priority, Site

SIGNS: dict[Priority, str] = {"critical": "▲", "warning": "◆", "low": "▽"}
GOOD = "●"
_LINES = 12
_LONGEST = 160


def title(message: Message, site: Site) -> str:
    """One line: how bad, what, where."""
    fresh, still, over = _all(message)
    if not fresh and not still:
        what = _plain(over[0].text) if len(over) == 1 else count(len(over), "alert")
        return f"{GOOD} back to normal: {what} · {_plain(site.name)}"
    told = fresh or still
    what = _plain(told[0].text) if len(told) == 1 else f"{count(len(told), 'alert')}: {_plain(told[0].text)}"
    if message.summary:
        what = f"{count(len(told), 'alert')} in {count(len(message.parts), 'group')}: {_plain(told[0].text)}"
    how = ""
    if message.step:
        how = f"escalated, {message.step}: "
    elif not fresh:
        how = "still not acknowledged: "
    return f"{SIGNS[_worst(told)]} {how}{what} · {_plain(site.name)}"


def body(message: Message, site: Site, now: dt.datetime) -> str:
    """The alerts line by line, what is over at the end."""
    fresh, still, over = _all(message)
    tz, at = zone(site), now.timestamp()

    groups = [(*part.fresh, *part.still) for part in message.parts]
    firsts = {each.id for told in groups if len(told) > 1 for each in told if each.first_out}

    def line(known: Known) -> str:
        first = " (first)" if known.id in firsts else ""
        since = moment(known.since, tz, at)
        return f"{SIGNS[known.priority]} {known.priority}, since {since}: {_plain(known.text)}{first}"

    lines = [line(each) for each in fresh[:_LINES]]
    if len(fresh) > _LINES:
        lines.append(f"and {_tally(fresh[_LINES:])} more")
    if fresh and still:
        lines.append(f"{count(len(still), 'alert')} of before still not acknowledged")
    elif still:
        lines += [line(each) for each in still[:_LINES]]
        if len(still) > _LINES:
            lines.append(f"and {_tally(still[_LINES:])} more")
    lines += [f"{GOOD} back to normal: {_plain(each.text)}" for each in over[:_LINES]]
    if len(over) > _LINES:
        lines.append(f"{GOOD} and {len(over) - _LINES} more back to normal")
    return "\n".join(lines)


def worst(message: Message) -> str:
    """The worst priority that a message tells of; `resolved` where all is over."""
    fresh, still, _ = _all(message)
    return _worst(fresh or still) if fresh or still else "resolved"


def _all(message: Message) -> tuple[list[Known], list[Known], list[Known]]:
    """What is new, what still calls, what is over, over all groups; the worst groups come first."""

    def of(parts: Iterable[Part], name: str) -> list[Known]:
        return [each for part in parts for each in getattr(part, name)]

    return of(message.parts, "fresh"), of(message.parts, "still"), of(message.parts, "over")


def _worst(told: Sequence[Known]) -> Priority:
    return min((each.priority for each in told), key=list(SIGNS).index)


def _tally(told: Sequence[Known]) -> str:
    """How many of each priority."""
    many = {priority: sum(each.priority == priority for each in told) for priority in SIGNS}
    return ", ".join(f"{number} {priority}" for priority, number in many.items() if number)


def _plain(text: str) -> str:
    """Text that came from files, on one line, without anything that a terminal or a mail would obey."""
    return clipped(" ".join("".join(char if char.isprintable() else " " for char in text).split()), _LONGEST)
