"""Reading bytes as the intake does, without a folder: whole, or in pieces as they are appended."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from opsconsole.site.model import Read
from opsconsole.tables import intake
from opsconsole.tables.reading import delimited
from opsconsole.tables.reading.piece import Dialect, Piece, RereadError, Stretch, Wish
from opsconsole.tables.records import Reject

Row = tuple[str | None, ...]


@dataclass
class Result:
    """Names, rows with their lines, and rejects of a file, and how it was read."""

    names: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    told: str = ""
    tail: str = ""
    dialect: Dialect = field(default_factory=lambda: Dialect("csv"))
    end: int = 0
    next_line: int = 0

    def add(self, piece: Piece) -> None:
        """Take a piece as the store does: by names."""
        self.rows = [row + (None,) * (len(piece.names) - len(row)) for row in self.rows]
        columns = [column.to_pylist() for column in piece.data.columns]
        self.rows += [tuple(row) for row in zip(*columns, strict=True)]
        self.names, self.told, self.tail, self.dialect = piece.names, piece.read_as, piece.tail, piece.dialect
        self.lines += piece.lines.tolist()
        self.rejects += piece.rejects
        self.end, self.next_line = piece.end, piece.next_line

    @property
    def aside(self) -> list[tuple[int, str]]:
        """Line and reason of every reject."""
        return [(reject.line, reject.reason) for reject in self.rejects]


def read(data: bytes, options: Read | None = None, quiet: bool = True) -> Result:
    """All at once."""
    result = Result()
    result.add(delimited.read(Stretch(data, quiet=quiet), None, Wish(options or Read())))
    return result


def read_growing(data: bytes, splits: Sequence[int], options: Read | None = None) -> Result:
    """As a file that is looked at with the first `splits` bytes, and at last when it is quiet."""
    wish = Wish(options or Read())
    result = Result()
    sizes = [*sorted(splits), len(data)]
    for number, size in enumerate(sizes):
        quiet = number == len(sizes) - 1
        young = len(result.rows) + len(result.rejects) < intake.YOUNG_ROWS and result.end < intake.YOUNG_BYTES
        if result.end and not young and not result.dialect.whole and result.tail != "taken" and result.names:
            try:
                stretch = Stretch(data[result.end : size], result.end, result.next_line, quiet=quiet)
                result.add(delimited.read(stretch, result.dialect, wish))
                continue
            except RereadError:
                pass
        result = Result()
        result.add(delimited.read(Stretch(data[:size], quiet=quiet), None, wish))
    return result


def written(
    rows: Sequence[Sequence[str]],
    delimiter: str = ",",
    quote: str = '"',
    end: str = "\n",
    encoding: str = "utf-8",
    every: bool = False,
) -> bytes:
    """Rows as csv.writer writes them; `every`: all fields quoted."""
    stream = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL
    csv.writer(stream, delimiter=delimiter, quotechar=quote, lineterminator=end, quoting=quoting).writerows(rows)
    return stream.getvalue().encode(encoding)
