"""Whether a workbook can be read at all: tried in a process of its own, which a damaged one may end.

The library makes room for all cells up to the last one that a file speaks of. A file of a few bytes can speak of
billions, and where there is no room the library ends the process: that must not be the engine's.
"""

from __future__ import annotations

import contextlib
import resource
import subprocess
import sys

from opsconsole.tables.reading import unpack
from opsconsole.tables.reading.piece import NotReadyError

SECONDS = 120
CELL = 64
"""Bytes that a cell needs while a sheet is read."""


def attempt(data: bytes) -> None:
    """Raises NotReadyError where reading the sheets ends the process or takes too much."""
    command = [sys.executable, "-m", __name__, str(unpack.most())]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise NotReadyError(f"the workbook cannot be read within {SECONDS} s: export it as CSV") from None
    if done.returncode < 0:
        raise NotReadyError("the workbook is damaged, or takes more memory than there is: export it as CSV")


def room(cells: int, sheet: str) -> None:
    """Raises NotReadyError for a sheet that reaches over more cells than there is memory for."""
    if cells * CELL > unpack.most():
        raise NotReadyError(
            f"sheet {sheet} reaches over {cells:,} cells, more than there is memory for: delete what stands far outside"
        )


def main(arguments: list[str]) -> int:
    """Load the workbook from standard input within so many bytes more than the library itself needs."""
    import fastexcel

    room_ = int(arguments[0]) + (1 << 30)
    resource.setrlimit(resource.RLIMIT_AS, (room_, room_))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    workbook = fastexcel.read_excel(sys.stdin.buffer.read())
    for name in workbook.sheet_names:
        with contextlib.suppress(fastexcel.FastExcelError):  # a chart, or what the engine will say the reason of
            workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
