"""The lines around a screen, and what stands in its place while nothing is known."""

from __future__ import annotations

from pathlib import Path

from opsconsole.console.around import waiting
from opsconsole.console.text import plain
from opsconsole.engine.client import _OTHER_VERSION
from tests.console.harness import console


async def test_why_there_is_no_engine_is_told_whole_also_on_few_cells(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        live = person.app.travel.live
        live.lost_at, live.lost_why = 0.0, _OTHER_VERSION.format(theirs="version 0.0.9")
        for cells in (40, 80, 160):
            lines = [plain(line) for line in waiting(person.app.travel, cells, 20)]
            assert len(lines) == 20
            assert {len(line) for line in lines} == {cells}
            assert " ".join(" ".join(lines).split()) == live.lost_why
        assert len(waiting(person.app.travel, 40, 3)) == 3
