"""What can follow in a SELECT: tables, columns of the tables it reads, functions and keywords, best first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from opsconsole.console.sql.tokens import KEYWORDS, Token, tokens
from opsconsole.engine.messages import Schema
from opsconsole.engine.table_messages import SchemaTable

Kind = Literal["table", "column", "function", "keyword"]
MOST = 200

_READS = ("from", "join")
# What ends the list of tables that a FROM begins.
_ENDS = ("where", "group", "order", "having", "limit", "union", "intersect", "except", "select", "window", "qualify",
         "offset", "sample", "using")  # fmt: skip
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_SIGNS_BEFORE_TABLE = (",",)


class Offer(NamedTuple):
    """What could stand at the cursor; `about` says what it is, such as the type of a column."""

    text: str
    kind: Kind
    about: str = ""


class Offers(NamedTuple):
    """Offers for the text from `start` to the cursor, best first."""

    start: int
    found: list[Offer]


class _Here(NamedTuple):
    """Where the cursor is: what is typed of a word, what stands before it, the name before a dot."""

    start: int
    typed: str
    before: list[Token]
    of: str


def complete(text: str, at: int, schema: Schema | None, asked: bool = False) -> Offers:
    """What could stand at `at`. Without a letter typed there is only something where tables are expected, after a dot,
    or when it is `asked` for.
    """
    here = _here(text, at)
    if here is None:
        return Offers(at, [])
    tables = {table.name.lower(): table for table in schema.tables} if schema is not None else {}
    # the word that is being typed is no name yet
    read = list(named_tables(tokens(text[: here.start] + text[at:])))
    if here.of:
        known = next((tables.get(name) for name, alias in read if here.of in (alias, name)), tables.get(here.of))
        found = _columns(known) if known is not None else iter(())
    else:
        expected = _table_expected(here.before)
        if not here.typed and not expected and not asked:
            return Offers(at, [])
        found = _all(schema, tables, read, here, expected)
    return Offers(here.start, _ranked(found, here.typed))


def _here(text: str, at: int) -> _Here | None:
    """None within a string, a comment or a number, where nothing is to be completed."""
    before = tokens(text[:at])
    last = before[-1] if before else None
    typed, start = "", at
    if last is not None and last.kind in ("string", "comment", "number"):
        whole = last.kind == "string" and len(last.text) > 1 and last.text.endswith(("'", "$$"))
        done = last.kind == "comment" and last.text.startswith("/*") and last.text.endswith("*/")
        return _Here(at, "", before, "") if (whole or done) and at > last.end else None
    if last is not None and last.kind in ("name", "keyword", "function"):
        typed, start = last.text, last.start
        before.pop()
    elif last is not None and last.kind == "quoted" and not (len(last.text) > 1 and last.text.endswith('"')):
        typed, start = last.text[1:], last.start
        before.pop()
    before = [token for token in before if token.kind not in ("blank", "comment")]
    of = ""
    if len(before) > 1 and before[-1].text == "." and before[-2].named and before[-1].end == start:
        of = before[-2].name
    return _Here(start, typed, before, of)


def named_tables(found: Iterable[Token]) -> Iterator[tuple[str, str]]:
    """(table, alias) of the tables that a statement reads, in small letters; without an alias both are alike."""
    rest = [token for token in found if token.kind not in ("blank", "comment")]
    place, depth, reading = 0, 0, {0: False}
    while place < len(rest):
        token = rest[place]
        place += 1
        if token.text == "(":
            depth += 1
            reading[depth] = False
        elif token.text == ")":
            depth = max(0, depth - 1)
        elif token.is_word(*_ENDS):
            reading[depth] = False
        elif token.is_word(*_READS) or (token.text == "," and reading.get(depth)):
            reading[depth] = True
            if place < len(rest) and rest[place].named:
                name, place = rest[place].name, place + 1
                if place < len(rest) and rest[place].is_word("as"):
                    place += 1
                alias = name
                if place < len(rest) and rest[place].named:
                    alias, place = rest[place].name, place + 1
                yield name, alias


def _table_expected(before: list[Token]) -> bool:
    """Whether a table comes next: after FROM or JOIN, or after a comma in their list."""
    if not before:
        return False
    if before[-1].is_word(*_READS):
        return True
    if before[-1].text not in _SIGNS_BEFORE_TABLE:
        return False
    depth = 0
    for token in reversed(before[:-1]):
        depth += (token.text == ")") - (token.text == "(")
        if depth < 0:
            return False
        if depth == 0 and token.is_word(*_READS):
            return True
        if depth == 0 and token.is_word(*_ENDS, "on", "by"):
            return False
    return False


def _all(
    schema: Schema | None, tables: dict[str, SchemaTable], read: list[tuple[str, str]], here: _Here, expected: bool
) -> Iterator[Offer]:
    offered = [Offer(quoted(table.name), "table", table.title) for table in tables.values()]
    if expected:
        yield from offered
        yield from (Offer(name, "table", "of this statement") for name in _with(here.before))
        return
    names = dict.fromkeys(name for name, _ in read)
    for name in names:
        if name in tables:
            yield from _columns(tables[name])
    yield from (Offer(alias, "table", name) for name, alias in read if alias != name)
    if here.typed:
        yield from offered
        yield from (Offer(word, "keyword") for word in sorted(KEYWORDS))
    yield from (Offer(f"{name}(", "function") for name in (schema.functions if schema is not None else ()))
    if here.typed:
        yield from (offer for name, table in tables.items() if name not in names for offer in _columns(table, True))


def _columns(table: SchemaTable, told: bool = False) -> Iterator[Offer]:
    for name, kind in zip(table.columns, table.types, strict=True):
        own = name.startswith("_")
        about = f"{kind.lower()} of {table.name}" if told else kind.lower()
        if not own:
            yield Offer(quoted(name), "column", about)
    for name, kind in zip(table.columns, table.types, strict=True):
        if name.startswith("_"):
            yield Offer(quoted(name), "column", kind.lower())


def _with(before: list[Token]) -> Iterator[str]:
    """The names that a WITH gives."""
    for place, token in enumerate(before[:-2]):
        if token.named and before[place + 1].is_word("as") and before[place + 2].text == "(":
            yield quoted(token.name)


def _ranked(found: Iterable[Offer], typed: str) -> list[Offer]:
    """Those that begin with what is typed, then those that have it in them; each once, in the order given."""
    wanted = typed.lower()
    begins: dict[str, Offer] = {}
    has: dict[str, Offer] = {}
    for offer in found:
        word = offer.text.strip('"').lower()
        if word.startswith(wanted):
            begins.setdefault(offer.text, offer)
        elif len(wanted) > 1 and wanted in word and offer.kind in ("table", "column"):
            has.setdefault(offer.text, offer)
    ranked = [_cased(offer, typed) for offer in [*begins.values(), *has.values()]]
    if len(ranked) == 1 and ranked[0].text.lower() == wanted:
        return []  # it is there already
    return ranked[:MOST]


def _cased(offer: Offer, typed: str) -> Offer:
    """Keywords as the person writes them: small where the letters typed are small."""
    if offer.kind != "keyword":
        return offer
    return offer if typed and typed.islower() else offer._replace(text=offer.text.upper())


def quoted(name: str) -> str:
    """A name as it has to be written."""
    if _PLAIN.fullmatch(name) and name not in KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'
