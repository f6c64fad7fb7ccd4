"""Settings that were read before: the same bytes to the same program, or read anew."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from opsconsole.console import settings, settings_kept
from opsconsole.console.actions import ACTIONS
from opsconsole.console.config import Config
from opsconsole.console.settings import SettingsError, load

TEXT = "keys: {ack: [a, f5], escalate: []}\ntheme: light\ndecimal: ','\nthousands: none\nmouse: false\nrotate: 1m\n"
MEANT = Config(
    keys={"ack": ("a", "f5"), "escalate": ()}, theme="light", decimal=",", thousands="", mouse=False, rotate=60.0
)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's file of settings, in a home of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    file = tmp_path / "config.yaml"
    file.write_text(TEXT)
    return file


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What has been read as YAML."""
    seen: list[bytes] = []
    parse = settings.parse

    def noted(data: bytes, file: str = "") -> Config:
        seen.append(data)
        return parse(data, file)

    monkeypatch.setattr(settings, "parse", noted)
    return seen


def kept(tmp_path: Path) -> Path:
    return tmp_path / "state/opsconsole/console/settings"


def test_the_same_file_is_read_once(own: Path, parsed: list[bytes], tmp_path: Path) -> None:
    assert [load(own), load(own), load(own)] == [MEANT] * 3
    assert parsed == [TEXT.encode()]
    assert stat.S_IMODE(kept(tmp_path).stat().st_mode) == 0o600
    assert [path.name for path in kept(tmp_path).parent.iterdir()] == ["settings"], "nothing is left beside it"


def test_another_text_is_read_whatever_its_size_and_time(own: Path, parsed: list[bytes]) -> None:
    assert load(own) == MEANT
    at = own.stat()
    own.write_text(TEXT.replace("1m", "2m"))
    os.utime(own, ns=(at.st_atime_ns, at.st_mtime_ns))
    assert load(own).rotate == 120.0
    own.write_text(TEXT)
    assert load(own) == MEANT
    assert len(parsed) == 3


def test_another_version_reads_anew(own: Path, parsed: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    load(own)
    monkeypatch.setattr(settings_kept, "__version__", "99")
    assert load(own) == MEANT
    assert len(parsed) == 2


@pytest.mark.parametrize("keys", ["top: f12", "ack: [s]"])
def test_keys_that_mean_something_else_by_now_are_told(
    own: Path, keys: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a pull in a checkout: `top` has gone, and `s` belongs to another action."""
    known = tuple(action for action in ACTIONS if action.id not in ("top", "shelve"))
    own.write_text(f"keys: {{{keys}}}\n")
    with monkeypatch.context() as before:
        # then `top` was there and `s` was free
        before.setattr("opsconsole.console.actions.ACTIONS", tuple(a for a in ACTIONS if a.id != "shelve"))
        load(own)
    after = known if keys.startswith("top") else ACTIONS
    monkeypatch.setattr("opsconsole.console.actions.ACTIONS", after)
    with pytest.raises(SettingsError, match=r"config.yaml:1:\d+ .*`(top|shelve)`"):
        load(own)


@pytest.mark.parametrize(
    "broken", [b"", b"\xff\x00", b"[]", b'{"of": 1}', b'{"of": "x", "config": {}}', b"[" * 100_000]
)
def test_what_is_broken_is_as_good_as_nothing(own: Path, broken: bytes, parsed: list[bytes], tmp_path: Path) -> None:
    load(own)
    kept(tmp_path).write_bytes(broken)
    assert load(own) == MEANT
    assert len(parsed) == 2
    assert load(own) == MEANT
    assert len(parsed) == 2, "and mended by that"


def test_values_that_no_setting_has_are_read_anew(own: Path, parsed: list[bytes], tmp_path: Path) -> None:
    load(own)
    kept(tmp_path).write_bytes(kept(tmp_path).read_bytes().replace(b'"light"', b'"pink"'))
    assert load(own) == MEANT
    assert len(parsed) == 2


def test_what_is_wrong_is_told_each_time(own: Path) -> None:
    load(own)
    own.write_text("theme: dakr\n")
    for _ in range(2):
        with pytest.raises(SettingsError, match=r"config.yaml:1:8 .*`dakr`; did you mean `dark`"):
            load(own)


def test_where_nothing_can_be_kept_it_is_read_each_time(own: Path, parsed: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    assert load(own) == load(own) == MEANT
    assert len(parsed) == 2


def test_a_start_with_known_settings_reads_no_yaml(own: Path) -> None:
    load(own)
    code = (
        "import pathlib, sys; from opsconsole.console.settings import load; load(pathlib.Path(sys.argv[1])); "
        "print(sorted(name for name in sys.modules if name.startswith(('yaml', 'opsconsole.site'))))"
    )
    found = subprocess.run([sys.executable, "-c", code, str(own)], capture_output=True, text=True, check=True)
    assert "yaml" not in found.stdout
    assert "opsconsole.site.tree" not in found.stdout
