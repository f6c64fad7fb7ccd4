"""What an empty screen says: why it is empty, and what to do next. Pure; not yet inert where it has a name."""

from __future__ import annotations

from collections.abc import Iterable

from opsconsole.console.model import Model

DROP = "drop a CSV, JSON, Parquet or Excel file into the folder; it will appear here"
SCANNING = "the first scan is under way"


def no_sources(model: Model) -> str:
    """Where no source is."""
    site = model.site
    if site is not None and not site.settled:
        return SCANNING
    if site is not None and site.draft:
        return f"nothing here yet: {DROP}"
    return "this site has no sources: name some under `sources:` in site.yaml"


def no_kpis(model: Model) -> str:
    """Where no KPI is."""
    site = model.site
    if site is None or not site.draft:
        return "this site has no KPIs: add some under `kpis:` in site.yaml"
    if model.sources:
        return "no KPIs in the draft: :save-draft makes it yours, then add some under `kpis:`"
    return "no KPIs yet: they come with the first file"


def no_flows() -> list[str]:
    """Where no flow is: what to write."""
    from opsconsole.engine.flow_words import EXAMPLE

    return ["this site has no flows: name one under `flows:` in site.yaml, such as", "", *EXAMPLE]


def no_alerts(model: Model) -> str:
    """Where no alert is open: all is well, not all is read, or nothing could raise one; of the past what is known."""
    site = model.site
    if site is not None and site.as_of is not None:
        return "no alert on record that was open then"
    if not model.sources:
        return "no open alerts: nothing is measured yet"
    if site is not None and not site.settled:
        return f"no open alerts yet: {SCANNING}"
    if not any(kpi.warning is not None or kpi.critical is not None for kpi in model.kpis.values()):
        return "no open alerts: no KPI has limits; `warning:` and `critical:` in site.yaml set them"
    return "no open alerts: all is well"


def no_such(what: str, name: str, known: Iterable[str], command: str) -> str:
    """A name that a site does not have: the nearest one, and where all are listed."""
    from opsconsole.console.words import nearest

    return f"this site has no {what} {name}{nearest(name, list(known))}  (:{command} lists them)"
