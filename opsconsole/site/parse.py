"""Site and layout files to models: everything that is wrong is reported at once, with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from opsconsole.site.build import build_rest, build_site
from opsconsole.site.check import check_site
from opsconsole.site.keys import SITE
from opsconsole.site.kinds import BAD
from opsconsole.site.known import known_names
from opsconsole.site.layout_build import build_layout, default_layout, with_layouts
from opsconsole.site.layout_check import check_layout
from opsconsole.site.layout_keys import LAYOUT
from opsconsole.site.marks import Marks
from opsconsole.site.model import Mark, Problem, Site
from opsconsole.site.report import Report
from opsconsole.site.sections import Section, walk
from opsconsole.site.tree import Document, Scalar, read_tree
from opsconsole.site.uses import expand

__all__ = ["SITE_FILE", "Loaded", "default_layout", "load_site", "parse_site"]

SITE_FILE = "site.yaml"
LAYOUT_FOLDER = "layouts"
LAYOUT_ENDINGS = (".yaml", ".yml")
LARGEST = 4_000_000


@dataclass(frozen=True)
class Loaded:
    """What came of reading a site: `site` is None when `problems` holds an error.

    `files` are all files read and `layouts` the folder in which layout files are looked for, for whoever wants to
    notice that one changed or came. `rest`: what is left of a site with errors, to look for more of them in.
    """

    site: Site | None
    problems: list[Problem]
    marks: Marks
    files: list[Path] = field(default_factory=list)
    layouts: Path | None = None
    rest: Site | None = None


# Given the name of the layouts folder, the contents of its files by their names (shown in messages).
# OSError: there is no such folder.
ReadLayouts = Callable[[str], Mapping[str, bytes]]


Amend = Callable[[Document, Marks], None]
"""Changes the tree of a site file before it is read."""


def load_site(
    path: Path, amend: Amend | None = None, data: bytes | None = None, put: Mapping[str, bytes] | None = None
) -> Loaded:
    """The site of a `site.yaml`, or of the folder that holds one. `data`: as if that were in the site file; `put`: as
    if these files, by their names, lay in the layouts folder.

    Raises OSError when the site file cannot be read; never raises for what is in the files.
    """
    if path.is_dir():
        named = path / SITE_FILE
        path = named if named.exists() or not named.with_suffix(".yml").exists() else named.with_suffix(".yml")
    if data is None:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    files = [path]
    folders: list[Path] = []
    unread: list[Problem] = []

    def layouts(folder: str) -> Mapping[str, bytes]:
        found: dict[str, bytes] = {}
        folders.append(path.parent / Path(folder).expanduser())
        try:
            there = layout_files(folders[0])
        except OSError:
            if not put:
                raise
            there = []
        for layout in there:
            name = f"{folder}/{layout.name}"
            try:
                with layout.open("rb") as file:
                    found[name] = file.read(LARGEST + 1)
            except OSError as error:
                unread.append(Problem(Mark(name, 1, 1), f"cannot be read: {error.strerror or error}"))
            files.append(layout)
        return found | {f"{folder}/{name}": text for name, text in (put or {}).items()}

    loaded = parse_site(data, layouts, file=path.name, folder=path.absolute().parent.name, amend=amend)
    problems = _ordered(loaded.problems + unread, path.name)
    site = None if _failed(problems) else loaded.site
    return Loaded(site, problems, loaded.marks, files, folders[0] if folders else None, loaded.rest)


def layout_files(folder: Path) -> list[Path]:
    """The layout files in a folder, by name. Raises OSError when there is no such folder."""
    return sorted(path for path in folder.iterdir() if path.suffix in LAYOUT_ENDINGS and not path.name.startswith("."))


def parse_site(
    data: bytes,
    read_layouts: ReadLayouts,
    *,
    file: str = SITE_FILE,
    folder: str = "site",
    amend: Amend | None = None,
) -> Loaded:
    """The site of a file's bytes; `file` is what messages call it, `folder` the site's name if it gives none."""
    report = Report(file, _homes(SITE))
    document = _read(data, report)
    marks = Marks(document)
    if amend is not None:
        amend(document, marks)
    values = SITE.read(document.root, "site", report) if document.root is not None else BAD
    if values is BAD:
        values = {}
    if document.whole:
        expand(values, marks, report)
        check_site(values, marks, report)
    layouts = _read_layouts(values.get("layouts"), read_layouts, marks, report)
    kpis = known_names("kpis", values, marks) if document.whole else None
    sources = known_names("sources", values, marks) if document.whole else None
    flows = known_names("flows", values, marks) if document.whole else None
    parsed = [(name, one, _layout(name, doc, one, kpis, sources, flows, marks)) for name, doc, one in layouts]
    problems = _ordered(report.problems + [problem for _, one, _ in parsed for problem in one.problems], file)
    if _failed(problems):
        return Loaded(None, problems, marks, rest=build_rest(values, folder, marks) if document.whole else None)
    site = build_site(values, folder, marks)
    built = [build_layout(name, found, site.kpis, one.file) for name, one, found in parsed]
    return Loaded(with_layouts(site, built), problems, marks)


def _ordered(problems: list[Problem], file: str) -> list[Problem]:
    """By place, those of the site file first."""
    return sorted(problems, key=lambda problem: (problem.mark.file != file, problem))


def _failed(problems: list[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def _homes(root: Section) -> dict[str, str]:
    """For each key that only one section has: that section, to say where a misplaced key belongs."""
    homes: dict[str, list[str]] = {}
    for section in walk(root):
        for key in section.keys:
            homes.setdefault(key.name, []).append(section.name)
    return {key: f"`{names[0]}`" for key, names in homes.items() if len(names) == 1}


def _read(data: bytes, report: Report) -> Document:
    """The tree of a file, with a problem where there is no mapping at its top."""
    start = Mark(report.file, 1, 1)
    if len(data) > LARGEST:
        report.error(start, f"larger than {LARGEST // 1_000_000} MB; this is no site or layout file")
        return Document(report.file, "", None, whole=False)
    document = read_tree(data, report)
    report.partial = not document.whole
    root = document.root
    if document.whole and (root is None or (isinstance(root, Scalar) and root.absent)):
        report.error(start, "the file is empty")
        return Document(report.file, document.text, None, whole=False)
    return document


def _read_layouts(
    folder: str | None, read: ReadLayouts, marks: Marks, report: Report
) -> list[tuple[str, Document, Report]]:
    """The trees of all layout files; a folder that was named and is not there is worth a warning."""
    try:
        texts = read(folder or LAYOUT_FOLDER)
    except (OSError, ValueError) as error:
        if folder is not None:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            report.warn(marks.at("layouts"), f"`layouts`: {why}; an overview is made from the KPIs")
        return []
    found: list[tuple[str, Document, Report]] = []
    for file, data in texts.items():
        one = Report(file, _homes(LAYOUT))
        document = _read(data, one)
        name = Path(file).stem
        if any(name == other for other, _, _ in found):
            one.error(Mark(file, 1, 1), f"there is another layout called `{name}`")
        else:
            marks.add_layout(name, document)
        found.append((name, document, one))
    return found


def _layout(
    name: str,
    document: Document,
    report: Report,
    kpis: dict[str, dict[str, object]] | None,
    sources: dict[str, dict[str, object]] | None,
    flows: dict[str, dict[str, object]] | None,
    marks: Marks,
) -> dict[str, object]:
    values = LAYOUT.read(document.root, name, report) if document.root is not None else BAD
    if values is BAD:
        return {}
    if document.whole:
        check_layout(name, values, kpis, sources, flows, marks, report)
    return values
