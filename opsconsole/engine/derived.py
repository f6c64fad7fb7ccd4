"""Derived sources as screens get them: what they are made of, and as fresh as the stalest of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from opsconsole.engine.messages import SourceState
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.extent import Extent
from opsconsole.site.model import Source


def with_derived(binding: Binding, states: Mapping[str, SourceState]) -> list[SourceState]:
    """All sources of a site in the order of its file, given those with files."""
    return [
        states[name] if name in states else derived_state(source, binding, states)
        for name, source in binding.site.sources.items()
    ]


def derived_state(source: Source, binding: Binding, states: Mapping[str, SourceState]) -> SourceState:
    """A derived source has no files of its own: how fresh it is, is told by those it is made of."""
    below = [states[name] for name in binding.files(source.name) if name in states]
    found = {state.status for state in below}
    unmade = binding.unmade.get(source.name, "")
    stale = [state for state in below if state.status == "stale"]
    events = [state.last_event for state in below if state.last_event is not None]
    arrivals = [state.last_arrival for state in below if state.last_arrival is not None]
    status = next((each for each in ("nodata", "stale", "asof", "off") if each in found), "fresh")
    return SourceState(
        name=source.name,
        title=source.title or source.name,
        status="nodata" if unmade else status,  # type: ignore[arg-type]  # one of these words
        last_event=min(events, default=None),
        last_arrival=min(arrivals, default=None),
        time=source.time,
        note=unmade or (f"{stale[0].title}: {stale[0].note}" if stale else ""),
        made_of=list(binding.reads.get(source.name, ())),
    )


def derived_at(source: Source, binding: Binding, states: Mapping[str, SourceState], held: Extent | None) -> SourceState:
    """The same as of a past moment: `held` is how far it reached then."""
    state, known = derived_state(source, binding, states), held or Extent()
    last = known.last.timestamp() if known.last is not None else state.last_event
    note = state.note if known.rows else "no rows up to then"
    return replace(state, status="asof" if known.rows else "nodata", last_event=last, note=note)


def stale_with_derived(binding: Binding, stale: Collection[str]) -> set[str]:
    """The stale sources with those that are made of them."""
    return set(stale) | {name for name in binding.reads if not set(stale).isdisjoint(binding.files(name))}
