"""The one registry of what a person can do: bindings, `:` commands, footer, help, palette and key table come from it.

A key is spelt as Textual names it where it has no character of its own ("enter", "ctrl+d"), else as the character.
A scope is a state of the screen in which an action works; `STACKS` says which scopes can be active together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.console.action import ALERTS as ALERTS
from opsconsole.console.action import (
    APP,
    ASIDE,
    CELLS,
    CHANGES,
    EDIT,
    EDITOR,
    FILE,
    FLOW,
    KPI,
    KPIS,
    LOG,
    OVERVIEW,
    PANELS,
    PAST,
    SOURCE,
    SQL,
    STEPS,
    WALL,
    WINDOWS,
)  # fmt: skip
from opsconsole.console.action import LIST as LIST
from opsconsole.console.action import Action as Action
from opsconsole.console.change_actions import MARKS
from opsconsole.console.edit_actions import EDITS
from opsconsole.console.flow_actions import FLOWS
from opsconsole.console.key_names import key_name as key_name
from opsconsole.console.layer_actions import LAYERED
from opsconsole.console.look_actions import LOOKS
from opsconsole.console.program_actions import PROGRAM
from opsconsole.console.record_actions import RECORDS
from opsconsole.console.sql_actions import QUERIES
from opsconsole.console.table_actions import TABLES
from opsconsole.console.time_actions import TIME
from opsconsole.console.triage_actions import TRIAGE
from opsconsole.engine.commands import COMMANDS, ROLES

SCOPES: dict[str, str] = {
    APP: "Everywhere",
    LIST: "In lists and tables",
    PANELS: "Where a screen has several panels",
    OVERVIEW: "On the overview",
    ALERTS: "In a list of alerts",
    KPIS: "In the list of KPIs",
    KPI: "On a KPI",
    CELLS: "In tables of rows",
    FLOW: "On a flow",
    SOURCE: "On sources, their files and their quarantine",
    FILE: "On files",
    ASIDE: "In quarantine",
    WINDOWS: "In the list of maintenance windows",
    CHANGES: "In the list of changes",
    LOG: "In the log",
    STEPS: "On a procedure",
    SQL: "On SQL",
    EDITOR: "While SQL is edited",
    EDIT: "While a layout is edited",
    PAST: "While a past moment is looked at",
    WALL: "On a wall (`--wall`)",
}

# What can be active together: each screen, with the panel that has the focus.
STACKS: dict[str, tuple[str, ...]] = {
    "overview": (APP, LIST, PANELS, OVERVIEW),
    "overview/alerts": (APP, LIST, PANELS, OVERVIEW, ALERTS),
    "alerts": (APP, LIST, ALERTS),
    "kpis": (APP, LIST, KPIS),
    "kpi": (APP, LIST, PANELS, KPI),
    "goals": (APP, LIST, PANELS),
    "lists": (APP, LIST, PANELS),
    "flow": (APP, LIST, PANELS, FLOW),
    "rows": (APP, LIST, CELLS),
    "sources": (APP, LIST, SOURCE),
    "source": (APP, LIST, PANELS, SOURCE, FILE),
    "quarantine": (APP, LIST, SOURCE, FILE, ASIDE),
    "explain": (APP, LIST, SOURCE),
    "maintenance": (APP, LIST, WINDOWS),
    "helped": (APP, LIST, CHANGES),
    "log": (APP, LIST, LOG),
    "procedure": (APP, LIST, STEPS),
    "query": (APP, LIST, CELLS, SQL),
    "sql": (APP, LIST, SQL),
    "editor": (SQL, EDITOR),
    "list": (APP, LIST),
    "text": (APP, LIST),
    "wall": (APP, WALL),
    "edit": (EDIT,),
}


def then(stack: str) -> str:
    """The stack of a screen while a past moment is looked at."""
    return f"{stack} then"


STACKS |= {then(stack): (*scopes, PAST) for stack, scopes in STACKS.items()}


_MENTIONED = re.compile(r"\{([a-z][a-z-]*)\}")


class ClashError(Exception):
    """Two actions want one key, one word or one id where both can be active."""


ACTIONS: tuple[Action, ...] = (
    Action("help", "Show the keys that work here, now", ("?", "f1"), line="help", rank=0, short="help"),
    Action("tour", "The tour: what one sees, five keys, where to go", line="tour"),
    Action("command", "Open the command line", (":",), rank=1, short="command"),
    Action("palette", "Search all actions", ("ctrl+p",)),
    Action("back", "Back: one thing at a time (input, filter, marks, view)", ("escape",), line="back"),
    Action("last", "The view before this one, and back again", ("-",), line="last"),
    Action("overview", "Overview", ("1",), line="overview [LAYOUT]"),
    Action("alerts", "Alerts", ("2",), line="alerts [state=…] [priority=…] [owner=me] [area=…] [WORDS]"),
    Action("kpis", "KPIs", ("3",), line="kpis"),
    Action("goals", "Goals: how far they are attained, what needs attention first", ("4",), line="goals"),
    Action("tables", "Tables: the rows of each source", ("5",), line="tables"),
    *FLOWS,
    Action("sources", "Sources: files, freshness, quarantine", ("8",), line="sources"),
    Action("refresh", "Ask the engine again for what is shown", ("r",), line="refresh"),
    Action("at", "Look at a past moment: 03:40, 2013-06-24 10:00, yesterday, -2h, shift -1", line="at MOMENT"),
    Action("copy", "Copy the cell or row under the cursor", ("y",)),
    Action("quit", "Leave; the engine goes on", ("q",), line="quit", rank=9, short="quit"),
    Action("up", "Up", ("up", "k"), LIST),
    Action("down", "Down", ("down", "j"), LIST),
    Action("left", "Left", ("left", "h"), LIST),
    Action("right", "Right", ("right", "l"), LIST),
    Action("top", "First row", ("g", "home"), LIST),
    Action("bottom", "Last row", ("G", "end"), LIST),
    Action("half-down", "Half a page down", ("ctrl+d",), LIST),
    Action("half-up", "Half a page up", ("ctrl+u",), LIST),
    Action("page-down", "A page down", ("pagedown",), LIST),
    Action("page-up", "A page up", ("pageup",), LIST),
    Action("open", "Open what is under the cursor", ("enter",), LIST, rank=3, short="open"),
    Action(
        "filter",
        "Filter: words that must be there, !words that must not",
        ("/",),
        LIST,
        line="filter [WORDS]",
        rank=2,
        short="filter",
    ),
    Action("next-hit", "Next row that matches the filter", ("n",), LIST),
    Action("previous-hit", "Previous row that matches the filter", ("N",), LIST),
    Action("next-panel", "Next panel", ("tab",), PANELS, rank=7, short="panel"),
    Action("previous-panel", "Previous panel", ("shift+tab",), PANELS),
    Action("next-layout", "Next layout", ("]",), OVERVIEW),
    Action("previous-layout", "Previous layout", ("[",), OVERVIEW),
    *PROGRAM,
    *TRIAGE,
    *RECORDS,
    *MARKS,
    *QUERIES,
    *LOOKS,
    *TIME,
    Action("order", "Sort: what needs attention first, or as in the site file", ("O",), KPIS, rank=4, short="sort"),
    Action("next-dimension", "Break down by the next dimension", ("b",), KPI, rank=4, short="by"),
    Action("choose-dimension", "Break down by any column", ("B",), KPI),
    Action("next-comparison", "What moved it against another period", ("m",), KPI, rank=8, short="against"),
    Action("rows-behind", "The rows behind the number", ("d",), KPI, rank=5, short="rows"),
    Action(
        "sql",
        "The SQL behind the number, to read and to copy",
        ("i",),
        KPI,
        line="sql [NAME [by DIM] [where DIM=MEMBER …] [during RANGE] [at MOMENT] [rows]]",
        rank=8,
        short="SQL",
    ),
    *LAYERED,
    Action("copy-address", "Copy the command line of this screen", ("Y",), KPI, line="copy-address"),
    *TABLES,
    *EDITS,
    Action(
        "quarantine",
        "What was set aside, with the raw text and why",
        ("Q",),
        SOURCE,
        line="quarantine [SOURCE] [file=GLOB] [reason=TEXT] [column=NAME]",
        rank=5,
        short="quarantine",
    ),
    Action(
        "retry",
        "Read files anew: the one under the cursor, or all of a source that had trouble",
        ("R",),
        SOURCE,
        line="retry [SOURCE] [FILE …]",
        command="retry",
        rank=6,
        short="read anew",
    ),
    Action(
        "explain",
        "How a file is read, and the YAML that pins it",
        ("i",),
        FILE,
        line="explain FILE [SOURCE]",
        rank=4,
        short="how read",
    ),
    Action("group", "By reason, or one by one", ("b",), ASIDE, rank=4, short="by reason"),
    Action(
        "export",
        "Write all of it as CSV, not only what is loaded",
        ("X",),
        ASIDE,
        line="export FILE [seen]",
        rank=7,
        short="export",
    ),
    Action("live", "Live again, on all screens", ("0",), PAST, rank=2, short="live"),
    Action("step-back", "A bucket of the trend back", (",",), PAST, rank=3, short="back"),
    Action("step-on", "A bucket of the trend on", (".",), PAST, rank=3, short="on"),
    Action("window-back", "A window back", ("{",), PAST),
    Action("window-on", "A window on", ("}",), PAST),
    Action(
        "kpi",
        "One KPI: breakdown, trend, what moved it, compared with what",
        line="kpi NAME [by DIM] [where DIM=MEMBER …] [over time] [against …] [during RANGE] [at MOMENT] [rows]",
    ),
    Action("alert", "One alert", line="alert ID"),
    Action("source", "One source: its files and its quarantine", line="source NAME"),
    Action(
        "rows",
        "The rows behind a KPI, an alert or of a source",
        line="rows kpi|alert|source NAME [where DIM=MEMBER …] [filter …] [sort …] [group …] [during RANGE] [at MOMENT]",
    ),
    Action("line", "A line of a file as it lies there", line="line SOURCE FILE NUMBER"),
    Action("restart-engine", "Start the engine anew", line="restart-engine"),
    Action("save-draft", "Write the draft as site.yaml, to make it yours", line="save-draft", command="save-draft"),
)


class Clash(Struct, frozen=True):
    """A key that two actions want where both can be active: first met in a stack, both in `scope` or wider ones."""

    key: str
    one: Action
    other: Action
    stack: str
    scope: str

    def __str__(self) -> str:
        where = SCOPES[self.scope]
        return (
            f"key `{key_name(self.key)}` would mean both `{self.one.id}` and `{self.other.id}` "
            f"{where[0].lower()}{where[1:]}; give one of them another"
        )


def clashes(actions: Sequence[Action]) -> list[Clash]:
    """The keys that two actions want where both can be active, each pair once."""
    found: dict[tuple[str, str, str], Clash] = {}
    for stack, scopes in STACKS.items():
        taken: dict[str, Action] = {}
        for action in (action for action in actions if action.scope in scopes):
            for key in action.keys:
                other = taken.setdefault(key, action)
                if other is not action:
                    scope = max(action.scope, other.scope, key=scopes.index)
                    found.setdefault((key, other.id, action.id), Clash(key, other, action, stack, scope))
    return list(found.values())


def rebound(actions: Iterable[Action], keys: Mapping[str, tuple[str, ...]]) -> tuple[Action, ...]:
    """The actions with a person's own keys, by the ids of actions."""
    return tuple(replace(action, keys=keys[action.id]) if action.id in keys else action for action in actions)


class Registry:
    """The actions with their keys, checked for clashes."""

    def __init__(self, actions: Iterable[Action] = ACTIONS) -> None:
        self.actions = tuple(actions)
        self.by_id = {action.id: action for action in self.actions}
        self.by_word = {action.word: action for action in self.actions if action.line}
        self._check()
        self._bound = {
            stack: {key: action for action in self.in_scopes(scopes) for key in action.keys}
            for stack, scopes in STACKS.items()
        }

    def _check(self) -> None:
        if len(self.by_id) < len(self.actions):
            raise ClashError("two actions have one id")
        if len(self.by_word) < sum(bool(action.line) for action in self.actions):
            raise ClashError("two actions have one command word")
        for action in self.actions:
            if action.scope not in SCOPES:
                raise ClashError(f"action {action.id}: no such scope as {action.scope}")
            if action.command is not None and action.command not in COMMANDS:
                raise ClashError(f"action {action.id}: the engine knows no command {action.command}")
        for clash in clashes(self.actions):
            raise ClashError(f"key {clash.key} means both {clash.one.id} and {clash.other.id} in {clash.stack}")

    def in_scopes(self, scopes: Sequence[str]) -> list[Action]:
        """The actions of these scopes, in the order of the registry."""
        return [action for action in self.actions if action.scope in scopes]

    def find(self, key: str, stack: str) -> Action | None:
        """The action that `key` means in a stack of scopes."""
        return self._bound[stack].get(key)

    def hint(self, action_id: str) -> str:
        """How to do an action, for a text that says so: its first key, else its command, else the palette's key."""
        action = self.by_id[action_id]
        if action.keys:
            return key_name(action.keys[0])
        return f":{action.word}" if action.line else self.hint("palette")

    def told(self, text: str) -> str:
        """A text that mentions keys, with the key of each `{action}` as it is now: "{live} is live"."""
        return _MENTIONED.sub(lambda found: self.hint(found[1]), text)

    def unreachable(self) -> list[Action]:
        """The actions that no key, no command line and no palette leads to."""
        typed, sought = (bool(self.by_id[name].keys) for name in ("command", "palette"))
        return [action for action in self.actions if not (action.keys or sought or (typed and action.line))]

    def footer(self, stack: str, role: str = ROLES[-1]) -> list[Action]:
        """What the footer offers, most wanted first."""
        scopes = STACKS[stack]
        ranked = [
            action
            for action in self.in_scopes(scopes)
            if action.rank is not None and action.keys and works(action, scopes, role)
        ]
        return sorted(ranked, key=lambda action: action.rank or 0)


def works(action: Action, scopes: Sequence[str], role: str = ROLES[-1]) -> bool:
    """Whether an action would do anything: nothing is commanded in a past moment, or without the role for it."""
    return action.command is None or (PAST not in scopes and may(action, role))


def may(action: Action, role: str) -> bool:
    """Whether a role is enough for what an action asks of the engine."""
    needed = COMMANDS[action.command].role if action.command is not None else ROLES[0]
    return role not in ROLES or ROLES.index(role) >= ROLES.index(needed)


def markdown(registry: Registry) -> str:
    """The table of keys and commands for the README."""
    lines: list[str] = []
    for scope, heading in SCOPES.items():
        lines += [f"**{heading}**", "", "| key | command | what it does | action |", "|---|---|---|---|"]
        for action in registry.in_scopes((scope,)):
            keys = " ".join(f"`{key_name(key)}`" for key in action.keys)
            line = f"`:{action.line}`".replace("|", "\\|") if action.line else ""
            lines.append(f"| {keys} | {line} | {action.title} | `{action.id}` |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
