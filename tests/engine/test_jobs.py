"""Reports are worked on one after the other, say how far they are, and end when they are cancelled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, cast

import pytest

from opsconsole.engine.jobs import Desk, Job, Jobs, ReportError, Work
from opsconsole.engine.messages import AskReport, Report

Run = Callable[[Job, dict[str, Any]], dict[str, Any]]


def jobs(run: Run) -> Jobs:
    def work() -> Work:
        return lambda desk, job, options: run(job, options)

    return Jobs(cast(Desk, None), {"scorecard": work, "backtest": work})


async def followed(of: Jobs, found: Report) -> Report:
    while found.result is None and not found.trouble:
        found = await of.ask(AskReport(job=found.job))
    return found


def test_a_report_comes_with_its_options_and_errors_as_a_sentence() -> None:
    def run(job: Job, options: dict[str, Any]) -> dict[str, Any]:
        job.tell(0.5, "half of it")
        if "bad" in options:
            raise ReportError("there is no such rule")
        return {"got": options}

    async def work() -> None:
        found = jobs(run)
        try:
            assert (await followed(found, await found.ask(AskReport(options={"a": 1})))).result == {"got": {"a": 1}}
            assert (await followed(found, await found.ask(AskReport(options={"bad": 1})))).trouble == (
                "there is no such rule"
            )
            with pytest.raises(LookupError, match="no report `procedures`"):
                await found.ask(AskReport(kind="procedures"))
            with pytest.raises(LookupError, match="no report number 99"):
                await found.ask(AskReport(job=99))
        finally:
            found.close()

    asyncio.run(work())


def test_one_that_runs_says_how_far_it_is_and_can_be_cancelled_as_can_one_that_waits() -> None:
    running = threading.Event()

    def run(job: Job, options: dict[str, Any]) -> dict[str, Any]:
        while True:
            job.tell(0.25, "goes on")
            running.set()

    async def work() -> None:
        found = jobs(run)
        try:
            first = await found.ask(AskReport())
            await asyncio.to_thread(running.wait, 30)
            second = await found.ask(AskReport(kind="backtest"))
            assert (second.doing, second.result) == ("waits for its turn", None)
            assert (await found.ask(AskReport(job=first.job))).done == 0.25
            assert (await found.ask(AskReport(job=second.job, cancel=True))).trouble == "it was cancelled"
            ended = await followed(found, await found.ask(AskReport(job=first.job, cancel=True)))
            assert ended.trouble == "it was cancelled"
        finally:
            found.close()

    asyncio.run(work())


def test_closing_ends_what_runs() -> None:
    running = threading.Event()

    def run(job: Job, options: dict[str, Any]) -> dict[str, Any]:
        while True:
            job.tell(0.0, "goes on")
            running.set()

    async def work() -> None:
        found = jobs(run)
        await found.ask(AskReport())
        await asyncio.to_thread(running.wait, 30)
        await asyncio.to_thread(found.close)

    asyncio.run(asyncio.wait_for(work(), 30))
