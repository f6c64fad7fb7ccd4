"""SQL of a site file that means harm: all of it is refused with a place, and none of it reaches anything.

Two walls stand behind each other: what is asked here is the first, the check of the syntax tree. The second, a database
that is hardened, is tried with the same corpus, so that neither is trusted alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from opsconsole.kpis.bind import bind
from opsconsole.kpis.safety import VALUE_WORDS, functions
from opsconsole.kpis.select import Wrong, parse
from opsconsole.site.parse import load_site
from opsconsole.tables.store import Store

OWN = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
COLUMNS = {"ts": "TIMESTAMP", "machine": "VARCHAR", "qty": "BIGINT", **OWN}
SECRET = "the-content-of-the-secret"

# `{secret}` is a file with a secret, `{out}` one that must not come to be.
EXPRESSIONS = r"""
sum(qty)) FROM cycles; COPY cycles TO '{out}'; --
sum(qty); COPY cycles TO '{out}'
sum(qty) FROM read_csv('{secret}')
1) --
1) FROM cycles --
1) /*
1 /* */ ) FROM cycles --
(SELECT count(*) FROM read_csv('{secret}'))
(SELECT max(content) FROM read_text('{secret}')) = 'x'
(SELECT count(*) FROM '{secret}')
count(*) FILTER (EXISTS (FROM read_text('{secret}')))
qty IN (SELECT 1)
count(read_text('{secret}'))
count(getenv('HOME'))
count(current_setting('home_directory'))
sum(length(current_setting('temp_directory')))
count(getvariable('site_now'))
getvariable('site_now')
count(current_database())
count(current_user)
count(user)
sum(qty) FILTER (ts < now())
sum(qty) FILTER (ts < current_date)
sum(qty) FILTER (ts < CURRENT_TIMESTAMP)
sum(qty) FILTER (ts < localtimestamp)
sum(qty) FILTER (ts < today())
sum(epoch(age(ts)))
sum(rowid)
sum(random())
count(uuid())
count(nextval('s'))
count(currval('s'))
count(txid_current())
count(version())
count(pg_sleep(100))
count(sleep_ms(100000))
sum(length(pg_get_viewdef(1)))
count(format_type(1, 2))
count(get_block_size('memory'))
count(in_search_path('a', 'b'))
count(write_log('x'))
count(error('x'))
count(stats(qty))
count(vector_type(qty))
count(json_serialize_plan('FROM duckdb_settings()'))
count(json_execute_serialized_sql('x'))
count(finalize(to_aggregate_state(machine, 'list', ['VARCHAR'])))
count(combine_aggr(machine))
sum(qty) EXPORT_STATE
count(__internal_decompress_string(machine))
count(system.main.version())
main.sum(qty)
"system"."main"."now"()
query('SELECT 1')
count(query_table('cycles'))
count(which_secret('x', 'y'))
duckdb_settings()
count(pragma_version())
glob('/etc/*')
parquet_metadata('{secret}')
PRAGMA database_list
ATTACH '{secret}' AS a
COPY cycles TO '{out}'
COPY (SELECT 1) TO '{out}'
INSTALL httpfs
LOAD '{secret}'
EXPORT DATABASE '{out}'
CREATE TABLE x AS SELECT 1
DROP TABLE cycles
INSERT INTO cycles SELECT * FROM cycles
SET memory_limit = '1TB'
CALL pragma_version()
CHECKPOINT
WITH x AS (COPY cycles TO '{out}') SELECT sum(qty) FROM cycles
sum(qty) OVER ()
sum(unnest([qty]))
count($1)
count(?)
count(DEFAULT)
COLUMNS('.*')
sum(qty) AS x
sum(qty), sum(qty)
sum(qty) UNION SELECT 1
sum(qty) LIMIT 1
sum(qty) ORDER BY 1
sum({lambdas})
{deep}
{long}
"""
WHOLE = r"""
SELECT * FROM read_csv('{secret}'), cycles
SELECT * FROM '{secret}'
SELECT * FROM "{secret}"
SELECT * FROM cycles, read_text('{secret}')
SELECT * FROM cycles WHERE machine IN (SELECT content FROM read_text('{secret}'))
SELECT (SELECT content FROM read_blob('{secret}')) FROM cycles
SELECT * FROM cycles JOIN LATERAL (SELECT * FROM read_parquet('{secret}')) ON true
SELECT * FROM cycles; COPY cycles TO '{out}'
SELECT * FROM cycles) ; COPY cycles TO '{out}'; SELECT * FROM (SELECT 1
SELECT * FROM cycles) --
SELECT * FROM cycles /*
COPY cycles TO '{out}'
COPY (SELECT * FROM cycles) TO '{out}'
EXPORT DATABASE '{out}'
ATTACH '{out}' AS a
WITH x AS (COPY cycles TO '{out}') SELECT * FROM cycles
WITH x AS (INSERT INTO cycles (qty) VALUES (1) RETURNING qty) SELECT * FROM x, cycles
WITH x AS (DELETE FROM cycles RETURNING *) SELECT * FROM x
WITH x AS (UPDATE cycles SET qty = 1 RETURNING *) SELECT * FROM x
WITH x AS (MERGE INTO cycles USING cycles c ON true WHEN MATCHED THEN DELETE RETURNING *) SELECT * FROM x
WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n FROM t) SELECT * FROM t, cycles
WITH RECURSIVE t(n) USING KEY (n) AS (SELECT 1 UNION SELECT n + 1 FROM t) SELECT * FROM t, cycles
SELECT * FROM (WITH duckdb_settings AS (SELECT 1) SELECT * FROM duckdb_settings) a, duckdb_settings, cycles
SELECT * FROM cycles, _ops.files
SELECT * FROM _ops.files
SELECT * FROM main.cycles
SELECT * FROM memory.main.cycles
SELECT * FROM information_schema.tables, cycles
SELECT * FROM duckdb_settings(), cycles
SELECT * FROM duckdb_secrets(), cycles
SELECT * FROM duckdb_functions(), cycles
SELECT * FROM duckdb_tables, cycles
SELECT * FROM pg_catalog.pg_tables, cycles
SELECT * FROM sqlite_master, cycles
SELECT * FROM pragma_database_list, cycles
SELECT * FROM pragma_version(), cycles
SELECT * FROM query('SELECT 1'), cycles
SELECT * FROM query_table('_ops.files'), cycles
SELECT * FROM query_table(['cycles'])
SELECT * FROM histogram(cycles, machine)
SELECT * FROM histogram_values(_ops.files, path), cycles
SELECT * FROM seq_scan('cycles'), cycles
SELECT * FROM json_execute_serialized_sql('x'), cycles
SELECT * FROM read_duckdb('{secret}'), cycles
SELECT * FROM python_map_function(), cycles
SELECT * FROM pandas_scan(1), cycles
SELECT * FROM arrow_scan(1, 2, 3), cycles
SELECT * FROM glob('/etc/*'), cycles
SELECT * FROM sniff_csv('{secret}'), cycles
SELECT * FROM which_secret('x', 's3'), cycles
SELECT * FROM checkpoint(), cycles
SELECT * FROM repeat_row(1, num_rows = 3), cycles
SELECT * FROM summary(TABLE cycles)
SELECT * FROM (SHOW TABLES), cycles
SELECT * FROM (DESCRIBE cycles)
SELECT * FROM (SUMMARIZE cycles)
DESCRIBE cycles
SHOW TABLES
SUMMARIZE cycles
EXPLAIN SELECT * FROM cycles
EXPLAIN ANALYZE SELECT * FROM cycles
PRAGMA database_list
CALL pragma_version()
SET memory_limit = '1TB'
SET VARIABLE site_now = 1
INSTALL httpfs
LOAD '{secret}'
CREATE TABLE x AS SELECT * FROM cycles
CREATE MACRO m() AS 1
DROP TABLE cycles
BEGIN
VACUUM
PIVOT cycles ON machine USING sum(qty)
SELECT * FROM cycles PIVOT (sum(qty) FOR machine IN ('a', 'b'))
SELECT * FROM cycles TABLESAMPLE 10%
SELECT * FROM cycles USING SAMPLE 10
SELECT * FROM cycles AT (VERSION => 1)
SELECT * FROM cycles NATURAL JOIN health
SELECT * FROM cycles POSITIONAL JOIN health
SELECT now() FROM cycles
SELECT current_date FROM cycles
SELECT user FROM cycles
SELECT rowid FROM cycles
SELECT getvariable('site_now') FROM cycles
SELECT current_setting('temp_directory') FROM cycles
SELECT random() FROM cycles
SELECT * FROM cycles ORDER BY random()
SELECT * FROM cycles LIMIT (SELECT count(*) FROM read_csv('{secret}'))
SELECT * FROM cycles WHERE pg_sleep(10) IS NULL
SELECT * FROM cycles GROUP BY ALL HAVING count(getenv('HOME')) > 0
SELECT lead(version()) OVER (ORDER BY ts) FROM cycles
SELECT sum(qty) OVER (PARTITION BY uuid()) FROM cycles
SELECT * FROM cycles QUALIFY row_number() OVER (ORDER BY random()) = 1
SELECT * REPLACE (now() AS ts) FROM cycles
SELECT [now() FOR x IN [1]] FROM cycles
SELECT CASE WHEN true THEN current_user END FROM cycles
SELECT site_now(1) FROM cycles
SELECT main.site_now() FROM cycles
SELECT system.main.lower(machine) FROM cycles
SELECT $1 FROM cycles
SELECT ? FROM cycles
SELECT sum(qty) EXPORT_STATE FROM cycles
SELECT 1
FROM range(3)
VALUES (1)
SELECT DISTINCT * FROM cycles
{deep_query}
{long}
"""


def corpus(text: str, folder: Path) -> Iterator[str]:
    lambdas = "list_transform([1], lambda x: " * 5 + "1" + ")" * 5
    deep, deep_query = "(" * 3000 + "qty" + ")" * 3000, "SELECT * FROM (" * 1200 + "SELECT * FROM cycles" + ")" * 1200
    filled = {
        "{secret}": str(folder / "secret.csv"), "{out}": str(folder / "out.csv"), "{deep}": f"sum{deep}",
        "{lambdas}": lambdas, "{deep_query}": deep_query, "{long}": "SELECT " + "qty + " * 5000 + "1 FROM cycles",
    }  # fmt: skip
    for line in text.strip().splitlines():
        for name, value in filled.items():
            line = line.replace(name, value)
        yield line


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "secret.csv").write_text(f"a\n{SECRET}\n")
    yield tmp_path
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("out")) == []


HEAD = "sources:\n  cycles: {files: c/*.csv, time: ts}\n"
PLACES = {
    "value": (EXPRESSIONS, "kpis:\n", "  k{}: {{source: cycles, value: {}}}\n"),
    "where": (EXPRESSIONS, "kpis:\n", "  k{}: {{source: cycles, value: count(*), where: {}}}\n"),
    "target": (EXPRESSIONS, "kpis:\n", "  k{}: {{source: cycles, value: count(*), better: lower, target: {}}}\n"),
    "warning": (EXPRESSIONS, "kpis:\n", "  k{}: {{source: cycles, value: count(*), better: lower, warning: {}}}\n"),
    "element": (
        EXPRESSIONS,
        "kpis:\n",
        "  k{}: {{source: cycles, use: iso22400.scrap_ratio, elements: {{SQ: {}, PQ: qty}}}}\n",
    ),
    "rows": (EXPRESSIONS, "rules:\n", "  r{}: {{source: cycles, rows: {}}}\n"),
    "derived KPI": (EXPRESSIONS, "kpis:\n", "  k{}: {}\n"),
    "sql": (WHOLE, "", "  s{}: {{sql: {}}}\n"),
}  # fmt: skip


@pytest.mark.parametrize("where", PLACES)
def test_what_means_harm_is_refused_with_a_place(folder: Path, where: str) -> None:
    texts, section, template = PLACES[where]
    every = list(corpus(texts, folder))
    lines = [template.format(number, json.dumps(text, ensure_ascii=False)) for number, text in enumerate(every)]
    (folder / "site.yaml").write_text(HEAD + section + "".join(lines))
    loaded = load_site(folder)
    problems = list(loaded.problems)
    site = loaded.site or loaded.rest
    if site is not None:
        binding, more = bind(replace(loaded, site=site), {"cycles": COLUMNS})
        problems += more
        assert binding.views == {}
        assert not any(rule.rows for rule in binding.rules.values())
        assert not any(kpi.limits for kpi in binding.kpis.values())
        if where in {"value", "where", "element", "derived KPI"}:
            assert binding.kpis == {}
    first = len((HEAD + section).splitlines()) + 1
    told = {problem.mark.line: problem for problem in problems if problem.severity == "error"}
    assert [text for number, text in enumerate(every) if number + first not in told] == []
    for problem in told.values():
        assert problem.mark.column > 4
        assert "\n" not in problem.message
        assert SECRET not in problem.message


def test_behind_the_check_the_database_itself_lets_nothing_through(folder: Path) -> None:
    store = Store.open(folder / "state" / "tables.duckdb")
    try:
        cursor = store.cursor()
        cursor.execute(f"CREATE TABLE cycles ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})")
        cursor.execute("SET max_execution_time = 300")
        for text in [*corpus(EXPRESSIONS, folder), *corpus(WHOLE, folder)]:
            if "sleep" in text or len(text) > 2000:
                continue  # the time of one call cannot be bounded; and depth was tried above
            for query in (text, f"SELECT (\n{text}\n) FROM cycles", f"SELECT * FROM (\n{text}\n)"):
                cursor.execute("BEGIN TRANSACTION READ ONLY")
                try:
                    found = str(cursor.execute(query).fetchall())
                except duckdb.Error as error:
                    found = str(error)
                finally:
                    try:
                        cursor.execute("ROLLBACK")
                    except duckdb.TransactionException:
                        found += ""  # the text itself ended it
                assert SECRET not in found, query
    finally:
        store.close()


# --- by what functions are ------------------------------------------------------------------------------------------


def catalogue() -> list[tuple[str, str, str, list[str]]]:
    with duckdb.connect(":memory:") as db:
        return db.execute(
            "SELECT lower(function_name), function_type, coalesce(stability, ''), parameters FROM duckdb_functions()"
        ).fetchall()


def test_nothing_that_is_called_has_a_name_that_tells_of_more_than_computing() -> None:
    with duckdb.connect(":memory:") as db:
        known = functions(db)
    telling = re.compile(
        r"read|write|scan|copy|file|glob|attach|secret|setting|getenv|variable|query|pragma|duckdb|sleep|random|uuid|"
        r"nextval|currval|setval|seed|now|today|current|local|logs?$|checkpoint|install|load|external|memory|schema|"
        r"database|user$|session|txid|connection|version|plan|execute|aggregate_state|internal|error|stats|inet|index_key"
    )
    computing = {
        "log", "json_deserialize_sql", "json_serialize_sql", "parse_filename", "parse_duckdb_log_message",
        "uuid_extract_timestamp", "uuid_extract_version", "from_json_strict", "json_transform_strict",
        "json_copy_strftime_if_timestamp", "json_copy_strftime_if_date", "formatreadablesize",
        "formatreadabledecimalsize",
    }  # fmt: skip
    constant = {"session_user", "current_user", "current_role", "has_schema_privilege", "has_database_privilege"}
    constant |= {"pg_conversion_is_visible", "pg_my_temp_schema", "pg_is_other_temp_schema"}
    constant |= {"inet_client_addr", "inet_client_port", "inet_server_addr", "inet_server_port"}
    found = {name for name in known.allowed if telling.search(name)}
    assert found - computing - constant == set()
    assert {name for name in constant if name in known.allowed} <= {
        name for name, kind, *_ in catalogue() if kind == "macro"
    }, "macros that give one constant"


BY_ZONE = frozenset(
    """+ - age century date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname
    dayofmonth dayofweek dayofyear decade era generate_series hour isodow isoyear julian last_day make_timestamptz
    microsecond millennium millisecond minute month monthname quarter range second strftime time_bucket timezone
    timezone_hour timezone_minute week weekday weekofyear year yearweek""".split()
)
"""Functions of moments with a zone: consistent for one setting of the zone, which is always the same (DuckDB 2.0.1)."""


def test_every_function_is_either_of_a_kind_that_computes_or_refused() -> None:
    with duckdb.connect(":memory:") as db:
        known = functions(db)
        rows = catalogue()
        for name, kind, stability, _ in rows:
            if kind in {"table", "pragma", "table_macro"} and name in known.allowed:
                assert any(other == name and how in {"scalar", "aggregate", "macro"} for other, how, *_ in rows), name
            if kind == "scalar" and stability != "CONSISTENT" and name not in BY_ZONE:
                assert name not in known.allowed, name
        # what is refused is refused in a SELECT as well, wherever it stands
        tables = {"cycles": COLUMNS}
        for name in sorted({name for name, *_ in rows} - known.allowed - {"unnest"}):
            for query in (f'SELECT "{name}"(qty) FROM cycles', f'SELECT * FROM cycles, "{name}"(qty)'):
                with pytest.raises(Wrong):
                    parse(db, query, tables)


def test_every_bare_word_that_is_a_call_is_known_as_one() -> None:
    with duckdb.connect(":memory:") as db:
        words = {row[0] for row in db.execute("SELECT lower(function_name) FROM duckdb_functions()").fetchall()}
        words |= {row[0] for row in db.execute("SELECT lower(keyword_name) FROM duckdb_keywords()").fetchall()}
        words |= {word.replace("current_local", "local") for word in words}
        words |= {word.replace("get_current_", "current_") for word in words}
        found = set()
        for word in sorted(words):
            if not word.replace("_", "").isalnum():
                continue
            try:
                tree = json.loads(db.execute("SELECT json_serialize_sql(?)", [f"SELECT {word}"]).fetchall()[0][0])
                (item,) = tree["statements"][0]["node"]["select_list"]
                db.execute(f"SELECT {word}").fetchall()
            except (duckdb.Error, KeyError, ValueError):
                continue
            if item["class"] == "COLUMN_REF":
                found.add(word)
    assert found == VALUE_WORDS - {"rowid"}, "a table has that one besides"


def test_a_column_may_be_called_as_a_call_is(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(
        "sources:\n  logins: {files: l/*.csv}\n  named: {sql: 'SELECT user FROM logins'}\n"
        "kpis: {k: {source: logins, value: count(DISTINCT user), where: user <> 'root'}}\n"
    )
    binding, problems = bind(load_site(tmp_path), {"logins": {"user": "VARCHAR", **OWN}})
    assert [str(problem) for problem in problems] == []
    assert list(binding.views) == ["named"]
