"""A canned engine through which alerts pour once it is told so: `python -m tests.console.storm FOLDER`, then a line."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from msgspec.structs import replace

from opsconsole.engine.messages import AlertState, Changes
from tests.console import canned, cannedalerts

ALERTS, SECONDS, EVERY = 10_000, 10.0, 0.2


async def pour(engine: canned.CannedEngine) -> None:
    """So many alerts in so many seconds: of a thousand at hand some go, as many come, some change."""
    known: list[AlertState] = list(engine.state.alerts)
    many = round(ALERTS * EVERY / SECONDS)
    base = engine.state.site.at
    for number in range(round(SECONDS / EVERY)):
        new = [
            cannedalerts.alert(f"storm{{n={number * many + at}}}", f"Storm {number * many + at}", ago=0)
            for at in range(many)
        ]
        new = [replace(each, since=base + number + at / many) for at, each in enumerate(new)]
        changed = [replace(each, count=each.count + number, version=each.version + number) for each in known[:20]]
        gone = [each.id for each in known[-many:]]
        known = [*known[:-many], *new]
        counts = replace(engine.state.counts, open=8412 + number * many, recent=number * many)
        engine.change(Changes(alerts=[*changed, *new], alerts_gone=gone, counts=counts))
        await asyncio.sleep(EVERY)


async def main(folder: Path) -> None:
    now = time.time()
    state = cannedalerts.many()
    state = replace(
        state,
        site=canned.site(at=now, wall=now),
        alerts=[replace(each, since=each.since - canned.NOW + now) for each in state.alerts],
    )
    loop = asyncio.get_running_loop()
    async with canned.CannedEngine(folder, state) as engine:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while await loop.run_in_executor(None, sys.stdin.readline):
            await pour(engine)
            sys.stdout.write("poured\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
