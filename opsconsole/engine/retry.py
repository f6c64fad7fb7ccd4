"""Files that a person wants read anew: which are meant, the journal, and the word to the feed."""

from __future__ import annotations

import datetime as dt
import fnmatch
from typing import TYPE_CHECKING

from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import Command, Done
from opsconsole.engine.watch import AlertWatch
from opsconsole.tables.store import Store

if TYPE_CHECKING:
    from opsconsole.tables.feed import Feed


def again(feed: Feed | None, store: Store, watch: AlertWatch, command: Command, peer: Peer, now: dt.datetime) -> Done:
    """Have files read anew; it is in the journal before the feed is told."""
    if feed is None:
        return Done(refused={command.source or "retry": "the first scan has not begun yet"})
    files, refused = wanted(store, command)
    if files:
        trouble = watch.note(command, peer, now, sorted({path for _, path in files}))
        if trouble:
            return Done(refused={path: trouble for _, path in files})
    for source, path in files:
        feed.retry(source, path)
    return Done(applied=[path for _, path in files], refused=refused)


def wanted(store: Store, command: Command) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """(source, path) of the files, and what is refused with the reason.

    No file named: all that had trouble, of the source or of all. A name may be a glob, or the end of a path.
    """
    files = store.files(command.source)
    if not command.files:
        return [
            (file.source, file.path)
            for file in files
            if file.status in ("waiting", "failed") or file.rejected or file.cells
        ], {}
    found: dict[tuple[str, str], None] = {}
    refused = {}
    for name in command.files:
        hits = [file for file in files if _means(name, file.path)]
        if not hits:
            of = f" of {command.source}" if command.source else ""
            refused[name] = f"no such file{of} in the ledger; `opsconsole sources` names them"
        found |= {(file.source, file.path): None for file in hits if file.status != "archived"}
        if hits and all(file.status == "archived" for file in hits):
            refused[name] = "the file is gone: its rows are kept in the archive and cannot be read anew"
    return list(found), refused


def _means(name: str, path: str) -> bool:
    return name == path or path.endswith(f"/{name}") or fnmatch.fnmatchcase(path, name)
