"""`opsconsole audit`: whether the journal of a site is as it was written, beside a running engine or without one."""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec

from opsconsole.engine.place import Place, PlaceError, find_place
from opsconsole.journal.audit import Audit, head, verify
from opsconsole.journal.file import JournalError, those_aside
from opsconsole.site.figures import count, number

LIMITS = (
    "A chain does not show that its end was cut off, or that all of it was written anew. Keep what "
    "`opsconsole audit head SITE` prints in another place, and give it back with `--head`."
)


def audit(what: str, target: str, *, as_json: bool, kept: str = "") -> int:
    """Print what came of it; the exit code is 1 where the chain is broken, or there is no journal to look through."""
    try:
        place = find_place(target)
        if not place.journal.exists():
            raise JournalError(f"no journal yet: no engine has run for {place.site}")
        return _head(place, as_json) if what == "head" else _verify(place, as_json, kept.strip())
    except (PlaceError, JournalError) as error:
        print(f"opsconsole: {error}", file=sys.stderr)
        return 1


def _head(place: Place, as_json: bool) -> int:
    found = head(place.journal)
    if found is None:
        raise JournalError(f"the journal {place.journal} is empty")
    print(json.dumps(msgspec.to_builtins(found)) if as_json else f"{found.seq}:{found.hash}  {_utc(found.utc)}")
    return 0


def _verify(place: Place, as_json: bool, kept: str) -> int:
    told = sys.stderr.isatty()

    def tell(done: int, of: int) -> None:
        if told:
            print(f"\r\x1b[K{done / of:4.0%}  {count(done, 'record')}", end="", file=sys.stderr, flush=True)

    try:
        found = verify(place.journal, kept.split()[0] if kept else "", tell)
    finally:
        if told:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    aside = [str(each) for each in those_aside(place.journal)]
    if as_json:
        fields: dict[str, Any] = {"journal": str(place.journal), **msgspec.to_builtins(found), "set_aside": aside}
        print(json.dumps(fields, ensure_ascii=False, indent=1))
    else:
        print("\n".join(_text(place, found, aside)))
    return 1 if found.broken is not None or found.kept is False else 0


def _text(place: Place, found: Audit, aside: list[str]) -> list[str]:
    span = f" from {_utc(found.first)} to {_utc(found.last)}" if found.records else ""
    lines = []
    if found.broken is not None:
        broken = found.broken
        lines += [
            f"{place.journal}: the chain is broken at record {number(broken.seq)}",
            f"  {broken.why}",
            f"  there stands: {_utc(broken.utc)}, {broken.actor}, {broken.kind} {broken.what} {broken.object}".rstrip(),
            f"  {count(found.records, 'record')} before it {'hold' if found.records != 1 else 'holds'}{span}",
        ]
    else:
        lines.append(f"{place.journal}: {count(found.records, 'record')}{span}, the chain is whole")
    if found.head is not None and found.broken is None:
        lines.append(f"head {found.head.seq}:{found.head.hash}")
    if found.kept is not None:
        lines.append(
            "the head that was kept is in it"
            if found.kept
            else "the head that was kept is not in it: the end was cut off, or records were written anew"
        )
    elif found.broken is None:
        lines.append(LIMITS)
    lines += [f"a journal that was set aside lies beside it: {path}" for path in aside]
    return ["".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in line) for line in lines]


def _utc(moment: str) -> str:
    """A stored moment for people, to the second."""
    return moment[:19].replace("T", " ") + " UTC"
