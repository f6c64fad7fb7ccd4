"""Where a person was, for the next console on the same site: a small file in their own state folder.

Read with care: what is broken, of another version or of another site is as good as nothing, and is said so.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from opsconsole.console import own_file
from opsconsole.console.address import BadAddressError, parse
from opsconsole.console.history import History, Left
from opsconsole.console.layers import Layers
from opsconsole.console.travel import Travel
from opsconsole.engine.place import Place, console_state

VERSION = 1
MOST = 20
"""So many screens are kept to go back through."""
LARGEST = 4_000_000


class Screen(Struct, frozen=True, omit_defaults=True):
    """A screen: its command line, and how it was left."""

    address: str
    kept: dict[str, Any] = {}


class Kept(Struct, frozen=True):
    """What the file holds. `then`: the past moment that was looked at, for people; it is not gone back to. `layers`:
    what was drawn on KPIs' charts."""

    version: int
    site: str
    stack: list[Screen]
    ahead: list[Screen] = []
    then: str = ""
    layers: list[str] = []


class Memory:
    """Where one was on one site. `said`: what a person has to know of how that was read, if anything."""

    def __init__(self, file: Path, site: str) -> None:
        self.file = file
        self.said = ""
        self.layers: tuple[str, ...] = ()
        self._site = site

    def load(self) -> tuple[list[Left], list[Left]]:
        """The screens to go back through, the last one to be shown, and those ahead; none where nothing is known."""
        try:
            with self.file.open("rb") as opened:
                data = opened.read(LARGEST)
            kept = msgspec.json.decode(data, type=Kept)
            if kept.version != VERSION or kept.site != self._site:
                raise ValueError("of another version or site")
            if kept.then:
                self.said = f"live: you had left it at {kept.then}"
            self.layers = tuple(kept.layers)
            return _screens(kept.stack), _screens(kept.ahead)
        except FileNotFoundError:
            return [], []
        except (OSError, ValueError, RecursionError):
            self.said = f"where you were cannot be read and is begun anew: {self.file}"
            return [], []

    def bring_back(self, history: History, layers: Layers) -> str:
        """Have a console be where one was, and draw what it drew; what a person has to know of it, if anything."""
        stack, ahead = self.load()
        layers.put(self.layers)
        if stack:
            history.recall(stack, ahead)
        return self.said

    def keep(self, history: History, travel: Travel, layers: Layers) -> str:
        """Keep where one is; why that could not be done, if it could not."""
        try:
            self.layers = layers.on
            self.save(*history.remember(MOST), travel.label(travel.at) if travel.at else "")
        except OSError as error:
            return f"where you were is not kept: {error.filename}: {error.strerror}"
        return ""

    def save(self, stack: Sequence[Left], ahead: Sequence[Left], then: str = "") -> None:
        """Write it, whole or not at all, for its owner only. Raises OSError."""
        kept = Kept(VERSION, self._site, _kept(stack), _kept(ahead), then, list(self.layers))
        own_file.write(self.file, msgspec.json.encode(kept))

    def forget(self) -> None:
        """After a fault of ours: what was shown may be what leads to it."""
        with contextlib.suppress(OSError):
            self.file.unlink()


def _kept(screens: Sequence[Left]) -> list[Screen]:
    return [Screen(str(left.address), left.kept) for left in screens]


def _screens(screens: Sequence[Screen]) -> list[Left]:
    """Those that this version still has."""
    found: list[Left] = []
    for screen in screens:
        with contextlib.suppress(BadAddressError):
            found.append(Left(parse(screen.address), screen.kept))
    return found


def memory_of(place: Place, environ: Mapping[str, str] = os.environ) -> Memory:
    """That of the person who runs this, on the site of a place."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", place.root.name)[:40].strip("-.") or "site"
    digest = hashlib.blake2b(os.fsencode(place.root), digest_size=6).hexdigest()
    return Memory(console_state(environ) / f"{name}-{digest}.json", str(place.root))
