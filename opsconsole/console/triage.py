"""What the actions on alerts do: on the one under the cursor or on all that are marked, told before and after.

An action is about the alerts as they were seen at the key press, whatever comes while a prompt is open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

from msgspec import Struct

from opsconsole.console import signs, triage_words
from opsconsole.console.actions import STACKS
from opsconsole.console.address import Address
from opsconsole.console.host import Program
from opsconsole.console.link import LinkError
from opsconsole.console.marking import like
from opsconsole.console.pane import Pane
from opsconsole.console.prompt import Prompt
from opsconsole.console.text import clip, inert
from opsconsole.engine.commands import COMMANDS
from opsconsole.engine.messages import AlertState, Command, Disposition, Done, Failure, Target
from opsconsole.engine.shelf_words import EXAMPLES, ShelfError, shelf_of
from opsconsole.site.duration import format_duration
from opsconsole.site.model import Priority

NOBODY = "nobody"
CHATTERING = 3600.0
"""Seconds for which shelving a chattering alert is proposed."""
CLOSING = {"t": "true", "e": "expected", "r": "false-rule", "d": "false-data", "u": "undetermined"}
CLOSE_HEAD = " close it: t true · e expected · r false rule · d false data · u undetermined"


class Chosen(Struct, frozen=True):
    """The alerts that an action is about, as they were seen when its key was pressed."""

    alerts: tuple[AlertState, ...]
    pane: Pane | None = None
    marked: bool = False

    @property
    def what(self) -> str:
        """Them, for people."""
        return inert(self.alerts[0].text) if len(self.alerts) == 1 else f"{len(self.alerts)} alerts"

    @property
    def brief(self) -> str:
        """Them, where there is more to say."""
        return clip(self.what, 40)

    @property
    def targets(self) -> list[Target]:
        """Them, for the engine."""
        return [Target(alert.id, alert.version) for alert in self.alerts]


class Triage:
    """The handlers: `do_<id>` for each action on alerts that no screen has one for."""

    def __init__(self, program: Program) -> None:
        self.program = program

    # --- which alerts ---

    def _pane(self) -> Pane | None:
        """The list of alerts that has the cursor."""
        return self.program.history.current.pane if "alerts" in STACKS[self.program.stack] else None

    def chosen(self, title: str) -> Chosen | None:
        """The marked alerts, else the one under the cursor; None where there is none, which is said."""
        pane, say = self._pane(), self.program.say
        if pane is None:
            say(f"{title} works in a list of alerts: 2 opens it")
            return None
        if pane.slipped and not pane.marks:
            pane.seen()
            say("the alert under the cursor has just gone; the cursor is on another one now", "bold")
            return None
        if pane.just_led() and not pane.marks:
            pane.seen()
            say("another alert has just come to the top: look, and press again", "bold")
            return None
        view = self.program.history.current
        ids = dict.fromkeys(each for key in pane.chosen() for each in view.behind(key))
        alerts = tuple(alert for each in ids if (alert := view.alert(each)) is not None)
        if not alerts:
            say("no alert here")
            return None
        return Chosen(alerts, pane, bool(pane.marks))

    # --- telling the engine ---

    def _on_chosen(self, command: str) -> None:
        chosen = self.chosen(COMMANDS[command].title)
        if chosen is not None:
            self._send(command, chosen)

    def _send(self, command: str, chosen: Chosen, **fields: Any) -> None:
        """Say what is about to happen, and to which alerts; have it done; say what came of it."""
        self.program.say(f"{COMMANDS[command].title}: {chosen.what} …")
        pane = chosen.pane
        if pane is not None and chosen.marked:
            pane.unmark()
        elif pane is not None and pane.current is not None:
            # whatever the command does to its place in the order, the next key is about the same alert
            pane.point(pane.current.key)
        self.program.spawn(self._tell(Command(command, chosen.targets, **fields), chosen))

    async def _tell(self, command: Command, chosen: Chosen | None = None) -> None:
        try:
            answer = await self.program.ask(command)
        except LinkError as error:
            self.program.say(f"not done: {error}", "warning")
            return
        if isinstance(answer, Failure):
            self.program.say(f"not done: {inert(answer.message)}", "warning")
        elif isinstance(answer, Done):
            if chosen is not None and chosen.pane is not None and chosen.marked and answer.refused:
                # what was refused stays marked, so that one sees which
                chosen.pane.marks |= {row.key for row in chosen.pane.all} & set(answer.refused)
            self.program.say(*triage_words.came_of(command, answer, chosen.brief if chosen is not None else ""))

    def do_ack(self, _: str) -> None:
        self._on_chosen("ack")

    def do_unack(self, _: str) -> None:
        self._on_chosen("unack")

    def do_unshelve(self, _: str) -> None:
        self._on_chosen("unshelve")

    def do_reset(self, _: str) -> None:
        self._on_chosen("reset")

    def do_return(self, _: str) -> None:
        self._on_chosen("return")

    def do_assign_me(self, _: str) -> None:
        self._assign(self.program.user)

    def do_assign(self, words: str) -> None:
        if words:
            self._assign("" if words == NOBODY else words)
        else:
            self._typing("assign ")

    def _assign(self, name: str) -> None:
        chosen = self.chosen("assigning")
        if chosen is not None:
            self._send("assign", chosen, to=name)

    def do_escalate(self, _: str) -> None:
        """People are called: that cannot be taken back, so it is asked first."""
        chosen = self.chosen("escalating")
        if chosen is not None:
            self._confirm(f"escalate {chosen.what} to the next step?", lambda: self._send("escalate", chosen))

    def do_close(self, words: str) -> None:
        chosen = self.chosen("closing")
        if chosen is None:
            return
        word, _, note = words.partition(" ")
        known = {each: each for each in get_args(Disposition)}
        if word and word not in known:
            self.program.say(f"close it as one of {', '.join(known)}", "warning")
        elif word:
            self._send("dispose", chosen, disposition=known[word], text=note.strip())
        else:

            def close_as(disposition: str) -> Callable[[], None]:
                return lambda: self._send("dispose", chosen, disposition=disposition)

            choices = {key: close_as(disposition) for key, disposition in CLOSING.items()}
            self.program.prompt = Prompt("choice", head=CLOSE_HEAD, about=self._about(chosen), choices=choices)

    # --- with words ---

    def do_comment(self, words: str) -> None:
        chosen = self.chosen("commenting")
        if chosen is None:
            return

        def answer(text: str) -> str:
            if not text.strip():
                return "nothing is written yet; Esc leaves it"
            self._send("comment", chosen, text=text.strip())
            return ""

        if words:
            answer(words)
        else:
            self.program.prompt = Prompt("ask", head=self._head("comment on", chosen), answer=answer)

    def do_shelve(self, words: str) -> None:
        chosen = self.chosen("shelving")
        if chosen is None:
            return
        longest = self._longest(chosen.alerts)

        def answer(text: str) -> str:
            model = self.program.model
            shift = model.site.shift.end if model.site is not None and model.site.shift is not None else None
            try:
                shelf = shelf_of(text, self.program.now(), model.timezone, shift, longest)
            except ShelfError as error:
                return inert(str(error))
            self._send("shelve", chosen, until=shelf.until, text=shelf.reason)
            return ""

        trouble = answer(words) if words else ""
        if words and not trouble:
            return
        text = words
        if not words and all(alert.chatters for alert in chosen.alerts):
            text = f"{format_duration(min(CHATTERING, longest or CHATTERING))} it chatters"
        about = (f"at most {format_duration(longest)}: " if longest is not None else "") + EXAMPLES
        prompt = Prompt("ask", text, head=self._head("shelve", chosen), about=about, answer=answer)
        prompt.trouble = trouble
        self.program.prompt = prompt

    def _longest(self, alerts: Sequence[AlertState]) -> float | None:
        """For how many seconds this person may shelve all of these; None: the engine has not said."""
        site = self.program.model.site
        allowed: dict[Priority, float] = site.longest_shelf.get(self.program.role, {}) if site is not None else {}
        return min((allowed[alert.priority] for alert in alerts if alert.priority in allowed), default=None)

    def do_oos(self, words: str) -> None:
        chosen = self.chosen("taking out of service")
        if chosen is None:
            return

        def answer(text: str) -> str:
            if not text.strip():
                return "say why: taking out of service needs a reason"
            self._send("out-of-service", chosen, text=text.strip())
            return ""

        if words:
            answer(words)
        else:
            about = "it calls nobody until someone returns it to service"
            head = self._head("out of service", chosen)
            self.program.prompt = Prompt("ask", head=head, about=about, answer=answer)

    def _head(self, verb: str, chosen: Chosen) -> str:
        return f"{verb} {chosen.brief}: "

    def _about(self, chosen: Chosen) -> str:
        first = chosen.alerts[0]
        return f"{signs.alert_sign(first.priority)} {chosen.what}" if len(chosen.alerts) == 1 else chosen.what

    def _confirm(self, question: str, do: Callable[[], None]) -> None:
        about = "this cannot be undone"
        self.program.prompt = Prompt("choice", head=f" {question}  y / n", about=about, choices={"y": do})

    def _typing(self, text: str) -> None:
        from opsconsole.console.words import complete

        program = self.program
        program.prompt = Prompt("command", complete=lambda line: complete(line, program.registry, program.model))
        program.prompt.insert(text)

    # --- taking back ---

    def do_undo(self, _: str) -> None:
        self.program.say("undo: your last command …")
        self.program.spawn(self._tell(Command("undo")))

    def do_redo(self, _: str) -> None:
        self.program.say("redo: what you have undone …")
        self.program.spawn(self._tell(Command("redo")))

    # --- marks ---

    def do_mark(self, _: str) -> None:
        pane = self._pane()
        if pane is not None:
            pane.mark()

    def do_mark_range(self, _: str) -> None:
        pane = self._pane()
        if pane is not None and pane.mark_range():
            self.program.say("move on: all rows from here are marked; v again ends the range")

    def do_clear_marks(self, _: str) -> None:
        pane = self._pane()
        if pane is not None:
            pane.unmark()

    def do_mark_like(self, _: str) -> None:
        """Mark what shares something with the alert under the cursor; which, is asked."""
        pane, view = self._pane(), self.program.history.current
        alert = view.alert(pane.current.key) if pane is not None and pane.current is not None else None
        if pane is None or alert is None:
            self.program.say("no alert here")
            return
        shown = [(row.key, view.alert(row.key)) for row in pane.rows]
        found = like(alert, [(key, other) for key, other in shown if other is not None])

        def mark(keys: set[str]) -> Callable[[], None]:
            def do() -> None:
                pane.marks |= keys
                self.program.say(f"{len(pane.marks)} marked: keys act on all of them")

            return do

        head = " mark all with the same " + " · ".join(
            f"{each.key} {each.name} ({len(each.keys)})" for each in found if each.keys
        )
        choices = {each.key: mark(each.keys) for each in found if each.keys}
        self.program.prompt = Prompt("choice", head=head, about=f"like {inert(alert.text)}", choices=choices)

    # --- going to the worst ---

    def do_next_critical(self, _: str) -> None:
        self._seek("critical", 1)

    def do_previous_critical(self, _: str) -> None:
        self._seek("critical", -1)

    def do_next_warning(self, _: str) -> None:
        self._seek("warning", 1)

    def do_previous_warning(self, _: str) -> None:
        self._seek("warning", -1)

    def _seek(self, priority: Priority, step: int) -> None:
        """Put the cursor on the next alert of a priority: on this screen where it has a list, else on that of all."""
        in_order = self.program.model.alerts_in_order()
        wanted = [alert.id for alert in in_order if alert.priority == priority and not signs.put_aside(alert)]
        if not wanted:
            self.program.say(f"no {priority} alert is open")
            return
        view = self.program.history.current
        if view.address.view == "alert":
            at = wanted.index(view.address.name) if view.address.name in wanted else -step
            self.program.go(Address("alert", name=wanted[(at + step) % len(wanted)]))
            return
        if view.reveal(wanted[0]) is None:
            self.program.go(Address("alerts"))
            view = self.program.history.current
        pane = view.reveal(wanted[0])
        if pane is None:
            return
        here = pane.cursor or ""
        shown = [each for each in wanted if view.shows(each)]
        if not shown:
            self.program.say(f"the filter hides every {priority} alert")
            return
        at = shown.index(here) if here in shown else (-1 if step > 0 else 0)
        target = shown[(at + step) % len(shown)]
        view.reveal(target)
        pane.point(target)

    def do_alert_rows(self, _: str) -> None:
        pane = self._pane()
        if pane is None or pane.current is None or self.program.history.current.alert(pane.current.key) is None:
            self.program.say("no alert here")
        else:
            self.program.go(Address("rows", of="alert", name=pane.current.key))

    def do_backtest(self, _: str) -> None:
        """Of the rule of the alert under the cursor; of all rules where there is none."""
        pane, view = self._pane(), self.program.history.current
        alert = view.alert(pane.current.key) if pane is not None and pane.current is not None else None
        self.program.go(Address("backtest", name=alert.rule if alert is not None else ""))
