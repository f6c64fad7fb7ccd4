"""Generated parts of the README, and the man page, are of today: `python -m tests.test_readme` renews them."""

from __future__ import annotations

import re
from pathlib import Path

from opsconsole.alerts import table
from opsconsole.cli.commands.every import BY_NAME
from opsconsole.cli.man import page
from opsconsole.console.actions import Registry, markdown
from opsconsole.console.config_keys import reference as config_reference
from opsconsole.kpis.bind import bind
from opsconsole.kpis.goals import attainment, progress
from opsconsole.kpis.limits import LimitBook
from opsconsole.site.parse import load_site, parse_site
from opsconsole.site.reference import embedded
from opsconsole.tables.health import SCHEMAS

SHIFTS = (("Early", "06:00", "14:00"), ("Late", "14:00", "22:00"), ("Night", "22:00", "06:00"))
README = Path(__file__).parent.parent / "README.md"
MAN = README.parent / "opsconsole/cli/opsconsole.1"


def renewed(text: str) -> str:
    """The README with its key table, its table of the states of alerts and its references made anew."""
    made_anew = (("keys", markdown(Registry())), ("states", table.markdown()), ("config", config_reference()))
    for name, made in made_anew:
        part = f"<!-- {name} -->\n{made.strip()}\n<!-- /{name} -->"
        text = re.sub(rf"<!-- {name} -->.*<!-- /{name} -->", lambda _, part=part: part, text, flags=re.DOTALL)
    return embedded(text)


def test_the_generated_tables_and_the_reference_are_of_today() -> None:
    text = README.read_text(encoding="utf-8")
    assert renewed(text) == text, "run `python -m tests.test_readme`"


def test_the_man_page_that_the_wheel_carries_is_of_today() -> None:
    assert MAN.read_text(encoding="utf-8") == page(), "run `python -m tests.test_readme`"


def test_every_command_is_named() -> None:
    text = README.read_text(encoding="utf-8")
    assert [name for name in BY_NAME if not re.search(rf"opsconsole [a-z|\\]*\b{name}\b", text)] == []


def test_the_example_of_goals_is_attained_as_the_table_says() -> None:
    example = re.search(r"<!-- goals-example -->\n```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    site = parse_site(example[1].encode(), lambda _folder: {}).site
    assert site is not None
    kpi = site.kpis["scrap_ratio"]
    limits = LimitBook(kpi).at({})
    assert kpi.objective in site.objectives
    assert [attainment(limits, value, kpi.floor) for value in (1.0, 2.0, 3.5, 5.0)] == [1.2, 1.0, 0.5, 0.0]
    assert progress(3.25, kpi.baseline, limits.target) == 0.5


def test_the_example_site_is_a_site() -> None:
    example = re.search(r"```yaml\n(site: North plant.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    loaded = parse_site(example[1].encode(), lambda _folder: {})
    assert [str(problem) for problem in loaded.problems if problem.severity == "error"] == []
    assert loaded.site is not None
    assert set(loaded.site.kpis) == {"scrap_ratio"}


def test_the_example_of_kpis_works(tmp_path: Path) -> None:
    example = re.search(r"<!-- kpi-example -->\n```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    (tmp_path / "site.yaml").write_text(example[1])
    own = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
    numbers = dict.fromkeys(("scrap", "qty", "plan", "cycle_s", "stock"), "DOUBLE")
    cycles = {"ts": "TIMESTAMP", "line": "VARCHAR", "station": "VARCHAR", "order": "VARCHAR", **numbers, **own}
    costs = {"booked": "TIMESTAMP", "line": "VARCHAR", "eur": "DOUBLE", **own}
    limits = {"kpi": "VARCHAR", "line": "VARCHAR", "target": "DOUBLE", "warning": "DOUBLE", "since": "DATE", **own}
    binding, problems = bind(load_site(tmp_path), {"cycles": cycles, "costs": costs, "limits": limits})
    assert [str(problem) for problem in problems] == []
    assert len(binding.kpis) == 8
    assert binding.kpis["cost_per_piece"].compound


def test_the_example_of_rules_works(tmp_path: Path) -> None:
    example = re.search(r"<!-- rules-example -->\n```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    (tmp_path / "site.yaml").write_text(example[1])
    own = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
    numbers = dict.fromkeys(("scrap", "qty", "cycle_s", "temp"), "DOUBLE")
    cycles = {"ts": "TIMESTAMP", "line": "VARCHAR", "station": "VARCHAR", "jam": "BOOLEAN", **numbers, **own}
    orders = {"order": "VARCHAR", "customer": "VARCHAR", "promised": "TIMESTAMP", "shipped": "BOOLEAN", **own}
    binding, problems = bind(load_site(tmp_path), {"cycles": cycles, "orders": orders})
    assert [str(problem) for problem in problems] == []
    assert not binding.idle
    assert {rule.kind for rule in binding.rules.values()} == {"kpi", "rows", "silent", "due", "combine"}
    assert binding.rules["worn"].by == ("line",)


def test_the_example_of_flows_works(tmp_path: Path) -> None:
    example = re.search(r"<!-- flows-example -->\n```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    (tmp_path / "site.yaml").write_text("sources: {events: {files: e.csv}, states: {files: s.csv}}\n" + example[1])
    events = {"permit": "VARCHAR", "step": "VARCHAR", "ts": "TIMESTAMP", "kind": "VARCHAR"}
    states = {"station": "VARCHAR", "began": "TIMESTAMP", "ended": "TIMESTAMP"}
    binding, problems = bind(load_site(tmp_path), {"events": events, "states": states})
    assert [str(problem) for problem in problems] == []
    assert list(binding.flows) == ["permits", "line_3"]
    kinds = {name: rule.kind for name, rule in binding.rules.items()}
    assert kinds == {"permit_late": "late", "too_many": "wip", "stuck": "bottleneck", "station_stuck": "bottleneck"}


def test_the_example_of_the_library_is_a_part_of_a_site() -> None:
    example = re.search(r"<!-- library-example -->\n```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    shifts = 'calendar: {shifts: [{name: Day, start: "06:00", end: "18:00"}]}\n'
    loaded = parse_site((shifts + example[1]).encode(), lambda _folder: {})
    assert [str(problem) for problem in loaded.problems] == []
    assert loaded.site is not None
    assert loaded.site.kpis["scrap"].value == "100 * sum(scrap) / sum(qty)"


def test_the_example_of_sources_made_of_others_works(tmp_path: Path) -> None:
    example = re.search(r"<!-- derived-example -->\n```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    (tmp_path / "site.yaml").write_text(example[1])
    own = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
    events = {"ts": "TIMESTAMP", "machine": "VARCHAR", "state": "VARCHAR", **own}
    orders = {"begun": "TIMESTAMP", "machine": "VARCHAR", "qty": "BIGINT", **own}
    binding, problems = bind(load_site(tmp_path), {"events": events, "orders": orders})
    assert [str(problem) for problem in problems] == []
    assert (list(binding.views), list(binding.kpis), list(binding.rules)) == (
        ["stays", "begun_in"], ["downtime"], ["stuck"],
    )  # fmt: skip
    assert all(view.lines for view in binding.views.values())


def test_the_example_of_data_health_is_a_part_of_a_site() -> None:
    example = re.search(r"<!-- health-example -->\n```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    site = "sources: {cycles: {files: data/*.csv}}\n" + example[1]
    loaded = parse_site(site.encode(), lambda _folder: {})
    assert [str(problem) for problem in loaded.problems] == []


def test_the_example_of_notifications_is_a_part_of_a_site() -> None:
    example = re.search(r"<!-- notify-example -->\n```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    shifts = [f'{{name: {name}, start: "{start}", end: "{end}"}}' for name, start, end in SHIFTS]
    site = (
        f"calendar: {{shifts: [{', '.join(shifts)}]}}\n"
        "sources: {cycles: {files: data/*.csv, time: ts}}\n"
        "rules: {slow: {source: cycles, rows: cycle_s > 60, by: line}}\n"
    )
    loaded = parse_site((site + example[1]).encode(), lambda _folder: {})
    assert [str(problem) for problem in loaded.problems] == []


def test_the_columns_of_data_health_are_documented() -> None:
    table = README.read_text(encoding="utf-8").partition("| column of `health` |")[2].partition("\n\n")[0]
    named = {name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named == {name for name in SCHEMAS["health"] if not name.startswith("_")}


def test_pictures_and_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []


if __name__ == "__main__":
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
    MAN.write_text(page(), encoding="utf-8")
