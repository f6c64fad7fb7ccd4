from __future__ import annotations

import pytest
from msgspec.structs import replace

from opsconsole.site.card import GAPS, Card, CardSource, card_of, gaps_of, missing_of, parts_of, sources_of
from opsconsole.site.model import Kpi, Objective, Site, Source, Targets
from tests.site.examples import FULL, parse

WHOLE = Kpi(
    "scrap", source="cycles", value="sum(x)", owner="A", objective="q", target=2, better="lower", procedure="p.md"
)


def test_a_card_that_says_all_misses_nothing() -> None:
    assert missing_of(WHOLE) == []


def test_a_bare_kpi_misses_everything_in_the_order_of_the_card() -> None:
    assert missing_of(Kpi("n", source="cycles", value="count(*)")) == list(GAPS)


@pytest.mark.parametrize(
    ("change", "gap"),
    [
        ({"owner": ""}, "no owner"),
        ({"objective": ""}, "no objective"),
        ({"target": None}, "no target"),
        ({"better": None}, "no direction"),
        ({"procedure": ""}, "no procedure"),
        ({"target": None, "targets": (Targets(shift="Night", warning=3),)}, "no target"),
    ],
)
def test_each_gap_is_told_alone(change: dict[str, object], gap: str) -> None:
    assert missing_of(replace(WHOLE, **change)) == [gap]


@pytest.mark.parametrize(
    "change", [{"target": "sum(plan)"}, {"targets": (Targets({"line": "3"}, target=1),)}, {"targets_from": "limits"}]
)
def test_a_target_may_be_computed_or_stand_elsewhere(change: dict[str, object]) -> None:
    assert missing_of(replace(WHOLE, **{"target": None, **change})) == []
    assert missing_of(replace(WHOLE, target=0)) == []  # zero is a target


def test_the_gaps_of_all_cards_are_one_sentence() -> None:
    assert gaps_of({"scrap": WHOLE}) == ""
    assert gaps_of({}) == ""
    assert gaps_of({"scrap": WHOLE, "n": replace(WHOLE, owner="", procedure="")}) == (
        "1 of 2 KPI cards has gaps: no owner (`n`), no procedure (`n`)"
    )
    bare = replace(WHOLE, target=None)
    assert gaps_of(dict.fromkeys("abcde", bare) | {"whole": WHOLE}) == (
        "5 of 6 KPI cards have gaps: no target (`a`, `b`, `c` and 2 more)"
    )
    assert gaps_of({"a": bare, "b": bare}) == "2 of 2 KPI cards have gaps: no target (all)"


def test_a_card_carries_what_is_written() -> None:
    site = parse(FULL).site
    assert site is not None
    found = card_of(site, site.kpis["scrap_ratio"])
    assert (found.formula, found.expression) == ("SQ / PQ", "100 * sum(scrap) / sum(qty)")
    assert found.sources == [CardSource("cycles", "Machine cycles")]
    assert (found.objective_title, found.weight, found.priority) == ("Quality", 2, 1)
    assert found.targets == [Targets({"line": "3"}, target=2.5), Targets(shift="Night", warning=3.5, critical=6)]
    assert (found.range, found.audience) == ([0, 100], ["operator", "supervisor"])
    assert found.missing == []
    empty = {name for name in Card.__struct_fields__ if getattr(found, name) == getattr(Card(), name)}
    # what the example does not use, and what nothing is wrong with
    assert empty == {"use", "standard", "elements", "parts", "tolerance", "computed", "missing"}
    assert card_of(site, site.kpis["made"]).computed == {"target": "sum(plan)"}
    assert card_of(site, site.kpis["made"]).formula == "sum(qty)"


def test_a_derived_kpi_has_the_sources_of_its_parts() -> None:
    kpis = {
        "a": Kpi("a", source="cycles", value="sum(a)"),
        "b": Kpi("b", source="orders", value="sum(b)"),
        "ab": Kpi("ab", value="A * b"),
        "top": Kpi("top", value="ab + a"),
    }
    assert list(parts_of(kpis, kpis["ab"])) == ["a", "b"]
    assert list(parts_of(kpis, kpis["a"])) == []
    assert sources_of(kpis, kpis["top"]) == ["cycles", "orders"]
    site = Site("s", sources={"cycles": Source("cycles", title="Cycles")}, kpis=kpis)
    found = card_of(site, kpis["top"])
    assert found.sources == [CardSource("cycles", "Cycles"), CardSource("orders", "orders")]
    assert found.parts == ["a", "ab"]


def test_a_circle_of_kpis_ends() -> None:
    kpis = {"a": Kpi("a", value="b + 1"), "b": Kpi("b", value="a + 1")}
    assert sources_of(kpis, kpis["a"]) == []


def test_an_objective_without_a_title_is_shown_by_its_name() -> None:
    site = Site("s", objectives={"q": Objective("q")})
    assert card_of(site, WHOLE).objective_title == "q"
