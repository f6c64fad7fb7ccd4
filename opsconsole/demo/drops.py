"""What the pretended systems write: lines appended to a file, or a whole file put in the place of the old one.

A stream of drops is in order of `at`, the site time (seconds since the epoch) at which the other system writes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple


class Append(NamedTuple):
    """Text that goes to the end of a file; `head` begins the file where it is new."""

    at: float
    path: str
    text: str
    head: str = ""


class Whole(NamedTuple):
    """A whole file, made when it is needed, that replaces the one before."""

    at: float
    path: str
    make: Callable[[], bytes]


Drop = Append | Whole


def write_history(root: Path, drops: Iterable[Drop], mtime: Callable[[float], float]) -> None:
    """Write what lies in the past, each file once, with the mtime that `mtime` gives for its last write."""
    texts: dict[str, list[str]] = {}
    wholes: dict[str, Whole] = {}
    last: dict[str, float] = {}
    for drop in drops:
        last[drop.path] = drop.at
        if isinstance(drop, Whole):
            wholes[drop.path] = drop
        else:
            texts.setdefault(drop.path, [drop.head]).append(drop.text)
    for path in last:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(wholes[path].make() if path in wholes else "".join(texts[path]).encode())
        stamp = mtime(last[path])
        os.utime(target, (stamp, stamp))


def write_live(root: Path, drops: Iterable[Drop]) -> None:
    """Write what is due now, as other systems do: appends in pieces that end anywhere, workbooks by rename."""
    for path, text, head in _joined(drops):
        if isinstance(text, bytes):
            _replace(root / path, text)
        else:
            _append(root / path, text, head)


def _joined(drops: Iterable[Drop]) -> Iterator[tuple[str, str | bytes, str]]:
    """The appends of one moment joined per file; whole files follow as bytes."""
    texts: dict[str, list[str]] = {}
    heads: dict[str, str] = {}
    wholes: list[Whole] = []
    for drop in drops:
        if isinstance(drop, Whole):
            wholes.append(drop)
        else:
            texts.setdefault(drop.path, []).append(drop.text)
            heads[drop.path] = drop.head
    for path, parts in texts.items():
        yield path, "".join(parts), heads[path]
    for whole in wholes:
        yield whole.path, whole.make(), ""


def _append(path: Path, text: str, head: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    # Two writes that part in the middle of a line: a reader must wait for the rest of it.
    half = len(data) * 2 // 3
    with path.open("ab", buffering=0) as file:
        if head and file.tell() == 0:
            file.write(head.encode())
        file.write(data[:half])
        file.write(data[half:])


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_bytes(data)
    beside.replace(path)
