"""The kinds of insight that there are.

To add one: a class that is a `Study` in a module of its own, and a line in `STUDIES`.
"""

from __future__ import annotations

from collections.abc import Callable

from opsconsole.engine.insight.study import Study


def _anomaly() -> Study:
    from opsconsole.engine.insight.anomaly import AnomalyStudy

    return AnomalyStudy()


def _control() -> Study:
    from opsconsole.engine.insight.control import ControlStudy

    return ControlStudy()


def _flow() -> Study:
    from opsconsole.engine.insight.flow import FlowStudy

    return FlowStudy()


def _wip() -> Study:
    from opsconsole.engine.insight.flow_load import WipStudy

    return WipStudy()


def _bottleneck() -> Study:
    from opsconsole.engine.insight.flow_load import BottleneckStudy

    return BottleneckStudy()


def _forecast() -> Study:
    from opsconsole.engine.insight.forecasting import ForecastStudy

    return ForecastStudy()


STUDIES: dict[str, Callable[[], Study]] = {
    "anomaly": _anomaly,
    "control": _control,
    "forecast": _forecast,
    "late": _flow,
    "wip": _wip,
    "bottleneck": _bottleneck,
}
"""By the kind of rule (see `opsconsole.kpis.ruling.insights`) what imports the study that finds it: nothing is loaded
before a rule wants it."""
