"""Random tests mind no busy machine; what long ones did is told at the end of a run: seeds, operations, kills."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

# How fast examples are made depends on what else the machine does, and says nothing of what is tested.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


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
