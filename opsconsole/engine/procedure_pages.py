"""The files of procedures: read from the site's folder and from nowhere else, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

from opsconsole.site.marks import Marks
from opsconsole.site.model import Problem, Site
from opsconsole.site.procedures import LARGEST, named, outside, read_page


class ProcedureError(Exception):
    """A procedure cannot be read; the message says why, in a few words for a person."""


def read(root: Path, path: str) -> str:
    """The text of a procedure in a site's folder. Raises ProcedureError."""
    if outside(path):
        raise ProcedureError("lies outside the site's folder and is not read")
    file = root / path
    try:
        if not file.resolve(strict=True).is_relative_to(root.resolve()):
            raise ProcedureError("leads out of the site's folder and is not read")
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise ProcedureError("there is no such file") from error
    except (OSError, ValueError) as error:
        raise ProcedureError((error.strerror if isinstance(error, OSError) else "") or "cannot be read") from error
    if len(data) > LARGEST:
        raise ProcedureError(f"is larger than {LARGEST // 1000} kB and is not read")
    return data.decode("utf-8", "replace")


def page_problems(site: Site, marks: Marks, root: Path) -> list[Problem]:
    """A warning for each place in the site file that names a procedure which cannot be read or has no steps."""
    found = []
    for path, places in named(site).items():
        try:
            steps = read_page(read(root, path), path).steps
            why = "" if steps else "has no steps to tick: numbered items, `- [ ]`, or headings of level 2"
        except ProcedureError as error:
            why = str(error)
        if why:
            written = [place for place in places if marks.has(*place)]
            found += [Problem(marks.at(*place), f"`procedure`: {path}: {why}", "warning") for place in written]
    return sorted(found)
