from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.engine.diff import changes_between
from opsconsole.engine.messages import AlertState, Changes, KpiState, Notice, SiteState, Snapshot, SourceState

SITE = SiteState(name="s", timezone="UTC", clock="wall", speed=1, at=100.0, wall=100.0, settled=True)


def kpis() -> st.SearchStrategy[list[KpiState]]:
    one = st.builds(KpiState, st.sampled_from("abcd"), st.just("t"), st.just("s"), st.just("good"), st.integers(0, 2))
    return st.lists(one, unique_by=lambda kpi: kpi.name, max_size=4)


def alerts() -> st.SearchStrategy[list[AlertState]]:
    one = st.builds(
        AlertState,
        id=st.sampled_from("wxyz"),
        rule=st.just("r"),
        text=st.just("t"),
        state=st.sampled_from(["UNACK", "ACK"]),
        priority=st.just("low"),
        since=st.just(1.0),
        version=st.integers(0, 2),
    )
    return st.lists(one, unique_by=lambda alert: alert.id, max_size=4)


def sources() -> st.SearchStrategy[list[SourceState]]:
    one = st.builds(SourceState, st.sampled_from("mn"), st.just("t"), st.just("fresh"), rows=st.integers(0, 2))
    return st.lists(one, unique_by=lambda source: source.name, max_size=2)


def snapshots() -> st.SearchStrategy[Snapshot]:
    notices = st.lists(st.builds(Notice, st.just("k"), st.sampled_from("pq")), max_size=2)
    return st.builds(Snapshot, st.just(SITE), kpis(), st.just([]), st.just([]), alerts(), sources(), notices)


def applied(old: Snapshot, changes: Changes | None) -> Snapshot:
    """What a client must end up with: the contract of `Changes`, written down once more."""
    changes = changes or Changes()
    by_name = {kpi.name: kpi for kpi in [*old.kpis, *changes.kpis]}
    order = [kpi.name for kpi in old.kpis] if changes.kpi_order is None else changes.kpi_order
    by_id = {alert.id: alert for alert in [*old.alerts, *changes.alerts]}
    sources = {source.name: source for source in [*old.sources, *changes.sources]}
    source_order = [s.name for s in old.sources] if changes.source_order is None else changes.source_order
    return Snapshot(
        site=changes.site or old.site,
        kpis=[by_name[name] for name in order],
        alerts=sorted((a for a in by_id.values() if a.id not in changes.alerts_gone), key=lambda alert: alert.id),
        sources=[sources[name] for name in source_order],
        notices=old.notices if changes.notices is None else changes.notices,
    )


@given(snapshots(), snapshots())
def test_changes_turn_the_old_into_the_new(old: Snapshot, new: Snapshot) -> None:
    got = applied(old, changes_between(old, new))
    assert got == msgspec.structs.replace(new, alerts=sorted(new.alerts, key=lambda alert: alert.id))


@given(snapshots())
def test_time_that_only_passes_is_no_news(old: Snapshot) -> None:
    later = msgspec.structs.replace(SITE, at=160.0, wall=160.0)
    assert changes_between(old, msgspec.structs.replace(old, site=later)) is None


def test_a_clock_that_jumps_is_news() -> None:
    jumped = Snapshot(site=msgspec.structs.replace(SITE, at=3700.0, wall=101.0))
    changes = changes_between(Snapshot(site=SITE), jumped)
    assert changes is not None
    assert changes.site == jumped.site
