"""The part of the wire that is about alerts: what a list shows, one alert in full, the journal, procedures, reports.

Moments are seconds since the epoch, UTC, in site time where nothing else is said; durations are seconds.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from opsconsole.site.model import Priority

AlertLetter = Literal["NORM", "UNACK", "ACK", "RTNUN", "SHELVED", "SUPPRESSED", "OOS", "LATCHED"]
Disposition = Literal["true", "expected", "false-rule", "false-data", "undetermined"]


class AlertState(Struct, frozen=True):
    """An open alert: one rule on one set of labels. `version` rises with each transition.

    `beneath` is the state it would have if nobody had put it aside. `put_by`, `put_at`, `until` and `reason` are of the
    shelf or of the time out of service (`until` None: until the condition has gone, or someone returns it);
    `suppressed` names what suppresses it. `note` is the last comment. `chatters`: it comes and goes too often to be
    read, so that shelving is proposed. `incident` is the id of the incident it belongs to, `first_out` whether it came
    first in it. `ticked`: so many steps of its procedure are ticked. `called` is the version at which it last called
    people.
    """

    id: str
    rule: str
    text: str
    state: AlertLetter
    priority: Priority
    since: float
    version: int
    labels: dict[str, str | None] = {}
    who: str = ""
    acked_at: float | None = None
    value: float | None = None
    worst: float | None = None
    count: int = 1
    kpi: str = ""
    source: str = ""
    area: str = ""
    procedure: str = ""
    quality: Literal["good", "stale", "error"] = "good"
    beneath: AlertLetter = "UNACK"
    put_by: str = ""
    put_at: float | None = None
    until: float | None = None
    reason: str = ""
    suppressed: tuple[str, ...] = ()
    owner: str = ""
    escalation: int = 0
    disposition: Disposition | None = None
    note: str = ""
    note_by: str = ""
    chatters: bool = False
    incident: str = ""
    first_out: bool = False
    ticked: int = 0
    called: int = 0


class AlertCounts(Struct, frozen=True):
    """How many alerts are open in all: a snapshot carries the most urgent only. `recent`: raised within 10 minutes.

    `critical`, `warning` and `low` are those that nobody and nothing has put aside.
    """

    open: int = 0
    critical: int = 0
    warning: int = 0
    low: int = 0
    unacknowledged: int = 0
    shelved: int = 0
    suppressed: int = 0
    out: int = 0
    recent: int = 0
    flood_since: float | None = None
    flooded: tuple[str, ...] = ()


class AlertQuery(Struct, frozen=True):
    """Which alerts a list shows; empty: all that are open.

    `words` as typed after `/` (`!word`: without); `states`, `priorities`, `areas`, `owners`: any of these.
    """

    words: str = ""
    states: tuple[AlertLetter, ...] = ()
    priorities: tuple[Priority, ...] = ()
    areas: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    incident: str = ""


class AskAlerts(Struct, frozen=True, tag="ask-alerts"):
    """The open alerts that a query means, by priority, state and age; answered by `Alerts`.

    With `start` and `end`: those that were open at some time from the one to before the other, the newest first.
    """

    query: AlertQuery = AlertQuery()
    limit: int = 1_000
    at: float | None = None
    start: float | None = None
    end: float | None = None


class Alerts(Struct, frozen=True, tag="alerts"):
    """The first `alerts` of `total` that the query means."""

    alerts: list[AlertState]
    total: int
    counts: AlertCounts = AlertCounts()


class AskMarks(Struct, frozen=True, tag="ask-marks"):
    """When alerts came, worsened or were spoken of, in a stretch of site time (both ends included).

    `kpi`: only those about it. The latest `limit` of them.
    """

    since: float
    until: float
    kpi: str = ""
    limit: int = 500


class Mark(Struct, frozen=True):
    """`what` happened to an alert at a moment of site time: "raised", "occurred", "worsened", "commented".

    `text` is that of the alert, `said` the comment of `actor`. Of what `actor` "changed" in the operation `said` says
    what, `text` the KPIs, and there is no alert.
    """

    at: float
    what: str
    alert: str
    text: str
    priority: Priority
    actor: str = ""
    said: str = ""


class Marks(Struct, frozen=True, tag="marks"):
    """The answer to `AskMarks`, the earliest first; `more`: there are earlier ones."""

    marks: list[Mark]
    more: bool = False


class AskAlert(Struct, frozen=True, tag="ask-alert"):
    """One alert in full, also one that has closed; answered by `AlertDetail`. `days`: how far its history goes back."""

    alert: str
    days: int = 30
    at: float | None = None


class Event(Struct, frozen=True):
    """A record of the journal. `at` is site time, `utc` the wall clock; `before` and `after` are states, if any.

    `actor` is the login and `uid` its number, as the kernel says (None: the system); `origin` is the address that the
    client claimed to come from by SSH.
    """

    seq: int
    at: float
    utc: float
    actor: str
    kind: str
    object: str
    what: str = ""
    text: str = ""
    reason: str = ""
    before: str = ""
    after: str = ""
    uid: int | None = None
    origin: str = ""


class Related(Struct, frozen=True):
    """Another alert of the same incident, or of the same labels."""

    id: str
    text: str
    priority: Priority
    state: AlertLetter
    since: float
    first_out: bool = False


class AlertDetail(Struct, frozen=True, tag="alert"):
    """The answer to `AskAlert`. `state` is None where it is not open any more.

    `days`: occurrences on each of the last days of the site, the oldest first. `events`: its records, the newest first.
    """

    id: str
    state: AlertState | None
    days: list[int] = []
    first_day: str = ""
    events: list[Event] = []
    related: list[Related] = []
    limit: float | None = None
    target: float | None = None


class SavedView(Struct, frozen=True):
    """A filter of the alert list under a name, shared by the site."""

    name: str
    line: str
    by: str = ""


class Maintenance(Struct, frozen=True):
    """A planned silence: alerts of an area or with these labels are suppressed from `start` to `end` (site time).

    `id` is given by the engine. `ended`: before its time, by a person.
    """

    id: str = ""
    area: str = ""
    labels: dict[str, str] = {}
    start: float = 0.0
    end: float = 0.0
    reason: str = ""
    by: str = ""
    ended: float | None = None


# --- the journal -----------------------------------------------------------------------------------------------


class AskJournal(Struct, frozen=True, tag="ask-journal"):
    """Records of the journal, the newest first; answered by `JournalPage`.

    `words` are sought in object, actor, origin, kind, what, text and reason (`!word`: without). `since` and `until` are
    site time. `people`: only what people did. `before`: only records with a smaller number, for the next page.
    """

    words: str = ""
    kinds: tuple[str, ...] = ()
    object: str = ""
    actor: str = ""
    people: bool = False
    since: float | None = None
    until: float | None = None
    before: int | None = None
    limit: int = 200


class JournalPage(Struct, frozen=True, tag="journal"):
    """The answer to `AskJournal`; `more`: there are older ones."""

    events: list[Event]
    more: bool = False


# --- procedures ------------------------------------------------------------------------------------------------


class ProcedureStep(Struct, frozen=True):
    """A step, `number` from 1; `line` of the file; `ticked_by` and `ticked_at` for the alert that was asked about."""

    number: int
    text: str
    line: int
    ticked_by: str = ""
    ticked_at: float | None = None


class AskProcedure(Struct, frozen=True, tag="ask-procedure"):
    """The procedure of an alert, or by its path; answered by `Procedure`. `at`: as its steps were ticked then.

    `opened`: a person has opened it, which is counted once in each occurrence.
    """

    alert: str = ""
    path: str = ""
    at: float | None = None
    opened: bool = False


class Procedure(Struct, frozen=True, tag="procedure"):
    """A Markdown file with steps; `text` is all of it. `trouble`: why it cannot be read.

    `version` is that of the alert it was asked for, for commands about its steps.
    """

    path: str
    title: str = ""
    text: str = ""
    steps: list[ProcedureStep] = []
    inherited_from: str = ""
    trouble: str = ""
    version: int = 0


# --- reports ---------------------------------------------------------------------------------------------------


class AskReport(Struct, frozen=True, tag="ask-report"):
    """Something that takes a while: the engine works on it and says how far it is. Answered by `Report`.

    `kind`: one of `engine.reports.KINDS`. The first ask starts it and gets its `job`; asks with that `job` follow it.
    `cancel` ends it.
    """

    kind: str = "scorecard"
    options: dict[str, Any] = {}
    job: int | None = None
    cancel: bool = False


class Report(Struct, frozen=True, tag="report"):
    """How far a report is: `done` of 1.0; with `result` (JSON values, the shape is of its kind) once it is there."""

    job: int
    done: float = 0.0
    doing: str = ""
    result: dict[str, Any] | None = None
    trouble: str = ""
