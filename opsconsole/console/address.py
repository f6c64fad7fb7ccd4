"""Addresses: each screen is a command line, so that it can be typed, kept in a history and gone back to."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.console import alert_filter
from opsconsole.console.grid.shape import Shape
from opsconsole.console.grid.shape_words import KEYS, WordsError, shape_words, with_words
from opsconsole.site import ranges
from opsconsole.site.duration import parse_duration
from opsconsole.site.moments import EXAMPLES

VIEWS = (
    "overview",
    "alerts",
    "alert",
    "kpis",
    "kpi",
    "goals",
    "flow",
    "tables",
    "sql",
    "query",
    "rows",
    "line",
    "sources",
    "source",
    "quarantine",
    "explain",
    "maintenance",
    "control",
    "forecast",
    "anomalies",
    "scorecard",
    "backtest",
    "helped",
    "log",
    "procedure",
    "tour",
    "keys",
    "help",
)
NULL = ":null"
# What a KPI's screen can show beside its value, by the words that ask for it; the breakdown needs none.
SHOWN = {"over time": "time", "moved": "moved", "compared": "compared", "card": "card"}
# What a flow's screen can show beside its steps, by the words that ask for it.
FLOW_PARTS = {
    "variants": "variants", "moves": "moves", "hand-offs": "hands", "rework": "rework", "over time": "time",
    "flagged": "flagged",
}  # fmt: skip
AGAINST = {"before": "before", "yesterday": "day", "last week": "week", "best": "best"}
# How many words of a command line name things, the view included: an `at` among them is a name.
_NAMED = {"line": 4, "control": 2, "forecast": 2, "anomalies": 2, "alert": 2, "source": 2, "explain": 2, "procedure": 2}
# By what each part of a flow's screen is narrowed to cases.
_FLOW_KEYS: dict[str, tuple[str, ...]] = {
    "": ("step",), "variants": ("variant",), "moves": ("from", "to"), "hand-offs": ("from", "to"), "rework": ("again",),
}  # fmt: skip
_PARTS = ("where", *KEYS, "during", "at")
_NEXT = ("by", "where", "over", "moved", "compared", "card", "against", "during", "at", "rows")


class BadAddressError(ValueError):
    """A command line that names no screen; one sentence for a person."""


class Address(Struct, frozen=True):
    """Where one is. `of` is kpi, alert or source for `rows`; `where` are members chosen on the way down, or the parts
    of a filter of alerts, of which `name` has the words.

    `at` is the moment that is looked at, as `opsconsole.site.moments` keeps it; empty: now. `over` is the range of time
    that is looked at, as `opsconsole.site.ranges` keeps it and `during` says it; empty: each has its own. `show` is the
    part of a KPI's screen, `against` what its change is explained against (a kind of comparison). `table` is
    how rows are looked at: sorted, filtered, grouped.
    """

    view: str
    name: str = ""
    of: str = ""
    by: str = ""
    where: tuple[tuple[str, str | None], ...] = ()
    line: int = 0
    at: str = ""
    show: str = ""
    against: str = ""
    table: Shape = Shape()
    over: str = ""

    def __str__(self) -> str:
        if self.view == "query":
            return f"query {self.name}".rstrip()  # SQL is typed as it is
        words = [self.view]
        if self.of:
            words.append(self.of)
        if self.name and self.view not in ("alerts", "log"):
            words.append(self.name)
        if self.by:
            words += [self.by] if self.view in ("line", "explain") else ["by", self.by]
        if self.line:
            words.append(str(self.line))
        if self.where:
            if self.view in ("kpi", "sql", "rows", "control", "forecast", "anomalies"):
                words.append("where")
            words += [dim + NULL if member is None else f"{dim}={member}" for dim, member in self.where]
        if self.name and self.view in ("alerts", "log"):
            words += self.name.split()
        words += shape_words(self.table)
        if self.show == "rows":
            words.append("rows")
        elif self.show:
            parts = FLOW_PARTS if self.view == "flow" else SHOWN
            words += next(said for said, show in parts.items() if show == self.show).split()
        if self.against:
            words += ["against", *next(said for said, key in AGAINST.items() if key == self.against).split()]
        if self.over:
            words += ["during", *self.over.split()]
        if self.at:
            words += ["at", self.at]
        return shlex.join(words)


def parse(line: str, moment: Callable[[str], str] = str, stretch: Callable[[str], str] = str) -> Address:
    """The address that a command line names.

    `moment` makes of a moment as it was typed the one that is kept, `stretch` of a range. Raises `BadAddressError`.
    """
    address = _parse(line)
    try:
        if address.over:
            address = replace(address, over=stretch(address.over))
        return replace(address, at=moment(address.at)) if address.at else address
    except ValueError as error:
        raise BadAddressError(str(error)) from error


def _parse(line: str) -> Address:
    head, _, sql = line.strip().partition(" ")
    if head == "query":
        return Address(head, name=sql.strip())
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise BadAddressError(f"a quotation mark is missing its partner in: {line}") from error
    if not words or words[0] not in VIEWS:
        raise BadAddressError(f"no such view: {words[0] if words else ''}")
    view = words[0]
    if view not in ("kpi", "rows", "sql"):
        words, at = _ending(words, "at")
        words, over = _ending(words, "during")
        return replace(_view(words), at=at, over=over) if at or over else _view(words)
    return _view(words)


def _ending(words: list[str], key: str) -> tuple[list[str], str]:
    """A command line without the moment or range at its end, and that: `alerts during yesterday at 10:00`."""
    for place in range(len(words) - 2, _NAMED.get(words[0], 1) - 1, -1):
        if words[place] == key:
            return words[:place], " ".join(words[place + 1 :])
    return words, ""


def _view(words: list[str]) -> Address:
    view, rest = words[0], words[1:]
    if view == "rows":
        return _rows(rest)
    if view == "line":
        return _line(rest)
    if view == "kpi":
        return _kpi(rest)
    if view == "sql":
        return _sql(rest)
    if view == "alerts":
        return _alerts(rest)
    if view == "backtest":
        return _backtest(rest)
    if view in ("control", "forecast", "anomalies"):
        return _watched(view, rest)
    if view == "scorecard" and rest:
        return _scorecard(rest)
    if view == "helped":
        if len(rest) > 2:
            raise BadAddressError("helped takes a change and one of its KPIs, such as: helped c1 scrap")
        return Address(view, name=rest[-1], of=rest[0] if len(rest) == 2 else "") if rest else Address(view)
    if view == "quarantine":
        return _quarantine(rest)
    if view == "flow":
        return _flow(rest)
    if view == "explain":
        if len(rest) not in (1, 2):
            raise BadAddressError("explain needs a file, and a source where several take it")
        return Address(view, name=rest[0], by=rest[1] if len(rest) == 2 else "")
    if view == "log":
        return Address(view, name=" ".join(rest))
    if view in ("alert", "source", "procedure"):
        if len(rest) != 1:
            raise BadAddressError(f"{view} needs one name")
        return Address(view, name=rest[0])
    if view in ("overview", "help") and len(rest) <= 1:
        return Address(view, name=rest[0] if rest else "")
    if rest:
        raise BadAddressError(f"{view} takes no argument")
    return Address(view)


def _rows(words: Sequence[str]) -> Address:
    """`rows kpi|alert|source NAME [where DIM=MEMBER …] [filter "qty > 3" …] [sort -qty] … [at MOMENT]`."""
    if len(words) < 2 or words[0] not in ("kpi", "alert", "source"):
        raise BadAddressError("rows needs kpi, alert or source and a name, such as: rows source cycles")
    address, rest = Address("rows", of=words[0], name=words[1]), list(words[2:])
    key = "where"
    while rest:
        if rest[0] in _PARTS:
            key = rest.pop(0)
        # the word after a key is its own, whatever it is
        end = next((at for at, word in enumerate(rest) if at and word in _PARTS), len(rest))
        taken, rest = rest[:end], rest[end:]
        if key == "where":
            address = replace(address, where=(*address.where, *_members(taken)))
        elif key == "at":
            address = replace(address, at=_at(taken))
        elif key == "during":
            address = replace(address, over=_over(taken))
        else:
            try:
                address = replace(address, table=with_words(address.table, key, taken))
            except WordsError as error:
                raise BadAddressError(str(error)) from error
    return address


def _line(words: Sequence[str]) -> Address:
    if len(words) != 3 or not words[2].isdecimal() or int(words[2]) < 1:
        raise BadAddressError("line needs a source, a file and a line number")
    return Address("line", name=words[0], by=words[1], line=int(words[2]))


def _alerts(words: Sequence[str]) -> Address:
    """`alerts [state=…] [priority=…] [owner=…] [area=…] [incident=…] [WORDS]`, in any order."""
    parts = _members([word for word in words if word.partition("=")[0] in alert_filter.KEYS and "=" in word])
    sought = [word for word in words if word.partition("=")[0] not in alert_filter.KEYS or "=" not in word]
    try:
        return Address("alerts", name=" ".join(sought), where=alert_filter.checked(parts))
    except alert_filter.BadFilterError as error:
        raise BadAddressError(str(error)) from error


def _backtest(words: Sequence[str]) -> Address:
    """`backtest [RULE] [since=30d] [KEY=VALUE …]`: what a rule would have raised, with some of its keys changed."""
    name = words[0] if words and "=" not in words[0] else ""
    where = _members(words[1:] if name else words)
    for key, value in where:
        if key == "since":
            _length(value or "")
        elif not name:
            raise BadAddressError(f"{key}= changes a rule: name it, such as: backtest RULE {key}={value}")
    return Address("backtest", name=name, where=where)


def _watched(view: str, words: Sequence[str]) -> Address:
    """`control KPI [where DIM=MEMBER …]`, and so `forecast KPI` and `anomalies KPI|SOURCE`."""
    if not words:
        what = "a KPI or a source" if view == "anomalies" else "a KPI"
        raise BadAddressError(f"{view} needs {what}, such as: {view} oee where line=3")
    if words[1:] and words[1] != "where":
        raise BadAddressError(f"{view} {words[0]}: expected where, during or at, not `{words[1]}`")
    return Address(view, name=words[0], where=_members(words[2:]))


def _scorecard(words: Sequence[str]) -> Address:
    """`scorecard [since=30d]`."""
    where = _members(words)
    if [key for key, _ in where] != ["since"]:
        raise BadAddressError("a scorecard takes since=30d alone")
    _length(where[0][1] or "")
    return Address("scorecard", where=where)


def _length(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise BadAddressError(f"since=30d takes a length of time: `{text}` {error}") from error


def _flow(words: Sequence[str]) -> Address:
    """`flow [NAME] [step=STEP]`, or `flow NAME PART [variant=KEY|from=A to=B|again=STEP]`."""
    name = words[0] if words and "=" not in words[0] else ""
    rest = words[1:] if name else words
    where = _members([word for word in rest if "=" in word])
    said = " ".join(word for word in rest if "=" not in word)
    if said and said not in FLOW_PARTS:
        raise BadAddressError(f"flow {name} can show {', '.join(FLOW_PARTS)}, not `{said}`")
    if where and (not name or tuple(key for key, _ in where) != _FLOW_KEYS.get(said)):
        narrowed = " ".join(f"{key}=…" for key in _FLOW_KEYS.get(said, ()))
        wanted = f"flow NAME {said} {narrowed}" if said and narrowed else "flow NAME step=STEP"
        raise BadAddressError(f"flow takes a name, and the step whose cases are wanted: {wanted}")
    return Address("flow", name=name, where=where, show=FLOW_PARTS[said] if said else "")


def _quarantine(words: Sequence[str]) -> Address:
    """`quarantine [SOURCE] [file=GLOB] [reason=TEXT] [column=NAME]`."""
    name = words[0] if words and "=" not in words[0] else ""
    where = _members(words[1:] if name else words)
    for key, _ in where:
        if key not in ("file", "reason", "column"):
            raise BadAddressError(f"quarantine is narrowed by file=, reason= or column=, not by {key}=")
    return Address("quarantine", name=name, where=where)


def _kpi(words: Sequence[str]) -> Address:
    """`kpi NAME [by DIM] [where …] [over time] [against …] [during RANGE] [at MOMENT] [rows]`, in any order."""
    if not words:
        raise BadAddressError("kpi needs a name")
    address, rest = Address("kpi", name=words[0]), list(words[1:])
    rows = False
    while rest:
        key = rest.pop(0)
        end = 1 if key == "by" else next((at for at, word in enumerate(rest) if word in _NEXT), len(rest))
        taken, rest = rest[:end], rest[end:]
        if key == "by":
            if not taken:
                raise BadAddressError("by needs a dimension")
            address = replace(address, by=taken[0])
        elif key == "where":
            address = replace(address, where=_members(taken))
        elif key == "at":
            address = replace(address, at=_at(taken))
        elif key == "during":
            address = replace(address, over=_over(taken))
        elif key == "against":
            address = replace(address, against=_named(AGAINST, taken, "against", "against ", address.name))
        elif key in ("over", "moved", "compared", "card"):
            address = replace(address, show=_named(SHOWN, [key, *taken], key, "", address.name))
        elif key == "rows" and not taken:
            rows = True
        else:
            wrong = key if key not in _NEXT else taken[0]
            raise BadAddressError(f"kpi {address.name}: expected one of {', '.join(_NEXT)}, not `{wrong}`")
    if not rows:
        return address
    return Address("rows", of="kpi", name=address.name, where=address.where, at=address.at, over=address.over)


def _sql(words: Sequence[str]) -> Address:
    """`sql NAME [by DIM] [where …] [during RANGE] [at MOMENT] [rows]`: of what `kpi` with the same words shows."""
    of = _kpi(words)
    if of.show or of.against:
        raise BadAddressError("sql is of a value, a breakdown (`by`) or rows, such as: sql oee by line")
    show = "rows" if of.view == "rows" else ""
    return Address("sql", name=of.name, by=of.by, where=of.where, at=of.at, show=show, over=of.over)


def _named(known: dict[str, str], words: Sequence[str], key: str, head: str, name: str) -> str:
    said = " ".join(words)
    if said not in known:
        fits = " or ".join(f"`{head}{each}`" for each in known if head or each.startswith(key))
        raise BadAddressError(f"kpi {name}: expected {fits}, not `{head}{said}`")
    return known[said]


def _at(words: Sequence[str]) -> str:
    if not words:
        raise BadAddressError(f"at needs a moment: {EXAMPLES}")
    return " ".join(words)


def _over(words: Sequence[str]) -> str:
    if not words:
        raise BadAddressError(f"during needs a range of time: {ranges.EXAMPLES}")
    return " ".join(words)


def _members(words: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
    members: list[tuple[str, str | None]] = []
    for word in words:
        dim, equals, member = word.partition("=")
        if equals and dim:
            members.append((dim, member))
        elif word.endswith(NULL) and len(word) > len(NULL):
            members.append((word[: -len(NULL)], None))
        else:
            raise BadAddressError(f"expected DIM=MEMBER, not `{word}`")
    return tuple(members)
