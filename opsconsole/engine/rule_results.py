"""What came of tests of rules, for people and for scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence

from msgspec import Struct

from opsconsole.site.figures import count
from opsconsole.site.model import Mark, Problem


class Difference(Struct, frozen=True):
    """What was expected and what was found, at a place of the file."""

    mark: Mark
    at: str
    expected: list[str]
    got: list[str]


class Result(Struct):
    """What came of one test; `problems` where it could not be run."""

    file: str
    name: str
    differences: list[Difference] = []
    problems: list[Problem] = []

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return not self.differences and not self.problems


def as_text(results: Sequence[Result]) -> str:
    """What came of tests, for a person."""
    lines: list[str] = []
    for result in results:
        if result.passed:
            continue
        for problem in result.problems:
            lines.append(f"{problem}" if not result.name else f"{problem} ({result.name})")
        for each in result.differences:
            lines.append(f"{each.mark} {result.name}: at {each.at}")
            lines += [f"  expected  {said}" for said in each.expected or ["nothing more"]]
            lines += [f"  got       {said}" for said in each.got or ["nothing"]]
    failed = sum(not result.passed for result in results)
    lines.append(f"{count(len(results), 'test')}: {f'{failed} failed' if failed else 'all hold'}")
    return "\n".join(_inert(line) for line in lines)


def _inert(text: str) -> str:
    """Text that cannot drive the terminal it is shown on."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def as_json_text(results: Sequence[Result]) -> str:
    """The same for scripts."""
    found = [
        {
            "file": result.file,
            "name": result.name,
            "passed": result.passed,
            "problems": [str(problem) for problem in result.problems],
            "differences": [
                {"place": str(each.mark), "at": each.at, "expected": each.expected, "got": each.got}
                for each in result.differences
            ],
        }
        for result in results
    ]
    return json.dumps(found, ensure_ascii=False, indent=1)
