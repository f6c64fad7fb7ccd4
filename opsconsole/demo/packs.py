"""The packs that ship with opsconsole: where a pack's site folder (`layouts/<pack>`) and its data (`seeds/<pack>`) lie.

In a checkout they are top-level folders; in an installed wheel they are package data under `opsconsole/packs`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_PACKAGE = Path(__file__).resolve().parent.parent


class UnknownPackError(LookupError):
    """No pack of that name; the message names those there are."""


class Pack(NamedTuple):
    """One pack: its site folder (site.yaml, layouts, procedures) and the folder of its seed data."""

    name: str
    layouts: Path
    seeds: Path

    @property
    def site(self) -> Path:
        """The pack's site file."""
        return self.layouts / "site.yaml"


def names() -> list[str]:
    """The packs there are, sorted."""
    return sorted(entry.parent.name for entry in (_base() / "layouts").glob("*/site.yaml"))


def pack(name: str) -> Pack:
    """The pack of that name. Raises UnknownPackError."""
    known = names()
    if name not in known:
        raise UnknownPackError(f"no pack named {name!r}; there are: {', '.join(known) or 'none'}")
    base = _base()
    return Pack(name, base / "layouts" / name, base / "seeds" / name)


def _base() -> Path:
    """The folder that holds `layouts` and `seeds`."""
    installed = _PACKAGE / "packs"
    return installed if (installed / "layouts").is_dir() else _PACKAGE.parent
