"""Mappings with declared keys: what validation, schema and reference are made from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from opsconsole.site.kinds import BAD, Bad, Kind, Schema, name_problem
from opsconsole.site.names import show
from opsconsole.site.report import Report
from opsconsole.site.tree import Mapping, Node, Scalar, Sequence


@dataclass(frozen=True)
class Key:
    """A key: its kind, what it means in one sentence, and its default and an example as written in the reference.

    `field` is the name of the model's field where it differs from the key's.
    """

    name: str
    kind: Kind
    help: str
    default: str = ""
    example: str = ""
    required: bool = False
    field: str = ""


@dataclass(frozen=True)
class Section(Kind):
    """A mapping with these keys and no others. `shorthand` names the key that a bare value stands for."""

    name: str
    help: str
    keys: tuple[Key, ...]
    shorthand: str = ""

    @property
    def noun(self) -> str:
        names = ", ".join(f"`{key.name}`" for key in self.keys[:4])
        return f"a mapping with {names}{' …' if len(self.keys) > 4 else ''}"

    @property
    def label(self) -> str:
        return f"[{self.name}](#{self.name})"

    def key(self, name: str) -> Key | None:
        """The declaration of a key."""
        return next((key for key in self.keys if key.name == name), None)

    def schema(self) -> Schema:
        return {"$ref": f"#/$defs/{self.name}"}

    def definition(self) -> Schema:
        """The JSON Schema itself, for `$defs`."""
        properties = {key.name: key.kind.schema() | {"description": key.help} for key in self.keys}
        schema: Schema = {"type": "object", "description": self.help, "properties": properties}
        required = [key.name for key in self.keys if key.required]
        schema |= {"additionalProperties": False} | ({"required": required} if required else {})
        short = self.key(self.shorthand)
        return {"anyOf": [short.kind.schema(), schema]} if short is not None else schema

    def read(self, node: Node, key: str, report: Report) -> dict[str, Any] | Bad:
        short = self.key(self.shorthand)
        if short is not None and isinstance(node, Scalar) and not node.absent:
            value = short.kind.read(node, key, report)
            return BAD if value is BAD else {short.field or short.name: value}
        if isinstance(node, Scalar) and node.absent:
            node = Mapping(node.mark)
        if not isinstance(node, Mapping):
            return self.wrong(node, key, report)
        values: dict[str, Any] = {}
        before = ""
        for name, (name_node, value_node) in node.entries.items():
            declared = self.key(name)
            if declared is None and before and _rest_of_text(name, value_node):
                message = (
                    f"`{show(name)}`: ends `{before}` at a comma; within {{…}} a text with commas must be in quotes"
                )
                report.error(name_node.mark, message)
                values.pop(before, None)
                continue
            before = name if declared is not None else before
            if declared is None:
                report.error(name_node.mark, f"`{show(name)}`: unknown key{self.hint(name, report)}")
                continue
            value = declared.kind.read(value_node, name, report)
            if value is not BAD:
                values[declared.field or name] = value
        for declared in self.keys:
            if declared.required and declared.name not in node.entries:
                report.missing(node.mark, f"`{show(key)}`: missing key `{declared.name}` ({declared.kind.noun})")
        return values

    def hint(self, name: str, report: Report) -> str:
        """Where an unknown key belongs, or what it may have been meant to be."""
        home = report.homes.get(name)
        if home is not None:
            return f"; it is a key of {home}, is the indentation right?"
        return report.suggest(name, [key.name for key in self.keys])


@dataclass(frozen=True)
class Named(Kind):
    """A mapping from names that the author chooses to sections of one kind."""

    of: Section

    @property
    def noun(self) -> str:
        return f"a mapping of names to {self.of.name} definitions"

    @property
    def label(self) -> str:
        return f"name: {self.of.label}"

    def schema(self) -> Schema:
        return {
            "type": ["object", "null"],
            "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_]*$"},
            "additionalProperties": self.of.schema(),
        }

    def read(self, node: Node, key: str, report: Report) -> dict[str, dict[str, Any]] | Bad:
        if isinstance(node, Scalar) and node.absent:
            return {}
        if not isinstance(node, Mapping):
            return self.wrong(node, key, report, "begin each with its name and a colon" if _is_list(node) else "")
        values: dict[str, dict[str, Any]] = {}
        folded: dict[str, str] = {}
        for name, (name_node, value_node) in node.entries.items():
            why = name_problem(name)
            twin = folded.setdefault(name.casefold(), name)
            if why:
                report.error(name_node.mark, f"`{show(name)}`: {why}")
            elif twin != name:
                report.error(name_node.mark, f"`{name}`: differs from `{twin}` only in capitals; SQL takes both as one")
            value = self.of.read(value_node, name, report)
            values[name] = {} if value is BAD else value
        return values


@dataclass(frozen=True)
class Either(Kind):
    """A section, or a bare list that stands for its key `bare`."""

    of: Section
    bare: str

    @property
    def noun(self) -> str:
        return f"a list of panels, or {self.of.noun}"

    @property
    def label(self) -> str:
        return self.of.label

    def schema(self) -> Schema:
        bare = self.of.key(self.bare)
        return {"anyOf": [self.of.schema()] + ([bare.kind.schema()] if bare else [])}

    def read(self, node: Node, key: str, report: Report) -> dict[str, Any] | Bad:
        bare = self.of.key(self.bare)
        if isinstance(node, Sequence) and bare is not None:
            value = bare.kind.read(node, self.bare, report)
            return BAD if value is BAD else {self.bare: value}
        if not isinstance(node, Mapping):
            return self.wrong(node, key, report)
        return self.of.read(node, self.of.name, report)


def _is_list(node: Node) -> bool:
    return isinstance(node, Sequence)


def walk(kind: Kind) -> Iterator[Section]:
    """All sections that a kind is made of, itself first."""
    seen: dict[str, Section] = {}

    def visit(kind: Kind) -> None:
        if isinstance(kind, Section):
            if kind.name in seen:
                return
            seen[kind.name] = kind
            for key in kind.keys:
                visit(key.kind)
        else:
            inner = getattr(kind, "of", None)
            for each in (inner, *getattr(kind, "sections", ())):
                if isinstance(each, Kind):
                    visit(each)

    visit(kind)
    yield from seen.values()


def _rest_of_text(name: str, value: Node) -> bool:
    """Whether what stands as a key is what followed a comma in the text before it: no word, and nothing after it."""
    return isinstance(value, Scalar) and value.absent and not value.text and not re.fullmatch(r"[\w-]+", name)
