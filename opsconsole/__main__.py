"""The door: reads the command line and opens the right room. Only this module knows all that people touch."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run opsconsole; exits with 0 (fine), 1 (could not) or 2 (wrong words)."""
    from opsconsole.cli.arguments import parse

    arguments = parse(sys.argv[1:])
    try:
        if arguments.command == "console":
            code = _console(arguments.site)
        elif arguments.command == "demo":
            code = _demo(arguments.pack, arguments.speed, arguments.seed)
        else:
            from opsconsole.cli.main import run

            code = run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # the reader of a pipe has gone; nothing may be written any more, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


def _screen() -> bool:
    """A terminal that can show the console; else the snapshot is printed."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "")


def _console(site: str) -> int:
    from opsconsole.engine.launch import Launch, LaunchError, start_engine
    from opsconsole.engine.place import PlaceError, find_place

    if not _screen():
        from opsconsole.cli.arguments import parse
        from opsconsole.cli.main import run

        return run(parse(["snapshot", site]))
    try:
        place = find_place(site)
        # before Textual is imported, so that the engine gets ready meanwhile
        launch: Launch | None = None if _listens(place.socket) else start_engine(place)
    except (PlaceError, LaunchError) as error:
        print(f"opsconsole: {error}", file=sys.stderr)
        return 1
    from opsconsole.console.app import run as run_console

    return run_console(place, launch)


def _listens(path: os.PathLike[str]) -> bool:
    import socket

    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(os.fspath(path)) == 0


def _demo(pack: str, speed: float | None, seed: int) -> int:
    from opsconsole.demo.demo import prepare

    demo = prepare(pack, speed=speed, seed=seed)
    try:
        return _console(str(demo.site_path))
    finally:
        demo.close()


if __name__ == "__main__":
    main()
