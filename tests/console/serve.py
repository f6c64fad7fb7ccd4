"""A canned engine as a process, for tests of the real program: `python -m tests.console.serve FOLDER`.

It ends with its standard input; a line of it tells it to change something: `tile` or `alert`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from msgspec.structs import replace

from opsconsole.engine.messages import Changes, Snapshot
from tests.console import canned


def changes(what: str, state: Snapshot) -> Changes:
    """What differs from now on."""
    if what == "tile":
        return Changes(kpis=[replace(kpi, value=4815, change=215) for kpi in state.kpis if kpi.name == "output"])
    assert what == "alert", what
    return Changes(alerts=[replace(state.alerts[0], state="ACK", who="ben", version=9)])


async def main(folder: Path) -> None:
    now = time.time()
    engine = canned.CannedEngine(folder, canned.snapshot(site=canned.site(at=now, wall=now)))
    async with engine:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while line := await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
            engine.change(changes(line.strip(), engine.state))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
