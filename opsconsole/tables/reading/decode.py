"""Which encoding a text file has, and its bytes as UTF-8."""

from __future__ import annotations

import codecs
import functools

from opsconsole.tables.reading.piece import NotReadyError

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
_STATEFUL = ("iso2022", "hz", "utf-7", "utf_7", "utf-16", "utf-32")


def detect(head: bytes, wished: str | None) -> tuple[str, int]:
    """The encoding of a file by its first bytes, and the length of its byte order mark.

    UTF-8 is meant wherever the bytes allow it; `head` may end inside a character.
    """
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, len(mark)
    if wished:
        return normal(wished), 0
    return wide(head) or ("utf-8" if is_utf8(head) else FALLBACK), 0


def wide(head: bytes) -> str:
    """The encoding of text in units of two or four bytes that has no byte order mark; empty for other text."""
    part = head[:4096]
    part = part[: len(part) // 4 * 4]
    zeros = [part[place::4].count(0) * 4 / max(len(part), 1) for place in range(4)]
    if len(part) >= 8:
        if min(zeros[1:]) > 0.9 and zeros[0] < 0.1:
            return "utf-32-le"
        if min(zeros[:3]) > 0.9 and zeros[3] < 0.1:
            return "utf-32-be"
    even, odd = head[:4096:2].count(0), head[1:4096:2].count(0)
    if len(head) >= 4 and max(even, odd) > len(head[:4096]) * 0.15 and min(even, odd) * 4 < max(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    return ""


def valid(data: bytes) -> bool:
    """Whether bytes are UTF-8 to their end."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def fits(data: bytes, encoding: str, torn: int) -> bool:
    """Whether bytes, but for the last `torn` ones, are of an encoding."""
    try:
        data[: len(data) - torn].decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def unit(encoding: str) -> int:
    """Bytes of a code unit: a text of an odd length ends in the middle of a character."""
    return 4 if encoding.startswith("utf-32") else 2 if encoding.startswith("utf-16") else 1


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


@functools.cache
def plain(encoding: str) -> bool:
    """Whether line ends, quotes and delimiters are the same single bytes as in ASCII, so that bytes can be cut.

    That is not so where the second byte of a character may be an ASCII one, as in Shift JIS or GB 18030.
    """
    if encoding in ("utf-8", "ascii"):
        return True
    if encoding.startswith(_STATEFUL):
        return False
    ascii_ = bytes(range(128))
    if ascii_.decode(encoding, "replace") != ascii_.decode("ascii"):
        return False
    return all(
        bytes([high, low]).decode(encoding, "replace").endswith(chr(low))
        for high in range(128, 256)
        for low in range(32, 127)
    )


def to_utf8(data: bytes, encoding: str) -> bytes:
    """Transcode. A byte that a single-byte encoding leaves undefined becomes the control character of that number.

    What another encoding cannot mean becomes U+FFFD.
    """
    if encoding in ("utf-8", "ascii"):
        return data
    errors = "opsconsole-control" if plain(encoding) and not encoding.startswith("euc") else "replace"
    return data.decode(encoding, errors).encode("utf-8", "surrogatepass")


def _control(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("opsconsole-control", _control)
