"""What a command of the command line is made of. Parser, help, completion and man page are all made from this."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

# How a value is read; a flag has none.
Kind = Literal["flag", "text", "whole", "number", "positive"]
# What completion offers for a value, besides its choices.
Offers = Literal["", "site", "folder", "file", "kpi", "flow", "source", "rule", "target", "command", "moment"]
# How often a value may stand: just once; once or not; as often as one likes; or, of an option, the option itself again.
Times = Literal["one", "maybe", "any", "again"]

# The heading under which a command is listed.
Group = Literal["See", "Rules and alerts", "The record", "The site", "The engine", "The program"]

JSON = "for scripts; the shape is in the README"
AT = (
    "as of a past moment by the site's clocks, by the rows known now: 03:40, 2013-06-24, '2013-06-24 10:00', "
    "yesterday, -2h (write --at=-2h), 'shift -1'"
)


class Word(Struct, frozen=True):
    """An argument without dashes: `name` of the value, `shown` in its place in the help."""

    name: str
    shown: str = ""
    help: str = ""
    times: Times = "one"
    default: str | None = None
    choices: tuple[str, ...] = ()
    offers: Offers = ""


class Option(Struct, frozen=True):
    """An option: `names` as typed, the long one last. `bare` is its value where it stands without one.

    `into`: the name of its value, where that is not the long name.
    """

    names: tuple[str, ...]
    help: str = ""
    kind: Kind = "flag"
    shown: str = ""
    times: Times = "one"
    default: str | float | None = None
    bare: str | None = None
    choices: tuple[str, ...] = ()
    offers: Offers = ""
    into: str = ""


class Either(Struct, frozen=True):
    """Options of which at most one may stand."""

    options: tuple[Option, ...]


Part = Word | Option | Either

SITE = Word("site", "SITE", "a site.yaml, the folder that holds one, or any folder", offers="site")


class Command(Struct, frozen=True):
    """`summary` is its line in the list of commands, `help` what `--help` says above its words."""

    name: str
    group: Group
    summary: str
    help: str
    examples: tuple[str, ...]
    parts: tuple[Part, ...] = (SITE,)

    def words(self) -> list[Word]:
        """Its arguments without dashes, in order."""
        return [part for part in self.parts if isinstance(part, Word)]

    def options(self) -> list[Option]:
        """All its options."""
        found: list[Option] = []
        for part in self.parts:
            found += part.options if isinstance(part, Either) else [part] if isinstance(part, Option) else []
        return found


def flag(*names: str, help: str = "") -> Option:  # noqa: A002 - it is called so everywhere
    """An option without a value."""
    return Option(names, help)


def json(help: str = JSON) -> Option:  # noqa: A002
    """`--json`."""
    return Option(("--json",), help)
