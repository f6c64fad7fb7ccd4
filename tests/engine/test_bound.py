"""Tests of `opsconsole.engine.bound`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from opsconsole.engine.bound import Bound
from opsconsole.engine.place import Place
from opsconsole.engine.sitefile import SiteFile
from opsconsole.tables import derived
from opsconsole.tables.store import Store

SITE = """\
site: Plant
timezone: UTC
sources:
  cycles: {files: data/cycles.csv}
"""
HALVES = '  halves: {sql: "SELECT qty / 2 AS half FROM cycles"}\n'
DOUBLES = '  doubles: {sql: "SELECT qty * 2 AS double FROM cycles"}\n'


def test_who_reads_by_a_binding_finds_its_derived_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path / "site.yaml", tmp_path / "state")
    place.make()
    written = 0

    def write(text: str) -> None:
        nonlocal written
        written += 1
        (tmp_path / "site.yaml").write_text(text)
        os.utime(tmp_path / "site.yaml", (written, written))

    write(SITE + HALVES)
    file = SiteFile(place)
    with contextlib.closing(Store.open(place.tables)) as store:
        bound = Bound(file, file.load(), store, None)
        seen: list[set[str]] = []

        def look() -> None:
            """Read as another thread would now."""
            seen.append(set(bound.binding.views))
            with contextlib.closing(store.cursor()) as cursor:
                for name in bound.binding.views:
                    cursor.execute(f"SELECT * FROM {name}")

        keep = derived.keep

        def kept(store: Store, wanted: Mapping[str, str]) -> None:
            look()
            keep(store, wanted)
            look()

        assert not bound.binding.views  # there is no table yet
        monkeypatch.setattr(derived, "keep", kept)
        with contextlib.closing(store.cursor()) as cursor:
            cursor.execute("CREATE TABLE cycles (_file INTEGER, _line BIGINT, _time TIMESTAMP, qty DOUBLE)")
            cursor.execute("INSERT INTO _ops.sources (source) VALUES ('cycles')")
        assert bound.fit()
        look()
        write(SITE + DOUBLES)
        assert bound.look()
        look()
        write(SITE)
        assert bound.look()
        look()
        assert {"halves"} in seen
        assert {"doubles"} in seen
        assert not seen[-1]
        with contextlib.closing(store.cursor()) as cursor, pytest.raises(duckdb.CatalogException):
            cursor.execute("SELECT * FROM doubles")  # what no binding has any more is gone
