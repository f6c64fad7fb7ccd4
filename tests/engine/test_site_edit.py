"""Files of the site are replaced whole or not at all, and stay whose they were."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from opsconsole.engine.site_edit import SiteEdit


def test_a_file_of_a_group_stays_of_the_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "site.yaml"
    file.write_bytes(b"old")
    file.chmod(0o664)
    given: list[tuple[int, int]] = []

    def fchown(_: int, owner: int, group: int) -> None:
        if owner != -1:
            raise PermissionError(errno.EPERM, "not root")
        given.append((owner, group))

    monkeypatch.setattr(os, "fchown", fchown)
    with SiteEdit().replacing(file, b"new"):
        assert file.read_bytes() == b"old"
    assert file.read_bytes() == b"new"
    assert given == [(-1, file.stat().st_gid)]
    assert stat.S_IMODE(file.stat().st_mode) == 0o664


def test_what_a_killed_engine_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_bytes(b"old")
    (tmp_path / f".site.yaml.{os.getpid()}.tmp").write_bytes(b"half")
    with SiteEdit().replacing(file, b"new"):
        pass
    (tmp_path / f".more.yaml.{os.getpid()}.tmp").write_bytes(b"half")
    with SiteEdit().making(tmp_path / "more.yaml", b"more"):
        pass
    assert (file.read_bytes(), (tmp_path / "more.yaml").read_bytes()) == (b"new", b"more")


def test_a_new_file_where_there_are_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", link)
    file = tmp_path / "layouts" / "wall.yaml"
    with SiteEdit().making(file, b"one"):
        assert not file.exists()
    assert file.read_bytes() == b"one"
    with pytest.raises(FileExistsError), SiteEdit().making(file, b"two"):
        pass
    with pytest.raises(RuntimeError), SiteEdit().making(tmp_path / "other.yaml", b"two"):
        raise RuntimeError
    assert file.read_bytes() == b"one"
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["layouts", "wall.yaml"]
