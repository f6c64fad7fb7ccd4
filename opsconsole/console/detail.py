"""What is known of one alert, below the list that it stands in."""

from __future__ import annotations

from opsconsole.console import fmt
from opsconsole.console.context import Context
from opsconsole.console.draw.charts import chart, chart_of
from opsconsole.console.draw.tile import change
from opsconsole.console.text import Line, fit, inert, wrap
from opsconsole.engine.messages import AlertState


def detail(ctx: Context, alert: AlertState, cells: int, lines: int) -> list[Line]:
    """What is known of an alert, in `lines` lines: when, how bad, whose; then the trend of its KPI."""
    model, now = ctx.model, ctx.now()
    kpi = model.kpis.get(alert.kpi)
    if kpi is not None and alert.labels:
        # the trend of all lines would say nothing of line 3
        kpi = ctx.among(alert.kpi, alert.labels)
    unit, decimals = (inert(kpi.unit), kpi.decimals) if kpi else ("", None)
    since = f"since {fmt.since(alert.since, now, model.timezone)}, {fmt.age(now - alert.since)}"
    facts = [since]
    if alert.value is not None:
        said = "now" if model.site is None or model.site.as_of is None else "then"
        facts.append(f"{said} {fmt.quantity(alert.value, unit, decimals)}")
    if alert.worst is not None:
        facts.append(f"worst {fmt.quantity(alert.worst, unit, decimals)}")
    if alert.count > 1:
        facts.append(f"{alert.count} times")
    who = "nobody has acknowledged it"
    if alert.state == "RTNUN":
        who = "back to normal, nobody has acknowledged it"
    elif alert.who:
        when = f" at {fmt.since(alert.acked_at, now, model.timezone)}" if alert.acked_at is not None else ""
        who = f"acknowledged by {inert(alert.who)}{when}"
    out: list[Line] = [fit([(" " + " · ".join(facts), "")], cells), fit([(" " + who, "")], cells)]
    labels = "  ".join(f"{inert(name)} {inert(value or '(none)')}" for name, value in alert.labels.items())
    origin = "  ".join(
        part
        for part in (labels, f"rule {inert(alert.rule)}", f"source {inert(alert.source)}" if alert.source else "")
        if part
    )
    out.append(fit([(" " + origin, "dim")], cells))
    if alert.procedure:
        out += [fit([(f" do  {line}", "")], cells) for line in wrap(inert(alert.procedure), cells - 6)[:2]]
    room = lines - len(out)
    if kpi is not None and room >= 4 and cells >= 30:
        out += chart(chart_of(kpi, model.timezone), cells, room)
    elif kpi is not None and room >= 1:
        arrow, style = change(kpi)
        title = f" {inert(kpi.title)}  {fmt.quantity(kpi.value, unit, decimals)}  "
        out.append(fit([(title, ""), (arrow, style)], cells))
    return [*out, *(fit([], cells) for _ in range(lines - len(out)))][:lines]
