"""The months of the emergency departments as files arriving: every row once, on the day it was published."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path

import pytest

from opsconsole.demo.demo import opening, prepare
from opsconsole.demo.drops import Drop, Whole, write_history
from opsconsole.demo.emergency import ENGLAND, emergency, published
from opsconsole.demo.packs import pack
from opsconsole.site.parse import load_site
from tests.computed import computed

SEEDS = pack("emergency").seeds


@pytest.fixture(scope="module")
def drops() -> list[Drop]:
    return list(emergency(SEEDS))


def test_a_file_for_each_month_in_order_of_publication(drops: list[Drop]) -> None:
    assert [drop.at for drop in drops] == sorted(drop.at for drop in drops)
    assert [drop.path for drop in drops][:2] == ["data/ae/2016-04.csv", "data/ae/2016-05.csv"]
    assert len({drop.path for drop in drops}) == 36


def test_published_on_the_second_thursday_of_the_next_month_at_half_past_nine() -> None:
    days = {
        dt.date(2018, 10, 1): "2018-11-08 09:30:00+00:00",
        dt.date(2018, 12, 1): "2019-01-10 09:30:00+00:00",
        dt.date(2019, 3, 1): "2019-04-11 09:30:00+01:00",  # the first is a Monday
        dt.date(2018, 1, 1): "2018-02-08 09:30:00+00:00",  # the first is a Thursday
    }
    for period, moment in days.items():
        assert str(dt.datetime.fromtimestamp(published(period), ENGLAND)) == moment


def test_something_happens_within_a_minute_of_the_opening(drops: list[Drop]) -> None:
    start = opening(pack("emergency"))
    coming = [(drop.at - start.moment.timestamp()) / start.speed for drop in drops]
    assert len([seconds for seconds in coming if seconds <= 0]) == 30
    assert [round(seconds) for seconds in coming if 0 < seconds < 75] == [7, 42, 70]


def test_every_row_of_the_seed_comes_once(drops: list[Drop]) -> None:
    lines = [line for drop in drops if isinstance(drop, Whole) for line in drop.make().decode().splitlines()]
    head = "period,org_code,type,attendances,breaches,admissions"
    rows = [line for line in lines if line != head]
    assert lines.count(head) == 36
    assert len(rows) == len(set(rows)) == 12_765
    sums = Counter[str]()
    for row in rows:
        sums.update(dict(zip(("attendances", "breaches", "admissions"), map(int, row.split(",")[3:]), strict=True)))
    assert sums == {"attendances": 72_019_402, "breaches": 8_295_237, "admissions": 13_493_280}


def test_the_demo_keeps_the_clock_of_its_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with prepare("emergency", speed=1) as demo:
        site = load_site(demo.site_path).site
        assert site is not None
        assert (site.clock.mode, site.state) == ("data", "../state")
        assert len(list((demo.site_path.parent / "data/ae").iterdir())) == 30


def test_the_site_gives_the_known_figures(drops: list[Drop], tmp_path: Path) -> None:
    """Three whole years: those published of England, and the trusts at both ends of the list."""
    write_history(tmp_path, drops, lambda at: at)
    text = pack("emergency").site.read_text(encoding="utf-8")
    whole = {"performance": "month", "trust": "365d", "months_met": "365d"}
    for name, window in whole.items():
        at = text.index(f"\n  {name}:\n")
        text = text[:at] + text[at:].replace(f"window: {window}", "window: all", 1)
    with computed(tmp_path, text) as found:
        assert found.value("performance") == pytest.approx(88.48194129687441, rel=1e-12)
        assert (found.value("months_met"), found.value("months_missed")) == (0.0, 36.0)
        trusts = found.by("trust", "org_code")
        assert len(trusts) == 140
        assert sum(value is not None and value >= 95 for value in trusts.values()) == 6
        order = list(trusts)
        assert (order[0], order[-1]) == ("RQW", "RC9")
        assert (trusts["RQW"], trusts["RC9"]) == (pytest.approx(72.60234514319743), pytest.approx(98.43515267295386))
        # March 2019, and the March before it
        assert found.value("four_hours") == pytest.approx(86.60427671795345)
        assert found.kpis["four_hours"].previous == pytest.approx(84.62121637147311)
        assert found.kpis["four_hours"].trend[-1] == found.value("four_hours")
        assert len(found.kpis["four_hours"].trend) == 12
        assert found.value("year_on_year") == pytest.approx(86.60427671795345 - 84.62121637147311)
        limit = found.kpis["breaches"].limits.target
        assert limit == pytest.approx(0.05 * 2_167_550)


def test_attribution_is_there() -> None:
    text = (SEEDS / "README.md").read_text(encoding="utf-8")
    assert "Contains public sector information licensed under the Open Government\nLicence v3.0" in text
    assert json.dumps(sorted(path.name for path in SEEDS.iterdir())) == '["README.md", "ae_attendances.parquet"]'
