"""A table written to a file of one's own: the engine makes the export, the client fetches it. For clients."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import get_args

from opsconsole.engine.table_messages import (
    AskChunk,
    AskExport,
    AskExported,
    Chunk,
    Export,
    ExportFormat,
)

EVERY = 0.1


class ExportError(Exception):
    """The engine could not make the file; its sentence."""


def format_of(path: str | os.PathLike[str]) -> ExportFormat:
    """The format that the name of a file stands for. Raises ValueError where it is none of them."""
    suffix = Path(path).suffix.lower().removeprefix(".")
    for each in get_args(ExportFormat):
        if suffix == each:
            found: ExportFormat = each
            return found
    raise ValueError(f"{path}: name a file that ends in {', '.join(f'.{each}' for each in get_args(ExportFormat))}")


async def fetch(
    ask: Callable[[AskExport | AskExported | AskChunk], Awaitable[object]],
    wanted: AskExport,
    path: Path,
    told: Callable[[Export], None] = lambda _: None,
) -> int:
    """Have an export made and written to `path`, whole or not at all; how many rows. `told` hears how far it is.

    Ended early (cancelled), the engine's part ends too. Raises ExportError, OSError, and what `ask` raises.
    """
    export = await ask(wanted)
    assert isinstance(export, Export)
    try:
        while not export.ready:
            told(export)
            await asyncio.sleep(EVERY)
            answer = await ask(AskExported(export.export))
            assert isinstance(answer, Export)
            export = answer
            if export.failed:
                raise ExportError(export.failed)
        told(export)
        await _write(ask, export, path)
    except BaseException:
        # it may be gone, as the engine may; what counts is what has just happened
        with contextlib.suppress(Exception):
            await ask(AskExported(export.export, drop=True))
        raise
    return export.rows


async def _write(
    ask: Callable[[AskExport | AskExported | AskChunk], Awaitable[object]], export: Export, path: Path
) -> None:
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(path.parent))
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            while True:
                chunk = await ask(AskChunk(export.export, file.tell()))
                assert isinstance(chunk, Chunk)
                if not chunk.data:
                    break
                await asyncio.to_thread(file.write, chunk.data)
        mask = os.umask(0)
        os.umask(mask)
        beside.chmod(0o666 & ~mask)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
