"""A site for a folder that has no site file: drafted from what lies there, as text that a person can go on with.

The draft that runs is the text that `opsconsole init` writes, loaded in the same way as any site file.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import msgspec

from opsconsole.engine.draft_files import MOST_FILES, Family, families, find_files, merged
from opsconsole.engine.draft_roles import Measure, Roles, roles_of, title_of
from opsconsole.engine.draft_sample import Sample, take
from opsconsole.engine.draft_text import Draft, DraftKpi, DraftSource, layout_text, site_text
from opsconsole.site.builtin import BUILT_IN
from opsconsole.site.check import SQL_WORDS
from opsconsole.site.names import is_identifier, listed
from opsconsole.site.parse import LAYOUT_FOLDER, SITE_FILE, Loaded, parse_site
from opsconsole.site.zones import find_zone

LAYOUT_FILE = f"{LAYOUT_FOLDER}/overview.yaml"
MOST_SOURCES = 60
MOST_SHOWN = 12
MOST_TILES = 8
MOST_SAMPLES = 60
SECONDS = 1.2
MOST_BEHIND = 20 * 86400.0
EMPTY = "Nothing here yet. Drop a CSV, JSON, Parquet or Excel file into the folder; it will appear by itself."
_PLAIN_NAMES = {"value", "val", "v", "x", "y", "z", "amount", "count", "qty", "number", "measurement", "reading"}
_PLAIN_FOLDERS = {
    "csv",
    "json",
    "ndjson",
    "parquet",
    "excel",
    "data",
    "files",
    "raw",
    "input",
    "inbox",
    "in",
    "export",
    "exports",
}
_HOUR, _DAY = 3600.0, 86400.0
_WINDOWS = (
    (_HOUR, "1h", "per hour"),
    (_DAY, "24h", "in 24 h"),
    (7 * _DAY, "7d", "in 7 days"),
    # Whole weeks, and never more than a year: each of two such windows holds four weekly or twelve monthly records.
    (28 * _DAY, "28d", "in 28 days"),
    (365 * _DAY, "365d", "in a year"),
)
_FRESH = (300, 900, 1800, _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 31 * _DAY, 92 * _DAY)


class _Part(msgspec.Struct):
    """A family with what was seen of it."""

    family: Family
    sample: Sample
    roles: Roles
    name: str

    @property
    def newest(self) -> dt.datetime | None:
        """The newest event that was seen."""
        return self.sample.newest.get(self.roles.time.name) if self.roles.time else None


def draft_text(folder: Path, now: float | None = None) -> dict[str, str]:
    """The texts of `site.yaml` and `layouts/overview.yaml` for a folder; `now` in seconds since the epoch.

    Looks into a bounded number of files and bytes. Raises OSError when the folder cannot be read.
    """
    os.listdir(folder)
    draft = _draft(folder, time.time() if now is None else now)
    return {SITE_FILE: site_text(draft), LAYOUT_FILE: layout_text(draft)}


def load_draft(folder: Path, texts: Mapping[str, str]) -> Loaded:
    """The site of draft texts, as `load_site` would give it of the files; its marks point into "draft"."""

    def layouts(_folder: str) -> Mapping[str, bytes]:
        return {f"draft/{Path(LAYOUT_FILE).name}": texts[LAYOUT_FILE].encode()}

    loaded = parse_site(texts[SITE_FILE].encode(), layouts, file="draft", folder=folder.name)
    if loaded.site is None:
        return loaded
    unwritten = tuple(msgspec.structs.replace(layout, file="") for layout in loaded.site.layouts)
    return replace(loaded, site=msgspec.structs.replace(loaded.site, draft=True, layouts=unwritten))


def write_draft(folder: Path) -> tuple[list[Path], list[Path]]:
    """Write the draft's files: those written, or those that exist already, and then none is written.

    A layout beside a site file that it was not made for would break it, so it is both or neither. Raises OSError.
    """
    targets = {folder / name: text for name, text in draft_text(folder).items()}
    existing = [path for path in (*targets, folder / "site.yml") if os.path.lexists(path)]
    if existing:
        return [], existing
    written: list[Path] = []
    try:
        for path, text in targets.items():
            path.parent.mkdir(exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                written.append(path)
                file.write(text)
    except OSError as error:
        for path in written:
            path.unlink()
        if isinstance(error, FileExistsError):  # made by someone else just now, or `layouts` is a file
            return [], [Path(error.filename)]
        raise
    return written, []


def init(folder: str) -> int:
    """Write the draft for a folder and say so; the exit code."""
    root = Path(folder).expanduser()
    try:
        written, existing = write_draft(root)
    except OSError as error:
        print(f"{root}: {error.strerror or error}", file=sys.stderr)
        return 2
    for path in existing:
        print(f"{path}: exists already, nothing was written.", file=sys.stderr)
    for path in written:
        print(f"wrote {path}")
    if written:
        print(f"Edit them, then: opsconsole {root}")
    return 1 if existing else 0


# --- from files to a draft -------------------------------------------------------------------------------------


def _draft(folder: Path, now: float) -> Draft:
    files, more = find_files(folder)
    parts, left = _parts(folder, families(folder, files))
    newest = max((part.newest for part in parts if part.newest), default=None)
    old = newest is not None and newest.timestamp() < now - _DAY
    draft = Draft(
        name=_shown(folder.resolve().name) or "site",
        timezone=_local_zone(),
        clock="data" if old else "wall",
        notes=["A draft made from the files in this folder. Change what does not fit; the keys are in the README."],
        sources=[],
        kpis=[],
        tiles=[],
        empty="" if parts else EMPTY,
    )
    if more:
        draft.notes.append(f"There are more than {MOST_FILES} files; only so many were looked at.")
    if left:
        draft.notes.append(f"Left out: {listed((family.globs[0] for family in left), 6)}")
    timed = any(part.roles.time for part in parts)
    # Beside events, tables without time only explain.
    shown = [part for part in parts if part.sample.columns and (part.roles.time or not timed)][:MOST_SHOWN]
    most = 3 if len(shown) <= 2 else 2 if len(shown) <= 5 else 1
    for part in parts:
        draft.sources.append(_source(part))
    for part in shown:
        draft.kpis += _kpis(part, most, {kpi.name for kpi in draft.kpis}, newest if old else None)
    draft.tiles = _tiles(draft.kpis)
    spread = [kpi for kpi in draft.kpis if kpi.by]
    draft.spread = next(
        (kpi.name for kpi in spread if not kpi.name.endswith("_rows")), spread[0].name if spread else ""
    )
    return draft


def _parts(folder: Path, found: list[Family]) -> tuple[list[_Part], list[Family]]:
    """The families that become sources, those with time and the most data first; and those left out."""
    until = time.monotonic() + SECONDS
    samples: dict[int, Sample] = {}
    left: list[Family] = []
    for number, family in enumerate(sorted(found, key=lambda family: -family.size)):
        sample = take(family) if number < MOST_SAMPLES and time.monotonic() < until else None
        if sample is not None and _is_no_table(family, sample):
            left.append(family)
        else:
            # What could not be looked into becomes a source all the same: the feed then says what is wrong with it.
            samples[id(family)] = sample or Sample([], 0)
    seen = [family for family in found if id(family) in samples]
    columns = {key: tuple(column.name for column in sample.columns) for key, sample in samples.items()}
    parts: list[_Part] = []
    for family in merged(seen, columns, found):
        key = id(family) if id(family) in samples else id(next(f for f in seen if f.files[0] is family.files[0]))
        parts.append(_Part(family, samples[key], roles_of(samples[key]), ""))
    parts.sort(key=lambda part: (part.roles.time is None, -part.family.size, part.family.globs))
    used: set[str] = set(BUILT_IN)
    for part in parts[:MOST_SOURCES]:
        part.name = _name(_called(part.family, folder), used, "data")
    return parts[:MOST_SOURCES], [part.family for part in parts[MOST_SOURCES:]] + left


def _is_no_table(family: Family, sample: Sample) -> bool:
    """A document with one record is a setting or a result; a text file without columns is to be read by people."""
    if family.format == "json":
        return sample.rows < 2 and len(family.files) == 1
    return family.ending.lower() == ".txt" and len(sample.columns) < 2


def _called(family: Family, root: Path) -> str:
    """What a family is about: its files' name, or that of their folder where that says more."""
    if "*" not in family.globs[0] and re.search(r"[A-Za-z]", family.words):
        return family.words
    names = [family.words, *reversed(family.folder.split("/")), root.resolve().name]
    telling = (name for name in names if len(re.sub(r"[^A-Za-z]", "", name)) > 2 and name.lower() not in _PLAIN_FOLDERS)
    return next(telling, family.words)


def _source(part: _Part) -> DraftSource:
    family, roles = part.family, part.roles
    count = f"{len(family.files):,} files" if len(family.files) > 1 else "1 file"
    columns = listed((_shown(column.name) for column in part.sample.columns), 12).replace("`", "")
    note = f"{count}. Columns: {columns}" if columns else f"{count}, which could not be looked into"
    source = DraftSource(
        name=part.name,
        title=title_of(part.name),
        files=family.globs,
        format=family.format,
        note=note,
        dimensions=roles.dimensions,
        columns={
            measure.column.name: measure.column.kind
            for measure in roles.measures[:3]
            if measure.column.kind in ("number", "integer") and family.format != "parquet"
        },
        fresh_within=_fresh(part),
    )
    # A whole number in the sample may be a fraction in the next row.
    source.columns = dict.fromkeys(source.columns, "number")
    if roles.time:
        source.time = roles.time.name
        if roles.time.as_text:
            source.columns[roles.time.name] = "time"
            source.timezone = "UTC" if roles.time.kind == "zoned" else ""
    return source


def _fresh(part: _Part) -> float | None:
    """Three times as long as it usually takes until something comes, rounded up; None when that is not known."""
    changes = sorted({round(file.changed) for file in part.family.files})
    steps = sorted(later - one for one, later in pairwise(changes))
    usual = max(part.roles.wide or 0.0, steps[len(steps) // 2] if len(steps) > 2 else 0.0)
    if not usual:
        return None
    return float(next((step for step in _FRESH if step >= 3 * usual), _FRESH[-1]))


def _kpis(part: _Part, most: int, taken: set[str], end: dt.datetime | None) -> list[DraftKpi]:
    """The KPIs of a source; `end` is the newest event of all where that is what "now" will be."""
    roles = part.roles
    title = title_of(part.name)
    window, when = "all", "rows"
    if roles.time:
        behind = (end - part.newest).total_seconds() if end and part.newest else 0.0
        if behind < MOST_BEHIND:  # else it ended long before the others, and any window would be empty
            fitting = (entry for entry in _WINDOWS if entry[0] >= max(2 * (roles.gap or 0.0), 1.5 * behind))
            _, window, when = next(fitting, _WINDOWS[-1])
    used = set(taken)
    found = [DraftKpi(_name(f"{part.name}_rows", used, "rows"), f"{title} {when}", part.name, "count(*)", window)]
    for measure in roles.measures[:most]:
        name = _name(f"{part.name}_{measure.column.name}", used, "measure")
        plain = measure.column.name.lower() in _PLAIN_NAMES
        heading = (
            title if plain and len(roles.measures) == 1 else f"{title} {measure.title}" if plain else measure.title
        )
        found.append(DraftKpi(name, heading, part.name, _value(measure), window, measure.unit))
    for kpi in found:
        kpi.by = roles.dimensions
    found[0].unit = "rows"
    return found


def _value(measure: Measure) -> str:
    name = measure.column.name
    column = name if is_identifier(name) and name.lower() not in SQL_WORDS else '"' + name.replace('"', '""') + '"'
    if measure.how == "share":
        if measure.column.kind == "boolean":
            return f"100 * count(*) FILTER (WHERE {column}) / count({column})"
        return f"100 * avg({column})"
    return f"{'sum' if measure.how == 'sum' else 'avg'}({column})"


def _tiles(kpis: list[DraftKpi]) -> list[str]:
    """KPIs of each source in turn, as many as the wall takes; of many sources their measures come before their rows."""
    by_source: dict[str, list[str]] = {}
    for kpi in kpis:
        by_source.setdefault(kpi.source, []).append(kpi.name)
    if len(by_source) > MOST_TILES // 2:
        by_source = {source: names[1:] + names[:1] for source, names in by_source.items()}
    deepest = max((len(names) for names in by_source.values()), default=0)
    turns = [names[turn] for turn in range(deepest) for names in by_source.values() if turn < len(names)]
    kept = set(turns[:MOST_TILES])
    return [kpi.name for kpi in kpis if kpi.name in kept]


def _name(text: str, used: set[str], otherwise: str) -> str:
    """A name for SQL made from text, not used before."""
    base = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()[:56].strip("_")
    base = re.sub(r"^[^a-z]+", "", base) or otherwise
    if base in SQL_WORDS:
        base += "_data"
    name, count = base, 1
    while name in used:
        count += 1
        name = f"{base}_{count}"
    used.add(name)
    return name


def _shown(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)


def _local_zone() -> str:
    """The zone of this machine, UTC where it cannot be told."""
    name = os.environ.get("TZ", "").lstrip(":")
    if not name:
        name = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2].removeprefix("Etc/")
    return name if find_zone(name) is not None else "UTC"
