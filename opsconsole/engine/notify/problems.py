"""`opsconsole check` on targets: whether their URLs can be had here, and whether Apprise understands them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from opsconsole.engine.notify.secret import SecretError, resolve
from opsconsole.engine.notify.send import MISSING, Answer, Job, installed
from opsconsole.site.marks import Keys, Marks
from opsconsole.site.model import Problem, Site
from opsconsole.site.notifying import Address

_TIMEOUT = 30.0
_AT_ONCE = 2


def address_problems(site: Site, marks: Marks, root: Path) -> list[Problem]:
    """What is wrong with the URLs of a site; no message shows anything of one."""
    if site.notify is None:
        return []
    found: list[Problem] = []
    if site.notify.targets and not installed():
        found.append(Problem(marks.key("notify"), f"`notify`: {MISSING}", "warning"))
    good: dict[Keys, Address] = {}
    for at, address in _addresses(site):
        try:
            resolve(address, root)
        except SecretError as error:
            key = "url_file" if address.url_file else "url"
            # the engine may be started where the environment is another one
            found.append(Problem(marks.at(*at, key), f"`{key}`: {error}", "warning" if error.of_here else "error"))
        else:
            good[at] = address
    targets = {at: address for at, address in good.items() if at[1] == "targets"}
    if installed():
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            reasons = pool.map(lambda address: _understood(address, root), targets.values())
            found += [
                Problem(marks.at(*at), f"`{at[-1]}`: {why}") for at, why in zip(targets, reasons, strict=True) if why
            ]
    return found


def _addresses(site: Site) -> Iterator[tuple[Keys, Address]]:
    assert site.notify is not None
    for name, address in site.notify.targets.items():
        yield ("notify", "targets", name), address
    if site.notify.heartbeat is not None:
        yield ("notify", "heartbeat"), site.notify.heartbeat.address


def _understood(address: Address, root: Path) -> str:
    """Why Apprise cannot use a URL; nothing where it can. Asked of a process of its own, which has the secret."""
    job = Job(address, str(root), check=True)
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "opsconsole.engine.notify.send"],
            input=msgspec.json.encode(job),
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
        return msgspec.json.decode(ran.stdout, type=Answer).reason
    except (subprocess.TimeoutExpired, msgspec.MsgspecError):
        return "it could not be looked at"
