from __future__ import annotations

from opsconsole.engine.insight.as_of import AsOf
from opsconsole.kpis.ruling.insights import Found


def test_a_point_knows_what_was_found_up_to_it_and_nothing_later() -> None:
    known, early, late = AsOf(), Found(100.0, 60.0), Found(160.0, 60.0)
    assert known.at(100.0) == {}
    known.learn({"a": early})
    known.learn({"a": early, "b": late})
    known.learn({"a": late, "b": late})
    assert known.at(99.0) == {}
    assert known.at(159.0) == {"a": early}
    assert known.at(160.0) == {"a": late, "b": late}
    known.learn({"a": late})
    assert known.at(500.0) == {"a": late}, "whoever takes it looks how old it is"
    known.learn({"a": early})
    assert known.at(500.0) == {"a": early}, "site time has jumped back"
    known.learn(None)
    assert known.at(500.0) == {}
