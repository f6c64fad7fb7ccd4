"""What the actions do that arrange how alerts are looked at: saved views of the list, and maintenance windows."""

from __future__ import annotations

from collections.abc import Callable

from opsconsole.console import triage_words
from opsconsole.console.address import Address, BadAddressError, parse
from opsconsole.console.host import Program
from opsconsole.console.link import LinkError
from opsconsole.console.maintenance_words import WindowError, window_of
from opsconsole.console.prompt import Prompt
from opsconsole.console.text import inert
from opsconsole.engine.messages import Command, Done, Failure, Maintenance, SavedView


class Planning:
    """The handlers: `do_<id>` for each of these actions."""

    def __init__(self, program: Program, run: Callable[[str, str], None]) -> None:
        """`run` does another action, checked as if its own command line had been typed."""
        self.program = program
        self._run = run

    # --- saved views ---

    def do_view(self, words: str) -> None:
        """`view NAME` shows one; `view save NAME` and `view drop NAME` are longer words for what they say."""
        first, _, rest = words.partition(" ")
        views = {view.name: view for view in self.program.model.views}
        if first in ("save", "drop") and rest and words not in views:
            self._run(f"{first}-view", rest.strip())
        elif words in views:
            try:
                self.program.go(parse(views[words].line, self.program.travel.kept))
            except BadAddressError as error:
                self.program.say(f"the view {inert(words)} cannot be shown: {inert(str(error))}", "warning")
        elif not words:
            known = ", ".join(inert(name) for name in views)
            self.program.say(f"saved views: {known}" if known else "no view is saved yet: :view save NAME")
        else:
            self.program.say(f"no view is called {inert(words)}; :view lists them", "warning")

    def do_save_view(self, words: str) -> None:
        address = self.program.history.current.address
        if address.view != "alerts":
            self.program.say("a view is saved from the list of alerts: 2 opens it")
        elif not words:
            self.program.say("under which name? :view save NAME")
        else:
            view = SavedView(words, str(address), self.program.user)
            self.tell(Command("save-view", view=view), inert(words))

    def do_drop_view(self, words: str) -> None:
        if words not in {view.name for view in self.program.model.views}:
            self.program.say(f"no view is called {inert(words)}; :view lists them", "warning")
            return
        self.tell(Command("drop-view", view=SavedView(words, "", self.program.user)), inert(words))

    # --- reports and maintenance ---

    def do_forecast(self, _: str) -> None:
        """That of the KPI whose screen one is on; with a name the line is an address of its own."""
        address = self.program.history.current.address
        if address.view != "kpi":
            self.program.say("which KPI? :forecast NAME")
            return
        self.program.go(Address("forecast", name=address.name, where=address.where, at=address.at))

    def do_control(self, _: str) -> None:
        """That of the KPI whose screen one is on; with a name the line is an address of its own."""
        address = self.program.history.current.address
        if address.view != "kpi":
            self.program.say("which KPI? :control NAME")
            return
        self.program.go(Address("control", name=address.name, where=address.where, at=address.at))

    def do_anomalies(self, _: str) -> None:
        """Those of the KPI or the source whose screen one is on; with a name the line is an address of its own."""
        address = self.program.history.current.address
        if address.view not in ("kpi", "source") and (address.view, address.of) != ("rows", "source"):
            self.program.say("of what? :anomalies KPI or SOURCE")
            return
        self.program.go(Address("anomalies", name=address.name, where=address.where, at=address.at))

    def do_scorecard(self, _: str) -> None:
        self.program.go(Address("scorecard"))

    def do_maintenance(self, words: str) -> None:
        if words:
            self._run("plan-maintenance", words)
        else:
            self.program.go(Address("maintenance"))

    def do_plan_maintenance(self, words: str) -> None:
        try:
            window = window_of(words, self.program.now(), self.program.model.timezone)
        except WindowError as error:
            self.program.say(inert(str(error)), "warning")
            return
        self.tell(Command("plan-maintenance", maintenance=window), inert(scope_words(window)))

    def do_end_maintenance(self, words: str) -> None:
        """The one that is named, or under the cursor in their list; it is asked first, for it cannot be undone."""
        view = self.program.history.current
        on_list = view.address.view == "maintenance" and view.pane is not None and view.pane.current is not None
        name = words or (view.pane.current.key if on_list and view.pane and view.pane.current else "")
        window = next((each for each in self.program.model.maintenance if each.id == name), None)
        if window is None:
            self.program.say("of which window? :maintenance lists them")
            return
        what = inert(scope_words(window))
        command = Command("end-maintenance", maintenance=window)
        head = f" end the maintenance of {what}?  y / n"
        about = "its alerts call people again; this cannot be undone"
        self.program.prompt = Prompt("choice", head=head, about=about, choices={"y": lambda: self.tell(command, what)})

    def tell(self, command: Command, what: str) -> None:
        """Give the engine a command, and say what came of it."""
        self.program.spawn(self._told(command, what))

    async def _told(self, command: Command, what: str) -> None:
        try:
            answer = await self.program.ask(command)
        except LinkError as error:
            self.program.say(f"not done: {error}", "warning")
            return
        if isinstance(answer, Failure):
            self.program.say(f"not done: {inert(answer.message)}", "warning")
        elif isinstance(answer, Done):
            self.program.say(*triage_words.came_of(command, answer, what))


def scope_words(window: Maintenance) -> str:
    """What a window is about: an area, or labels."""
    labels = " ".join(f"{name}={member}" for name, member in window.labels.items())
    return " ".join(part for part in (window.area, labels) if part)
