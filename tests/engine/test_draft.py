"""Drafts: from folders as people have them to a site that works, as text that loads like any site file."""

# ruff: noqa: E501
# Long lines: data written on one line reads better than wrapped.
from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from opsconsole.engine.draft import draft_text, init, load_draft, write_draft
from opsconsole.engine.draft_files import families, find_files, pattern
from opsconsole.engine.draft_roles import title_of, tokens
from opsconsole.engine.draft_text import scalar
from opsconsole.kpis.bind import bind
from opsconsole.site.model import Rule, Site, Window
from opsconsole.site.parse import load_site
from opsconsole.tables.feed import Feed
from opsconsole.tables.store import Store

NOW = dt.datetime(2026, 6, 24, 12, 0, tzinfo=dt.UTC).timestamp()
DAY = 86400
SEEDS = Path(__file__).parents[2] / "seeds"


def drafted(folder: Path, now: float = NOW) -> Site:
    """The draft of a folder, which must load without a single problem."""
    loaded = load_draft(folder, draft_text(folder, now))
    assert [str(problem) for problem in loaded.problems] == []
    assert loaded.site is not None
    return loaded.site


def cycles(folder: Path, start: str = "2026-06-24 06:00", name: str = "cycles-2026-06-24.csv", rows: int = 200) -> None:
    """A file of machine cycles, two a minute."""
    folder.mkdir(parents=True, exist_ok=True)
    moment = dt.datetime.fromisoformat(start)
    lines = ["ts,line,station,order,qty,scrap,cycle_s,operator_note"]
    for row in range(rows):
        stamp = moment + dt.timedelta(seconds=30 * row)
        lines.append(
            f"{stamp},line {row % 3},{('weld', 'paint')[row % 2]},K2-{row:05},{row % 7},{row % 2},{20 + row % 13 / 10},note {row} was written"
        )
    (folder / name).write_text("\n".join(lines) + "\n")


def bound(folder: Path, tmp_path: Path) -> list[str]:
    """Problems of the draft's SQL against the tables that the feed makes of the folder."""
    loaded = load_draft(folder, draft_text(folder, NOW))
    assert loaded.site is not None
    store = Store.open(tmp_path / "tables.duckdb")
    feed = Feed(store, folder, loaded.site.sources, loaded.site.timezone, lambda: None)
    feed.start()
    try:
        assert feed.wait_settled(30)
        schemas = store.schemas()
        _, problems = bind(loaded, schemas)
        missing = [
            f"{source.name} lacks its time column"
            for source in loaded.site.sources.values()
            if source.time and source.name in schemas and source.time not in schemas[source.name]
        ]
        empty = [
            name
            for name, total in store.totals().items()
            if total.last_event is None and loaded.site.sources[name].time
        ]
        return [str(problem) for problem in problems] + missing + empty
    finally:
        feed.stop()
        store.close()


# --- what is found ---------------------------------------------------------------------------------------------


def test_a_plant_folder_becomes_a_site(tmp_path: Path) -> None:
    cycles(tmp_path / "data" / "cycles")
    cycles(tmp_path / "data" / "cycles", "2026-06-23 06:00", "cycles-2026-06-23.csv")
    site = drafted(tmp_path)
    assert site.draft
    assert site.name == tmp_path.name
    assert site.clock.mode == "wall"
    source = site.sources["cycles"]
    assert source.files == ("data/cycles/cycles-*.csv",)
    assert source.time == "ts"
    assert source.dimensions == ("line", "station")
    assert source.fresh_within == 300
    assert {name: kpi.value for name, kpi in site.kpis.items()} == {
        "cycles_rows": "count(*)",
        "cycles_qty": "sum(qty)",
        "cycles_scrap": "100 * avg(scrap)",
        "cycles_cycle_s": "avg(cycle_s)",
    }
    assert site.kpis["cycles_cycle_s"].unit == "s"
    assert site.kpis["cycles_rows"].window == Window("moving", 3600)
    assert site.kpis["cycles_rows"].by == ("line", "station")
    assert site.rules == {"silent:cycles": Rule("silent:cycles", source="cycles", silent=300)}
    kinds = [panel.kind for row in site.layouts[0].rows for panel in row.panels]
    assert kinds == ["kpi", "kpi", "kpi", "kpi", "alerts", "breakdown", "grid", "sources"]


def test_old_data_is_looked_at_by_its_own_clock(tmp_path: Path) -> None:
    cycles(tmp_path)
    assert drafted(tmp_path, NOW).clock.mode == "wall"
    assert drafted(tmp_path, NOW + 2 * DAY).clock.mode == "data"


def test_the_newest_event_is_found_at_the_end_of_a_long_file(tmp_path: Path) -> None:
    cycles(tmp_path, "2026-06-14 12:00", rows=28_000)  # ends 9.7 days later
    assert drafted(tmp_path, NOW).clock.mode == "wall"


def test_families_by_folder_name_and_columns(tmp_path: Path) -> None:
    for line in (1, 2):
        cycles(tmp_path / f"line{line}", name="out_001.csv")
        cycles(tmp_path / f"line{line}", name="out_002.csv")
    (tmp_path / "orders").mkdir()
    for name in ("north", "south"):
        (tmp_path / "orders" / f"orders_{name}.csv").write_text(
            "ts,customer,amount\n2026-06-24 10:00,a,1.5\n2026-06-24 11:00,b,2\n"
        )
    (tmp_path / "hall.csv").write_text("ts,temp\n2026-06-24 10:00,21.5\n2026-06-24 11:00,22\n")
    (tmp_path / "oven.csv").write_text("ts,temp\n2026-06-24 10:00,201.5\n2026-06-24 11:00,202\n")
    files = {name: source.files for name, source in drafted(tmp_path).sources.items()}
    assert files == {
        "out": ("line*/out_*.csv",),
        "orders": ("orders/*.csv",),
        "hall": ("hall.csv",),
        "oven": ("oven.csv",),
    }


def test_globs_of_one_family_do_not_find_files_of_another(tmp_path: Path) -> None:
    (tmp_path / "d00.csv").write_text("a,b\n1,2\n3,4\n")
    (tmp_path / "d01.csv").write_text("a,b\n1,2\n3,4\n")
    (tmp_path / "d00_te.csv").write_text("a,c\n1,2\n3,4\n")
    (tmp_path / "d01_te.csv").write_text("a,c\n1,2\n3,4\n")
    (tmp_path / "more-1-x.csv").write_text("a,d\n1,2\n3,4\n")
    (tmp_path / "more-1.csv").write_text("a,e\n1,2\n3,4\n")
    found = families(tmp_path, find_files(tmp_path)[0])
    owned = {file.name: family.globs for family in found for file in family.files}
    for family in found:
        for name in owned:
            matches = any(Path(name).match(glob) for glob in family.globs)
            assert matches == (owned[name] == family.globs), (family.globs, name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cycles-2026-06-24", "cycles-*"),
        ("cycles_20260624T0615", "cycles_*"),
        ("line3.out.0017", "line*.out.*"),
        ("report", "report"),
        ("a3f9c2d45e6b7a81", "*"),
        ("export 550e8400-e29b-41d4-a716-446655440000", "export *"),
        ("what[1]", "what?*]"),
    ],
)
def test_what_differs_in_names_becomes_a_wildcard(name: str, expected: str) -> None:
    assert pattern(name) == expected


def test_codes_and_counters_are_no_measures(tmp_path: Path) -> None:
    rows = [f"2026-06-24 0{hour}:{minute:02},{hour * 60 + minute},{1000 + minute % 7},{52.5 + minute},{minute % 4},1,{hour}{minute:02},{20.5 + minute}" for hour in range(8) for minute in range(60)]  # fmt: skip
    (tmp_path / "x.csv").write_text(
        "when,udi,order_id,lat,line,constant,dep_time,pressure [bar]\n" + "\n".join(rows) + "\n"
    )
    site = drafted(tmp_path)
    assert [kpi.value for kpi in site.kpis.values()] == ["count(*)", 'avg("pressure [bar]")']
    assert site.kpis["x_pressure_bar"].unit == "bar"
    assert site.sources["x"].dimensions == ("line",)


def test_lookup_tables_beside_events_get_no_kpis(tmp_path: Path) -> None:
    cycles(tmp_path)
    (tmp_path / "airlines.csv").write_text("code,seats,name\nAA,100,American\nUA,120,United\n")
    site = drafted(tmp_path)
    assert set(site.sources) == {"cycles", "airlines"}
    assert {kpi.source for kpi in site.kpis.values()} == {"cycles"}


def test_a_series_that_ended_long_before_the_others_is_shown_whole(tmp_path: Path) -> None:
    cycles(tmp_path / "a", "2020-01-01 00:00", "old.csv")
    cycles(tmp_path / "b", "2021-01-01 00:00", "new.csv")
    site = drafted(tmp_path)
    assert site.clock.mode == "data"
    assert site.kpis["old_rows"].window == Window("all")
    assert site.kpis["new_rows"].window == Window("moving", 3600)


def test_a_source_a_day_behind_the_newest_gets_a_window_that_reaches_it(tmp_path: Path) -> None:
    cycles(tmp_path / "a", "2021-01-01 00:00", "old.csv")
    cycles(tmp_path / "b", "2021-01-02 06:00", "new.csv")
    site = drafted(tmp_path)
    assert site.kpis["old_rows"].window == Window("moving", 7 * DAY)
    assert site.kpis["new_rows"].window == Window("moving", 3600)


def test_parquet_with_moments_written_as_text(tmp_path: Path) -> None:
    site = drafted(SEEDS / "airport")
    flights = site.sources["flights"]
    assert (flights.time, flights.columns, flights.timezone) == ("time_hour", {"time_hour": "time"}, "UTC")
    assert {"carrier", "origin"} <= set(flights.dimensions)
    assert site.kpis["flights_dep_delay"].value == "avg(dep_delay)"
    assert site.kpis["flights_rows"].window == Window("moving", DAY)
    assert bound(SEEDS / "airport", tmp_path) == []


# --- what must not stop it -------------------------------------------------------------------------------------


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    site = drafted(tmp_path)
    assert site.sources == {}
    assert site.layouts[0].rows[0].panels[0].text.startswith("Nothing here yet. Drop a CSV")


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        draft_text(tmp_path / "nothing")


def test_broken_and_odd_files_do_not_stop_the_others(tmp_path: Path) -> None:
    cycles(tmp_path)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "broken.xlsx").write_bytes(b"PK no workbook")
    (tmp_path / "broken.json").write_text('{"a": [1, 2')
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "nul.csv").write_bytes(b"a,b\n\x00,2\n\xff\xfe,3\n")
    (tmp_path / "settings.json").write_text('{"port": 8080, "host": "x"}')
    (tmp_path / "README.txt").write_text("What lies here\nand why\n")
    (tmp_path / "upload.csv.part").write_text("a,b\n")
    (tmp_path / "~$lock.xlsx").write_text("x")
    (tmp_path / "link.csv").symlink_to(tmp_path / "nowhere")
    site = drafted(tmp_path)
    assert "cycles" in site.sources
    assert not {"settings", "upload", "lock", "link", "readme"} & set(site.sources)
    # What is broken is a source all the same, so that the reason can be seen; it has no KPIs.
    assert {"broken", "broken_2", "broken_3", "empty"} <= set(site.sources)
    assert {kpi.source for kpi in site.kpis.values()} == {"cycles"}


def test_names_that_need_care_come_out_as_valid_text(tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s: "odd" # {folder}'
    folder.mkdir()
    (folder / "order.csv").write_text('"it\'s, a: ""qty"" #1","select",yes\n1.5,a,2\n2.5,b,3\n3,a,4\n4,b,4\n')
    (folder / "2026.csv").write_text("a,b\n1,2\n2,3.5\n")
    (folder / "wei\x1brd[1]\n.csv").write_text("p,q\n1,2\n2,3.5\n")
    (folder / os.fsdecode(b"caf\xe9.csv")).write_text("r,s\n1,2\n2,3.5\n")
    site = drafted(folder)
    assert site.name == folder.name
    assert {"order_data", "caf"} <= set(site.sources)
    assert bound(folder, tmp_path) == []


def test_terminal_escapes_in_column_names_get_no_role(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("\x1b[31mqty,amount\n1,2\n3,4.5\n")
    texts = draft_text(tmp_path, NOW)
    assert all(line.isprintable() for text in texts.values() for line in text.splitlines())
    assert [kpi.name for kpi in drafted(tmp_path).kpis.values()] == ["x_rows", "x_amount"]


def test_thousands_of_files_are_drafted_in_two_seconds(tmp_path: Path) -> None:
    for day in range(40):
        folder = tmp_path / f"2026-05-{day:02}"
        folder.mkdir()
        for number in range(100):
            (folder / f"batch_{number:04}.csv").write_text("ts,line,qty\n2026-06-24 10:00,a,1\n2026-06-24 11:00,b,2\n")
    words = [f"{chr(97 + a)}{chr(97 + b)}{chr(97 + c)}" for a in range(10) for b in range(10) for c in range(10)]
    (tmp_path / "names").mkdir()
    for word in words:
        (tmp_path / "names" / f"{word}.csv").write_text("ts,qty\n2026-06-24 10:00,1\n2026-06-24 11:00,2\n")
    draft_text(tmp_path / "names", NOW)  # what is imported on the way is not what is measured
    began = time.perf_counter()
    site = drafted(tmp_path)
    assert time.perf_counter() - began < 2
    assert {source.files for source in site.sources.values()} == {("*/batch_*.csv",), ("names/*.csv",)}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.binary(max_size=200), min_size=1, max_size=4),
    st.sampled_from(("csv", "jsonl", "json", "parquet", "txt", "csv.gz")),
)
def test_any_bytes_give_a_draft(tmp_path_factory: pytest.TempPathFactory, contents: list[bytes], ending: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    for number, content in enumerate(contents):
        (folder / f"{chr(97 + number)}.{ending}").write_bytes(content)
    drafted(folder)


@given(st.text(st.characters(codec="utf-8"), max_size=30).filter(str.isprintable))
def test_any_printable_text_survives_as_a_yaml_scalar(text: str) -> None:
    from opsconsole.site.report import Report
    from opsconsole.site.tree import Mapping, Scalar, read_tree

    report = Report("f")
    root = read_tree(f"a: {scalar(text)}\nb: [{scalar(text)}, c]\n".encode(), report).root
    assert report.problems == []
    assert isinstance(root, Mapping)
    node = root.get("a")
    assert isinstance(node, Scalar)
    assert node.text == text
    assert not node.absent or not text


@given(st.text(max_size=30))
def test_titles_and_words_of_any_name(name: str) -> None:
    assert title_of(name) or not name
    assert all(word == word.lower() for word in tokens(name))


# --- writing it ------------------------------------------------------------------------------------------------


def test_the_written_draft_is_the_draft(tmp_path: Path) -> None:
    cycles(tmp_path)
    before = drafted(tmp_path, time.time())
    written, existing = write_draft(tmp_path)
    assert existing == []
    assert [path.relative_to(tmp_path).as_posix() for path in written] == ["site.yaml", "layouts/overview.yaml"]
    loaded = load_site(tmp_path)
    assert loaded.problems == []
    assert loaded.site is not None
    assert (loaded.site.sources, loaded.site.kpis) == (before.sources, before.kpis)
    assert [layout.file for layout in before.layouts] == [""]  # there is no file to edit yet
    assert loaded.site.layouts == tuple(replace(layout, file="layouts/overview.yaml") for layout in before.layouts)
    assert not loaded.site.draft


@pytest.mark.parametrize("existing", ["site.yaml", "site.yml", "layouts/overview.yaml"])
def test_nothing_is_overwritten_and_no_half_is_written(
    tmp_path: Path, existing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cycles(tmp_path)
    (tmp_path / existing).parent.mkdir(exist_ok=True)
    (tmp_path / existing).write_text("mine")
    assert write_draft(tmp_path) == ([], [tmp_path / existing])
    assert init(str(tmp_path)) == 1
    assert f"{tmp_path / existing}: exists already" in capsys.readouterr().err
    texts = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.y*ml"))
    assert texts == [existing]
    assert (tmp_path / existing).read_text() == "mine"


def test_init_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(str(tmp_path)) == 0
    assert capsys.readouterr().out.startswith(f"wrote {tmp_path / 'site.yaml'}\n")
    assert init(str(tmp_path / "nothing")) == 2
    assert "No such file or directory" in capsys.readouterr().err
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "layouts").write_text("a file where the folder should be")
    assert init(str(tmp_path / "other")) == 1
    assert f"{tmp_path / 'other' / 'layouts'}: exists already" in capsys.readouterr().err
    assert not (tmp_path / "other" / "site.yaml").exists()


def test_the_draft_of_a_plant_binds_to_its_tables(tmp_path: Path) -> None:
    cycles(tmp_path / "in")
    state = tmp_path / "state"
    state.mkdir()
    assert bound(tmp_path / "in", state) == []


@pytest.mark.parametrize(("step", "window", "records"), [("month", "365d", 12), ("week", "28d", 4)])
def test_windows_hold_as_many_records_as_the_ones_before_them(
    tmp_path: Path, step: str, window: str, records: int
) -> None:
    """Thirteen months against twelve would look like growth."""
    folder = tmp_path / "reports"
    folder.mkdir()
    if step == "month":
        dates = [dt.date(2017 + month // 12, month % 12 + 1, 1) for month in range(9 * 12)]
    else:
        dates = [dt.date(2024, 1, 1) + dt.timedelta(weeks=week) for week in range(120)]
    (folder / "visits.csv").write_text("period,visits\n" + "".join(f"{date},{7 + date.day}\n" for date in dates))
    kpi = drafted(folder).kpis["visits_rows"]
    assert str(kpi.window) == str(Window(kind="moving", seconds=float(window[:-1]) * DAY))
    length = dt.timedelta(seconds=kpi.window.seconds)
    for now in dates[30:]:
        assert sum(now - length < date <= now for date in dates) == records
        assert sum(now - 2 * length < date <= now - length for date in dates) == records
