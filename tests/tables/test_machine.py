"""A state machine over real files: after each settle the table is what a fresh read of the folder gives.

And the property behind it: types, columns and rows depend on the files that are there, not on the order they came in.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from opsconsole.site.model import ColumnType, Source
from tests.tables.folder import Folder, folder

QUIET = 0.02
COLUMNS = ("id", "at", "value", "flag")
PINS: dict[str, ColumnType] = {"id": "text", "at": "text", "value": "number", "flag": "boolean", "new": "text"}
CELLS: dict[str, list[str]] = {
    "integer": ["1", "42", "-7", "0", "100000"],
    "number": ["1.5", "-0.25", "3", "1e3"],
    "padded": ["007", "0815", "1"],
    "date": ["2026-06-24", "2026-02-28"],
    "day first": ["25/04/2026", "03/04/2026"],
    "either": ["03/04/2026", "05/06/2026"],
    "time": ["2026-06-24 06:00:00", "2026-06-24 06:00:00.5"],
    "zoned": ["2026-06-24T06:00:00Z", "2026-06-24T08:00:00+02:00"],
    "boolean": ["true", "false", "yes", "no"],
    "text": ["weld", "Größe 京", "a b", '"two\nlines"', '"a ""quote"""'],
    "nothing": ["", "NA", "-"],
}


class Records(NamedTuple):
    """Records of a file: the kind of each column, how many records there are, and odd cells (row, column, kind)."""

    kinds: tuple[str, ...]
    size: int
    odd: tuple[tuple[int, int, str], ...] = ()

    def text(self) -> str:
        """As CSV."""
        rows = [[CELLS[kind][number % len(CELLS[kind])] for kind in self.kinds] for number in range(self.size)]
        for row, column, kind in self.odd:
            if row < self.size:
                rows[row][column] = CELLS[kind][0]
        return "".join(",".join(row) + "\n" for row in rows)


KINDS = st.sampled_from(sorted(CELLS))
RECORDS = st.builds(
    Records,
    st.tuples(*[KINDS] * len(COLUMNS)),
    st.one_of(st.integers(0, 4), st.integers(0, 70)),
    st.lists(st.tuples(st.integers(0, 69), st.integers(0, len(COLUMNS) - 1), KINDS), max_size=2).map(tuple),
)
HEADERS = st.sampled_from([COLUMNS, COLUMNS[::-1], ("id", "at", "value", "new"), ("ID", "at", "value", "flag")])
INDEX = st.integers(0, 3)


class Files(RuleBasedStateMachine):
    """Files come, grow, are rewritten, renamed, vanish, change types and headers; the program ends and starts."""

    pinned = True

    @initialize()
    def begin(self) -> None:
        """An empty folder."""
        self.root = Path(tempfile.mkdtemp())
        pins = PINS if self.pinned else {}
        self.watched = Folder(self.root, Source("t", ("in/*.csv",), columns=pins, settle=QUIET))

    def teardown(self) -> None:
        """Close and clean up."""
        if hasattr(self, "watched"):
            self.watched.close()
            shutil.rmtree(self.root)

    def _path(self, index: int) -> Path:
        return self.watched.place / f"f{index}.csv"

    @rule(index=INDEX, header=HEADERS, records=RECORDS)
    def come(self, index: int, header: tuple[str, ...], records: Records) -> None:
        """A new file, or an old one written anew: with other types, with another header."""
        self._path(index).write_text(",".join(header) + "\n" + records.text())

    @rule(index=INDEX, records=RECORDS, cut=st.integers(0, 200))
    def grow(self, index: int, records: Records, cut: int) -> None:
        """More records, the last of them perhaps not whole."""
        data = records.text().encode()
        if self._path(index).exists():
            self.watched.append(f"f{index}.csv", data[: len(data) - cut] if cut < 20 else data)

    @rule(index=INDEX, records=RECORDS)
    def replace(self, index: int, records: Records) -> None:
        """Written aside and renamed over."""
        part = self.watched.place / "part.tmp"
        part.write_text(",".join(COLUMNS) + "\n" + records.text())
        part.replace(self._path(index))

    @rule(index=INDEX, to=INDEX)
    def rename(self, index: int, to: int) -> None:
        """Another name, perhaps that of another file."""
        if self._path(index).exists():
            self._path(index).rename(self._path(to))

    @rule(index=INDEX)
    def vanish(self, index: int) -> None:
        """Gone."""
        self._path(index).unlink(missing_ok=True)

    @rule(index=INDEX, share=st.integers(0, 4))
    def truncate(self, index: int, share: int) -> None:
        """Shorter, cut off anywhere."""
        if self._path(index).exists():
            data = self._path(index).read_bytes()
            self._path(index).write_bytes(data[: len(data) * share // 5])

    @precondition(lambda self: hasattr(self, "watched"))
    @rule()
    def restart(self) -> None:
        """The program ends and starts again."""
        self.watched.close()
        self.watched.open()

    @precondition(lambda self: hasattr(self, "watched"))
    @invariant()
    def same_as_a_fresh_read(self) -> None:
        """The table, the quarantine and the counts."""
        self.watched.settle()
        self.watched.check_fresh(patience=10.0, remember=True)


class Unpinned(Files):
    """The same where types are found out from the files."""

    pinned = False


def machine(kind: type[Files], examples: int) -> Callable[[], None]:
    """A test function of a machine."""
    case = kind.TestCase
    case.settings = settings(
        phases=(Phase.explicit, Phase.generate),
        max_examples=examples, stateful_step_count=12, deadline=None, database=None, print_blob=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip

    def run() -> None:
        case("runTest").runTest()

    return run


@pytest.mark.slow
def test_a_machine_with_declared_types() -> None:
    machine(Files, 6)()


@pytest.mark.slow
def test_a_machine_with_types_found_out() -> None:
    machine(Unpinned, 8)()


# --- order -----------------------------------------------------------------------------------------------------


def folded(schemas: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Types by lower-case name: SQL does not tell `ID` from `id`."""
    return {source: {name.lower(): type_ for name, type_ in found.items()} for source, found in schemas.items()}


@st.composite
def sets(draw: st.DrawFn) -> tuple[dict[str, list[bytes]], list[str]]:
    """Files, each in chunks (cut anywhere), and an order in which the chunks come."""
    files: dict[str, list[bytes]] = {}
    for index in range(draw(st.integers(2, 4))):
        data = (",".join(draw(HEADERS)) + "\n" + draw(RECORDS).text()).encode()
        cuts = sorted(draw(st.lists(st.integers(1, len(data) - 1), max_size=2)))
        edges = [0, *cuts, len(data)]
        files[f"f{index}.csv"] = [data[a:b] for a, b in pairwise(edges) if a < b]
    order = draw(st.permutations([name for name, chunks in files.items() for _ in chunks]))
    return files, list(order)


@settings(
    phases=(Phase.explicit, Phase.generate),
    max_examples=15,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
@given(given_set=sets(), rests=st.sets(st.integers(0, 11)))
def test_the_order_of_files_decides_nothing(
    tmp_path_factory: pytest.TempPathFactory, given_set: tuple[dict[str, list[bytes]], list[str]], rests: set[int]
) -> None:
    files, order = given_set
    root = tmp_path_factory.mktemp("order")
    source = Source("t", ("in/*.csv",), settle=QUIET)
    left = {name: list(chunks) for name, chunks in files.items()}
    with folder(root / "one", source) as watched:
        for step, name in enumerate(order):
            watched.append(name, left[name].pop(0))
            if step in rests:
                watched.settle()
        watched.settle()
        got = folded(watched.store.schemas()), watched.contents()
    with folder(root / "two", source) as fresh:
        for name, chunks in files.items():
            fresh.write(name, b"".join(chunks))
        fresh.settle()
        expected = folded(fresh.store.schemas()), fresh.contents()
    shutil.rmtree(root)
    for name, types in expected[0].items():  # a header that grew may leave a column that no file has; it is empty
        assert {column: got[0][name][column] for column in types} == types
    assert got[1] == expected[1]


@pytest.mark.parametrize("first", sorted(CELLS))
def test_two_files_of_any_kinds_in_both_orders(tmp_path: Path, first: str) -> None:
    # each pair once: of two kinds the one that comes first in the alphabet is in f0.csv where their places differ by
    # an even number, else in f1.csv
    place = sorted(CELLS).index(first)
    others = [kind for at, kind in enumerate(sorted(CELLS)) if at == place or (at > place) != ((at - place) % 2 == 1)]
    names = [f"s{index}{turn}" for index in range(len(others)) for turn in "ab"]
    sources = [Source(name, (f"in/{name}/*.csv",), settle=QUIET) for name in names]
    with folder(tmp_path, *sources) as watched:
        for step in (0, 1):
            for index, second in enumerate(others):
                for turn in "ab":
                    which = step if turn == "a" else 1 - step
                    cells = CELLS[(first, second)[which]]
                    rows = "".join(f"{cell},{number}\n" for number, cell in enumerate(cells))
                    watched.write(f"s{index}{turn}/f{which}.csv", "v,n\n" + rows)
            watched.settle()
        schemas = watched.store.schemas()
        found = {name: watched.rows(name) for name in names}
    different = [
        f"{first} and {second}: {schemas[f's{i}a']['v']} or {schemas[f's{i}b']['v']}"
        for i, second in enumerate(others)
        if (schemas[f"s{i}a"], found[f"s{i}a"]) != (schemas[f"s{i}b"], found[f"s{i}b"])
    ]
    assert not different
