"""Completion as a shell does it: the real shells ask the real program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from opsconsole.cli.completion import script
from tests.program.conftest import SITE
from tests.terminal import Terminal

# Asks for each line of the input in turn, and prints its candidates on one line.
_ASK = """
while IFS= read -r COMP_LINE; do
  COMP_POINT=${#COMP_LINE} COMP_TYPE=9 COMPREPLY=()
  _python_argcomplete opsconsole
  (IFS='|'; echo "${COMPREPLY[*]}")
done
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A site, and the program in the path of shells."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/opsconsole"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m opsconsole "$@"\n')
    program.chmod(0o755)
    (tmp_path / "plant").mkdir()
    (tmp_path / "plant/site.yaml").write_text(SITE)
    (tmp_path / "notes.txt").write_text("no site\n")
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": str(folder)}


def ask(folder: Path, *lines: str) -> list[list[str]]:
    """What bash offers for each line."""
    done = subprocess.run(
        ["bash", "--norc", "-c", script("bash") + _ASK],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        env=environment(folder),
    )
    assert done.stderr == ""
    return [[word.rstrip() for word in line.split("|") if word] for line in done.stdout.splitlines()]


def test_bash_is_offered_commands_options_choices_files_and_names(folder: Path) -> None:
    found = ask(
        folder,
        "opsconsole s",
        "opsconsole p",
        "opsconsole audit ",
        "opsconsole log plant --k",
        "opsconsole kpis plant s",
        "opsconsole sources plant c",
        "opsconsole quarantine plant --source ",
        "opsconsole help scor",
        "opsconsole --qu",
        "opsconsole query plant ",
        "opsconsole test plant n",
        "opsconsole kpis nowhere s",
        "opsconsole snapshot n",
    )
    assert found == [
        ["snapshot", "sources", "scorecard", "schema", "status", "stop"],
        ["procedures", "plant/"],
        ["--help", "--head", "--json", "verify", "head"],
        ["--kind"],
        ["scrap"],
        ["cycles"],
        ["cycles"],
        ["scorecard"],
        ["--quiet"],
        ["--help", "--json", "--csv", "--limit", "--seconds"],
        ["notes.txt"],
        [],
        [],
    ]


def test_a_tab_in_bash_completes(folder: Path) -> None:
    command = ["bash", "--norc", "--noprofile", "-i"]
    env = {**environment(folder), "PS1": "$ ", "INPUTRC": "/dev/null"}
    (folder / "rc").write_text(script("bash"))
    with Terminal(command, columns=100, env=env) as terminal:
        terminal.shows("$")
        terminal.press(f"cd {folder} && . ./rc && clear && echo ready\r")
        terminal.shows("ready\n$")
        terminal.press("opsconsole snap\t")
        terminal.shows("$ opsconsole snapshot")
        terminal.press("pl\t")
        terminal.shows("$ opsconsole snapshot plant/")
        terminal.press(" --j\t")
        terminal.shows("$ opsconsole snapshot plant/ --json")
        terminal.press("\x15exit\r")
        terminal.process.wait(20)


def test_zsh_and_fish_take_their_scripts_where_they_are_installed(folder: Path) -> None:
    loading = f"autoload -Uz compinit && compinit -u -d {folder}/dump\n{script('zsh')}\nprint $_comps[opsconsole]"
    asking = f"{script('fish')}\ncomplete -C 'opsconsole kpis plant s'"
    for command, said in (
        (["zsh", "-f", "-c", loading], ["_python_argcomplete"]),
        (["fish", "-N", "-c", asking], ["scrap", "Scrap", "ratio"]),
    ):
        if shutil.which(command[0]) is not None:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=60, cwd=folder, env=environment(folder)
            )
            assert (done.stdout.split(), done.stderr) == (said, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_script_is_about_this_program(shell: str) -> None:
    text = script(shell)
    assert "_ARGCOMPLETE" in text
    assert "opsconsole" in text
