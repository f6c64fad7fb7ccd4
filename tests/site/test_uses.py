"""KPIs taken from the library: what they get from it, and what is said where something does not fit."""

from __future__ import annotations

import subprocess
import sys

import pytest

from opsconsole.site.library.catalogue import ENTRIES, expanded, find, nearest_entry
from opsconsole.site.model import Kpi, Mark
from tests.site.examples import messages, parse

HEAD = """\
sources:
  cycles: {files: a.csv, time: ts, elements: {APT: cycle_s, PBT: busy_s}}
  bare: {files: b.csv}
kpis:
"""


def kpi(text: str) -> Kpi:
    loaded = parse(f"{HEAD}  k: {text}\n")
    assert loaded.site is not None, messages(loaded)
    return loaded.site.kpis["k"]


def problem(text: str, under: str) -> str:
    """The only problem of the KPI, which stands where `under` begins."""
    (found,) = messages(parse(f"{HEAD}  k: {text}\n"))
    place = f"site.yaml:5:{len('  k: ') + text.index(under) + 1} "
    assert found.startswith(place), (found, place)
    return found.removeprefix(place)


def mark(line: int, under: str, text: str = "") -> Mark:
    """Where `under` begins in a line, by default of `HEAD`."""
    return Mark("site.yaml", line, (text or HEAD.splitlines()[line - 1]).index(under) + 1)


def test_value_elements_and_words_come_from_the_library() -> None:
    found = kpi("{source: cycles, use: iso22400.availability}")
    assert found.value == "100 * sum(cycle_s) / sum(busy_s)"
    assert found.elements == {"APT": "cycle_s", "PBT": "busy_s"}
    assert (found.title, found.formula, found.unit) == ("Availability", "APT / PBT", "%")
    assert (found.range, found.better, found.decimals, found.timing) == ((0, 100), "higher", 1, "periodic")
    assert found.audience == ("supervisor", "management")
    assert found.description.startswith("The share of the planned busy time")


def test_what_the_card_says_holds() -> None:
    found = kpi(
        "{source: cycles, use: ISO22400.Availability, title: Running, unit: '%%', range: [0, 120], better: lower,"
        " decimals: 3, formula: A / B, description: Ours, scope: line, timing: on-demand, audience: operator, notes: n}"
    )
    assert (found.use, found.title, found.unit, found.range) == ("iso22400.availability", "Running", "%%", (0, 120))
    assert (found.better, found.decimals, found.formula, found.description) == ("lower", 3, "A / B", "Ours")
    assert (found.scope, found.timing, found.audience, found.notes) == ("line", "on-demand", ("operator",), "n")


def test_an_element_of_the_kpi_stands_before_that_of_its_source() -> None:
    found = kpi("{source: cycles, use: iso22400.availability, elements: {APT: busy_s - down_s}}")
    assert found.value == "100 * sum((busy_s - down_s)) / sum(busy_s)"


def test_products_of_a_row_keep_their_terms_together() -> None:
    found = kpi('{source: bare, use: iso22400.effectiveness, elements: {PRU: a + b, PQ: "n -- pieces", APT: 3}}')
    assert found.value == "100 * sum((a + b) * (n -- pieces\n)) / sum(3)"


def test_a_default_may_be_left_out_and_said() -> None:
    assert (
        "CASE WHEN true AND late < 1"
        not in kpi("{source: bare, use: std.otif, elements: {ON_TIME: ok, IN_FULL: ok}}").value
    )
    assert kpi("{source: bare, use: std.otif, elements: {ON_TIME: a, IN_FULL: b}}").value == (
        "100 * sum(CASE WHEN true AND a AND b THEN 1 ELSE 0 END) / sum(CASE WHEN true THEN 1 ELSE 0 END)"
    )
    assert "CASE WHEN due THEN" in (
        kpi("{source: bare, use: std.otif, elements: {DUE: due, ON_TIME: a, IN_FULL: b}}").value
    )


def test_limits_go_by_the_direction_of_the_library() -> None:
    assert kpi("{source: cycles, use: iso22400.availability, target: 90, warning: 80}").warning == 80
    assert problem("{source: cycles, use: iso22400.availability, target: 90, warning: 95}", "95") == (
        "`warning`: 95 is on the wrong side; with `better: higher` it must lie below `target` (90)"
    )


def test_a_value_of_its_own_takes_the_words_only() -> None:
    found = kpi("{source: bare, use: iso22400.availability, value: 100 * avg(share)}")
    assert (found.value, found.title, found.elements) == ("100 * avg(share)", "Availability", {})


@pytest.mark.parametrize(
    ("text", "under", "says"),
    [
        (
            "{source: cycles, use: oee}",
            "oee",
            "the library has no KPI `oee`, did you mean `iso22400.oee`?",
        ),
        (
            "{source: cycles, use: nothing_like_it}",
            "nothing_like",
            "the library has no KPI `nothing_like_it`; `opsconsole kpis --library` lists them",
        ),
        (
            "{source: bare, use: iso22400.availability, elements: {APT: cycle_s}}",
            "iso22400",
            "`k`: iso22400.availability needs PBT (planned busy time): say under `elements` which column it is",
        ),
        (
            "{source: bare, use: iso22400.availability}",
            "iso22400",
            "`k`: iso22400.availability needs APT (actual production time), PBT (planned busy time): say under "
            "`elements` which columns they are",
        ),
        (
            "{source: health, use: iso22400.quality_ratio, elements: {PQ: rows}}",
            "iso22400",
            "`k`: iso22400.quality_ratio needs GQ (good quantity): say under `elements` which column it is",
        ),
        (
            "{source: cycles, use: iso22400.availability, elements: {APTT: cycle_s}}",
            "APTT",
            "iso22400.availability has no element `APTT`, did you mean `APT`?",
        ),
        (
            "{source: cycles, use: iso22400.availability, elements: {SQ: scrap}}",
            "SQ",
            "iso22400.availability has no element `SQ`; it has `APT`, `PBT`",
        ),
        (  # what is missing then may be what was meant
            "{source: bare, use: iso22400.availability, elements: {APTT: a, PBT: b}}",
            "APTT",
            "iso22400.availability has no element `APTT`, did you mean `APT`?",
        ),
        (
            "{source: cycles, use: iso22400.availability, value: sum(a), elements: {APT: b}}",
            "elements",
            "`elements`: has no meaning beside a `value` of the KPI's own",
        ),
        ("{use: iso22400.availability}", "use", "`use`: a KPI over other KPIs has none; is `source` missing?"),
        ("{source: cyles, use: iso22400.oee}", "cyles", "unknown source `cyles`, did you mean `cycles`?"),
        ("{source: bare, use: iso22400.oee, elements: 3}", "3}", "`elements`: expected a mapping"),
    ],
)
def test_what_does_not_fit_is_said_once_with_its_place(text: str, under: str, says: str) -> None:
    assert problem(text, under).startswith(says)


def test_an_unknown_element_of_a_source_is_said_where_it_stands() -> None:
    (found,) = messages(parse("sources:\n  s: {files: a.csv, elements: {PTB: x}}\n"))
    assert found == "site.yaml:2:32 unknown element `PTB`, did you mean `TBF`?"


def test_what_is_filled_in_has_the_place_of_its_use_and_elements_that_of_theirs() -> None:
    line = "  k: {source: cycles, use: iso22400.availability, elements: {APT: a + b}}"
    at = parse(f"{HEAD}{line}\n").marks
    assert at.inside("kpis", "k", "value", offset=9) == mark(5, "iso", line)
    assert at.at("kpis", "k", "better") == mark(5, "iso", line)
    assert at.inside("kpis", "k", "elements", "APT", offset=4) == mark(5, "b}", line)
    assert at.inside("kpis", "k", "elements", "PBT", offset=2) == mark(2, "sy_s}")


def test_every_entry_is_whole() -> None:
    for entry in ENTRIES.values():
        elements = {symbol: f"c_{symbol.lower()}" for symbol in entry.elements}
        sql = expanded(entry, elements)
        assert "{" not in sql
        assert all(f"c_{symbol.lower()}" in sql for symbol in entry.elements), entry.id
        assert entry.title, entry.id
        assert entry.description.endswith("."), entry.id
        assert entry.source.startswith(("ISO 22400-2:2014, ", "textbook, not in ISO 22400: ")), entry.id
        assert entry.audience, entry.id
        assert entry.timing, entry.id
        assert entry.vectors, entry.id
        for vector in entry.vectors:
            assert set(vector.given.split()) <= set(entry.elements), entry.id
            assert {len(row) for row in vector.rows} == {len(vector.given.split())}, entry.id


def test_the_library_has_the_34_of_the_standard_and_two_more() -> None:
    iso = [name for name in ENTRIES if name.startswith("iso22400.")]
    assert (len(iso), sorted(set(ENTRIES) - set(iso))) == (34, ["std.otif", "std.teep"])
    lower = {name.partition(".")[2] for name, entry in ENTRIES.items() if entry.better == "lower"}
    assert lower == {
        *("setup_ratio", "scrap_ratio", "rework_ratio", "fall_off_ratio", "actual_to_planned_scrap"),
        *("production_loss_ratio", "storage_loss_ratio", "other_loss_ratio", "energy_consumption"),
        *("mttr", "corrective_maintenance_ratio"),
    }


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("oee", "iso22400.oee"),
        ("iso22400.otif", "std.otif"),
        ("iso.avalability", "iso22400.availability"),
        ("scrap", "iso22400.scrap_ratio"),
        ("zzzz", None),
    ],
)
def test_the_nearest_entry_is_found_without_its_book(name: str, near: str | None) -> None:
    assert nearest_entry(name) == near


def test_entries_are_found_in_any_case() -> None:
    assert find("ISO22400.OEE") is ENTRIES["iso22400.oee"]
    assert find("oee") is None


def test_a_site_that_does_not_use_it_does_not_load_the_library() -> None:
    code = (
        "import sys; from opsconsole.site.parse import parse_site; import opsconsole.console.draw.card;"
        " parse_site(b'sources: {a: {files: a.csv}}\\nkpis: {k: {source: a, value: count(*)}}', lambda _: {});"
        " print([name for name in sys.modules if name.startswith('opsconsole.site.library')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
