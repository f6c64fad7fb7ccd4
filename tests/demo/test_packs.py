"""Packs are found in a checkout and in an installed wheel, and their sites are without fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsconsole.demo import packs
from opsconsole.demo.demo import opening, prepare
from opsconsole.demo.incidents import INCIDENTS
from opsconsole.kpis.bind import bind
from opsconsole.site.parse import load_site
from opsconsole.tables.feed import Feed
from opsconsole.tables.store import Store

ROOT = Path(__file__).parent.parent.parent


def test_found_in_checkout() -> None:
    assert packs.names() == ["airport", "emergency", "factory"]
    found = packs.pack("airport")
    assert found.layouts == ROOT / "layouts" / "airport"
    assert (found.seeds / "flights.parquet").stat().st_size > 5_000_000


def test_found_in_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # what force-include makes of a wheel: opsconsole/packs/layouts beside the modules
    site = tmp_path / "opsconsole" / "packs" / "layouts" / "mill" / "site.yaml"
    site.parent.mkdir(parents=True)
    site.write_text("site: Mill")
    monkeypatch.setattr(packs, "_PACKAGE", tmp_path / "opsconsole")
    assert packs.names() == ["mill"]
    assert packs.pack("mill").seeds == tmp_path / "opsconsole" / "packs" / "seeds" / "mill"


def test_unknown_pack_names_those_there_are() -> None:
    with pytest.raises(packs.UnknownPackError, match=r"'moon'.*airport, emergency, factory"):
        packs.pack("moon")


@pytest.mark.parametrize("name", packs.names())
def test_site_loads_without_problems(name: str) -> None:
    loaded = load_site(packs.pack(name).layouts)
    assert loaded.problems == []
    assert loaded.site is not None
    assert loaded.site.clock.mode == ("data" if name == "emergency" else "replay")
    assert loaded.site.layouts[0].name == "overview"
    tiles = loaded.site.layouts[0].rows[0].panels
    assert [panel.kind for panel in tiles] == ["kpi"] * 4
    fixed = sum(row.height or 0 for row in loaded.site.layouts[0].rows)
    assert fixed <= 20, "the overview has to fit 24 lines with its frame"


@pytest.mark.parametrize("name", packs.names())
def test_procedures_exist(name: str) -> None:
    folder = packs.pack(name).layouts
    site = load_site(folder).site
    assert site is not None
    named = {kpi.procedure for kpi in site.kpis.values()} | {rule.procedure for rule in site.rules.values()}
    assert [path for path in named - {""} if not (folder / path).is_file()] == []


@pytest.mark.parametrize("name", packs.names())
def test_every_file_is_taken_and_every_expression_binds(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with prepare(name, speed=1) as demo:
        loaded = load_site(demo.site_path)
        assert loaded.site is not None
        store = Store.open(demo.folder / "tables.duckdb")
        feed = Feed(store, demo.site_path.parent, loaded.site.sources, loaded.site.timezone, lambda: None)
        feed.start()
        try:
            assert feed.wait_settled(30)
            totals = store.totals()
            binding, problems = bind(loaded, store.schemas())
        finally:
            feed.stop()
            store.close()
    assert totals.keys() == {name for name, source in loaded.site.sources.items() if source.files}
    assert [(source, total) for source, total in totals.items() if total.quarantined or total.failed] == []
    assert min(total.rows for total in totals.values()) >= 16
    assert problems == []
    assert binding.kpis.keys() == loaded.site.kpis.keys()
    assert not binding.waiting
    assert not binding.idle


def test_incidents_are_in_the_readme_and_the_site() -> None:
    folder = packs.pack("factory").layouts
    site = load_site(folder).site
    text = (folder / "README.md").read_text()
    assert site is not None
    start = opening(packs.pack("factory"))
    for incident in INCIDENTS:
        assert incident.rule in site.rules
        assert incident.source in site.sources
        assert f"`{incident.rule}`" in text
        assert f"{incident.begins:%H:%M} – {incident.ends:%H:%M}" in text
        seconds = (incident.cleared_by - start.moment.replace(tzinfo=None)).total_seconds() / start.speed
        assert f"{incident.cleared_by:%H:%M} ({seconds:.0f} s)" in text
