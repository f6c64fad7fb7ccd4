"""Rows of alert lists. They are made when they come in sight, and made anew only when their alert or the minute did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from opsconsole.console import fmt, signs
from opsconsole.console.alert_filter import sought
from opsconsole.console.flood import LOW, Fold
from opsconsole.console.pane import Column, LateRow, Row, cell
from opsconsole.console.text import Line, clip, inert
from opsconsole.engine.messages import AlertState

SHORT = (
    Column("", 2),
    Column("what", 24, "ends", grow=True, most=90),
    Column("since", 9, "right", drop=1),
    Column("who", 6, drop=2),
)
FULL = (
    Column("P", 2),
    Column("state", 7, drop=2),
    Column("what", 39, "ends", grow=True, most=90),
    Column("since", 9, "right", drop=6),
    Column("age", 4, "right", drop=1),
    Column("n", 3, "right", drop=5),
    Column("who", 8, drop=4),
    Column("note", 14, grow=True, drop=7, most=30),
)
INDENT = "  "
TAIL = 24
BADGE = "~ "
"""Before the text of an alert that chatters."""
ASIDE = "z "
"""Before the text of an alert that calls nobody."""


def state_word(alert: AlertState) -> str:
    """The state as a list shows it."""
    return signs.STATE_WORDS[alert.state]


def fits(action: str, alert: AlertState) -> bool:
    """Whether an action makes sense in the state of an alert, to be offered for it."""
    if action in ("ack", "shelve", "close"):
        return not signs.put_aside(alert) and (action != "ack" or alert.state in ("UNACK", "RTNUN"))
    state = {"unack": "ACK", "unshelve": "SHELVED", "reset": "LATCHED"}.get(action)
    return state is None or alert.state == state


def until_word(alert: AlertState, now: float, timezone: str) -> str:
    """Until when it is put aside: "until 14:00", "until it clears"."""
    if alert.state == "SHELVED":
        return f"until {fmt.since(alert.until, now, timezone)}" if alert.until is not None else "until it clears"
    if alert.state == "SUPPRESSED" and alert.suppressed:
        return f"by {inert(', '.join(alert.suppressed))}"
    return "until returned" if alert.state == "OOS" else ""


def owner_word(alert: AlertState) -> str:
    """Who has it: its owner, else who acknowledged it."""
    return inert(alert.owner or alert.who) or "—"


def what_words(alert: AlertState, now: float, timezone: str, indent: str = "") -> Line:
    """The text of an alert, and what must be seen of it however long that is: until when it is put aside, and so on."""
    after = [until_word(alert, now, timezone)]
    if alert.quality != "good":
        after.append(f"({alert.quality})")
    if alert.escalation:
        after.append(f"(escalated {alert.escalation})")
    mark = ASIDE if signs.put_aside(alert) else BADGE if alert.chatters else ""
    text = indent + mark + inert(alert.text)
    tail = "  ".join(each for each in after if each)
    return [(text, ""), (f"  {clip(tail, TAIL)}", "")] if tail else [(text, "")]


def alert_row(alert: AlertState, now: float, timezone: str, columns: Sequence[Column], indent: str = "") -> Row:
    """An alert by the columns of a list; reverse while nobody has acknowledged it."""
    since = fmt.since(alert.since, now, timezone)
    word = state_word(alert)
    cells: dict[str, Line] = {
        "P": cell(signs.alert_sign(alert.priority)),
        "": cell(signs.alert_sign(alert.priority), "reverse" if alert.state == "RTNUN" else ""),
        "state": cell(word, "reverse" if alert.state == "RTNUN" else ""),
        "what": what_words(alert, now, timezone, indent),
        "since": cell(since),
        "age": cell(fmt.age(now - alert.since)),
        "n": cell(str(alert.count)),
        "who": cell(owner_word(alert)),
        "note": cell(inert(alert.note or alert.reason)),
    }
    copied = "\t".join((alert.priority, word, alert.text, since, alert.owner or alert.who))
    return Row(alert.id, tuple(cells[column.title] for column in columns), signs.alert_style(alert), copied)


def fold_row(fold: Fold, columns: Sequence[Column]) -> Row:
    """What is folded into one line: how many, of which priorities, how many nobody has acknowledged."""
    cells: dict[str, Line] = {"what": cell(inert(fold.text())), "": cell(fold.sign()), "P": cell(fold.sign())}
    shown = tuple(cells.get(column.title, cell("")) for column in columns)
    quiet = fold.key == LOW or not fold.unacknowledged
    return Row(fold.key, shown, "dim" if quiet else "", fold.text())


class AlertRows:
    """The rows of a list, kept from one change to the next."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self._kept: dict[str, tuple[AlertState | Fold, str, LateRow]] = {}
        self._minute = -1

    def rows(self, entries: Iterable[AlertState | Fold], now: float, timezone: str) -> list[LateRow]:
        """A row for each entry; those of before where nothing of them has changed."""
        minute = int(now // 60)
        known = self._kept if minute == self._minute else {}
        self._minute, self._kept = minute, {}
        out: list[LateRow] = []
        folded: set[str] = set()
        for entry in entries:
            if isinstance(entry, Fold):
                folded.update(entry.ids if entry.open else ())
                key, indent = entry.key, ""
            else:
                key, indent = entry.id, INDENT if entry.id in folded else ""
            before = known.get(key)
            if before is not None and before[0] is entry and before[1] == indent:
                row = before[2]
            elif isinstance(entry, Fold):
                row = LateRow(key, partial(fold_row, entry, self.columns), entry.text)
            else:
                make = partial(alert_row, entry, now, timezone, self.columns, indent)
                row = LateRow(key, make, partial(sought, entry))
            self._kept[key] = (entry, indent, row)
            out.append(row)
        return out
