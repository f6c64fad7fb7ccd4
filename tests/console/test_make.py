"""Tests of `opsconsole.console.views.make`."""

from __future__ import annotations

import pytest

from opsconsole.console.address import VIEWS, Address
from opsconsole.console.views.make import screen


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_every_address_has_a_screen(view: str) -> None:
    assert screen(Address(view)).__module__.startswith("opsconsole.console.views.")


def test_each_has_its_own() -> None:
    found = {view: screen(Address(view)).__name__ for view in VIEWS}
    assert found["log"] == "LogView"
    assert (found["sources"], found["tables"], found["source"]) == ("SourcesView", "SourcesView", "SourceView")
    assert len(set(found.values())) == len(found) - 1
    assert screen(Address("flow", show="variants")).__name__ == "FlowPartView"
    assert screen(Address("of a later version")).__name__ == "Overview"
