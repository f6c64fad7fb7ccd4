"""Checks of the program: Python, the libraries it wants, extras, a person's settings."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from opsconsole.cli.doctor.finding import Finding

_NEED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)\s*(?P<spec>[^;]*)(?:;\s*(?P<when>.*))?")
_PART = re.compile(r"(>=|<=|==|!=|<|>|~=)\s*([0-9][0-9A-Za-z.]*)")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")
EXTRAS = {"holidays": "the holidays of countries", "notify": "messages by Apprise"}


def fits(version: str, spec: str) -> bool:
    """Whether a version lies within a specifier such as ">=8.2,<9"; numbers only, as the project's own are."""
    have = _numbers(version)
    for sign, text in _PART.findall(spec):
        want = _numbers(text)
        size = max(len(have), len(want))
        left, right = (each + (0,) * (size - len(each)) for each in (have, want))
        holds = {
            ">=": left >= right, "<=": left <= right, "==": left == right, "!=": left != right,
            "<": left < right, ">": left > right, "~=": left >= right and have[: len(want) - 1] == want[:-1],
        }[sign]  # fmt: skip
        if not holds:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def python(version: str, wanted: str, own: str) -> Finding:
    """Python against what the project wants; `own` is the version of opsconsole."""
    said = f"opsconsole {own}, Python {version}"
    if not fits(version, wanted):
        return Finding("program", "broken", f"{said}: Python {wanted} is wanted", "install it with a newer Python")
    return Finding("program", "fine", said)


def libraries(needs: Sequence[str], installed: Mapping[str, str | None]) -> list[Finding]:
    """Each library that does not fit, or one line for all. `installed`: by name, None where it is missing."""
    wrong: list[Finding] = []
    count = 0
    for need in needs:
        found = _NEED.match(need)
        if found is None or (found["when"] and _EXTRA.search(found["when"])):
            continue
        count += 1
        name, spec = found["name"], found["spec"].strip("() ")
        have = installed.get(name)
        cure = f"pip install '{name}{spec}'"
        if have is None:
            wrong.append(Finding("library", "broken", f"{name} is not installed", cure))
        elif not fits(have, spec):
            wrong.append(Finding("library", "broken", f"{name} is {have}, {spec} is wanted", cure))
    return wrong or [Finding("libraries", "fine", f"all {count} are there, in versions that fit")]


def extras(needs: Sequence[str], installed: Mapping[str, str | None], wanted: Collection[str]) -> list[Finding]:
    """The optional parts; `wanted` are those that the site makes use of."""
    found: list[Finding] = []
    for extra, what in EXTRAS.items():
        names = [m["name"] for need in needs if (m := _NEED.match(need)) and f"extra == '{extra}'" in _plain(need)]
        there = bool(names) and all(installed.get(name) for name in names)
        cure = f"pip install 'opsconsole[{extra}]'"
        if there:
            found.append(Finding("extra", "fine", f"{extra}: {what}"))
        elif extra in wanted:
            found.append(Finding("extra", "broken", f"{extra} is not installed, and the site wants {what}", cure))
        else:
            found.append(Finding("extra", "note", f"{extra} is not installed, and nothing here wants {what}", cure))
    return found


def _plain(need: str) -> str:
    return need.replace('"', "'")


def names(needs: Sequence[str]) -> list[str]:
    """The libraries that needs are about."""
    return sorted({found["name"] for need in needs if (found := _NEED.match(need))})


def settings(path: str, problems: Sequence[str] | None) -> Finding:
    """A person's config.yaml; `problems` None: there is none."""
    if problems is None:
        return Finding("config.yaml", "fine", f"none, so all is as it comes ({path})")
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        return Finding("config.yaml", "broken", problems[0] + more, f"mend {path}, or start with --no-config")
    return Finding("config.yaml", "fine", path)
