"""Several sets of labels in one scan: GROUPING SETS, and which of them a group is of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from opsconsole.kpis.expression import ident


def mask_of(columns: Sequence[str], own: Sequence[str]) -> int:
    """What GROUPING() gives for a grouping set: a bit for each column that it leaves out, the last the lowest."""
    return sum(1 << (len(columns) - 1 - at) for at, name in enumerate(columns) if name not in own)


def grouping(columns: Sequence[str]) -> str:
    """SQL for the number of a group's set; `columns` are those of all sets."""
    return f"GROUPING({', '.join(map(ident, columns))})" if columns else "0"


def grouping_sets(columns: Sequence[str], sets: Iterable[Sequence[str]]) -> str:
    """The GROUP BY of the sets, each once in whichever order its columns are named; nothing where none has any."""
    if not columns:
        return ""
    unique = {mask_of(columns, own): own for own in sets}
    listed = ", ".join(f"({', '.join(map(ident, own))})" for own in unique.values())
    return f" GROUP BY GROUPING SETS ({listed})"
