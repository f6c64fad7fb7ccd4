"""A table written to a file of one's own: the engine makes the export, the client fetches it. For clients."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, TypeAlias, cast, get_args

from opsconsole.engine.table_messages import (
    AskChunk,
    AskExport,
    AskExported,
    Chunk,
    Export,
    ExportFormat,
)

EVERY = 0.1
"""Seconds after which is asked again how far an export is."""
Ask: TypeAlias = Callable[[AskExport | AskExported | AskChunk], Awaitable[object]]


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
    ask: Ask, wanted: AskExport, path: Path, told: Callable[[Export, int], None], *, replace: bool = True
) -> Export:
    """Have an export made and written to `path`, whole or not at all. `told` hears how far it is, and how many bytes
    are written; what it raises ends it. Without `replace` a file of that name stays, whenever it came.

    Ended early (cancelled), the engine's part ends too. Raises ExportError, OSError, and what `ask` and `told` raise.
    """
    export = _export(await ask(wanted))
    try:
        while not export.ready:
            told(export, 0)
            await asyncio.sleep(EVERY)
            export = _export(await ask(AskExported(export.export)))
        told(export, 0)
        await _write(ask, export, path, told, replace)
    finally:
        # it may be gone, as the engine may; what counts is what has just happened
        with contextlib.suppress(Exception):
            await ask(AskExported(export.export, drop=True))
    return export


def _export(answer: object) -> Export:
    if not isinstance(answer, Export):
        raise ExportError("the engine gave no answer")
    if answer.failed:
        raise ExportError(answer.failed)
    return answer


async def _write(ask: Ask, export: Export, path: Path, told: Callable[[Export, int], None], replace: bool) -> None:
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(path.parent))
    part = path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
    written = 0
    # what a process with this number left that was killed
    part.unlink(missing_ok=True)
    try:
        out = cast(IO[bytes], await asyncio.to_thread(part.open, "xb"))
        try:
            while True:
                chunk = await ask(AskChunk(export.export, written))
                if not isinstance(chunk, Chunk):
                    raise ExportError("the engine gave no answer")
                if not chunk.data:
                    break
                await asyncio.to_thread(out.write, chunk.data)
                written += len(chunk.data)
                told(export, written)
        finally:
            await asyncio.to_thread(out.close)
        if written != export.size:
            raise ExportError(f"{written} bytes came of {export.size}; write it again")
        _into_place(part, path, replace)
    finally:
        part.unlink(missing_ok=True)


def _into_place(part: Path, path: Path, replace: bool) -> None:
    """Give the whole file its name. Raises ExportError where one of that name has come meanwhile."""
    if replace:
        part.replace(path)
        return
    try:
        # unlike a rename, a link never replaces
        os.link(part, path)
    except FileExistsError as error:
        raise ExportError(f"a file of that name has come meanwhile: {path}") from error
    except OSError:
        # a file system without links
        if path.exists():
            raise ExportError(f"a file of that name has come meanwhile: {path}") from None
        part.rename(path)
