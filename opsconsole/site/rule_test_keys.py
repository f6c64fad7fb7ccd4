"""The keys of a file of rule tests: rows in, commands of people, alerts expected at times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opsconsole.site.kinds import BAD, Bad, Choice, Kind, Many, Reference, Schema, Text
from opsconsole.site.report import Report
from opsconsole.site.sections import Key, Section
from opsconsole.site.timekinds import Duration, Moment
from opsconsole.site.tree import Mapping, Node, Scalar, Sequence

_TIMES = {"at": Duration(), "every": Duration(0.001), "until": Duration()}
STATES = ("UNACK", "ACK", "RTNUN", "LATCHED", "SHELVED", "SUPPRESSED", "OOS")
COMMANDS = ("ack", "unack", "reset", "shelve", "unshelve", "comment", "assign", "out-of-service", "return")


@dataclass(frozen=True)
class Cells(Kind):
    """One row: its columns, and when it happens: `at`, again `every` so long `until`."""

    @property
    def noun(self) -> str:
        return "a row such as {at: 5m, line: A, qty: 3}"

    def schema(self) -> Schema:
        return {"type": "object"}

    def read(self, node: Node, key: str, report: Report) -> dict[str, Any] | Bad:
        if not isinstance(node, Mapping):
            return self.wrong(node, key, report)
        times: dict[str, Any] = {}
        cells: dict[str, tuple[str, bool] | None] = {}
        for name, (_, value) in node.entries.items():
            if name in _TIMES:
                found = _TIMES[name].read(value, name, report)
                if found is not BAD:
                    times[name] = found
            elif not isinstance(value, Scalar):
                report.error(value.mark, f"`{name}`: expected one value, found a list or a mapping")
            else:
                cells[name] = None if value.absent else (value.text, bool(value.style))
        if ("every" in times) != ("until" in times):
            report.error(node.mark, "`every`: a row that comes again needs `every` and `until`")
            return BAD
        return {**times, "cells": cells}


@dataclass(frozen=True)
class Rows(Kind):
    """By source its rows."""

    @property
    def noun(self) -> str:
        return "a mapping of sources to lists of rows"

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": {"type": "array", "items": Cells().schema()}}

    def read(self, node: Node, key: str, report: Report) -> dict[str, list[dict[str, Any]]] | Bad:
        if not isinstance(node, Mapping):
            return self.wrong(node, key, report)
        found: dict[str, list[dict[str, Any]]] = {}
        for source, (_, rows) in node.entries.items():
            if not isinstance(rows, Sequence):
                report.error(rows.mark, f"`{source}`: expected a list of rows")
                continue
            read = [Cells().read(row, source, report) for row in rows.items]
            found[source] = [row for row in read if not isinstance(row, Bad)]
        return found


@dataclass(frozen=True)
class Labels(Kind):
    """Labels of an alert: columns and their members."""

    @property
    def noun(self) -> str:
        return "labels such as {line: A}"

    def schema(self) -> Schema:
        return {"type": "object"}

    def read(self, node: Node, key: str, report: Report) -> dict[str, str | None] | Bad:
        if not isinstance(node, Mapping):
            return self.wrong(node, key, report)
        return {
            name: None if value.absent else value.text
            for name, (_, value) in node.entries.items()
            if isinstance(value, Scalar)
        }


EXPECTED = Section(
    "expected alert",
    "An alert that is open then. What is not said may be anything.",
    (
        Key("rule", Reference(to="rule"), "Its rule.", required=True, example="late"),
        Key("labels", Labels(), "Its labels, all of them.", "none", "{line: A}"),
        Key("state", Choice(STATES), "Its state.", "any", "UNACK"),
        Key("priority", Choice(("critical", "warning", "low")), "Its priority.", "any", "critical"),
        Key("text", Text(), "What it says.", "any", "Scrap 6 % over 5 %"),
    ),
)
MOMENT = Section(
    "moment",
    "What is to be open at a moment.",
    (
        Key("at", Duration(), "So long after `start`.", required=True, example="10m"),
        Key(
            "open", Many(EXPECTED), "All alerts that are open then; none: [].", required=True, example="[{rule: late}]"
        ),
    ),
)
COMMAND = Section(
    "command",
    "Something that a person does to an alert.",
    (
        Key("at", Duration(), "So long after `start`.", required=True, example="10m"),
        Key("do", Choice(COMMANDS), "What.", required=True, example="ack"),
        Key("rule", Reference(to="rule"), "The rule of the alert.", required=True, example="late"),
        Key("labels", Labels(), "Its labels, all of them.", "none", "{line: A}"),
        Key("by", Text("a name"), "Who.", "tester", "ana"),
        Key("reason", Text(), "With `shelve` and `out-of-service`: why.", "a test", "waits for parts"),
        Key("for", Duration(1), "With `shelve`: so long.", "until it is over", "1h", field="length"),
        Key("to", Text("a name"), "With `assign`: to whom.", "nobody", "bob"),
    ),
)
TEST = Section(
    "test",
    "Rows in, alerts expected.",
    (
        Key("name", Text(), "What it shows.", required=True, example="a slow press calls after 10 min"),
        Key("start", Moment(), "When it begins, by the site's clocks.", required=True, example="2026-06-24 06:00"),
        Key("rules", Many(Reference(to="rule"), one=True, distinct=True), "These rules only.", "all that can be"),
        Key("rows", Rows(), "The rows of each source.", "none", "{cycles: [{at: 5m, line: A, qty: 3}]}"),
        Key("commands", Many(COMMAND), "What people do.", "nothing"),
        Key("expect", Many(MOMENT, least=1), "What is open when.", required=True, example="[{at: 10m, open: []}]"),
    ),
)
TESTS = Section(
    "file of tests",
    "The whole file.",
    (Key("tests", Many(TEST, least=1), "The tests.", required=True),),
)
