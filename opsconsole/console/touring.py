"""Whether a person has seen the tour: a small file in their own state folder, so that it is shown once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from opsconsole.engine.place import console_state

VERSION = "1"


class Toured:
    """`file` holds the version of the tour that was seen."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def due(self) -> bool:
        """Whether it is to be shown. What cannot be read or kept is no reason to show it each time."""
        try:
            return self.file.read_text(encoding="utf-8", errors="replace").strip() != VERSION
        except FileNotFoundError:
            return True
        except OSError:
            return False

    def note(self) -> str:
        """Keep that it was seen; why that could not be kept, else nothing."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.file.write_text(f"{VERSION}\n", encoding="utf-8")
        except OSError as error:
            return f"that you saw the tour is not kept ({self.file}: {error.strerror}); `tour: false` in config.yaml"
        return ""


def toured(environ: Mapping[str, str] = os.environ) -> Toured:
    """That of the person who runs this."""
    return Toured(console_state(environ) / "tour")
