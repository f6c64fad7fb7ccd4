"""The rules of the house that a machine can check: floors, types, lint, what a light process may import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
HEAVY = {
    "duckdb",
    "polars",
    "pyarrow",
    "numpy",
    "watchdog",
    "fastexcel",
    "xlsxwriter",
    "sqlite3",
    "holidays",
    "apprise",
}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize(
    "command",
    [
        (str(BIN / "lint-imports"), "--no-cache"),
        (str(BIN / "ruff"), "check", "--no-cache", "."),
        (str(BIN / "ruff"), "format", "--check", "--no-cache", "."),
        (str(BIN / "mypy"),),
    ],
    ids=["floors", "lint", "format", "types"],
)
def test_holds(command: tuple[str, ...]) -> None:
    done = run(*command)
    assert done.returncode == 0, done.stdout + done.stderr


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    done = run(sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "forbidden"),
    [
        ("import opsconsole.console.program, opsconsole.console.engine_link", HEAVY),
        ("import opsconsole.cli.main", HEAVY | {"textual", "rich"}),
        ("import opsconsole.engine.launch, opsconsole.engine.place", HEAVY | {"textual", "rich", "asyncio", "yaml"}),
        (
            "import opsconsole.engine.serve, opsconsole.engine.core",
            {"textual", "rich", "polars", "pyarrow", "numpy", "watchdog", "apprise"},
        ),
    ],
    ids=["console", "cli", "launch", "engine before it reads a file"],
)
def test_imports_stay_light(statement: str, forbidden: set[str]) -> None:
    assert not loaded_by(statement) & forbidden
