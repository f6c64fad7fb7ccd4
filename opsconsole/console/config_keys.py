"""Every key of a person's `config.yaml`, declared once: reading, suggestions, JSON Schema and reference come from it.

To add a key: add a line here and a field of the same name in `opsconsole.console.config`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from opsconsole.console.config import Colours, Theme
from opsconsole.console.key_names import canonical
from opsconsole.site.kinds import BAD, Bad, Choice, Flag, Kind, Many, MapOf, Schema
from opsconsole.site.report import Report
from opsconsole.site.sections import Key, Section
from opsconsole.site.timekinds import Duration
from opsconsole.site.tree import Node, Scalar

SEPARATORS = {"none": "", "space": " ", ".": ".", ",": ",", "'": "'"}
"""What may stand between thousands, by how it is written."""


@dataclass(frozen=True)
class KeyName(Kind):
    """A key of the keyboard, as terminals send it."""

    @property
    def noun(self) -> str:
        return "a key such as `q`, `enter`, `f2` or `ctrl+d`"

    @property
    def label(self) -> str:
        return "key"

    def schema(self) -> Schema:
        return {"type": ["string", "number"]}

    def read(self, node: Node, key: str, report: Report) -> str | Bad:
        if not isinstance(node, Scalar) or not node.text:
            # what is not quoted may be something else to YAML: `#` begins a comment
            return self.wrong(node, key, report, "a sign such as `#` or `[` must be in quotes")
        try:
            return canonical(node.text if node.text == " " else node.text.strip())
        except ValueError as error:
            return self.wrong(node, key, report, str(error))


@dataclass(frozen=True)
class Separator(Choice):
    """What stands between thousands."""

    def read(self, node: Node, key: str, report: Report) -> str | Bad:
        value = Choice.read(self, node, key, report)
        return BAD if value is BAD else SEPARATORS[str(value)]


CONFIG = Section(
    "config",
    "A person's own settings. A file without any is as good as none.",
    (
        Key(
            "keys",
            MapOf(Many(KeyName(), one=True, distinct=True), keys="action"),
            "The keys of actions by their ids, instead of their own; `[]`: none. `opsconsole keys` prints all.",
            "see the tables of keys",
            "{ack: [a, f5], undo: f9}",
        ),
        Key("theme", Choice(get_args(Theme)), "How the console looks.", "auto", "contrast"),
        Key("colours", Choice(get_args(Colours)), "How many colours it uses.", "auto: what the terminal says", "256"),
        Key("mouse", Flag(), "Whether the mouse works: click, double click, wheel.", "true, but not over SSH", "false"),
        Key("ascii", Flag(), "Whether only the signs of ASCII are drawn.", "by the locale", "true"),
        Key("sound", Flag(), "Whether the bell rings.", "true", "false"),
        Key("decimal", Choice((".", ",")), "The decimal sign of figures.", "by the locale", '","'),
        Key("thousands", Separator(tuple(SEPARATORS)), "What stands between thousands.", "space", "none"),
        Key("rotate", Duration(1), "For how long a wall shows a layout.", "20s", "1m"),
        Key("tour", Flag(), "Whether the first start shows the tour.", "true", "false"),
    ),
)


def reference() -> str:
    """All keys, as Markdown for the README."""
    from opsconsole.site.reference import section_text  # with all keys of a site; a start has no use for them

    return section_text(CONFIG, "Your own settings, `config.yaml`")


def schema() -> dict[str, Any]:
    """The JSON Schema of a `config.yaml`."""
    from opsconsole.site.schema import schema_of

    return schema_of(CONFIG, "opsconsole settings of a person")
