"""A site file with keys of some rules changed for a trial: read, checked and told of as if they stood in the file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from opsconsole.site.build import changed_rule
from opsconsole.site.kinds import BAD
from opsconsole.site.marks import Marks
from opsconsole.site.model import Mark, Problem
from opsconsole.site.names import show
from opsconsole.site.parse import Loaded, load_site
from opsconsole.site.report import Report
from opsconsole.site.rule_keys import RULE
from opsconsole.site.tree import Document, Mapping, Node, Scalar, read_tree

NAME = "--with"
"""What messages call the changed keys, as a file."""


def amended(path: Path, rules: Sequence[str], changes: Sequence[str]) -> Loaded:
    """The site of a file, with `key: value` of each change in place of what its rules say.

    Of rules that follow from limits or freshness the keys are as of a rule written for them. Raises OSError when the
    file cannot be read; what is wrong is among its problems, at its place in the change.
    """
    snippet, problems = _read(changes)
    if snippet is None:
        return Loaded(None, problems, Marks(Document(NAME, "", None, whole=False)))
    root = snippet.root
    assert isinstance(root, Mapping)

    written: set[str] = set()

    def amend(document: Document, marks: Marks) -> None:
        marks.add_layout(NAME, snippet)
        known = document.root.get("rules") if isinstance(document.root, Mapping) else None
        for name in rules:
            entry = known.entries.get(name) if isinstance(known, Mapping) else None
            if isinstance(known, Mapping) and entry is not None and isinstance(entry[1], Mapping):
                # not the same mapping: by an anchor it may be that of other rules too
                known.entries[name] = (entry[0], Mapping(entry[1].mark, {**entry[1].entries, **root.entries}))
                written.add(name)
                for key in root.entries:
                    marks.alias(("rules", name, key), ("layouts", NAME, key))

    loaded = load_site(path, amend)
    return _implicit(loaded, [name for name in rules if name not in written], root)


def _implicit(loaded: Loaded, rules: Sequence[str], root: Mapping) -> Loaded:
    """Rules that follow from limits or freshness stand nowhere: the keys are read for them here."""
    if loaded.site is None or not any(name in loaded.site.rules for name in rules):
        return loaded
    report = Report(NAME)
    values = RULE.read(root, "rule", report)
    if values is BAD or report.problems:
        return replace(loaded, site=None, problems=[*loaded.problems, *report.problems])
    changed = {name: changed_rule(loaded.site.rules[name], values) for name in rules if name in loaded.site.rules}
    return replace(loaded, site=msgspec.structs.replace(loaded.site, rules=loaded.site.rules | changed))


def _quoted(change: str) -> str:
    """`when: > 5` as it is meant: to YAML a `>` begins a text on the lines that follow."""
    found = re.fullmatch(r"(\s*\w+\s*:\s*)([<>].*)", change)
    if found is None:
        return change
    text = found[2].replace("'", "''")
    return f"{found[1]}'{text}'"


def _read(changes: Sequence[str]) -> tuple[Document | None, list[Problem]]:
    """The changes as one mapping, each on its line; of a key changed twice the last counts."""
    report = Report(NAME)
    entries: dict[str, tuple[Scalar, Node]] = {}
    text = "\n".join(" ".join(change.splitlines()) for change in changes)
    for number, change in enumerate(changes, 1):
        line = "\n" * (number - 1) + _quoted(" ".join(change.splitlines()))
        document = read_tree(line.encode("utf-8", "surrogateescape"), report)
        if isinstance(document.root, Mapping):
            entries.update(document.root.entries)
        elif not report.problems:
            message = f"`{show(change)}`: write a key and a value, such as `for: 10m`"
            report.error(Mark(NAME, number, 1), message)
    if report.problems:
        return None, report.problems
    return Document(NAME, text, Mapping(Mark(NAME, 1, 1), entries), whole=True), []
