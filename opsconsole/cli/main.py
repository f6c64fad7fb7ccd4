"""Runs the commands that need no screen; heavy ones run in a process of their own, so that this one stays light."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import NoReturn

from opsconsole.cli import (
    anomalies,
    backtesting,
    changing,
    controlling,
    flowing,
    forecasting,
    headless,
    helping,
    kpis,
    notifying,
    records,
    rows,
    scoring,
    sourcing,
)
from opsconsole.cli.text import inert, sentence
from opsconsole.engine.client import EngineGoneError, RefusedError
from opsconsole.engine.launch import LaunchError
from opsconsole.engine.place import PlaceError, find_place
from opsconsole.engine.quarantine_file import QuarantineError
from opsconsole.site.moments import MomentError
from opsconsole.site.schema import layout_schema, site_schema

# Where a person's settings lie, and what is wrong with them (None: there are none).
Settings = Callable[[], tuple[str, list[str] | None]]

ASKING = {
    "snapshot": headless.snapshot,
    "kpis": kpis.kpis,
    "flow": flowing.flow,
    "query": headless.query,
    "rows": rows.rows,
    "sources": sourcing.sources,
    "control": controlling.control,
    "quarantine": sourcing.quarantine,
    "log": records.log,
    "procedures": records.procedures,
    "change": changing.change,
    "changes": changing.changes,
    "helped": changing.helped,
    "scorecard": scoring.scorecard,
    "forecast": forecasting.forecast,
    "notify": notifying.notify,
    "anomalies": anomalies.anomalies,
    "backtest": backtesting.backtest,
    "status": headless.status,
    "stop": headless.stop,
    "logs": headless.logs,
    "help": helping.help_,
    "completion": helping.completion,
    "man": helping.man,
}


def run(arguments: argparse.Namespace, settings: Settings = lambda: ("config.yaml", None)) -> int:
    """Run a headless command; the exit code. Errors for a person go to standard error, as one message.

    `settings` tells where those of a person lie and what is wrong with them, for `doctor`.

    Raises BrokenPipeError when the reader of a pipe has gone.
    """
    _steady_output()
    try:
        return _run(arguments, settings)
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"opsconsole: {inert(_of_file(error))}", file=sys.stderr)
        # what lies in the buffer would be tried again at exit, with a traceback
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        if arguments.command in ASKING:
            code = ASKING[arguments.command](arguments)
        elif arguments.command == "doctor":
            from opsconsole.cli.doctor.examine import doctor

            code = doctor(arguments, settings)
        elif arguments.command == "schema":
            print(json.dumps(layout_schema() if arguments.layout else site_schema(), ensure_ascii=False, indent=1))
            code = 0
        else:
            _become_engine(arguments)
        sys.stdout.flush()
        return code
    except (PlaceError, LaunchError, RefusedError, EngineGoneError, QuarantineError, MomentError) as error:
        print(f"opsconsole: {sentence(error)}", file=sys.stderr)
        return 1


def plain(arguments: argparse.Namespace) -> int:
    """The line mode of the console; the exit code. Raises BrokenPipeError when the reader of a pipe has gone."""
    from opsconsole.cli.plain.follow import follow

    _steady_output()
    try:
        return follow(arguments.site, read_only=arguments.read_only)
    except PlaceError as error:
        print(f"opsconsole: {sentence(error)}", file=sys.stderr)
        return 1


def _of_file(error: OSError) -> str:
    why = error.strerror or str(error)
    return f"{error.filename}: {why}" if error.filename else f"cannot go on: {why}"


def _steady_output() -> None:
    """Let output that cannot be written as it is come out all the same: no such character, or nobody to read it.

    For the process that this one may become, too.
    """
    if sys.stdout is None:  # started with standard output closed
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
        os.environ["PYTHONIOENCODING"] = f"{sys.stdout.encoding}:backslashreplace"


def _become_engine(arguments: argparse.Namespace) -> NoReturn:
    """`engine`, `check`, `test` and `init` need the tables: this process becomes `python -m opsconsole.engine …`."""
    if arguments.command == "init":
        words = ["init", arguments.site]
    elif arguments.command == "audit":
        words = ["audit", arguments.what, arguments.site, "--head", arguments.head]
        words += ["--json"] if arguments.json else []
    elif arguments.command == "check":
        words = ["check", str(find_place(arguments.site).site), *(["--json"] if arguments.json else [])]
    elif arguments.command == "test":
        words = ["test", str(find_place(arguments.site).site), *(["--json"] if arguments.json else []), *arguments.file]
    else:
        words = ["serve", str(find_place(arguments.site).site)]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "opsconsole.engine", *words])
