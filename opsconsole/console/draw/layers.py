"""What the engine knows of a KPI on the KPI's own chart: control limits with signals, the forecast, anomalies.

So that lines can be seen the values are points here and no columns: `•` is a value, `x` one at which a rule of the
control chart signals, `*` an anomaly at its onset, `#` both. `─` with gaps are the control limits, without the centre;
`┄` is a limit of the KPI. Right of `┊` lies what comes: `╌` the forecast, `░` its interval. Words below say the rest.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from opsconsole.console import fmt
from opsconsole.console.draw.charts import bounds, merged, status_of
from opsconsole.console.draw.course import AXIS_LINES, Course, Scale, bucket_at, columns, events, read_out, times
from opsconsole.console.text import Line, fit, inert, left, plain, right, width, wrap
from opsconsole.engine.messages import KpiState, Mark, Series

Told = Mapping[str, Any]
VALUE, SIGNAL, ANOMALY, BOTH = "•", "x", "*", "#"
LEAST_LINES = 5
_SHORT = 4
"""So many lines words take of a low chart."""
_AHEAD = 2 / 3
"""What comes takes at most so much of the room that what was has."""
_ALIKE = 0.02
"""Columns that differ by so little from points are as long."""
_EDGE = 1e-3
Field = list[list[tuple[str, str]]]


def own_chart(
    told: Told, kpi: KpiState, timezone: str, cells: int, lines: int, changed: Sequence[float] = ()
) -> list[Line]:
    """The latest points of what was told, as many as there is room for, and the words below; needs 24x6 cells."""
    below = words(told, kpi, timezone, cells, max(min(lines - LEAST_LINES, _SHORT), lines - 2 * LEAST_LINES))
    points = told["points"]
    known = next((at for at, value in enumerate(points["value"]) if value is not None), None)
    if known is None:
        out = [fit([(" no values yet", "dim")], cells)]
        return _filled([*out, *below], cells, lines)
    most = columns_for(told, kpi, cells)
    first = max(known, len(points["value"]) - most)
    values, starts = points["value"][first:], points["start"][first:]
    series = Series(
        told["kpi"],
        [*starts, points["end"][-1]],
        values,
        [0] * len(values),
        [status_of(kpi, value) if told["judged"] else "nolimit" for value in values],
        (points["end"][-1] - starts[0]) / len(values),
        judged="" if told["judged"] else "not judged",
    )
    marks = [Mark(at, "changed", "", "", "low") for at in changed]
    of = Course(series, kpi, marks, None, timezone)
    return _filled([*draw(of, told, cells, lines - len(below), points["length"]), *below], cells, lines)


def draw(of: Course, told: Told, cells: int, lines: int, length: float | None = None) -> list[Line]:
    """The chart of a course with what was told, `lines` high; needs 24x5 cells. `length`: the seconds that a value is
    of, where these are more than its column."""
    if not any(value is not None for value in of.series.values):
        return _filled([fit([(" no values in this stretch", "dim")], cells)], cells, lines)
    fair = comparable(told, length if length is not None else of.series.step)
    whole = replace(of, series=_extended(of.series, told, columns(of.kpi, cells)))
    rows, count = lines - AXIS_LINES, len(of.series.values)
    lines_at = [_limits_at(told, whole.series, at, fair) for at in range(len(whole.series.values))]
    marked = _marked(told, of, fair)
    coming = [_coming(told, whole.series, at) if at >= count else None for at in range(len(whole.series.values))]
    scale, tails = _scale(whole, marked, lines_at, coming, cells, rows)
    field: Field = [[(" ", "")] * scale.room for _ in range(rows)]

    def row(value: float) -> int:
        return min(rows - 1, max(0, int((scale.high - value) / (scale.high - scale.low) * rows)))

    for limit in of.limits:
        if scale.low <= limit.value <= scale.high:
            field[row(limit.value)] = [("┄", limit.style or "dim")] * scale.room
    for at, found in enumerate(coming):
        _band(field, scale, at, found, row)
    for at, edges in enumerate(lines_at):
        _lines(field, scale, at, edges, row)
    if len(whole.series.values) > count:
        for y in range(rows):
            field[y][scale.at(count)] = ("┊", "dim")
    for at, value in enumerate(of.series.values):
        _value(field, scale, of, at, value, row)
    for at, (sign, value) in marked.items():
        field[row(value)][_middle(scale, at)] = (sign, "warning bold")
    ends = _ends(tails, row)
    out: list[Line] = []
    for y, line in enumerate(field):
        middle = scale.high - (scale.high - scale.low) * (y + 0.5) / rows
        label = fmt.number(middle, of.kpi.decimals) if y % 2 == 0 or rows < 6 else ""
        side = "║" if of.good(middle) else "┤" if label else "│"
        tail: Line = []
        if y in ends:
            text, style = ends[y]
            tail = [(left(f" {text}", scale.tail), style)]
        out.append(fit(merged([(f"{right(label, scale.axis)} {side}", "dim"), *line, *tail]), cells))
    pad = " " * scale.axis
    out.append(fit([(f"{pad} └", "dim"), *events(whole, scale)], cells))
    out.append(fit([(f"{pad}  ", ""), (times(whole, scale), "dim")], cells))
    return out


# --- what lies where ---


def columns_for(told: Told | None, kpi: KpiState, cells: int) -> int:
    """For about how many buckets a chart so wide has room, beside what comes."""
    there = columns(kpi, cells)
    return there if told is None or told["forecast"] is None else max(8, int(there / (1 + _AHEAD)))


def _extended(series: Series, told: Told, room: int) -> Series:
    """The series with empty buckets for what comes, where it reaches the present and there is room."""
    forecast, end = told["forecast"], series.edges[-1]
    ahead = forecast["ahead"] if forecast is not None and not forecast["lacking"] else []
    if not ahead or ahead[-1] <= end or end < ahead[0] - forecast["step"] - max(forecast["step"], series.step):
        return series
    count = min(math.ceil((ahead[-1] - end) / series.step), int(len(series.values) * _AHEAD), room - len(series.values))
    if count <= 0:
        return series
    edges = [end + series.step * (at + 1) for at in range(count)]
    return replace(
        series,
        edges=[*series.edges, *edges],
        values=[*series.values, *[None] * count],
        rows=[*series.rows, *[0] * count],
        statuses=[*series.statuses, *["nodata"] * count],
    )


def comparable(told: Told, length: float) -> bool:
    """Whether control limits may lie over values of so many seconds: they are as long, or length does not matter."""
    return bool(told["level"]) or alike(told, length)


def alike(told: Told, length: float) -> bool:
    """Whether values are of as many seconds as the points that control limits are of."""
    return abs(length - float(told["step"])) <= _ALIKE * float(told["step"])


def _limits_at(told: Told, series: Series, at: int, fair: bool) -> tuple[float | None, ...]:
    """Lower limit, centre and upper limit over a bucket: those of the point it lies in, after the last those of it."""
    limits = told["limits"]
    if limits is None or limits["lacking"] or not limits["end"] or not fair:
        return None, None, None
    middle = (series.edges[at] + series.edges[at + 1]) / 2
    place = min(bisect.bisect_left(limits["end"], middle), len(limits["end"]) - 1)
    return limits["lower"][place], limits["centre"][place], limits["upper"][place]


def _coming(told: Told, series: Series, at: int) -> tuple[float, float, float] | None:
    """Forecast and the ends of its interval in a bucket ahead: those of the step that is nearest to its middle."""
    forecast = told["forecast"]
    if forecast is None or forecast["lacking"]:
        return None
    ahead, middle = forecast["ahead"], (series.edges[at] + series.edges[at + 1]) / 2
    place = bisect.bisect_left(ahead, middle)
    near = [each for each in (place - 1, place) if 0 <= each < len(ahead)]
    best = min(near, key=lambda each: abs(ahead[each] - middle))
    found = forecast["point"][best], forecast["low"][best], forecast["high"][best]
    return None if None in found else found


def _marked(told: Told, of: Course, fair: bool) -> dict[int, tuple[str, float]]:
    """By bucket the sign of a signal or an anomaly in it, and at which value it stands."""
    signs: dict[int, tuple[str, float]] = {}
    for name, key, sign in (("limits", "signals", SIGNAL), ("anomalies", "found", ANOMALY)):
        for each in (told[name] or {}).get(key, ()):
            at = bucket_at(of.series, each["end"] - _EDGE)
            if at is None:
                continue
            value = of.series.values[at] if not fair else each["value"]
            before = signs.get(at)
            if value is not None:
                both = before is not None and before[0] != sign
                signs[at] = BOTH if both else sign, float(value)
    return signs


def _scale(
    of: Course, marked: Mapping[int, tuple[str, float]], lines_at: Sequence[tuple[float | None, ...]],
    coming: Sequence[tuple[float, float, float] | None], cells: int, rows: int,
) -> tuple[Scale, list[tuple[float, str, str]]]:  # fmt: skip
    """Where things lie, and what is written at the right: at which value, in which style."""
    decimals = of.kpi.decimals
    tails = [(limit.value, f"{limit.label} {fmt.number(limit.value)}", limit.style) for limit in of.limits]
    last = next((each for each in reversed(lines_at) if each[1] is not None), (None, None, None))
    for name, value in zip(("lower", "centre", "upper"), last, strict=True):
        if value is not None:
            tails.append((value, f"{name} {fmt.number(value, decimals)}", "dim"))
    known = [value for value in of.series.values if value is not None]
    known += [value for each in (*lines_at, *(each for each in coming if each)) for value in each if value is not None]
    known += [value for _, value in marked.values()]
    low, high = bounds([*known, *(limit.value for limit in of.limits)], of.kpi.unit == "%", 0.06)
    labels = [fmt.number(high - (high - low) * (y + 0.5) / rows, decimals) for y in range(rows)]
    axis = max(map(width, labels))
    tail = max((width(text) + 1 for _, text, _ in tails), default=0)
    count = len(of.series.values)
    return Scale(low, high, axis, tail, max(count, cells - axis - 2 - tail), count), tails


# --- what is drawn ---


def _middle(scale: Scale, at: int) -> int:
    return scale.at(at) + (scale.wide(at) - 1) // 2


def _band(field: Field, scale: Scale, at: int, found: tuple[float, float, float] | None, row: Any) -> None:
    if found is None:
        return
    point, low, high = found
    for x in range(scale.at(at), scale.at(at + 1)):
        for y in range(row(high), row(low) + 1):
            if field[y][x][0] == " ":
                field[y][x] = ("░", "dim")
        field[row(point)][x] = ("╌", "bold")


def _lines(field: Field, scale: Scale, at: int, found: tuple[float | None, ...], row: Any) -> None:
    """The centre whole, the limits with gaps, through which a limit of the KPI in the same row shows."""
    for place, value in enumerate(found):
        if value is None:
            continue
        for x in range(scale.at(at), scale.at(at + 1)):
            under = field[row(value)][x][0]
            if (under == " " and (place == 1 or x % 2 == 0)) or (under == "┄" and place != 1 and x % 2 == 0):
                field[row(value)][x] = ("─", "dim")


def _value(field: Field, scale: Scale, of: Course, at: int, value: float | None, row: Any) -> None:
    x = _middle(scale, at)
    if at == of.cross:
        for line in field:
            if line[x][0] == " ":
                line[x] = ("│", "bold")
    if value is not None:
        status = of.series.statuses[at]
        style = status if status in ("critical", "warning") else ""
        field[row(value)][x] = (VALUE, f"{style} bold".strip() if at == of.cross else style)


def _ends(tails: Sequence[tuple[float, str, str]], row: Any) -> dict[int, tuple[str, str]]:
    """What stands at the right of rows: the KPI's limits, and control limits where no other has the row."""
    out: dict[int, tuple[str, str]] = {}
    for value, text, style in tails:
        out.setdefault(row(value), (text, style))
    return out


def _filled(out: list[Line], cells: int, lines: int) -> list[Line]:
    return [*out, *(fit([], cells) for _ in range(lines - len(out)))][:lines]


# --- in words ---


def words(told: Told, kpi: KpiState, timezone: str, cells: int, most: int) -> list[Line]:
    """A line or two for each layer that is drawn: the forecast first, as it is about what comes; `most` at most."""
    said = [
        *_forecast_said(told, kpi, timezone),
        *_limits_said(told, kpi, timezone),
        *_unusual_said(told, kpi, timezone),
    ]
    room = max(0, most)
    out: list[Line] = []
    for at, (text, style) in enumerate(said):
        lines = wrap(inert(text), cells - 2)
        free = room - len(out) - (len(said) - at - 1)
        out += [fit([(f" {part}", style)], cells) for part in lines[: max(1, free)]]
    return out[:room]


def beneath(of: Course, told: Told, cells: int, lines: int) -> list[Line]:
    """Below a chart with a crosshair: what is under it, with its signals and anomalies; without one the words."""
    if of.cross is None:
        said = words(told, of.kpi, of.timezone, cells, lines)
        careful = note(told, of.series)
        if careful and len(said) < lines:
            said.append(fit([(f" {careful}", "dim")], cells))
        return _filled(said, cells, lines)
    here: list[Line] = []
    for each in (told["limits"] or {}).get("signals", ()):
        if bucket_at(of.series, each["end"] - _EDGE) == of.cross:
            here.append(fit([(f" {SIGNAL} {inert(', '.join(each['words']))}", "warning")], cells))
    for each in (told["anomalies"] or {}).get("found", ()):
        if bucket_at(of.series, each["end"] - _EDGE) == of.cross:
            here.append(fit([(f" {ANOMALY} unusual{_expected(each, of.kpi)}", "warning")], cells))
    here = here[: lines - 1]
    out = [line for line in read_out(of, cells, lines) if plain(line).strip()]
    return _filled([*out[:1], *here, *out[1:]], cells, lines)


def note(told: Told, series: Series) -> str:
    """What is to be known of control limits over these columns, if anything."""
    limits = told["limits"]
    if limits is None or limits["lacking"] or alike(told, series.step):
        return ""
    if not comparable(told, series.step):
        return f"control limits are of {limits['of']} points and not drawn over columns of another length"
    way = "shorter columns vary more" if series.step < told["step"] else "longer columns vary less"
    return f"control limits are of {limits['of']} points; {way}"


def _forecast_said(told: Told, kpi: KpiState, timezone: str) -> list[tuple[str, str]]:
    forecast = told["forecast"]
    if forecast is None:
        return []
    if forecast["lacking"]:
        return [(f"forecast: {forecast['lacking']}", "dim")]
    open_ = [each for each in forecast["crossings"] if not each["crossed"]] or forecast["crossings"]
    if open_:
        # the worse limit where it is likely, else the one that is likelier
        likely = [each for each in open_ if each["probability"] > 0.5]
        chosen = likely[-1] if likely else max(open_, key=lambda each: float(each["probability"]))
        return [(chosen["said"], chosen["name"] if likely and not chosen["crossed"] else "")]
    point, low, high = (forecast[key][-1] for key in ("point", "low", "high"))
    if point is None or low is None or high is None:
        return []
    quantity, least, most = (fmt.quantity(each, kpi.unit, kpi.decimals) for each in (point, low, high))
    at = fmt.day_clock(forecast["ahead"][-1], timezone)
    return [(f"forecast for {at}: {quantity} ({100 * forecast['interval']:.0f} %: {least} to {most})", "")]


def _limits_said(told: Told, kpi: KpiState, timezone: str) -> list[tuple[str, str]]:
    limits = told["limits"]
    if limits is None:
        return []
    if limits["lacking"]:
        return [(f"control limits: {limits['lacking']}", "dim")]
    latest = limits["signals"][-1] if limits["signals"] else None
    lower, centre, upper = (_latest(limits[name], kpi) for name in ("lower", "centre", "upper"))
    base = f"control limits {lower} to {upper} around {centre}, of {limits['of']} points ({limits['kind']})"
    if latest is None:
        return [(f"no signal · {base}", "")]
    at = fmt.day_clock(latest["end"], timezone)
    value = fmt.quantity(latest["value"], kpi.unit, kpi.decimals)
    more = f", {len(latest['words']) - 1} more" if len(latest["words"]) > 1 else ""
    return [(f"{SIGNAL} {at} {value}: {latest['words'][0]}{more} · {base}", "")]


def _latest(values: Sequence[float | None], kpi: KpiState) -> str:
    return fmt.number(next((each for each in reversed(values) if each is not None), None), kpi.decimals)


def _unusual_said(told: Told, kpi: KpiState, timezone: str) -> list[tuple[str, str]]:
    found = told["anomalies"]
    if found is None:
        return []
    if found["lacking"]:
        return [(f"anomalies: {found['lacking']}", "dim")]
    budget = f"{found['per_week']:g} false a week are accepted"
    if not found["found"]:
        return [(f"anomalies: nothing was unusual · {budget}", "")]
    latest = found["found"][-1]
    at = fmt.day_clock(latest["start"], timezone)
    value = fmt.quantity(latest["value"], kpi.unit, kpi.decimals)
    return [(f"{ANOMALY} {at} {value} was unusual{_expected(latest, kpi)} · {budget}", "")]


def _expected(each: Mapping[str, Any], kpi: KpiState) -> str:
    if each["expected"] is None:
        return ""
    return f", about {inert(fmt.quantity(each['expected'], kpi.unit, kpi.decimals))} was expected"
