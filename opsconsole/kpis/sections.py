"""One scan of a source that answers for several stretches of time at once, which may overlap.

Each stretch is a branch of its own, so that its bounds meet the zone maps of the table by themselves: what lies between
the stretches is not read. A row in two stretches counts in both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.expression import ident, number
from opsconsole.kpis.lasting import free, meant
from opsconsole.kpis.scan import MEMBERS, Cursor, Dimensions, Members, Row
from opsconsole.kpis.span import Span, Stretch


class Query(Struct, frozen=True):
    """What is wanted of each stretch: `values` are aggregate expressions, `splits` the sets of dimensions to group by.

    `where` is SQL; `filters` are chosen members. `cap`: at most so many members of a split, those with the most rows
    in all stretches together, and the same ones of each.
    """

    source: str
    where: str | None
    values: tuple[str, ...]
    splits: tuple[Dimensions, ...] = ((),)
    filters: Mapping[str, str | None] = {}
    cap: int = MEMBERS


class Sections:
    """The answer: `groups[stretch][split][members]`; groups without rows are absent, `members` counts all of them."""

    def __init__(self, count: int) -> None:
        self.groups: list[dict[Dimensions, dict[Members, Row]]] = [{} for _ in range(count)]
        self.members: dict[Dimensions, int] = {}

    def row(self, section: int, split: Dimensions = (), members: Members = ()) -> Row | None:
        """A group of a stretch; None where it has no rows."""
        return self.groups[section].get(split, {}).get(members)


def sections(cursor: Cursor, binding: Binding, query: Query, stretches: Sequence[Stretch]) -> Sections:
    """Run one scan. Raises duckdb.Error when an expression fails on the data, LookupError for an unknown dimension."""
    columns = {name: binding.column(query.source, name) for split in query.splits for name in split}
    dimensions = list(dict.fromkeys(columns.values()))
    taken = {name.lower() for name in binding.schemas[query.source]}
    place = free("_section", taken)
    grouped = [place, *dimensions]
    sets = {split: tuple(dict.fromkeys(columns[name] for name in split)) for split in query.splits}
    sql, parameters = _sql(binding, query, stretches, grouped, list(dict.fromkeys(sets.values())))
    found = Sections(len(stretches))
    masks: dict[int, list[tuple[Dimensions, tuple[int, ...]]]] = {}
    for split, names in sets.items():
        mask = sum(
            1 << (len(grouped) - 1 - at) for at, name in enumerate(grouped) if name != place and name not in names
        )
        masks.setdefault(mask, []).append((split, tuple(3 + dimensions.index(columns[name]) for name in split)))
    first = 3 + len(dimensions)
    for row in cursor.execute(sql, parameters).fetchall():
        group = Row(row[2], tuple(number(value) for value in row[first:-1]))
        for split, places in masks[row[0]]:
            found.groups[row[1]].setdefault(split, {})[tuple(row[at] for at in places)] = group
            found.members[split] = row[-1]
    return found


def _sql(
    binding: Binding, query: Query, stretches: Sequence[Stretch], grouped: list[str], sets: list[tuple[str, ...]]
) -> tuple[str, list[str]]:
    place, *dimensions = grouped
    table = ident(query.source)
    until = binding.until.get(query.source)
    branches = " UNION ALL ".join(
        f"SELECT *, {at} AS {place} FROM {rows} WHERE {condition}"
        for at, (rows, condition) in enumerate(meant(query.source, until, Span(stretch)) for stretch in stretches)
    )
    conditions, parameters = binding.filters(query.source, dict(query.filters))
    if query.where is not None:
        conditions.append(f"(\n{query.where}\n)")
    kept = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    members = "".join(f", CAST({ident(name)} AS VARCHAR)" for name in dimensions)
    values = "".join(f", CAST((\n{value}\n) AS DOUBLE)" for value in query.values)
    listed = ", ".join(f"({', '.join(ident(name) for name in (place, *one))})" for one in sets)
    inner = (
        f"SELECT GROUPING({', '.join(map(ident, grouped))}), {place}, count(*){members}{values} "
        f"FROM ({branches}) AS {table}{kept} GROUP BY GROUPING SETS ({listed})"
    )
    if not dimensions:
        return f"SELECT *, 1 FROM ({inner})", parameters
    heads = "".join(f", m{at}" for at in range(len(dimensions)))
    results = "".join(f", v{at}" for at in range(len(query.values)))
    totals = f"SELECT *, sum(n) OVER (PARTITION BY g{heads}) AS t FROM ({inner}) AS q(g, s, n{heads}{results})"
    ranked = f"SELECT *, dense_rank() OVER (PARTITION BY g ORDER BY t DESC{heads}) AS r FROM ({totals})"
    counted = f"SELECT * EXCLUDE (t, r), r, max(r) OVER (PARTITION BY g) AS c FROM ({ranked})"
    return f"SELECT * EXCLUDE (r) FROM ({counted}) WHERE r <= {query.cap}", parameters
