"""A person's settings as they were last read: reading YAML costs a tenth of a start, and they seldom change.

Kept by what they were read from: the bytes of the file and the version of the program. Only settings in which nothing
was wrong are kept; whatever is off with what was kept makes it as good as nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import msgspec
from msgspec import Struct

from opsconsole import __version__
from opsconsole.console import own_file
from opsconsole.console.config import Config
from opsconsole.engine.place import console_state

NAME = "settings"
_LARGEST = 1_000_000


class Kept(Struct, frozen=True):
    """What the file holds; `of` says what the settings were read from."""

    of: str
    config: Config


def recall(data: bytes, file: Path | None = None) -> Config | None:
    """The settings that these bytes were read as before; None where that is not known."""
    with contextlib.suppress(OSError, msgspec.DecodeError, RecursionError):
        with (file or _file()).open("rb") as opened:
            kept = msgspec.json.decode(opened.read(_LARGEST), type=Kept)
        if kept.of == _of(data) and _still_fits(kept.config):
            return kept.config
    return None


def keep(data: bytes, config: Config, file: Path | None = None) -> None:
    """Keep what these bytes were read as. Where that cannot be done the next start reads them once more."""
    with contextlib.suppress(OSError):
        own_file.write(file or _file(), msgspec.json.encode(Kept(_of(data), config)))


def _file() -> Path:
    return console_state() / NAME


def _of(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16, key=__version__.encode()).hexdigest()


def _still_fits(config: Config) -> bool:
    """Whether the keys mean now what they meant then: a checkout changes its actions and not its version."""
    from opsconsole.console.actions import ACTIONS, clashes, rebound

    return config.keys.keys() <= {action.id for action in ACTIONS} and not clashes(rebound(ACTIONS, config.keys))
