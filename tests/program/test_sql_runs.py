"""SQL of people through a real engine: kept results, the end of what runs, what can be named."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.engine.client import Client, RefusedError
from opsconsole.engine.messages import (
    AskQuery,
    AskRun,
    AskSchema,
    AskStatus,
    AskStopRun,
    Done,
    EngineStatus,
    Ran,
    Schema,
    Table,
)
from tests.engine_process import EngineProcess, Watcher

SITE = """\
site: Small plant
timezone: UTC
every: 1h
sources:
  cycles: {title: Machine cycles, files: data/*.csv, time: ts, settle: 1s}
  per_line: {sql: "SELECT line, sum(qty) AS qty, max(_time) AS last FROM cycles GROUP BY line"}
"""
ROWS = "ts,line,qty\n2026-06-24 06:00:00,1,50\n2026-06-24 07:00:00,1,30\n2026-06-24 07:00:00,2,20\n"
AT = 1_782_282_600.0  # 2026-06-24 06:30 UTC
SLOW = "SELECT count(*) FROM w a, w b, w c WHERE sin(a.n + b.n + c.n) > 2"
SLOW = f"WITH w AS (SELECT row_number() OVER () AS n FROM {', '.join('cycles ' + each for each in 'abcdefgh')}) {SLOW}"


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineProcess]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = EngineProcess(tmp_path / "plant")
    (found.folder / "data").mkdir(parents=True)
    (found.folder / "site.yaml").write_text(SITE)
    (found.folder / "data/a.csv").write_text(ROWS)
    found.start()
    yield found
    found.end()


async def ran(client: Client, sql: str, at: float | None = None) -> Ran:
    answer = await client.ask(AskRun(sql, at=at))
    assert isinstance(answer, Ran)
    return answer


async def busy(client: Client) -> float:
    """Seconds of CPU that the engine has used."""
    status = await client.ask(AskStatus())
    assert isinstance(status, EngineStatus)
    return status.cpu


def test_results_runs_and_what_there_is(plant: EngineProcess) -> None:
    async def work() -> None:
        watcher = await Watcher.connect(plant.place)
        client = watcher.client

        result = await ran(client, "SELECT line, qty FROM cycles ORDER BY qty")
        assert (result.columns, result.types, result.rows) == (["line", "qty"], ["BIGINT", "BIGINT"], 3)
        assert result.result
        assert not result.truncated
        assert result.seconds > 0
        cut = await client.ask(AskRun("SELECT * FROM range(100)", limit=5))
        assert isinstance(cut, Ran)
        assert (cut.rows, cut.truncated) == (5, True)
        with pytest.raises(RefusedError, match=r"syntax error .* at character"):
            await client.ask(AskRun("SELECT count( FROM cycles"))
        with pytest.raises(RefusedError, match="only SELECT is possible"):
            await client.ask(AskRun("DELETE FROM cycles"))
        # the journal, and what is derived
        assert (await ran(client, "SELECT * FROM journal WHERE false")).rows == 0
        assert (await ran(client, "SELECT * FROM per_line")).rows == 2
        # rows up to a past moment
        assert (await ran(client, "SELECT * FROM cycles", AT)).rows == 1
        assert (await ran(client, "SELECT list_sort([qty]) FROM cycles", AT)).rows == 1
        with pytest.raises(RefusedError, match="not yet"):
            await client.ask(AskRun("SELECT 1", at=time.time() + 1e6))

        schema = await client.ask(AskSchema())
        assert isinstance(schema, Schema)
        tables = {table.name: table for table in schema.tables}
        assert list(tables) == ["cycles", "per_line", "health", "health_files", "journal", "alert_history"]
        assert tables["cycles"].title == "Machine cycles"
        assert dict(zip(tables["cycles"].columns, tables["cycles"].types, strict=True))["qty"] == "BIGINT"
        assert {"sum", "date_trunc", "range"} <= set(schema.functions)
        assert "+" not in schema.functions
        # all of it can be named, and is as it was said to be
        for table in schema.tables:
            named = ", ".join(f'"{column}"' for column in table.columns)
            assert (await ran(client, f'SELECT {named} FROM "{table.name}"')).types == table.types, table.name
        for table in ("journal", "alert_history"):
            assert (await ran(client, f"SELECT * FROM {table}")).columns == tables[table].columns

        # what runs is ended by name; the readers answer meanwhile
        slow = [asyncio.create_task(client.ask(AskRun(SLOW, seconds=120, run=name))) for name in ("one", "two")]
        before = await busy(client)
        while await busy(client) < before + 0.3:
            answer = await client.ask(AskQuery("SELECT count(*) AS n FROM cycles"))
            assert isinstance(answer, Table)
            assert answer.data == [[3]]
        third = asyncio.create_task(client.ask(AskRun("SELECT 3 AS n", run="three")))  # waits for its turn
        for name in ("one", "two", "one"):
            stopped = await client.ask(AskStopRun(name))
            assert isinstance(stopped, Done)
        assert stopped.already
        for task in slow:
            with pytest.raises(RefusedError, match="stopped, as you asked"):
                await task
        assert isinstance(await third, Ran)

        # a client that goes away ends what it runs
        other = await Client.connect(plant.place)
        gone = asyncio.create_task(other.ask(AskRun(SLOW, seconds=600)))
        before = await busy(client)
        while await busy(client) < before + 0.3:
            await asyncio.sleep(0.01)
        await other.close()
        await asyncio.gather(gone, return_exceptions=True)
        await quiet(client)
        await client.close()

    asyncio.run(asyncio.wait_for(work(), 90))


async def quiet(client: Client) -> None:
    """Wait until the engine uses next to no CPU."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        before = await busy(client)
        await asyncio.sleep(0.5)
        if await busy(client) < before + 0.1:
            return
    raise AssertionError("the engine works on")
