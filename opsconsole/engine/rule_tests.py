"""`opsconsole test`: the tests of rules that lie beside the site file, run in memory without any engine.

Each test has tables of its own, with the columns that the files of the site have, and those of its rows. The rules go
through the same evaluation and the same lives of alerts as a running site, at the points of their grids.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from opsconsole.alerts.alert import Open, alert_id
from opsconsole.alerts.deed import Deed, Target
from opsconsole.engine.check import schemas_of
from opsconsole.engine.past_moves import PastMoves
from opsconsole.engine.place import PlaceError, find_place
from opsconsole.engine.replay import Replay
from opsconsole.engine.rule_results import Difference, Result, as_json_text, as_text
from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.due import Plan, with_operands
from opsconsole.kpis.ruling.insights import KINDS
from opsconsole.site.builtin import BUILT_IN
from opsconsole.site.kinds import BAD
from opsconsole.site.localtime import zone
from opsconsole.site.marks import Marks
from opsconsole.site.model import Mark, Problem, Site, files_of
from opsconsole.site.names import did_you_mean, show
from opsconsole.site.parse import Loaded, load_site
from opsconsole.site.report import Report
from opsconsole.site.rule_test_keys import TESTS
from opsconsole.site.tree import read_tree
from opsconsole.tables.convert import PINS, TYPES
from opsconsole.tables.derived import sync
from opsconsole.tables.names import ident
from opsconsole.tables.store import OWN

NAMES = ("rules_test.yaml", "rules_test.yml")
FOLDER = "tests"
LARGEST = 4_000_000
MOST_ROWS = 200_000

_SETTINGS = (
    "error_on_division_by_zero = false",
    "ieee_floating_point_ops = false",
    "TimeZone = 'UTC'",
    "python_enable_replacements = false",
    "enable_external_access = false",
)
Values = Mapping[str, Any]
Schemas = dict[str, dict[str, str]]


def test(target: str, files: Sequence[str], *, as_json: bool) -> int:
    """Run tests and print what came of them; the exit code is 1 where one did not hold."""
    try:
        place = find_place(target)
        loaded = load_site(place.site)
    except (PlaceError, OSError) as error:
        print(f"opsconsole: {error}", file=sys.stderr)
        return 1
    if loaded.site is None:
        for problem in loaded.problems:
            print(problem, file=sys.stderr)
        print(f"opsconsole: {place.site.name} has errors; its rules cannot be tested", file=sys.stderr)
        return 1
    paths = [Path(file) for file in files] or test_files(place.root)
    if not paths:
        where = f"{NAMES[0]} or {FOLDER}/*.yaml beside {place.site.name}"
        print(f"opsconsole: there are no tests: write them as {where}", file=sys.stderr)
        return 1
    known = schemas_of(loaded.site, place.root)
    results = [result for path in paths for result in run_file(path, place.root, loaded, known)]
    print(as_json_text(results) if as_json else as_text(results))
    return 0 if all(result.passed for result in results) else 1


def test_files(root: Path) -> list[Path]:
    """The files of tests that lie beside a site file."""
    found = [root / name for name in NAMES if (root / name).is_file()]
    folder = root / FOLDER
    return found + sorted(path for path in folder.glob("*.y*ml") if path.suffix in (".yaml", ".yml"))


def run_file(path: Path, root: Path, loaded: Loaded, known: Schemas) -> list[Result]:
    """The results of the tests of one file; one with its problems where it cannot be read."""
    shown = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    report = Report(shown)
    try:
        data = path.read_bytes()[: LARGEST + 1]
    except OSError as error:
        report.error(Mark(shown, 1, 1), f"cannot be read: {error.strerror or error}")
        return [Result(shown, "", problems=report.problems)]
    document = read_tree(data, report)
    values = TESTS.read(document.root, "tests", report) if document.root is not None else BAD
    if document.root is None and not report.problems:
        report.error(Mark(shown, 1, 1), "the file is empty")
    if report.problems or values is BAD:
        return [Result(shown, "", problems=sorted(report.problems))]
    marks = Marks(document)
    return [_Run(shown, loaded, known, marks, index, each).result() for index, each in enumerate(values["tests"])]


class _Run:
    """One test under way."""

    def __init__(self, file: str, loaded: Loaded, known: Schemas, marks: Marks, index: int, values: Values) -> None:
        assert loaded.site is not None
        self.file, self.loaded, self.known, self.marks, self.index = file, loaded, known, marks, index
        self.site: Site = loaded.site
        self.values = values
        start: dt.datetime = values["start"]
        self.start = (start if start.tzinfo else start.replace(tzinfo=zone(self.site))).timestamp()
        self.found = Result(file, values["name"])

    def result(self) -> Result:
        connection = duckdb.connect(":memory:", config={"threads": "1"})
        try:
            for setting in _SETTINGS:
                connection.execute(f"SET {setting}")
            connection.execute("CREATE SCHEMA _ops")
            connection.execute("CREATE TABLE _ops.files (source VARCHAR, arrived DOUBLE)")
            self.run(connection)
        except _WrongError as error:
            self.found.problems.append(Problem(error.mark, str(error)))
        except duckdb.Error as error:
            self.found.problems.append(Problem(self.mark(), str(error).splitlines()[0]))
        finally:
            connection.close()
        return self.found

    def mark(self, *keys: str | int) -> Mark:
        return self.marks.at("tests", self.index, *keys)

    def run(self, connection: duckdb.DuckDBPyConnection) -> None:
        schemas = self.fill(connection)
        binding, problems = bind(self.loaded, schemas)
        sync(connection, {name: view.sql for name, view in binding.views.items()})
        rules = self.rules(binding, problems)
        last = self.start + max(each["at"] for each in (*self.values["expect"], *self.values.get("commands", ())))
        plan = Plan(binding)
        wanted = [name for name in binding.rules if name in with_operands(binding, rules)]
        past = PastMoves(connection, plan, wanted, _untold)
        moves = past.of(self.start, last)
        for name in rules:
            if past.ways[name].error:
                raise _WrongError(self.mark("rules"), f"the rule `{name}` fails on these rows: {past.ways[name].error}")
        named = [*self.values.get("rules", ()), *(each["rule"] for at in self.values["expect"] for each in at["open"])]
        for name in dict.fromkeys(named):
            way = past.ways[name]
            if binding.rules[name].kind in KINDS and way.unknown >= last - self.start > 0:
                raise _WrongError(self.place_of(name), f"these rows tell nothing of the rule `{name}`: {way.why}")
        replay = Replay(binding, {name: past.grid(name) for name in wanted})
        stops = [(each["at"], 1, place) for place, each in enumerate(self.values["expect"])]
        stops += [(each["at"], 0, place) for place, each in enumerate(self.values.get("commands", ()))]
        done = 0
        for at, kind, place in sorted(stops):
            upto = done
            while upto < len(moves) and moves[upto].at <= self.start + at:
                upto += 1
            for _ in replay.run(moves[done:upto], self.start + at):
                pass
            replay.book.tick(self.start + at)
            done = upto
            if kind == 0:
                self.command(replay, self.values["commands"][place], place)
            else:
                self.compare(replay, self.values["expect"][place], place, rules)

    def fill(self, connection: duckdb.DuckDBPyConnection) -> Schemas:
        """Tables with the rows of the test; their columns and types."""
        rows: Mapping[str, list[Values]] = self.values.get("rows", {})
        sources = files_of(self.site)
        for name in rows:
            if name not in sources:
                made = (
                    " is made of others: give these rows" if name in self.site.sources else did_you_mean(name, sources)
                )
                raise _WrongError(self.mark("rows", name), f"`{show(name)}` is no source with files{made}")
        schemas: Schemas = {}
        for name, source in sources.items():
            columns = dict(self.known.get(name, {}))
            for column, pin in source.columns.items():
                columns.setdefault(column, TYPES[PINS[pin]])
            for row in rows.get(name, ()):
                for column, cell in row["cells"].items():
                    if columns.get(column) is None and cell is not None:
                        columns[column] = _type_of(*cell)
            if source.time is not None:
                columns.setdefault(source.time, "TIMESTAMP")
            for column in source.dimensions:
                columns.setdefault(column, "VARCHAR")
            if not rows.get(name) and name not in self.known:
                continue
            columns |= OWN
            listed = ", ".join(f"{ident(column)} {kind}" for column, kind in columns.items())
            connection.execute(f"CREATE TABLE {ident(name)} ({listed})")
            schemas[name] = columns
            self.insert(connection, name, columns, rows.get(name, ()))
            came = self.start + max((row.get("until", row.get("at", 0.0)) for row in rows.get(name, ())), default=0.0)
            connection.execute("INSERT INTO _ops.files VALUES (?, ?)", [name, came])
        return schemas

    def insert(
        self, connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str], rows: Sequence[Values]
    ) -> None:
        time = self.site.sources[name].time
        line = 0
        for place, row in enumerate(rows):
            at = row.get("at", 0.0)
            times = [at]
            while "every" in row and times[-1] + row["every"] <= row["until"]:
                times.append(times[-1] + row["every"])
                if len(times) > MOST_ROWS:
                    raise _WrongError(self.mark("rows", name, place), f"makes more than {MOST_ROWS:,} rows")
            cells = {column: cell[0] if cell is not None else None for column, cell in row["cells"].items()}
            for offset in times:
                line += 1
                stamp = dt.datetime.fromtimestamp(self.start + offset, dt.UTC).replace(tzinfo=None)
                found: dict[str, Any] = {**cells, "_file": 1, "_line": line, "_time": stamp if time else None}
                if time is not None:
                    found.setdefault(time, stamp)
                names = ", ".join(ident(column) for column in found)
                marks = ", ".join(f"CAST(? AS {columns[_own(column, columns)]})" for column in found)
                try:
                    connection.execute(f"INSERT INTO {ident(name)} ({names}) VALUES ({marks})", list(found.values()))
                except duckdb.Error as error:
                    why = str(error).splitlines()[0].partition(": ")[2] or str(error)
                    raise _WrongError(self.mark("rows", name, place), why) from error

    def rules(self, binding: Binding, problems: Sequence[Problem]) -> list[str]:
        """The rules that are tested: those named, else all whose sources have a table."""
        wanted = self.values.get("rules", ())
        named = [*wanted, *(each["rule"] for at in self.values["expect"] for each in at["open"])]
        for name in named:
            if name not in self.site.rules:
                near = did_you_mean(name, self.site.rules)
                raise _WrongError(self.place_of(name), f"unknown rule `{show(name)}`{near}")
            if name not in binding.rules:
                why = binding.idle.get(name) or (str(problems[0]) if problems else "it has an error")
                raise _WrongError(self.place_of(name), f"the rule `{name}` cannot be evaluated: {why}")
        if wanted:
            return list(wanted)
        return [name for name, rule in binding.rules.items() if not set(rule.sources) & set(BUILT_IN)]

    def place_of(self, rule: str) -> Mark:
        """Where a rule is named in the test."""
        if rule in self.values.get("rules", ()):
            return self.mark("rules", self.values["rules"].index(rule))
        for place, at in enumerate(self.values["expect"]):
            for number, each in enumerate(at["open"]):
                if each["rule"] == rule:
                    return self.mark("expect", place, "open", number, "rule")
        return self.mark()

    def command(self, replay: Replay, values: Values, place: int) -> None:
        """What a person does."""
        at = self.start + values["at"]
        name = alert_id(values["rule"], values.get("labels", {}))
        alert = replay.book.get(name)
        target = Target(name, alert.facts.version if alert is not None else 0)
        until = at + values["length"] if "length" in values else None
        reason = values.get("reason", "a test")
        deed = Deed(
            values["do"], values.get("by", "tester"), at, (target,), reason, until, at + 365 * 86_400.0,
            values.get("to", ""),
        )  # fmt: skip
        outcome = replay.book.command(deed)
        refused = {**outcome.refused, **outcome.already}
        if refused:
            raise _WrongError(
                self.mark("commands", place), f"`{values['do']}` of {name}: {next(iter(refused.values()))}"
            )

    def compare(self, replay: Replay, values: Values, place: int, rules: Sequence[str]) -> None:
        """What is open against what is expected."""
        found = {each.id: each for each in replay.book.open() if each.rule in rules}
        expected = {alert_id(each["rule"], each.get("labels", {})): each for each in values["open"]}
        wrong = [name for name in expected if name not in found or _differs(expected[name], found[name])]
        more = [name for name in found if name not in expected]
        if wrong or more:
            local = dt.datetime.fromtimestamp(self.start + values["at"], zone(self.site))
            self.found.differences.append(
                Difference(
                    mark=self.mark("expect", place),
                    at=f"{local:%Y-%m-%d %H:%M:%S}",
                    expected=[_said(name, expected[name]) for name in wrong],
                    got=[_shown(found[name], expected.get(name)) for name in [*wrong, *more] if name in found],
                )
            )


def _untold(_done: float, _doing: str) -> None:
    """Nobody follows the progress of a test."""


class _WrongError(Exception):
    """Why a test cannot be run."""

    def __init__(self, mark: Mark, message: str) -> None:
        super().__init__(message)
        self.mark = mark


def _own(name: str, columns: Mapping[str, str]) -> str:
    """A column as its table spells it."""
    return name if name in columns else next(column for column in columns if column.lower() == name.lower())


def _type_of(text: str, quoted: bool) -> str:
    """The type that a cell looks like."""
    if quoted:
        return "VARCHAR"
    if text in ("true", "false"):
        return "BOOLEAN"
    try:
        int(text)
    except ValueError:
        pass
    else:
        return "BIGINT"
    try:
        float(text)
    except ValueError:
        return "VARCHAR"
    return "DOUBLE"


def _differs(expected: Values, found: Open) -> bool:
    return any(key in expected and expected[key] != getattr(found, key) for key in ("state", "priority", "text"))


def _said(name: str, expected: Values) -> str:
    parts = [str(expected[key]) for key in ("state", "priority") if key in expected]
    return " ".join([name, *parts, *([json.dumps(expected["text"], ensure_ascii=False)] if "text" in expected else [])])


def _shown(found: Open, expected: Values | None) -> str:
    text = [json.dumps(found.text, ensure_ascii=False)] if expected is None or "text" in expected else []
    return " ".join([found.id, found.state, found.priority, *text])
