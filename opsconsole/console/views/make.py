"""From an address to its screen; a screen's module is loaded when it is first shown."""

from __future__ import annotations

from opsconsole.console.actions import Registry
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.views.base import View


def make(ctx: Context, address: Address, registry: Registry, stack: str) -> View:
    """The screen of an address; `stack` are the scopes of the screen it is opened from (for help)."""
    view: type[View]
    if address.view == "help":
        from opsconsole.console.views.help import HelpView

        return HelpView(ctx, address, registry, stack)
    if address.view == "tour":
        from opsconsole.console.views.tour import TourView

        return TourView(ctx, address, registry)
    if address.view == "keys":
        from opsconsole.console.views.keys import KeysView

        return KeysView(ctx, address, registry)
    if address.view == "alerts":
        from opsconsole.console.views.alerts import AlertsView

        view = AlertsView
    elif address.view == "alert":
        from opsconsole.console.views.alert import AlertView

        view = AlertView
    elif address.view == "maintenance":
        from opsconsole.console.views.maintenance import MaintenanceView

        view = MaintenanceView
    elif address.view == "forecast":
        from opsconsole.console.views.forecast import ForecastView

        view = ForecastView
    elif address.view == "control":
        from opsconsole.console.views.control import ControlView

        view = ControlView
    elif address.view == "anomalies":
        from opsconsole.console.views.anomalies import AnomaliesView

        view = AnomaliesView
    elif address.view == "scorecard":
        from opsconsole.console.views.scorecard import ScorecardView

        view = ScorecardView
    elif address.view == "helped":
        from opsconsole.console.views.helped import HelpedView

        view = HelpedView
    elif address.view == "backtest":
        from opsconsole.console.views.backtest import BacktestView

        view = BacktestView
    elif address.view == "log":
        from opsconsole.console.views.log import LogView

        view = LogView
    elif address.view == "procedure":
        from opsconsole.console.views.procedure import ProcedureView

        view = ProcedureView
    elif address.view == "kpis":
        from opsconsole.console.views.kpis import KpisView

        view = KpisView
    elif address.view == "kpi":
        from opsconsole.console.views.kpi import KpiView

        view = KpiView
    elif address.view == "sql":
        from opsconsole.console.views.sql import SqlView

        view = SqlView
    elif address.view == "query":
        from opsconsole.console.views.query import QueryView

        view = QueryView
    elif address.view == "goals":
        from opsconsole.console.views.goals import GoalsView

        view = GoalsView
    elif address.view == "flow" and address.show:
        from opsconsole.console.views.flow_part import FlowPartView

        view = FlowPartView
    elif address.view == "flow":
        from opsconsole.console.views.flow import FlowView

        view = FlowView
    elif address.view in ("sources", "tables", "source"):
        from opsconsole.console.views.sources import SourcesView, SourceView

        view = SourceView if address.view == "source" else SourcesView
    elif address.view == "quarantine":
        from opsconsole.console.views.quarantine import QuarantineView

        view = QuarantineView
    elif address.view == "explain":
        from opsconsole.console.views.explain import ExplainView

        view = ExplainView
    elif address.view == "rows":
        from opsconsole.console.views.rows import RowsView

        view = RowsView
    elif address.view == "line":
        from opsconsole.console.views.line import LineView

        view = LineView
    else:
        from opsconsole.console.views.overview import Overview

        view = Overview
    return view(ctx, address)
