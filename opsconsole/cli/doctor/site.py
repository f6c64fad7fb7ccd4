"""Checks of a site's own files: the site file, and the folders it watches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opsconsole.cli.doctor.finding import Finding
from opsconsole.site.figures import count


def file(path: str, draft: bool, errors: Sequence[str], warnings: Sequence[str]) -> list[Finding]:
    """Whether the site file is right; one finding for each kind of trouble, with the first of it."""
    if draft:
        return [
            Finding("site file", "note", f"none in {path}: the engine makes a draft of it", f"`opsconsole init {path}`")
        ]
    out: list[Finding] = []
    for found, state, word in ((errors, "broken", "error"), (warnings, "warning", "warning")):
        if found:
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            out.append(
                Finding(
                    "site file",
                    "broken" if state == "broken" else "warning",
                    f"{count(len(found), word)}: {found[0]}{more}",
                    f"`opsconsole check {path}` lists them",
                )
            )
    return out or [Finding("site file", "fine", path)]


def folders(folders: int, files: int, unreadable: Mapping[str, str], empty: Sequence[str]) -> list[Finding]:
    """Whether what is watched can be read, and whether anything lies there."""
    out = [Finding("folders", "fine", f"{count(files, 'file')} in {count(folders, 'folder')}")]
    if unreadable:
        path, why = next(iter(unreadable.items()))
        more = f" (and {len(unreadable) - 1} more)" if len(unreadable) > 1 else ""
        cure = "make the folder, or mend `files:`" if why == "is not there" else "ask its owner for read access"
        out = [Finding("folders", "broken", f"{path} {why}{more}", cure)]
    if empty:
        out.append(
            Finding(
                "sources",
                "warning",
                f"no file for {', '.join(empty)}",
                "put some there, or mend `files:` in site.yaml",
            )
        )
    return out


def shares(found: Sequence[str]) -> Finding:
    """Whether folders lie on another machine, whose changes give no events here."""
    if not found:
        return Finding("file system", "fine", "local: a change is seen at once")
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return Finding("file system", "note", f"{found[0]}{more} is a network share: looked at in rounds, seconds late")
