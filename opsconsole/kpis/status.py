"""How good a value is against the limits of its KPI. Pure."""

from __future__ import annotations

from typing import Literal

from opsconsole.site.model import Kpi, Priority

Status = Literal["good", "warning", "critical", "nolimit", "nodata", "stale"]
Better = Literal["higher", "lower", "target"]


def status_of(kpi: Kpi, value: float | None) -> Status:
    """The status of a value: a value exactly on a limit is not beyond it.

    `higher`: bad below the limits; `lower`: bad above them; `target`: the limits are distances from the target, and
    without them a value further away than `tolerance` is a warning. No direction or no limits: `nolimit`.
    """
    if value is None:
        return "nodata"
    if kpi.better == "target":
        return _around_target(kpi, value)
    if kpi.better is None or (kpi.warning is None and kpi.critical is None):
        return "nolimit"
    if kpi.critical is not None and beyond(kpi, value, kpi.critical):
        return "critical"
    if kpi.warning is not None and beyond(kpi, value, kpi.warning):
        return "warning"
    return "good"


def _around_target(kpi: Kpi, value: float) -> Status:
    if kpi.target is None:
        return "nolimit"
    distance = abs(value - kpi.target)
    if distance <= kpi.tolerance:
        return "good"
    if kpi.critical is not None and distance > kpi.critical:
        return "critical"
    warning = _distance_limit(kpi)
    return "warning" if warning is not None and distance > warning else "good"


def _distance_limit(kpi: Kpi) -> float | None:
    """How far from its target a value may be before it is a warning."""
    if kpi.warning is not None:
        return kpi.warning
    return kpi.tolerance if kpi.tolerance or kpi.critical is None else None


def beyond(kpi: Kpi, value: float, limit: float) -> bool:
    """Whether a value is on the bad side of a limit, by the KPI's direction (`higher` or `lower`)."""
    return value < limit if kpi.better == "higher" else value > limit


def priority_of(kpi: Kpi, value: float | None) -> Priority | None:
    """The priority of an alert on the KPI's own limits, None when there is nothing to alert about."""
    status = status_of(kpi, value)
    return status if status in ("critical", "warning") else None


def limit_of(kpi: Kpi, priority: Priority | None) -> float | None:
    """The limit that a value of this priority has passed; with `better: target` a distance from the target."""
    if priority == "critical":
        return kpi.critical
    if priority == "warning":
        return _distance_limit(kpi) if kpi.better == "target" else kpi.warning
    return None


def badness(kpi: Kpi, value: float | None) -> float:
    """A key that sorts members worst first (largest first); without a direction the largest value comes first."""
    if value is None:
        return float("-inf")
    if kpi.better == "higher":
        return -value
    if kpi.better == "target" and kpi.target is not None:
        return abs(value - kpi.target)
    return value
