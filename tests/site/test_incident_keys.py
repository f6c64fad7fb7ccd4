"""The keys `incidents` and `chatter`."""

from __future__ import annotations

import pytest

from opsconsole.site.model import Chatter, Incidents, Site
from opsconsole.site.parse import Loaded, parse_site

SITE = """\
sources: {cycles: {files: "*.csv", time: ts}}
kpis: {scrap: {source: cycles, value: count(*)}}
rules: {many: {kpi: scrap, when: "> 3", by: [line, station]}}
"""


def parsed(more: str) -> Loaded:
    return parse_site((SITE + more).encode(), lambda _folder: {})


def site(more: str) -> Site:
    loaded = parsed(more)
    assert [str(problem) for problem in loaded.problems] == []
    assert loaded.site is not None
    return loaded.site


def test_what_goes_without_saying() -> None:
    assert (site("").incidents, site("").chatter) == (Incidents(None, 600.0), Chatter(3, 60.0))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{by: line, within: 5m}", Incidents(("line",), 300.0)),
        ("{by: [line, station]}", Incidents(("line", "station"), 600.0)),
        ("{by: []}", Incidents((), 600.0)),
        ("{within: 1h}", Incidents(None, 3600.0)),
    ],
)
def test_incidents(written: str, expected: Incidents) -> None:
    assert site(f"incidents: {written}\n").incidents == expected


def test_chatter() -> None:
    assert site("chatter: {times: 5, within: 10m}\n").chatter == Chatter(5, 600.0)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("incidents: {by: [lin]}", "`by`: no rule has the label `lin`, did you mean `line`?"),
        ("incidents: {by: [line, line]}", "`by`: `line` is in the list twice"),
        ("incidents: {within: 0s}", "`within`: expected a duration"),
        ("incidents: {window: 5m}", "`window`: unknown key"),
        ("chatter: {times: 1}", "`times`: expected a whole number"),
    ],
)
def test_mistakes(written: str, message: str) -> None:
    assert any(message in str(problem) for problem in parsed(written + "\n").problems), parsed(written).problems
