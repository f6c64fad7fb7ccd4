"""Answers to what clients ask of the tables: breakdowns, rows, raw lines, files, quarantine, ad-hoc SQL."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import duckdb
import msgspec

from opsconsole.engine import alert_queries, alert_ranges, journal_queries, kpi_queries
from opsconsole.engine.adhoc import AdhocError, run_sql
from opsconsole.engine.core import Core
from opsconsole.engine.identity import Peer
from opsconsole.engine.insight.flow import FlowDesk
from opsconsole.engine.jobs import Desk, Jobs
from opsconsole.engine.journal_table import JournalTable
from opsconsole.engine.messages import (
    Answer,
    Ask,
    AskAlert,
    AskAlerts,
    AskBreakdown,
    AskCaughtUp,
    AskDraft,
    AskExplain,
    AskFiles,
    AskFlow,
    AskFlowCases,
    AskJournal,
    AskKpi,
    AskLayout,
    AskLine,
    AskMarks,
    AskNotify,
    AskProblems,
    AskProcedure,
    AskQuarantine,
    AskQuery,
    AskReport,
    AskRun,
    AskSchema,
    AskSnapshot,
    AskStopRun,
    Breakdown,
    Command,
    Done,
    Drift,
    Failure,
    Files,
    FlowCases,
    FlowState,
    Group,
    KpiAmong,
    Lines,
    Problems,
    Procedure,
    Quarantine,
    Quarantined,
)
from opsconsole.engine.notify import asking
from opsconsole.engine.paging.indexes import said
from opsconsole.engine.paging.table_queries import AskOfTable, TableQueries
from opsconsole.engine.past import looked_at, snapshot_at
from opsconsole.engine.picture import file_state, kpi_state
from opsconsole.engine.reports import KINDS
from opsconsole.engine.roles import refusal
from opsconsole.engine.save_layout import SaveLayout
from opsconsole.engine.save_sql import CannotSaveError, SaveSql
from opsconsole.engine.site_edit import SiteEdit
from opsconsole.engine.sql_runs import SqlRuns
from opsconsole.engine.watch import AlertWatch
from opsconsole.journal.journal import JournalError
from opsconsole.kpis.drill import (
    breakdown,
    measure_among,
)
from opsconsole.tables import health, setaside
from opsconsole.tables.reading.raw import raw_lines
from opsconsole.tables.records import StoreError
from opsconsole.tables.store import Store

_T = TypeVar("_T")

# More readers add no throughput on two cores, and slow each other and the writer down (measured).
_READERS = 2
_LOOK_EVERY = 0.05


class Queries:
    """Works on the tables in threads of its own, each question with its own cursor."""

    def __init__(self, store: Store, core: Core, watch: AlertWatch, root: Path, scratch: Path) -> None:
        self._store = store
        self._watch = watch
        self._root = root
        self._core = core
        self._scratch = scratch
        self._records = JournalTable(watch.journal.path)
        self._runs = SqlRuns(store, core, self._records, scratch)
        self._save = SaveSql(lambda: core.site_path, store.schemas, SiteEdit())
        self._layouts = SaveLayout(lambda: core.site_path, store.schemas, SiteEdit())
        self._pool = concurrent.futures.ThreadPoolExecutor(_READERS, thread_name_prefix="query")
        self._jobs = Jobs(Desk(core, store, watch, root, {}), KINDS)
        self._flows = FlowDesk()
        self._tables = TableQueries(store, core, watch, scratch / "scratch" / "tables", self._runs.results)

    def close(self) -> None:
        """Let what runs come to its end."""
        self._jobs.close()
        self._runs.close()
        self._tables.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def handle(self, body: Ask, peer: Peer) -> Answer:
        """The answer; what a person can mend comes back as a `Failure` with one sentence."""
        if isinstance(body, Command):
            role = await asyncio.to_thread(self._core.role, peer)
            if refused := refusal(body.name, role, peer):
                targets = [target.alert for target in body.targets] or [body.name]
                return Done(refused=dict.fromkeys(targets, refused), said=refused)
            if body.name in ("save-sql", "save-layout"):
                return await asyncio.get_running_loop().run_in_executor(self._pool, self._saved, body, peer)
            return await asyncio.wrap_future(self._core.command(body, peer))
        if isinstance(body, AskCaughtUp):
            return await self._caught_up()
        if isinstance(body, AskNotify):
            return await asking.answer(self._core, body, peer)
        try:
            if isinstance(body, AskReport):
                return await self._jobs.ask(body)
            if isinstance(body, AskRun):
                return await self._runs.run(body, peer)
            if isinstance(body, AskStopRun):
                return await self._runs.stop(body, peer)
            if isinstance(body, AskOfTable):
                return await self._tables.answer(body)
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._answer, body, peer)
        except (AdhocError, CannotSaveError, StoreError, JournalError) as error:
            return Failure(message=str(error))
        except (LookupError, ValueError) as error:
            return Failure(message=str(error.args[0]) if error.args else str(error))
        except duckdb.Error as error:
            return Failure(message=said(error, self._scratch))
        except OSError as error:
            return Failure(message=f"{error.filename or 'a file of the engine'}: {error.strerror or error}")

    async def _caught_up(self) -> Done:
        """Wait without keeping a reader busy."""
        self._core.look_again()
        while not self._core.caught_up:
            await asyncio.sleep(_LOOK_EVERY)
        return Done()

    def _answer(self, body: Ask, peer: Peer) -> Answer:
        if isinstance(body, AskFiles):
            return self._files(body)
        if isinstance(body, AskQuarantine):
            return self._quarantine(body)
        if isinstance(body, AskExplain):
            from opsconsole.engine.explain import explain

            return explain(self._store, self._root, self._core.site, body)
        if isinstance(body, AskFlow):
            return self._flow(body)
        if isinstance(body, AskFlowCases):
            return self._flow_cases(body)
        if isinstance(body, AskSchema):
            return self._runs.schema()
        if isinstance(body, AskDraft):
            return self._save.draft(body.draft)
        if isinstance(body, AskLayout):
            return self._layouts.look(body.name)
        if isinstance(body, AskProblems):
            return Problems(problems=self._core.problems)
        if isinstance(body, AskLine):
            return self._lines(body)
        if isinstance(body, AskQuery):
            query = body
            return self._with_cursor(
                lambda cursor: run_sql(
                    cursor,
                    query.sql,
                    limit=query.limit,
                    seconds=query.seconds,
                    scratch=self._scratch,
                    offer=self._records.offer,
                )
            )
        if isinstance(body, AskJournal):
            return journal_queries.page(self._watch.journal.path, body)
        if isinstance(body, AskProcedure):
            return self._procedure(body, peer)
        if isinstance(body, AskSnapshot):
            return snapshot_at(self._core, self._store, self._watch, body.at)
        if isinstance(body, AskMarks):
            return alert_ranges.marks(self._core.site, self._watch.journal.path, body, self._watch.marked())
        if isinstance(body, AskAlerts):
            _, past = looked_at(self._core, body.at)
            return alert_queries.alerts(self._watch, self._core.site, body, body.at if past is not None else None)
        if isinstance(body, AskAlert):
            now, past = looked_at(self._core, body.at)
            path, at = self._watch.journal.path, body.at if past is not None else None
            return alert_queries.alert(self._watch, self._core.site, path, body, now, at)
        if isinstance(body, AskBreakdown):
            return self._breakdown(body)
        if isinstance(body, AskKpi):
            return self._kpi(body)
        if isinstance(body, kpi_queries.AskOfKpi):
            asked, (now, until) = body, looked_at(self._core, body.at)
            binding = self._core.binding
            return self._with_cursor(lambda cursor: kpi_queries.answer(cursor, binding, asked, now, until), asked.at)
        return Failure(message=f"not understood: {type(body).__name__}")

    def _saved(self, command: Command, peer: Peer) -> Done:
        saver = self._layouts if command.name == "save-layout" else self._save
        done = saver.save(command, self._watch.write, peer, self._core.now())
        self._core.nudge()  # it looks at the site file then
        return done

    def _procedure(self, body: AskProcedure, peer: Peer) -> Procedure:
        answer = self._core.procedures.answer(self._core.site, body)
        if body.alert and body.opened and body.at is None:
            self._core.desk.opened(body.alert, peer)
        return answer

    def _with_cursor(self, work: Callable[[duckdb.DuckDBPyConnection], _T], at: float | None = None) -> _T:
        cursor = self._store.cursor()
        try:
            health.at(cursor, self._core.now().timestamp() if at is None else at)
            return work(cursor)
        finally:
            cursor.close()

    def _breakdown(self, body: AskBreakdown) -> Breakdown:
        now, until = looked_at(self._core, body.at)
        binding = kpi_queries.ranged(self._core.binding, body.kpi, body.start, body.end, now).binding
        split = self._with_cursor(
            lambda cursor: breakdown(cursor, binding, body.kpi, body.by, body.where, now, until), body.at
        )
        found = {name: getattr(split, name) for name in split.__struct_fields__}
        return Breakdown(**found, where=body.where, at=body.at)

    def _flow(self, body: AskFlow) -> FlowState:
        now, until = looked_at(self._core, body.at)
        binding, version = self._core.binding, self._store.data_version
        return self._with_cursor(
            lambda cursor: self._flows.answer(
                cursor, binding, body.flow, now, version, past=until is not None, brief=body.brief
            ),
            body.at,
        )

    def _flow_cases(self, body: AskFlowCases) -> FlowCases:
        now, until = looked_at(self._core, body.at)
        binding = self._core.binding
        return self._with_cursor(
            lambda cursor: self._flows.cases(cursor, binding, body, now, past=until is not None), body.at
        )

    def _kpi(self, body: AskKpi) -> KpiAmong:
        now, until = looked_at(self._core, body.at)
        binding, judged = kpi_queries.ranged(self._core.binding, body.kpi, body.start, body.end, now)
        measure = self._with_cursor(
            lambda cursor: measure_among(cursor, binding, body.kpi, body.where, now, until), body.at
        )
        state = kpi_state(binding.site, binding.site.kpis[body.kpi], measure, stale=False)
        if body.start is not None:
            window = str(binding.kpis[body.kpi].kpi.window)
            state = msgspec.structs.replace(state, window=window, judged=judged)
        return KpiAmong(kpi=state)

    def _lines(self, body: AskLine) -> Lines:
        source = self._owner(body.source, body.file)
        _, first, at, text, note = raw_lines(self._store, source, body.file, body.line, body.around)
        aside = [
            msgspec.convert(each, Quarantined, from_attributes=True)
            for each in setaside.at_line(self._store, source, body.file, body.line)
        ]
        return Lines(path=body.file, first=first, at=at, text=text, note=note, aside=aside)

    def _owner(self, source: str, file: str) -> str:
        """The source that a file belongs to: a row of a derived one comes from a file of another."""
        made_of = self._core.binding.files(source)
        return self._store.source_of(file, made_of) or source if made_of != (source,) else source

    def _files(self, body: AskFiles) -> Files:
        changes = self._with_cursor(lambda cursor: health.drifts(cursor, body.source, body.drift))
        if body.limit > 0:
            files, total = self._with_cursor(lambda cursor: health.files(cursor, body.source, body.limit))
        else:
            files = self._store.files(body.source)
            total = len(files)
        return Files(
            files=[file_state(each) for each in files],
            drift=[msgspec.convert(each, Drift, from_attributes=True) for each in changes],
            total=total,
        )

    def _quarantine(self, body: AskQuarantine) -> Quarantine:
        wanted = setaside.Wanted(body.source, body.file, body.reason, body.column)
        if body.grouped:
            heaps, total = setaside.heaps(self._store, wanted, body.limit)
            groups = [msgspec.convert(each, Group, from_attributes=True) for each in heaps]
            return Quarantine(records=[], total=total, groups=groups)
        records, total, after = setaside.page(self._store, wanted, body.after, body.limit)
        found = [msgspec.convert(each, Quarantined, from_attributes=True) for each in records]
        return Quarantine(records=found, total=total, next=after)
