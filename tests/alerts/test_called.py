"""An alert says at which version it last called people: what a console rings for, once."""

from __future__ import annotations

from tests.alerts.test_escalation import Life


def test_the_version_at_which_it_last_called_people_is_kept() -> None:
    life = Life(realarm=3600.0).see("warning", 0.0)
    assert (life.alert.called, life.book.shown(life.alert).called) == (1, 1)
    life.do("comment", 10.0, text="seen").do("ack", 20.0).do("unack", 30.0)
    assert (life.facts.version, life.alert.called) == (4, 1)
    life.see("critical", 40.0)
    assert life.alert.called == life.facts.version == 5
    life.tick(940.0)
    assert (life.whats[-1], life.alert.called) == ("escalated", 6)
    life.do("shelve", 950.0, text="known", until=2000.0).do("unshelve", 960.0)
    assert life.alert.called == 6
    life.see(None, 970.0)
    assert life.alert.called == 6
