"""Does what is typed in the line mode: asks the engine, or has it do something with the same checks as anywhere."""

from __future__ import annotations

import datetime as dt
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from opsconsole.cli.plain import sentences
from opsconsole.cli.plain.picture import Numbers, Picture, taken
from opsconsole.cli.plain.words import WORDS, PlainWord, WordError, number_and_text, numbers_of, parsed
from opsconsole.engine import telling
from opsconsole.engine.client import Client, EngineGoneError, RefusedError
from opsconsole.engine.messages import (
    AlertDetail,
    AlertState,
    AskAlert,
    AskJournal,
    AskPage,
    AskSnapshot,
    Command,
    Done,
    Event,
    JournalPage,
    KpiState,
    Snapshot,
    TableOf,
    TablePage,
    Target,
)
from opsconsole.engine.shelf_words import ShelfError, shelf_of
from opsconsole.site.figures import count, moment, number
from opsconsole.site.moments import MomentError, moment_of

_FEW = 10
_DONE = {
    "ack": "acknowledged",
    "unack": "not acknowledged any more",
    "comment": "the comment is written",
    "shelve": "shelved",
    "unshelve": "not shelved any more",
    "assign": "assigned",
}


class Doing:
    """The words of a person, on the picture as it is. `client` is None while there is no engine.

    `own` are the alerts to which something was done here; whoever tells of changes empties it.
    """

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.picture: Picture | None = None
        self.client: Client | None = None
        self.own: set[str] = set()

    async def line(self, line: str, now: float) -> list[str]:
        """What is said to a line that was typed; `now` is site time. Never raises for what was typed."""
        try:
            word, rest = parsed(line)
            return await self._do(word, rest, now)
        except (WordError, ShelfError, MomentError) as error:
            said = str(error)
            return [said[:1].upper() + said[1:] + ("" if said.endswith((".", "?")) else ".")]
        except RefusedError as error:
            return [f"Refused: {str(error).rstrip('.')}."]
        except EngineGoneError:
            return ["Not done: the engine does not answer now."]

    async def _do(self, word: PlainWord, rest: str, now: float) -> list[str]:
        if word.word == "help":
            return [f"{each.line}: {each.title}." for each in WORDS]
        picture, client = self._there()
        if word.command in ("undo", "redo"):
            done = await client.ask(Command(word.command))
            assert isinstance(done, Done)
            return _came_of(done, "done" if word.command == "redo" else "taken back")
        if word.command:
            return await self._command(word, rest, now)
        if word.word == "summary":
            return sentences.summary(picture, now, self.numbers)
        if word.word == "at":
            return await self._at(rest, word.line, now)
        if word.word == "alerts":
            most = len(picture.alerts) if rest == "all" else sentences.MOST
            return sentences.alerts(picture, now, self.numbers, most=most)
        if word.word == "alert":
            return await self._alert(numbers_of(rest, word.line)[0], now)
        if word.word == "kpis":
            return sentences.kpis(picture, only_bad=False)
        if word.word == "kpi":
            return sentences.kpi_full(self._kpi(rest))
        if word.word == "sources":
            return sentences.sources(picture, now, only_bad=False)
        if word.word == "log":
            page = await client.ask(AskJournal(words=rest, limit=_FEW))
            assert isinstance(page, JournalPage)
            return [self._event(event, now) for event in reversed(page.events)] or ["There is no such record."]
        assert word.word == "rows", word
        return await self._rows(rest, word.line)

    def _there(self) -> tuple[Picture, Client]:
        if self.picture is None or self.client is None:
            raise EngineGoneError("no engine")
        return self.picture, self.client

    def _named(self, wanted: int) -> AlertState:
        """The open alert of a number. Raises WordError."""
        picture, _ = self._there()
        name = self.numbers.named(wanted)
        if name is None:
            raise WordError(f"There is no alert {wanted}; alerts lists them with their numbers.")
        if name not in picture.alerts:
            raise WordError(f"Alert {wanted} is not open any more.")
        return picture.alerts[name]

    async def _at(self, rest: str, line: str, now: float) -> list[str]:
        """The summary as of a past moment. Raises MomentError for a text that is none."""
        picture, client = self._there()
        if not rest:
            raise WordError(f"Say which moment: {line}")
        zone = ZoneInfo(picture.site.timezone)
        today, *ended = (dt.datetime.fromtimestamp(each, dt.UTC) for each in (now, *picture.site.ended))
        then = moment_of(rest, today, zone, ended).timestamp()
        answer = await client.ask(AskSnapshot(then))
        assert isinstance(answer, Snapshot)
        head = f"As of {moment(then, zone)}, by what is known now of the rows up to then:"
        return [head, *sentences.summary(taken(answer), then, self.numbers)]

    async def _command(self, word: PlainWord, rest: str, now: float) -> list[str]:
        picture, client = self._there()
        text, until, to = "", None, ""
        if word.word in ("comment", "shelve", "assign"):
            wanted, text = number_and_text(rest, word.line)
            alerts = [self._named(wanted)]
        else:
            alerts = [self._named(each) for each in numbers_of(rest, word.line)]
        if word.word == "shelve":
            site = picture.site
            longest = site.longest_shelf.get(client.welcome.role, {}).get(alerts[0].priority)
            shelf = shelf_of(text, now, site.timezone, site.shift.end if site.shift is not None else None, longest)
            text, until = shelf.reason, shelf.until
        if word.word == "assign":
            to = {"me": client.welcome.user, "nobody": ""}.get(text, text)
            text = ""
        targets = [Target(alert.id, alert.version) for alert in alerts]
        done = await client.ask(Command(word.command, targets=targets, text=text, until=until, to=to))
        assert isinstance(done, Done)
        self.own |= set(done.applied)
        return _came_of(done, _DONE[word.command], {alert.id: f"Alert {self.numbers.of(alert.id)}" for alert in alerts})

    async def _alert(self, wanted: int, now: float) -> list[str]:
        picture, client = self._there()
        alert = self._named(wanted)
        detail = await client.ask(AskAlert(alert.id))
        assert isinstance(detail, AlertDetail)
        said = [sentences.alert_state(alert, picture, now, self.numbers)]
        if sum(detail.days) > 1:
            said.append(f"It came {number(sum(detail.days))} times within {len(detail.days)} days.")
        if alert.procedure:
            said.append(f"What to do is written in {alert.procedure}.")
        return said + [self._event(event, now) for event in reversed(detail.events[:_FEW])]

    def _kpi(self, name: str) -> KpiState:
        """The KPI of a name or a title, by its beginning where that is enough. Raises WordError."""
        picture, _ = self._there()
        known = {kpi.name.casefold(): kpi for kpi in picture.kpis.values()}
        known |= {kpi.title.casefold(): kpi for kpi in picture.kpis.values()}
        wanted = name.casefold()
        if not wanted:
            raise WordError("Say which KPI; kpis lists them.")
        if wanted in known:
            return known[wanted]
        begun = {kpi.name: kpi for text, kpi in known.items() if text.startswith(wanted)}
        if len(begun) == 1:
            return next(iter(begun.values()))
        near = get_close_matches(wanted, list(known), 1)
        hint = f"did you mean {known[near[0]].title}?" if near else "kpis lists them."
        raise WordError(f"There is no KPI {name!r}; {hint}")

    def _event(self, event: Event, now: float) -> str:
        picture, _ = self._there()
        at = sentences.clock(event.at, picture.site.timezone, now)
        what = telling.record_words(event)
        return f"{at} {event.actor or 'system'} {event.what or event.kind}, {event.object}{f': {what}' if what else ''}"

    async def _rows(self, rest: str, line: str) -> list[str]:
        picture, client = self._there()
        kind, _, name = rest.partition(" ")
        if kind not in ("source", "kpi", "alert") or not name:
            raise WordError(f"Say of what: {line}")
        if kind == "alert":
            of = TableOf(alert=self._named(numbers_of(name, line)[0]).id)
        elif kind == "kpi":
            of = TableOf(kpi=self._kpi(name).name)
        else:
            of = TableOf(source=name)
        page = await client.ask(AskPage(of, limit=_FEW))
        assert isinstance(page, TablePage)
        return rows(page, ZoneInfo(picture.site.timezone))


def rows(page: TablePage, zone: ZoneInfo) -> list[str]:
    """Rows as sentences, the newest first."""
    many = len(page.files)
    total = f"{count(page.total, 'row')} of" if page.total is not None else "rows of"
    said = [f"{total} {page.source}{f', the newest {many}' if page.next is not None else ''}:"]
    for at in range(many):
        cells = [f"{name} {_cell(column[at], zone)}" for name, column in zip(page.columns, page.data, strict=True)]
        place = f" {page.files[at]}, line {page.lines[at]}." if page.files[at] else ""
        said.append(f"{', '.join(cells)}.{place}")
    return said


def _cell(value: object, zone: ZoneInfo) -> str:
    if value is None:
        return "missing"
    stamp = getattr(value, "timestamp", None)
    if stamp is not None and getattr(value, "tzinfo", None) is not None:
        return moment(stamp(), zone)
    return str(value)


def _came_of(done: Done, word: str, names: dict[str, str] | None = None) -> list[str]:
    """What came of a command, one sentence for each alert."""
    names = names or {}
    said = [f"{names.get(each, each)}: {word}." for each in done.applied] if names else []
    said += [f"{names.get(each, each)} is so already: {why.rstrip('.')}." for each, why in done.already.items()]
    said += [f"{names.get(each, each)}: refused, {why.rstrip('.')}." for each, why in done.refused.items()]
    if done.said:
        said.append(f"{done.said[:1].upper()}{done.said[1:].rstrip('.')}.")
    return said or [f"{word.capitalize()}."]
