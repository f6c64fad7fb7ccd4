"""What goes over the wire about flows: cases in their steps, which of them will be late, stations and their bottleneck.

Durations are seconds, of working time where the flow says so; moments seconds since the epoch; chances and shares of 1.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class AskFlow(Struct, frozen=True, tag="ask-flow"):
    """How a flow is, now or at a past moment; answered by a `FlowState`. Without a name: the first there is.

    `brief`: its steps or stations alone, without cases, variants and what else makes long lists.
    """

    flow: str = ""
    brief: bool = False
    at: float | None = None


class AskFlowCases(Struct, frozen=True, tag="ask-flow-cases"):
    """The cases of one thing in a flow; answered by `FlowCases`. Exactly one is said: a variant (its `key`), `before`
    and `after` (a step that directly followed another; with `hands` a resource that took over from one), or `again`
    (a step that cases went through more than once).
    """

    flow: str
    variant: str = ""
    before: str = ""
    after: str = ""
    hands: bool = False
    again: str = ""
    at: float | None = None


class Spread(Struct, frozen=True):
    """Durations together: of how many, their sum, mean, median and 95th percentile (None where there are none)."""

    n: int = 0
    sum: float = 0.0
    mean: float | None = None
    median: float | None = None
    p95: float | None = None


class FlowStep(Struct, frozen=True):
    """A step: how long cases waited for it and how long it took, and who is there now.

    `waits` cases wait for it, `works` are being worked on; `oldest`: how long the longest of them has been there;
    `slow`: how many have been longer in their stage than 95 of 100 were. `impossible`: durations left out of all means.
    `again`: cases that went through it more than once, `repeats` times in all beyond the first, `loops` of these
    directly after itself, with `redone` seconds of work (None where steps have no length). `gathered`: what the cases
    that wait for it now have waited so far, together.
    """

    name: str
    n: int
    waiting: Spread
    service: Spread
    waits: int = 0
    works: int = 0
    oldest: float | None = None
    slow: int = 0
    overlaps: int = 0
    impossible: int = 0
    again: int = 0
    repeats: int = 0
    loops: int = 0
    redone: float | None = None
    gathered: float = 0.0


class FlowEdge(Struct, frozen=True):
    """A step that directly followed another (or a resource that took over from one), and the time in between."""

    before: str
    after: str
    between: Spread


class FlowVariant(Struct, frozen=True):
    """A way that cases took: how many, their share, and the mean and median time of those that are closed.

    `key` names it, as long as its steps are the same.
    """

    steps: list[str]
    n: int
    share: float
    mean: float | None = None
    median: float | None = None
    key: str = ""


class FlowResource(Struct, frozen=True):
    """Who did how many steps, and how long they took together."""

    name: str
    n: int
    busy: float


class FlowCase(Struct, frozen=True):
    """An open case: where it is, how long, and how likely it is to be late.

    It is in `step` (`works`), or waits after `last` for `step`, which most cases come to from there ("" unknown).
    `band`: 0 when it is there no longer than half of the cases were (`stay_p50`), 1, 2, and 3 beyond `stay_p95`; None
    where too few were.
    `remaining` until it is due, negative once late. `late` with `low` and `high` (95 %); None where nothing can be
    said: `basis` says why, or what it is learned from, and `learned` from how many. `open_ended`: nobody was seen to
    last that long, so `late` is at most that. `half` and `most`: when 50 and 85 of 100 such cases are done, from now.
    """

    case: str
    group: str | None
    step: str
    last: str
    works: bool
    age: float
    stay: float
    entered: float
    band: int | None = None
    stay_p50: float | None = None
    stay_p85: float | None = None
    stay_p95: float | None = None
    remaining: float | None = None
    late: float | None = None
    low: float | None = None
    high: float | None = None
    open_ended: bool = False
    basis: str = ""
    learned: int = 0
    half: float | None = None
    most: float | None = None


class FlowStation(Struct, frozen=True):
    """A station: the share of the time in which it alone was the bottleneck, in which that shifted, and it was active.

    `now`: it is the bottleneck at this moment.
    """

    group: str | None
    name: str
    sole: float
    shifting: float
    active: float
    now: bool = False


class FlowFault(Struct, frozen=True):
    """Something in the log that cannot be, how often, and why it was left out or how it was taken.

    `where`: the rows, as an SQL condition on the source; empty where none tells them. `cases`: it is of cases.
    """

    kind: str
    n: int
    where: str = ""
    cases: bool = False


class FlowCheck(Struct, frozen=True):
    """Little's law: mean cases in progress, cases closed per second, mean seconds of a case; `off` by how much of 1."""

    wip: float
    throughput: float
    cycle: float | None
    closed: int
    off: float | None


class Worth(Struct, frozen=True):
    """Chances from `low` to below `high` that were said at past moments: how many, their mean, the share that came."""

    low: float
    high: float
    n: int
    said: float
    came: float


class FlowCourse(Struct, frozen=True):
    """Cumulative flow: how many cases had come (`arrived`) and gone (`left`) by the end of each stretch of `step`
    seconds from `start` on; the last may be shorter. `usual`: what the work in progress did not exceed for 95 % of the
    time since the first case was closed.
    """

    start: float
    step: float
    until: float
    arrived: list[int]
    left: list[int]
    usual: float | None = None


class FlowPassed(Struct, frozen=True):
    """A case that took a way, or passed an edge: when it began (None where none of its times can be) and ended (None:
    open), and how long it took (None while open).

    `times` and `seconds`: how often it did what was asked for, and the time of that together (None: not known).
    """

    case: str
    group: str | None
    begun: float | None
    ended: float | None
    lasted: float | None
    steps: int
    times: int = 1
    seconds: float | None = None


class FlowCases(Struct, frozen=True, tag="flow-cases"):
    """The cases that were asked for: `n` of them, the first in `cases`; `steps` are those of the variant."""

    flow: str
    title: str
    source: str
    column: str
    n: int
    cases: list[FlowPassed]
    steps: list[str] = []


class Rehearsal(Struct, frozen=True):
    """What chances were worth that were said at past moments: how many, the mean distance from what came, and what
    came of those of each range."""

    n: int
    cases: int
    off: float
    table: list[Worth] = []


class FlowState(Struct, frozen=True, tag="flow"):
    """A flow as it is. `flows` are the names of all there are; `flow` is empty where there is none.

    `waits`: why it cannot be looked at. The first of the `open` cases are in `cases`, the most likely late first;
    `late` are so already, `likely` will be with more than 50 %. `ways`: how many variants, and `covering` how many of
    the most common it takes to cover 80 % of the cases. `moves` and `passes`: how many `edges` and `handoffs` there
    are in all. `hands`: the log says who does the steps, `timed`: how long they take. `limited`: cases can be late.
    `since`: when the log, or what is looked back on, begins. `notes`: what the figures rest on.
    """

    flows: list[str]
    flow: str = ""
    title: str = ""
    kind: Literal["cases", "stations"] = "cases"
    source: str = ""
    column: str = ""
    by: str = ""
    waits: str = ""
    at: float = 0.0
    since: float | None = None
    working: bool = False
    limited: bool = False
    all: int = 0
    open: int = 0
    late: int = 0
    likely: int = 0
    closed: Spread = Spread()
    steps: list[FlowStep] = []
    timed: bool = False
    hands: bool = False
    edges: list[FlowEdge] = []
    moves: int = 0
    handoffs: list[FlowEdge] = []
    passes: int = 0
    variants: list[FlowVariant] = []
    ways: int = 0
    covering: int = 0
    resources: list[FlowResource] = []
    cases: list[FlowCase] = []
    stations: list[FlowStation] = []
    faults: list[FlowFault] = []
    check: FlowCheck | None = None
    course: FlowCourse | None = None
    rehearsal: Rehearsal | None = None
    notes: list[str] = []
