"""Site files: what a good one gives, and that every mistake is reported at its place, all at once."""

# ruff: noqa: E501
# Tables of cases read better with one case to a line.
from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from opsconsole.site.model import (
    Area,
    Kpi,
    Layout,
    LayoutRow,
    Objective,
    Panel,
    Read,
    Rule,
    Scan,
    Shift,
    Site,
    Source,
    Stack,
    Targets,
    Window,
)
from opsconsole.site.parse import load_site
from tests.site.examples import FULL, LAYOUT, messages, parse

MINIMAL = """\
sources:
  cycles: {files: "*.csv", time: ts, dimensions: [line]}
  plain: {files: plain.csv}
kpis:
  scrap: {source: cycles, value: sum(scrap)}
"""


def good(text: str, layouts: dict[str, str | bytes] | None = None) -> Site:
    loaded = parse(text, layouts)
    assert messages(loaded) == []
    assert loaded.site is not None
    return loaded.site


# --- what a good file gives ------------------------------------------------------------------------------------


def test_every_key_reaches_the_model() -> None:
    site = good(FULL, {"overview.yaml": LAYOUT})
    berlin = ZoneInfo("Europe/Berlin")
    assert (site.name, site.timezone, site.state, site.every) == (
        "North plant",
        "Europe/Berlin",
        "~/opsconsole-state",
        10,
    )
    assert site.disk == 20_000_000_000
    assert site.clock.mode == "replay"
    assert site.clock.speed == 60
    assert site.clock.start == dt.datetime(2026, 6, 24, 5, 30, tzinfo=berlin)
    assert site.clock.since == dt.datetime(2026, 6, 24, 9, 0, tzinfo=dt.UTC)
    assert site.shifts[2] == Shift("Night", dt.time(22), dt.time(6), on_holidays=True)
    assert site.sources["cycles"] == Source(
        "cycles",
        ("data/cycles/*.csv",),
        title="Machine cycles",
        format="csv",
        time="ts",
        timezone="UTC",
        dimensions=("line", "station"),
        columns={"order": "text", "cycle_s": "number"},
        read=Read(
            encoding="cp1252",
            fallback="iso8859-2",
            delimiter=";",
            quote="'",
            escape="\\",
            decimal=",",
            dates="dmy",
            header=3,
            sheet="Data",
            range="B3:F200",
            null=("NA", "null"),
        ),
        settle=20,
        fresh_within=900,
        schema="strict",
        key=("order",),
        latest="ts",
        on_delete="keep",
        retain=400 * 86400,
        watch="poll",
        scan=Scan(5, 60),
        verify="full",
    )
    assert site.sources["orders"].files == ("data/orders/*.jsonl", "more/*.jsonl")
    scrap = site.kpis["scrap_ratio"]
    assert (scrap.value, scrap.where, scrap.unit) == ("100 * sum(scrap) / sum(qty)", "station = 'weld'", "%")
    assert (scrap.better, scrap.target, scrap.warning, scrap.critical) == ("lower", 2, 3, 5)
    assert scrap.window == Window("shift")
    assert (scrap.formula, scrap.range, scrap.floor, scrap.baseline) == ("SQ / PQ", (0, 100), 6, 4)
    assert scrap.targets == (Targets({"line": "3"}, target=2.5), Targets(shift="Night", warning=3.5, critical=6))
    assert (scrap.audience, scrap.objective, scrap.weight, scrap.priority) == (
        ("operator", "supervisor"),
        "quality",  # an objective may be named by its title
        2,
        1,
    )
    assert site.objectives == {
        "quality": Objective("quality", "Quality", "Fewer complaints", "Customer", "A. Demir", 2)
    }
    assert (site.kpis["made"].cumulative, site.kpis["made"].target) == (True, "sum(plan)")
    load = site.kpis["load"]
    assert (load.source, load.value, load.window, load.by) == (
        "",
        "made / takt",
        Window("moving", 86400),
        ("line", "station"),
    )
    assert (site.sources["stops"].until, site.sources["stops"].elements) == ("ended", {"PQ": "qty"})
    assert site.rules["slow"] == Rule(
        "slow", source="cycles", rows="cycle_s > 600", at_least=2, by=("station",), procedure="procedures/any.md"
    )
    assert site.areas == {"press_shop": Area("press_shop", "Press shop", "procedures/press.md", "Shift lead")}
    assert site.rules["scrap_by_line"].hold == 600
    assert site.rules["scrap_by_line"].procedure == "procedures/scrap.md"
    assert site.layouts == (
        Layout(
            "overview",
            (
                LayoutRow((Panel("kpi", "scrap_ratio"), Panel("kpi", "takt", title="Takt", width=2)), 5),
                LayoutRow((Panel("alerts"),)),
                LayoutRow((Panel("breakdown", "scrap_ratio", "station"), Panel("grid", "scrap_ratio", "line"))),
                LayoutRow((Panel("goals", width=2), Panel("attention"))),
                LayoutRow((Panel("sources"), Panel("text", text="Call 4711"))),
                LayoutRow(
                    (
                        Panel("chart", "scrap_ratio", "line", most=3),
                        Stack(
                            (
                                Panel("number", "takt"),
                                Panel("gauge", "scrap_ratio", height=3),
                                Panel("clock"),
                                Panel("shift"),
                            ),
                            2,
                        ),
                    )
                ),
                LayoutRow(
                    (
                        Panel("bars", "scrap_ratio", "line"),
                        Panel("pareto", "takt", "station"),
                        Panel("top", "takt", "line", most=5),
                    )
                ),
                LayoutRow((Panel("table", "stops", columns=("ts", "station")), Panel("flow", "orders", most=4))),
                LayoutRow((Panel("chart", "takt", draw=("limits", "forecast")),)),
            ),
            "Overview",
            "layouts/overview.yaml",
        ),
    )


def test_what_goes_without_saying() -> None:
    site = good(MINIMAL)
    assert site.name == "plant"
    assert site.kpis["scrap"] == Kpi("scrap", "cycles", "sum(scrap)", window=Window("moving", 86400), by=("line",))
    assert [layout.name for layout in site.layouts] == ["overview"]
    assert [row.panels[0].kind for row in site.layouts[0].rows] == ["kpi", "alerts", "grid", "sources"]
    assert good(MINIMAL + "  n: {source: plain, value: count(*)}\n").kpis["n"].window == Window("all")


def test_limits_and_freshness_make_rules_of_their_own() -> None:
    site = good(FULL, {"overview.yaml": LAYOUT})
    any_ = "procedures/any.md"
    assert site.rules["kpi:takt"] == Rule("kpi:takt", kpi="takt", procedure=any_)
    assert site.rules["silent:cycles"] == Rule("silent:cycles", source="cycles", silent=900, procedure=any_)
    # A written rule on the limits, or on silence, takes their place.
    assert "kpi:scrap_ratio" not in site.rules
    assert "silent:orders" not in site.rules
    assert "kpi:order_count" not in site.rules


def test_implicit_rules_stand_where_they_come_from() -> None:
    loaded = parse(FULL)
    assert loaded.marks.at("rules", "silent:cycles", "silent") == loaded.marks.at("sources", "cycles", "fresh_within")
    assert loaded.marks.at("rules", "kpi:takt") == loaded.marks.at("kpis", "takt")


def test_words_that_yaml_takes_for_booleans_are_names_here() -> None:
    site = good('sources: {on: {files: "*", time: yes, dimensions: [no, NA, 1.0]}}\n'.replace("on:", "onn:"))
    assert site.sources["onn"].time == "yes"
    assert site.sources["onn"].dimensions == ("no", "NA", "1.0")


def test_times_of_day_may_be_quoted_or_not() -> None:
    shifts = good(
        MINIMAL + "calendar: {shifts: [{name: A, start: 06:00, end: '24:00'}, {name: B, start: 0:30, end: 1:00:30}]}"
    ).shifts
    assert [(shift.start, shift.end) for shift in shifts] == [
        (dt.time(6), dt.time(0)),
        (dt.time(0, 30), dt.time(1, 0, 30)),
    ]


def test_layouts_come_in_order_of_name_with_the_overview_first() -> None:
    one = "rows: [[{alerts: open}]]"
    site = good(MINIMAL, {"a.yaml": one, "overview.yaml": one, "b.yml": one})
    assert [layout.name for layout in site.layouts] == ["overview", "a", "b"]


def test_anchors_may_be_used() -> None:
    site = good(MINIMAL + "  two: {source: &s cycles, value: count(*)}\n  three: {source: *s, value: count(*)}\n")
    assert site.kpis["three"].source == "cycles"


@pytest.mark.parametrize("when", ["< 70", ">=3.5", "!= -1e3", "outside 20..30", "inside 1 to 2"])
def test_what_a_rule_may_compare(when: str) -> None:
    assert good(RULES + f"{{kpi: scrap, when: '{when}'}}\n").rules["r"].when == when


def test_an_empty_section_is_no_mistake() -> None:
    assert good("sources:\nkpis:\nrules:\n# all is still to come\n").sources == {}


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter() -> None:
    loaded = parse(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode() + b"  x: {source: nil, value: 1}\r\n")
    assert messages(loaded)[0].startswith("site.yaml:6:15 unknown source `nil`")


# --- one mistake, one message ----------------------------------------------------------------------------------

KPI = "kpis:\n  scrap: {source: cycles, value: sum(scrap)"
RULES = MINIMAL + "rules:\n  r: "


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # keys
        (MINIMAL + "  k:\n    source: cycles\n    value: count(*)\n    tarhet: 3\n", "9:5 `tarhet`: unknown key, did you mean `target`?"),
        (MINIMAL + "tolerance: 3\n", "6:1 `tolerance`: unknown key; it is a key of `kpi`, is the indentation right?"),
        (MINIMAL + "zzz: 3\n", "6:1 `zzz`: unknown key"),
        (MINIMAL + "site: a\nsite: b\n", "7:1 `site`: given twice, first in line 6"),
        (MINIMAL + "? [a]\n: b\n", "6:3 expected a name before the colon, found a list or a mapping"),
        ("site: x\n", "1:1 `site`: missing key `sources` (a mapping of names to source definitions)"),
        (MINIMAL + "  k: {source: cycles}\n", "6:6 `k`: a KPI needs `value`, or `use` with a KPI of the library"),
        (MINIMAL + "  2k: {source: cycles, value: 1}\n", "6:3 `2k`: a name is a letter, then"),
        (MINIMAL + "  a-b: {source: cycles, value: 1}\n", "6:3 `a-b`: a name is a letter, then"),
        ("sources: {a: {files: x}, A: {files: y}}", "1:26 `A`: differs from `a` only in capitals"),
        # types
        ("sources: [a]\n", "1:10 `sources`: expected a mapping of names to source definitions, found a list"),
        ("just text\n", "1:1 `site`: expected a mapping with `site`, `timezone`"),
        (MINIMAL + "site: [a]\n", "6:7 `site`: expected text, found a list"),
        (MINIMAL + "site:\n", "6:6 `site`: expected text, found nothing"),
        (MINIMAL + "site: null\n", "6:7 `site`: expected text, found nothing"),
        (MINIMAL + 'site: "a\\eb"\n', "6:7 `site`: expected text"),
        (MINIMAL + "every: 10\n", "6:8 `every`: expected a duration such as 10s, 15m, 8h or 1h30m, found `10`; it has no unit; write 10s"),
        (MINIMAL + "every: fast\n", "6:8 `every`: expected a duration such as 10s, 15m, 8h or 1h30m, found `fast`; it is no duration"),
        (MINIMAL + "every: 5m1h\n", "it has its units out of order"),
        (MINIMAL + "every: 0s\n", "it must be at least 1 s"),
        (MINIMAL + "timezone: Europe/Berln\n", "found `Europe/Berln`; did you mean `Europe/Berlin`?"),
        (MINIMAL + "timezone: Europe\n", "6:11 `timezone`: expected a time zone such as Europe/Berlin or UTC, found `Europe`"),
        (MINIMAL + "timezone: ../../etc/passwd\n", "6:11 `timezone`: expected a time zone"),
        (MINIMAL + "clock: dataa\n", "6:8 `clock`: expected one of `wall`, `data`, `replay`, found `dataa`; did you mean `data`?"),
        (MINIMAL + "alert_from: 2026-02-30\n", "found `2026-02-30`; there is no such date or time"),
        (MINIMAL + "alert_from: shift strt\n", "did you mean `shift start`?"),
        (MINIMAL + "calendar: {shifts: [{name: A, start: 6, end: '14:00'}]}\n", '6:38 `start`: expected a time of day such as "06:00", found `6`'),
        (MINIMAL + "calendar: {shifts: [{name: A, start: 06:00, end: '25:00'}]}\n", "there is no such time"),
        (f"{MINIMAL}  k: {{source: cycles, value: 1, target: 90 %}}\n", '`target`: expected a number, found `90 %`; write the bare number 90 (its unit "%" belongs under `unit`)'),
        (f"{MINIMAL}  k: {{source: cycles, value: 1, target: '90'}}\n", "write 90 without quotes"),
        (f"{MINIMAL}  k:\n    source: cycles\n    value: 1\n    target: 1,5\n", "write 1.5 with a decimal point"),
        (f"{MINIMAL}  k: {{source: cycles, value: 1, target: 1e999}}\n", "it is too large"),
        (f"{MINIMAL}  k: {{source: cycles, value: 1, target: yes}}\n", "`target`: expected a number, found `yes`"),
        (f"{MINIMAL}  k: {{source: cycles, value: 1, target: .nan}}\n", "`target`: expected a number, found `.nan`"),
        (f"{MINIMAL}  k: {{source: cycles, value: 1, decimals: 1.5}}\n", "expected a whole number from 0 to 9, found `1.5`"),
        (f"{MINIMAL}  k: {{source: cycles, value: 1, better: up}}\n", "expected one of `higher`, `lower`, `target`, found `up`"),
        (f"{MINIMAL}  k: {{source: cycles, value: 1, window: shft}}\n", "found `shft`; did you mean `shift`?"),
        (f"{MINIMAL}  k: {{source: cycles, value: 1, window: 8}}\n", "found `8`; it has no unit"),
        (f"{MINIMAL}  k: {{source: cycles, value: 1, by: [line, line]}}\n", "`by`: `line` is in the list twice"),
        ("sources: {a: {files: []}}", "1:22 `files`: expected at least one path or glob such as data/*.csv, found an empty list"),
        ("sources: {a: {files: x, columns: {q: int}}}", "1:38 `q`: expected one of `text`, `integer`, `number`, `boolean`, `date`, `time`, found `int`"),
        ("sources: {a: {files: x, columns: [q]}}", "`columns`: expected a mapping of column names to"),
        ("sources: {a: {files: x, read: {encoding: utf8x}}}", "there is no such text encoding"),
        ("disk: 20\nsources: {a: {files: x}}", "`disk`: expected a size such as 500 MB or 20 GB"),
        ("sources: {a: {files: x, format: lines}}", "`lines` needs the `pattern` of a line"),
        ("sources: {a: {files: x, read: {pattern: '(?P<a>.*)'}}}", "`pattern`: only `format: lines` has it"),
        ("sources: {a: {files: x, format: lines, read: {pattern: '.*'}}}", "it has no named group"),
        ("sources: {a: {files: x, format: lines, read: {pattern: '(?P<a>'}}}", "it is no regular expression"),
        ("sources: {a: {files: x, read: {range: B3}}}", "write two corners"),
        ("sources: {a: {files: x, latest: ts}}", "`latest`: has a meaning only with `key`"),
        ("sources: {a: {files: x, retain: 400d}}", "`retain`: goes by event time"),
        ("sources: {a: {files: x, scan: {hot: 2m}}}", "`hot` must not be longer than `full`"),
        ("sources: {a: {files: x, read: {encoding: hex}}}", "there is no such text encoding"),
        ("sources: {a: {files: x, read: {delimiter: tabs}}}", "`delimiter`: expected one character, found `tabs`"),
        # what must fit something else
        ("sources: {a: {files: x, read: {delimiter: ',', decimal: ','}}}", "`delimiter` and `decimal` are the same sign"),
        ("sources: {a: {files: x, time: t, columns: {t: text}}}", "1:47 `t`: the time column is pinned as text"),
        (MINIMAL + "  k: {source: cycels, value: 1}\n", "6:15 unknown source `cycels`, did you mean `cycles`?"),
        (MINIMAL + "  k: {source: xyz, value: 1}\n", "6:15 unknown source `xyz`; there are `cycles`, `plain`"),
        ("sources:\nkpis: {k: {source: xyz, value: 1}}", "2:20 unknown source `xyz`; there is none"),
        (MINIMAL + "  k: {source: plain, value: 1, window: 8h}\n", "6:40 `window`: `plain` has no time column, so its window can only be `all`"),
        (MINIMAL + "  k: {source: cycles, value: 1, window: shift}\n", "6:41 `window`: `shift` needs the shifts under `calendar`"),
        (MINIMAL + "  k: {source: cycles, value: 1, better: lower, target: 5, warning: 3}\n", "`warning`: 3 is on the wrong side; with `better: lower` it must lie above `target` (5)"),
        (MINIMAL + "  k: {source: cycles, value: 1, better: higher, warning: 5, critical: 9}\n", "`critical`: 9 is on the wrong side; with `better: higher` it must lie below `warning` (5)"),
        (MINIMAL + "  k: {source: cycles, value: 1, better: target, target: 5, tolerance: 2, warning: 1}\n", "it, a distance from the target, must lie above `tolerance` (2)"),
        (MINIMAL + "  k: {source: cycles, value: 1, better: target, tolerance: 2}\n", "`k`: `better: target` needs a `target`"),
        (MINIMAL + "  k: {source: cycles, value: 1, better: target, target: 2}\n", "needs `tolerance`, `warning` or `critical`"),
        (MINIMAL + "  k: {source: cycles, value: 1, better: lower, target: 5, floor: 4}\n", "6:66 `floor`: 4 attains nothing of 5, so it must lie above that"),
        (MINIMAL + "  k: {source: cycles, value: 1, better: higher, warning: 5, floor: 5}\n", "so it must lie below that"),
        (MINIMAL + "  k: {source: cycles, value: 1, better: lower, tolerance: 2}\n", "`tolerance`: has a meaning only with `better: target`"),
        (MINIMAL + "  k: {source: cycles, value: 1, warning: 2}\n", "6:33 `warning`: a KPI with limits needs `better`"),
        (MINIMAL + "  k: {source: cycles, value: 1, targets: [{shift: N, target: 1}, {where: {a: b}, critical: 2}]}\n", "`critical`: a KPI with limits needs `better`"),
        (MINIMAL + "  k: {source: cycles, value: 1, better: lower, warning: 5, targets: [{where: {a: b}, critical: 2}]}\n", "`critical`: 2 is on the wrong side; with `better: lower` it must lie above `warning` (5)"),
        (MINIMAL + "  k: {source: cycles, value: 1, better: higher, warning: 5, targets: [{where: {a: b}, target: 4}]}\n", "6:95 `warning`: 5 is on the wrong side; with `better: higher` it must lie below `target` (4)"),
        (MINIMAL + "  k: {source: cycles, value: sum(a) / nullif(b, 0)}\n", "6:49 `0)`: ends `value` at a comma; within {…} a text with commas must be in quotes"),
        (MINIMAL + "clock: {mode: replay}\n", "6:8 `clock`: a replay needs `start`"),
        (MINIMAL + "clock: {mode: data, speed: 3}\n", "6:21 `speed`: only a replay has it, the mode is `data`"),
        (MINIMAL + "calendar: {shifts: [{name: A, start: 06:00, end: 07:00}, {name: A, start: 08:00, end: 09:00}]}\n", "two shifts are called `A`"),
        (RULES + "{by: [line]}\n", "7:3 `r`: a rule watches one of `kpi`, `flow`, `source` with `rows`, `silent`, `due` or `anomaly`, or it has `combine`; found none"),
        (RULES + "{source: cycles, rows: x, silent: 3m}\n", "found `rows`, `silent`"),
        (RULES + "{rows: a > 3}\n", "7:6 `r`: a rule with `rows` needs `source`"),
        (RULES + "{kpi: scrp, when: '> 3'}\n", "7:12 unknown KPI `scrp`, did you mean `scrap`?"),
        (RULES + "{kpi: scrap}\n", "`r`: needs `when`, or the KPI `scrap` a `warning` or `critical` limit"),
        (RULES + "{kpi: scrap, when: '>> 3'}\n", "`when`: expected a comparison such as \"< 70\", found \">> 3\""),
        (RULES + "{kpi: scrap, when: '< 70 %'}\n", "7:31 `when`: a percent sign is for `change` and `against`, where it is percent of what was; write the bare number in the KPI's unit"),
        (RULES + "{kpi: scrap, source: cycles, when: '> 3'}\n", "a rule on a KPI takes the KPI's source"),
        (RULES + "{source: plain, rows: a > 3}\n", "`rows`: looks back in time, but `plain` has no time column"),
        (RULES + "{source: plain, silent: 3m, by: [line]}\n", "7:34 `by`: groups fall silent by event time, and `plain` has no time column"),
        (RULES + "{source: plain, silent: 3m, within: 3m}\n", "`within`: with `silent` it is for the groups of `by`"),
        (RULES + "{kpi: scrap, when: '> 3', by: line, title: '{lne} {value}'}\n", "`title`: unknown field `{lne}`, did you mean `line`?"),
        (RULES + "{kpi: scrap, when: '> 3', title: '{value'}\n", "`title`: a `{` or `}` stands alone"),
        # the YAML itself
        (MINIMAL + "site: a: b\n", "6:8 not valid YAML: a value that holds `: ` must be in quotes"),
        (MINIMAL + "\tsite: a\n", "6:1 not valid YAML: indent with spaces, a tab is not allowed here"),
        (MINIMAL + "site: %x\n", "6:7 not valid YAML: a text that begins with `%` must be in quotes"),
        (MINIMAL + "site: 'x\n", "6:7 not valid YAML: the quote that opens here is never closed"),
        (MINIMAL + "site: [x\n", "not valid YAML: a `[` is not closed"),
        (MINIMAL + "site: *x\n", "6:7 `*x` refers to an anchor that is not defined above"),
        (MINIMAL + "site: !!python/object:os.system x\n", "6:7 `tag:yaml.org,2002:python/object:os.syst"),
        (MINIMAL + "---\nsources:\n", "6:1 a second YAML document begins here"),
        ("a: &a [*a]\n", "1:8 `*a` refers to a value that holds it"),
        ("[" * 5000, "1:1 nested more than 40 levels deep"),
        ("a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)), "more than 200000 values"),
        ("", "1:1 the file is empty"),
        ("# nothing\n", "1:1 the file is empty"),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_at_its_place(text: str, expected: str) -> None:
    loaded = parse(text)
    assert loaded.site is None
    assert any(expected in message for message in messages(loaded)), "\n".join(messages(loaded))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"site: caf\xe9\n", "site.yaml:1:10 not UTF-8: byte 0xe9 cannot be read; save the file as UTF-8"),
        (b"\xff\xfes\0i\0", "site.yaml:1:1 the file is UTF-16; save it as UTF-8"),
        (b"site: a\nx: \x00\n", "site.yaml:2:4 the character U+0000 is not allowed in YAML"),
        (b"x" * 4_000_001, "site.yaml:1:1 larger than 4 MB; this is no site or layout file"),
    ],
)
def test_bytes_that_are_no_text_are_reported(data: bytes, expected: str) -> None:
    assert messages(parse(data)) == [expected]


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("rows: [[{kpi: scrp}]]", "layouts/overview.yaml:1:15 unknown KPI `scrp`, did you mean `scrap`?"),
        ("rows: [[{kpi: scrap, alerts: open}]]", "1:9 `panel`: shows exactly one of"),
        ("rows: [[{title: x}]]", "found none"),
        ("rows: [{kpi: scrap}]", "1:9 `kpi`: unknown key; it is a key of `panel`"),
        ("rows: [[{alerts: closed}]]", "expected one of `open`, found `closed`"),
        ("rows: []", "`rows`: expected at least one"),
        ("titel: x\nrows: [[{alerts: open}]]", "1:1 `titel`: unknown key, did you mean `title`?"),
        ("rows: [[{kpi: scrap, width: 0}]]", "expected a whole number from 1 to 100"),
        ("rows: [5]", "`rows`: expected a list of panels, or a mapping with"),
        ("", "1:1 the file is empty"),
        ("rows: [", "not valid YAML"),
    ],
)
def test_a_mistake_in_a_layout_is_reported_in_its_file(layout: str, expected: str) -> None:
    loaded = parse(MINIMAL, {"overview.yaml": layout})
    assert loaded.site is None
    assert any(message.startswith("layouts/overview.yaml:") and expected in message for message in messages(loaded)), "\n".join(messages(loaded))  # fmt: skip


def test_everything_is_reported_at_once_in_order_of_place() -> None:
    text = FULL.replace("Berlin", "Berln").replace("target: 2\n", "tarhet: 2\n").replace("takt:\n    source: cycles", "takt:\n    source: cycels").replace("silent: 30m", "silent: 30").replace("critical: 5", "critical: 5 %")  # fmt: skip
    found = messages(parse(text, {"overview.yaml": LAYOUT.replace("kpi: takt", "kpi: tact"), "bad.yaml": "rows: ["}))
    places = [message.split(" ")[0] for message in found]
    assert places == ["site.yaml:2:11", "site.yaml:71:5", "site.yaml:73:15", "site.yaml:94:13", "site.yaml:113:43", "layouts/bad.yaml:1:8", "layouts/overview.yaml:4:40"]  # fmt: skip


def test_a_syntax_error_does_not_hide_what_is_wrong_before_it_nor_invent_what_is_missing() -> None:
    found = messages(
        parse("timezone: Nowhere\nsources:\n  a: {files: x, tiem: t}\n  b: 'c\n", {"overview.yaml": "titel: x"})
    )
    assert [message.split(" ")[0] for message in found] == [
        "site.yaml:1:11",
        "site.yaml:3:17",
        "site.yaml:4:6",
        "layouts/overview.yaml:1:1",
        "layouts/overview.yaml:1:1",
    ]


def test_one_mistake_is_one_message() -> None:
    """The time column is written, if wrongly, so the windows that need it are not reported too."""
    found = messages(parse("sources: {a: {files: x, time: [t]}}\nkpis: {k: {source: a, value: 1, window: 8h}}\n"))
    assert found == ["site.yaml:1:31 `time`: expected a column name, found a list"]


def test_messages_hold_nothing_that_a_terminal_obeys() -> None:
    loaded = parse('sources: {}\n"\\e[2Jx": "\\e]0;y\\a"\ntimezone: "\\e[31mred"\n')
    assert len(loaded.problems) == 2
    assert all(message.isprintable() for message in messages(loaded))


def test_warnings_do_not_stop_the_site() -> None:
    loaded = parse('sources: {order: {files: "*.csv"}}\nlayouts: screens\n')
    assert loaded.site is not None
    assert messages(loaded) == [
        'site.yaml:1:11 warning: `order`: a word of SQL; write "order" in quotes in queries',
        "site.yaml:2:10 warning: `layouts`: No such file or directory; an overview is made from the KPIs",
    ]


# --- files -----------------------------------------------------------------------------------------------------


def test_a_folder_stands_for_the_site_file_in_it(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(MINIMAL)
    (tmp_path / "layouts").mkdir()
    for name in ("overview.yaml", "x.yaml~", ".hidden.yaml"):
        (tmp_path / "layouts" / name).write_text("rows: [[{kpi: scrap}]]")
    loaded = load_site(tmp_path)
    assert loaded.site is not None
    assert loaded.site.name == tmp_path.name
    assert loaded.files == [tmp_path / "site.yaml", tmp_path / "layouts" / "overview.yaml"]


def test_a_site_file_may_end_in_yml(tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text(MINIMAL)
    assert load_site(tmp_path).files == [tmp_path / "site.yml"]


@pytest.mark.parametrize("written", ["tab", "\\t", "'\\t'", '"\\t"'])
def test_a_tab_may_be_written_in_many_ways(written: str) -> None:
    assert good(f"sources: {{a: {{files: x, read: {{delimiter: {written}}}}}}}").sources["a"].read.delimiter == "\t"


def test_a_site_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_site(tmp_path)


def test_a_layout_that_cannot_be_read_is_a_problem_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(MINIMAL + "every: x\n")
    (tmp_path / "layouts" / "a.yaml").mkdir(parents=True)
    found = messages(load_site(tmp_path))
    assert found[0].startswith("site.yaml:6:8 ")
    assert found[1] == "layouts/a.yaml:1:1 cannot be read: Is a directory"


def test_a_layouts_folder_that_is_a_file_gives_the_default_overview(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(MINIMAL)
    (tmp_path / "layouts").write_text("")
    loaded = load_site(tmp_path)
    assert loaded.site is not None
    assert loaded.site.layouts[0].name == "overview"
