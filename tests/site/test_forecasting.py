"""What a rule on a forecast says, and where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsconsole.site.forecasting import Crosses, ForecastError, parse
from tests.kpis.plant import load, problems_of

KPI = "kpis: {oee: {source: cycles, value: avg(qty), window: 2h, better: higher, critical: 60}}\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("crosses critical within 2h, probability > 0.8", Crosses("critical", 7200.0, 0.8)),
        ("crosses warning within 90m", Crosses("warning", 5400.0, 0.8)),
        (" crosses  60 within 1h30m ,probability>95 % ", Crosses(60.0, 5400.0, 0.95)),
        ("crosses -1.5 within 1d, probability > .5", Crosses(-1.5, 86400.0, 0.5)),
    ],
)
def test_read(text: str, found: Crosses) -> None:
    assert parse(text) == found


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("", 0, "expected `crosses`"),
        ("falls under 60", 0, "expected `crosses`"),
        ("crosses target within 2h", 8, "expected `critical`, `warning` or a bare number"),
        ("crosses 60% within 2h", 8, "bare number"),
        ("crosses critical in 2h", 17, "expected `within`"),
        ("crosses critical within 2", 24, "expected a duration"),
        ("crosses critical within 0s", 24, "more than 0s"),
        ("crosses critical within 5m2h", 24, "units out of order"),
        ("crosses critical within 2h probability > 0.8", 27, "expected `, probability > 0.8`"),
        ("crosses critical within 2h, probability < 0.8", 26, "expected `, probability > 0.8`"),
        ("crosses critical within 2h, probability > 8", 42, "between 0 and 1"),
    ],
)
def test_wrong(text: str, at: int, says: str) -> None:
    with pytest.raises(ForecastError) as found:
        parse(text)
    assert says in found.value.message
    assert found.value.at == at


def test_a_site_file_is_told_line_and_column(tmp_path: Path) -> None:
    text = KPI + "rules:\n  soon: {kpi: oee, forecast: crosses critical in 2h}\n"
    (tmp_path / "site.yaml").write_text("")
    with pytest.raises(AssertionError) as told:
        load(tmp_path, text)
    assert "site.yaml:" in str(told.value)
    assert "site.yaml:10:47 " in str(told.value)


@pytest.mark.parametrize(
    ("kpi", "rule", "says"),
    [
        (KPI, "{kpi: oee, forecast: crosses warning within 2h}", "`oee` has no `warning` limit"),
        (KPI, "{kpi: oee, forecast: crosses critical within 2h, probability > 0.9}", ""),
        (KPI.replace("60", "avg(cost)"), "{kpi: oee, forecast: crosses critical within 2h}", "is an expression"),
        (KPI.replace(", window: 2h", ", window: all"), "{kpi: oee, forecast: crosses 3 within 2h}", "all rows"),
    ],
)
def test_what_must_fit_the_kpi(tmp_path: Path, kpi: str, rule: str, says: str) -> None:
    rule = rule.replace("forecast: ", 'forecast: "')[:-1] + '"}'
    found = [str(each) for each in problems_of(tmp_path, f"{kpi}rules:\n  soon: {rule}\n")]
    assert (says in "".join(found)) if says else not found
