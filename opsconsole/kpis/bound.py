"""What checking an expression comes to: it can run and gives a type, or it has a fault at a place."""

from __future__ import annotations

from msgspec import Struct

NUMERIC = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    *("UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "BIGNUM", "BOOLEAN"),
)


class Fault(Struct, frozen=True):
    """Why an expression cannot be used; `offset` is the character of its text where that shows."""

    message: str
    offset: int = 0


class Bound(Struct, frozen=True):
    """An expression that can run. `empty` is what it gives for no rows at all: 0 for a count, None for a sum."""

    text: str
    type: str
    empty: float | None = None


def is_number(kind: str) -> bool:
    """Whether a DuckDB type is a number, or a truth that counts as 0 or 1."""
    return kind.startswith(NUMERIC) and not kind.endswith("]")


def hint_of(kind: str) -> str:
    """How what is no number becomes one."""
    return "; epoch(…) makes seconds of it" if kind.startswith(("INTERVAL", "TIMESTAMP", "DATE", "TIME")) else ""


def misfit(found: Bound, kind: str) -> Fault | None:
    """Why a value of a row is not the `number` or `condition` that a formula wants; `any` is anything."""
    if kind == "number" and not is_number(found.type):
        pin = "; `columns` in its source can have it read as a number" if found.type == "VARCHAR" else ""
        return Fault(f"gives {found.type}, expected a number{pin or hint_of(found.type)}")
    if kind == "condition" and found.type != "BOOLEAN":
        return Fault(f"gives {found.type}, expected a condition such as `column > 3`")
    return None
