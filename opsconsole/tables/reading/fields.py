"""The fields of one record, by the same rules by which records are cut, for records that the fast parser may not see.

Also for the head of a file, while it is not yet known what delimits and quotes.
"""

from __future__ import annotations

import re

from msgspec import Struct

_BLANKS = " \t"


class Fields(Struct, frozen=True):
    """Texts of the fields, which of them were quoted, and whether a quote stood where none should.

    `torn()`: a quote in the middle of a word and one at the end of a later field: the delimiter before the first one
    may be missing, and then no field is where it should be.
    """

    texts: list[str]
    quoted: list[bool]
    odd: bool = False

    def torn(self, quote: str) -> bool:
        """Whether the record is torn by its quotes."""
        plain = [text for text, quoted in zip(self.texts, self.quoted, strict=True) if not quoted]
        middle = re.compile(rf"[^\s{re.escape(quote)}]{re.escape(quote)}[^\s{re.escape(quote)}]")
        first = next((at for at, text in enumerate(plain) if middle.search(text)), len(plain))
        return any(text.endswith(quote) for text in plain[first + 1 :])


def split(text: str, delimiter: str, quote: str, escape: str) -> Fields:
    """Split a record without its line end."""
    if (not quote or quote not in text) and (not escape or escape not in text):
        texts = text.split(delimiter)
        return Fields(texts, [False] * len(texts))
    texts = []
    quoted: list[bool] = []
    odd = False
    at = 0
    while True:
        within = bool(quote) and text.startswith(quote, at)
        if within:
            value, at, wrong = _quoted(text, at + 1, delimiter, quote, escape)
            odd = odd or wrong
        else:
            value, at = _bare(text, at, delimiter, escape)
        texts.append(value)
        quoted.append(within)
        if at >= len(text):
            return Fields(texts, quoted, odd)
        at += len(delimiter)
        if at == len(text):
            return Fields([*texts, ""], [*quoted, False], odd)


def _bare(text: str, at: int, delimiter: str, escape: str) -> tuple[str, int]:
    parts: list[str] = []
    while True:
        end = text.find(delimiter, at)
        end = len(text) if end < 0 else end
        mark = text.find(escape, at, end) if escape else -1
        if mark < 0:
            return "".join(parts) + text[at:end], end
        parts.append(text[at:mark] + text[mark + 1 : mark + 2])
        at = mark + 2
        if at > len(text):
            return "".join(parts), len(text)


def _quoted(text: str, at: int, delimiter: str, quote: str, escape: str) -> tuple[str, int, bool]:
    """The value of a field after its opening quote, where it ends, and whether there is something wrong with it."""
    parts: list[str] = []
    odd = False
    while True:
        end = text.find(quote, at)
        mark = text.find(escape, at, end if end >= 0 else len(text)) if escape else -1
        if mark >= 0:
            parts.append(text[at:mark] + text[mark + 1 : mark + 2])
            at = mark + 2
        elif end < 0:
            return "".join(parts) + text[at:], len(text), True
        elif text.startswith(quote, end + 1):
            parts.append(text[at : end + 1])
            at = end + 2
        else:
            after = end + 1
            while after < len(text) and text[after] in _BLANKS and not text.startswith(delimiter, after):
                after += 1
            parts.append(text[at:end])
            if after >= len(text) or text.startswith(delimiter, after):
                return "".join(parts), after, odd or after > end + 1
            parts.append(quote)
            at, odd = end + 1, True
