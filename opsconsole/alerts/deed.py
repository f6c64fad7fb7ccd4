"""What people do to alerts, as the book takes it: plain values, checked for who may do it by the engine.

The book's entries are `command(deed)`, `undo(takes, by, now)` and, for what is planned, `cover(covers, now)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from opsconsole.alerts.facts import Disposition, Facts


class Target(Struct, frozen=True):
    """An alert as the person saw it."""

    alert: str
    version: int


class Deed(Struct, frozen=True):
    """One command on one or many alerts. `name` as in the engine's commands, `at` site time in seconds since the epoch.

    `text` is the comment or the reason, `until` the end of a shelf (None: one-shot, which ends at `latest`), `to` the
    new owner (empty: nobody), `most` how many steps of escalation there are.
    """

    name: str
    by: str
    at: float
    targets: tuple[Target, ...] = ()
    text: str = ""
    until: float | None = None
    latest: float | None = None
    to: str = ""
    disposition: Disposition | None = None
    most: int = 0


class Take(Struct, frozen=True, omit_defaults=True):
    """A deed is to be taken back from an alert: its facts before the deed, and its version right after it.

    Of the facts only those matter that people decide. `note`: the note before and whose it was, if the deed wrote one.
    """

    alert: str
    before: Facts
    version: int
    note: tuple[str, str] | None = None


# What is planned and running now: by the name that alerts are suppressed with (`maintenance:m3`) whether a rule with
# such labels is covered. An alert that is raised while it is covered is suppressed from the first and calls nobody.
Covers = Mapping[str, Callable[[str, Mapping[str, str | None]], bool]]
