"""A canned engine as a process, for tests of the real program: `python -m tests.console.serve FOLDER`."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from tests.console import canned


async def main(folder: Path) -> None:
    now = time.time()
    engine = canned.CannedEngine(folder, canned.snapshot(site=canned.site(at=now, wall=now)))
    async with engine:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
