"""Reads a person's `config.yaml`.

Each start pays for what is imported here: nothing where there is no file, little where the same was read before.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opsconsole.console.config import Config

if TYPE_CHECKING:
    from opsconsole.site.model import Problem
    from opsconsole.site.report import Report
    from opsconsole.site.tree import Document

FILE = "config.yaml"
LARGEST = 1_000_000


class SettingsError(Exception):
    """What is wrong with a `config.yaml`: one line per problem, each with its place."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where a person's settings are kept, whether or not there are any."""
    home = environ.get("XDG_CONFIG_HOME", "")
    # one that is not absolute is to be ignored (XDG Base Directory Specification)
    base = Path(home) if os.path.isabs(home) else Path("~/.config").expanduser()
    return base / "opsconsole" / FILE


def load(file: Path | None = None, *, keep: bool = True) -> Config:
    """The settings in a file (the person's own); where there is none, those that hold without. Raises SettingsError.

    `keep`: what they were read as is kept for the next start.
    """
    file = file or config_file()
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except FileNotFoundError:
        return Config()
    except OSError as error:
        from opsconsole.site.model import Mark, Problem

        raise SettingsError([Problem(Mark(str(file), 1, 1), f"cannot be read: {error.strerror}")]) from error
    from opsconsole.console import settings_kept

    known = settings_kept.recall(data)
    if known is not None:
        return known
    config = parse(data, str(file))
    if keep:
        settings_kept.keep(data, config)
    return config


def parse(data: bytes, file: str = FILE) -> Config:
    """The settings in a file's bytes; `file` is what messages call it. Raises SettingsError."""
    from opsconsole.console.config_keys import CONFIG
    from opsconsole.site.kinds import BAD
    from opsconsole.site.model import Mark
    from opsconsole.site.report import Report
    from opsconsole.site.tree import read_tree

    report = Report(file)
    if len(data) > LARGEST:
        report.error(Mark(file, 1, 1), f"larger than {LARGEST // 1_000_000} MB; this is no file of settings")
        raise SettingsError(report.problems)
    document = read_tree(data, report)
    report.partial = not document.whole
    values = CONFIG.read(document.root, "config", report) if document.root is not None else {}
    if values is not BAD and document.whole:
        _check(values, document, report)
    if values is BAD or report.problems:
        raise SettingsError(sorted(report.problems))
    return Config(**values)


def _check(values: dict[str, Any], document: Document, report: Report) -> None:
    """What each value by itself cannot tell: names of actions, keys that clash, figures that could not be read."""
    from opsconsole.console.actions import ACTIONS, Registry, clashes, rebound
    from opsconsole.site.marks import Marks
    from opsconsole.site.names import listed, show

    marks = Marks(document)
    keys: dict[str, tuple[str, ...]] = values.get("keys", {})
    known = {action.id for action in ACTIONS}
    for name in keys:
        if name not in known:
            report.error(
                marks.key("keys", name), f"`{show(name)}`: there is no such action{report.suggest(name, known)}"
            )
    mine = {name: given for name, given in keys.items() if name in known}
    actions = rebound(ACTIONS, mine)
    places = list(mine)
    found = clashes(actions)
    for clash in found:
        # told where it can be mended; where both are in the file, at the later one
        at = max((name for name in (clash.one.id, clash.other.id) if name in mine), key=places.index)
        report.error(marks.key("keys", at), str(clash))
    if not found:
        lost = [action.id for action in Registry(actions).unreachable()]
        if lost:
            report.error(
                marks.key("keys"), f"nothing would lead to {listed(lost, 3)}: leave `command` or `palette` a key"
            )
    if values.get("decimal") and values.get("decimal") == values.get("thousands"):
        report.error(marks.at("thousands"), "`thousands`: the same sign as `decimal`; nobody could read the figures")
