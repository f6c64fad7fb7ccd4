"""`python -m opsconsole.console.keys` prints the table of keys for the README."""

from __future__ import annotations

import sys

from opsconsole.console.actions import Registry, markdown

if __name__ == "__main__":
    sys.stdout.write(markdown(Registry()))
