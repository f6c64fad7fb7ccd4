"""A KPI's card: what is written of it, in the fields of ISO 22400-1 and more, and what is missing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from opsconsole.site.builtin import BUILT_IN
from opsconsole.site.figures import count
from opsconsole.site.model import Audience, Kpi, Site, Source, Targets, Timing
from opsconsole.site.names import listed

GAPS = ("no owner", "no objective", "no target", "no direction", "no procedure")
"""What can be missing from a card, in the order in which it is told."""

_LIMITS = ("target", "warning", "critical")


class CardSource(Struct, frozen=True):
    """A source that a KPI is computed from, with its title for people."""

    name: str
    title: str


class Card(Struct, frozen=True, kw_only=True):
    """What is written of a KPI, beside its figures.

    `formula` is for people, `expression` the SQL. `parts` are the KPIs that a derived one is made of, `sources` those
    of all its parts. `computed` are the limits that are SQL, `targets` those of members and shifts. `standard` says
    where the library has the formula from, and `use` which of its KPIs it is. `missing` holds some of `GAPS`.
    """

    description: str = ""
    formula: str = ""
    expression: str = ""
    where: str = ""
    use: str = ""
    standard: str = ""
    elements: dict[str, str] = {}
    parts: list[str] = []
    sources: list[CardSource] = []
    range: list[float] = []
    tolerance: float = 0.0
    computed: dict[str, str] = {}
    targets: list[Targets] = []
    targets_from: str = ""
    floor: float | None = None
    baseline: float | None = None
    owner: str = ""
    audience: list[Audience] = []
    objective: str = ""
    objective_title: str = ""
    weight: float = 1.0
    priority: int = 3
    procedure: str = ""
    scope: str = ""
    timing: Timing | None = None
    usage: str = ""
    methodology: str = ""
    notes: str = ""
    missing: list[str] = []


def card_of(site: Site, kpi: Kpi) -> Card:
    """The card of one KPI of a site."""
    objective = site.objectives.get(kpi.objective)
    return Card(
        description=kpi.description,
        formula=kpi.formula or kpi.value,
        expression=kpi.value,
        where=kpi.where or "",
        use=kpi.use,
        standard=_standard(kpi.use),
        elements=dict(kpi.elements),
        parts=list(parts_of(site.kpis, kpi)),
        sources=[CardSource(name, _title(site, name)) for name in sources_of(site.kpis, kpi)],
        range=list(kpi.range),
        tolerance=kpi.tolerance,
        computed={name: text for name in _LIMITS if isinstance(text := getattr(kpi, name), str)},
        targets=list(kpi.targets),
        targets_from=kpi.targets_from,
        floor=kpi.floor,
        baseline=kpi.baseline,
        owner=kpi.owner,
        audience=list(kpi.audience),
        objective=kpi.objective,
        objective_title=(objective.title if objective is not None else "") or kpi.objective,
        weight=kpi.weight,
        priority=kpi.priority,
        procedure=kpi.procedure,
        scope=kpi.scope,
        timing=kpi.timing,
        usage=kpi.usage,
        methodology=kpi.methodology,
        notes=kpi.notes,
        missing=missing_of(kpi),
    )


def missing_of(kpi: Kpi) -> list[str]:
    """What a card should say and does not, as people read it."""
    has_target = kpi.target is not None or bool(kpi.targets_from) or any(one.target is not None for one in kpi.targets)
    said = (kpi.owner, kpi.objective, has_target, kpi.better, kpi.procedure)
    return [gap for gap, there in zip(GAPS, said, strict=True) if not there]


def gaps_of(kpis: Mapping[str, Kpi]) -> str:
    """Which cards have which gaps, in a sentence; nothing where all are whole."""
    found = {name: missing_of(kpi) for name, kpi in kpis.items()}
    many = sum(bool(missing) for missing in found.values())
    if not many:
        return ""
    told = []
    for gap in GAPS:
        names = [name for name, missing in found.items() if gap in missing]
        if names:
            told.append(f"{gap} ({'all' if len(names) == len(found) else listed(names, most=3)})")
    return f"{many} of {count(len(found), 'KPI card')} {'has' if many == 1 else 'have'} gaps: {', '.join(told)}"


def parts_of(kpis: Mapping[str, Kpi], kpi: Kpi) -> Iterator[str]:
    """The KPIs that the value of a derived one names, each once; none where it has a source."""
    if kpi.source:
        return
    named = {word.casefold() for word in re.findall(r"\w+", kpi.value)}
    yield from (name for name in kpis if name != kpi.name and name.casefold() in named)


def sources_of(kpis: Mapping[str, Kpi], kpi: Kpi) -> list[str]:
    """The sources that a KPI is computed from, those of its parts' parts too, each once."""
    waiting, seen = [kpi], {kpi.name}
    found: dict[str, None] = {}
    while waiting:
        one = waiting.pop(0)
        if one.source:
            found[one.source] = None
        parts = [kpis[name] for name in parts_of(kpis, one) if name not in seen]
        seen |= {part.name for part in parts}
        waiting += parts
    return list(found)


def _title(site: Site, name: str) -> str:
    source: Source | None = site.sources.get(name) or BUILT_IN.get(name)
    return (source.title if source is not None else "") or name


def _standard(use: str) -> str:
    """Where the library has a formula from; it is looked into only for a KPI that is taken from it."""
    if not use:
        return ""
    from opsconsole.site.library.catalogue import find

    entry = find(use)
    return entry.source if entry is not None else ""
