"""What every screen is: something with an address that draws lines, moves a cursor and remembers where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace

from opsconsole.console import keeping
from opsconsole.console.address import Address
from opsconsole.console.alert_lists import fits
from opsconsole.console.context import Context
from opsconsole.console.link import LinkError
from opsconsole.console.pane import Pane
from opsconsole.console.text import Line
from opsconsole.engine.messages import AlertState, Answer, Ask, Failure, TableOf

if TYPE_CHECKING:
    from opsconsole.console.grid.grid import Grid


class View:
    """A screen. Actions call `do_<id>`; what a screen has no method for is tried on the program."""

    any_key = False
    """Whether any key leaves it."""

    KEPT: ClassVar[tuple[str, ...]] = ()
    """The plain attributes that say how it was left, besides its lists."""

    def __init__(self, ctx: Context, address: Address) -> None:
        self.ctx = ctx
        self.address = address
        self.trouble = ""

    @property
    def stack(self) -> str:
        """Which scopes of actions are active, by name in `opsconsole.console.actions.STACKS`."""
        return "list"

    typing = False
    """Whether the screen takes text: then `type` is asked about a key before anything else that it could mean."""

    def type(self, _key: str, _character: str | None) -> bool:
        """A key of a text that is typed on the screen; False where it means nothing in it."""
        return False

    def paste(self, text: str) -> None:
        """A text that is pasted while the screen takes text."""

    @property
    def pane(self) -> Pane | None:
        """The list that has the cursor."""
        return None

    @property
    def grid(self) -> Grid | None:
        """The table of rows that has the cursor, where the screen shows one."""
        return None

    def lists(self) -> dict[str, Pane]:
        """All lists it has, by names that stay."""
        return {"": self.pane} if self.pane is not None else {}

    def remember(self) -> dict[str, Any]:
        """How it is, of plain values, so that a console that is opened again can show it as it was left."""
        lists = {name: keeping.left(pane) for name, pane in self.lists().items()}
        return {"lists": lists, **{name: getattr(self, name) for name in self.KEPT}}

    def recall(self, state: dict[str, Any]) -> None:
        """Be as it was left; called before it has anything to show. What is not understood is left out.

        Raises TypeError, ValueError or KeyError where it is of another make.
        """
        for name in self.KEPT:
            if type(state.get(name)) is type(getattr(self, name)):
                setattr(self, name, state[name])
        lists = state.get("lists")
        if isinstance(lists, dict):
            for name, pane in self.lists().items():
                keeping.bring_back(pane, lists.get(name))

    def label(self) -> str:
        """Its part of the breadcrumb."""
        return self.address.view.capitalize()

    def crumbs(self) -> list[str]:
        """The same in steps: a screen that goes on from the one before it takes its place in the breadcrumb."""
        return [self.label()]

    def update(self, topics: set[str]) -> None:
        """Take from the model what is shown; `topics` are the parts that changed."""

    async def load(self) -> None:
        """Ask the engine for what the model does not have."""

    def draw(self, cells: int, lines: int) -> list[Line]:
        """The lines of the screen's body."""
        raise NotImplementedError

    def target(self) -> Address | None:
        """What Enter leads to."""
        return None

    async def ask(self, body: Ask) -> Answer | None:
        """An answer about the moment the screen is at; None with `trouble` set where there is none.

        It is about the range of the screen too, where what is asked knows ranges. None as well where the screen was put
        to another moment or range meanwhile: what it asked for then is on its way.
        """
        moment, over = self.address.at, self.address.over
        if getattr(body, "at", self) is None and (at := self.ctx.asked_at(moment)) is not None:
            body = replace(body, at=at)
        stretch = self.ctx.range_seconds(over) if over and getattr(body, "start", self) is None else None
        if stretch is not None:
            body = replace(body, start=stretch[0], end=stretch[1])
        of = getattr(body, "of", None)
        if isinstance(of, TableOf):
            body = replace(body, of=self._placed(of, moment, over))
        try:
            answer = await self.ctx.ask(body)
        except LinkError as error:
            self.trouble = str(error)
            return None
        if (self.address.at, self.address.over) != (moment, over):
            return None
        if isinstance(answer, Failure):
            self.trouble = answer.message
            return None
        self.trouble = ""
        return answer

    def stretch_shown(self) -> tuple[float, float] | None:
        """From when to before when a chart on this screen is zoomed to; None where there is none, or it is not."""
        return None

    def _placed(self, of: TableOf, moment: str, over: str) -> TableOf:
        """Rows of the moment and the range that the screen is at, unless they are of others."""
        if of.at is None and (at := self.ctx.asked_at(moment)) is not None:
            of = replace(of, at=at)
        stretch = self.ctx.range_seconds(over) if over and of.start is None and of.end is None else None
        return of if stretch is None else replace(of, start=stretch[0], end=stretch[1])

    # --- what all lists can do ---

    def move(self, _dx: int, dy: int) -> None:
        """Arrows."""
        if self.pane is not None and dy:
            self.pane.move(dy)

    def page(self, lines: int) -> None:
        """Move by many lines."""
        self.move(0, lines)

    def do_up(self) -> None:
        self.move(0, -1)

    def do_down(self) -> None:
        self.move(0, 1)

    def do_left(self) -> None:
        self.move(-1, 0)

    def do_right(self) -> None:
        self.move(1, 0)

    def do_top(self) -> None:
        if self.pane is not None:
            self.pane.goto(0)

    def do_bottom(self) -> None:
        if self.pane is not None:
            self.pane.goto(len(self.pane.rows) - 1)

    def do_half_down(self) -> None:
        self.page(self._height() // 2 or 1)

    def do_half_up(self) -> None:
        self.page(-(self._height() // 2 or 1))

    def do_page_down(self) -> None:
        self.page(self._height())

    def do_page_up(self) -> None:
        self.page(-self._height())

    def banner(self, _cells: int) -> Line | None:
        """What takes the place of the first line, while something goes on that a person must not forget."""
        return None

    def focus_at(self, _x: int, _y: int) -> bool:
        """Give the focus to the panel at a cell of the body, if it has not; whether that is all a click means."""
        return False

    def _height(self) -> int:
        return self.pane.height if self.pane is not None else 10

    def do_open(self) -> None:
        target = self.target()
        if target is not None:
            self.ctx.go(target)

    def do_next_hit(self) -> None:
        if self.pane is not None and not self.pane.hit(1):
            self.ctx.say("no other row matches" if self.pane.searched else self.ctx.told("filter with {filter} first"))

    def do_previous_hit(self) -> None:
        if self.pane is not None and not self.pane.hit(-1):
            self.ctx.say("no other row matches" if self.pane.searched else self.ctx.told("filter with {filter} first"))

    def filtered(self) -> str | None:
        """What is sought on this screen; None: there is nothing to seek in."""
        return self.pane.filter if self.pane is not None else None

    def set_filter(self, text: str) -> None:
        """Show only what has every word of `text` and none of its `!words`."""
        if self.pane is not None:
            self.pane.set_filter(text)

    def unfilter(self) -> bool:
        """Show all again; False where all is shown."""
        if self.pane is None or not self.pane.filter:
            return False
        self.pane.set_filter("")
        return True

    def alert(self, key: str) -> AlertState | None:
        """The alert that a row is about, as it was last seen."""
        return self.ctx.model.alerts.get(key)

    def offers(self, action: str) -> bool:
        """Whether an action makes sense for what is under the cursor, so that the footer offers it."""
        pane = self.pane
        alert = self.alert(pane.current.key) if pane is not None and pane.current is not None else None
        return alert is None or bool(pane and pane.marks) or fits(action, alert)

    def behind(self, key: str) -> list[str]:
        """The ids of the alerts that a row stands for: itself, or those that are folded into it."""
        return [key]

    def shows(self, _key: str) -> bool:
        """Whether the list of alerts on this screen has an alert, be it folded."""
        return False

    def reveal(self, _key: str) -> Pane | None:
        """A list of alerts on this screen that can show an alert, unfolded as far as that takes; None without one."""
        return None

    def files_meant(self) -> tuple[str, list[str]] | None:
        """The source and the files that "read anew" is about; no files: all that had trouble. None: not here."""
        return None

    def sql_address(self) -> Address | None:
        """Where the SQL behind what is shown can be read; None where there is none."""
        return None

    async def export(self, path: str) -> str:
        """Write what is shown, all of it, to a file; what to say of it."""
        return f"{path} is not written: there is nothing to export here"

    def copied(self) -> str:
        """What `y` copies."""
        return self.pane.current.copy if self.pane is not None and self.pane.current else ""
