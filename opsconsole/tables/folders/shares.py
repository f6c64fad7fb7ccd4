"""Which folders lie on another machine: what is written there by others gives no events here."""

from __future__ import annotations

import os
from collections.abc import Iterable

KINDS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "afs", "glusterfs", "lustre"})
KINDS_BEGIN = ("fuse.gluster", "fuse.ceph", "fuse.rclone", "fuse.s3fs", "fuse.goofys", "fuse.smb", "fuse.gvfs")
_MOUNTS = "/proc/self/mountinfo"


def remote(folders: Iterable[str]) -> bool:
    """Whether one of these folders lies on a network share; where the system does not tell: no."""
    try:
        with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as stream:
            shares = devices(stream)
    except OSError:
        return False
    return bool(shares) and any(_device(folder) in shares for folder in folders)


def devices(mounts: Iterable[str]) -> set[str]:
    """The devices (`major:minor`) of network shares in a list of mounts as Linux gives it."""
    found = set()
    for line in mounts:
        before, _, after = line.partition(" - ")
        kind = after.split(" ", 1)[0]
        if kind in KINDS or kind.startswith(KINDS_BEGIN):
            found.add(before.split(" ")[2])
    return found


def _device(folder: str) -> str:
    try:
        number = os.stat(folder).st_dev
    except OSError:
        return ""
    return f"{os.major(number)}:{os.minor(number)}"
