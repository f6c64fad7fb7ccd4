"""URLs that hold secrets: found where the site file says, and never shown.

Whoever sends reads them at that moment and forgets them; what is shown, logged or recorded is masked.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from opsconsole.site.notify_keys import ENVIRONMENT
from opsconsole.site.notify_parts import PLAIN
from opsconsole.site.notifying import Address

MASK = "****"
_LONGEST = 16_384
_SHORTEST = 3  # what is shorter is in every text, and no secret


class SecretError(Exception):
    """A URL cannot be had; the message is one sentence for a person, without any of it.

    `of_here`: it is the environment of this process that lacks something.
    """

    def __init__(self, message: str, *, of_here: bool = False) -> None:
        super().__init__(message)
        self.of_here = of_here


def resolve(address: Address, root: Path, environ: Mapping[str, str] = os.environ) -> str:
    """The URL itself. `root` is the folder that paths are relative to. Raises SecretError."""
    if address.url_file:
        return _filled(_content(root / Path(address.url_file).expanduser(), address.url_file), environ)
    return _filled(address.url, environ)


def _filled(text: str, environ: Mapping[str, str]) -> str:
    for name in ENVIRONMENT.findall(text):
        if not environ.get(name):
            raise SecretError(f"the environment has no {name}; set it where the engine is started", of_here=True)
    return ENVIRONMENT.sub(lambda found: environ[found[1]].strip(), text)


def _content(path: Path, name: str) -> str:
    try:
        # what is looked at is what is read; a pipe holds nobody up
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise SecretError(f"{name} is no file")
            if status.st_mode & 0o077:
                raise SecretError(f"{name} can be read by others: chmod 600 {name}")
            data = file.read(_LONGEST + 1)
    except OSError as error:
        raise SecretError(f"{name} cannot be read: {error.strerror or type(error).__name__}") from error
    text = data.decode("utf-8", "replace").strip()
    if not text or len(data) > _LONGEST or any(char.isspace() for char in text):
        raise SecretError(f"{name} has to hold one URL on one line")
    return text


def masked(url: str) -> str:
    """A URL as it may be shown: its scheme, and its host where that is one; what names a secret stays."""
    scheme, found, rest = url.partition("://")
    if not found:
        return url if ENVIRONMENT.fullmatch(url) else MASK
    if ENVIRONMENT.search(scheme):
        return MASK
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    plain = scheme.lower() in PLAIN and bool(host) and not ENVIRONMENT.search(host)
    more = len(rest) > len(host) + 1
    return f"{scheme}://{host}{'/' + MASK if more else ''}" if plain else f"{scheme}://{MASK}"


def shown(address: Address) -> str:
    """Where a target's URL comes from, without any of it."""
    return f"file {address.url_file}" if address.url_file else masked(address.url)


def scrubbed(text: str, url: str) -> str:
    """A text without anything of a URL but its scheme and, where that is one, its host."""
    for part in sorted(_parts(url), key=len, reverse=True):
        text = text.replace(part, MASK)
    return " ".join(text.split())[:300]


def _parts(url: str) -> set[str]:
    """The pieces of a URL that may be secret, as they are written and as they are meant."""
    scheme, _, rest = url.partition("://")
    try:
        host = urlsplit(f"http://{rest}").hostname or ""
    except ValueError:
        host = ""
    words = {url, rest, *re.split(r"[/?#&=@:;,]", rest)}
    words |= {unquote(word) for word in words}
    kept = {host, host.lower()} if scheme.lower() in PLAIN else set()
    return {word for word in words if len(word) >= _SHORTEST and word not in kept}
