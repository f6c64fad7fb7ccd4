"""The statements a person has run: of one site and one person, bounded, private."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from opsconsole.console.memory import memory_of
from opsconsole.console.sql import history as history_module
from opsconsole.console.sql.history import Statements, history_file
from opsconsole.console.touring import toured
from opsconsole.engine.place import console_state, find_place


def test_statements_are_kept_and_gone_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "console" / "sql.jsonl"
    run = Statements(file)
    assert run.step(-1, "typed") is None
    for text in ("SELECT 1", "SELECT 2\nFROM é", "SELECT 2\nFROM é", "SELECT 1", "  "):
        run.add(text)
    assert run.all == ["SELECT 2\nFROM é", "SELECT 1"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = Statements(file)
    assert again.all == run.all
    assert again.step(-1, "half") == "SELECT 1"
    assert again.step(-1, "SELECT 1") == "SELECT 2\nFROM é"
    assert again.step(-1, "SELECT 2\nFROM é") is None
    assert again.step(1, "SELECT 2\nFROM é") == "SELECT 1"
    assert again.step(1, "SELECT 1") == "half"
    assert again.step(1, "half") is None
    again.rest()
    assert again.step(-1, "SELECT 1") == "SELECT 2\nFROM é", "what stands there already is passed over"

    monkeypatch.setattr(history_module, "MOST", 3)
    for number in range(9):
        again.add(f"SELECT {number}")
    assert Statements(file).all == ["SELECT 6", "SELECT 7", "SELECT 8"]
    assert len(file.read_text().splitlines()) == 3
    other = Statements(file)
    other.add("SELECT 10")
    again.add("SELECT 11")
    assert Statements(file).all == ["SELECT 8", "SELECT 10", "SELECT 11"], "what others have added stays"
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_a_file_that_is_cut_off_or_cannot_be_written_is_borne(tmp_path: Path) -> None:
    file = tmp_path / "sql.jsonl"
    file.write_bytes(b'"SELECT 1"\n{"a": 1}\n"SELECT 2"\n"SELECT ')
    cut = Statements(file)
    assert cut.all == ["SELECT 1", "SELECT 2"]
    cut.add("SELECT 3")
    assert Statements(file).all == ["SELECT 1", "SELECT 2", "SELECT 3"]
    (tmp_path / "folder").write_text("a file where a folder is meant")
    broken = Statements(tmp_path / "folder" / "sql.jsonl")
    broken.add("SELECT 1")
    assert broken.all == ["SELECT 1"]
    assert "cannot be" in broken.trouble


def test_each_site_has_its_own(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    env = {"XDG_STATE_HOME": str(tmp_path / "state")}
    files = {history_file(find_place(tmp_path / name), env) for name in ("a", "b", "a")}
    assert len(files) == 2
    assert {file.parent for file in files} == {tmp_path / "state" / "opsconsole" / "console"}


def test_all_that_a_console_remembers_lies_in_one_folder(tmp_path: Path) -> None:
    place = find_place(tmp_path)
    for home in ("", "relative", str(tmp_path / "state")):
        env = {"XDG_STATE_HOME": home}
        folder = {history_file(place, env).parent, memory_of(place, env).file.parent, toured(env).file.parent}
        assert folder == {console_state(env)}
        assert console_state(env).is_absolute()
