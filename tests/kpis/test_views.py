"""Derived sources: what they read, in which order they are made, of which zone their times are, where faults show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.drill import subject_of_source
from opsconsole.kpis.evaluate import evaluate
from opsconsole.kpis.paging import pages
from opsconsole.kpis.paging.rowset import row_set
from opsconsole.kpis.rules import Arrivals, evaluate_rules
from opsconsole.kpis.select import Wrong, parse, written
from opsconsole.site.parse import load_site
from opsconsole.tables import health
from opsconsole.tables.derived import sync
from tests.kpis.plant import Shared, rows

UTC = dt.UTC
OWN = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
SCHEMAS = {
    "events": {"ts": "TIMESTAMP", "machine": "VARCHAR", "state": "VARCHAR", **OWN},
    "orders": {"placed": "TIMESTAMP", "machine": "VARCHAR", "qty": "BIGINT", "due": "DATE", **OWN},
    "machines": {"id": "VARCHAR", "Hall no": "VARCHAR", **OWN},
}
HEAD = """\
site: Plant
timezone: Europe/Berlin
sources:
  events: {files: e/*.csv, time: ts}
  orders: {files: o/*.csv, time: placed, timezone: America/New_York}
  machines: {files: m/*.csv}
  spare: {files: s/*.csv, title: Spare parts}
"""
STAYS = """\
  stays:
    sql: SELECT *, lead(_time) OVER (PARTITION BY machine ORDER BY _time) AS ended FROM events
    time: ts
    until: ended
    dimensions: [machine]
"""


def bound(
    folder: Path, text: str, schemas: Mapping[str, Mapping[str, str]] = SCHEMAS, head: str = HEAD
) -> tuple[Binding, list[str]]:
    (folder / "site.yaml").write_text(head + text)
    loaded = load_site(folder)
    assert loaded.site is not None, [str(problem) for problem in loaded.problems]
    binding, problems = bind(loaded, schemas, Shared())
    return binding, [str(problem) for problem in problems]


def well(folder: Path, text: str) -> Binding:
    binding, problems = bound(folder, text)
    assert problems == []
    return binding


def database(binding: Binding) -> duckdb.DuckDBPyConnection:
    """Empty tables with a hidden column more, as keyed ones have it, and the views on them."""
    db = duckdb.connect(":memory:")
    for setting in ("TimeZone = 'UTC'", "error_on_division_by_zero = false", "threads = 1"):
        db.execute(f"SET {setting}")
    for name, columns in SCHEMAS.items():
        listed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        db.execute(f"CREATE TABLE {name} ({listed}, _keyhash UINTEGER)")
    sync(db, {name: view.sql for name, view in binding.views.items()})
    return db


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)


def event(db: duckdb.DuckDBPyConnection, when: str, machine: str, state: str) -> None:
    """An event by the clocks of Berlin."""
    db.execute(
        "INSERT INTO events BY NAME SELECT ?::TIMESTAMP AS ts, ? AS machine, ? AS state, 1 AS _file, "
        "(SELECT count(*) + 1 FROM events) AS _line, timezone('UTC', timezone('Europe/Berlin', ?::TIMESTAMP)) AS _time",
        [when, machine, state, when],
    )


# --- what a view gives ----------------------------------------------------------------------------------------------


def test_of_several_tables_the_first_gives_file_line_and_time(tmp_path: Path) -> None:
    text = "  every: {sql: 'SELECT e.*, o.*, m.* FROM events e, orders o, machines m', time: ts}\n"
    text += "  other: {sql: 'SELECT o.*, e.state FROM events e JOIN orders o USING (machine)', time: placed}\n"
    text += "  counted: {sql: 'SELECT machine, count(*) AS n FROM every GROUP BY ALL'}\n"
    text += "  looked_up: {sql: 'SELECT c.*, m.* FROM counted c JOIN machines m ON m.id = c.machine'}\n"
    binding = well(tmp_path, text)
    names = {name: list(view.columns) for name, view in binding.views.items()}
    assert names["every"] == [
        "ts", "machine", "state", "placed", "machine_1", "qty", "due", "id", "Hall no", "_file", "_line", "_time",
    ]  # fmt: skip
    assert names["counted"] == ["machine", "n", "_file", "_line", "_time"]
    assert {name: view.lines for name, view in binding.views.items()} == {
        "every": True, "other": True, "counted": False, "looked_up": True,
    }  # fmt: skip
    assert {name: view.follows for name, view in binding.views.items() if view.follows} == {
        "every": "events", "other": "orders",
    }  # fmt: skip
    db = database(binding)
    db.execute("INSERT INTO events VALUES ('2026-01-01', 'A', 'up', 1, 11, '2025-12-31 23:00:00', 0)")
    db.execute("INSERT INTO orders VALUES ('2026-01-01', 'A', 5, NULL, 2, 22, '2026-01-01 05:00:00', 0)")
    db.execute("INSERT INTO machines VALUES ('A', 'H1', 3, 33, NULL, 0)")
    place = "SELECT _file, _line, CAST(_time AS VARCHAR) FROM"
    assert db.execute(f"{place} every").fetchall() == [(1, 11, "2025-12-31 23:00:00")]
    assert db.execute(f"{place} other").fetchall() == [(2, 22, "2026-01-01 05:00:00")]
    assert db.execute(f"{place} counted").fetchall() == [(None, None, None)]
    assert db.execute(f"{place} looked_up").fetchall() == [(3, 33, None)], "the first that has a line"


@pytest.mark.parametrize(
    ("time", "sql", "expected"),
    [
        ("ts", "SELECT * FROM events", "2026-06-30 22:30:00"),
        ("_time", "SELECT * FROM events", "2026-06-30 22:30:00"),
        ("begun", "SELECT _time AS begun FROM events", "2026-06-30 22:30:00"),
        ("begun", "SELECT ts AS begun FROM events", "2026-06-30 22:30:00"),
        ("begun", "SELECT ts + INTERVAL 1 HOUR AS begun FROM events", "2026-06-30 23:30:00"),
        ("begun", "SELECT _time + INTERVAL 1 HOUR AS begun FROM events", "2026-06-30 23:30:00"),
        ("hour", "SELECT time_bucket(INTERVAL 1 HOUR, _time) AS hour FROM events GROUP BY 1", "2026-06-30 22:00:00"),
        ("day", "SELECT date_trunc('day', ts) AS day FROM events GROUP BY 1", "2026-06-30 22:00:00"),
        ("day", "SELECT CAST(ts AS DATE) AS day FROM events GROUP BY 1", "2026-06-30 22:00:00"),
        ("begun", "SELECT max(begun) AS begun FROM (SELECT _time AS begun FROM events)", "2026-06-30 22:30:00"),
        ("begun", "WITH e AS (SELECT ts AS begun FROM events) SELECT * FROM e", "2026-06-30 22:30:00"),
        ("begun", "SELECT epoch(_time) AS begun FROM events", "2026-06-30 22:30:00"),
        ("begun", "SELECT timezone('Europe/Berlin', ts) AS begun FROM events", "2026-06-30 22:30:00"),
        ("placed", "SELECT o.placed FROM orders o", "2026-07-01 04:30:00"),
        ("b", "SELECT e.ts AS a, o.placed AS b FROM events e, orders o", "2026-07-01 04:30:00"),
        ("a", "SELECT e.ts AS a, o.placed AS b FROM events e, orders o", "2026-06-30 22:30:00"),
        ("b", "SELECT e._time AS a, o.placed AS b FROM events e, orders o", "2026-07-01 04:30:00"),
        ("n", "SELECT site_now() AS n FROM events", "2026-07-02 00:00:00"),
        ("x", "SELECT coalesce(lead(_time) OVER (ORDER BY _time), site_now()) AS x FROM events", "2026-07-02 00:00:00"),
        ("ts", "SELECT * FROM events UNION ALL BY NAME SELECT * FROM events", "2026-06-30 22:30:00"),
    ],
)
def test_a_time_is_of_the_zone_that_it_comes_from(tmp_path: Path, time: str, sql: str, expected: str) -> None:
    binding = well(tmp_path, f'  seen: {{sql: "{sql}", time: {time}}}\n')
    over = f'  seen: {{sql: "{sql}"}}\n  over: {{sql: "SELECT {time} AS again FROM seen", time: again}}\n'
    again = well(tmp_path, over) if time != "_time" else binding
    for each in (binding, again):
        db = database(each)
        health.at(db, utc("2026-07-02").timestamp())
        event(db, "2026-07-01 00:30:00", "A", "up")
        db.execute("INSERT INTO orders BY NAME SELECT CAST('2026-07-01 00:30:00' AS TIMESTAMP) AS placed")
        (found,) = db.execute(f"SELECT CAST(_time AS VARCHAR) FROM {list(each.views)[-1]}").fetchone() or ()
        assert found == expected


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT make_timestamp(epoch_us(_time)) AS x FROM events",
        "SELECT coalesce(_time, ts) AS x FROM events",
        "SELECT CAST(strftime(_time, '%c') AS TIMESTAMP) AS x FROM events",
    ],
)
def test_where_the_zone_cannot_be_told_it_is_asked_for(tmp_path: Path, sql: str) -> None:
    (problem,) = bound(tmp_path, f'  odd:\n    sql: "{sql}"\n    time: x\n')[1]
    assert problem == (
        "site.yaml:10:11 `time`: `x` may be in UTC or local time; "
        "say which: … AT TIME ZONE 'UTC' or … AT TIME ZONE 'Europe/Berlin'"
    )
    said = sql.replace(" AS x", " AT TIME ZONE 'UTC' AS x")
    assert bound(tmp_path, f'  odd:\n    sql: "{said}"\n    time: x\n')[1] == []
    (problem,) = bound(tmp_path, "  odd: {sql: SELECT machine FROM events, time: machine}\n")[1]
    assert problem.startswith("site.yaml:8:48 `time`: `machine` is VARCHAR, expected a time, a date or seconds")


def test_a_view_stays_as_it_was_bound_while_its_tables_change(tmp_path: Path) -> None:
    binding = well(tmp_path, "  pairs: {sql: 'SELECT e.*, m.* FROM events e, machines m', time: ts}\n")
    db = database(binding)
    event(db, "2026-06-24 08:00", "A", "up")
    db.execute("INSERT INTO machines VALUES ('A', 'H1', 3, 33, NULL, 0)")
    before = db.execute("SELECT * FROM pairs").fetchall()
    db.execute("ALTER TABLE events ADD COLUMN extra INTEGER DEFAULT 7")
    db.execute(
        'CREATE TABLE "_next machines" '
        '("Hall no" VARCHAR, new INTEGER, id VARCHAR, _line BIGINT, _file INTEGER, _time TIMESTAMP)'
    )
    db.execute("INSERT INTO \"_next machines\" VALUES ('H1', 1, 'A', 33, 3, NULL)")
    db.execute("BEGIN")
    db.execute("DROP TABLE machines")
    db.execute('ALTER TABLE "_next machines" RENAME TO machines')
    db.execute("COMMIT")
    assert db.execute("SELECT * FROM pairs").fetchall() == before
    db.execute("ALTER TABLE machines DROP COLUMN id")
    with pytest.raises(duckdb.Error):
        db.execute("SELECT * FROM pairs").fetchall()


def test_tables_whose_columns_stand_otherwise_are_put_together(tmp_path: Path) -> None:
    binding = well(tmp_path, "  u: {sql: SELECT * FROM events UNION ALL SELECT * FROM events, time: _time}\n")
    assert list(binding.views["u"].columns)[-3:] == ["_file", "_line", "_time"]
    schemas = {**SCHEMAS, "events": {"ts": "TIMESTAMP", **OWN, "late": "VARCHAR"}}
    assert (
        bound(tmp_path, "  u: {sql: SELECT * FROM events UNION ALL SELECT * FROM events, time: _time}\n", schemas)[1]
        == []
    )


# --- what is wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "place", "message"),
    [
        ("SELECT statee FROM events", "statee", "no column `statee`, did you mean `state`?"),
        ("SELECT e.statee FROM events e", "e.statee", "`e` has no column `statee`, did you mean `state`?"),
        ("SELECT * FROM evnts", "evnts", "`evnts` is no source of the site, did you mean `events`?"),
        ("SELECT *\n      FROM events e\n      JOIN ordrs o USING (machine)", "ordrs", "`ordrs` is no source"),
        ("SELECT machine, sum(qty)\n      FROM orders", "machine", "must stand in GROUP BY"),
        ("SELECT * FROM", "", "SQL: syntax error"),
        ("SELECT sum(state) FROM events", "sum", "No function matches"),
        ("SELECT ü FROM events WHERE 'ä' = state", "ü", "no column `ü`"),
        ("SELECT * FROM events WHERE 'ä' = state AND nope = 1", "nope", "no column `nope`"),
        ("SELECT * FROM wrong", "wrong", "`wrong` is made of itself: wrong → wrong"),
        ("SELECT count(*) AS n FROM range(3)", "SELECT", "reads no source of the site"),
    ],
)
@pytest.mark.parametrize("style", ["|", ">", '"'])
def test_a_fault_shows_at_its_line_and_column(tmp_path: Path, sql: str, place: str, message: str, style: str) -> None:
    text = f'"{sql}"' if style == '"' else f"{style}\n      {sql}"
    _, problems = bound(tmp_path, f"  wrong:\n    sql: {text}\n")
    assert message in problems[0]
    lines = (HEAD + f"  wrong:\n    sql: {text}\n").splitlines()
    _, line, column = problems[0].split(" ")[0].split(":")
    assert lines[int(line) - 1][int(column) - 1 :].startswith(place)


def test_circles_are_told_once_each_and_spare_the_rest(tmp_path: Path) -> None:
    text = "  a: {sql: SELECT * FROM b}\n  b: {sql: SELECT * FROM c}\n  c: {sql: SELECT * FROM A}\n"
    text += "  d: {sql: SELECT * FROM a}\n  e: {sql: SELECT * FROM events}\nkpis:\n"
    text += "  k: {source: c, value: count(*)}\n  l: {source: d, value: count(*)}\n  m: {source: e, value: count(*)}\n"
    binding, problems = bound(tmp_path, text)
    assert problems == ["site.yaml:10:26 `a` is made of itself: a → b → c → a"]
    assert list(binding.views) == ["e"]
    assert binding.broken.keys() | binding.waiting.keys() == {"k", "l"}
    assert binding.waiting["l"] == "is made of a, which has an error"
    assert binding.files("d") == ()


def test_what_lacks_a_table_waits_and_is_no_error(tmp_path: Path) -> None:
    text = "  a: {sql: SELECT * FROM b, time: x}\n  b: {sql: 'SELECT s.*, e.state FROM spare s, events e'}\n"
    text += "kpis: {k: {source: a, value: count(*)}}\nrules: {r: {source: a, rows: x > now_or_never, within: 1h}}\n"
    binding, problems = bound(tmp_path, text)
    assert problems == []
    assert binding.waiting == {"k": "waits for the first file of Spare parts"}
    assert binding.idle == {"r": "waits for the first file of Spare parts"}
    assert binding.reads == {"a": ("b",), "b": ("spare", "events")}
    assert binding.files("a") == ("spare", "events")
    assert binding.unmade["a"] == "waits for the first file of Spare parts"


def test_views_are_made_after_those_they_read(tmp_path: Path) -> None:
    text = "  a: {sql: SELECT * FROM b}\n  b: {sql: 'SELECT * FROM c WHERE machine IN (SELECT machine FROM d)'}\n"
    text += "  c: {sql: SELECT * FROM EVENTS}\n  d: {sql: SELECT machine FROM orders}\n"
    assert list(well(tmp_path, text).views) == ["c", "d", "b", "a"]


def test_what_sources_are_made_of_can_be_read_as_often_as_can_be_borne(tmp_path: Path) -> None:
    text = "  s0: {sql: SELECT * FROM events}\n" + "".join(
        f"  s{n}: {{sql: SELECT x.* FROM s{n - 1} x JOIN s{n - 1} y USING (machine)}}\n" for n in range(1, 12)
    )
    _, problems = bound(tmp_path, text)
    assert "reads tables more than 1000 times, with the sources it is made of" in problems[0]
    doubled = "WITH a0 AS (SELECT * FROM events)" + "".join(
        f", a{n} AS (SELECT x.* FROM a{n - 1} x, a{n - 1} y)" for n in range(1, 30)
    )
    _, problems = bound(tmp_path, f"  many: {{sql: '{doubled} SELECT * FROM a29'}}\n")
    assert "when everything in WITH is written out" in problems[0]


PIECES = """
SELECT | * | FROM | events | orders | machines | e.* | WHERE | machine | ( | ) | , | = | 1 | 'x' | GROUP BY ALL
WITH x AS ( | x | UNION ALL | JOIN | USING (machine) | count(*) | now() | read_csv('x') | ; | -- | /* | ORDER BY 1
LIMIT 1 | AS y | $1 | unnest([1]) | range(3) | lead(ts) OVER (ORDER BY ts) | site_now() | INSERT INTO events | COPY
é | " | '
"""
PARSER = duckdb.connect(":memory:")
pieces = st.sampled_from([piece.strip() for line in PIECES.split("\n") for piece in line.split("|") if piece.strip()])


@settings(max_examples=40, deadline=None)
@given(st.one_of(st.lists(pieces, max_size=9).map(" ".join), st.text(max_size=40)))
def test_any_text_is_a_select_that_only_reads_or_refused_with_a_place_in_it(text: str) -> None:
    db = PARSER
    try:
        select = parse(db, text, SCHEMAS)
    except Wrong as wrong:
        said, at = wrong.message, wrong.offset
    else:
        reads = {read.source for read in select.reads}
        plain = written(db, select, SCHEMAS).replace("main.", "")
        assert {read.source for read in parse(db, plain, SCHEMAS).reads} == reads
        said, at = "fine", 0
    assert said
    assert 0 <= at <= len(text)


# --- KPIs and rules over them ---------------------------------------------------------------------------------------


def test_events_become_time_spent_in_states(tmp_path: Path) -> None:
    kpis = """\
kpis:
  down: {source: stays, value: "100 * sum(_seconds) FILTER (state = 'down') / sum(_seconds)", window: day}
  hours: {source: stays, value: sum(_seconds) / 3600, window: day, by: [machine]}
  stops: {source: stays, value: count(*), where: state = 'down', window: 8h}
"""
    binding = well(tmp_path, STAYS + kpis)
    db = database(binding)
    # the night when the clocks go back: the day has 25 hours
    event(db, "2026-10-24 20:00", "A", "up")
    event(db, "2026-10-25 01:30", "A", "down")  # until 04:30: that is four hours
    event(db, "2026-10-25 04:30", "A", "up")  # and goes on
    event(db, "2026-10-25 12:00", "B", "up")
    noon = utc("2026-10-25 11:00")  # 12:00 in Berlin
    health.at(db, noon.timestamp())
    found = evaluate(db, binding, noon).kpis
    assert found["hours"].value == pytest.approx(13)  # since midnight, 13 hours have passed
    assert found["down"].value == pytest.approx(100 * 4 / 13)
    night = utc("2026-10-25 22:59:59")
    found = evaluate(db, binding, night).kpis
    assert found["down"].value == pytest.approx(100 * 4 / (25 + 12), abs=0.01)
    split = found["hours"].splits["machine"]
    assert dict(zip(split.members, split.values, strict=True)) == {
        "A": pytest.approx(25, abs=0.001), "B": pytest.approx(12, abs=0.001),
    }  # fmt: skip
    assert evaluate(db, binding, utc("2026-10-25 03:30")).kpis["stops"].value == 1, (
        "one that had ended lies in the window"
    )
    assert evaluate(db, binding, utc("2026-10-25 11:30")).kpis["stops"].value == 0, "all ended before the window"


def test_orders_and_the_downtime_of_their_machines(tmp_path: Path) -> None:
    text = (
        STAYS
        + """\
  begun_in:
    sql: SELECT o.*, s.state FROM orders o ASOF LEFT JOIN stays s ON o.machine = s.machine AND o._time >= s._time
    time: placed
    dimensions: [machine, state]
  delayed:
    sql: >
      SELECT o.*, sum(epoch(least(s.ended, o._time + INTERVAL 2 HOUR)) - epoch(greatest(s._time, o._time))) AS lost
      FROM orders o JOIN stays s ON s.machine = o.machine AND s.state = 'down'
        AND s._time < o._time + INTERVAL 2 HOUR AND s.ended > o._time
      GROUP BY ALL
    time: placed
kpis:
  in_down: {source: begun_in, value: "100 * count(*) FILTER (state = 'down') / count(*)", window: all}
  lost_min: {source: delayed, value: sum(lost) / 60, window: all}
rules:
  down: {source: begun_in, rows: state = 'down', within: 1d, by: [machine]}
"""
    )
    binding = well(tmp_path, text)
    db = database(binding)
    for when, state in (("08:00", "up"), ("09:00", "down"), ("09:30", "up"), ("10:30", "down"), ("11:15", "up")):
        event(db, f"2026-06-24 {when}", "A", state)
    for number, hour in enumerate(("07:10", "08:10", "09:00", "10:00"), 1):  # 06:10 to 09:00 UTC
        db.execute(
            "INSERT INTO orders SELECT ts, 'A', 10, NULL, 2, ?, timezone('UTC', timezone('America/New_York', ts)), 0 "
            "FROM (SELECT CAST(? AS TIMESTAMP) - INTERVAL 6 HOUR AS ts)", [number, f"2026-06-24 {hour}"],
        )  # fmt: skip
    noon = utc("2026-06-24 10:00")
    states = db.execute("SELECT _line, state FROM begun_in ORDER BY 1").fetchall()
    assert states == [(1, None), (2, "up"), (3, "down"), (4, "up")]
    found = evaluate(db, binding, noon)
    assert found.kpis["in_down"].value == 25
    # by Berlin's clocks the orders run 07:10-09:10, 08:10-10:10, 09:00-11:00, 10:00-12:00
    assert found.kpis["lost_min"].value == pytest.approx(10 + 30 + (30 + 30) + 45)
    ruled = evaluate_rules(db, binding, noon, Arrivals({}, 0.0, 0.0))
    assert [(each.labels, each.value) for each in ruled.observations if each.priority] == [({"machine": "A"}, 1.0)]
    page = rows(db, binding, subject_of_source(binding, "begun_in"), {"state": "down"})
    assert (page.total, page.files, page.lines) == (1, [2], [3])


def test_rows_without_a_place_of_their_own_are_paged_through_whole(tmp_path: Path) -> None:
    binding = well(tmp_path, "  twice: {sql: 'SELECT e.*, range AS n FROM events e, range(3)', time: ts}\n"
                   "  sums: {sql: 'SELECT machine, count(*) AS n FROM events GROUP BY ALL'}\n")  # fmt: skip
    db = database(binding)
    for number in range(7):
        event(db, f"2026-06-24 08:0{number}", f"M{number}", "up")
    for source, count in (("twice", 21), ("sums", 7)):
        seen: list[tuple[object, ...]] = []
        wanted = row_set(binding, subject_of_source(binding, source), {})
        for start in range(0, count, 4):
            page = pages.by_count(db, wanted, pages.ordered(wanted, ()), start, 4)
            seen += zip(*page.data, strict=True)
        assert len(seen) == len(set(seen)) == count == pages.count(db, wanted)
    assert set(page.files) == {0}


def test_a_view_is_as_silent_as_what_it_is_made_of(tmp_path: Path) -> None:
    head = HEAD.replace("time: ts}", "time: ts, fresh_within: 1h}")
    text = STAYS + "kpis: {k: {source: stays, value: count(*), better: lower, warning: 5}}\n"
    binding, problems = bound(tmp_path, text, head=head)
    assert problems == []
    ruled = evaluate_rules(database(binding), binding, utc("2026-06-24"), Arrivals({}, 7200.0, 0.0))
    assert ruled.verdicts["kpi:k"].quality == "stale"
    (tmp_path / "site.yaml").write_text(HEAD + STAYS + "rules: {r: {source: stays, silent: 1h}}\n")
    assert "nothing arrives in `stays` itself; name a source that it is made of" in str(load_site(tmp_path).problems[0])


def test_a_view_without_times_says_how_things_are_now(tmp_path: Path) -> None:
    text = "  open: {sql: 'SELECT machine, count(*) AS n FROM orders GROUP BY machine'}\n"
    rules = "rules: {many: {source: open, rows: n > 1, by: [machine]}}\n"
    binding = well(tmp_path, text + rules)
    db = database(binding)
    db.execute("INSERT INTO orders BY NAME SELECT unnest(['A', 'B', 'A']) AS machine")
    ruled = evaluate_rules(db, binding, utc("2026-06-24"), Arrivals({}, 0.0, 0.0))
    assert [(each.labels, each.text) for each in ruled.observations if each.priority] == [
        ({"machine": "A"}, "n > 1 · machine A")
    ]
    (tmp_path / "site.yaml").write_text(HEAD + text + rules.replace("n > 1", "n > 1, within: 1h"))
    assert "`open` has no `time`, so that all its rows count, leave it out" in str(load_site(tmp_path).problems[0])


def test_a_window_of_site_time_bounds_what_is_read(tmp_path: Path) -> None:
    sql = STAYS.replace("FROM events", "FROM events WHERE _time > site_now() - INTERVAL 2 DAY")
    binding = well(tmp_path, sql)
    db = database(binding)
    health.at(db, utc("2026-06-24").timestamp())
    for day in (20, 21, 22, 23):
        event(db, f"2026-06-{day} 12:00", "A", "up")
    assert db.execute("SELECT count(*) FROM stays").fetchall() == [(2,)]
    plan = db.execute("EXPLAIN SELECT * FROM stays").fetchall()[0][1]
    assert "_time > '2026-06-22" in plan, "the bound is a constant that reaches the table"
    health.at(db, utc("2026-06-23").timestamp())
    assert db.execute("SELECT count(*) FROM stays").fetchall() == [(3,)]
