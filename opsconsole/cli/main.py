"""Runs the commands that need no screen; heavy ones run in a process of their own, so that this one stays light."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import NoReturn

from opsconsole.cli import headless
from opsconsole.engine.client import EngineGoneError, RefusedError
from opsconsole.engine.launch import LaunchError
from opsconsole.engine.place import PlaceError, find_place
from opsconsole.site.schema import layout_schema, site_schema

ASKING = {
    "snapshot": headless.snapshot,
    "query": headless.query,
    "sources": headless.sources,
    "status": headless.status,
    "stop": headless.stop,
    "logs": headless.logs,
}


def run(arguments: argparse.Namespace) -> int:
    """Run a headless command; the exit code. Errors for a person go to standard error, as one message."""
    try:
        if arguments.command in ASKING:
            return ASKING[arguments.command](arguments)
        if arguments.command == "schema":
            print(json.dumps(layout_schema() if arguments.layout else site_schema(), ensure_ascii=False, indent=1))
            return 0
        _become_engine(arguments)
    except (PlaceError, LaunchError, RefusedError, EngineGoneError) as error:
        print(f"opsconsole: {error}", file=sys.stderr)
        return 1


def _become_engine(arguments: argparse.Namespace) -> NoReturn:
    """`engine`, `check` and `init` need the tables: this process becomes `python -m opsconsole.engine …`."""
    if arguments.command == "init":
        words = ["init", arguments.site]
    elif arguments.command == "check":
        words = ["check", str(find_place(arguments.site).site), *(["--json"] if arguments.json else [])]
    else:
        words = ["serve", str(find_place(arguments.site).site)]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "opsconsole.engine", *words])
