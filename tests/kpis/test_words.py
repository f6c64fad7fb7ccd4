"""What a tile says of its members."""

from __future__ import annotations

from typing import Any

from opsconsole.kpis import words
from opsconsole.kpis.limits import LimitBook
from opsconsole.kpis.measures import Split
from opsconsole.kpis.words import labelled
from opsconsole.site.model import Kpi


def kpi(**keys: Any) -> Kpi:
    return Kpi(name="k", source="s", value="count(*)", unit="%", decimals=1, **keys)


def leader(one: Kpi, members: Split | None) -> str:
    return words.leader(one, members, LimitBook(one).at({}))


def split(**members: tuple[float | None, float | None, int]) -> Split:
    values = list(members.values())
    return Split(
        kpi="k",
        by="carrier",
        members=list(members),
        values=[value for value, _, _ in values],
        previous=[before for _, before, _ in values],
        rows=[rows for _, _, rows in values],
        statuses=["good"] * len(values),
        total=len(values),
    )


def test_the_worst_by_direction_but_not_one_of_two_rows() -> None:
    members = split(AA=(81.0, 80.0, 900), F9=(61.2, 70.0, 90), HA=(0.0, 90.0, 2))
    assert leader(kpi(better="higher"), members) == "worst: carrier F9 61.2 %"
    assert leader(kpi(better="lower"), members) == "worst: carrier AA 81.0 %"


def test_without_a_direction_the_most_changed() -> None:
    members = split(AA=(81.0, 80.0, 900), F9=(61.2, 70.0, 90), EV=(5.0, None, 100))
    assert leader(kpi(), members) == "most changed: carrier F9 61.2 % (-8.8)"
    assert leader(kpi(), split(AA=(1.0, None, 5), B6=(2.0, 2.0, 5))) == ""


def test_nothing_to_say_of_one_member_or_none() -> None:
    assert leader(kpi(better="higher"), None) == ""
    assert leader(kpi(better="higher"), split(AA=(81.0, 80.0, 900))) == ""
    assert leader(kpi(better="higher"), split(AA=(None, 1.0, 9), B6=(None, 1.0, 9))) == ""


def test_labels() -> None:
    assert labelled({"line": "3", "station": None, "x": ""}) == "line 3, station (none), x (empty)"
