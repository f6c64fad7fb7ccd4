"""The lines that every console shows until they go away. Pure: each thing once, in words for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from opsconsole.engine.condition import Condition
from opsconsole.engine.messages import Notice
from opsconsole.site.model import Problem, Site
from opsconsole.tables.budget import Verdict
from opsconsole.tables.records import Totals

# A change of schema is told on each screen for so long; the source's own view keeps it.
_TOLD_FOR = 3600.0
_NOT_WATCHED = "is not watched:"


def draft(site: Site) -> list[Notice]:
    """That there is no site file, and what to do about it."""
    if not site.draft:
        return []
    if not site.sources:
        text = "Nothing here yet. Drop a CSV, JSON, Parquet or Excel file into the folder; it will appear here."
    else:
        families = f"{len(site.sources)} {'family' if len(site.sources) == 1 else 'families'} of files"
        text = f"Draft made from {families}. :save-draft writes site.yaml, to make it yours."
    return [Notice("draft", text)]


def broken(problems: Sequence[Problem]) -> list[Notice]:
    """What does not fit the tables, now that they are known."""
    errors = [problem for problem in problems if problem.severity == "error"]
    if not errors:
        return []
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return [Notice("site-error", f"{errors[0]}{more}", "warning")]


def tables(problem: str, by_source: Mapping[str, str], rebuilt: str) -> list[Notice]:
    """What people must know of the tables: what holds the feed up, what is only scanned, that they are rebuilt.

    `by_source` are the troubles of single sources; `problem` tells the first of them or one of the whole feed. That a
    folder is not there is told by its source alone: it may never have been there.
    """
    found = []
    texts = sorted(set(by_source.values()))
    if problem and not any(problem.startswith(text) for text in texts):
        found.append(_stuck(problem))
    for text in texts:
        if _NOT_WATCHED in text:  # the tables follow all the same, by scans
            found.append(Notice("watch", text))
        elif problem and not text.startswith(("folder ", "folders ")):
            found.append(_stuck(text))
    return [*found, Notice("tables", rebuilt, "warning")] if rebuilt else found


def lost(by_source: Mapping[str, str], totals: Mapping[str, Totals]) -> dict[str, str]:
    """Sources without rows whose folder is not there: that is no news of what they tell, and clears no alert."""
    return {
        name: text
        for name, text in by_source.items()
        if _NOT_WATCHED not in text and not (name in totals and totals[name].rows)
    }


def _stuck(text: str) -> Notice:
    return Notice("stuck", f"{text}. It is tried again by itself.", "critical")


def disk(found: Verdict) -> list[Notice]:
    """That the disk budget or the volume is nearly used up, before it is."""
    return [Notice("disk", found.notice, "critical" if found.full else "warning")] if found.notice else []


def drifts(site: Site, conditions: Mapping[str, Condition], wall: float) -> list[Notice]:
    """One line for each source whose files hold something else than before, for an hour."""
    return [
        Notice("drift", f"{source.title or source.name}: {found.drifted}")
        for source in site.sources.values()
        if (found := conditions.get(source.name)) is not None and found.drift and wall - found.noted < _TOLD_FOR
    ]


def single(notices: Iterable[Notice]) -> list[Notice]:
    """Each text once, where it comes first."""
    found: dict[str, Notice] = {}
    for notice in notices:
        found.setdefault(notice.text, notice)
    return list(found.values())
