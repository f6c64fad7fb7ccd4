"""The door: reads the command line and opens the right room. Only this module knows all that people touch."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from opsconsole.console.config import Config, Start

# Seconds that a demo's engine outlives a console that was killed and could not stop it.
DEMO_IDLE_EXIT = 5.0


def main() -> None:
    """Run opsconsole; exits with 0 (fine), 1 (could not) or 2 (wrong words)."""
    if "_ARGCOMPLETE" in os.environ:
        from opsconsole.cli.completion import answer

        answer()
    from opsconsole.cli.arguments import parse, plain_site

    try:
        site = plain_site(sys.argv[1:])
        code = _console(site) if site is not None else _command(parse(sys.argv[1:]))
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # the reader of a pipe has gone; nothing may be written any more, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


def _command(arguments: argparse.Namespace) -> int:
    if arguments.command == "console":
        return _asked_for(arguments)
    if arguments.command == "demo":
        return _demo(arguments.pack, arguments.speed, arguments.seed)
    if arguments.command == "keys":
        from opsconsole.console.keys import show

        config = _settings(with_file=not arguments.no_config)
        return 1 if config is None else show(config, as_json=arguments.json)
    if arguments.command == "schema" and arguments.config:
        import json

        from opsconsole.console.config_keys import schema

        print(json.dumps(schema(), ensure_ascii=False, indent=1))
        return 0
    from opsconsole.cli.main import run

    return run(arguments, settings=_own)


def _own() -> tuple[str, list[str] | None]:
    """Where a person's settings lie, and what is wrong with them; None: there are none."""
    from opsconsole.console.settings import SettingsError, config_file, load

    path = config_file()
    try:
        load()
    except SettingsError as error:
        return str(path), str(error).splitlines()
    return str(path), [] if path.exists() else None


def _asked_for(arguments: argparse.Namespace) -> int:
    """A console that is to start in another way than most."""
    if arguments.plain:
        from opsconsole.cli.main import plain

        return plain(arguments)
    from opsconsole.console.config import Start

    start = Start(
        quiet=arguments.quiet,
        read_only=arguments.read_only,
        fresh=arguments.fresh,
        wall=arguments.wall,
        rotate=arguments.rotate,
    )
    return _console(arguments.site, start=start, with_file=not arguments.no_config)


def _settings(*, with_file: bool, keep: bool = True) -> Config | None:
    """The person's own settings; None, and what is wrong with them is told, where they cannot be used.

    `keep`: what the file was read as is kept for the next start.
    """
    from opsconsole.console.config import Config
    from opsconsole.console.settings import SettingsError, load

    try:
        return load(keep=keep) if with_file else Config()
    except SettingsError as error:
        print(f"opsconsole: {error}", file=sys.stderr)
        print("opsconsole: mend it, or go without: opsconsole --no-config SITE", file=sys.stderr)
        return None


def _screen() -> bool:
    """A terminal that can show the console; else the snapshot is printed."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "")


def _console(site: str, idle_exit: float | None = None, start: Start | None = None, *, with_file: bool = True) -> int:
    # Nothing that is loaded at the start is garbage, and looking for some takes a tenth of it; `run` has it looked for.
    gc.disable()
    from opsconsole.console.config import Start
    from opsconsole.engine.launch import IDLE_EXIT, Launch, LaunchError, start_engine
    from opsconsole.engine.place import PlaceError, find_place

    if not _screen():
        from opsconsole.cli.arguments import parse
        from opsconsole.cli.main import run

        return run(parse(["snapshot", site]))
    start = start or Start()
    config = _settings(with_file=with_file, keep=not start.forget)
    if config is None:
        return 1
    try:
        place = find_place(site)
        # before Textual is imported, so that the engine gets ready meanwhile
        patience = IDLE_EXIT if idle_exit is None else idle_exit
        launch: Launch | None = None if _listens(place.socket) else start_engine(place, idle_exit=patience)
    except (PlaceError, LaunchError) as error:
        print(f"opsconsole: {error}", file=sys.stderr)
        return 1
    from opsconsole.console.app import run as run_console

    return run_console(place, launch, config, start)


def _listens(path: os.PathLike[str]) -> bool:
    import socket

    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(os.fspath(path)) == 0


def _demo(pack: str, speed: float | None, seed: int) -> int:
    import asyncio

    from opsconsole.console import hangup
    from opsconsole.console.config import Start
    from opsconsole.demo.demo import DemoError, prepare
    from opsconsole.engine.place import find_place
    from opsconsole.engine.reach import stop_engine

    try:
        demo = prepare(pack, speed=speed, seed=seed)
    except (DemoError, OSError) as error:
        print(f"opsconsole: the demo could not be prepared: {error}", file=sys.stderr)
        return 1
    try:
        return _console(str(demo.site_path), DEMO_IDLE_EXIT, Start(forget=True))
    finally:
        hangup.done()
        asyncio.run(stop_engine(find_place(demo.site_path)))
        demo.close()


if __name__ == "__main__":
    main()
