"""The KPI library: every KPI of ISO 22400-2:2014, OTIF and TEEP. Imported only where somebody asks for it.

Which KPI it is, its formula, timing and audience follow the hsu-aut ontology of the standard; the ontology's "Worker"
is `operator`, its "Master" and "Chief" are `supervisor`. Words and examples are our own. All values are sums over sums,
so that they add up over any rows; what cannot be (capabilities) says so in its notes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from opsconsole.site.library.elements import ELEMENTS
from opsconsole.site.library.goods import GOODS
from opsconsole.site.library.quality import QUALITY
from opsconsole.site.library.shape import Entry
from opsconsole.site.library.times import TIMES
from opsconsole.site.library.upkeep import UPKEEP
from opsconsole.site.names import nearest

ENTRIES: dict[str, Entry] = {entry.id: entry for entry in (*TIMES, *QUALITY, *GOODS, *UPKEEP)}

_SYMBOL = re.compile(r"\{(\w+)\}")
_NAME_OR_NUMBER = re.compile(r"[A-Za-z_]\w*|\d+(\.\d+)?|\"[^\"\s]+\"")


def find(name: str) -> Entry | None:
    """The entry of that id, written in any case."""
    return ENTRIES.get(name.casefold())


def nearest_entry(name: str) -> str | None:
    """The id that a wrong name was most likely meant to be: `oee` is `iso22400.oee`."""
    last = {entry.rpartition(".")[2]: entry for entry in ENTRIES}
    meant = name.casefold().rpartition(".")[2]
    return last.get(meant) or nearest(name, ENTRIES) or last.get(nearest(meant, last) or "")


def expanded(entry: Entry, elements: Mapping[str, str]) -> str:
    """The SQL of an entry over the columns of a source. Raises KeyError for an element that is not given."""
    return _SYMBOL.sub(lambda found: _as_operand(elements[found[1]]), entry.value)


def _as_operand(text: str) -> str:
    """SQL that can stand beside any operator."""
    if _NAME_OR_NUMBER.fullmatch(text):
        return text
    return f"({text}\n)" if "--" in text else f"({text})"  # a comment ends with its line


def missing_elements(entry: Entry, elements: Mapping[str, str]) -> list[str]:
    """The elements without a default that are not given."""
    return [symbol for symbol in entry.elements if symbol not in elements and not ELEMENTS[symbol].default]


def with_defaults(entry: Entry, elements: Mapping[str, str]) -> dict[str, str]:
    """The elements of an entry as given, else by default; only those that it uses."""
    defaults = {symbol: ELEMENTS[symbol].default for symbol in entry.elements if ELEMENTS[symbol].default}
    return {symbol: text for symbol, text in {**defaults, **elements}.items() if symbol in entry.elements}
