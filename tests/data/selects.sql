SELECT * EXCLUDE (cost) REPLACE (qty + 1 AS qty) RENAME (state AS s) FROM events;
SELECT COLUMNS('^(qty|cost)$') FROM events;
SELECT COLUMNS(lambda c: c LIKE 'q%') FROM events;
SELECT machine, count(*) FILTER (state = 'up') AS up, sum(qty) FILTER (WHERE state <> 'up') FROM events GROUP
    BY ALL ORDER BY ALL;
SELECT machine, state, sum(qty) FROM events GROUP BY ROLLUP (machine, state);
SELECT machine, state, grouping(machine), sum(qty) FROM events GROUP BY GROUPING SETS ((machine), (state), ());
SELECT machine, state, sum(qty) FROM events GROUP BY CUBE (machine, state) HAVING sum(qty) > 10;
SELECT ts, sum(qty) OVER (PARTITION BY machine ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE
    CURRENT ROW) AS s FROM events;
SELECT ts, sum(qty) OVER (ORDER BY ts RANGE BETWEEN INTERVAL 1 HOUR PRECEDING AND INTERVAL '10 minutes'
    FOLLOWING) AS s FROM events;
SELECT ts, avg(qty) OVER (ORDER BY qty GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS s FROM events;
SELECT * FROM events QUALIFY row_number() OVER (PARTITION BY machine ORDER BY ts) <= 2;
SELECT DISTINCT ON (machine) * FROM events ORDER BY machine, ts DESC;
SELECT DISTINCT machine, state FROM events;
SELECT machine FROM events UNION SELECT id FROM machines EXCEPT SELECT 'M1';
(SELECT machine, qty FROM events ORDER BY qty DESC LIMIT 3) UNION ALL (SELECT machine, qty FROM events ORDER
    BY qty LIMIT 2);
SELECT machine, qty FROM events UNION ALL BY NAME SELECT id AS machine, hall FROM machines;
SELECT e.*, m.* FROM events e LEFT JOIN machines m ON e.machine = m.id;
SELECT e.qty, m.hall FROM events e FULL JOIN machines m ON e.machine = m.id;
SELECT e.qty, m.hall FROM events e RIGHT JOIN machines m ON e.machine = m.id AND e.qty > 5;
SELECT * FROM events e SEMI JOIN machines m ON e.machine = m.id;
SELECT * FROM events e ANTI JOIN machines m ON e.machine = m.id;
SELECT a.ts, b.qty FROM events a ASOF JOIN events b ON a.machine = b.machine AND a.ts > b.ts;
SELECT a.ts, b.qty FROM events a ASOF LEFT JOIN events b USING (machine, ts);
SELECT e.machine, l.n FROM events e, LATERAL (SELECT e.qty * 2 AS n) l;
SELECT e.machine, (SELECT hall FROM machines WHERE id = e.machine) AS h FROM events e;
SELECT * FROM events WHERE machine IN (SELECT id FROM machines) AND EXISTS (SELECT 1 FROM machines WHERE id = machine);
SELECT * FROM events WHERE qty > ALL (SELECT 3) AND qty < ANY (SELECT 50);
WITH a AS (SELECT * FROM events WHERE qty > 3), b(m, n) AS MATERIALIZED (SELECT machine, count(*) FROM a GROUP
    BY 1) SELECT * FROM b JOIN machines ON id = m;
WITH a AS NOT MATERIALIZED (FROM events) FROM a SELECT machine, qty WHERE qty % 2 = 0;
SELECT [x * 2 FOR x IN tags_len IF x > 0] FROM (SELECT [len(tags), 3] AS tags_len FROM events);
SELECT list_transform(tags, lambda t: upper(t) || '!') AS t, list_filter(tags, lambda t, i: i = 1) FROM events;
SELECT unnest(tags) AS tag, machine FROM events;
SELECT machine, t.tag, t.i FROM events, unnest(tags) WITH ORDINALITY AS t(tag, i);
SELECT * FROM events, (VALUES (1, 'x'), (2, 'it''s "q"')) v(n, w);
SELECT e.qty, r.i FROM events e, range(3) r(i);
SELECT e.qty, g FROM events e, generate_series(1, 5, 2) AS s(g);
SELECT MAP {'k': qty}['k'] AS v, MAP([1],[2]) FROM events;
SELECT qty::DOUBLE / 3, CAST(cost AS DECIMAL(18,6)), TRY_CAST(state AS INTEGER), 1e-3, .5,
    123456789012345678901234567890, 0.1::DECIMAL(3,1), -qty, +qty FROM events;
SELECT ts + INTERVAL '1 day 2 hours', ts - INTERVAL (qty) MINUTE, INTERVAL 3 MONTH, ts::DATE, DATE
    '2026-02-03', TIMESTAMP '2026-01-01 00:00:00.123', TIME '10:00' FROM events;
SELECT ts AT TIME ZONE 'Europe/Berlin', at2 AT TIME ZONE 'America/New_York', timezone('UTC', at2) FROM events;
SELECT CASE WHEN qty > 3 THEN 'a' WHEN qty IS NULL THEN NULL ELSE state END, CASE machine WHEN 'M1' THEN 1
    END, if(qty > 1, 2, 3), nullif(qty, 3), coalesce(NULL, qty) FROM events;
SELECT * FROM events WHERE qty BETWEEN 3 AND 7 OR qty NOT BETWEEN 1 AND 50 OR state IS DISTINCT FROM 'up' AND
    NOT (qty IN (1, 2, 3));
SELECT * FROM events WHERE state LIKE 'u%' OR state ILIKE 'D_WN' OR state SIMILAR TO '[a-z]+' OR state NOT
    LIKE '%x' ESCAPE '$' OR state ~ 'i.*' OR state GLOB 'u*';
SELECT 'it''s', 'a "quoted" word', E'tab\tnew', $$dollar 'quoted'$$, 'ünïcode ☃', '-- no comment', '/* nor
    this */' FROM events;
SELECT "machine", "qty" AS "weird name, with ""quotes""" FROM events AS "E v";
SELECT tags[1], tags[1:2], tags[-1], machine[1:1], [1,2,3][2], array_slice(tags, 1, 1) FROM events;
SELECT string_agg(state, ',' ORDER BY ts DESC) AS s, list(qty ORDER BY qty), first(state ORDER BY ts),
    arg_max(state, ts), mode(state), quantile_cont(qty, 0.95), quantile_cont(qty, [0.5, 0.9]), count(DISTINCT
    state), sum(DISTINCT qty) FROM events;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY qty) AS m FROM events;
SELECT qty // 2, qty % 3, qty ** 2, qty ^ 2, qty & 1, qty | 1, qty << 1, ~qty, @(-qty), 5! FROM events;
SELECT extract(hour FROM ts), date_part('dow', ts), date_trunc('hour', ts), time_bucket(INTERVAL 15 MINUTE,
    ts), strftime(ts, '%H:%M'), epoch(ts), ts::TIME FROM events;
SELECT substring(machine FROM 1 FOR 1), position('M' IN machine), trim(BOTH 'M' FROM machine), overlay('abc'
    PLACING 'x' FROM 1), upper(machine) FROM events;
SELECT machine, count(*) FROM events GROUP BY machine ORDER BY count(*) DESC, machine LIMIT 2 OFFSET 1;
SELECT * FROM events ORDER BY ts LIMIT 10%;
SELECT state COLLATE NOCASE AS s FROM events ORDER BY s;
SELECT * FROM events UNPIVOT (v FOR n IN (qty, cost));
SELECT * FROM events UNPIVOT INCLUDE NULLS (v FOR n IN (qty AS 'q'));
SELECT machine, ANY_VALUE(hall) FROM events JOIN machines ON machine = id GROUP BY 1;
SELECT t FROM (SELECT machine, qty FROM events) t;
SELECT events FROM events;
SELECT e FROM events e;
SELECT count(*), count(qty), count_if(qty > 3), bool_or(qty > 3), sum(qty > 3), avg(qty) FROM events;
SELECT TRY(1 // (qty - qty)) FROM events;
SELECT '{"a": [1, {"b": 2}]}'::JSON -> 'a' -> 1 ->> 'b', json_extract('{"x":1}', '$.x') FROM events;
SELECT lead(ts) OVER (PARTITION BY machine ORDER BY ts) - ts AS d, (ts, machine) AS p, row(qty, state) FROM events;
SELECT * FROM (events JOIN machines ON machine = id);
SELECT * FROM events JOIN machines AS m(a, b) ON machine = a;
SELECT x FROM events AS e(x, y);
FROM events;
TABLE events;
SELECT machine, sum(qty) AS n, n * 2 AS twice FROM events GROUP BY machine;
SELECT machine, qty FROM events WHERE machine = 'M1' AND qty > (SELECT avg(qty) FROM events);
SELECT * FROM events ORDER BY 1, 2 NULLS FIRST;
SELECT fill(qty) OVER (ORDER BY ts) FROM events;
SELECT histogram(state), approx_quantile(qty, 0.5), entropy(state), kurtosis(qty), regr_slope(qty, cost),
    corr(qty, cost) FROM events;
SELECT machine -- a comment with ' and "
    FROM events /* another ; */ WHERE qty > 1;
