"""Files of a person's own state: for their owner only, and written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write(file: Path, data: bytes) -> None:
    """Put `data` in a file of mode 0600, its folder made where there is none. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        # of mode 0600 from the beginning; what another one of this number has left behind is in nobody's way
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        os.replace(new, file)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise
