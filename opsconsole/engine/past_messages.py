"""The part of the wire that is about the past: a whole screen as of a moment.

Any ask of `opsconsole.engine.kpi_messages` takes `at` besides. Moments are seconds since the epoch, UTC.
"""

from __future__ import annotations

from msgspec import Struct


class AskSnapshot(Struct, frozen=True, tag="ask-snapshot"):
    """All a screen needs as of a past site moment, answered by a `Snapshot` whose `site.as_of` is that moment.

    Values are what is known now of the rows with an event time up to then; alerts are those of the journal as they
    stood then.
    """

    at: float
