"""`opsconsole check`: everything that is wrong with a site, with the place of each, before an engine runs it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec

from opsconsole.engine.notify.problems import address_problems
from opsconsole.engine.place import Place, PlaceError, find_place
from opsconsole.engine.procedure_pages import page_problems
from opsconsole.kpis.bind import bind
from opsconsole.site.card import gaps_of
from opsconsole.site.figures import count
from opsconsole.site.keys import SITE
from opsconsole.site.model import Problem, Site
from opsconsole.site.parse import Loaded, load_site
from opsconsole.tables.convert import PINS, TYPES
from opsconsole.tables.folders.globs import Pattern, expand
from opsconsole.tables.reading.sniff import sniff
from opsconsole.tables.store import OWN

# Columns and types are learnt from this many files of each source: enough for names, cheap for folders of thousands.
_FILES_LOOKED_AT = 20


def check(target: str, *, as_json: bool) -> int:
    """Print the problems of a site; the exit code is 1 when one of them is an error."""
    try:
        place = find_place(target)
        if place.draft:
            print(f"{place.site}: no site.yaml here; `opsconsole init` writes a draft.", file=sys.stderr)
            return 1
        loaded = load_site(place.site)
    except (PlaceError, OSError) as error:
        print(f"opsconsole: {error}", file=sys.stderr)
        return 1
    problems = problems_of(loaded, place)
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json:
        print(json.dumps([msgspec.to_builtins(problem) for problem in problems], ensure_ascii=False, indent=1))
    else:
        for problem in problems:
            print(problem)
        site = loaded.site
        content = _content(site) if site is not None else ""
        doubts = len(problems) - errors
        verdict = f"{count(errors, 'error')}, {count(doubts, 'warning')}" if problems else "fine"
        print(f"{place.site.name}: {verdict}{content if not errors else ''}")
        advice = gaps_of(site.kpis) if site is not None and not errors else ""
        if advice:
            print(f"advice: {advice}; `opsconsole kpis` shows each")
    return 1 if errors else 0


def problems_of(loaded: Loaded, place: Place) -> list[Problem]:
    """Everything that is wrong with a site: its file, its SQL against its files, its procedures, its addresses."""
    problems = list(loaded.problems)
    if loaded.site is not None:
        problems += bind(loaded, schemas_of(loaded.site, place.root))[1]
        problems += page_problems(loaded.site, loaded.marks, place.root)
        problems += address_problems(loaded.site, loaded.marks, place.root)
    elif loaded.rest is not None:
        problems = sorted({*problems, *_more(loaded, loaded.rest, place.root)}, key=_order(place.site.name))
    return problems


def _order(first: str) -> Callable[[Problem], tuple[bool, Problem]]:
    """By place, those of the site file first."""
    return lambda problem: (problem.mark.file != first, problem)


def _more(loaded: Loaded, rest: Site, root: Path) -> list[Problem]:
    """What is wrong with the SQL of a site that has other errors too.

    A source with an error in it may be read otherwise than it was meant: nothing is said of its columns.
    """
    begins = [(loaded.marks.key("sources", name).line, name) for name in rest.sources]
    begins += [(loaded.marks.key(key.name).line, "") for key in SITE.keys if loaded.marks.has(key.name)]
    doubtful = set()
    for problem in loaded.problems:
        if problem.severity == "error" and problem.mark.file == loaded.marks.key("sources").file:
            doubtful.add(max((one for one in begins if one[0] <= problem.mark.line), default=(0, ""))[1])
    schemas = {name: columns for name, columns in schemas_of(rest, root).items() if name not in doubtful}
    return bind(replace(loaded, site=rest), schemas)[1]


def _content(site: Site) -> str:
    many = (count(len(site.sources), "source"), count(len(site.kpis), "KPI"), count(len(site.rules), "rule"))
    return f": {', '.join(many)}"


def schemas_of(site: Site, root: Path) -> dict[str, dict[str, str]]:
    """The tables that the sources would become, learnt from some of their files; none for a source without files."""
    found: dict[str, dict[str, str]] = {}
    for source in site.sources.values():
        patterns = [Pattern(root, text) for text in source.files]
        columns: dict[str, str] = {}
        for path in list(expand(patterns, {}))[:_FILES_LOOKED_AT]:
            try:
                seen = sniff(Path(path), source.read, source.format, source.timezone or site.timezone)
            except (OSError, ValueError):
                continue  # which files cannot be read is for `opsconsole sources` to tell, with the reason
            for name, kind in seen.columns.items():
                columns.setdefault(name, TYPES[PINS[source.columns.get(name, kind)]])
        if columns:
            found[source.name] = {**columns, **OWN}
    return found
