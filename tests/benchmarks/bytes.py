"""What goes over the link for each thing that happens, beside another Textual program measured the same way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.common import verdict
from tests.console.spending import BUDGET, cost, costs
from tests.terminal import Terminal

OTHER = '''
from textual.app import App
from textual.widgets import DataTable, Footer, Header, Input, Static

class Other(App):
    BINDINGS = [("colon", "line", "Command"), ("t", "tile", "Tile"), ("c", "cell", "Cell")]
    CSS = """
    DataTable {height: 1fr} #tile {border: round white; height: 5}
    Input {dock: bottom; display: none} Input.open {display: block}
    """

    def compose(self):
        yield Header()
        yield Static("Output 4 812 pcs", id="tile")
        yield DataTable(cursor_type="row")
        yield Input()
        yield Footer()

    def on_mount(self):
        table = self.query_one(DataTable)
        self.keys = table.add_columns("state", "what", "age", "who")
        for n in range(500):
            table.add_row("UNACK", f"Line {n} weld: OEE 52 % under 60 %", "158d", "ana", key=str(n))
        table.focus()

    def action_tile(self):
        self.query_one("#tile", Static).update("Output 4 815 pcs")

    def action_cell(self):
        self.query_one(DataTable).update_cell("0", self.keys[0], "ACK")

    def action_line(self):
        self.query_one(Input).add_class("open")
        self.query_one(Input).focus()

Other().run()
'''


def other() -> dict[str, int]:
    """A plain Textual program of our own: header, footer, a tile and a DataTable of 500 rows."""
    found: dict[str, int] = {}
    with Terminal([sys.executable, "-c", OTHER], env={"COLUMNS": ""}) as terminal:
        terminal.shows("Line 7 weld", "Command")
        terminal.quiet_for(0.5)
        found["cursor down in a list"] = cost(terminal, "\x1b[B", "")
        found["one KPI tile changes"] = cost(terminal, "t", "4 815")
        found["one alert changes its state"] = cost(terminal, "c", " ACK")
        terminal.resize(79, 24)
        cost(terminal, "", "Line 7")
        terminal.resize(80, 24)
        found["the overview drawn anew, all of it"] = cost(terminal, "", "Line 7")
        found["the command line opens"] = cost(terminal, ":", "")
    return found


def spent(folder: Path, _rows: int = 0) -> None:
    """All of it; the other program has what it has of it."""
    found = costs(folder)
    beside = {"a Textual DataTable with header and footer": other()}
    for name, most in BUDGET.items():
        others = "; ".join(f"{program} {its[name]:,} B" for program, its in beside.items() if name in its)
        verdict(f"bytes: {name}", found[name], most, f"{found[name]:,} B" + (f" ({others})" if others else ""))


BYTES: dict[str, Callable[[Path, int], None]] = {"bytes": spent}
"""By name: what is measured below a folder."""
