"""The JSON shapes in the README are those of the messages, field by field, so that neither drifts from the other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from opsconsole.cli import show, show_kpis, show_library, show_sources
from opsconsole.engine.flow_messages import (
    FlowCase,
    FlowCourse,
    FlowEdge,
    FlowFault,
    FlowState,
    FlowStation,
    FlowStep,
    FlowVariant,
    Spread,
)
from opsconsole.engine.messages import (
    AlertCounts,
    AlertState,
    Attention,
    CardSource,
    ChangeMark,
    ColumnRead,
    Drift,
    EngineStatus,
    Explained,
    Files,
    FileState,
    GoalKpi,
    GoalState,
    KpiState,
    Leaving,
    Maintenance,
    Notice,
    Progress,
    Quarantined,
    Ratio,
    Revision,
    SavedView,
    ShiftState,
    SiteState,
    Snapshot,
    SourceState,
    TargetState,
)
from opsconsole.engine.place import Place
from opsconsole.site.library.catalogue import ENTRIES
from opsconsole.site.library.shape import Element, Entry, Vector
from opsconsole.site.model import Mark, Problem, Targets

README = Path(__file__).parents[2] / "README.md"
ONLY_FOR_SCREENS = {"layouts", "ended"}

SHIFT = ShiftState("Late", 1.0, 2.0)
SITE = SiteState(name="s", timezone="UTC", clock="wall", speed=1, at=1.0, wall=1.0, settled=True, shift=SHIFT)
PROGRESS = Progress("cycles", "reading", 1.0, 1, 2, 0, 1, 10, 5.0)
SNAPSHOT = Snapshot(
    site=SITE,
    kpis=[KpiState("k", "K", "cycles", "good", start=1.0, trend=[1.0, None])],
    alerts=[AlertState("a", "r", "t", "ACK", "low", 1.0, 1, acked_at=2.0)],
    sources=[
        SourceState(
            "cycles", "Cycles", "fresh", last_event=1.0, retry_at=1.0, progress=PROGRESS, leaving=Leaving(1, 1.0, 1.0)
        )
    ],
    notices=[Notice("draft", "a draft")],
)
FILE = FileState("cycles", "data/a.csv", "ready", arrived=1.0)
FILES = Files([FILE], [Drift("cycles", 1.0, "data/a.csv", "added", "shift", "")])
STATUS = EngineStatus("s", "p", "st", 1, "v", 1.0, True, True, [], 1, 0, 0, 0.0, [PROGRESS])
EXPLAINED = Explained("data/a.csv", "cycles", FILE, columns=[ColumnRead("qty", "integer")])
RECORD = Quarantined("cycles", "data/a.csv", 2, "", "too few fields", "1,2", 1.0)


def documented(row: str) -> list[str]:
    """The field names in a row of the README's table of shapes; what stands in brackets are values."""
    table = README.read_text(encoding="utf-8").partition("#### JSON shapes")[2]
    found = re.search(rf"^\| `?{re.escape(row)}`? \| (.*) \|$", table, re.MULTILINE)
    assert found, f"the README has no row {row}"
    text = re.sub(r"\([^)]*\)", "", found[1])
    shape = " , ".join(re.findall(r"`([^`]*)`", text.partition(";")[0].partition("the mark as")[0]))
    keys = [re.sub(r"[{}\[\]]|:.*", "", part).strip() for part in shape.split(",")]
    return [key for key in keys if key]


@pytest.mark.parametrize(
    ("row", "struct"),
    [
        ("SITE", SiteState),
        ("SHIFT", ShiftState),
        ("KPI", KpiState),
        ("RATIO", Ratio),
        ("REVISION", Revision),
        ("ORIGIN", CardSource),
        ("TARGETS", Targets),
        ("ALERT", AlertState),
        ("SOURCE", SourceState),
        ("NOTICE", Notice),
        ("GOAL", GoalState),
        ("PART", GoalKpi),
        ("ATTENTION", Attention),
        ("FILE", FileState),
        ("PROGRESS", Progress),
        ("LEAVING", Leaving),
        ("CHANGE", Drift),
        ("sources --explain FILE --json", Explained),
        ("COLUMN", ColumnRead),
        ("RECORD", Quarantined),
        ("ENTRY", Entry),
        ("ELEMENT", Element),
        ("EXAMPLE", Vector),
        ("PROBLEM", Problem),
        ("COUNTS", AlertCounts),
        ("VIEW", SavedView),
        ("WINDOW", Maintenance),
        ("MARKED", ChangeMark),
        ("TARGET", TargetState),
        ("flow --json", FlowState),
        ("SPREAD", Spread),
        ("STEP", FlowStep),
        ("BETWEEN", FlowEdge),
        ("VARIANT", FlowVariant),
        ("FAULT", FlowFault),
        ("COURSE", FlowCourse),
        ("CASE", FlowCase),
        ("STATION", FlowStation),
    ],
)
def test_a_row_of_the_readme_names_the_fields_of_its_struct(row: str, struct: type[msgspec.Struct]) -> None:
    fields = set(struct.__struct_fields__) - ONLY_FOR_SCREENS
    assert sorted(documented(row)) == sorted(fields)


def test_the_mark_of_a_problem_is_as_documented() -> None:
    assert "`{file, line, column}`" in README.read_text(encoding="utf-8")
    assert list(msgspec.to_builtins(Mark("f", 1, 1))) == ["file", "line", "column"]


def test_snapshot_has_the_documented_parts_and_only_them() -> None:
    found = json.loads(show.snapshot_json(SNAPSHOT))
    assert sorted(found) == sorted(documented("snapshot --json"))
    for row, value in (
        ("SITE", found["site"]),
        ("SHIFT", found["site"]["shift"]),
        ("KPI", found["kpis"][0]),
        ("ALERT", found["alerts"][0]),
        ("SOURCE", found["sources"][0]),
        ("NOTICE", found["notices"][0]),
    ):
        assert sorted(value) == sorted(documented(row)), row


def test_kpis_are_those_of_a_snapshot_with_their_state() -> None:
    (found,) = json.loads(show_kpis.kpis_json(SNAPSHOT))
    (same,) = json.loads(show.snapshot_json(SNAPSHOT))["kpis"]
    assert found == same | {"state": "nodata"}
    assert documented("kpis --json") == ["KPI"]


def test_the_library_is_as_documented() -> None:
    found = json.loads(show_library.library_json(ENTRIES))
    assert documented("kpis --library --json") == ["ENTRY"]
    for entry in found:
        assert sorted(entry) == sorted(documented("ENTRY"))
        assert sorted(entry["elements"][0]) == sorted(documented("ELEMENT"))
        assert sorted(entry["vectors"][0]) == sorted(documented("EXAMPLE"))


def test_sources_have_their_files_in_place_of_their_number() -> None:
    (source,) = json.loads(show_sources.sources_json(SNAPSHOT, FILES))
    assert sorted(source) == sorted([*documented("SOURCE"), "changes"])
    assert sorted(source["files"][0]) == sorted(documented("FILE"))
    assert sorted(source["changes"][0]) == sorted(documented("CHANGE"))
    assert sorted(source["progress"]) == sorted(documented("PROGRESS"))


def test_one_source_is_told_alone() -> None:
    two = msgspec.structs.replace(SNAPSHOT, sources=[*SNAPSHOT.sources, SourceState("orders", "Orders", "fresh")])
    assert [source["name"] for source in json.loads(show_sources.sources_json(two, FILES, "orders"))] == ["orders"]


def test_explanations_and_quarantine_are_as_documented() -> None:
    zone = ZoneInfo("UTC")
    found = json.loads(show_sources.explained_json(EXPLAINED, zone))
    assert sorted(found) == sorted(documented("sources --explain FILE --json"))
    assert sorted(found["columns"][0]) == sorted(documented("COLUMN"))
    assert sorted(json.loads(show_sources.quarantined_json(RECORD, zone))) == sorted(documented("RECORD"))


def test_status_is_as_documented(tmp_path: Path) -> None:
    assert sorted(json.loads(show.status_json(STATUS))) == sorted(documented("status --json"))
    none = json.loads(show.no_engine_json(Place(site=tmp_path / "site.yaml", state=tmp_path)))
    assert sorted(none) == ["path", "running", "state"]
    assert "`{running, path, state}`" in README.read_text(encoding="utf-8")


def test_every_moment_is_iso_text_with_the_offset_of_the_site() -> None:
    berlin = msgspec.structs.replace(SNAPSHOT, site=msgspec.structs.replace(SITE, timezone="Europe/Berlin"))
    found = json.loads(show.snapshot_json(berlin))
    moments = [
        *(found["site"][key] for key in ("at", "wall")),
        *(found["site"]["shift"][key] for key in ("start", "end")),
        found["kpis"][0]["start"],
        *(found["alerts"][0][key] for key in ("since", "acked_at")),
        found["sources"][0]["last_event"],
        found["sources"][0]["retry_at"],
        found["sources"][0]["progress"]["since"],
        *(found["sources"][0]["leaving"][key] for key in ("at", "cutoff")),
        json.loads(show_sources.sources_json(berlin, FILES))[0]["files"][0]["arrived"],
        json.loads(show_sources.sources_json(berlin, FILES))[0]["changes"][0]["noted"],
        json.loads(show_sources.quarantined_json(RECORD, ZoneInfo("Europe/Berlin")))["noted"],
        json.loads(show.status_json(STATUS))["started"].replace("00:00:01.000+00:00", "01:00:01.000+01:00"),
    ]
    assert {moment[:17] + moment[-6:] for moment in moments} == {"1970-01-01T01:00:+01:00"}


def test_what_is_not_known_is_null_and_never_zero() -> None:
    (kpi,) = json.loads(show.snapshot_json(SNAPSHOT))["kpis"]
    assert [kpi[key] for key in ("value", "previous", "change", "end", "target")] == [None] * 5
    assert kpi["trend"] == [1.0, None]
