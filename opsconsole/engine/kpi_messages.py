"""The part of the wire that is about KPIs: values, breakdowns, comparisons, what moved a value, its rows and SQL.

As in `opsconsole.engine.messages`, moments are seconds since the epoch, UTC; durations are seconds. `where` are the
members of dimensions chosen on the way down, None for rows without one. `at` is the moment that is looked at, None
for now. With `start` and `end` it is about event times from the one to before the other, instead of a KPI's own window.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from opsconsole.engine.period_messages import Revision as Revision
from opsconsole.site.card import Card
from opsconsole.site.card import CardSource as CardSource
from opsconsole.site.model import Better

Status = Literal["good", "warning", "critical", "nolimit", "nodata", "novalue", "stale"]
Against = Literal["target", "before", "day", "week", "best", "typical"]


class Ratio(Struct, frozen=True):
    """What a ratio of sums is made of: the SQL of numerator and denominator, and what they come to."""

    over: str
    under: str
    numerator: float | None = None
    denominator: float | None = None


class KpiState(Card, frozen=True):
    """A KPI's value now, and its card. `change` is value minus `previous`; `trend` are the values of `trend_step` s
    buckets. `undated`: a past moment is looked at, but the rows have no times, so this is the value as it is now.
    `revised`: late rows have changed its last whole period. `judged`: over a range, by which limits, or why by none.
    """

    name: str
    title: str
    source: str
    status: Status
    value: float | None = None
    unit: str = ""
    decimals: int | None = None
    better: Better | None = None
    target: float | None = None
    warning: float | None = None
    critical: float | None = None
    window: str = ""
    start: float | None = None
    end: float | None = None
    previous: float | None = None
    previous_label: str = ""
    change: float | None = None
    trend: list[float | None] = field(default_factory=list)
    trend_start: float | None = None
    trend_step: float = 0.0
    rows: int = 0
    partial: bool = False
    reason: str = ""
    leader: str = ""
    ratio: Ratio | None = None
    by: list[str] = field(default_factory=list)
    undated: bool = False
    revised: Revision | None = None
    judged: str = ""


class GoalKpi(Struct, frozen=True):
    """A KPI's part in an objective: `share` is its part of the objective's weight, `attainment` 0..1.2 of its target.

    `floor` is where nothing is attained (with `better: target` so far from the target). `progress` is the part of the
    way from the baseline. `reason` says why there is no attainment.
    """

    kpi: str
    share: float
    attainment: float | None = None
    progress: float | None = None
    floor: float | None = None
    baseline: float | None = None
    reason: str = ""


class GoalState(Struct, frozen=True):
    """An objective: `score` = Σ share · attainment over the KPIs that have one; `coverage` is the weight it rests on.

    `missing` are those that have none, and why. `status` is the worst of its KPIs, `share` its part among all
    objectives. The one without a name, the last, holds the KPIs that serve none; it has no score.
    """

    name: str
    title: str
    status: Status
    score: float | None = None
    coverage: float = 0.0
    share: float = 0.0
    kpis: list[GoalKpi] = []
    missing: dict[str, str] = {}
    perspective: str = ""
    owner: str = ""
    description: str = ""


class Attention(Struct, frozen=True):
    """A KPI that needs attention: `score` = `impact` × `gap` × `quality`, all of them 0..1; most urgent first.

    `impact` = the factor of its `priority` × `objective_share` × `share` in the objective; `quality` = `freshness` ×
    `whole` × `clean`. `gap` and `score` are None where it has no value. `reason` says it in words.
    """

    kpi: str
    objective: str
    score: float | None
    impact: float
    gap: float | None
    quality: float
    priority: int
    priority_factor: float
    objective_share: float
    share: float
    freshness: float = 1.0
    whole: float = 1.0
    clean: float = 1.0
    reason: str = ""


class Grid(Struct, frozen=True):
    """A KPI by a dimension and by time: `values[member][bucket]`; a layout asks for it by a `grid` panel."""

    kpi: str
    by: str
    members: list[str | None]
    starts: list[float]
    step: float
    values: list[list[float | None]]
    statuses: list[list[Status]]


class Breakdown(Struct, frozen=True, tag="breakdown"):
    """A KPI by one dimension over its window, worst first; also the answer to `AskBreakdown`."""

    kpi: str
    by: str
    members: list[str | None]
    values: list[float | None]
    previous: list[float | None]
    rows: list[int]
    statuses: list[Status]
    where: dict[str, str | None] = {}
    total: int = 0
    at: float | None = None


class AskBreakdown(Struct, frozen=True, tag="ask-breakdown"):
    """A KPI by a dimension over its present window; `where` are members chosen on the way down."""

    kpi: str
    by: str
    where: dict[str, str | None] = {}
    at: float | None = None
    start: float | None = None
    end: float | None = None


class AskKpi(Struct, frozen=True, tag="ask-kpi"):
    """A KPI with its trend among the rows of some members: what an alert with labels is about."""

    kpi: str
    where: dict[str, str | None] = {}
    at: float | None = None
    start: float | None = None
    end: float | None = None


class KpiAmong(Struct, frozen=True, tag="kpi-among"):
    """The answer to `AskKpi`."""

    kpi: KpiState


class AskSeries(Struct, frozen=True, tag="ask-series"):
    """A KPI over time: in at most `most` buckets of a round length from `start` to before `end`."""

    kpi: str
    start: float
    end: float
    most: int = 120
    where: dict[str, str | None] = {}
    at: float | None = None


class Series(Struct, frozen=True, tag="series"):
    """The answer to `AskSeries`: `values[i]`, of `rows[i]` rows, from `edges[i]` to before `edges[i + 1]`.

    None where there is no value: a gap is a gap. `step` is what a bucket lasts, about where it is by the calendar.
    `partial`: the numbers of those that the stretch, the time that has come or the source's rows cover in part.
    `statuses` are by the limits that hold for each; `judged` says why by none, where they are for another window.
    `first` and `last` are the times of the source's first and last row.
    """

    kpi: str
    edges: list[float]
    values: list[float | None]
    rows: list[int]
    statuses: list[Status]
    step: float
    partial: list[int] = []
    judged: str = ""
    first: float | None = None
    last: float | None = None
    where: dict[str, str | None] = {}
    at: float | None = None


class AskDimensions(Struct, frozen=True, tag="ask-dimensions"):
    """By which columns a KPI can be broken down: its own dimensions and any other column with few members."""

    kpi: str
    at: float | None = None


class Dimension(Struct, frozen=True):
    """A column to break a KPI down by. `own`: the site file names it; `members` is about how many it has."""

    name: str
    own: bool
    members: int


class Dimensions(Struct, frozen=True, tag="dimensions"):
    """The answer to `AskDimensions`: the KPI's own in their order, then the others by name."""

    kpi: str
    dimensions: list[Dimension]


class AskCompare(Struct, frozen=True, tag="ask-compare"):
    """A KPI against target, other periods, and the best and typical of the last `likes` like periods."""

    kpi: str
    where: dict[str, str | None] = {}
    at: float | None = None
    likes: int = 20
    start: float | None = None
    end: float | None = None


class Comparison(Struct, frozen=True):
    """What the value now is held against. `change` is the value now minus `value`; None with the `reason`.

    `start` to `end` is the stretch compared with, cut to the point that the present one has come to; `whole_end` is
    where its period ended. `verdict`: whether now is better or worse by the KPI's direction, "" where it has none.
    For `typical`, `value` is the median of `periods` like periods, `low` and `high` are P10 and P90.
    """

    against: Against
    label: str
    value: float | None = None
    change: float | None = None
    verdict: Literal["better", "worse", "same", ""] = ""
    start: float | None = None
    end: float | None = None
    whole_end: float | None = None
    rows: int = 0
    low: float | None = None
    high: float | None = None
    periods: int = 0
    reason: str = ""


class Like(Struct, frozen=True):
    """A like period: its value up to the same point, None where the source has no rows that far back."""

    label: str
    start: float
    end: float
    value: float | None


class Compared(Struct, frozen=True, tag="compared"):
    """The answer to `AskCompare`. `running`: the window's period goes on, so all are cut to the same point in it.

    `likes` are newest first.
    """

    kpi: str
    value: float | None
    start: float | None
    end: float | None
    running: bool
    comparisons: list[Comparison]
    likes: list[Like] = []
    where: dict[str, str | None] = {}
    at: float | None = None


class AskMoved(Struct, frozen=True, tag="ask-moved"):
    """What moved a KPI against a comparison: the contributions of its components and of a dimension's members.

    `by` empty: of all the KPI's dimensions that `where` has not fixed. `against` None: what its `previous` is.
    """

    kpi: str
    by: str = ""
    where: dict[str, str | None] = {}
    against: Against | None = None
    at: float | None = None
    start: float | None = None
    end: float | None = None


class Mover(Struct, frozen=True):
    """A member's (or a component's) part in a change, in the KPI's unit; None where it has none of its own.

    `rate`: because its own value changed; `mix`: because its share of the whole did. Without `additive` of the answer
    `contribution` is None. `verdict` is by the KPI's direction.
    `low` and `high`: the 95 % interval of `contribution`, where it can be had. `held`: it has too few rows in one of
    the stretches to be blamed.
    """

    name: str | None
    contribution: float | None = None
    rate: float | None = None
    mix: float | None = None
    value: float | None = None
    previous: float | None = None
    rows: int = 0
    verdict: Literal["better", "worse", "same", ""] = ""
    low: float | None = None
    high: float | None = None
    previous_rows: int = 0
    held: bool = False


class MovedBy(Struct, frozen=True):
    """The members of one dimension, the largest contribution first; `rest` is that of the members not listed.

    Those held back come last. `explains`: 0 where each member moved by its share of the rows, then it is `even`; 1
    where one with next to none of them did it all.
    """

    by: str
    movers: list[Mover]
    total: int = 0
    rest: float = 0.0
    explains: float | None = None
    even: bool = False


class RankedMember(Struct, frozen=True):
    """A member of a dimension, in the order of what it explains of a change."""

    by: str
    member: str | None


class Moved(Struct, frozen=True, tag="moved"):
    """The answer to `AskMoved`: contributions that add up to `change` (for each dimension by itself).

    `components` are those of a derived KPI, or the ratios of one expression: by KPI name, else by their SQL. Where
    `additive` is false, `note` says why nothing adds up; values and changes of members are there all the same. `reason`
    says why there is nothing to compare. `dimensions` are in the order of how much they tell; `ranked` are the members
    of all of them: those that moved with the whole, by what they did beyond their share of the rows, then the others.
    """

    kpi: str
    against: Against
    label: str
    value: float | None
    previous: float | None
    change: float | None
    additive: bool
    components: list[Mover] = []
    dimensions: list[MovedBy] = []
    note: str = ""
    reason: str = ""
    start: float | None = None
    end: float | None = None
    previous_start: float | None = None
    previous_end: float | None = None
    ranked: list[RankedMember] = []
    where: dict[str, str | None] = {}
    at: float | None = None


class AskSql(Struct, frozen=True, tag="ask-sql"):
    """The SQL that gives what a screen shows of a KPI: its value, its breakdown `by` a dimension, or its rows."""

    kpi: str
    what: Literal["value", "breakdown", "rows"] = "value"
    by: str = ""
    where: dict[str, str | None] = {}
    at: float | None = None
    start: float | None = None
    end: float | None = None


class Sql(Struct, frozen=True, tag="sql"):
    """The answer to `AskSql`: one SELECT without parameters, as `AskQuery` takes it."""

    kpi: str
    sql: str


class Misfit(Struct, frozen=True):
    """A cell of a page that is missing because its text did not fit the column: the text, and why."""

    row: int
    column: int
    raw: str
    reason: str
