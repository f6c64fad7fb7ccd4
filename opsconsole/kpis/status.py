"""How good a value is against its limits. Pure."""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from opsconsole.kpis.limits import Limits
from opsconsole.kpis.observation import Worse
from opsconsole.site.model import Priority

Status = Literal["good", "warning", "critical", "nolimit", "nodata", "novalue", "stale"]


def status_of(limits: Limits, value: float | None) -> Status:
    """The status of a value: a value exactly on a limit is not beyond it.

    `higher`: bad below the limits; `lower`: bad above them; `target`: the limits are distances from the target, and
    without them a value further away than `tolerance` is a warning. No direction or no limits: `nolimit`.
    """
    if value is None:
        return "nodata"
    if limits.better == "target":
        return _around_target(limits, value)
    if limits.better is None or (limits.warning is None and limits.critical is None):
        return "nolimit"
    if limits.critical is not None and beyond(limits, value, limits.critical):
        return "critical"
    if limits.warning is not None and beyond(limits, value, limits.warning):
        return "warning"
    return "good"


def _around_target(limits: Limits, value: float) -> Status:
    if limits.target is None:
        return "nolimit"
    distance = abs(value - limits.target)
    if distance <= limits.tolerance:
        return "good"
    if limits.critical is not None and distance > limits.critical:
        return "critical"
    warning = _distance_limit(limits)
    return "warning" if warning is not None and distance > warning else "good"


def _distance_limit(limits: Limits) -> float | None:
    """How far from its target a value may be before it is a warning."""
    if limits.warning is not None:
        return limits.warning
    return limits.tolerance if limits.tolerance or limits.critical is None else None


def beyond(limits: Limits, value: float, limit: float) -> bool:
    """Whether a value is on the bad side of a limit, by the KPI's direction (`higher` or `lower`)."""
    return value < limit if limits.better == "higher" else value > limit


def priority_of(limits: Limits, value: float | None) -> Priority | None:
    """The priority of an alert on the KPI's own limits, None when there is nothing to alert about."""
    status = status_of(limits, value)
    return status if status in ("critical", "warning") else None


def limit_of(limits: Limits, priority: Priority | None) -> float | None:
    """The limit that a value of this priority has passed; with `better: target` a distance from the target."""
    if priority == "critical":
        return limits.critical
    if priority == "warning":
        return _distance_limit(limits) if limits.better == "target" else limits.warning
    return None


def eased(limits: Limits, by: float) -> Limits:
    """The limits moved to the good side by so much: a value still beyond these holds an alert that was raised."""
    if limits.better == "target":
        warning = _distance_limit(limits)
        return replace(
            limits,
            tolerance=max(0.0, limits.tolerance - by),
            warning=max(0.0, warning - by) if warning is not None else None,
            critical=max(0.0, limits.critical - by) if limits.critical is not None else None,
        )
    moved = by if limits.better == "higher" else -by
    return replace(
        limits,
        warning=limits.warning + moved if limits.warning is not None else None,
        critical=limits.critical + moved if limits.critical is not None else None,
    )


def mildest(limits: Limits) -> Priority:
    """The lowest priority that these limits can give."""
    warns = _distance_limit(limits) if limits.better == "target" else limits.warning
    return "warning" if warns is not None else "critical"


def worse_of(limits: Limits) -> Worse:
    """Which of two values is worse by the KPI's direction; without one the larger."""
    if limits.better == "target" and limits.target is not None:
        return Worse("away", limits.target)
    return Worse("down" if limits.better == "higher" else "up")


def badness(limits: Limits, value: float | None) -> float:
    """A key that sorts members worst first (largest first); without a direction the largest value comes first."""
    if value is None:
        return float("-inf")
    if limits.better == "higher":
        return -value
    if limits.better == "target" and limits.target is not None:
        return abs(value - limits.target)
    return value
