"""What a check has found, and how it is told."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from opsconsole.cli.text import inert

# `note`: worth knowing, nothing to mend. `warning`: something works worse than it could. `broken`: something does not.
State = Literal["fine", "note", "warning", "broken"]

SIGNS: dict[State, str] = {"fine": "●", "note": "·", "warning": "◆", "broken": "▲"}
_PLAIN: dict[State, str] = {"fine": "o", "note": ".", "warning": "*", "broken": "!"}
_LEFT = 14


class Finding(Struct, frozen=True):
    """`found` is what there is, `cure` what to do about it; a finding that is fine needs none."""

    check: str
    state: State
    found: str
    cure: str = ""


def lines(findings: Sequence[Finding], columns: int | None = None, *, ascii_only: bool = False) -> list[str]:
    """One line each; where it is longer than `columns`, it goes on below, indented."""
    out: list[str] = []
    for each in findings:
        sign = (_PLAIN if ascii_only else SIGNS)[each.state]
        head = f"{sign} {each.check:<{_LEFT}}"
        word = "" if each.state in ("fine", "note") else f"{each.state}: "
        cure = f" {'->' if ascii_only else '→'} {each.cure}" if each.cure else ""
        text = inert(f"{word}{each.found}{cure}")
        if columns is None:
            out.append(head + text)
        else:
            indent = " " * len(head)
            out += textwrap.wrap(
                text, max(40, columns - 1), initial_indent=head, subsequent_indent=indent, break_on_hyphens=False
            )
    return out


def verdict(findings: Sequence[Finding]) -> str:
    """All of it in one sentence."""
    broken = sum(each.state == "broken" for each in findings)
    doubts = sum(each.state == "warning" for each in findings)
    if not broken and not doubts:
        return "All is fine."
    parts = [f"{broken} broken" if broken else "", f"{doubts} warning{'s' * (doubts > 1)}" if doubts else ""]
    return " and ".join(part for part in parts if part) + "; what to do stands behind each."
