from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.plant import Plant


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    found = Plant(tmp_path)
    yield found
    found.journal.close()
