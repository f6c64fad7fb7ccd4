"""Who is on the other end of the socket, as the kernel says."""

from __future__ import annotations

import os
import pwd
import socket
import struct
import sys

from msgspec import Struct


class Peer(Struct, frozen=True):
    """A client's process and login; `ssh` is what the client claims, and is shown as a claim.

    `read_only`: it asked to be a viewer, whoever it is.
    """

    pid: int
    uid: int
    gid: int
    user: str
    ssh: str = ""
    read_only: bool = False

    @property
    def origin(self) -> str:
        """The address that the client claims to come from by SSH; empty: it claims none."""
        return self.ssh.split()[0] if self.ssh.strip() else ""

    def __str__(self) -> str:
        return f"{self.user} (claims ssh from {self.origin})" if self.origin else self.user


def peer_of(connection: socket.socket) -> Peer:
    """The process at the other end of a Unix socket, by SO_PEERCRED (Linux) or LOCAL_PEERCRED (macOS)."""
    if hasattr(socket, "SO_PEERCRED"):
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        pid, uid, gid = struct.unpack("3i", raw)
    elif sys.platform == "darwin":
        raw = connection.getsockopt(0, 1, 76)  # SOL_LOCAL, LOCAL_PEERCRED: struct xucred
        _version, uid, _groups, gid = struct.unpack("IIh2xI", raw[:16])
        pid = 0
    else:
        raise OSError("this system does not say who is at the other end of a socket")
    return Peer(pid=pid, uid=uid, gid=gid, user=_login(uid))


def _login(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def own_login() -> str:
    """The login that the engine runs as."""
    return _login(os.getuid())
