"""What long tests did is told at the end of a run, passed or not: seeds, operations, kills, rows compared."""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the properties `told` (a line) and `counts` (summed) that tests recorded, under xdist too."""
    told: list[str] = []
    counts: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            properties = dict(report.user_properties)
            if "told" in properties:
                told.append(str(properties["told"]))
            counts.update(properties.get("counts", {}))
    if told:
        terminalreporter.section("what the long tests did")
        for line in sorted(told):
            terminalreporter.write_line(line)
    if counts:
        terminalreporter.write_line("in all: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
