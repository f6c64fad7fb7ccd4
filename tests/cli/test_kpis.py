"""`opsconsole kpis`: the table, a card, the library, and what they are as JSON."""

from __future__ import annotations

import json
import re

import pytest
from msgspec.structs import replace

from opsconsole.cli import show_kpis, show_library
from opsconsole.cli.arguments import parse
from opsconsole.cli.main import run
from opsconsole.engine.messages import KpiState, SiteState, Snapshot
from opsconsole.site.figures import width
from opsconsole.site.library.catalogue import ENTRIES

SITE = SiteState(name="Plant", timezone="UTC", clock="wall", speed=1, at=100.0, wall=100.0, settled=True)
OEE = KpiState(
    "oee",
    "OEE",
    "cycles",
    "critical",
    52.44,
    "%",
    1,
    "higher",
    85,
    77,
    60,
    window="8 h",
    start=0.0,
    end=7200.0,
    previous=58.6,
    previous_label="8 h before",
    rows=4812,
    description="How much became good pieces",
    formula="APT / PBT",
    expression="100 * sum(a) / sum(b)",
    owner="M. Weber",
    objective="throughput",
    objective_title="Throughput",
    procedure="oee.md",
)
WAITING = replace(
    OEE,
    name="scrap",
    status="nodata",
    value=None,
    better="lower",
    target=2.5,
    start=None,
    owner="",
    objective="",
    objective_title="",
    reason="waits for the first file of Cycles",
    missing=["no owner", "no objective"],
)
PARTIAL = replace(OEE, name="takt", status="nolimit", better=None, target=None, partial=True, missing=["no target"])


def table(*kpis: KpiState) -> list[str]:
    return show_kpis.kpis_text(Snapshot(SITE, list(kpis))).splitlines()


def test_kpis_are_a_table_with_the_gaps_of_each_below() -> None:
    assert table(OEE, WAITING, PARTIAL) == [
        "     KPI       value  window  target  owner     objective",
        "───  ─────  ────────  ──────  ──────  ────────  ──────────",
        "▲C   oee      52.4 %  8 h     ≥ 85    M. Weber  Throughput",
        "○ND  scrap         –  8 h     ≤ 2.50  –         –",
        "     waits for the first file of Cycles",
        "     no owner, no objective",
        "     takt   ≈ 52.4 %  8 h     –       M. Weber  Throughput",
        "     no target",
        "",
        "3 KPIs, 2 with gaps in the card",
    ]
    assert table(OEE)[-1] == "all cards are whole"
    assert table() == ["this site has no KPIs: add some under `kpis` in site.yaml"]


@pytest.mark.parametrize("long", ["x" * 200, "漢" * 90])
def test_the_table_fits_80_columns_whatever_is_written(long: str) -> None:
    stretched = replace(WAITING, name=long, owner=long, objective_title=long, reason=long, unit=long, window=long)
    lines = table(stretched, replace(stretched, value=1e12, status="good"), OEE)
    assert max(map(width, lines)) <= 80
    assert "…" in lines[2]
    assert any("52.4 %" in line for line in lines)


def test_a_card_in_full() -> None:
    text = show_kpis.kpi_text(OEE, SITE)
    assert text.splitlines() == [
        "▲C OEE · 52.4 % · 58.6 % 8 h before · 1970-01-01 00:00 to 1970-01-01 02:00 · 4 812 rows",
        "  what       How much became good pieces",
        "  formula    APT / PBT",
        "  sql        100 * sum(a) / sum(b)",
        "  window     8 h",
        "  better     higher is better",
        "  limits     target 85, warning 77, critical 60",
        "  owner      M. Weber",
        "  goal       Throughput",
        "  priority   3 of 5",
        "  do         oee.md",
    ]
    assert "  owner      [no owner yet]" in show_kpis.kpi_text(WAITING, SITE)
    assert "waits for the first file of Cycles" in show_kpis.kpi_text(WAITING, SITE).splitlines()[0]


def test_nothing_written_acts_on_the_terminal() -> None:
    evil = "\x1b[31mred\x9b0m"
    kpi = replace(WAITING, name=evil, owner=evil, objective_title=evil, reason=evil, description=evil, unit=evil)
    for text in ("\n".join(table(kpi)), show_kpis.kpi_text(kpi, SITE)):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


@pytest.mark.parametrize(
    ("kpi", "value", "state"),
    [
        (OEE, 52.44, "known"),
        (PARTIAL, 52.44, "partial"),
        (replace(OEE, status="stale"), 52.44, "stale"),
        (WAITING, None, "nodata"),
        (replace(WAITING, status="novalue"), None, "novalue"),
        (replace(OEE, value=0.0), 0.0, "known"),
    ],
)
def test_a_missing_value_is_null_with_its_state(kpi: KpiState, value: float | None, state: str) -> None:
    (found,) = json.loads(show_kpis.kpis_json(Snapshot(SITE, [kpi])))
    assert (found["value"], found["state"]) == (value, state)
    assert json.loads(show_kpis.kpi_json(kpi, SITE)) == found


def test_the_library_lists_its_kpis_within_80_columns() -> None:
    lines = show_library.library_text(ENTRIES).splitlines()
    assert max(map(width, lines)) <= 80
    assert [line.split()[0] for line in lines[: len(ENTRIES)]] == list(ENTRIES)
    assert "iso22400.scrap_ratio                   ↓  SQ / PQ" in lines


def test_an_entry_says_all_of_it_with_its_examples() -> None:
    lines = show_library.entry_text(ENTRIES["std.otif"]).splitlines()
    assert lines[0] == "std.otif · OTIF"
    assert "  unit       %" in lines
    assert "  elements   DUE = the order was due (condition); true unless said" in lines
    assert "  example      DUE  ON_TIME  IN_FULL" in lines
    assert "              true     NULL     true" in lines
    assert "             2 of the 4 orders that were due = 50 %" in lines
    assert "             none was due: no value" in lines
    assert lines[-2:] == [
        "  in a site  otif: {source: …, use: std.otif, elements: {ON_TIME: …, IN_FULL:",
        "             …}}",
    ]
    for entry in ENTRIES.values():
        assert max(map(width, show_library.entry_text(entry).splitlines())) <= 80, entry.id


def test_the_library_needs_no_site(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(parse(["kpis", "--library"])) == 0
    assert capsys.readouterr().out == show_library.library_text(ENTRIES) + "\n"
    assert run(parse(["kpis", "--library", "OEE"])) == 0
    assert capsys.readouterr().out == show_library.entry_text(ENTRIES["iso22400.oee"]) + "\n"
    assert run(parse(["kpis", "--library", "iso22400.cpk", "--json"])) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "iso22400.cpk"
    assert run(parse(["kpis", "--library", "--json"])) == 0
    assert [entry["id"] for entry in json.loads(capsys.readouterr().out)] == list(ENTRIES)
    assert run(parse(["kpis", "--library", "iso22400.ooe"])) == 1
    assert capsys.readouterr().err == (
        "opsconsole: the library has no KPI `iso22400.ooe`, did you mean `iso22400.oee`?\n"
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["kpis"], "SITE is missing"),
        (["kpis", "--library", "oee", "cpk"], "--library takes one NAME, and no --at"),
        (["kpis", "--library", "--at", "03:40"], "--library takes one NAME, and no --at"),
    ],
)
def test_wrong_words_are_told(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(words)
    assert caught.value.code == 2
    assert says in capsys.readouterr().err
