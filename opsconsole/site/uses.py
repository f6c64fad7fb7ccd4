"""KPIs that are taken from the library (`use:`): what their cards do not say is filled in before anything is checked.

The library is imported only for a site that names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opsconsole.site.builtin import BUILT_IN
from opsconsole.site.marks import Keys, Marks
from opsconsole.site.names import listed, show
from opsconsole.site.report import Report

if TYPE_CHECKING:
    from opsconsole.site.library.shape import Entry

Values = dict[str, Any]


def expand(values: Values, marks: Marks, report: Report) -> None:
    """Give the KPIs with `use` their value, their elements and the words of the library, unless their cards have them.

    What is filled in has the mark of `use`; an element that its source gives has the mark it has there.
    """
    sources: dict[str, Values] = values.get("sources", {})
    for name, source in sources.items():
        _check_symbols(name, source.get("elements", {}), marks, report)
    for name, kpi in values.get("kpis", {}).items():
        if "use" in kpi:
            _expand(name, kpi, sources, marks, report)


def _check_symbols(source: str, elements: dict[str, str], marks: Marks, report: Report) -> None:
    if not elements:
        return
    from opsconsole.site.library.elements import ELEMENTS

    for symbol in elements:
        if symbol not in ELEMENTS:
            hint = report.suggest(symbol, ELEMENTS) or "; `opsconsole kpis --library` lists those of each KPI"
            message = f"unknown element `{show(symbol)}`{hint}"
            report.error(marks.key("sources", source, "elements", symbol), message)


def _expand(name: str, kpi: Values, sources: dict[str, Values], marks: Marks, report: Report) -> None:
    from opsconsole.site.library.catalogue import find, nearest_entry

    at: Keys = ("kpis", name)
    entry = find(kpi["use"])
    if entry is None:
        near = nearest_entry(kpi["use"])
        hint = f", did you mean `{near}`?" if near else "; `opsconsole kpis --library` lists them"
        report.error(marks.at(*at, "use"), f"the library has no KPI `{show(kpi['use'])}`{hint}")
        return
    kpi["use"] = entry.id
    words = {
        "title": entry.title,
        "description": entry.description,
        "formula": entry.formula,
        "unit": entry.unit,
        "decimals": entry.decimals,
        "range": entry.range,
        "better": entry.better,
        "scope": entry.scope,
        "timing": entry.timing[0] if entry.timing else None,
        "audience": entry.audience,
        "notes": entry.notes,
    }
    for key, word in words.items():
        if word not in ("", None, ()) and not marks.has(*at, key):
            kpi[key] = word
            marks.alias((*at, key), (*at, "use"), whole=True)
    if not marks.has(*at, "value"):
        _fill_value(name, kpi, entry, sources, marks, report)
    elif marks.has(*at, "elements"):
        report.error(marks.key(*at, "elements"), "`elements`: has no meaning beside a `value` of the KPI's own")


def _fill_value(name: str, kpi: Values, entry: Entry, sources: dict[str, Values], marks: Marks, report: Report) -> None:
    from opsconsole.site.library.catalogue import expanded, missing_elements, with_defaults
    from opsconsole.site.library.elements import ELEMENTS

    at: Keys = ("kpis", name)
    own: dict[str, str] = kpi.get("elements", {})
    for symbol in own:
        if symbol not in entry.elements:
            hint = report.suggest(symbol, entry.elements) or f"; it has {listed(entry.elements)}"
            message = f"{entry.id} has no element `{show(symbol)}`{hint}"
            report.error(marks.key(*at, "elements", symbol), message)
    of_source: dict[str, str] = sources.get(kpi.get("source", ""), {}).get("elements", {})
    given = {**of_source, **own}
    missing = missing_elements(entry, given)
    # a symbol that nobody knows may well be one that is missing: that is told already
    strange = any(symbol not in entry.elements for symbol in own) or any(each not in ELEMENTS for each in of_source)
    if missing and strange:
        return
    if missing:
        # of a source that is not known or could not be read nobody can tell which elements it gives
        source = kpi.get("source", "")
        if source in (*sources, *BUILT_IN) and not _unread(name, kpi, sources.get(source, {}), marks):
            needs = ", ".join(f"{symbol} ({ELEMENTS[symbol].title.partition(':')[0]})" for symbol in missing)
            which = "which column it is" if len(missing) == 1 else "which columns they are"
            message = f"`{name}`: {entry.id} needs {needs}: say under `elements` {which}"
            report.missing(marks.at(*at, "use"), message)
        return
    kpi["elements"] = with_defaults(entry, given)
    for symbol in kpi["elements"]:
        if symbol in own:
            continue
        path = (*at, "elements", symbol)
        if symbol in of_source:
            marks.alias(path, ("sources", kpi["source"], "elements", symbol))
        else:
            marks.alias(path, (*at, "use"), whole=True)
    kpi["value"] = expanded(entry, kpi["elements"])
    marks.alias((*at, "value"), (*at, "use"), whole=True)


def _unread(name: str, kpi: Values, source: Values, marks: Marks) -> bool:
    """Whether elements were written that could not be read, which is a problem already told."""
    places = ((kpi, ("kpis", name)), (source, ("sources", str(kpi.get("source")))))
    return any("elements" not in one and marks.has(*at, "elements") for one, at in places)
