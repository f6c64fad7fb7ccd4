"""What `opsconsole scorecard` prints: 80 columns for a person, Markdown, and JSON as the README says."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from opsconsole.alerts.flood import Episode
from opsconsole.alerts.history import History
from opsconsole.alerts.performance import Figures, Offender, OfRule, Peak, Suppression
from opsconsole.alerts.scorecard import Line, PositionCard, Scorecard, Tryout, as_json
from opsconsole.cli.arguments import parse
from opsconsole.cli.show_scorecard import scorecard_json, scorecard_markdown, scorecard_text
from opsconsole.site.figures import width
from tests.alerts.test_scorecard import DAY, Diary
from tests.cli.test_shapes import documented


@pytest.fixture
def card() -> dict[str, Any]:
    diary = Diary()
    for number in range(700):
        diary.alarm(number * 2, lasts=1.5, n=number % 230, acked=1 if number % 3 else None)
    for number in range(40):
        diary.alarm(number * 30, lasts=0.5, rule="many", n=number, level="critical")
    return as_json(diary.card(end=1.5 * DAY))


@pytest.mark.parametrize(
    ("row", "struct"),
    [
        ("scorecard --json", Scorecard),
        ("POSITION", PositionCard),
        ("LINE", Line),
        ("TRYOUT", Tryout),
        ("FIGURES", Figures),
        ("RATE", Peak),
        ("FLOOD", Episode),
        ("OFFENDER", Offender),
        ("SUPPRESSION", Suppression),
        ("RULE", OfRule),
    ],
)
def test_a_row_of_the_readme_names_the_fields_of_its_struct(row: str, struct: type[msgspec.Struct]) -> None:
    assert sorted(documented(row)) == sorted(field.encode_name for field in msgspec.structs.fields(struct))


def test_the_text_fits_eighty_columns_but_for_what_is_to_be_typed(card: dict[str, Any]) -> None:
    lines = scorecard_text(card).splitlines()
    assert [line for line in lines if width(line) > 80 and "opsconsole backtest" not in line] == []
    assert lines[:2] == [
        "Plant · alarms of 1 d 12 h to 2026-06-02 12:00 Europe/Berlin",
        "Indicative only: 1 d 12 h are looked at, the standard asks for 30 days.",
    ]
    assert "Operator position floor · hall, yard · 740 alarms · 6 targets missed" in lines
    assert "▲ alarms a day                 ≤ 150         493, most 740 on 06-01" in lines
    assert "  ▲ alarms a day: slow 95 %, many 5 %: try 1" in lines
    typed = [line.strip() for line in lines if line.startswith("    opsconsole backtest")]
    assert typed == [each["command"] for each in card["positions"][-1]["proposals"]]


def test_markdown_has_the_same(card: dict[str, Any]) -> None:
    text = scorecard_markdown(card)
    assert text.startswith("# Plant · alarms of 1 d 12 h to 2026-06-02 12:00 Europe/Berlin\n")
    assert "| ▲ | alarms a day | ≤ 150 | 493, most 740 on 06-01 | slow 95 %, many 5 % | 1 |" in text
    assert "\n1. **slow**: " in text
    assert "| slow | 700 | 95 % |" in text


def test_json_has_moments_as_texts(card: dict[str, Any]) -> None:
    found = json.loads(scorecard_json(card))
    assert (found["start"], found["days"]) == ("2026-06-01T00:00:00.000+02:00", 1.5)
    floor = found["positions"][-1]
    assert floor["figures"]["per_day"]["at"] == "2026-06-01T00:00:00.000+02:00"
    assert floor["figures"]["alarms"] == 740


def test_a_quiet_site_has_a_short_card() -> None:
    text = scorecard_text(as_json(Diary().card()))
    assert "Indicative" not in text
    assert "What to try" not in text
    assert "✓ alarms a day                 ≤ 150         0" in text
    assert "◆" not in text


def test_names_from_files_cannot_drive_the_terminal() -> None:
    diary = Diary()
    for number in range(400):
        diary.alarm(number, n=1, rule="\x1b[2Jslow")
    found = as_json(diary.card(end=DAY))
    for text in (scorecard_text(found), scorecard_markdown(found), scorecard_json(found)):
        assert "\x1b" not in text
    assert "\\x1b[2Jslow" in scorecard_text(found)


def test_the_words_of_the_command() -> None:
    found = parse(["scorecard", ".", "--days", "7", "--md"])
    assert (found.site, found.days, found.md, found.json) == (".", 7.0, True, False)
    assert parse(["scorecard", "."]).days == 30.0
    for wrong in (["scorecard", ".", "--days", "0"], ["scorecard", ".", "--md", "--json"]):
        with pytest.raises(SystemExit):
            parse(wrong)


def test_one_position_without_areas_needs_no_name() -> None:
    from opsconsole.alerts.scorecard import scorecard
    from opsconsole.site.model import Site

    history = History()
    history.close(DAY)
    found = scorecard(history, Site(name="Plant"), 0.0, DAY, ZoneInfo("UTC"), asked=30.0, path=".")
    assert "The site's operator position" in scorecard_text(as_json(found))
