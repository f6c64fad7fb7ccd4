"""What is known of one alert: who, since when and why first, then as much of the rest as there is room for."""

from __future__ import annotations

import datetime as dt

from opsconsole.console import fmt, signs
from opsconsole.console.alert_facts import Facts
from opsconsole.console.alert_lists import state_word
from opsconsole.console.context import Context
from opsconsole.console.draw.charts import chart, chart_of, spark
from opsconsole.console.draw.tile import change
from opsconsole.console.key_names import key_name
from opsconsole.console.parts import Part, fixed, shared
from opsconsole.console.text import Line, fit, inert, left, right, width, wrap
from opsconsole.engine.messages import AlertState, Event, KpiState, TablePage

CHART_LEAST, CHART_MOST = 5, 12
HEAD = 9
"""Cells of the word that begins a line."""
DAYS = " ·▁▂▃▄▅▆▇█"


def detail(ctx: Context, alert: AlertState, cells: int, lines: int, facts: Facts | None = None) -> list[Line]:
    """What is known of an alert in exactly `lines` lines; what matters less goes first where they are few."""
    out = [fit(line, cells) for line in shared(parts_of(ctx, alert, cells, facts or Facts()), lines)]
    return [*out, *(fit([], cells) for _ in range(lines - len(out)))]


def parts_of(ctx: Context, alert: AlertState, cells: int, facts: Facts, chart_most: int = CHART_MOST) -> list[Part]:
    """All that is known of an alert; its chart is at most so many lines high."""
    kpi = _kpi(ctx, alert)
    return [
        fixed(0, _who(ctx, alert, cells)),
        fixed(1, _why(ctx, alert, kpi, facts, cells)),
        fixed(0, _aside(ctx, alert)),
        fixed(0, _proposal(ctx, alert)),
        *_trend(ctx, kpi, cells, chart_most),
        fixed(3, _history(facts)),
        fixed(4, _procedure(alert, facts, cells), 1, after=9),
        fixed(5, _said(ctx, alert, facts), 1, after=7),
        fixed(7, _related(ctx, alert, facts), 1),
        fixed(6, evidence(facts, cells), 2, after=8),
        fixed(8, _origin(alert, cells), 1),
    ]


def _head(word: str) -> tuple[str, str]:
    return (f" {word}".ljust(HEAD), "dim")


def _kpi(ctx: Context, alert: AlertState) -> KpiState | None:
    """The KPI among the rows that the alert is about: the trend of all lines would say nothing of line 3."""
    kpi = ctx.model.kpis.get(alert.kpi)
    return ctx.among(alert.kpi, alert.labels) if kpi is not None and alert.labels else kpi


def _joined(head: tuple[str, str], said: list[tuple[str, str]], cells: int) -> list[Line]:
    """What is said, parted by dots, on as many lines as it takes; nothing is cut off."""
    lines: list[Line] = [[head]]
    used = width(head[0])
    for text, style in said:
        dot = " · " if len(lines[-1]) > 1 else ""
        if dot and used + width(dot) + width(text) > cells:
            lines.append([(" " * width(head[0]), "")])
            used, dot = width(head[0]), ""
        lines[-1] += [(dot, "dim"), (text, style)]
        used += width(dot) + width(text)
    return lines if said else []


def _who(ctx: Context, alert: AlertState, cells: int) -> list[Line]:
    now, zone = ctx.now(), ctx.model.timezone
    said = [(f"since {fmt.since(alert.since, now, zone)}, {fmt.age(now - alert.since)}", "")]
    if alert.who:
        at = f" {fmt.since(alert.acked_at, now, zone)}" if alert.acked_at is not None else ""
        said.append((f"acknowledged by {inert(alert.who)}{at}", ""))
    elif alert.state in ("UNACK", "RTNUN"):
        back = "back to normal, " if alert.state == "RTNUN" else ""
        said.append((f"{back}nobody has acknowledged it", "bold"))
    if alert.owner:
        said.append((f"{inert(alert.owner)} has it", ""))
    if alert.escalation:
        said.append((f"escalated {alert.escalation}", "warning"))
    if alert.disposition:
        said.append((f"closed as {alert.disposition}", ""))
    head = f" {state_word(alert)} ".ljust(HEAD)
    return _joined((head, "dim" if signs.put_aside(alert) else "bold"), said, cells)


def _why(ctx: Context, alert: AlertState, kpi: KpiState | None, facts: Facts, cells: int) -> list[Line]:
    unit, decimals = (inert(kpi.unit), kpi.decimals) if kpi else ("", None)
    said: list[str] = []
    if alert.value is not None:
        when = "now" if ctx.model.site is None or ctx.model.site.as_of is None else "then"
        said.append(f"{when} {fmt.quantity(alert.value, unit, decimals)}")
    if alert.worst is not None:
        said.append(f"worst {fmt.quantity(alert.worst, unit, decimals)}")
    limit = facts.detail.limit if facts.detail is not None else None
    if limit is None and kpi is not None:
        limit = kpi.critical if alert.priority == "critical" else kpi.warning
    if limit is not None:
        said.append(f"limit {fmt.quantity(limit, unit, decimals)}")
    if alert.count > 1:
        said.append(f"{alert.count} times")
    if alert.quality != "good":
        said.append({"stale": "its data is stale: it stays as it was", "error": "its rule fails"}[alert.quality])
    beside = sum(each.incident == alert.incident for each in ctx.model.alerts.values()) if alert.incident else 0
    if beside > 1:
        said.append(f"came first of {beside}" if alert.first_out else f"one of {beside} in its incident")
    return _joined(_head("why"), [(each, "") for each in said], cells)


def _aside(ctx: Context, alert: AlertState) -> list[Line]:
    """Who put it aside, until when and why."""
    now, zone = ctx.now(), ctx.model.timezone
    if alert.state == "SUPPRESSED":
        by = ", ".join(map(inert, alert.suppressed))
        return [[_head("silent"), (f"suppressed by {by}; it calls nobody until that has gone", "")]]
    if not alert.put_by:
        return []
    since = f" at {fmt.since(alert.put_at, now, zone)}" if alert.put_at is not None else ""
    if alert.state == "OOS":
        return [[_head("out"), (f"out of service by {inert(alert.put_by)}{since}: {inert(alert.reason)}", "")]]
    if alert.until is None:
        until = "until it clears"
    else:
        until = f"until {fmt.since(alert.until, now, zone)} ({fmt.age(alert.until - now)} left)"
    return [[_head("shelved"), (f"by {inert(alert.put_by)} {until}: {inert(alert.reason)}", "")]]


def _proposal(ctx: Context, alert: AlertState) -> list[Line]:
    if not alert.chatters or signs.put_aside(alert):
        return []
    return [
        [
            _head("~"),
            ("it comes and goes too often to be read: ", ""),
            (ctx.told("{shelve}"), "key"),
            (f" {key_name('enter')} shelves it for 1h", ""),
        ]
    ]


def _trend(ctx: Context, kpi: KpiState | None, cells: int, most: int) -> list[Part]:
    """The trend with its limits: a chart where there is room, else a line."""
    if kpi is None or cells < 30:
        return []

    def draw(lines: int) -> list[Line]:
        if lines >= CHART_LEAST:
            return chart(chart_of(kpi, ctx.model.timezone), cells, lines, ctx.model.changed(kpi.name))
        arrow, style = change(kpi)
        value = f"  {fmt.quantity(kpi.value, inert(kpi.unit), kpi.decimals)} "
        room = cells - HEAD - width(value) - width(arrow) - 1
        return [[_head("trend"), (spark(kpi.trend, min(40, room)), "bar"), (value, ""), (arrow, style)]]

    return [Part(2, 1, most, draw, after=6, jump=CHART_LEAST)]


def _history(facts: Facts) -> list[Line]:
    """How often on each of the last days, the newest at the right."""
    if facts.detail is None or not facts.detail.days:
        return []
    days = facts.detail.days
    most = max(days)
    total = sum(days)
    marks = "".join(DAYS[1] if not number else DAYS[1 + max(1, round(number / most * 8))] for number in days)
    busiest = _busiest(facts.detail.first_day, days)
    return [[_head("history"), (f"{total} in {len(days)} d  ", ""), (marks, ""), (busiest, "dim")]]


def _busiest(first: str, days: list[int]) -> str:
    """The weekday on which most of them fall, where it stands out."""
    try:
        start = dt.date.fromisoformat(first)
    except ValueError:
        return ""
    by_weekday = [0] * 7
    for ahead, number in enumerate(days):
        by_weekday[(start + dt.timedelta(days=ahead)).weekday()] += number
    most = max(by_weekday)
    if sum(by_weekday) < 5 or most * 2 <= sum(by_weekday):
        return ""
    return f"  mostly {('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[by_weekday.index(most)]}"


def evidence(facts: Facts, cells: int) -> list[Line]:
    """The first rows behind it: a header and a line for each."""
    if facts.rows is None or not facts.rows.columns:
        return [[_head("rows"), (inert(facts.trouble), "dim")]] if facts.trouble else []
    return _table(facts.rows, cells)


def _table(rows: TablePage, cells: int) -> list[Line]:
    texts = [[inert(fmt.value_text(value)) for value in column] for column in rows.data]
    sizes = [
        min(24, max([width(inert(name)), *map(width, column)]))
        for name, column in zip(rows.columns, texts, strict=True)
    ]
    room, shown = cells - HEAD - 1, 0
    while shown < len(sizes) and sum(sizes[: shown + 1]) + 2 * shown <= room:
        shown += 1
    shown = max(1, shown)

    # numbers stand below each other at the right, as in a table
    ends = [any(isinstance(value, (int, float)) and value is not True for value in column) for column in rows.data]

    def line(values: list[str]) -> str:
        kept = zip(values, sizes[:shown], ends, strict=False)
        return "  ".join(right(value, size) if end else left(value, size) for value, size, end in kept)

    count = len(rows.files)
    head: Line = [_head("rows"), (line([inert(name) for name in rows.columns]), "dim")]
    body: list[Line] = [[(" " * HEAD, ""), (line([column[at] for column in texts]), "")] for at in range(count)]
    if not body:
        return [[_head("rows"), ("none at the moment", "dim")]]
    return [head, *body]


def _procedure(alert: AlertState, facts: Facts, cells: int) -> list[Line]:
    if not alert.procedure:
        return []
    found = facts.procedure
    if found is None or found.trouble or not found.steps:
        text = inert(found.trouble if found is not None and found.trouble else alert.procedure)
        return [
            [_head("do"), (line, "")] if not at else [(" " * HEAD + line, "")]
            for at, line in enumerate(wrap(text, cells - HEAD))
        ]
    done = sum(bool(step.ticked_by) for step in found.steps)
    name = inert(found.title or found.path)
    lines: list[Line] = [
        [
            _head("do"),
            (name, ""),
            (f"  {done} of {len(found.steps)} steps done", "bold" if done < len(found.steps) else "dim"),
            ("  (o)", "dim"),
        ]
    ]
    for step in found.steps:
        mark = "✓" if step.ticked_by else "·"
        by = f"  {inert(step.ticked_by)}" if step.ticked_by else ""
        lines.append(
            [
                (" " * HEAD, ""),
                (f"{mark} {step.number} {inert(step.text)}", "dim" if step.ticked_by else ""),
                (by, "dim"),
            ]
        )
    return lines


def _said(ctx: Context, alert: AlertState, facts: Facts) -> list[Line]:
    """What people and the system did, the newest first; the last comment in any case."""
    events = facts.detail.events if facts.detail is not None else []
    if not events:
        return [[_head("note"), (f"{inert(alert.note_by)}: {inert(alert.note)}", "")]] if alert.note else []
    # where there is room for one line only, what a person wrote is worth most
    first = next((event for event in events if event.what == "commented"), events[0])
    ordered = [first, *(event for event in events if event is not first)]
    return [_event(ctx, event, not at) for at, event in enumerate(ordered)]


def _event(ctx: Context, event: Event, first: bool) -> Line:
    stamp = fmt.since(event.at, ctx.now(), ctx.model.timezone)
    actor = inert(event.actor.split(" ", 1)[0])
    what = inert(event.what or event.kind)
    # of what a person did the reason is what they wrote; the text is that of the alert, which stands above
    text = inert(event.reason or (event.text if event.uid is None else ""))
    said = text if event.what == "commented" and text else f"{what}: {text}" if text else what
    head = _head("log") if first else (" " * HEAD, "")
    return [
        head,
        (f"{stamp} ", "dim"),
        (f"{actor}  ", "" if actor != "system" else "dim"),
        (said, "" if actor != "system" else "dim"),
    ]


def _related(ctx: Context, alert: AlertState, facts: Facts) -> list[Line]:
    """What belongs to it, those of its incident before those of the same labels; the one that came first is marked."""
    related = facts.detail.related if facts.detail is not None else []
    known = ctx.model.alerts
    mates = {each.id for each in related if each.id in known and known[each.id].incident == alert.incident != ""}
    lines: list[Line] = []
    for other in sorted(related, key=lambda each: (each.id not in mates, not each.first_out, each.since)):
        first = "first  " if other.first_out and other.id in mates else ""
        since = fmt.since(other.since, ctx.now(), ctx.model.timezone)
        lines.append(
            [
                _head("related") if not lines else (" " * HEAD, ""),
                (f"{signs.alert_sign(other.priority)} ", other.priority),
                (first, "bold"),
                (f"{inert(other.text)}  ", ""),
                (f"{signs.STATE_WORDS[other.state]} {since}", "dim"),
            ]
        )
    return lines


def _origin(alert: AlertState, cells: int) -> list[Line]:
    said = [f"{inert(name)}={inert(value or '(none)')}" for name, value in alert.labels.items()]
    said += [
        f"{word} {inert(name)}"
        for word, name in (("area", alert.area), ("rule", alert.rule), ("source", alert.source))
        if name
    ]
    return _joined(_head("of"), [(each, "dim") for each in said], cells)
