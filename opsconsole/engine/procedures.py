"""Procedures of alerts: the page, its steps, who has ticked which, and the commands that tick them.

A tick belongs to an occurrence of an alert: when it is raised anew no step is ticked. Ticks are records of the journal
and nothing else, so what is shown as ticked is on disk.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.engine import recording
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import AlertState, AskProcedure, Command, Done, Procedure, ProcedureStep
from opsconsole.engine.procedure_pages import ProcedureError, read
from opsconsole.engine.watch import AlertWatch
from opsconsole.journal.journal import Record
from opsconsole.site.model import Rule, Site
from opsconsole.site.procedures import Page, Step, inherited_from, named, read_page

log = logging.getLogger(__name__)

KIND = "procedure"


class Tick(Struct, frozen=True):
    """Who has ticked a step, and when (site time)."""

    by: str
    at: float


Ticks = dict[tuple[int, str], Tick]
"""Ticks by the number and the text of the step."""


def ticks(records: Iterable[Record], path: str, since: float, until: float | None = None) -> Ticks:
    """The steps (number, text) of a procedure that are ticked in the occurrence that began at `since`.

    `records` are those of the alert, the oldest first; `until` (site time): as it was then.
    """
    found: Ticks = {}
    for record in records:
        at = recording.seconds(record.site_time)
        if record.data.get("path") != path or record.data.get("since") != since or (until is not None and at > until):
            continue
        step = (int(record.data.get("step", 0)), record.text)
        if record.what == "ticked":
            found[step] = Tick(record.actor, at)
        elif record.what == "unticked":
            found.pop(step, None)
    return found


def tick_of(step: Step, page: Page, found: Ticks) -> Tick | None:
    """The tick of a step; where the page was edited since, that of the only step with the same text."""
    if (step.number, step.text) in found:
        return found[step.number, step.text]
    alike = [tick for (_, text), tick in found.items() if text == step.text]
    return alike[0] if len(alike) == 1 and sum(each.text == step.text for each in page.steps) == 1 else None


class Procedures:
    """The procedures of one site. `root` is the folder that paths are relative to.

    Commands are for the tick's thread; `answer` may be called from any.
    """

    def __init__(self, root: Path, watch: AlertWatch) -> None:
        self._root = root
        self._watch = watch
        self._ticked: dict[str, tuple[float, int]] = {
            record.object: (float(record.data["since"]), int(record.data["ticked"]))
            for record in watch.journal.latest(KIND)
        }
        """By alert: when the occurrence began that was last worked on, and how many steps of it are ticked."""

    def counted(self, alerts: Sequence[AlertState]) -> list[AlertState]:
        """The alerts with how many steps of their procedures are ticked."""
        return [
            replace(alert, ticked=known[1])
            if (known := self._ticked.get(alert.id)) is not None and known[1] and known[0] == alert.since
            else alert
            for alert in alerts
        ]

    # --- reading ---------------------------------------------------------------------------------------------

    def answer(self, site: Site, body: AskProcedure) -> Procedure:
        """The procedure that is asked for. Raises LookupError for what there is not, JournalError."""
        if not body.alert:
            if body.path not in named(site):
                raise LookupError(f"no rule, KPI or area of this site names the procedure {body.path}")
            return self._procedure(body.path, "", {})
        rule, since = self._occurrence(site, body.alert, body.at)
        if not rule.procedure:
            return Procedure(path="", trouble="neither its rule nor its KPI, area or site names a procedure")
        found = ticks(self._watch.journal.of(KIND, body.alert), rule.procedure, since, body.at)
        answer = self._procedure(rule.procedure, inherited_from(site, rule), found)
        seen = self._watch.alert(body.alert)
        return replace(answer, version=seen.facts.version) if seen is not None else answer

    def _occurrence(self, site: Site, alert: str, at: float | None) -> tuple[Rule, float]:
        """The rule of an alert, and when the occurrence began that is or was last open."""
        name, since = self._watch.occurrence(alert, at)
        rule = site.rules.get(name)
        if rule is None:
            raise LookupError("its rule has been removed, and its procedure with it")
        return rule, since

    def _procedure(self, path: str, inherited: str, found: Ticks) -> Procedure:
        try:
            text = read(self._root, path)
        except ProcedureError as error:
            return Procedure(path=path, inherited_from=inherited, trouble=f"{path}: {error}")
        page = read_page(text, path)
        steps = []
        for step in page.steps:
            tick = tick_of(step, page, found)
            by, at = (tick.by, tick.at) if tick is not None else ("", None)
            steps.append(ProcedureStep(step.number, step.text, step.line, by, at))
        return Procedure(path=path, title=page.title, text=text, steps=steps, inherited_from=inherited)

    # --- doing -----------------------------------------------------------------------------------------------

    def command(self, site: Site, command: Command, peer: Peer, now: dt.datetime) -> Done:
        """Tick a step, or take a tick back: `text` is the step as the person saw it. It is done once it is written."""
        if len(command.targets) != 1 or command.step is None:
            return Done(refused={command.name: "one alert and the number of a step are needed"})
        target = command.targets[0]

        def refused(why: str) -> Done:
            return Done(refused={target.alert: why})

        seen = self._watch.alert(target.alert)
        if seen is None:
            return refused("there is no such alert any more")
        if target.version < seen.facts.raised:
            return refused("it was raised anew since you saw it: its steps begin again")
        rule = site.rules.get(seen.rule)
        path = rule.procedure if rule is not None else ""
        if not path or (command.path and command.path != path):
            return refused("it has another procedure now" if path else "it has no procedure")
        try:
            page = read_page(read(self._root, path), path)
        except ProcedureError as error:
            return refused(f"{path}: {error}")
        step = next((each for each in page.steps if each.number == command.step), None)
        if step is None or (command.text and command.text != step.text):
            return refused("the procedure was edited since you saw it")
        found = ticks(self._watch.journal.of(KIND, target.alert), path, seen.facts.since or 0.0)
        tick = tick_of(step, page, found)
        on = command.name == "tick"
        if on and tick is not None:
            return Done(already={target.alert: f"{tick.by} has ticked step {step.number} already"})
        if not on and tick is None:
            return Done(already={target.alert: f"step {step.number} is not ticked"})
        if not on:
            # the step as it stood when it was ticked
            key = next(each for each, one in found.items() if one is tick)
            step = replace(step, number=key[0], text=key[1])
        since, many = seen.facts.since or 0.0, len(found) + (1 if on else -1)
        data = {"path": path, "since": since, "step": step.number, "steps": len(page.steps), "ticked": many}
        what = "ticked" if on else "unticked"
        trouble = self._watch.write([recording.of_person(peer, KIND, what, target.alert, now, data, text=step.text)])
        if trouble:
            return refused(trouble)
        self._ticked[target.alert] = (since, many)
        return Done(applied=[target.alert])

    def unseen(self, site: Site, alert: str, peer: Peer) -> bool:
        """Whether a person looks at the procedure of an open alert for the first time in this occurrence."""
        seen = self._watch.alert(alert)
        rule = site.rules.get(seen.rule) if seen is not None else None
        if seen is None or rule is None or not rule.procedure or seen.facts.letter == "NORM":
            return False
        return not any(
            record.what == "opened" and record.actor == peer.user and record.data.get("since") == seen.facts.since
            for record in self._watch.journal.of(KIND, alert)
        )

    def opened(self, site: Site, alert: str, peer: Peer, now: dt.datetime) -> None:
        """Note that a person has looked at the procedure of an alert, once in each occurrence.

        That is for counting only: a journal that cannot be written is told elsewhere.
        """
        seen = self._watch.alert(alert)
        if seen is None or not self.unseen(site, alert, peer):
            return
        path, since = site.rules[seen.rule].procedure, seen.facts.since or 0.0
        known = self._ticked.get(alert, (since, 0))
        data = {"path": path, "since": since, "ticked": known[1] if known[0] == since else 0}
        trouble = self._watch.write([recording.of_person(peer, KIND, "opened", alert, now, data, text=path)])
        if trouble:
            log.warning("that %s opened %s is not counted: %s", peer.user, path, trouble)
