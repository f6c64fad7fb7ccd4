"""The journal and a procedure of the canned engine."""

from __future__ import annotations

from opsconsole.engine.messages import (
    AskJournal,
    AskProcedure,
    Command,
    Done,
    Event,
    JournalPage,
    Procedure,
    ProcedureStep,
)
from opsconsole.site.procedures import read_page

MANY = 450
PAGE = """\
# OEE is low

Look at the *numbers* first; call **4711** if a guard is open.

1. Which line? Open the KPI `oee` by line.
2. Availability, effectiveness or quality? Follow the lowest of the three, and read what its station says before you
   go there.
3. Open the rows of the worst station.\x1b[31m

## When it goes on

- [ ] Call maintenance

```
shift lead   4711
```
"""


def events(now: float) -> list[Event]:
    """The newest first: a person's acts among many of the system's."""
    out = [
        Event(
            seq=MANY,
            at=now - 60,
            utc=now - 60,
            actor="ana",
            kind="alert",
            object="kpi:oee|line=3",
            what="shelved",
            text="Line 3 weld: OEE 52 %",
            reason="a spare part is on its way",
            before="UNACK",
            after="SHELVED",
            uid=1001,
            origin="10.0.0.7",
        ),
        Event(MANY - 1, now - 90, now - 90, "ben", "retry", "cycles", "read anew", "broken.csv\x1b[2J", uid=1002),
    ]
    for seq in range(MANY - 2, 0, -1):
        at = now - 100 - 60.0 * (MANY - seq)
        out.append(Event(seq, at, at, "system", "alert", f"late|order={seq}", "raised", f"Order {seq} is late"))
    return out


def journal(ask: AskJournal, now: float) -> JournalPage:
    """What an engine finds."""

    def has(event: Event) -> bool:
        text = " ".join((event.object, event.actor, event.text, event.what, event.reason)).casefold()
        wanted = all(word[1:] not in text if word[0] == "!" else word in text for word in ask.words.casefold().split())
        known = (event.uid is not None or not ask.people) and (ask.until is None or event.at <= ask.until)
        return wanted and known and (ask.before is None or event.seq < ask.before)

    found = [event for event in events(now) if has(event)]
    return JournalPage(events=found[: ask.limit], more=len(found) > ask.limit)


class Ticks:
    """Who ticked which step."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.by: dict[int, str] = {}

    def procedure(self, ask: AskProcedure) -> Procedure:
        """The page with its ticks; none for other alerts than the first."""
        if not ask.alert.startswith("kpi:oee"):
            return Procedure("procedures/gone.md", trouble="procedures/gone.md: there is no such file")
        steps = [
            ProcedureStep(step.number, step.text, step.line, self.by[step.number], self.now - 60)
            if step.number in self.by
            else ProcedureStep(step.number, step.text, step.line)
            for step in read_page(PAGE).steps
        ]
        return Procedure("procedures/oee.md", "OEE is low", PAGE, steps, "KPI oee", version=4)

    def command(self, command: Command) -> Done:
        """A step ticked by ana, or its tick taken back."""
        assert command.step is not None
        name = command.targets[0].alert
        if command.name == "untick":
            self.by.pop(command.step)
        elif command.step in self.by:
            return Done(already={name: f"{self.by[command.step]} has ticked step {command.step} already"})
        else:
            self.by[command.step] = "ana"
        return Done(applied=[name])
