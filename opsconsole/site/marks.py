"""Where the values of a site and its layouts stand in their files."""

from __future__ import annotations

from opsconsole.site.model import Mark
from opsconsole.site.tree import Document, Mapping, Node, Scalar, Sequence, position

Keys = tuple[str | int, ...]
_ESCAPE_LENGTH = {"x": 4, "u": 6, "U": 10}


class Marks:
    """Marks by path, such as `("kpis", "scrap", "value")` or `("layouts", "overview", "rows", 0, "panels", 1, "kpi")`.

    A path that leads nowhere (a default, an implicit rule) gets the mark of the nearest thing on its way that was
    written, so that a message always has a place.
    """

    def __init__(self, site: Document) -> None:
        self._site = site
        self._layouts: dict[str, Document] = {}
        self._aliases: dict[Keys, Keys] = {}
        self._whole: set[Keys] = set()

    def add_layout(self, name: str, document: Document) -> None:
        """Make the layout file reachable under `("layouts", name)`."""
        self._layouts[name] = document

    def alias(self, path: Keys, to: Keys, *, whole: bool = False) -> None:
        """What was never written, such as an implicit rule, stands where `to` stands.

        `whole`: it is another text than the one there, so that no place inside it can be shown.
        """
        self._aliases[path] = to
        if whole:
            self._whole.add(path)

    def at(self, *keys: str | int) -> Mark:
        """The mark of a value."""
        document, _, node, _ = self._find(keys)
        return node.mark if node is not None else Mark(document.file, 1, 1)

    def key(self, *keys: str | int) -> Mark:
        """The mark of the key of a value (of an item of a list: of the item)."""
        document, key, node, _ = self._find(keys)
        found = key or node
        return found.mark if found is not None else Mark(document.file, 1, 1)

    def has(self, *keys: str | int) -> bool:
        """Whether something was written at this path, be it right or wrong."""
        return self._find(keys)[3]

    def names(self, *keys: str | int) -> list[str]:
        """The keys that were written in a mapping; none where there is no mapping at this path."""
        _, _, node, there = self._find(keys)
        return list(node.entries) if there and isinstance(node, Mapping) else []

    def inside(self, *keys: str | int, offset: int) -> Mark:
        """The mark of the character at `offset` of a text value, as the model holds it (without blanks around it)."""
        document, _, node, _ = self._find(keys)
        if not isinstance(node, Scalar) or keys in self._whole:
            return self.at(*keys)
        lead = len(node.text) - len(node.text.lstrip())
        places = _places(node, document.text)
        if not places:
            return node.mark
        index = min(max(lead + offset, 0), len(places))
        where = places[index] if index < len(places) else places[-1] + 1
        return position(document.text, where, document.file)

    def _find(self, keys: Keys) -> tuple[Document, Scalar | None, Node | None, bool]:
        """The document, the key and the node at a path or the last there is on the way, and whether it is all there."""
        keys = self._resolve(keys)
        document, rest = self._site, keys
        if len(keys) >= 2 and keys[0] == "layouts" and keys[1] in self._layouts:
            document, rest = self._layouts[str(keys[1])], keys[2:]
        key: Scalar | None = None
        node = document.root
        for step in rest:
            if isinstance(node, Mapping) and isinstance(step, str) and step in node.entries:
                key, node = node.entries[step]
            elif isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
                key, node = None, node.items[step]
            elif isinstance(node, Sequence) and step == "panels":
                continue  # a row written as a bare list of panels
            else:
                return document, key, node, False
        return document, key, node, node is not None

    def _resolve(self, keys: Keys) -> Keys:
        for length in range(len(keys), 0, -1):
            target = self._aliases.get(keys[:length])
            if target is not None:
                return target + keys[length:]
        return keys


def _places(node: Scalar, text: str) -> list[int]:
    """For each character of a scalar's text its offset in the file.

    Walks value and source side by side: folding and indentation only ever change white space, so every visible
    character of the value is the next visible one of the source, save for escapes in quotes.
    """
    at = node.start
    if node.style in ("'", '"'):
        at += 1
    elif node.style in ("|", ">"):
        newline = text.find("\n", at)
        at = newline + 1 if newline >= 0 else at
    places: list[int] = []
    for char in node.text:
        at = _skip(node.style, text, at, blank=char.isspace())
        places.append(min(at, len(text)))
        at += _length(node.style, text, at)
    return places


def _skip(style: str, text: str, at: int, *, blank: bool) -> int:
    """Past white space and escaped line ends that the value does not have."""
    while at < len(text):
        if style == '"' and text[at] == "\\" and text[at + 1 : at + 2] in ("\n", "\r"):
            at += 2
            while text[at : at + 1].isspace():
                at += 1
        elif text[at].isspace() and not blank:
            at += 1
        else:
            break
    return at


def _length(style: str, text: str, at: int) -> int:
    """How many characters of the source make the one character of the value that begins here."""
    if style == "'" and text[at : at + 2] == "''":
        return 2
    if style == '"' and text[at : at + 1] == "\\":
        return _ESCAPE_LENGTH.get(text[at + 1 : at + 2], 2)
    return 1
