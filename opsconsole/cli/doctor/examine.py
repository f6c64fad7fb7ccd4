"""`opsconsole doctor`: runs all checks on this terminal, this machine and a site, and tells what they find."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
import zoneinfo
from collections.abc import Callable
from pathlib import Path

import msgspec

from opsconsole import __file__ as own_file
from opsconsole import __version__
from opsconsole.cli.doctor import look, machine, place, program, site, terminal
from opsconsole.cli.doctor.finding import Finding, lines, verdict
from opsconsole.cli.text import dump
from opsconsole.engine.place import SITE_FILES, Place, PlaceError, find_place

# Where a person's settings lie, and what is wrong with them (None: there are none).
Settings = Callable[[], tuple[str, list[str] | None]]


def doctor(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print what is found; the exit code is 1 where something is broken."""
    findings = examine(arguments.site, settings)
    if arguments.json:
        print(dump([msgspec.to_builtins(each) for each in findings]))
    else:
        columns = os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else None
        utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        for line in [*lines(findings, columns, ascii_only=not utf8), "", verdict(findings)]:
            print(line)
    return int(any(each.state == "broken" for each in findings))


def examine(target: str, settings: Settings) -> list[Finding]:
    """All findings; those on a site where one is named, or lies here."""
    seen = look.terminal()
    found = [check(seen) for check in (terminal.CHECKS if seen.tty else terminal.WITHOUT)]
    where: Place | PlaceError | None = None
    if target or any(Path(name).is_file() for name in SITE_FILES):
        try:
            where = find_place(target or ".")
        except PlaceError as error:
            where = error
    facts = look.facts(where) if isinstance(where, Place) else {}
    of_site = facts if isinstance(facts, dict) else {}
    found += _program(settings, of_site.get("extras", []))
    found += _machine(of_site)
    if isinstance(where, PlaceError):
        found.append(Finding("site file", "broken", str(where), "name a site.yaml, or a folder of files"))
    elif where is None:
        found.append(Finding("site", "note", "none was named", "`opsconsole doctor SITE` looks at one"))
    else:
        found += _place(where)
        if isinstance(facts, str):
            found.append(Finding("site file", "broken", facts))
        else:
            named = str(where.site)
            found += site.file(named, where.draft, of_site["errors"], of_site["warnings"])
            found += site.folders(of_site["folders"], of_site["files"], of_site["unreadable"], of_site["empty"])
            found.append(site.shares(of_site["shares"]))
    return found


def _program(settings: Settings, wanted: list[str]) -> list[Finding]:
    needs, python = look.needs()
    installed = look.versions(program.names(needs))
    found = [program.python(platform.python_version(), python, __version__)]
    if needs:
        found += program.libraries(needs, installed)
        found += program.extras(needs, installed, wanted)
    else:
        found.append(Finding("libraries", "note", "it was not installed by pip: what it wants is not known"))
    return [*found, program.settings(*settings())]


def _machine(of_site: dict[str, object]) -> list[Finding]:
    folders, shared = of_site.get("folders", 0), bool(of_site.get("shares"))
    return [
        machine.memory(look.available_memory()),
        machine.clock(time.time(), Path(own_file).stat().st_mtime),
        machine.zones(
            str(of_site.get("timezone", "")), bool(of_site.get("zone_known", True)), len(zoneinfo.available_timezones())
        ),
        machine.inotify(look.inotify(), folders if isinstance(folders, int) else 0, shared),
    ]


def _place(where: Place) -> list[Finding]:
    answer = look.engine(where)
    path = where.socket
    return [
        place.folder(str(where.state), look.trouble_writing(where)),
        *place.disk(look.disk(where.state)),
        place.socket(str(path), len(os.fsencode(path)), path.parent != where.state, bool(answer.version), answer),
        place.engine(answer, __version__),
        place.permissions(look.modes(where), str(where.state)),
    ]
