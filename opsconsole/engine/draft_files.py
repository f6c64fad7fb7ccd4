"""The files of a folder as families: what one writer drops there again and again, told by folder and name."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from opsconsole.site.model import Format
from opsconsole.tables.folders.globs import Pattern
from opsconsole.tables.names import ignored
from opsconsole.tables.reading.reader import format_of
from opsconsole.tables.reading.unpack import inner

MOST_FILES = 20_000
DEEPEST = 6
MOST_PATTERNS = 40
OWN_FOLDERS = ("layouts", "procedures")

_HEX = re.compile(r"(?<![A-Za-z0-9])(?=[0-9a-fA-F-]*\d)[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,})*(?![A-Za-z0-9])")
_DIGITS = re.compile(r"\d+")
_COUNTERS = re.compile(r"(?<![A-Za-z0-9])\d+(?![A-Za-z0-9])")
_RUNS = re.compile(r"\*(?:[-_.T ]*\*)+")


class Found(Struct, frozen=True):
    """A file: its path below the folder with `/`, its size in bytes, its last change in seconds since the epoch."""

    name: str
    path: str
    size: int
    changed: float

    @property
    def folder(self) -> str:
        """The folder below the root, "" for the root itself."""
        return self.name.rpartition("/")[0]


class Family(Struct):
    """Files that become one source. `words` is what their names have in common, `globs` the patterns that find them."""

    folder: str
    words: str
    ending: str
    format: Format
    globs: list[str]
    files: list[Found]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def find_files(folder: Path) -> tuple[list[Found], bool]:
    """The readable kinds of files below a folder, and whether there are more than are looked at."""
    found: list[Found] = []
    for at, folders, names in os.walk(folder):
        below = os.path.relpath(at, folder)
        prefix = "" if below == "." else below.replace(os.sep, "/") + "/"
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and prefix.count("/") < DEEPEST and (prefix or name not in OWN_FOLDERS)
        )
        for name in sorted(names):
            path = os.path.join(at, name)
            if ignored(path) or format_of(path, None) is None:
                continue
            try:
                status = os.stat(path)
            except OSError:
                continue  # gone again, or a dangling link: the feed will say so if it comes back
            found.append(Found(prefix + name, path, status.st_size, status.st_mtime))
            if len(found) >= MOST_FILES:
                return found, True
    return found, False


def families(root: Path, files: Iterable[Found]) -> list[Family]:
    """Group files by folder, name pattern and ending; folders and names that differ only in digits are one."""
    by_place: dict[tuple[str, str], dict[str, list[Found]]] = defaultdict(lambda: defaultdict(list))
    for file in files:
        stem, ending = split(file.name.rpartition("/")[2])
        place = (pattern(file.folder, parts=True), ending)
        by_place[place][pattern(stem)].append(file)
    found: list[Family] = []
    for (folder, ending), patterns in by_place.items():
        together = patterns
        if len(patterns) > MOST_PATTERNS:  # names without a pattern: all files of a kind in a folder are one family
            together = {"*": [file for each in patterns.values() for file in each]}
        for stem, members in together.items():
            format_ = format_of(members[0].name, None)
            if len(members) == 1:  # digits inside a word are then a part of the name, not what differs
                stem = pattern(split(members[0].name.rpartition("/")[2])[0], _COUNTERS)
            if format_ is not None:
                glob = (f"{folder}/" if folder else "") + stem + ending
                found.append(Family(folder, words(stem), ending, format_, [glob], members))
    return _apart(root, found)


def split(name: str) -> tuple[str, str]:
    """Stem and ending; that of `x.csv.gz` is `.csv.gz`."""
    base = name[: len(inner(name))]
    stem, dot, ending = base.rpartition(".")
    return stem, f"{dot}{ending}{name[len(base) :]}"


def pattern(name: str, digits: re.Pattern[str] = _DIGITS, *, parts: bool = False) -> str:
    """A name as a glob, with `*` for digits, dates and hexadecimal ids; each folder of a path by itself."""
    if parts:
        return "/".join(pattern(part) for part in name.split("/"))
    starred = digits.sub("*", _HEX.sub("*", escape(name)))
    return _RUNS.sub("*", starred)


def escape(text: str) -> str:
    """Text as a glob that matches it; what cannot be written in a file becomes `?`."""
    wild = re.sub(r"[*?\[]", "?", text)
    return "".join(char if char.isprintable() else "?" for char in wild)


def words(stem: str) -> str:
    """What is left of a pattern without its wildcards."""
    return re.sub(r"[*?]+", " ", stem).strip(" -_.")


def _apart(root: Path, found: list[Family]) -> list[Family]:
    """Make globs that would also find files of another family more exact."""
    for family in found:
        if not any(_finds(root, family.globs, other) for other in found if _near(family, other)):
            continue
        exact = sorted({_exact(file.name) for file in family.files})
        if len(exact) <= 4:
            family.globs = exact
        if len(exact) > 4 or any(_finds(root, exact, other) for other in found if _near(family, other)):
            family.globs = [escape(file.name) for file in family.files[:100]]
    return found


def _near(family: Family, other: Family) -> bool:
    return family is not other and family.folder == other.folder and family.ending == other.ending


def _finds(root: Path, globs: list[str], other: Family) -> bool:
    patterns = [Pattern(root, glob) for glob in globs]
    return any(one.matches(file.path) for one in patterns for file in other.files[:20])


def _exact(name: str) -> str:
    folder, slash, base = name.rpartition("/")
    return pattern(folder, parts=True) + slash + re.sub(r"\d", "[0-9]", escape(base))


def merged(families: list[Family], columns: dict[int, tuple[str, ...]], everything: list[Family]) -> list[Family]:
    """Join families of one folder and format that have the same three or more columns.

    Two columns, such as a time and a value, are too few to tell that two series are of one kind.
    """
    groups: dict[object, list[Family]] = defaultdict(list)
    for family in families:
        names = columns.get(id(family), ())
        groups[(family.folder, family.ending, names) if len(names) > 2 else id(family)].append(family)
    joined: list[Family] = []
    for members in groups.values():
        first = members[0]
        if len(members) > 1:
            near = [family for family in everything if (family.folder, family.ending) == (first.folder, first.ending)]
            whole = len(near) == len(members)
            folder = f"{first.folder}/" if first.folder else ""
            globs = [f"{folder}*{first.ending}"] if whole else [glob for family in members for glob in family.globs]
            files = [file for family in members for file in family.files]
            first = Family(
                first.folder, common([each.words for each in members]), first.ending, first.format, globs, files
            )
        joined.append(first)
    return joined


def common(names: list[str]) -> str:
    """The words that all names have, in the order of the first."""
    parts = [re.split(r"[-_. ]+", name) for name in names]
    return "_".join(word for word in parts[0] if all(word in other for other in parts))
