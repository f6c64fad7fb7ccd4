from __future__ import annotations

import os
from pathlib import Path

import pytest

from opsconsole.engine.place import Place, PlaceError, find_place


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "state-home"
    monkeypatch.setenv("XDG_STATE_HOME", str(home))
    return home


def test_a_folder_with_a_site_file_and_the_file_are_the_same_place(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("site: x\n")
    assert find_place(tmp_path) == find_place(tmp_path / "site.yaml")
    assert not find_place(tmp_path).draft


def test_a_link_to_a_site_is_the_same_place(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/site.yaml").write_text("site: x\n")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert find_place(tmp_path / "link") == find_place(tmp_path / "real")


def test_two_folders_of_one_name_are_two_places(tmp_path: Path, state_home: Path) -> None:
    for parent in ("a", "b"):
        (tmp_path / parent / "plant").mkdir(parents=True)
    states = {find_place(tmp_path / parent / "plant").state for parent in ("a", "b")}
    assert len(states) == 2
    assert all(state.parent == state_home / "opsconsole" and state.name.startswith("plant-") for state in states)


def test_a_draft_that_is_kept_has_the_place_it_had(tmp_path: Path) -> None:
    before = find_place(tmp_path)
    assert before.draft
    (tmp_path / "site.yaml").write_text("site: x\n")
    assert find_place(tmp_path).state == before.state
    (tmp_path / "other.yaml").write_text("site: y\n")
    assert find_place(tmp_path / "other.yaml").state != before.state


@pytest.mark.parametrize(
    "line", ["state: elsewhere", "state: 'elsewhere'", 'state: "elsewhere"  # a comment', "state:   elsewhere   # here"]
)
def test_the_site_file_names_the_state_folder_even_when_it_is_broken(tmp_path: Path, line: str) -> None:
    (tmp_path / "site.yaml").write_text(f"site: [broken\n{line}\n")
    assert find_place(tmp_path).state == (tmp_path / "elsewhere").resolve()


def test_a_long_state_path_gets_a_short_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/tmp/run")
    place = Place(site=tmp_path / "site.yaml", state=tmp_path / ("x" * 120))
    assert len(os.fsencode(place.socket)) < 100
    assert place.socket != Place(site=tmp_path / "site.yaml", state=tmp_path / ("y" * 120)).socket


@pytest.mark.parametrize(
    ("name", "says"), [("nowhere", "no such file or folder"), ("data.csv", "not a site file"), ("data.csv/x", ".")]
)
def test_what_is_no_site_is_said_in_one_sentence(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "data.csv").write_text("a\n1\n")
    with pytest.raises(PlaceError, match=says) as caught:
        find_place(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_state_folder_that_cannot_be_made_names_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PlaceError, match=r"`state:` in site\.yaml or XDG_STATE_HOME"):
        Place(site=tmp_path, state=tmp_path / "file/state").make()


def test_the_state_folder_is_the_owners_alone(tmp_path: Path) -> None:
    place = Place(site=tmp_path, state=tmp_path / "state")
    place.make()
    assert place.state.stat().st_mode & 0o077 == 0
