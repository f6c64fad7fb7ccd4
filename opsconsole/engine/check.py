"""`opsconsole check`: everything that is wrong with a site, with the place of each, before an engine runs it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

import msgspec

from opsconsole.engine.place import PlaceError, find_place
from opsconsole.site.model import Problem, Site
from opsconsole.site.parse import Loaded, load_site

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
    problems = list(loaded.problems)
    if loaded.site is not None:
        problems += _bind_problems(loaded, loaded.site, place.root)
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json:
        print(json.dumps([msgspec.to_builtins(problem) for problem in problems], ensure_ascii=False, indent=1))
    else:
        for problem in problems:
            print(problem)
        site = loaded.site
        content = f": {len(site.sources)} sources, {len(site.kpis)} KPIs, {len(site.rules)} rules" if site else ""
        doubts = len(problems) - errors
        verdict = f"{_count(errors, 'error')}, {_count(doubts, 'warning')}" if problems else "fine"
        print(f"{place.site.name}: {verdict}{content if not errors else ''}")
    return 1 if errors else 0


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _bind_problems(loaded: Loaded, site: Site, root: object) -> list[Problem]:
    from pathlib import Path

    from opsconsole.kpis.bind import bind

    assert isinstance(root, Path)
    _binding, problems = bind(loaded, _schemas(site, root))
    return problems


def _schemas(site: Site, root: object) -> Mapping[str, Mapping[str, str]]:
    """The tables that the sources would become, learnt from some of their files."""
    raise NotImplementedError
