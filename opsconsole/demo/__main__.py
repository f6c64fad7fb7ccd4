"""`python -m opsconsole.demo play FOLDER PACK …`: the player as a process of its own."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from opsconsole.demo.clock import ReplayClock
from opsconsole.demo.demo import opening
from opsconsole.demo.packs import names, pack
from opsconsole.demo.play import Owner, run


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and play; returns the exit code."""
    parser = argparse.ArgumentParser(prog="opsconsole.demo", description=__doc__)
    play = parser.add_subparsers(required=True).add_parser("play", help="write a pack's data into a site folder")
    play.add_argument("folder", type=Path, help="the site folder; files go into its data/")
    play.add_argument("pack", choices=names())
    play.add_argument("--speed", type=float, help="site seconds per second (the pack's own unless given)")
    play.add_argument("--seed", type=int, default=1)
    play.add_argument(
        "--since", type=float, help="wall moment of the start, seconds since the epoch (now unless given)"
    )
    play.add_argument("--owner", type=int, help="pid of the parent; the player ends with it")
    play.add_argument("--remove", type=Path, help="the folder to remove when the owner is gone")
    asked = parser.parse_args(arguments)
    owner = Owner(asked.owner)
    start = opening(pack(asked.pack))
    since = time.time() if asked.since is None else asked.since
    clock = ReplayClock(start.moment.timestamp(), since, asked.speed or start.speed)
    return run(asked.folder, asked.pack, clock, seed=asked.seed, owner=owner, remove=asked.remove)


if __name__ == "__main__":
    sys.exit(main())
