"""The two real event logs, read as their own notes say."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import polars as pl

from opsconsole.insight.flow import Log, read_events

DATA = Path(os.environ.get("OPSCONSOLE_DATA", ""))


def expected(folder: str, name: str = "expected.json") -> dict[str, Any]:
    """The reference figures of a folder."""
    found = json.loads((DATA / folder / name).read_text())
    return dict(found[0] if isinstance(found, list) else found)


def production() -> Log:
    """The job shop: start and end of each step."""
    frame = pl.read_csv(DATA / "production_manufacturer/Production.csv", infer_schema_length=0)
    frame = frame.with_columns(
        pl.col(name).str.to_datetime("%Y/%m/%d %H:%M:%S") for name in ("start_timestamp", "end_timestamp")
    )
    return read_events(
        frame, case="caseid", activity="task", start="start_timestamp", end="end_timestamp", resource="user"
    )


def receipt_frame() -> pl.DataFrame:
    """The permit process: one row per event, with the times of the case in each."""
    frame = pl.read_csv(DATA / "receipt/receipt.csv", infer_schema_length=0)
    times = ("time:timestamp", "case:startdate", "case:enddate", "case:enddate_planned", "case:deadline")
    return frame.with_columns(pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S%.f%z", time_zone="UTC") for name in times)


def permit_log(frame: pl.DataFrame, **columns: str) -> Log:
    """Its rows as a log; `closed=` and `due=` name columns of the case."""
    return read_events(
        frame, case="case:concept:name", activity="concept:name", time="time:timestamp",
        resource="org:resource", **columns,
    )  # fmt: skip


def receipt(**columns: str) -> Log:
    """The permit process: a time for each event."""
    return permit_log(receipt_frame(), **columns)
