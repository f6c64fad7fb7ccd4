"""A folder for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tables.folder import Folder, folder


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Folder]:
    """A folder with one source `t` of CSV files."""
    with folder(tmp_path) as made:
        yield made
