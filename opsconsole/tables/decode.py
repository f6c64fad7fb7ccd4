"""Which encoding a text file has, and its bytes as UTF-8."""

from __future__ import annotations

import codecs

from opsconsole.tables.piece import NotReadyError

FALLBACK = "cp1252"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Control characters but NUL, those of layout (tab to carriage return), end of file (DOS) and escape.
_NOISE = [bytes([code]) for code in (*range(1, 9), *range(14, 26), *range(28, 32), 127)]
_PLAIN = {"utf-8", "ascii", "cp1252", "iso8859-1", "iso8859-15", "latin-1"}


def detect(head: bytes, wished: str | None) -> tuple[str, int]:
    """The encoding of a file by its first bytes, and the length of its byte order mark.

    UTF-8 is meant wherever the bytes allow it; `head` may end inside a character.
    """
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, len(mark)
    if wished:
        return normal(wished), 0
    even, odd = head[:4096:2].count(0), head[1:4096:2].count(0)
    if len(head) >= 4 and max(even, odd) > len(head[:4096]) * 0.15 and min(even, odd) * 4 < max(even, odd):
        return ("utf-16-le" if odd > even else "utf-16-be"), 0
    return ("utf-8" if is_utf8(head) else FALLBACK), 0


def refuse_binary(head: bytes) -> None:
    """Raises NotReadyError for what is no text: a picture or an archive under the name of a table.

    Read as text it would give columns and rows of noise. NUL is left out: a file that is being copied may hold many.
    """
    counts = [head.count(code) for code in _NOISE]
    kinds = sum(count > 0 for count in counts)  # one or two kinds may be separators
    if kinds >= 8 and sum(counts) > len(head) * 0.03:
        raise NotReadyError("not text: its bytes look like those of a picture, an archive or a program")


def normal(name: str) -> str:
    """The codec's own name. Raises NotReadyError for an encoding that Python does not know."""
    try:
        found = codecs.lookup(name).name
    except LookupError:
        raise NotReadyError(f"unknown encoding {name!r}") from None
    return {"utf-8-sig": "utf-8"}.get(found, found)


def is_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8, but for a character cut off at their end."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(data)
    except UnicodeDecodeError:
        return False
    return True


def plain(encoding: str) -> bool:
    """Whether line ends, quotes and delimiters are the same single bytes as in ASCII, so that bytes can be cut."""
    return encoding in _PLAIN or encoding.startswith(("cp125", "iso8859"))


def to_utf8(data: bytes, encoding: str) -> bytes:
    """Transcode. Bytes that the encoding leaves undefined come through as the control characters of Latin-1."""
    if encoding in ("utf-8", "ascii"):
        return data
    try:
        return data.decode(encoding).encode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        fallback = "latin-1" if plain(encoding) else encoding
        return data.decode(fallback, "replace").encode("utf-8", "surrogatepass")
