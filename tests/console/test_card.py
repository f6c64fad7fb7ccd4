from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from opsconsole.console.draw.card import card
from opsconsole.console.text import line_width, plain
from opsconsole.engine.messages import CardSource, KpiState
from opsconsole.site.card import GAPS
from opsconsole.site.model import Targets
from tests.console import canned

OEE = canned.kpis()[0]
FULL = replace(
    OEE,
    formula="APT / PBT · PRU·PQ / APT · GQ / PQ",
    expression="100 * sum(planned_s) / sum(busy_s)",
    where="state <> 'idle'",
    use="iso22400.oee",
    standard="ISO 22400-2:2014",
    elements={"APT": "cycle_s", "PBT": "busy_s"},
    parts=["availability", "quality"],
    sources=[CardSource("cycles", "Machine cycles")],
    range=[0.0, 100.0],
    computed={"target": "avg(plan)"},
    targets=[Targets({"line": "3"}, "Night", target=80, warning=70)],
    targets_from="limits",
    floor=50.0,
    baseline=71.0,
    audience=["operator", "supervisor"],
    objective_title="More of the same machines",
    weight=2.0,
    priority=1,
    scope="work unit",
    timing="periodic",
    usage="Daily stand-up",
    methodology="Counted by the press",
    notes="Without rework",
)


def shown(kpi: KpiState, cells: int = 100) -> list[str]:
    return [plain(line).rstrip() for line in card(kpi, cells)]


def test_the_whole_card() -> None:
    assert shown(FULL) == [
        " what      Overall equipment effectiveness: availability × effectiveness × quality ratio",
        " formula   APT / PBT · PRU·PQ / APT · GQ / PQ",
        " sql       100 * sum(planned_s) / sum(busy_s)",
        " library   iso22400.oee: ISO 22400-2:2014",
        " elements  APT = cycle_s, PBT = busy_s",
        " rows      those with state <> 'idle'",
        " made of   availability, quality",
        " sources   Machine cycles",
        " window    8 h, by line, station, product",
        " better    higher is better",
        " limits    target 85 (avg(plan)), warning 77, critical 60",
        "           line 3, shift Night: target 80, warning 70",
        "           more from the source limits",
        " range     0 to 100 %",
        " from      floor 50, baseline 71",
        " owner     M. Weber",
        " for       operator, supervisor",
        " goal      More of the same machines, weight 2",
        " priority  1 of 5",
        " do        procedures/oee.md",
        " about     work unit",
        " timing    periodic",
        " used for  Daily stand-up",
        " taken     Counted by the press",
        " notes     Without rework",
    ]


def test_gaps_are_said_at_their_place_and_dimly() -> None:
    bare = KpiState("n", "N", "cycles", "nolimit", window="1 h", expression="count(*)", missing=list(GAPS))
    lines = card(bare, 40)
    gaps = {plain(line).split(maxsplit=1)[1].strip() for line in lines if line[1][1] == "dim"}
    assert gaps == {"no owner yet", "no objective yet", "no target yet", "no direction yet", "no procedure yet"}
    assert " limits    no target yet" in shown(bare)


def test_a_warning_without_a_target_is_shown_and_the_target_still_missed() -> None:
    found = shown(replace(OEE, target=None, missing=["no target"]))
    assert " limits    warning 77, critical 60" in found
    assert "           no target yet" in found


def test_a_tolerance_stands_beside_its_target() -> None:
    assert " limits    target 85 ± 1.50, warning 77, critical 60" in shown(replace(OEE, better="target", tolerance=1.5))


def test_a_limit_that_is_computed_and_has_no_value_now_shows_how() -> None:
    assert " limits    target sum(plan)" in shown(
        replace(OEE, target=None, warning=None, critical=None, computed={"target": "sum(plan)"})
    )


@given(st.text(max_size=200), st.integers(12, 120))
def test_lines_are_as_wide_as_asked_whatever_is_written(text: str, cells: int) -> None:
    lines = card(replace(FULL, description=text, owner=text, targets=[Targets({text: text}, text)]), cells)
    assert {line_width(line) for line in lines} == {cells}


def test_nothing_written_acts_on_the_terminal() -> None:
    assert "\x1b" not in "".join(shown(replace(FULL, notes="\x1b[31mred", owner="a\x1b]0;b")))
