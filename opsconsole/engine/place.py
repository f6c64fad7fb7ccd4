"""Where a site's state lies and who may connect: the one module that decides it.

The place of a site is a folder with its lock, tables, journal, socket and log. It is `state:` of the site file, else
`$XDG_STATE_HOME/opsconsole/<folder name>-<hash of the real path>`; never inside a watched folder by default.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

# What a folder's site file is called.
SITE_FILES = ("site.yaml", "site.yml")

# sun_path holds 108 bytes on Linux and 104 on macOS, with the closing NUL.
_SOCKET_PATH_MAX = 100

# Found by text and not by a parse, so that a running engine is found also while its site file is broken.
_STATE_KEY = re.compile(r"^state:[ \t]+(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^#\n]+?)[ \t]*(?:#.*)?$", re.MULTILINE)


class PlaceError(Exception):
    """A site or its state folder cannot be used; the message is one sentence for a person."""


class Place(Struct, frozen=True):
    """A site on disk: `site` is its site file, or the folder where there is none; `state` its state folder."""

    site: Path
    state: Path

    @property
    def root(self) -> Path:
        """The folder that globs in the site file are relative to."""
        return self.site if self.draft else self.site.parent

    @property
    def draft(self) -> bool:
        """No site file: the engine makes a draft from what lies in the folder."""
        return self.site.suffix not in {".yaml", ".yml"}

    @property
    def lock(self) -> Path:
        """Held by the engine for as long as it lives; contains its pid."""
        return self.state / "lock"

    @property
    def tables(self) -> Path:
        """The DuckDB file."""
        return self.state / "tables.duckdb"

    @property
    def journal(self) -> Path:
        """The SQLite file of the journal."""
        return self.state / "journal.sqlite"

    @property
    def periods(self) -> Path:
        """What the last whole periods were when they were over."""
        return self.state / "periods.json"

    @property
    def ruled(self) -> Path:
        """How far the rules have been evaluated, and which delays run."""
        return self.state / "ruled.json"

    @property
    def log(self) -> Path:
        """The engine's log."""
        return self.state / "engine.log"

    @property
    def socket(self) -> Path:
        """The engine's socket; in a short path of its own when the state folder's is too long for a socket."""
        path = self.state / "socket"
        if len(os.fsencode(path)) <= _SOCKET_PATH_MAX:
            return path
        digest = hashlib.blake2b(os.fsencode(path), digest_size=8).hexdigest()
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        base = Path(runtime) if runtime and len(runtime) < 60 else Path(f"/tmp/opsconsole-{os.getuid()}")
        return base / f"{digest}.sock"

    @property
    def shared_with(self) -> int | None:
        """The group whose members may connect: that of a state folder which was opened to it (`chmod g+x`)."""
        folder = self.state.stat()
        return folder.st_gid if folder.st_mode & stat.S_IXGRP and self.socket.parent == self.state else None

    def make(self) -> None:
        """Make the state folder and the socket's, readable by the owner only. Raises PlaceError."""
        for folder in (self.state, self.socket.parent):
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                # the lock file is needed anyway; whether it can be opened says whether the folder can be written
                (self.lock if folder == self.state else folder / ".writable").touch(mode=0o600)
            except OSError as error:
                raise PlaceError(
                    f"cannot write the state folder {folder}: {error.strerror}. "
                    "Free or mend it, or name another with `state:` in site.yaml or XDG_STATE_HOME."
                ) from error
        owner = self.socket.parent.stat()
        open_to_others = owner.st_mode & stat.S_IWOTH and not owner.st_mode & stat.S_ISVTX
        if owner.st_uid not in (os.getuid(), 0) or open_to_others:
            raise PlaceError(f"{self.socket.parent}, the folder of the socket, is open to others: remove it.")


def find_place(target: str | Path) -> Place:
    """The place of a site given as a site file, a folder that holds one, or any folder (a draft). Raises PlaceError."""
    path = Path(target).expanduser()
    try:
        real = path.resolve(strict=True)
        if real.is_dir():
            os.listdir(real)
            named = [real / name for name in SITE_FILES if (real / name).is_file()]
            site = named[0] if named else real
        else:
            site = real
        state = None if site.is_dir() else _state_of(site)
    except FileNotFoundError as error:
        raise PlaceError(f"{path}: no such file or folder.") from error
    except PermissionError as error:
        raise PlaceError(f"{path}: permission denied; ask its owner for read access.") from error
    except OSError as error:
        raise PlaceError(f"{path}: {error.strerror}.") from error
    if site.is_file() and site.suffix not in {".yaml", ".yml"}:
        raise PlaceError(f"{path}: not a site file. Give a folder, or a file that ends in .yaml.")
    return Place(site=site, state=state or _default_state(site))


def _state_of(site: Path) -> Path | None:
    found = _STATE_KEY.search(site.read_text(encoding="utf-8", errors="replace"))
    if not found:
        return None
    return (site.parent / Path(found["value"].strip("\"'")).expanduser()).resolve()


def _default_state(site: Path) -> Path:
    """A folder has one place, with or without a site file: an engine on its draft is found when the draft is kept."""
    root = site.parent if site.is_file() else site
    named = site if site.is_file() and site.name not in SITE_FILES else root
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", root.name)[:40].strip("-.") or "site"
    if named != root:
        name += f"-{site.stem}"[:40]
    digest = hashlib.blake2b(os.fsencode(named), digest_size=6).hexdigest()
    return _own() / f"{name}-{digest}"


def _own(environ: Mapping[str, str] = os.environ) -> Path:
    home = environ.get("XDG_STATE_HOME", "")
    # one that is not absolute is to be ignored (XDG Base Directory Specification)
    base = Path(home) if os.path.isabs(home) else Path("~/.local/state").expanduser()
    return base / "opsconsole"


def console_state(environ: Mapping[str, str] = os.environ) -> Path:
    """Where consoles of a person keep what they remember: a folder of that person's, whosever engine runs."""
    return _own(environ) / "console"
