"""Which folders lie on another machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opsconsole.tables.folders import shares

MOUNTS = """\
22 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw
28 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
310 28 0:51 / /mnt/with\\040space rw,relatime shared:170 - nfs4 server:/export rw,vers=4.2
311 28 0:52 / /mnt/win rw - cifs //server/share rw,username=ops
312 28 0:53 / /mnt/ssh rw,nosuid - fuse.sshfs ops@server:/data rw
313 28 0:54 / /mnt/own rw,nosuid - fuse.portal portal rw
"""


def test_shares_are_told_from_disks() -> None:
    assert shares.devices(MOUNTS.splitlines()) == {"0:51", "0:52", "0:53"}


def test_a_folder_is_remote_by_its_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not shares.remote([str(tmp_path), str(tmp_path / "nowhere")])
    number = tmp_path.stat().st_dev
    listed = tmp_path / "mounts"
    listed.write_text(f"1 1 {os.major(number)}:{os.minor(number)} / / rw - nfs4 server:/ rw\n")
    monkeypatch.setattr(shares, "_MOUNTS", str(listed))
    assert shares.remote([str(tmp_path / "nowhere"), str(tmp_path)])
    monkeypatch.setattr(shares, "_MOUNTS", str(tmp_path / "nowhere"))
    assert not shares.remote([str(tmp_path)])
