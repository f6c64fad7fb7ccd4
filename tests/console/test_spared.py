"""Tests of `opsconsole.console.spared`, in a process of its own: here Textual is loaded already."""

from __future__ import annotations

import subprocess
import sys

from opsconsole.console.spared import UNUSED

PROGRAM = """
import sys
from opsconsole.console.spared import Unused, spared

with spared():
    from opsconsole.console.program import Console
unused = {unused}
print([name for name in (*unused, "textual.widgets._tree") if name in sys.modules])
import textual.app
print(Console.ENABLE_COMMAND_PALETTE, isinstance(textual.app.mimetypes, Unused))
import mimetypes, platformdirs
from textual.command import CommandPalette
from textual.screen import Screen
print(issubclass(CommandPalette, Screen), mimetypes.guess_type("a.html")[0], callable(platformdirs.user_downloads_path))
with spared():
    import mimetypes as again
print(again is mimetypes)
"""


def test_what_the_console_never_uses_is_not_loaded_and_can_be_later() -> None:
    command = [sys.executable, "-c", PROGRAM.format(unused=UNUSED)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
    assert said == ["[]", "False True", "True text/html True", "True"]
