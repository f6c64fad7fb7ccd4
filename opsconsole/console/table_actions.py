"""What a person can do to a table of rows: the part of the registry that is about them."""

from __future__ import annotations

from opsconsole.console.action import CELLS, Action

TABLES: tuple[Action, ...] = (
    Action("sort", "Sort by this column; again: downwards; again: not at all", ("O",), CELLS, rank=4, short="sort"),
    Action("sort-by", "Sort by columns, - is downwards; off", scope=CELLS, line="sort -COLUMN COLUMN …|off"),
    Action("order-rows", "Newest first, or as the rows stand in their files", scope=CELLS, line="order time|file"),
    Action("only-value", "Only rows with the value under the cursor", ("=",), CELLS, rank=3, short="only this"),
    Action("not-value", "No rows with the value under the cursor", ("~",), CELLS),
    Action(
        "filter-column",
        "Filter this column: > 5, a..b, text, !text, empty, filled",
        ("&",),
        CELLS,
        line="where COLUMN > 5",
        rank=3,
        short="this column",
    ),
    Action("filter-expression", "Filter by a row condition", ("|",), CELLS, line="only CONDITION"),
    Action("hide-column", "Hide this column", ("H",), CELLS, line="hide COLUMN, …"),
    Action("choose-columns", "Choose columns and their order from a list", ("C",), CELLS, line="columns COLUMN, …|all"),
    Action("column-left", "Move this column to the left", ("(",), CELLS),
    Action("column-right", "Move this column to the right", (")",), CELLS),
    Action("freeze", "Freeze the columns up to here; again: none", ("f",), CELLS, line="freeze [NUMBER]"),
    Action(
        "group-rows",
        "Group by this column; again: by one more",
        ("b",),
        CELLS,
        line="group by COLUMN, … [sum COLUMN, mean COLUMN …] [pivot COLUMN]|off",
        rank=6,
        short="group",
    ),
    Action("pivot", "Pivot: the members of a column side by side", ("P",), CELLS, line="pivot COLUMN|off"),
    Action(
        "values", "The values of this column with counts", ("D",), CELLS, line="values [COLUMN]", rank=6, short="values"
    ),
    Action("facts", "Facts of this column, with a histogram", ("i",), CELLS, line="facts [COLUMN]"),
    Action("jump", "Jump to a row by its number, or to a time", ("J",), CELLS, line="jump ROW|TIME"),
    Action("mark-row", "Mark the row and step on", ("space",), CELLS),
    Action("mark-rows", "Mark from here to wherever the cursor goes; again: ends it", ("v",), CELLS),
    Action("mark-same", "Mark the rows at hand that have what is under the cursor", ("*",), CELLS),
    Action("clear-row-marks", "Clear all marks", ("u",), CELLS),
    Action(
        "copy-rows",
        "Copy the marked rows, else this one, as tab-separated text",
        ("Y",),
        CELLS,
        rank=5,
        short="copy rows",
    ),
    Action("export-rows", "Write what is seen, or all of it, to a file", ("X",), CELLS, rank=7, short="export"),
)
