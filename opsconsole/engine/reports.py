"""The kinds of reports that there are.

To add one: a function `report(desk, job, options)` in a module of its own that gives JSON values, and a line in
`KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable

from opsconsole.engine.jobs import Work


def _backtest() -> Work:
    from opsconsole.engine.backtest import report

    return report


def _procedures() -> Work:
    from opsconsole.engine.procedure_report import report

    return report


def _scorecard() -> Work:
    from opsconsole.engine.scorecards import report

    return report


def _control() -> Work:
    from opsconsole.engine.insight.control_report import report

    return report


def _anomalies() -> Work:
    from opsconsole.engine.insight.anomaly_report import report

    return report


def _helped() -> Work:
    from opsconsole.engine.helped import report

    return report


def _forecast() -> Work:
    from opsconsole.engine.insight.forecast_report import report

    return report


def _overlay() -> Work:
    from opsconsole.engine.insight.overlay_report import report

    return report


KINDS: dict[str, Callable[[], Work]] = {
    "anomalies": _anomalies,
    "backtest": _backtest,
    "control": _control,
    "forecast": _forecast,
    "helped": _helped,
    "overlay": _overlay,
    "procedures": _procedures,
    "scorecard": _scorecard,
}
"""By kind of report what imports the function that makes it: nothing is loaded before it is wanted."""
