"""The calendar of a site file: what its words mean, and what is said of those that do not fit."""

# ruff: noqa: E501
# Tables of cases read better with one case to a line.
from __future__ import annotations

import datetime as dt
import re
import sys
from pathlib import Path

import pytest

from opsconsole.site import holiday
from opsconsole.site.calendar import shift_at
from opsconsole.site.holiday import holiday_on
from opsconsole.site.model import Break, Rotation, Shift, Site
from tests.site.examples import messages, parse

MINIMAL = "sources:\n  cycles: {files: c/*.csv, time: ts}\nkpis:\n  made: {source: cycles, value: count(*)}\n"
SHIFTS = """\
calendar:
  shifts:
    - {name: Early, start: "06:00", end: "14:00"}
    - {name: Late, start: "14:00", end: "22:00"}
    - {name: Night, start: "22:00", end: "06:00"}
"""


def good(text: str) -> Site:
    loaded = parse(MINIMAL + text)
    assert loaded.site is not None, messages(loaded)
    assert not loaded.problems, messages(loaded)
    return loaded.site


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("Fri - Mon", (0, 4, 5, 6)),
        ("sunday", (6,)),
        ("[mon, wed-thu, Saturday]", (0, 2, 3, 5)),
        ("wed-wed", (2,)),
    ],
)
def test_weekdays_are_words_ranges_and_lists(days: str, expected: tuple[int, ...]) -> None:
    site = good(f"calendar:\n  shifts: [{{name: A, start: 06:00, end: 07:00, days: {days}}}]\n")
    assert site.shifts[0].days == expected


def test_a_pattern_is_spelled_out_and_the_teams_share_it() -> None:
    site = good(
        SHIFTS
        + "  rotation: {teams: [A, B, C, D], pattern: [2 Early, Late, Late, 2 Night, OFF, off], start: 2026-01-05}\n"
    )
    early, late, night = "Early", "Late", "Night"
    assert site.rotations == (
        Rotation(("A", "B", "C", "D"), (early, early, late, late, night, night, "", ""), dt.date(2026, 1, 5), 2),
    )


def test_a_shift_with_a_number_in_its_name_is_that_shift() -> None:
    site = good(
        'calendar:\n  shifts: [{name: 2 Early, start: "06:00", end: "14:00"}]\n  rotation: {teams: A, pattern: [2 Early, 2 2 Early, off], start: 2026-01-05}\n'.replace(
            "teams: A", "teams: [A]"
        )
    )
    assert site.rotations[0].pattern == ("2 Early",) * 3 + ("",)


def test_groups_of_teams_have_patterns_of_their_own() -> None:
    site = good(
        SHIFTS
        + "  rotation:\n    - {teams: [A, B], pattern: [4 Early, 4 off], start: 2026-01-05}\n    - {teams: [C, D], pattern: [4 Night, 4 off], start: 2026-01-05}\n"
    )
    assert [(rotation.teams, rotation.offset) for rotation in site.rotations] == [(("A", "B"), 4), (("C", "D"), 4)]


def test_working_hours_are_one_entry_or_several() -> None:
    one = good(
        'calendar: {working: {days: mon-thu, start: "08:00", end: "17:00", breaks: {start: "12:00", end: "12:30"}}}\n'
    )
    assert one.working == (Shift("", dt.time(8), dt.time(17), (0, 1, 2, 3), (Break(dt.time(12), dt.time(12, 30)),)),)
    two = good(
        'calendar: {working: [{days: mon-thu, start: "08:00", end: "17:00"}, {days: fri, start: "08:00", end: "13:00"}]}\n'
    )
    assert [hours.days for hours in two.working] == [(0, 1, 2, 3), (4,)]


def test_one_name_may_have_other_hours_on_other_days() -> None:
    site = good(
        'calendar:\n  shifts: [{name: Day, start: "06:00", end: "14:00", days: mon-thu}, {name: Day, start: "06:00", end: "12:00", days: fri}]\n'
    )
    assert [shift.name for shift in site.shifts] == ["Day", "Day"]


@pytest.mark.parametrize(
    ("written", "dates"),
    [
        ("holidays: DE", {"2026-10-03": "German Unity Day", "2026-06-04": "", "2026-06-05": ""}),
        ("holidays: {country: DE, region: BY}", {"2026-06-04": "Corpus Christi", "2025-06-19": "Corpus Christi"}),
        ("holidays: {country: DE, region: Bayern}", {"2026-06-04": "Corpus Christi"}),
        ("holidays: {country: US}", {"2026-07-04": "Independence Day", "2026-11-26": "Thanksgiving Day"}),
        (
            "holidays: {country: DE, add: {2026-08-08: Peace Festival, 12-24: Christmas Eve}, remove: [10-03, 2026-12-25]}",
            {"2026-08-08": "Peace Festival", "2027-08-08": "", "2031-12-24": "Christmas Eve", "2026-10-03": "", "2026-12-25": "", "2027-12-25": "Christmas Day"},
        ),
        ("holidays: {add: {10-03: Fair, 02-29: Leap}, remove: 2026-10-03}", {"2026-10-03": "", "2027-10-03": "Fair", "2028-02-29": "Leap"}),
    ],
)  # fmt: skip
def test_holidays_are_those_of_the_country_and_the_sites_own(written: str, dates: dict[str, str]) -> None:
    site = good(f"calendar: {{{written}}}\n")
    assert {day: holiday_on(site, dt.date.fromisoformat(day)) for day in dates} == dates


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        ("shifts: [{name: A, start: '06:00', end: '07:00', days: mon-fry}]", "5:67 `days`: expected weekdays such as mon-fri or [mon, wed, fri], found `mon-fry`; did you mean `fri`?"),
        ("shifts: [{name: A, start: '06:00', end: '07:00', days: []}]", "`days`: expected weekdays"),
        ("shifts: [{name: A, start: '06:00', end: '07:00', days: mon-tue-wed}]", "`days`: expected weekdays"),
        ("shifts: [{name: A, start: '06:00', end: '14:00', breaks: {start: '13:45', end: '14:15'}}]", "5:69 `breaks`: 13:45–14:15 does not lie within 06:00–14:00"),
        ("shifts: [{name: A, start: '22:00', end: '06:00', breaks: [{start: '23:00', end: '23:30'}, {start: '21:00', end: '21:10'}]}]", "5:102 `breaks`: 21:00–21:10 does not lie within 22:00–06:00"),
        ("shifts: [{name: A, start: '22:00', end: '06:00', breaks: [{start: '01:00', end: '01:30'}, {start: '01:20', end: '01:40'}]}]", "`breaks`: overlaps another break"),
        ("working: {start: '08:00', end: '17:00', breaks: {start: '07:00', end: '08:15'}}", "5:60 `breaks`: 07:00–08:15 does not lie within 08:00–17:00"),
        ("shifts: [{name: A, start: '06:00', end: '14:00', days: mon-wed}, {name: A, start: '15:00', end: '16:00', days: wed}]", "5:77 `shifts`: two shifts are called `A` and both begin on wed; give them other names or `days`"),
        ("shifts: [{name: A, start: '22:00', end: '06:00', days: sun}, {name: A, start: '05:00', end: '16:00', days: mon}]", "two shifts are called `A` and their hours overlap"),
        ("shifts: [{name: Early, start: '06:00', end: '14:00'}], rotation: {teams: [A], pattern: [Earli, 3 Late, off], start: 2026-01-05}", "`pattern`: unknown shift `Earli`, did you mean `Early`?"),
        ("shifts: [{name: Early, start: '06:00', end: '14:00'}], rotation: {teams: [A], pattern: [3 Lab, off], start: 2026-01-05}", "5:100 `pattern`: unknown shift `Lab`; there are `Early` and `off`"),
        ("rotation: {teams: [A], pattern: [3 Lab, off], start: 2026-01-05}", "`pattern`: unknown shift `Lab`; there is none"),
        ("shifts: [{name: Early, start: '06:00', end: '14:00'}], rotation: {teams: [A], pattern: [off], start: 2026-01-05}", "expected 1 to 1000 days, with a shift among them"),
        ("shifts: [{name: Early, start: '06:00', end: '14:00'}], rotation: {teams: [A], pattern: [Early], start: 2026-13-05}", "`start`: expected a date such as 2026-01-05, found `2026-13-05`"),
        ("shifts: [{name: Early, start: '06:00', end: '14:00'}], rotation: {teams: [A, B, A], pattern: [Early], start: 2026-01-05}", "`teams`: `A` is in the list twice"),
        ("shifts: [{name: Early, start: '06:00', end: '14:00'}], rotation: {teams: [A, B], pattern: [2 Early, off], start: 2026-01-05}", "`offset`: cannot be told from 3 days of pattern and 2 teams; say how many days"),
        ("shifts: [{name: Early, start: '06:00', end: '14:00'}], rotation: {teams: [A, B], pattern: [2 Early, off], start: 2026-01-05, offset: 6}", "after 3 days the pattern begins anew, all would work alike"),
        ("shifts: [{name: Off, start: '06:00', end: '14:00'}], rotation: {teams: [A], pattern: [Off], start: 2026-01-05}", "`off` is a free day in a pattern, so no shift can be called so"),
        ("shifts: [{name: Early, start: '06:00', end: '14:00'}], rotation: {teams: [A, B], pattern: [2 Early, 3 off], start: 2026-01-05, offset: 2}", "warning: `rotation`: on 1 of 5 days no team works `Early`, it does not run then"),
        ("holidays: XX", "5:22 `country`: unknown country `XX`"),
        ("holidays: {country: Germany}", "unknown country `Germany`"),
        ("holidays: {country: DE, region: BX}", "5:44 `region`: DE has no `BX`"),
        ("holidays: {country: VA, region: X}", "`region`: no regions of VA are known, leave it out"),
        ("holidays: {region: BY}", "5:23 `region`: needs the `country` that it is a part of"),
        ("holidays: {add: {2026-02-29: No}}", "`add`: expected a mapping of days"),
        ("holidays: {add: {2026-02-28: }}", "give the day a name"),
        ("holidays: {add: [2026-02-28]}", "`add`: expected a mapping of days such as 2026-01-05, or 12-24 for every year, to names, found a list"),
        ("holidays: {remove: [1 May]}", "`remove`: expected days such as 2026-01-05, or 12-24 for every year, found `1 May`"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_place(calendar: str, expected: str) -> None:
    found = messages(parse(MINIMAL + f"calendar: {{{calendar}}}\n"))
    assert any(expected in message for message in found), "\n".join(found)


def test_limits_for_a_shift_that_is_not_there_are_told() -> None:
    kpi = "  load: {source: cycles, value: count(*), better: lower, targets: [{shift: Nihgt, warning: 5}]}\n"
    assert "site.yaml:5:76 unknown shift `Nihgt`, did you mean `Night`?" in messages(parse(MINIMAL + kpi + SHIFTS))


def test_free_weekends_are_no_missing_team() -> None:
    good(
        SHIFTS
        + "  rotation: {teams: [A, B, C], pattern: [5 Early, 2 off, 5 Late, 2 off, 5 Night, 2 off], start: 2026-01-05}\n"
    )


@pytest.mark.parametrize(
    ("text", "kind", "seconds", "shown"),
    [("8h working", "working", 28800, "8 h working"), ("90m working", "working", 5400, "90 min working"), ("40h working", "working", 144000, "40 h working"),
     ("quarter", "quarter", 0, "quarter"), ("year", "year", 0, "year"), ("24h", "moving", 86400, "1 d")],
)  # fmt: skip
def test_windows_of_working_time_quarters_and_years(text: str, kind: str, seconds: float, shown: str) -> None:
    window = good(f"  load: {{source: cycles, value: count(*), window: {text}}}\n").kpis["load"].window
    assert (window.kind, window.seconds, str(window)) == (kind, seconds, shown)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2d working", "say working time in hours, for working days differ"),
        ("9000h working", "it must be at most 2000h of working time"),
        ("working", "expected a duration such as 8h or 8h working, or one of"),
        ("0.5s working", "it must be at least 1 s"),
        ("8 working", "it has no unit"),
        ("quarters", "did you mean `quarter`?"),
    ],
)
def test_windows_that_are_none(text: str, expected: str) -> None:
    found = messages(parse(MINIMAL + f"  load: {{source: cycles, value: count(*), window: {text}}}\n"))
    assert any("5:51 `window`" in message and expected in message for message in found), found


def test_a_country_without_the_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    found = messages(parse(MINIMAL + "calendar: {holidays: {country: DE, region: BY}}\n"))
    assert found == [
        f"site.yaml:5:32 `country`: the package that knows them is not installed ({holiday.INSTALL}); or name the days under `add`"
    ]
    good("calendar: {holidays: {add: {12-24: Christmas Eve}}}\n")


def test_the_package_is_imported_only_where_a_country_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    import subprocess

    code = (
        "import sys, datetime as dt\n"
        "from opsconsole.site.parse import parse_site\n"
        "from opsconsole.site.holiday import holiday_on\n"
        "for text in ('calendar: {holidays: {add: {12-24: Eve}}}', 'calendar: {holidays: DE}'):\n"
        "    loaded = parse_site(('sources: {c: {files: x}}\\n' + text).encode(), lambda folder: {})\n"
        "    assert loaded.site is not None, loaded.problems\n"
        "    print(holiday_on(loaded.site, dt.date(2026, 12, 24)) or '-', 'holidays' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.splitlines() == ["Eve False", "- True"]


def test_the_words_reach_the_shift_that_runs() -> None:
    site = good(
        "timezone: Europe/Berlin\n"
        + SHIFTS
        + "  rotation: {teams: [A, B, C, D], pattern: [2 Early, 2 Late, 2 Night, 2 off], start: 2026-01-05}\n  holidays: DE\n"
    )
    now = dt.datetime(2026, 1, 5, 8, 0, tzinfo=dt.UTC)
    found = shift_at(site, now)
    assert found is not None
    assert (found.name, found.team) == ("Early", "A")
    assert shift_at(site, dt.datetime(2026, 10, 3, 8, 0, tzinfo=dt.UTC)) is None


def test_the_example_of_the_readme_is_a_calendar() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- calendar-example -->\n```yaml\n(.*?)```", readme, re.DOTALL)
    assert found
    site = good(found[1])
    assert [shift.name for shift in site.shifts] == ["Early", "Late", "Night"]
    assert holiday_on(site, dt.date(2030, 12, 24)) == "Christmas Eve"
