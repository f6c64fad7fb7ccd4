"""A site file that uses every key, and a way to parse texts without files."""

from __future__ import annotations

from collections.abc import Mapping

from opsconsole.site.parse import Loaded, parse_site

FULL = """\
site: North plant
timezone: Europe/Berlin
clock: {mode: replay, speed: 60, start: 2026-06-24 05:30, since: 2026-06-24T09:00:00Z}
state: ~/opsconsole-state
every: 10s
disk: 20 GB
alert_from: shift start
layouts: layouts
calendar:
  shifts:
    - {name: Early, start: 06:00, end: "14:00", breaks: [{start: 09:00, end: "09:15"}]}
    - {name: Late, start: "14:00", end: "22:00", days: mon-sat}
    - {name: Night, start: "22:00", end: 06:00, on_holidays: true}
  rotation: {teams: [A, B, C, D], pattern: [2 Early, 2 Late, 2 Night, 2 off], start: 2026-01-05, offset: 2}
  working: {days: [mon-thu, sat], start: 08:00, end: "17:00"}
  holidays: {country: DE, region: BY, add: {2026-08-08: Peace Festival, 12-24: Christmas Eve}, remove: 10-31}
sources:
  cycles:
    title: Machine cycles
    files: data/cycles/*.csv
    format: csv
    time: ts
    timezone: UTC
    dimensions: [line, station]
    columns: {order: text, cycle_s: number}
    read:
      encoding: cp1252
      fallback: iso8859-2
      delimiter: ";"
      quote: "'"
      escape: '\\'
      decimal: ","
      dates: dmy
      header: 3
      sheet: Data
      range: B3:F200
      null: [NA, null]
    settle: 20s
    fresh_within: 15m
    schema: strict
    key: order
    latest: ts
    on_delete: keep
    retain: 400d
    watch: poll
    scan: {hot: 5s, full: 1m}
    verify: full
  limits: {files: limits.csv}
  stops:
    sql: SELECT c.*, o.due FROM cycles c LEFT JOIN orders o USING ("order")
    time: ts
    until: ended
    elements: {PQ: qty}
  orders:
    files: [data/orders/*.jsonl, more/*.jsonl]
  events: {files: log/*.log, format: lines, read: {pattern: '(?P<ts>\\S+) (?P<text>.*)'}}
kpis:
  scrap_ratio:
    title: Scrap ratio
    description: Scrapped pieces of all pieces made
    owner: M. Weber
    objective: Quality
    procedure: procedures/scrap.md
    source: cycles
    value: 100 * sum(scrap) / sum(qty)
    where: station = 'weld'
    unit: "%"
    decimals: 1
    better: lower
    window: shift
    target: 2
    warning: 3
    critical: 5
    by: [line, station]
    range: [0, 100]
    targets: [{where: {line: "3"}, target: 2.5}, {shift: Night, warning: 3.5, critical: 6}]
    targets_from: limits
    floor: 6
    baseline: 4
    audience: [operator, supervisor]
    weight: 2
    priority: 1
    formula: SQ / PQ
    scope: work unit
    timing: real-time
    usage: Daily stand-up
    methodology: Counted by the press
    chart: {kind: xmr, baseline: "2026-06-01..2026-06-20", every: 1h, rules: [default, western], lsl: 1, usl: 4}
    notes: Without rework
  made: {source: cycles, value: sum(qty), window: shift, cumulative: true, target: sum(plan)}
  scrapped: {source: stops, use: iso22400.scrap_ratio, elements: {SQ: scrap}}
  load: made / takt
  takt:
    source: cycles
    value: avg(cycle_s)
    better: target
    target: 30
    tolerance: 1.5
  order_count:
    source: orders
    value: count(*)
objectives:
  quality: {title: Quality, description: Fewer complaints, perspective: Customer, owner: A. Demir, weight: 2}
rules:
  scrap_by_line:
    title: "{line} scrap {value} over {limit}"
    kpi: scrap_ratio
    by: [line]
    for: 10m
    clear: 5m
  many_orders: {kpi: order_count, when: "> 70", priority: critical, procedure: p.md}
  slow: {source: cycles, rows: cycle_s > 600, within: 1h, at_least: 2, by: station}
  silent_orders: {source: orders, silent: 30m}
  rising: {kpi: scrap_ratio, when: "> 10 %", change: 10m, by: line, for: 10m, times: 3, deadband: 2, area: press_shop}
  odd: {source: cycles, anomaly: 2 per week, columns: [qty, cycle_s], by: line}
  oddly: {kpi: scrap_ratio, anomaly: 1 per month}
  soon: {kpi: scrap_ratio, forecast: "crosses 5 within 2h, probability > 0.9", by: line}
  shifted: {kpi: scrap_ratio, control: [rule1, ewma], by: line}
  unusual: {kpi: scrap_ratio, when: "> 5", against: week, by: line, recover: "< 3", latch: true, acknowledge: false}
  overdue: {source: orders, due: due_at, unless: done, ahead: 2h, realarm: 4h, realarms: 2}
  both: {combine: rising and not slow, inhibited_by: [unusual, silent_orders]}
  quiet: {source: cycles, silent: 10m, within: 2d, by: line, inhibited_by: unusual, equal: line}
  order_late: {flow: orders, late: probability > 0.8}
  crowded: {flow: orders, wip: cases > P95, for: 1h}
  stuck: {flow: orders, bottleneck: share > 50 %, at_least: 5}
incidents: {by: [line], within: 5m}
chatter: {times: 4, within: 2m}
roles: {supervisor: [ana, "@leads"], operator: "@shift", viewer: guest}
shelving:
  operator: {critical: 10m, warning: 4h, low: 12h}
  supervisor: {critical: 8h}
notify:
  targets:
    oncall: "${env:ONCALL_URL}"
    leads: {url_file: secrets/leads}
    board: {url: "json://board.example/alerts"}
  routes:
    - {to: oncall, priority: [critical, warning], group_by: [incident, line], group_wait: 1m, interval: 10m, repeat: 1h}
    - {to: [board], areas: press_shop, during: [Early, working], quiet: "22:00-06:00", resolved: false}
  heartbeat: {url: "https://switch.example/${env:SWITCH}", every: 2m}
escalation:
  - {after: 30m, to: [leads, oncall], areas: [press_shop]}
  - {after: 15m, to: leads, priority: critical}
areas:
  press_shop: {title: Press shop, procedure: procedures/press.md, position: Shift lead}
procedure: procedures/any.md
flows:
  orders: {title: Orders, source: orders, where: qty > 0, case: id, activity: step, time: ts, lifecycle: phase,
    resource: worker, by: customer, done: [shipped], sla: 5d, working: true}
  repairs: {source: orders, case: id, activity: step, start: begun, end: ended, closed: closed_at, due: promised}
  visits: {source: orders, case: id, stages: {came: t0, left: t1}}
  line: {source: orders, station: station, start: begun, end: ended, within: 2h}
"""

LAYOUT = """\
title: Overview
rows:
  - height: 5
    panels: [{kpi: scrap_ratio}, {kpi: takt, title: Takt, width: 2}]
  - [{alerts: open}]
  - [{breakdown: scrap_ratio, by: station}, {grid: scrap_ratio}]
  - [{goals: all, width: 2}, {attention: all}]
  - - {sources: all}
    - text: |
        Call 4711
  - - {chart: scrap_ratio, by: line, most: 3}
    - width: 2
      stack: [{number: takt}, {gauge: scrap_ratio, height: 3}, {clock: site}, {shift: now}]
  - [{bars: scrap_ratio}, {pareto: takt, by: station}, {top: takt, most: 5}]
  - [{table: stops, columns: [ts, station]}, {flow: orders, most: 4}]
  - [{chart: takt, draw: [limits, forecast]}]
"""


def parse(site: str | bytes, layouts: Mapping[str, str | bytes] | None = None) -> Loaded:
    """Parse texts as `load_site` would parse the files."""

    def read(folder: str) -> Mapping[str, bytes]:
        if layouts is None:
            raise FileNotFoundError(2, "No such file or directory", folder)
        return {f"{folder}/{name}": _bytes(text) for name, text in layouts.items()}

    return parse_site(_bytes(site), read, folder="plant")


def messages(loaded: Loaded) -> list[str]:
    """All problems as a person sees them."""
    return [str(problem) for problem in loaded.problems]


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
