"""What the actions do that mark changes to the operation, and show whether they helped."""

from __future__ import annotations

from collections.abc import Callable

from opsconsole.console.address import Address
from opsconsole.console.change_words import ChangeError, change_of
from opsconsole.console.host import Program
from opsconsole.console.prompt import Prompt
from opsconsole.console.text import inert
from opsconsole.engine.messages import ChangeMark, Command


class Changing:
    """The handlers: `do_<id>` for each of these actions."""

    def __init__(self, program: Program, tell: Callable[[Command, str], None]) -> None:
        """`tell` gives the engine a command and says what came of it."""
        self.program = program
        self._command = tell

    def do_change(self, words: str) -> None:
        """On a KPI's screen its name may be left out."""
        here = self.program.history.current.address
        kpis = self.program.model.kpis
        first = words.split(" ", 1)[0].split(",")[0]
        if here.view == "kpi" and words and first not in kpis:
            members = " ".join(f"{name}={member}" for name, member in here.where if member and " " not in member)
            words = " ".join(part for part in (here.name, members, words) if part)
        try:
            mark = change_of(words, kpis, self._moment)
        except ChangeError as error:
            self.program.say(inert(str(error)), "warning")
            return
        self._command(Command("change", change=mark), "")

    def _moment(self, words: str) -> float:
        """A moment as it was typed. Raises MomentError, a ValueError."""
        travel = self.program.travel
        return (None if words == "now" else travel.seconds(travel.kept(words))) or 0.0

    def do_helped(self, words: str) -> None:
        self.program.go(Address("helped", name=words))

    def do_drop_change(self, words: str) -> None:
        """The one that is named, or under the cursor in their list."""
        view = self.program.history.current
        row = view.pane.current if view.address.view == "helped" and view.pane is not None else None
        name = words or (row.key.partition("\0")[0] if row is not None else "")
        mark = next((each for each in self.program.model.marked if each.id == name), None)
        if mark is None:
            self.program.say("which change? :helped lists them")
            return
        command = Command("drop-change", change=ChangeMark(id=name))
        self.program.prompt = Prompt(
            "choice",
            head=f" take back the change {inert(name)}: {inert(mark.text)}?  y / n",
            about="it goes from all charts; the log keeps that it was there",
            choices={"y": lambda: self._command(command, "")},
        )
