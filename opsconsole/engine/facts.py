"""`python -m opsconsole.engine facts SITE`: what `opsconsole doctor` has to know of a site's files, as JSON.

It goes through the folders as the engine does, so that it takes what one look at them takes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from opsconsole.engine.check import problems_of
from opsconsole.engine.place import Place, PlaceError, find_place
from opsconsole.site.model import Site
from opsconsole.site.parse import load_site
from opsconsole.site.zones import find_zone
from opsconsole.tables.folders.globs import Pattern, Walk
from opsconsole.tables.folders.shares import remote


class Facts(Struct, frozen=True):
    """`errors` and `warnings` as `check` tells them. `folders`: how many are watched; `files`: how many lie there.

    `shares`: folders on network shares; `unreadable`: by path, why; `empty`: sources without a file. `extras`: optional
    parts that the site makes use of. `zone_known`: this machine has the site's time zone.
    """

    timezone: str = ""
    zone_known: bool = True
    errors: list[str] = []
    warnings: list[str] = []
    folders: int = 0
    files: int = 0
    shares: list[str] = []
    unreadable: dict[str, str] = {}
    empty: list[str] = []
    extras: list[str] = []


def facts(target: str) -> int:
    """Print them; the exit code is 1 where the site cannot be looked at."""
    try:
        place = find_place(target)
        found = _of_draft(place) if place.draft else _of_site(place)
    except (PlaceError, OSError) as error:
        print(f"opsconsole: {error}", file=sys.stderr)
        return 1
    print(json.dumps(msgspec.to_builtins(found), ensure_ascii=False))
    return 0


def _of_site(place: Place) -> Facts:
    loaded = load_site(place.site)
    problems = problems_of(loaded, place)
    errors = [str(each) for each in problems if each.severity == "error"]
    warnings = [str(each) for each in problems if each.severity != "error"]
    site = loaded.site or loaded.rest
    if site is None:
        return Facts(errors=errors, warnings=warnings)
    patterns = {source.name: [Pattern(place.root, text) for text in source.files] for source in site.sources.values()}
    read = [name for name, found in patterns.items() if found]
    walk = Walk()
    counted = {name: sum(1 for pattern in patterns[name] for _ in pattern.files(walk)) for name in read}
    bases = sorted({pattern.base for name in read for pattern in patterns[name]})
    return Facts(
        timezone=site.timezone,
        zone_known=find_zone(site.timezone) is not None,
        errors=errors,
        warnings=warnings,
        folders=len(walk.folders),
        files=sum(counted.values()),
        shares=[base for base in bases if remote([base])],
        unreadable={**{base: "is not there" for base in bases if not Path(base).is_dir()}, **walk.problems},
        empty=[name for name, many in counted.items() if not many],
        extras=_extras(site),
    )


def _of_draft(place: Place) -> Facts:
    walk = Walk()
    files = sum(1 for _ in Pattern(place.root, "**").files(walk))
    shares = [str(place.root)] if remote([str(place.root)]) else []
    return Facts(folders=len(walk.folders), files=files, shares=shares, unreadable=walk.problems)


def _extras(site: Site) -> list[str]:
    found = []
    if site.notify is not None and site.notify.targets:
        found.append("notify")
    if site.holidays is not None and site.holidays.country:
        found.append("holidays")
    return found
