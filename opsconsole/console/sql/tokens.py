"""SQL cut into tokens, for colours and completion: nothing is checked, whatever is half typed has tokens too."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Kind = Literal["keyword", "function", "name", "quoted", "string", "number", "comment", "sign", "blank"]

KEYWORDS = frozenset(
    """
    all and anti any as asc asof between by case cast collate cross current desc distinct else end escape except exclude
    exists extract false fetch filter first following from full glob group grouping groups having ignore ilike in inner
    intersect interval into is join last lateral left like limit natural not null nulls of offset on only or order outer
    over partition pivot positional preceding qualify range recursive replace respect right rollup row rows sample
    select semi sets similar some then ties to true try_cast unbounded union unpivot using values when where window
    with within
    """.split()
)

_TOKEN = re.compile(
    r"""(?P<blank>\s+)
      | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<string>'(?:[^']|'')*(?:'|\Z)|\$\$.*?(?:\$\$|\Z))
      | (?P<quoted>"(?:[^"]|"")*(?:"|\Z))
      | (?P<number>(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<word>[^\W\d]\w*)
      | (?P<sign>::|<=|>=|<>|!=|\|\||->>?|.)""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of the text, from `start` to before `end`."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.start + len(self.text)

    @property
    def name(self) -> str:
        """The name that a word or a quoted word means, in small letters."""
        bare = self.text[1:].removesuffix('"').replace('""', '"') if self.kind == "quoted" else self.text
        return bare.lower()

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these keywords."""
        return self.kind == "keyword" and self.text.lower() in words

    @property
    def named(self) -> bool:
        """Whether it can name something."""
        return self.kind in ("name", "quoted")


def tokens(text: str) -> list[Token]:
    """All tokens of a text, one after the other without a gap."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "sign"
        if kind == "word":
            called = text[match.end() : match.end() + 1] == "("
            kind = "keyword" if match[0].lower() in KEYWORDS else "function" if called else "name"
        found.append(Token(kind, match[0], match.start()))  # type: ignore[arg-type]  # the groups have these names
    return found


def ended(text: str) -> bool:
    """Whether a statement ends with `;`, so that it is whole."""
    last = next((token for token in reversed(tokens(text)) if token.kind not in ("blank", "comment")), None)
    return last is not None and last.text == ";"
