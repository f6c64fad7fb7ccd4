"""The words of the commands about the journal and procedures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

COMMANDS = ("log", "audit", "procedures")
KINDS = "alert, procedure, retry, …"
_MOMENT = "03:40, 2013-06-24, yesterday, 'shift -1', or how long ago: 2h, 7d"


def add_commands(add: Callable[..., argparse.ArgumentParser], whole: Callable[[str], int]) -> None:
    """Declare them."""
    log = add(
        "log",
        "Print the journal, the newest first: when, who, what, about what, in which words, why. Exit code 1: no such "
        "record.",
        "opsconsole log . weld --since 7d --kind procedure",
    )
    log.add_argument("words", metavar="WORDS", nargs="*", help="that must be there; !word: must not")
    log.add_argument("--since", metavar="TIME", help=f"from this moment by the site's clocks: {_MOMENT}")
    log.add_argument("--until", metavar="TIME", help="up to this moment")
    log.add_argument("--kind", metavar="KIND", action="append", help=f"of this kind ({KINDS}); may be given again")
    log.add_argument("--actor", metavar="LOGIN", default="", help="of this person; `system` for what nobody did")
    log.add_argument("--people", action="store_true", help="only what people did")
    log.add_argument("--object", metavar="NAME", default="", help="about this alert or source, by its whole name")
    log.add_argument("--limit", type=whole, metavar="N", default=50, help="most records (default 50)")
    log.add_argument("--json", action="store_true", help="a list of objects")

    audit = add(
        "audit",
        "Look through the journal's chain and name the first record that is not as it was written (exit code 1), or "
        "print the last record's hash, to be kept in another place.",
        "opsconsole audit verify .\n         opsconsole audit head . >> /mnt/elsewhere/heads.txt",
        site=False,
    )
    audit.add_argument("what", choices=("verify", "head"))
    audit.add_argument("site", metavar="SITE", help="a site.yaml, the folder that holds one, or any folder")
    audit.add_argument(
        "--head", metavar="HASH", default="", help="verify: a head that was kept, which must be in the chain"
    )
    audit.add_argument("--json", action="store_true", help="for scripts; the shape is in the README")

    procedures = add(
        "procedures",
        "Print how each procedure was used: opened, ticked, which step was ticked last before alerts cleared, and how "
        "long they took with and without.",
        "opsconsole procedures . --since 30d",
    )
    procedures.add_argument("--since", metavar="TIME", default="30d", help=f"from this moment (default 30d): {_MOMENT}")
    procedures.add_argument("--json", action="store_true", help="for scripts; the shape is in the README")
