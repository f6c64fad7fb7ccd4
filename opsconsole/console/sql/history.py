"""The statements that a person has run at a site, the newest last: kept in the console's own state folder.

A file of the person alone (mode 0600), a line of JSON each, bounded. Several consoles of one person write to it: each
adds lines and reads what the others have added when it begins.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from opsconsole.engine.place import Place, console_state

MOST = 500
LARGEST = 2_000_000
"""Bytes of a file that is still read; of a larger one the end."""


def history_file(place: Place, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the statements of a person at a site are kept."""
    real = str(place.site.resolve())
    key = hashlib.blake2b(os.fsencode(real), digest_size=6).hexdigest()
    return console_state(environ) / f"sql-{key}.jsonl"


class Statements:
    """What was run, each once, the newest last. `step` goes through it; what was being typed is come back to."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.trouble = ""
        self.all: list[str] = self._read()
        self._at: int | None = None
        self._typed = ""

    def _read(self) -> list[str]:
        if self.file is None:
            return []
        try:
            with self.file.open("rb") as opened:
                size = opened.seek(0, os.SEEK_END)
                opened.seek(max(0, size - LARGEST))
                lines = opened.read().splitlines()[1 if size > LARGEST else 0 :]
        except FileNotFoundError:
            return []
        except OSError as error:
            self.trouble = f"the statements run before cannot be read: {error.strerror}"
            return []
        found: dict[str, None] = {}
        for line in lines:
            try:
                text = json.loads(line)
            except ValueError:
                continue  # a line that was cut off when the machine went down
            if isinstance(text, str):
                found.pop(text, None)
                found[text] = None
        return list(found)[-MOST:]

    def add(self, text: str) -> None:
        """Remember a statement that is run."""
        self._at = None
        if not text.strip() or (self.all and self.all[-1] == text):
            return
        if text in self.all:
            self.all.remove(text)
        self.all.append(text)
        whole = len(self.all) > MOST
        del self.all[:-MOST]
        if self.file is not None:
            try:
                # what other consoles have added since is not lost when the file is made short again
                others = [each for each in self._read() if each != text] if whole else []
                self._write([*others, text][-MOST:], whole)
            except OSError as error:
                self.trouble = f"statements cannot be remembered: {error.strerror}"

    def _write(self, texts: list[str], anew: bool) -> None:
        assert self.file is not None
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        data = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in texts).encode("utf-8", "replace")
        target = self.file.with_name(f"{self.file.name}.{os.getpid()}") if anew else self.file
        flags = os.O_RDWR | os.O_CREAT | (os.O_TRUNC if anew else os.O_APPEND)
        with os.fdopen(os.open(target, flags, 0o600), "wb") as opened:
            size = os.fstat(opened.fileno()).st_size
            if size and os.pread(opened.fileno(), 1, size - 1) != b"\n":
                data = b"\n" + data  # after a line that was cut off
            opened.write(data)
        if anew:
            os.replace(target, self.file)

    def step(self, by: int, typed: str) -> str | None:
        """The statement before (-1) or after (1) the one shown; None at an end. `typed` is what stands there now."""
        if self._at is None:
            self._at, self._typed = len(self.all), typed
        target = self._at + by
        while 0 <= target < len(self.all) and self.all[target] == typed:
            target += by
        if not 0 <= target <= len(self.all):
            return None
        self._at = target
        return self.all[target] if target < len(self.all) else self._typed

    def rest(self) -> None:
        """What is typed now is no step through the history any more."""
        self._at = None
