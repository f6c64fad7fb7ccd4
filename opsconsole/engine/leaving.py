"""The end of a process that has used DuckDB."""

from __future__ import annotations

import logging
import os
import sys
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End the process now that all is closed and written.

    DuckDB 2.0.0 can hang while the interpreter takes itself apart, and whoever waits for the process waits for ever.
    """
    logging.shutdown()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        code = code or 1  # who reads has gone: there is nobody to tell
    os._exit(code)
