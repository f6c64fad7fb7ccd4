"""The edge cases of the shared data in one watched folder, each against its line in the manifest.

`python -m tests.reference.edge_cases FOLDER` prints a table of the outcomes (FOLDER: by default the folder
`edge_cases` in OPSCONSOLE_DATA); it ends with 1 if a case neither meets its line nor is reported as it should be.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opsconsole.site.model import Source
from tests.tables.folder import Folder

ROWS = ("rows", "rows_good", "rows_data", "data_rows", "rows_complete", "rows_items")
SUMS = {
    "sum_qty_without_bad": "qty",
    "sum_amount_if_understood": "amount",
    "sum_num_as_text": "num_as_text",
}
UNTAKEN = {"~$lock.xlsx", "upload.csv.part"}
REFUSED = {"broken.parquet": ("failed", "not a whole Parquet file"), "empty.csv": ("ready", "empty")}
ASIDE: dict[str, list[tuple[int, str, str]]] = {
    "ragged.csv": [(3, "", "B,2"), (4, "", "C,Z,3,EXTRA")],
    "one_bad_row_in_1000.csv": [(701, "", "700,S0")],
    "bad_line_middle.jsonl": [(2, "", "NOT JSON")],
    "preamble_and_total.csv": [(8, "", "Total,400")],
    "dates_mixed_formats.csv": [(6, "when", "not a date")],
    "nan_inf.csv": [(3, "v", "inf"), (4, "v", "-inf")],
    "workbook_title_merged_formula_hidden.xlsx": [
        *((row, "rate", f"=C{row}/24") for row in range(4, 9)),
        (9, "", "Total\t\t\t"),
    ],
}
"""What is set aside, by line, column and raw text; nothing of the other files."""
TRAPS: dict[str, list[tuple[str, Any]]] = {
    "cp1252_semicolon_decimal_comma.csv": [("SELECT CAST(max(value) AS VARCHAR) FROM {t}", "1234.5")],
    "duplicate_headers.csv": [("SELECT [sum(value), sum(value_2)] FROM {t}", [3, 30])],
    "ids_leading_zeros.csv": [
        ("SELECT list(sku ORDER BY _line) FROM {t}", ["000123", "000124", "1E5", "12345678901234567890"])
    ],
    "dates_dmy_ambiguous.csv": [
        ('SELECT list(CAST("when" AS VARCHAR) ORDER BY _line) FROM {t}', ["2024-04-03", "2024-04-13", "2024-12-05"])
    ],
    "nan_inf.csv": [("SELECT avg(v) FROM {t}", 1.5)],
    "nul_bytes.csv": [("SELECT list(id ORDER BY _line)[1] FROM {t}", "A\0")],
    "terminal_escape.csv": [("SELECT list(note ORDER BY _line)[1] FROM {t}", "\x1b[31mred\x1b[0m")],
    "very_long_field.csv": [("SELECT max(length(blob)) > 2_900_000 FROM {t}", True)],
    "nested.json": [("SELECT avg(m_t) FROM {t}", 21.0), ("SELECT min(meta_site) FROM {t}", "S1")],
    "drift.jsonl": [("SELECT list(CAST(v AS DOUBLE) ORDER BY _line) FROM {t}", [1.0, 2.0, None, 4.5])],
    "array.json": [("SELECT count(extra) FROM {t}", 1)],
    "types.parquet": [("SELECT count(*) FROM {t} WHERE ts IS NOT NULL AND d IS NOT NULL AND lst LIKE '[%]'", 2)],
    "not_really.xlsx": [("SELECT [count(*), sum(id), sum(v)] FROM {t}", [1, 1, 2])],
}


@dataclass(frozen=True)
class Outcome:
    """What became of one line of the manifest. `wrong` says what does not meet it; empty if all does."""

    name: str
    status: str
    rows: int
    rejected: int
    cells: int
    told: str
    wrong: str


def table(name: str) -> str:
    """The source of a file."""
    return "".join(c if c.isalnum() else "_" for c in name)


def watched(cases: Path, root: Path) -> Folder:
    """All files of the cases dropped at once into one watched folder, each a source of its own."""
    manifest = json.loads((cases / "manifest.json").read_text())
    there = sorted(path.name for path in cases.iterdir() if path.name not in ("manifest.json", "README.md"))
    sources = [Source(table(name), (f"in/{name}",)) for name in there]
    sources += [
        Source(table(name), tuple(f"in/{part}" for part in name.split("+"))) for name in manifest if "+" in name
    ]
    made = Folder(root, *sources, timezone="Europe/Berlin")
    for name in there:
        shutil.copy(cases / name, made.place / name)
    return made


def outcomes(cases: Path, made: Folder) -> list[Outcome]:
    """Each line of the manifest with what became of it."""
    manifest: dict[str, dict[str, Any]] = json.loads((cases / "manifest.json").read_text())
    return [_outcome(made, name, wanted) for name, wanted in manifest.items()]


def _outcome(made: Folder, name: str, wanted: dict[str, Any]) -> Outcome:
    files = [file for file in made.store.files(table(name)) if file.path.removeprefix("in/") in name.split("+")]
    if name in UNTAKEN:
        return Outcome(name, "not taken", 0, 0, 0, "", "it was taken" if files else "")
    rows, rejected, cells = (sum(getattr(file, key) for file in files) for key in ("rows", "rejected", "cells"))
    told = " | ".join(dict.fromkeys(file.reason or file.read_as for file in files))
    wrong = _wrong(made, name, wanted, told) if files else "it is not in the ledger"
    return Outcome(name, ",".join(sorted({file.status for file in files})), rows, rejected, cells, told, wrong)


def _wrong(made: Folder, name: str, wanted: dict[str, Any], told: str) -> str:
    if name in REFUSED:
        status, reason = REFUSED[name]
        (file,) = made.store.files(table(name))
        held = (file.status, file.rows) == (status, 0) and told.startswith(reason)
        return "" if held else f"{status}: {reason} … expected"
    columns = [c for c in made.store.schemas().get(table(name), {}) if not c.startswith("_")]
    checks = list(TRAPS.get(name, []))
    for key, value in wanted.items():
        if key in ROWS and value is not None:
            checks.append(("SELECT count(*) FROM {t}", value))
        elif key.startswith("sum_"):
            checks.append((f'SELECT sum("{SUMS.get(key, key[4:])}") FROM {{t}}', value))
        elif key == "utc":
            checks.append(
                ("SELECT list(strftime(timezone('UTC', ts), '%Y-%m-%dT%H:%M:%SZ') ORDER BY _line) FROM {t}", value)
            )
        elif key == "dates":
            checks.append(("SELECT list(CAST(d AS VARCHAR) ORDER BY _line) FROM {t}", value))
        elif key == "groups":
            listed = [f"{region}={qty}" for region, qty in value.items()]
            checks.append(("SELECT list(coalesce(region, '<empty>') || '=' || qty ORDER BY _line) FROM {t}", listed))
    problems = [f"columns {columns}" for _ in [0] if columns != wanted.get("cols", columns)]
    problems += [f"{len(columns)} columns" for _ in [0] if len(columns) != wanted.get("ncols", len(columns))]
    for sql, value in checks:
        found = made.query(sql.replace("{t}", f'"{table(name)}"'))[0][0] if columns or "count" in sql else None
        same = math.isclose(found, value) if isinstance(found, float) and value is not None else found == value
        problems += [] if same else [f"{sql}: {found!r}, expected {value!r}"]
    aside = [(r.line, r.column, r.raw) for r in made.store.quarantine(table(name))[0]]
    problems += [f"set aside: {aside}"] if aside != ASIDE.get(name, []) else []
    return "; ".join(problems)


def main(arguments: Sequence[str]) -> int:
    """Print the table of outcomes."""
    cases = Path(arguments[0] if arguments else Path(os.environ["OPSCONSOLE_DATA"]) / "edge_cases")
    with tempfile.TemporaryDirectory() as root:
        made = watched(cases, Path(root))
        try:
            made.settle()
            found = outcomes(cases, made)
        finally:
            made.close()
    print("| file | status | rows | records set aside | cells set aside | read as, or why not | meets its line |")
    print("|---|---|---|---|---|---|---|")
    for each in found:
        verdict = f"NO: {each.wrong}" if each.wrong else "yes"
        told = each.told.replace("|", "\\|")
        print(f"| {each.name} | {each.status} | {each.rows} | {each.rejected} | {each.cells} | {told} | {verdict} |")
    print(f"\n{sum(not each.wrong for each in found)} of {len(found)} lines of the manifest are met.")
    return 1 if any(each.wrong for each in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
