"""What a value in a site file can be: each kind reads its node, says what it expected, and gives its JSON Schema.

Reading never raises for content. A value that cannot be read becomes a problem in the report and `BAD`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from opsconsole.site.names import is_identifier, show
from opsconsole.site.report import Report
from opsconsole.site.tree import Mapping, Node, Scalar, Sequence


class Bad(Enum):
    BAD = "bad"


BAD: Final = Bad.BAD
Schema = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """The base: `noun` completes "expected …", `label` names the kind in the reference."""

    @property
    def noun(self) -> str:
        raise NotImplementedError

    @property
    def label(self) -> str:
        return self.noun.removeprefix("a ").removeprefix("an ")

    def schema(self) -> Schema:
        raise NotImplementedError

    def read(self, node: Node, key: str, report: Report) -> Any:
        """The value of the node; `key` is how messages call it."""
        raise NotImplementedError

    def wrong(self, node: Node, key: str, report: Report, why: str = "") -> Bad:
        """Report that the node is not of this kind."""
        tail = f"; {why}" if why else ""
        report.error(node.mark, f"`{show(key)}`: expected {self.noun}, found {describe(node)}{tail}")
        return BAD


def describe(node: Node) -> str:
    """A node in a message."""
    if isinstance(node, Mapping):
        return "a mapping of keys"
    if isinstance(node, Sequence):
        return "a list"
    if node.absent:
        return "nothing"
    return f"`{show(node.text)}`" if not node.style else f'"{show(node.text.strip())}"'


@dataclass(frozen=True)
class Text(Kind):
    """Any text. `literal` takes the words for nothing (`null`, `~`) as the text they are."""

    what: str = "text"
    literal: bool = False

    @property
    def noun(self) -> str:
        return self.what

    def schema(self) -> Schema:
        return {"type": ["string", "number", "boolean", *(["null"] if self.literal else [])]}

    def read(self, node: Node, key: str, report: Report) -> str | Bad:
        if not isinstance(node, Scalar) or (node.absent and not self.literal):
            return self.wrong(node, key, report)
        text = node.text.strip()
        if any(not char.isprintable() and char not in "\n\t" for char in text):
            return self.wrong(node, key, report, "it holds characters that cannot be shown")
        if not text and not self.literal:
            return self.wrong(node, key, report)
        return text


@dataclass(frozen=True)
class Reference(Text):
    """The name of something declared elsewhere in the site file; whether it exists is checked afterwards."""

    to: str = "source"

    @property
    def noun(self) -> str:
        return f"the name of a {self.to}"

    @property
    def label(self) -> str:
        return f"name of a {self.to}"


@dataclass(frozen=True)
class Checked(Text):
    """Text that a function must accept: it returns what is wrong in one phrase, or nothing."""

    check: Callable[[str], str] = lambda _text: ""

    def read(self, node: Node, key: str, report: Report) -> str | Bad:
        text = self.raw(node, key, report)
        if isinstance(text, str):
            why = self.check(text)
            if why:
                return self.wrong(node, key, report, why)
        return text

    def raw(self, node: Node, key: str, report: Report) -> str | Bad:
        return Text.read(self, node, key, report)


@dataclass(frozen=True)
class Character(Kind):
    """One character, kept as it is (a space); a tab may be written in words."""

    @property
    def noun(self) -> str:
        return "one character"

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^(.|\t|\\t|tab)$"}

    def read(self, node: Node, key: str, report: Report) -> str | Bad:
        if isinstance(node, Scalar) and node.text in ("tab", "\\t", "\t"):
            return "\t"
        if not isinstance(node, Scalar) or len(node.text) != 1 or not node.text.isprintable():
            return self.wrong(node, key, report)
        return node.text


_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Number(Kind):
    """A finite number, written bare."""

    at_least: float | None = None

    @property
    def noun(self) -> str:
        return "a number" if self.at_least is None else f"a number of at least {self.at_least:g}"

    def schema(self) -> Schema:
        return {"type": "number"} | ({} if self.at_least is None else {"minimum": self.at_least})

    def read(self, node: Node, key: str, report: Report) -> float | Bad:
        if not isinstance(node, Scalar) or node.style or not _NUMBER.fullmatch(node.text):
            return self.wrong(node, key, report, self.hint(node))
        value = float(node.text)
        if not math.isfinite(value):
            return self.wrong(node, key, report, "it is too large")
        if self.at_least is not None and value < self.at_least:
            return self.wrong(node, key, report)
        return value

    @staticmethod
    def hint(node: Node) -> str:
        """What to write instead, where that can be told."""
        if not isinstance(node, Scalar):
            return ""
        text = node.text.strip()
        if node.style and _NUMBER.fullmatch(text):
            return f"write {text} without quotes"
        if re.fullmatch(r"[-+]?\d+,\d+", text):
            return f"write {text.replace(',', '.')} with a decimal point"
        lead = _NUMBER.match(text)
        if lead and re.fullmatch(r"\s*[^\d\s.,][^\d]{0,9}", text[lead.end() :]):
            unit = show(text[lead.end() :].strip(), 10)
            return f'write the bare number {lead[0]} (its unit "{unit}" belongs under `unit`)'
        return ""


@dataclass(frozen=True)
class Integer(Kind):
    """A whole number between bounds."""

    low: int = 0
    high: int = 1_000_000

    @property
    def noun(self) -> str:
        return f"a whole number from {self.low} to {self.high}"

    @property
    def label(self) -> str:
        return "whole number"

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}

    def read(self, node: Node, key: str, report: Report) -> int | Bad:
        if not isinstance(node, Scalar) or node.style or not re.fullmatch(r"[-+]?\d{1,12}", node.text):
            return self.wrong(node, key, report, Number.hint(node))
        value = int(node.text)
        return value if self.low <= value <= self.high else self.wrong(node, key, report)


@dataclass(frozen=True)
class Size(Kind):
    """Bytes, written with a unit."""

    @property
    def noun(self) -> str:
        return "a size such as 500 MB or 20 GB"

    @property
    def label(self) -> str:
        return "size"

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^\d{1,9}(\.\d{1,9})? ?[KMGT]i?B$"}

    def read(self, node: Node, key: str, report: Report) -> int | Bad:
        found = (
            re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?) ?([KMGT])(i?)B", node.text.strip(), re.IGNORECASE)
            if isinstance(node, Scalar)
            else None
        )
        if found is None:
            return self.wrong(node, key, report)
        power = "KMGT".index(found[2].upper()) + 1
        return int(float(found[1]) * (1024 if found[3] else 1000) ** power)


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few words."""

    options: tuple[str, ...]

    @property
    def noun(self) -> str:
        return "one of " + ", ".join(f"`{option}`" for option in self.options)

    @property
    def label(self) -> str:
        return " \\| ".join(f"`{option}`" for option in self.options)

    def schema(self) -> Schema:
        return {"enum": list(self.options)}

    def read(self, node: Node, key: str, report: Report) -> str | Bad:
        if not isinstance(node, Scalar) or node.text.strip() not in self.options:
            text = node.text if isinstance(node, Scalar) else ""
            return self.wrong(node, key, report, report.suggest(text, self.options).removeprefix(", "))
        return node.text.strip()


@dataclass(frozen=True)
class Flag(Kind):
    """True or false."""

    @property
    def noun(self) -> str:
        return "`true` or `false`"

    @property
    def label(self) -> str:
        return "`true` \\| `false`"

    def schema(self) -> Schema:
        return {"type": "boolean"}

    def read(self, node: Node, key: str, report: Report) -> bool | Bad:
        text = node.text.strip().casefold() if isinstance(node, Scalar) and not node.absent else ""
        if text not in ("true", "false"):
            return self.wrong(node, key, report)
        return text == "true"


@dataclass(frozen=True)
class Many(Kind):
    """A list; one value without brackets stands for a list of one where `one` is set."""

    of: Kind
    one: bool = False
    least: int = 0
    distinct: bool = False

    @property
    def noun(self) -> str:
        return f"{self.of.noun} or a list of such" if self.one else f"a list of {_unlinked(self.of.label)}"

    @property
    def label(self) -> str:
        return f"{self.of.label}, or a list" if self.one else f"list of {self.of.label}"

    def schema(self) -> Schema:
        array: Schema = {"type": ["array", "null"], "items": self.of.schema()}
        if self.least:
            array = array | {"type": "array", "minItems": self.least}
        return {"anyOf": [self.of.schema(), array]} if self.one else array

    def read(self, node: Node, key: str, report: Report) -> tuple[Any, ...] | Bad:
        if isinstance(node, Scalar) and node.absent and not self.least:
            return ()
        if not isinstance(node, Sequence):
            if not self.one:
                return self.wrong(node, key, report)
            value = self.of.read(node, key, report)
            return BAD if value is BAD else (value,)
        if len(node.items) < self.least:
            what = _unlinked(self.of.label)
            report.missing(node.mark, f"`{show(key)}`: expected at least one {what}, found an empty list")
            return BAD
        values: list[Any] = []
        for item in node.items:
            value = self.of.read(item, key, report)
            if self.distinct and value is not BAD and value in values:
                report.error(item.mark, f"`{show(key)}`: {describe(item)} is in the list twice")
            elif value is not BAD:
                values.append(value)
        return tuple(values)


@dataclass(frozen=True)
class MapOf(Kind):
    """A mapping whose keys are free, such as column names."""

    of: Kind
    keys: str = "column"

    @property
    def noun(self) -> str:
        return f"a mapping of {self.keys} names to {self.of.label}".replace("\\|", "or")

    @property
    def label(self) -> str:
        return f"{self.keys}: {self.of.label}"

    def schema(self) -> Schema:
        return {"type": ["object", "null"], "additionalProperties": self.of.schema()}

    def read(self, node: Node, key: str, report: Report) -> dict[str, Any] | Bad:
        if isinstance(node, Scalar) and node.absent:
            return {}
        if not isinstance(node, Mapping):
            return self.wrong(node, key, report)
        read = {name: self.of.read(value, name, report) for name, (_, value) in node.entries.items()}
        return {name.strip(): value for name, value in read.items() if value is not BAD}


def _unlinked(label: str) -> str:
    """A label of the reference without its links, for a message."""
    return re.sub(r"\[(\w+)\]\(#\w+\)", r"\1", label)


def name_problem(name: str) -> str:
    """Why a name cannot be used, or nothing."""
    if is_identifier(name):
        return ""
    return "a name is a letter, then letters, digits and `_`, at most 63, for it is used in SQL and commands"
