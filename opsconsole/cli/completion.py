"""Completion in a shell: which candidates there are for what has been typed.

The shell asks this program (argcomplete's way), so that there is one answer for all shells, from the same description
as help and parser. Answering loads nothing of an engine; names of a site are read from its file.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import argcomplete
from argcomplete.completers import DirectoriesCompleter, FilesCompleter
from argcomplete.lexers import split_line
from argcomplete.shell_integration import shellcode

from opsconsole.cli.commands.description import Offers, Option, Word
from opsconsole.cli.commands.every import BY_NAME, CONSOLE
from opsconsole.cli.parser import fill
from opsconsole.cli.text import inert
from opsconsole.site.model import Site

Completer = Callable[..., Iterable[str]]
_SITES = ("yaml", "yml")
_MOMENTS = ("yesterday", "shift -1")


def script(shell: str) -> str:
    """What a shell has to be told once."""
    return shellcode(["opsconsole"], shell=shell)


def answer() -> None:
    """Answer the shell that asks by its environment, and end."""
    line, point = os.environ["COMP_LINE"], int(os.environ["COMP_POINT"])
    words = split_line(line, point)[3]
    argcomplete.autocomplete(_parser(words[1:]), always_complete_options="long")


def _parser(before: list[str]) -> argparse.ArgumentParser:
    """The parser of what comes after these words of a line."""
    root = argparse.ArgumentParser(prog="opsconsole")
    if before and before[0] in BY_NAME:
        command = BY_NAME[before[0]]
        fill(root.add_subparsers().add_parser(command.name), command, _offer)
        return root
    root.add_argument("-V", "--version", action="store_true", help="print the version")

    def first(action: argparse.Action, part: Word | Option) -> None:
        _offer(action, part)
        if isinstance(part, Word) and not before:
            _put(action, _commands_and_sites)

    fill(root, CONSOLE, first)
    return root


def _offer(action: argparse.Action, part: Word | Option) -> None:
    if not part.choices and (isinstance(part, Word) or part.kind != "flag"):
        _put(action, COMPLETERS[part.offers])


def _put(action: argparse.Action, completer: Completer) -> None:
    action.completer = completer  # type: ignore[attr-defined]


def _commands_and_sites(prefix: str, **_: Any) -> dict[str, str]:
    found = {name: command.summary for name, command in BY_NAME.items()}
    return found | dict.fromkeys(FilesCompleter(_SITES)(prefix), "")


def _commands(**_: Any) -> dict[str, str]:
    return {name: command.summary for name, command in BY_NAME.items()}


def _nothing(**_: Any) -> list[str]:
    return []


def _moments(**_: Any) -> tuple[str, ...]:
    return _MOMENTS


def _of_site(names: Callable[[Site], dict[str, str]]) -> Completer:
    def complete(parsed_args: argparse.Namespace, **_: Any) -> dict[str, str]:
        from opsconsole.site.parse import load_site

        try:
            loaded = load_site(Path(getattr(parsed_args, "site", None) or ".").expanduser())
        except OSError:
            return {}
        site = loaded.site or loaded.rest
        return names(site) if site is not None else {}

    return complete


def _kpis(site: Site) -> dict[str, str]:
    return {name: inert(kpi.title) for name, kpi in site.kpis.items()}


def _flows(site: Site) -> dict[str, str]:
    return {name: inert(flow.title) for name, flow in site.flows.items()}


def _sources(site: Site) -> dict[str, str]:
    return {name: inert(source.title or "") for name, source in site.sources.items()}


def _rules(site: Site) -> dict[str, str]:
    return dict.fromkeys([*site.rules, *site.kpis], "")


def _targets(site: Site) -> dict[str, str]:
    return dict.fromkeys(site.notify.targets if site.notify is not None else {}, "")


COMPLETERS: dict[Offers, Completer] = {
    "": _nothing,
    "site": FilesCompleter(_SITES),
    "folder": DirectoriesCompleter(),
    "file": FilesCompleter(),
    "command": _commands,
    "moment": _moments,
    "kpi": _of_site(_kpis),
    "flow": _of_site(_flows),
    "source": _of_site(_sources),
    "rule": _of_site(_rules),
    "target": _of_site(_targets),
}
